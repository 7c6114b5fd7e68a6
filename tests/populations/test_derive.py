from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from twofold.populations.derive import derive_tables
from twofold.tables.readings import Reading
from twofold.tables.rows import Value
from twofold.tables.store import TableSet, open_session

Store = Callable[[Mapping[str, Sequence[Mapping[str, Value]]]], TableSet]
CLOCK = datetime(2026, 7, 15, tzinfo=UTC)
EXTRACTION = {
    "id": "ev-1",
    "table_name": "review",
    "query": "q",
    "run_at": "2026-07-15T00:00:00Z",
    "period_from": "2026-01-01",
}


def test_missing_derived_tables_are_added_and_nothing_else_is_left(store: Store) -> None:
    tables = store(
        {"extraction": [EXTRACTION], "calendar": [{"id": "default", "zone": "UTC"}], "system": [{"id": "billing"}]}
    )
    derived = derive_tables(tables, clock=CLOCK)
    with open_session(derived) as session:
        days = session.execute("SELECT min(day), max(day) FROM calendar_day").fetchone()
        gaps = session.execute(
            "SELECT table_name, system, reason, evidence FROM source_gap ORDER BY starts_at NULLS FIRST"
        ).fetchall()
    assert days == ("2023-07-13", "2027-07-16")
    assert gaps == [("review", "billing", "not_extracted", "derived")] * 2
    assert set(derived.stats) >= {"extraction", "calendar_day", "source_gap"}
    assert all(path.suffix == ".parquet" for path in tables.folder.iterdir())


def test_a_derived_table_that_was_given_is_left_alone(store: Store) -> None:
    given = {"table_name": "review", "system": "*", "reason": "retention"}
    derived = derive_tables(store({"extraction": [EXTRACTION], "source_gap": [given]}), clock=CLOCK)
    with open_session(derived) as session:
        assert session.execute("SELECT system, reason FROM source_gap").fetchall() == [("*", "retention")]


def test_only_what_is_wanted_is_computed_and_the_same_inputs_give_the_same_bytes(store: Store) -> None:
    calendar = {"calendar": [{"id": "default", "zone": "Europe/Berlin"}]}
    first, again = (derive_tables(store(calendar), clock=CLOCK, wanted=["calendar_day"]) for _ in range(2))
    assert set(first.stats) == {"calendar", "calendar_day"}
    assert first.stats == again.stats


def test_a_derived_table_is_there_twice_where_contradicting_records_make_it_differ(store: Store) -> None:
    deployment = {"id": "d1", "system": "erp", "repository": "app", "environment": "production", "status": "success"}
    deployment["started_at"] = "2026-03-02T10:00:00Z"
    commits = [{"repository": "app", "sha": sha} for sha in ("c1", "c2")]
    both = [{**deployment, "commit_sha": sha} for sha in ("c1", "nowhere")]
    tables = store({"deployment": both, "code_commit": commits, "calendar": [{"id": "default", "zone": "UTC"}]})
    derived = derive_tables(tables, clock=CLOCK)
    found = {}
    for reading in Reading:
        with open_session(derived, reading=reading) as session:
            found[reading] = session.execute("SELECT deployment, sha FROM change_set").fetchall()
    assert sorted([found[Reading.FIRST], found[Reading.SECOND]]) == [[], [("d1", "c1")]]
    assert found[Reading.MARKED] == found[Reading.FIRST]
    second = {name for name in derived.hashes() if name.endswith("__second")}
    assert second == {"change_set__second", "deployment__second"}
    assert {path.stem for path in tables.folder.iterdir()} == set(derived.hashes())


def test_a_table_that_nothing_feeds_is_a_gap_in_a_workspace_only(store: Store) -> None:
    counts = []
    for workspace in (False, True):
        tables = store({"system": [{"id": "billing"}]})
        derived = derive_tables(tables, clock=CLOCK, gaps_where_never_extracted=workspace, wanted=["source_gap"])
        with open_session(derived) as session:
            counts += session.execute("SELECT count(*) FROM source_gap WHERE table_name = 'sign_in'").fetchall()
    assert counts == [(0,), (1,)]


def test_a_table_that_is_not_derived_is_never_made(store: Store) -> None:
    assert derive_tables(store({}), clock=CLOCK, wanted=["ticket"]).stats == {}
