from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import Attribute, Rule
from twofold.findings.finding import OPEN, Finding, JudgedRun, Response, group_findings
from twofold.model.ids import ControlTestId

CONTROL = load_catalog().control("CM-01")
RULE = Rule(
    control_test=ControlTestId("T-10"),
    version="1",
    title="t",
    objective="o",
    population="change_item",
    attributes=(
        Attribute(
            "A",
            "Approved",
            MappingProxyType(
                {
                    "exception:late": "The approval came late.",
                    "exception:unlinked": "Nobody approved.",
                    "cannot_test:unlinked": "The approver is not linked.",
                    "na:small": "Too small.",
                }
            ),
        ),
        Attribute("B", "Tested", MappingProxyType({"exception:untested": "No test ran."})),
    ),
    parameters=(),
    sql="",
    facts_sql="",
    folder=Path(),
    sha256="0" * 64,
)
Row = tuple[str, str, str | None, str, str, str]


def row(
    item: str,
    a: str,
    b: str = "pass",
    *,
    system: str = "billing",
    at: str | None = "2026-03-01",
    verdict: str = "EXCEPTION",
) -> Row:
    return (item, system, at, a, b, verdict)


def grouped(
    folder: Path,
    rows: Sequence[Row],
    *,
    lens: str = "soc2",
    required: str = "AB",
    responses: Mapping[str, Response] | None = None,
) -> list[Finding]:
    with duckdb.connect() as session:
        session.execute("CREATE TABLE o (item TEXT, system TEXT, operating_at TIMESTAMP, A TEXT, B TEXT, verdict TEXT)")
        session.executemany("INSERT INTO o VALUES (?, ?, ?, ?, ?, ?)", rows)
        session.execute(f"COPY o TO '{folder}/verdicts.parquet' (FORMAT parquet)")
        session.execute("ALTER TABLE o DROP verdict")
        session.execute(f"COPY o TO '{folder}/outcomes.parquet' (FORMAT parquet)")
    run = JudgedRun(lens, CONTROL, RULE, folder / "outcomes.parquet", folder / "verdicts.parquet", tuple(required))
    return group_findings(run, responses or {})


def test_deviations_are_grouped_by_attribute_and_reason_in_order(tmp_path: Path) -> None:
    found = grouped(
        tmp_path,
        [
            row("c", "exception:late", "exception:untested"),
            row("a", "exception:late"),
            row("b", "cannot_test:unlinked", verdict="CANNOT_TEST"),
            row("d", "exception:unlinked"),
        ],
    )
    assert [(each.finding_id, each.items) for each in found] == [
        ("CM-01/T-10/A/cannot_test:unlinked", ("b",)),
        ("CM-01/T-10/A/late", ("a", "c")),
        ("CM-01/T-10/A/unlinked", ("d",)),
        ("CM-01/T-10/B/untested", ("c",)),
    ]
    assert [each.condition for each in found] == [
        "1 item cannot be tested: The approver is not linked.",
        "2 items deviate: The approval came late.",
        "1 item deviates: Nobody approved.",
        "1 item deviates: No test ran.",
    ]


def test_what_the_lens_left_out_or_does_not_require_is_no_finding(tmp_path: Path) -> None:
    rows = [
        row("outside", "exception:late", verdict="NOT_APPLICABLE"),
        row("fine", "pass", verdict="PASS"),
        row("small", "na:small", "exception:untested"),
    ]
    assert [each.items for each in grouped(tmp_path, rows)] == [("small",)]
    assert grouped(tmp_path, rows, required="A") == []


def test_a_finding_states_criterion_effect_and_span_in_the_words_of_its_lens(tmp_path: Path) -> None:
    rows = [row("a", "exception:late", at="2026-03-01"), row("b", "exception:late", system="erp", at="2026-01-05")]
    (soc2,) = grouped(tmp_path, [*rows, row("c", "exception:late", at=None)])
    (sox,) = grouped(tmp_path, rows, lens="sox")
    assert soc2.criterion == f"CM-01 {CONTROL.statement} Attribute A: Approved"
    assert (soc2.effect, sox.effect) == (CONTROL.risk.soc2, CONTROL.risk.financial_reporting)
    assert soc2.systems == ("billing", "erp")
    assert (soc2.first_at, soc2.last_at) == ("2026-01-05 00:00:00", "2026-03-01 00:00:00")


def test_a_named_person_s_answer_is_shown_with_its_finding_only(tmp_path: Path) -> None:
    answer = Response("rush", "a branch rule", "p-7", "2026-12-01", "p-9", "2026-11-02T00:00:00+00:00")
    rows = [row("a", "exception:unlinked"), row("b", "cannot_test:unlinked", verdict="CANNOT_TEST")]
    unanswered, answered = grouped(
        tmp_path, rows, responses={"CM-01/T-10/A/unlinked": answer, "CM-09/T-10/A/late": answer}
    )
    assert (answered.cause, answered.response, answered.owner, answered.due_on) == (
        "rush",
        "a branch rule",
        "p-7",
        "2026-12-01",
    )
    assert (unanswered.cause, unanswered.response, unanswered.owner) == (OPEN, OPEN, "")


@pytest.mark.parametrize(
    ("placed", "pattern"),
    [
        ([("s1", "2026-01")] * 2, "too few items to show a pattern"),
        ([("s1", "2026-01"), ("s1", "2026-02"), ("s1", "2026-03")], "all on s1"),
        ([("s1", "2026-01"), ("s2", "2026-01"), ("s3", "2026-01")], "all in 2026-01"),
        ([("s1", "2026-01")] * 3, "all on s1; all in 2026-01"),
        ([("s1", "2026-01")] * 3 + [("s2", "2026-02"), ("s3", "2026-03")], "3 of 5 on s1; 3 of 5 in 2026-01"),
        ([("s1", "2026-01"), ("s2", "2026-02"), ("s3", "2026-03")], "spread over 3 systems and 3 months"),
        ([("s1", None), ("s2", None), ("s3", "2026-03")], "2 of 3 in an unknown month"),
    ],
)
def test_a_pattern_says_where_items_concentrate(
    tmp_path: Path, placed: list[tuple[str, str | None]], pattern: str
) -> None:
    rows = [
        row(f"i{number}", "exception:late", system=system, at=f"{month}-15" if month else None)
        for number, (system, month) in enumerate(placed)
    ]
    (found,) = grouped(tmp_path, rows)
    assert found.pattern == pattern


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = [row(f"i{number}", ("exception:late", "exception:unlinked")[number % 2]) for number in range(20)]
    assert grouped(tmp_path, rows) == grouped(tmp_path, rows[::-1])
