from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.populations.source_gaps import read_extractions, source_gap_rows
from twofold.tables.rows import Value
from twofold.tables.schema import TableKind, canonical_tables
from twofold.tables.store import TableSet, open_session

Store = Callable[[Mapping[str, Sequence[Mapping[str, Value]]]], TableSet]
START, END = datetime(2025, 7, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
RUN = datetime(2026, 7, 15, tzinfo=UTC)
Gap = tuple[str, str, str, str]


def extraction(more: Mapping[str, Value] = {}, /, number: str = "ev-1", **named: Value) -> dict[str, Value]:
    asked: dict[str, Value] = {
        "id": number,
        "table_name": "review",
        "query": "q",
        "run_at": RUN.isoformat(),
        "rows": 7,
        "period_from": START,
        "period_to": END,
    }
    return {**asked, **more, **named}


def gaps(store: Store, *extractions: Mapping[str, Value], systems: str = "billing", every: bool = False) -> list[Gap]:
    tables = store({"extraction": extractions, "system": [{"id": each} for each in systems.split(";") if each]})
    with open_session(tables) as session:
        return [
            (
                str(row["system"]),
                f"{row['starts_at']:%Y-%m-%d}" if row["starts_at"] else "",
                f"{row['ends_before']:%Y-%m-%d}" if row["ends_before"] else "",
                str(row["reason"]),
            )
            for row in source_gap_rows(session, every_table=every)
            if row["table_name"] == "review"
        ]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_clean_extraction_proves_its_period_and_no_more(store: Store) -> None:
    assert gaps(store, extraction()) == [
        ("billing", "", "2025-07-01", "not_extracted"),
        ("billing", "2026-07-01", "", "not_extracted"),
    ]


def test_an_extraction_never_speaks_past_the_moment_it_was_run(store: Store) -> None:
    found = gaps(store, extraction(run_at="2026-03-01T00:00:00Z"))
    assert found[-1] == ("billing", "2026-03-01", "", "not_extracted")


def test_what_the_source_had_already_deleted_is_retention(store: Store) -> None:
    found = gaps(store, extraction(oldest_available=day("2026-01-01")))
    assert found[0] == ("billing", "", "2026-01-01", "retention")


def test_a_source_that_reaches_further_back_than_asked_has_no_retention_gap(store: Store) -> None:
    assert gaps(store, extraction(oldest_available=day("2024-01-01")))[0][3] == "not_extracted"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"rows": 7, "claimed_rows": 8}, "row_count"),
        ({"rows": 8, "claimed_rows": 7}, "row_count"),
        ({"sums": '[{"field":"n","stated":"2","read":"1","agrees":false,"fault":""}]'}, "control_total"),
        ({"rows": 0, "claimed_rows": 1}, "row_count"),
        ({"rows": 1000}, "page_cap"),
        ({"rows": 1000, "claimed_rows": 1000, "paging_proven": False}, "page_cap"),
        ({"rows": 300, "page_size": 100}, "page_cap"),
        ({"rows": 7, "set_aside": 1}, "set_aside"),
        ({"rows": 7, "claimed_rows": 7, "set_aside": 1}, "set_aside"),
    ],
)
def test_an_extraction_in_doubt_proves_nothing(store: Store, fault: Mapping[str, Value], reason: str) -> None:
    assert gaps(store, extraction(fault)) == [("billing", "", "", reason)]


@pytest.mark.parametrize(
    "fine",
    [
        {"rows": 1000, "paging_proven": True},
        {"rows": 999},
        {"rows": 0, "page_size": 100},
        {"rows": 301, "page_size": 100},
        {"rows": 7, "claimed_rows": 7},
        {"sums": '[{"field":"n","stated":"2","read":"2.0","agrees":true,"fault":""}]'},
    ],
)
def test_what_is_no_doubt(store: Store, fine: Mapping[str, Value]) -> None:
    assert [reason for _, _, _, reason in gaps(store, extraction(fine))] == ["not_extracted", "not_extracted"]


def test_a_second_extraction_closes_what_the_first_left_open(store: Store) -> None:
    first = extraction(number="ev-1", period_to=day("2026-01-01"))
    assert gaps(store, first, extraction(number="ev-2", period_from=day("2025-12-01"))) == [
        ("billing", "", "2025-07-01", "not_extracted"),
        ("billing", "2026-07-01", "", "not_extracted"),
    ]
    found = gaps(store, first, extraction(number="ev-2", period_from=day("2026-02-01")))
    assert ("billing", "2026-01-01", "2026-02-01", "not_extracted") in found
    doubtful = gaps(store, first, extraction(number="ev-2", period_from=day("2026-02-01"), rows=1000))
    assert doubtful == [
        ("billing", "", "2025-07-01", "not_extracted"),
        ("billing", "2026-01-01", "", "page_cap"),
    ]


def test_an_extraction_without_any_proven_time_leaves_one_gap(store: Store) -> None:
    found = gaps(store, extraction(oldest_available=day("2026-06-30"), run_at="2025-12-01T00:00:00Z"))
    assert [each[1:3] for each in found] == [("", "")]


def test_an_extraction_speaks_only_for_the_systems_that_it_names(store: Store) -> None:
    found = gaps(store, extraction(systems="billing"), systems="billing;erp")
    assert [each for each in found if each[0] == "erp"] == [("erp", "", "", "not_extracted")]
    assert len(found) == 3


def test_without_a_register_a_gap_is_one_of_every_system(store: Store) -> None:
    assert {system for system, *_ in gaps(store, extraction(), systems="")} == {"*"}


def test_a_table_that_nothing_feeds_is_one_gap_where_that_is_asked(store: Store) -> None:
    other = extraction(table_name="deployment")
    assert gaps(store, other) == []
    assert gaps(store, other, every=True) == [("billing", "", "", "not_extracted")]
    captured = {name for name, table in canonical_tables().items() if table.kind in {TableKind.EVENT, TableKind.STATE}}
    with open_session(store({"system": [{"id": "billing"}]})) as session:
        assert {row["table_name"] for row in source_gap_rows(session, every_table=True)} == captured


moments = st.none() | st.integers(-400, 400).map(lambda days: START + timedelta(days=days))
extractions = st.fixed_dictionaries(
    {
        "period_from": moments,
        "period_to": moments,
        "oldest_available": moments,
        "run_at": st.integers(0, 400).map(lambda days: (START + timedelta(days=days)).isoformat()),
        "rows": st.sampled_from([0, 7, 1000]),
        "claimed_rows": st.sampled_from([None, 7]),
        "set_aside": st.sampled_from([None, 1]),
        "systems": st.sampled_from(["", "billing", "erp"]),
    }
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_rows=st.lists(extractions, max_size=4))
def test_gaps_and_what_is_proven_share_out_all_time(store: Store, given_rows: list[dict[str, Any]]) -> None:
    rows = [extraction(row, number=f"ev-{number}") for number, row in enumerate(given_rows)]
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    with open_session(store({"extraction": rows, "system": [{"id": "billing"}, {"id": "erp"}]})) as session:
        found: list[dict[str, Any]] = [*source_gap_rows(session, every_table=True)]
        read = read_extractions(session)
    edges = {START + timedelta(days=each) for each in range(-420, 820, 7)}
    for each in read:
        edges.update(moment for moment in each.covered if first < moment < last)
    for system in ("billing", "erp"):
        own = [
            (row["starts_at"] or first, row["ends_before"] or last)
            for row in found
            if row["system"] == system and row["table_name"] == "review"
        ]
        for (_, ends), (starts, _) in pairwise(own):
            assert ends < starts, "gaps touch or overlap"
        for moment in edges:
            in_gap = any(starts <= moment < ends for starts, ends in own)
            proven = any(
                each.covered[0] <= moment < each.covered[1]
                for each in read
                if not each.doubts and (not each.systems or system in each.systems)
            )
            assert in_gap != proven
