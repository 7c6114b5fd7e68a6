"""Scope, completeness and CSV as readers get them."""

import re
from datetime import datetime
from pathlib import Path

import duckdb
import orjson

from twofold.populations import completeness
from twofold.reports.completeness_text import CHECK_TITLES, completeness_page
from twofold.reports.contents import PackageContents
from twofold.reports.pages import scope_memo
from twofold.reports.rows_as_text import cell_text, first_difference, parquet_text, reading_session, write_csv
from twofold.reports.systems import shown_systems, system_rows
from twofold.scope.load import read_scope

SCOPE = b"""
systems:
  - id: ledger
    layer: application
    name: Ledger
    owner: p-0007
    soc2: [{from: 2025-01-01, to: 2026-05-01, reason: Part of the service, approver: p-0001}]
    financially_relevant: [{from: 2025-10-01, reason: Feeds revenue, approver: p-0002, dependents: [Revenue report]}]
  - id: okta
    layer: identity
    serves: [{system: ledger, from: 2025-12-01}]
  - id: blog
    layer: application
"""


def test_systems_show_dated_labels_own_and_inherited() -> None:
    systems = shown_systems(read_scope({"systems.yaml": SCOPE}, reporting_zone="America/New_York"))
    assert [system.id for system in systems] == ["blog", "ledger", "okta"]
    labels = {label.label: label for label in systems[1].labels}
    assert (labels["soc2"].starts_on, labels["soc2"].ends_on) == ("2025-01-01", "2026-04-30")
    assert (labels["fin_relevant"].ends_on, labels["fin_relevant"].dependents) == ("", "Revenue report")
    okta = {label.label: label for label in systems[2].labels}
    assert okta["fin_relevant"].inherited
    assert okta["fin_relevant"].starts_on == "2025-12-01"
    rows = system_rows(systems)
    assert rows[0][:5] == ("blog", "", "application", "", "none")
    assert rows[-1][10] == "yes"


def test_the_memo_says_what_is_in_scope_and_asks_for_words(contents: PackageContents) -> None:
    memo = scope_memo(contents)
    assert "- soc2-2026: SOC 2 type2 (security), 2025-11-01 to 2026-10-31" in memo
    assert "- billing (Billing): 2025-10-01 to still; Feeds revenue <report>; approved by p-0002;" in memo
    assert "; relied on by: Revenue report" in memo
    assert "No memo was given" in memo


def test_the_completeness_page_keeps_foreign_text_as_text(package: Path) -> None:
    folder = package / "data/controls/ac-05/t-05"
    page = (folder / "completeness.md").read_text(encoding="utf-8")
    assert page == completeness_page(orjson.loads((folder / "completeness.json").read_bytes()))
    assert "- **STOP** No export ends at a page or cap. Found: 1 export ends at a cap." in page
    assert "    Query, verbatim: GET /repos/acme/billing/deployments?page=0 <b>" in page
    assert "- ev-1: \\<i\\>" in page


def test_the_completeness_page_shows_paging_and_systems_and_reads_older_records(package: Path) -> None:
    record = orjson.loads((package / "data/controls/ac-05/t-05/completeness.json").read_bytes())
    assert "    Page size of the source: not given" in completeness_page(record)
    assert "    Totals of the source: none stated" in completeness_page(record)
    record["extractions"][0] |= {"page_size": 100, "paging_proven": False, "systems": [], "oldest_available": None}
    total = {"field": "amount", "stated": "5.00", "read": "4.99", "agrees": False, "fault": ""}
    record["extractions"][0]["totals"] = [total, {**total, "read": "", "fault": "no record has the field 'amount'"}]
    page = completeness_page(record)
    said = "amount: 4.99 in the records read, the source said 5.00; amount: no record has the field 'amount'"
    assert f"    Totals of the source: {said}, the source said 5.00\n" in page
    for line in ("Page size of the source: 100", "Last page shown to be reached: no", "Systems: all"):
        assert f"    {line}\n" in page
    record["extractions"][0]["systems"] = ["billing", "erp"]
    assert "    Systems: billing, erp\n" in completeness_page(record)


def test_csv_writes_times_in_utc_and_disarms_formulas(tmp_path: Path) -> None:
    with duckdb.connect() as session:
        session.execute(
            f"""COPY (
                SELECT TIMESTAMP '2026-04-01 09:00:00' AS at, '+1' AS formula,
                    NULL AS nothing, 'a "b", c\nd' AS text, -5 AS n
            ) TO '{tmp_path}/t.parquet' (FORMAT parquet)"""
        )
    shown, table = tmp_path / "t.csv", tmp_path / "t.parquet"
    with reading_session() as session:
        assert list(parquet_text(session, table))[1] == ["2026-04-01T09:00:00Z", "'+1", "", 'a "b", c\nd', "-5"]
        write_csv(shown, parquet_text(session, table))
        assert first_difference(session, shown, table) == ""
        shown.write_bytes(shown.read_bytes().replace(b"-5", b"-6"))
        assert first_difference(session, shown, table).startswith("row 1")
    assert cell_text(datetime(2026, 4, 1, 9, 0, 0, 5)) == "2026-04-01T09:00:00.000005Z"  # noqa: DTZ001  as DuckDB gives it


def test_every_check_of_completeness_has_a_title() -> None:
    source = Path(completeness.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'CompletenessCheck\(\s*"([a-z_]+)"', source))

    assert len(codes) > 5
    assert codes <= set(CHECK_TITLES)
