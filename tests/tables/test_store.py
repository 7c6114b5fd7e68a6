from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.tables import store
from twofold.tables.files_before import FilesBefore
from twofold.tables.readings import Reading, has_conflicts
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, SessionLimits, TableSet, TableWriter, open_session
from twofold.tables.typed_rows import TypedRow, typed_row
from twofold.vault.blobs.file_hash import file_hash

EARLY, LATE = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
Fed = tuple[TypedRow, Lineage]
HOSTILE = (
    '=HYPERLINK("http://x";"y")',
    "'; DROP TABLE ticket; --",
    'He said "no",\r\nthen left',
    "naïve 日本 😀 \u202e \u2028 e\u0301",
    "back\\slash \\n {json: [1]} null",
    "  spaces kept  ",
    "\t+1-1@SUM(A1)",
    "zero \u0000 byte",
)


def fed(
    table: str,
    values: Mapping[str, Value],
    *,
    at: datetime = LATE,
    evidence: str = "ev-1",
    connector: str = "file",
    record: str = "#/0",
) -> Fed:
    return typed_row(Row(table, record, values), zone="UTC"), Lineage(evidence, "github", connector, at)


def deployment(number: str, *, at: datetime = LATE, connector: str = "file", **more: Value) -> Fed:
    values = {"id": number, "system": "billing", "environment": "production", "status": "success", **more}
    return fed("deployment", values, at=at, connector=connector, evidence=f"ev-{connector}")


def event(number: str, *, at: datetime = LATE, evidence: str = "ev-1", **more: Value) -> Fed:
    values = {"id": number, "ticket": "CHG-1", "field": "status", "occurred_at": "2026-05-01T10:00:00Z", **more}
    return fed("ticket_event", values, at=at, evidence=evidence)


def ticket(key: str, systems: str, *, at: datetime = LATE, **more: Value) -> Fed:
    return fed("ticket", {"key": key, "type": "Change", "systems": systems, **more}, at=at)


def stored(folder: Path, rows: Iterable[Fed]) -> TableSet:
    with TableWriter(folder) as writer:
        for row, lineage in rows:
            writer.add(row, lineage=lineage)
        return writer.finish()


def selected(tables: TableSet, query: str) -> list[tuple[Any, ...]]:
    with open_session(tables) as session:
        return session.execute(query).fetchall()


def bytes_of(tables: TableSet) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(tables.folder.glob("*.parquet"))}


def test_golden_23_one_deployment_by_two_connectors_is_one_row_with_a_count(tmp_path: Path) -> None:
    same: dict[str, Any] = {"completed_at": "2026-05-01T10:00:00Z"}
    again: dict[str, Any] = {"completed_at": "2026-05-01T12:00:00+02:00"}
    tables = stored(tmp_path, [deployment("d1", connector="file", **same), deployment("d1", connector="api", **again)])
    assert selected(tables, "SELECT id, copies, conflicted, connector FROM deployment") == [("d1", 2, False, "api")]
    stats = tables.stats["deployment"]
    assert (stats.rows_in, stats.rows, stats.collapsed, stats.superseded, stats.conflicting) == (2, 1, 1, 0, 0)


def test_two_contents_of_one_event_are_a_conflict_whenever_they_were_extracted(tmp_path: Path) -> None:
    rows = [event("e1", at=EARLY, new_value="Approved"), event("e1", at=LATE, new_value="Rejected"), event("e2")]
    tables = stored(tmp_path, rows)
    assert selected(tables, "SELECT id, conflicted FROM ticket_event") == [("e1", True), ("e2", False)]
    assert tables.stats["ticket_event"].conflicting == 1


def test_the_newest_extraction_of_a_state_counts(tmp_path: Path) -> None:
    rows = [
        deployment("d1", at=EARLY, status="failure"),
        deployment("d1", at=LATE, status="success"),
        deployment("d1", at=EARLY, status="inactive"),
    ]
    tables = stored(tmp_path, rows)
    assert selected(tables, "SELECT status, copies, conflicted FROM deployment") == [("success", 1, False)]
    assert tables.stats["deployment"].superseded == 2


def test_two_contents_inside_one_extraction_of_a_state_are_a_conflict(tmp_path: Path) -> None:
    tables = stored(tmp_path, [deployment("d1", status="failure"), deployment("d1", status="success")])
    assert selected(tables, "SELECT id, conflicted FROM deployment") == [("d1", True)]
    assert tables.stats["deployment"].conflicting == 1


def test_a_list_follows_the_row_that_was_kept(tmp_path: Path) -> None:
    rows = [
        ticket("CHG-1", "erp;billing", at=EARLY),
        ticket("CHG-1", "billing"),
        ticket("CHG-2", ""),
        ticket("CHG-3", "erp"),
    ]
    tables = stored(tmp_path, [*rows, rows[1], rows[3]])
    assert selected(tables, "SELECT key, value FROM ticket__systems") == [("CHG-1", "billing"), ("CHG-3", "erp")]


def test_a_list_of_a_conflict_is_that_of_one_row_only(tmp_path: Path) -> None:
    tables = stored(tmp_path, [ticket("CHG-1", "a;b"), ticket("CHG-1", "c;d")])
    values = [value for (value,) in selected(tables, "SELECT value FROM ticket__systems ORDER BY 1")]
    assert values in (["a", "b"], ["c", "d"])


def test_both_contents_of_a_conflict_can_be_read_alone(tmp_path: Path) -> None:
    rows = [ticket("CHG-1", "a;b"), ticket("CHG-1", "c"), ticket("CHG-2", "d"), ticket("CHG-1", "c")]
    tables = stored(tmp_path, rows)
    said = {}
    for reading in Reading:
        with open_session(tables, reading=reading) as session:
            keys = session.execute("SELECT key, copies, conflicted FROM ticket ORDER BY key").fetchall()
            values = session.execute("SELECT key, value FROM ticket__systems ORDER BY ALL").fetchall()
        said[reading] = (keys, values)
    sides = {2: [("CHG-1", "c"), ("CHG-2", "d")], 1: [("CHG-1", "a"), ("CHG-1", "b"), ("CHG-2", "d")]}
    alone = [([("CHG-1", copies, False), ("CHG-2", 1, False)], values) for copies, values in sides.items()]
    assert sorted([said[Reading.FIRST], said[Reading.SECOND]], key=str) == sorted(alone, key=str)
    ((marked, other), values) = said[Reading.MARKED]
    assert (marked[2], other[2], values) == (True, False, said[Reading.FIRST][1])
    hashes = tables.hashes()
    assert list(hashes) == ["ticket", "ticket__second", "ticket__systems", "ticket__systems__second"]
    assert all(file_hash(tables.folder / f"{name}.parquet") == sha256 for name, sha256 in hashes.items())


def test_without_a_conflict_there_is_one_reading(tmp_path: Path) -> None:
    tables = stored(tmp_path, [ticket("CHG-1", "a"), ticket("CHG-1", "a"), ticket("CHG-1", "b", at=EARLY)])
    assert list(tables.hashes()) == ["ticket", "ticket__systems"]
    assert not has_conflicts(tables.folder)


def test_rows_without_a_part_of_their_key_are_compared_with_each_other(tmp_path: Path) -> None:
    link = {"account": "github:ana", "person": "p-1"}
    tables = stored(tmp_path, [fed("account_link", link), fed("account_link", link)])
    assert selected(tables, "SELECT copies, conflicted FROM account_link") == [(2, False)]


@pytest.mark.parametrize("name", ["tables", "a'b", "acme [2026]", "we*ird", "what?", "ä b"])
def test_hostile_text_comes_back_byte_for_byte_from_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "weird").mkdir()
    stored(tmp_path / "weird" / "other", [ticket("OTHER-1", "x")])
    rows = [ticket(f"CHG-{number}", text, risk=text) for number, text in enumerate(HOSTILE)]
    tables = stored(tmp_path / name / "other", rows)
    assert selected(tables, "SELECT risk FROM ticket ORDER BY key") == [(text,) for text in HOSTILE]
    kept = {value for (value,) in selected(tables, "SELECT value FROM ticket__systems")}
    assert kept == {part.strip() for text in HOSTILE for part in text.split(";") if part.strip()}


def test_a_table_without_rows_and_a_list_without_values_are_empty_relations(tmp_path: Path) -> None:
    tables = stored(tmp_path, [ticket("CHG-1", "")])
    assert selected(tables, "SELECT id, occurred_at, conflicted FROM grant_event") == []
    assert selected(tables, "SELECT key, value FROM ticket__systems") == []
    assert "grant_event" not in tables.stats


def test_nothing_of_an_earlier_writing_stays_behind(tmp_path: Path) -> None:
    stored(tmp_path, [ticket("CHG-1", "a"), event("e1")])
    tables = stored(tmp_path, [ticket("CHG-2", "b")])
    assert selected(tables, "SELECT count(*) FROM ticket_event") == [(0,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ticket.parquet", "ticket__systems.parquet"]


def test_rows_that_were_written_before_are_put_back_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_FILES_BEFORE", FilesBefore(most=9))
    rows = [ticket("CHG-1", "a;b"), ticket("CHG-1", "c"), ticket("CHG-2", "d"), event("e1")]
    first = stored(tmp_path / "first", rows)
    other = stored(
        tmp_path / "other", [ticket("CHG-1", "a;b"), ticket("CHG-1", "c"), ticket("CHG-2", "e"), event("e1")]
    )
    assert bytes_of(other)["ticket.parquet"] != bytes_of(first)["ticket.parquet"]
    assert selected(other, "SELECT value FROM ticket__systems WHERE key = 'CHG-2'") == [("e",)]

    monkeypatch.setattr(TableWriter, "_finish_table", lambda *_: pytest.fail("written anew"))
    again = stored(tmp_path / "again", rows)
    assert bytes_of(again) == bytes_of(first)
    assert "ticket__systems__second.parquet" in bytes_of(again)
    assert again.stats == first.stats


def test_the_same_rows_of_another_table_are_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_FILES_BEFORE", FilesBefore(most=9))
    both = stored(tmp_path, [fed("person", {"id": "x1"}), fed("policy", {"id": "x1"})])
    assert set(bytes_of(both)) == {"person.parquet", "policy.parquet"}
    assert selected(both, "SELECT p.email, q.id FROM person AS p JOIN policy AS q ON q.id = p.id") == [(None, "x1")]


def test_what_other_tables_have_a_say_in_or_what_is_large_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_FILES_BEFORE", FilesBefore(most=9))
    rows = [deployment("d1", at=EARLY, status="failure"), deployment("d1", at=LATE), event("e1")]

    def status(counts: datetime) -> Any:
        """Write the rows where the row that was extracted then counts."""
        relation = f"(SELECT 'd1' AS id, TIMESTAMP '{counts.replace(tzinfo=None)}' AS extracted_at) AS counting"

        def counting(connection: duckdb.DuckDBPyConnection, _: Path) -> str:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE counting AS FROM {relation}")
            return "counting"

        with TableWriter(tmp_path / "counted", counting={"deployment": counting}) as writer:
            for row, lineage in rows:
                writer.add(row, lineage=lineage)
            return selected(writer.finish(), "SELECT status FROM deployment")

    assert [status(EARLY), status(LATE)] == [[("failure",)], [("success",)]]

    monkeypatch.setattr(store, "_MOST_STAGED", 10)
    stored(tmp_path / "large", [event("e2")])
    monkeypatch.setattr(TableWriter, "_finish_table", lambda *_: pytest.fail("written anew"))
    with pytest.raises(pytest.fail.Exception, match="written anew"):
        stored(tmp_path / "large", [event("e2")])


def test_no_more_files_are_kept_than_a_process_should_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_FILES_BEFORE", FilesBefore(most=2))
    for name in ("e1", "e2", "e1", "e3"):
        stored(tmp_path, [event(name)])
    monkeypatch.setattr(TableWriter, "_finish_table", lambda *_: pytest.fail("written anew"))
    stored(tmp_path, [event("e1")])  # used after e2
    with pytest.raises(pytest.fail.Exception, match="written anew"):
        stored(tmp_path, [event("e2")])


def test_times_keep_their_microseconds(tmp_path: Path) -> None:
    tables = stored(tmp_path, [event("e1", occurred_at="2026-05-01T10:00:00.000001Z")])
    found = selected(tables, "SELECT occurred_at, occurred_at_latest, occurred_at_text FROM ticket_event")
    moment = datetime(2026, 5, 1, 10, 0, 0, 1)  # noqa: DTZ001  SQL holds UTC without a zone
    assert found == [(moment, moment, "2026-05-01T10:00:00.000001Z")]


def test_a_session_keeps_to_its_limits(tmp_path: Path) -> None:
    spill = tmp_path / "spill's"
    with open_session(stored(tmp_path / "t", []), SessionLimits(memory="512MB", threads=1, spill=spill)) as session:
        shown = session.execute("SELECT current_setting('threads'), current_setting('temp_directory')").fetchone()
    assert shown == (1, str(spill))


MANY = [
    *(deployment(f"d{number % 40}", status=("success", "failure")[number % 3 == 0]) for number in range(120)),
    *(event(f"e{number % 30}", new_value=str(number % 2)) for number in range(90)),
    *(
        ticket(f"CHG-{number % 20}", f"s{number % 3};s{number % 5}", at=(EARLY, LATE)[number % 2])
        for number in range(60)
    ),
]


@pytest.mark.parametrize("step", [7, 101, 269])
def test_the_order_of_the_rows_changes_no_byte(tmp_path: Path, step: int) -> None:
    shuffled = [MANY[number * step % len(MANY)] for number in range(len(MANY))]
    assert sorted(map(id, shuffled)) == sorted(map(id, MANY))
    first, again = stored(tmp_path / "a", MANY), stored(tmp_path / "b", shuffled)
    assert bytes_of(first) == bytes_of(again)
    assert first.stats == again.stats
    assert {"deployment.parquet", "ticket__systems.parquet"} <= set(bytes_of(first))


def test_one_export_or_the_same_rows_in_several_give_the_same_values(tmp_path: Path) -> None:
    split = [
        (row, Lineage(f"ev-{number % 3}", "github", "file", each.extracted_at))
        for number, (row, each) in enumerate(MANY)
    ]
    whole, parts = stored(tmp_path / "a", MANY), stored(tmp_path / "b", split)
    query = "SELECT * EXCLUDE (evidence, record, connector) FROM {} ORDER BY ALL"
    for table in ("deployment", "ticket_event", "ticket", "ticket__systems"):
        chosen = (query if "__" not in table else "SELECT * FROM {} ORDER BY ALL").format(table)
        assert selected(whole, chosen) == selected(parts, chosen)


facts = st.tuples(
    st.sampled_from(["k1", "k2", "k3"]),
    st.sampled_from(["success", "failure", "inactive"]),
    st.sampled_from([EARLY, LATE]),
)


@settings(max_examples=12)
@given(rows=st.lists(facts, min_size=1, max_size=12), state=st.booleans())
def test_counts_close_whatever_comes_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, datetime]], state: bool
) -> None:
    table = "deployment" if state else "ticket_event"
    given_rows = [
        deployment(key, status=value, at=at) if state else event(key, new_value=value, at=at) for key, value, at in rows
    ]
    tables = stored(tmp_path_factory.mktemp("counts"), given_rows)
    stats = tables.stats[table]
    assert stats.rows_in == len(rows) == stats.rows + stats.collapsed + stats.superseded + stats.conflicting
    assert min(stats.rows, stats.collapsed + 1, stats.superseded + 1, stats.conflicting + 1) >= 1
    found = selected(tables, f"SELECT id, copies, conflicted FROM {table}")  # noqa: S608  two names of ours
    assert stats.rows == len(found) == len({key for key, _, _ in rows})
    current = defaultdict(list)
    for key, value, at in rows:
        if not state or at == max(other for name, _, other in rows if name == key):
            current[key].append(value)
    assert stats.superseded == len(rows) - sum(len(values) for values in current.values())
    for key, copies, conflicted in found:
        values = current[key]
        assert conflicted == (len(set(values)) > 1)
        assert copies in {values.count(value) for value in values}
    assert stats.conflicting == sum(len(current[key]) - copies for key, copies, _ in found)


def test_an_item_is_found_by_its_key_without_reading_other_groups_of_rows(tmp_path: Path) -> None:
    stored(tmp_path, [deployment(f"d{number:05}") for number in range(300)])

    def left_out(key: str) -> set[bool]:
        probe = "SELECT bloom_filter_excludes FROM parquet_bloom_probe(?, 'id', ?)"
        return {out for (out,) in duckdb.execute(probe, [str(tmp_path / "deployment.parquet"), key]).fetchall()}

    assert left_out("d00007") == {False}
    assert left_out("another") == {True}


def test_parquet_is_read_by_another_connection(tmp_path: Path) -> None:
    tables = stored(tmp_path, [ticket("CHG-1", "a")])
    with duckdb.connect() as other:
        assert other.execute("SELECT key FROM read_parquet(?)", [str(tables.folder / "ticket.parquet")]).fetchall() == [
            ("CHG-1",)
        ]
