from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import orjson
import pytest

from twofold.model.period import ReviewPeriod
from twofold.populations.completeness import CompletenessRecord, Window, completeness_record, population_register
from twofold.populations.completeness_check import CheckResult, CompletenessCheck
from twofold.populations.contents import BUSY_MONTH
from twofold.populations.define import define_population, definition_text
from twofold.populations.derive import derive_tables
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.rows import Value
from twofold.tables.store import TableSet, open_session

Rows = Mapping[str, Sequence[Mapping[str, Value]]]
Store = Callable[[Rows], TableSet]
START, END = datetime(2025, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
RUN = datetime(2026, 1, 15, tzinfo=UTC)
PERIOD = ReviewPeriod(START, END)
BILLING = {"system": [{"id": "billing"}]}


def extraction(
    more: Mapping[str, Value] = {}, /, number: str = "ev-1", table: str = "incident", **named: Value
) -> dict[str, Value]:
    asked: dict[str, Value] = {
        "id": number,
        "table_name": table,
        "query": "opened >= 2025-07-01",
        "run_at": RUN.isoformat(),
        "run_by": "svc",
        "rows": 7,
        "claimed_rows": 7,
        "period_from": START,
        "period_to": END,
    }
    return {**asked, **more, **named}


PAGER = extraction(number="ev-2", table="pager_incident")


def incident(number: int, opened: str, **more: Value) -> dict[str, Value]:
    return {"id": f"INC-{number:04d}", "opened_at": opened, "systems": "billing", **more}


def monthly(months: Sequence[int], each: int) -> list[dict[str, Value]]:
    opened = [f"2025-{month:02d}-10T10:00:00Z" for month in months for _ in range(each)]
    return [incident(number, moment) for number, moment in enumerate(opened, 1)]


def explanation(key: str, population: str = "incident_opened") -> dict[str, Value]:
    said = {"reason": "tracker was moved", "explained_by": "p-7", "explained_at": "2026-01-16T10:00:00Z"}
    return {"population": population, "difference_key": key, **said}


@contextmanager
def defined(tables: TableSet, population: str, into: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    text = definition_text(population)
    with open_session(tables) as session:
        register_steps(session, steps_needed(text))
        define_population(session, population, into=into)
        yield session


def record(
    store: Store,
    into: Path,
    rows: Rows,
    *,
    period: ReviewPeriod = PERIOD,
    systems: Sequence[str] = ("billing",),
    windows: Sequence[Window] = (),
) -> CompletenessRecord:
    tables = derive_tables(store({**BILLING, **rows}), clock=RUN, wanted=["source_gap"])
    with defined(tables, "incident_opened", into) as session:
        return completeness_record(
            session, "incident_opened", tables=tables, period=period, systems=systems, windows=windows
        )


def check(found: CompletenessRecord, code: str) -> CompletenessCheck:
    (one,) = [each for each in found.checks if each.code == code]
    return one


def test_a_population_that_is_proven_stops_nothing_and_shows_its_question(store: Store, tmp_path: Path) -> None:
    asked = [extraction(), PAGER]
    found = record(store, tmp_path, {"extraction": asked, "incident": monthly(range(7, 13), 2)})
    assert found.stops == ()
    assert {each.code: str(each.result) for each in found.checks} == {
        "not_extracted": "ok",
        "query_filters": "ok",
        "row_count": "ok",
        "control_total": "note",
        "page_cap": "ok",
        "set_aside": "ok",
        "period_coverage": "ok",
        "systems_covered": "ok",
        "early_extraction": "ok",
        "duplicates": "ok",
        "dates": "ok",
        "empty_months": "ok",
        "id_gaps": "ok",
        "reconciliation": "ok",
    }
    (shown,) = found.extractions
    assert (shown.query, shown.run_by, shown.rows, shown.period) == (
        "opened >= 2025-07-01",
        "svc",
        7,
        "2025-07-01 to 2026-01-01",
    )
    body = orjson.loads(orjson.dumps(found.as_json()))
    assert body["conclusion"] == "complete"
    assert body["checks"][0]["result"] == "ok"


@pytest.mark.parametrize(
    ("more", "code", "result"),
    [
        ({"rows": 1000, "claimed_rows": 1000}, "page_cap", "stop"),
        ({"rows": 1000, "claimed_rows": 1000, "paging_proven": True}, "page_cap", "ok"),
        ({"rows": 200, "claimed_rows": 200, "page_size": 100}, "page_cap", "stop"),
        ({"rows": 100, "claimed_rows": None, "query": "GET /incidents?per_page=100"}, "page_cap", "stop"),
        ({"rows": 100, "claimed_rows": None, "query": "?per_page=100", "page_size": 0}, "page_cap", "stop"),
        ({"rows": 300, "claimed_rows": None, "parameters": '{"maxResults": "100"}'}, "page_cap", "stop"),
        ({"rows": 99, "claimed_rows": None, "query": "GET /incidents?per_page=100"}, "page_cap", "ok"),
        ({"rows": 7, "query": "SELECT * FROM incident LIMIT 1"}, "page_cap", "ok"),
        ({"rows": 1, "claimed_rows": 1, "query": "SELECT * FROM incident LIMIT 1"}, "page_cap", "stop"),
        ({"rows": 100, "query": "GET /incidents?per_page=100", "page_size": 30}, "page_cap", "ok"),
        ({"rows": 100, "query": "GET /incidents?per_page=100", "paging_proven": True}, "page_cap", "ok"),
        ({"claimed_rows": 8}, "row_count", "stop"),
        ({"claimed_rows": 6}, "row_count", "stop"),
        ({"claimed_rows": None}, "row_count", "note"),
        ({"set_aside": 1}, "set_aside", "stop"),
        ({"run_at": "2025-12-31T00:00:00Z"}, "early_extraction", "note"),
        ({"period_from": START + timedelta(days=1)}, "period_coverage", "stop"),
        ({"period_to": END - timedelta(days=1)}, "period_coverage", "stop"),
        ({"oldest_available": START + timedelta(days=1)}, "period_coverage", "stop"),
        ({"oldest_available": START}, "period_coverage", "ok"),
        ({"systems": "erp"}, "systems_covered", "stop"),
    ],
)
def test_each_check_stops_or_notes_as_it_should(
    store: Store, tmp_path: Path, more: Mapping[str, Value], code: str, result: str
) -> None:
    rows: Rows = {"extraction": [extraction(more)], "incident": monthly(range(7, 13), 1)}
    found = record(store, tmp_path, rows)
    assert str(check(found, code).result) == result
    if result == "stop":
        assert code in {each.code for each in found.stops}
        assert found.as_json()["conclusion"] == "stopped"


def test_golden_30_exactly_1000_rows_stop_until_paging_is_proven(store: Store, tmp_path: Path) -> None:
    found = check(record(store, tmp_path, {"extraction": [extraction(rows=1000, claimed_rows=None)]}), "page_cap")
    assert (found.result, found.details) == (CheckResult.STOP, ("ev-1: exactly 1000 records",))


def test_a_population_that_no_export_feeds_stops(store: Store, tmp_path: Path) -> None:
    found = check(record(store, tmp_path, {"extraction": [extraction(table="review")]}), "not_extracted")
    assert (found.result, found.found) == (CheckResult.STOP, "no export feeds incident")


def test_only_systems_that_a_lens_will_judge_must_be_covered(store: Store, tmp_path: Path) -> None:
    rows: Rows = {"extraction": [extraction(systems="billing")], "system": [{"id": "billing"}, {"id": "erp"}]}
    assert check(record(store, tmp_path, rows), "systems_covered").result is CheckResult.OK
    missing = check(record(store, tmp_path, rows, systems=["billing", "erp"]), "systems_covered")
    assert (missing.result, missing.details) == (CheckResult.NOTE, ("erp: incident",))


@pytest.mark.parametrize(
    ("months", "empty"),
    [([7, 8, 10, 11, 12], "2025-09"), ([8, 9, 10, 11, 12], "2025-07"), ([7, 8, 9, 10, 11], "2025-12")],
)
def test_a_month_without_items_stops_a_busy_population_wherever_it_lies(
    store: Store, tmp_path: Path, months: list[int], empty: str
) -> None:
    rows: Rows = {"extraction": [extraction()], "incident": monthly(months, BUSY_MONTH)}
    found = check(record(store, tmp_path, rows), "empty_months")
    assert (found.result, found.details) == (CheckResult.STOP, (empty,))
    explained = record(store, tmp_path, {**rows, "difference_explanation": [explanation(empty)]})
    assert check(explained, "empty_months").details == (f"{empty}: p-7: tracker was moved",)
    assert explained.stops == ()


def test_a_month_without_items_is_a_note_where_items_are_few(store: Store, tmp_path: Path) -> None:
    rows: Rows = {"extraction": [extraction()], "incident": monthly([7, 9], BUSY_MONTH - 1)}
    assert check(record(store, tmp_path, rows), "empty_months").result is CheckResult.NOTE


def test_items_of_another_period_make_nothing_busy(store: Store, tmp_path: Path) -> None:
    rows: Rows = {"extraction": [extraction()], "incident": [incident(1, "2026-03-01T00:00:00Z")]}
    assert check(record(store, tmp_path, rows), "empty_months").result is CheckResult.NOTE
    assert check(record(store, tmp_path, {"extraction": [extraction()]}), "empty_months").result is CheckResult.OK


def test_only_whole_months_of_the_period_are_asked_for(store: Store, tmp_path: Path) -> None:
    berlin = ReviewPeriod(datetime(2025, 7, 31, 22, tzinfo=UTC), datetime(2025, 11, 20, tzinfo=UTC))
    rows: Rows = {"extraction": [extraction()], "incident": monthly([8], 1)}
    found = check(record(store, tmp_path, rows, period=berlin), "empty_months")
    assert found.details == ("2025-09", "2025-10")


def test_missing_numbers_stop_until_each_is_explained(store: Store, tmp_path: Path) -> None:
    kept = [each for each in monthly(range(7, 13), 2) if each["id"] not in {"INC-0003", "INC-0004", "INC-0009"}]
    rows: dict[str, Sequence[Mapping[str, Value]]] = {"extraction": [extraction()], "incident": kept}
    found = check(record(store, tmp_path, rows), "id_gaps")
    assert (found.result, found.details) == (CheckResult.STOP, ("INC-0003", "INC-0004", "INC-0009"))
    rows["difference_explanation"] = [explanation("INC-0003"), explanation("INC-9"), explanation("INC-0004", "grant")]
    found = check(record(store, tmp_path, rows), "id_gaps")
    assert (found.found, found.details) == ("2 numbers of incident are missing", ("INC-0004", "INC-0009"))
    rows["difference_explanation"] = [explanation(key) for key in ("INC-0003", "INC-0004", "INC-0009")]
    found = check(record(store, tmp_path, rows), "id_gaps")
    assert (found.result, found.found) == (CheckResult.OK, "the numbers of incident are unbroken but for 3 explained")
    assert found.details == tuple(f"{key}: p-7: tracker was moved" for key in ("INC-0003", "INC-0004", "INC-0009")), (
        "a reader of the record sees who explained what"
    )


def test_a_number_explained_in_two_ways_is_not_explained(store: Store, tmp_path: Path) -> None:
    rows: Rows = {
        "extraction": [extraction()],
        "incident": [incident(1, "2025-07-10"), incident(3, "2025-07-11")],
        "difference_explanation": [explanation("INC-0002"), {**explanation("INC-0002"), "reason": "deleted"}],
    }
    found = check(record(store, tmp_path, rows), "id_gaps")
    assert (found.result, found.found) == (CheckResult.STOP, "1 number of incident is missing")


def test_numbers_far_apart_are_counted_and_not_listed(store: Store, tmp_path: Path) -> None:
    opened = {"opened_at": "2025-07-10", "systems": "billing"}
    rows: Rows = {
        "extraction": [extraction()],
        "incident": [{"id": name, **opened} for name in ("7", "999999999999", "A-1", "B")],
    }
    found = check(record(store, tmp_path, rows), "id_gaps")
    assert found.found == "999999999991 numbers of incident are missing"
    assert (len(found.details), found.details[0]) == (20, "8")


def test_a_difference_with_the_second_source_stops_until_explained(store: Store, tmp_path: Path) -> None:
    alarm = {"id": "PD-1", "opened_at": "2025-08-01T10:00:00Z", "incident": "INC-0099"}
    answered = {"id": "PD-2", "opened_at": "2025-08-02T10:00:00Z", "incident": "INC-0001"}
    rows: dict[str, Sequence[Mapping[str, Value]]] = {
        "extraction": [extraction(), PAGER],
        "incident": monthly(range(7, 13), 1),
        "pager_incident": [alarm, answered],
    }
    found = check(record(store, tmp_path, rows), "reconciliation")
    assert found.result is CheckResult.STOP
    assert found.details == ("PD-1: pager PD-1 of 2025-08-01 10:00:00; no incident in the tracker (it names INC-0099)",)
    rows["difference_explanation"] = [explanation("PD-1")]
    found = check(record(store, tmp_path, rows), "reconciliation")
    compared = "compared with ev-2 (pager_incident): opened >= 2025-07-01"
    assert (found.result, found.details) == (CheckResult.OK, ("PD-1: p-7: tracker was moved", compared))


def test_rows_in_conflict_are_noted_with_all_counts(store: Store, tmp_path: Path) -> None:
    twice = [incident(1, "2025-07-10"), incident(1, "2025-07-10"), incident(2, "2025-07-10"), incident(2, "2025-07-11")]
    found = check(record(store, tmp_path, {"extraction": [extraction()], "incident": twice}), "duplicates")
    assert found.result is CheckResult.NOTE
    assert found.found == "1 identical copies collapsed, 0 older states replaced, 1 rows in conflict"


def test_every_population_of_the_register_has_its_texts() -> None:
    for name, entry in population_register().items():
        assert definition_text(name).startswith(f"-- {name}:")
        assert entry.title
        assert entry.second_source
        assert entry.primary


def test_a_filter_in_the_recorded_query_is_named_and_does_not_stop(store: Store, tmp_path: Path) -> None:
    asked = extraction(query="project = OPS AND status != Cancelled")
    found = record(store, tmp_path, {"extraction": [asked], "incident": monthly(range(7, 13), 2)})
    filters = check(found, "query_filters")
    assert filters.result is CheckResult.NOTE
    assert filters.found == "1 filter or limit in the recorded queries can hide rows"
    assert filters.details[0].startswith("ev-1 (incident), status !=: It leaves out records by their status")
    assert found.stops == ()


def test_a_filter_in_the_query_of_the_second_source_is_named(store: Store, tmp_path: Path) -> None:
    """What it hides on both sides differs in nothing."""
    second = extraction(number="ev-2", table="pager_incident", query="SELECT * FROM pages WHERE status != 'noise'")
    found = record(store, tmp_path, {"extraction": [extraction(), second], "incident": monthly(range(7, 13), 2)})
    (told,) = check(found, "query_filters").details
    assert told.startswith("ev-2 (pager_incident), status !=: ")


def test_nothing_agrees_with_a_second_source_that_was_never_exported(store: Store, tmp_path: Path) -> None:
    rows: Rows = {"extraction": [extraction()], "incident": monthly(range(7, 13), 1)}
    found = check(record(store, tmp_path, rows), "reconciliation")
    assert (found.result, found.details) == (CheckResult.NOTE, ("no export of pager_incident",))
    assert "agrees" not in found.found


def test_a_second_source_that_covers_half_of_the_period_is_named_with_what_is_missing(
    store: Store, tmp_path: Path
) -> None:
    half = extraction(number="ev-2", table="pager_incident", period_to="2025-10-01T00:00:00Z")
    rows: Rows = {"extraction": [extraction(), half], "incident": monthly(range(7, 13), 1)}
    found = check(record(store, tmp_path, rows), "reconciliation")
    assert found.result is CheckResult.NOTE
    compared = "compared with ev-2 (pager_incident): opened >= 2025-07-01"
    assert found.details == ("pager_incident of billing: 2025-10-01 to the end (not_extracted)", compared)


def test_of_many_exports_of_a_second_source_the_first_are_named(store: Store, tmp_path: Path) -> None:
    pages = [extraction(number=f"ev-{number}", table="pager_incident") for number in range(2, 32)]
    rows: Rows = {"extraction": [extraction(), *pages], "incident": monthly(range(7, 13), 1)}
    found = check(record(store, tmp_path, rows), "reconciliation")
    assert len(found.details) == 21
    assert found.details[0].startswith("compared with ev-")
    assert found.details[-1] == "and 10 more exports of it"


def test_each_table_of_a_second_source_is_named_by_its_reconciliation() -> None:
    for entry in population_register().values():
        assert not set(entry.compared) & set(entry.primary), entry.name
        for table in entry.compared:
            assert f" {table} AS " in entry.reconciliation_text, entry.name


def test_each_second_source_that_agrees_where_it_is_missing_is_named() -> None:
    entries = population_register().values()
    within = {"emergency_change", "expected_backup", "go_live_part", "weakness_seen"}
    """Compared with tables of their own, whose coverage is a check by itself."""
    known = {"job_and_transfer", "sod_conflict"}
    """Compared with a list without which every item is a difference."""
    assert {each.name for each in entries if each.reconciliation_text and not each.compared} == within | known


def test_the_last_month_of_a_period_east_of_greenwich_is_asked_for(store: Store, tmp_path: Path) -> None:
    berlin = ReviewPeriod(datetime(2025, 6, 30, 22, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC))
    rows: Rows = {"extraction": [extraction()], "incident": monthly(range(7, 12), BUSY_MONTH)}
    found = check(record(store, tmp_path, rows, period=berlin), "empty_months")
    assert (found.result, found.details) == (CheckResult.STOP, ("2025-12",))


def test_a_file_that_feeds_two_tables_is_counted_once(store: Store, tmp_path: Path) -> None:
    asked = [extraction(table="deployment"), extraction(table="ticket_event")]
    tables = derive_tables(store({**BILLING, "extraction": asked}), clock=RUN, wanted=["source_gap", "change_set"])
    with defined(tables, "emergency_change", tmp_path) as session:
        found = completeness_record(session, "emergency_change", tables=tables, period=PERIOD, systems=["billing"])
    assert check(found, "row_count").found == "7 records, as the sources say"
    assert check(found, "not_extracted").found == "1 recorded export"


def test_an_export_is_early_where_the_period_goes_on_after_the_clock(store: Store, tmp_path: Path) -> None:
    tables = derive_tables(
        store({**BILLING, "extraction": [extraction()], "incident": monthly([7], 1)}),
        clock=RUN,
        wanted=["source_gap"],
    )
    with defined(tables, "incident_opened", tmp_path) as session:
        found = completeness_record(
            session,
            "incident_opened",
            tables=tables,
            period=ReviewPeriod(START, RUN),
            systems=["billing"],
            ends_before=datetime(2026, 7, 1, tzinfo=UTC),
        )
    early = check(found, "early_extraction")
    assert (early.result, early.details) == (CheckResult.NOTE, ("ev-1: run 2026-01-15",))


SHORT = Window("T-19", "response_minutes_sev1", "30 minutes", timedelta(minutes=30))
LONG = Window("T-19", "cause_days", "10 days", timedelta(days=10))
LONGER = Window("T-19", "cause_days", "15 days", timedelta(days=15))


@pytest.mark.parametrize(
    ("windows", "result", "until", "why"),
    [
        ([], "ok", "2026-01-01", ""),
        ([LONG, SHORT], "ok", "2026-01-11", ", then cause_days of T-19 runs (10 days)"),
        ([SHORT, LONGER], "note", "2026-01-16", ", then cause_days of T-19 runs (15 days)"),
    ],
)
def test_exports_wait_for_the_longest_window_after_the_period(
    store: Store, tmp_path: Path, windows: Sequence[Window], result: str, until: str, why: str
) -> None:
    one = check(record(store, tmp_path, {"extraction": [extraction(), PAGER]}, windows=windows), "early_extraction")
    assert str(one.result) == result
    assert one.expected == f"run at or after {until} 00:00 UTC: the period ends on 2026-01-01 00:00{why}"
    assert one.details == (() if result == "ok" else ("ev-1: run 2026-01-15",))


def test_one_list_of_a_moment_that_waited_is_enough(store: Store, tmp_path: Path) -> None:
    def of(number: str, run_at: str) -> dict[str, Value]:
        return extraction({"period_from": None, "period_to": None}, number=number, run_at=run_at)

    lists = [of("ev-1", "2025-10-01T00:00:00Z"), of("ev-2", "2026-01-10T00:00:00Z")]
    early = check(record(store, tmp_path, {"extraction": lists}, windows=[LONG]), "early_extraction")
    assert early.details == ("ev-1: run 2025-10-01", "ev-2: run 2026-01-10")
    later = of("ev-3", "2026-01-11T00:00:00Z")
    waited = check(record(store, tmp_path, {"extraction": [*lists, later]}, windows=[LONG]), "early_extraction")
    assert (waited.result, waited.details) == (CheckResult.OK, ())
    stretch = extraction(number="ev-4", run_at="2026-01-02T00:00:00Z")
    rows: Rows = {"extraction": [*lists, later, stretch]}
    early = check(record(store, tmp_path, rows, windows=[LONG]), "early_extraction")
    assert early.details == ("ev-4: run 2026-01-02",)


def sums(stated: str, read: str, fault: str = "") -> str:
    said = {"field": "amount", "stated": stated, "read": read, "agrees": stated == read, "fault": fault}
    return orjson.dumps([said]).decode()


@pytest.mark.parametrize(
    ("said", "result", "found", "details"),
    [
        (None, "note", "no total of a source was stated", ()),
        (sums("9.50", "9.50"), "ok", "1 totals, as the sources say", ()),
        (
            sums("10.00", "9.50"),
            "stop",
            "1 of 1 totals differ from what the source said",
            ("ev-1 amount: 9.50 in the records read, the source said 10.00",),
        ),
        (
            sums("10.00", "", "no record has the field 'amount'"),
            "stop",
            "1 of 1 totals differ from what the source said",
            ("ev-1 amount: no record has the field 'amount', the source said 10.00",),
        ),
    ],
)
def test_a_total_of_the_source_is_compared_with_the_sum(
    store: Store, tmp_path: Path, said: str | None, result: str, found: str, details: tuple[str, ...]
) -> None:
    whole = record(store, tmp_path, {"extraction": [extraction(sums=said), PAGER]})
    one = check(whole, "control_total")
    assert (str(one.result), one.found, one.details) == (result, found, details)
    covered = "stop" if result == "stop" else "ok"
    assert str(check(whole, "period_coverage").result) == covered, "such an export proves nothing"
    assert [each.stated for each in whole.extractions[0].totals] == ([orjson.loads(said)[0]["stated"]] if said else [])


def test_a_total_that_differs_is_explained_by_a_named_person(store: Store, tmp_path: Path) -> None:
    differing = extraction(sums=sums("10.00", "9.50"))
    rows: Rows = {"extraction": [differing, PAGER], "difference_explanation": [explanation("ev-1 amount")]}
    found = record(store, tmp_path, rows)
    one = check(found, "control_total")
    assert (str(one.result), one.found) == ("ok", "0 totals, as the sources say; 1 explained")
    assert one.details == ("ev-1 amount: 9.50 in the records read, the source said 10.00; p-7: tracker was moved",)
    assert str(check(found, "period_coverage").result) == "ok"


def test_explanations_of_a_total_that_contradict_each_other_explain_nothing(store: Store, tmp_path: Path) -> None:
    said = explanation("ev-1 amount")
    rows: Rows = {
        "extraction": [extraction(sums=sums("10.00", "9.50")), PAGER],
        "difference_explanation": [said, {**said, "reason": "rounding"}],
    }
    found = record(store, tmp_path, rows)
    assert {each.code for each in found.stops} == {"control_total", "period_coverage"}


def test_explanations_of_a_total_for_two_populations_are_about_one_difference(store: Store, tmp_path: Path) -> None:
    said = explanation("ev-1 amount")
    same = {**explanation("ev-1 amount", "alert_raised"), "explained_at": "2026-01-17T10:00:00Z"}
    other = {**same, "reason": "rounding"}
    differing = extraction(sums=sums("10.00", "9.50"))
    for number, (more, stops) in enumerate([([same], set()), ([other], {"control_total", "period_coverage"})]):
        for turned, rows in enumerate(([said, *more], [*more, said])):
            into = tmp_path / f"{number}-{turned}"
            into.mkdir()
            found = record(store, into, {"extraction": [differing, PAGER], "difference_explanation": rows})
            assert {each.code for each in found.stops} == stops
    contradicted = [explanation("ev-1 amount", "alert_raised"), other, said]
    found = record(store, tmp_path, {"extraction": [differing, PAGER], "difference_explanation": contradicted})
    assert {each.code for each in found.stops} == {"control_total", "period_coverage"}


def test_a_filter_of_one_export_is_named_beside_one_that_many_share(store: Store, tmp_path: Path) -> None:
    daily = [extraction(number=f"ev-{day}", query=f"GET /incidents?limit=200&day={day}") for day in range(100, 140)]
    hidden = extraction(number="ev-999", query="status != Cancelled")
    found = check(record(store, tmp_path, {"extraction": [*daily, hidden]}), "query_filters")
    assert [each.partition(":")[0] for each in found.details] == [
        "ev-100 and 39 more (incident), limit=200",
        "ev-999 (incident), status !=",
    ]


def test_each_of_many_filters_is_named(store: Store, tmp_path: Path) -> None:
    asked = [extraction(number=f"ev-{limit}", query=f"GET /incidents?limit={limit}") for limit in range(100, 130)]
    found = check(record(store, tmp_path, {"extraction": asked}), "query_filters")
    assert (found.found.partition(" in ")[0], len(found.details)) == ("30 filters or limits", 30)


def test_each_system_of_which_no_export_speaks_is_told(store: Store, tmp_path: Path) -> None:
    systems = [f"s-{number:02d}" for number in range(30)]
    rows: Rows = {"extraction": [extraction(systems="s-00")], "system": [{"id": each} for each in systems]}
    found = check(record(store, tmp_path, rows, systems=systems), "systems_covered")
    assert found.details == tuple(f"{each}: incident" for each in systems[1:])


def test_the_record_shows_how_each_export_was_paged_and_what_it_speaks_for(store: Store, tmp_path: Path) -> None:
    said: Mapping[str, Value] = {
        "page_size": 100,
        "paging_proven": True,
        "oldest_available": START,
        "systems": "erp;billing",
    }
    rows: Rows = {"extraction": [extraction(said), extraction(number="ev-2", set_aside=3)]}
    first, second = record(store, tmp_path, rows).extractions
    assert (first.page_size, first.paging_proven, first.set_aside) == (100, True, 0)
    assert (first.oldest_available, first.systems) == ("2025-07-01", ("billing", "erp"))
    assert (second.page_size, second.paging_proven, second.set_aside) == (None, None, 3)
    assert (second.oldest_available, second.systems) == (None, ())
