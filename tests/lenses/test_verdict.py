from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.lenses.verdict import Counts, LensView, ScopeStretch, Verdicts, judge_items
from twofold.model.outcome import ReasonCode, item_outcome
from twofold.model.period import ReviewPeriod

PERIOD = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
ALWAYS = [ScopeStretch("billing", None, None)]
Item = tuple[str, str, str | None, str | None, str, str, str]


def item(
    name: str, *codes: str, system: str = "billing", at: str | None = "2026-03-01", latest: str | None = None
) -> Item:
    a, b, c = (*codes, "pass", "pass", "pass")[:3]
    return (name, system, at, latest or at, a, b, c)


def judged(
    folder: Path, items: Sequence[Item], *, scope: Sequence[ScopeStretch] = ALWAYS, required: Sequence[str] = "ABC"
) -> tuple[dict[str, tuple[str, str]], Verdicts]:
    with duckdb.connect() as session:
        session.execute(
            """
            CREATE TABLE outcome (item VARCHAR, system VARCHAR, operating_at TIMESTAMP, operating_at_latest TIMESTAMP,
                A VARCHAR, B VARCHAR, C VARCHAR)
            """
        )
        if items:
            session.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?)", items)
        outcomes, into = folder / "outcomes.parquet", folder / "verdicts.parquet"
        session.execute(f"COPY (FROM outcome ORDER BY item) TO '{outcomes}' (FORMAT parquet)")
        verdicts = judge_items(LensView("soc2", PERIOD, scope, tuple(required)), outcomes, into=into)
        rows = session.execute("SELECT item, verdict, reason FROM read_parquet(?)", [str(into)]).fetchall()
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    return {name: (verdict, reason) for name, verdict, reason in rows}, verdicts


def test_golden_21_a_system_never_in_scope_is_not_applicable_and_elsewhere_passes(tmp_path: Path) -> None:
    assert judged(tmp_path, [item("i")])[0] == {"i": ("PASS", "")}
    assert judged(tmp_path, [item("i", "exception:odd")], scope=[])[0] == {"i": ("NOT_APPLICABLE", "scope")}
    elsewhere = [ScopeStretch("erp", None, None)]
    assert judged(tmp_path, [item("i")], scope=elsewhere)[0] == {"i": ("NOT_APPLICABLE", "scope")}


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2025-12-31 23:59:59.999999", "period"),
        ("2026-01-01 00:00:00", "A:odd"),
        ("2026-06-30 23:59:59.999999", "A:odd"),
        ("2026-07-01 00:00:00", "period"),
    ],
)
def test_a_period_is_half_open(tmp_path: Path, at: str, reason: str) -> None:
    assert judged(tmp_path, [item("i", "exception:odd", at=at)])[0]["i"][1] == reason


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-01-31 23:59:59.999999", "scope"),
        ("2026-02-01 00:00:00", "A:odd"),
        ("2026-03-01 00:00:00", "scope"),
        ("2026-05-01 00:00:00", "A:odd"),
    ],
)
def test_scope_is_half_open_and_that_of_the_operating_date(tmp_path: Path, at: str, reason: str) -> None:
    scope = [
        ScopeStretch("billing", datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ScopeStretch("billing", datetime(2026, 5, 1, tzinfo=UTC), None),
    ]
    assert judged(tmp_path, [item("i", "exception:odd", at=at)], scope=scope)[0]["i"][1] == reason


def test_a_date_known_as_an_interval_is_outside_only_where_all_of_it_is(tmp_path: Path) -> None:
    items = [
        item("before", "exception:odd", at="2025-12-30 00:00:00", latest="2025-12-31 23:59:59"),
        item("first-day-of-another-zone", "exception:odd", at="2025-12-31 23:00:00", latest="2026-01-01 22:59:59"),
        item("last-day-of-another-zone", "exception:odd", at="2026-06-30 23:00:00", latest="2026-07-01 22:59:59"),
        item("after", "exception:odd", at="2026-07-01 00:00:00", latest="2026-07-01 23:59:59"),
    ]
    reasons = {name: reason for name, (_, reason) in judged(tmp_path, items)[0].items()}
    assert reasons == {
        "before": "period",
        "first-day-of-another-zone": "A:odd",
        "last-day-of-another-zone": "A:odd",
        "after": "period",
    }


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        # In scope before the period only, after it only, in another part of it, and in what the item has of it.
        (None, datetime(2026, 1, 1, tzinfo=UTC), "scope"),
        (datetime(2026, 7, 1, tzinfo=UTC), None, "scope"),
        (datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC), "A:odd"),
        (datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), None, "A:odd"),
    ],
)
def test_what_lasts_longer_than_the_period_is_in_scope_by_its_part_of_the_period(
    tmp_path: Path, first: datetime | None, last: datetime | None, reason: str
) -> None:
    long = item("i", "exception:odd", at="2025-11-15 00:00:00", latest="2026-09-15 00:00:00")
    scope = [ScopeStretch("billing", first, last)]
    assert judged(tmp_path, [long], scope=scope)[0]["i"][1] == reason


def test_of_what_lies_outside_the_period_the_scope_is_asked_first(tmp_path: Path) -> None:
    items = [
        item("in-scope-then", "exception:odd", at="2025-11-15 00:00:00", latest="2025-12-15 00:00:00"),
        item("not-in-scope-then", "exception:odd", at="2025-09-15 00:00:00", latest="2025-10-15 00:00:00"),
    ]
    scope = [ScopeStretch("billing", datetime(2025, 12, 1, tzinfo=UTC), None)]
    reasons = {name: reason for name, (_, reason) in judged(tmp_path, items, scope=scope)[0].items()}
    assert reasons == {"in-scope-then": "period", "not-in-scope-then": "scope"}


def test_an_unknown_time_is_never_outside_the_period(tmp_path: Path) -> None:
    once = [ScopeStretch("billing", datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC))]
    unknown = item("i", "cannot_test:no_time", at=None)
    assert judged(tmp_path, [unknown], scope=once)[0] == {"i": ("CANNOT_TEST", "A:no_time")}
    assert judged(tmp_path, [unknown], scope=[])[0] == {"i": ("NOT_APPLICABLE", "scope")}
    only_latest = item("i", "cannot_test:no_time", at=None, latest="2025-01-01")
    assert judged(tmp_path, [only_latest])[0] == {"i": ("CANNOT_TEST", "A:no_time")}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("exception:odd", "cannot_test:gap", "exception:late"), ("EXCEPTION", "A:odd;C:late")),
        (("pass", "cannot_test:gap", "na:small"), ("CANNOT_TEST", "B:gap")),
        (("pass", "na:small", "na:small"), ("PASS", "")),
        (("na:small", "na:old", "na:small"), ("NOT_APPLICABLE", "A:small;B:old;C:small")),
    ],
)
def test_an_exception_outweighs_and_the_reason_names_what_decides(
    tmp_path: Path, codes: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert judged(tmp_path, [item("i", *codes)])[0] == {"i": expected}


def test_only_the_letters_that_the_lens_requires_decide(tmp_path: Path) -> None:
    items = [item("i", "pass", "exception:odd", "exception:late")]
    assert judged(tmp_path, items, required="A")[0] == {"i": ("PASS", "")}
    assert judged(tmp_path, items, required="AC")[0] == {"i": ("EXCEPTION", "C:late")}
    assert judged(tmp_path, items, required="")[0] == {"i": ("NOT_APPLICABLE", "not_required")}


def test_golden_31_the_rate_is_a_range(tmp_path: Path) -> None:
    items = [item(f"pass-{number:02d}") for number in range(57)]
    items += [item("bad", "exception:odd"), item("gap-1", "cannot_test:gap"), item("gap-2", "pass", "cannot_test:gap")]
    items += [
        item("old", "exception:odd", at="2020-01-01"),
        item("other", system="erp"),
        item("na", "na:x", "na:x", "na:x"),
    ]
    counts = judged(tmp_path, items)[1].counts
    assert counts == Counts(population=63, passed=57, exceptions=1, cannot_test=2, not_applicable=3)
    assert counts.applicable == 60
    assert counts.rate == ((1, 60), (3, 60))


def test_an_empty_population_gives_no_verdict(tmp_path: Path) -> None:
    assert judged(tmp_path, [])[1].counts == Counts(0, 0, 0, 0, 0)


def test_counts_that_do_not_close_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="do not close"):
        Counts(population=3, passed=1, exceptions=1, cannot_test=0, not_applicable=0)


codes = st.sampled_from(["pass", "exception:odd", "cannot_test:gap", "na:small"])
times = st.none() | st.sampled_from(["2025-12-31", "2026-01-01", "2026-06-30 23:59:59", "2026-07-01"])


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(codes, codes, codes, st.sampled_from(["billing", "erp"]), times), max_size=20),
    required=st.sampled_from(["", "A", "BC", "ABC"]),
)
def test_counts_close_and_each_verdict_is_the_one_of_the_definition(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str, str | None]], required: str
) -> None:
    items = [item(f"i{number:03d}", a, b, c, system=system, at=at) for number, (a, b, c, system, at) in enumerate(rows)]
    found, verdicts = judged(tmp_path_factory.mktemp("lens"), items, required=required)
    assert verdicts.counts.population == len(items) == len(found)
    for name, system, at, _, *given_codes in items:
        if system != "billing":
            assert found[name] == ("NOT_APPLICABLE", "scope")
        elif at is not None and datetime.fromisoformat(at).replace(tzinfo=UTC) not in PERIOD:
            assert found[name] == ("NOT_APPLICABLE", "period")
        else:
            by_letter = dict(zip("ABC", given_codes, strict=True))
            outcome = item_outcome(ReasonCode.parse(by_letter[letter]).outcome for letter in required)
            assert found[name][0] == outcome
