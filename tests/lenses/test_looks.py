"""Golden cases of settings, through rule and lens, down to the sentences that a reader gets about looks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson
import pytest

from twofold.controltests.rule import rule_named
from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs import cases
from twofold.lenses.automated import limit_automated
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement, read_judgement
from twofold.lenses.looks import Looks, Place, doubt_about_age, looks_of, looks_told
from twofold.lenses.settings import lens_settings
from twofold.lenses.verdict import Counts, LensView, ScopeStretch, judge_items
from twofold.model.period import ReviewPeriod

SOC2 = lens_settings()["soc2"]
PERIOD = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
CLOCK = datetime(2026, 7, 15, tzinfo=UTC)
LENGTH = "okta/default/password_min_length"


def looks(name: str, folder: Path, *, years: int = 3, period: ReviewPeriod = PERIOD) -> Looks:
    case = cases.read_case(rule_named(name.partition("/")[0], where="test").folder / "cases" / name.partition("/")[2])
    letters = [attribute.letter for attribute in case.rule.attributes]
    with cases.tested_rows(case, cases.case_rows(case)) as (session, _, population):
        scope = [
            ScopeStretch(row[0], None, None) for row in session.execute("SELECT system FROM population").fetchall()
        ]
        view = LensView("soc2", period, scope, letters)
        verdicts = judge_items(view, population.file.with_name(OUTCOMES_FILE), into=folder / "verdicts.parquet").file
        found = looks_of(population.file, verdicts, period=period, clock=case.extracted_at, years=years)
    assert found is not None
    return found


def told(name: str, folder: Path) -> list[str]:
    return list(looks_told(name[:4], looks(name, folder)))


@pytest.mark.parametrize(
    ("name", "where", "carried"),
    [
        (
            "benchmark-carried-forward",
            "looked at on 2023-05-10 08:00 UTC, before the period (benchmark)",
            "from then to 2026-05-01 00:00 UTC",
        ),
        (
            "look-in-the-period-and-before",
            "looked at on 2026-04-07 08:00 UTC, in the period",
            "from 2026-03-01 00:00 UTC to 2026-05-01 00:00 UTC",
        ),
        (
            "look-after-the-period",
            "looked at on 2026-07-14 08:00 UTC, after the period",
            "from 2026-03-01 00:00 UTC to then",
        ),
        (
            "benchmark-not-over-a-change",
            "nobody looked since it was changed, so the log of changes alone says what it was",
            "",
        ),
        ("benchmark-not-over-a-gap", "no look says what it was in the period", ""),
        ("benchmark-from-before-the-log-begins", "no look says what it was in the period", ""),
    ],
)
def test_each_configuration_names_its_look_and_under_what_it_is_carried(
    tmp_path: Path, name: str, where: str, carried: str
) -> None:
    log = f"; the log of changes shows no gap and no change {carried}" if carried else ""
    assert told(f"T-07/{name}", tmp_path) == [f"T-07: {LENGTH}: {where}{log}"]


def test_without_a_log_a_look_is_not_carried(tmp_path: Path) -> None:
    found = looks("T-07/no-log-two-looks", tmp_path).named[0]
    assert found.looked_at == found.carried_from == found.carried_to == "2026-03-20T08:00:00+00:00"
    assert told("T-07/no-log-two-looks", tmp_path) == [
        f"T-07: {LENGTH}: looked at on 2026-03-20 08:00 UTC, in the period"
    ]


def test_what_nobody_ever_looked_at_is_said(tmp_path: Path) -> None:
    found = looks("T-07/never-seen", tmp_path)
    assert found.configurations == {"never": 1}
    assert told("T-07/never-seen", tmp_path) == [
        "T-07: okta/-/password_min_length: no look says what it was in the period"
    ]


@pytest.mark.parametrize(
    ("name", "years", "older"),
    [
        ("benchmark-carried-forward", 3, True),
        ("benchmark-carried-forward", 4, False),
        ("benchmark-three-years-old", 3, False),
        ("benchmark-three-years-old", 2, True),
        ("look-in-the-period-and-before", 0, True),
        ("benchmark-not-over-a-change", 0, False),
        ("never-seen", 0, False),
    ],
)
def test_a_look_older_than_agreed_at_the_end_of_the_period_is_a_doubt(
    tmp_path: Path, name: str, years: int, older: bool
) -> None:
    found = looks(f"T-07/{name}", tmp_path, years=years)
    assert found.older == older
    assert bool(doubt_about_age("T-07", found, years=years)) == older


def test_the_age_counts_by_the_calendar_to_the_end_of_the_data(tmp_path: Path) -> None:
    files = made_population(tmp_path, [("a", "2024-02-29", 1)])
    for until, older in (((2027, 2, 28), 0), ((2027, 3, 1), 1)):
        found = looks_of(*files, period=PERIOD, clock=datetime(*until, tzinfo=UTC), years=3)
        assert found is not None
        assert (found.until, found.older) == ("2026-07-01T00:00:00+00:00", 0), "the period ends before"
        later = ReviewPeriod(PERIOD.starts_at, datetime(2028, 1, 1, tzinfo=UTC))
        early = looks_of(*files, period=later, clock=datetime(*until, tzinfo=UTC), years=3)
        assert early is not None
        assert early.older == older


def made_population(folder: Path, rows: Sequence[tuple[str | None, str | None, int]]) -> tuple[Path, Path]:
    """Write configurations, each with its look and a number of months, and a verdict for each."""
    population, verdicts = folder / "population.parquet", folder / "verdicts.parquet"
    with duckdb.connect() as session:
        session.execute("CREATE TABLE made (configuration VARCHAR, looked_at TIMESTAMP, months INTEGER)")
        session.executemany("INSERT INTO made VALUES (?, ?, ?)", [list(row) for row in rows])
        session.execute(
            """
            CREATE TABLE population AS
            SELECT configuration || '/' || m AS item, configuration, looked_at, window_from AS held_from,
                false AS log_alone, window_from, window_from + INTERVAL '1' MONTH AS window_to
            FROM (
                SELECT *, TIMESTAMP '2026-01-01' + INTERVAL (m) MONTH AS window_from
                FROM (SELECT *, unnest(range(months)) AS m FROM made)
            )
            """
        )
        session.execute(f"COPY population TO '{population}'")
        session.execute("CREATE TABLE verdict AS SELECT item, 'PASS' AS verdict FROM population")
        session.execute(f"COPY verdict TO '{verdicts}'")
    return population, verdicts


def test_of_many_the_one_looked_at_longest_ago_stands_for_the_others(tmp_path: Path) -> None:
    before = [(f"b{number}", f"20{20 + number}-05-01", 6) for number in range(4)]
    files = made_population(tmp_path, [*before, ("w1", "2026-02-03", 6), ("w2", "2026-02-01", 6), ("n", None, 2)])
    found = looks_of(*files, period=PERIOD, clock=CLOCK, years=3)
    assert found is not None
    assert [(each.configuration, each.place) for each in found.named] == [
        ("n", Place.NEVER),
        ("b0", Place.BEFORE),
        ("w2", Place.WITHIN),
        ("w1", Place.WITHIN),
    ]
    sentences = list(looks_told("T-07", found))
    assert sentences[0] == (
        "T-07: 7 configurations: 1 not looked at, 4 carried forward from a look before the period (benchmark), "
        "2 looked at in the period"
    )
    assert sentences[2].endswith("; 3 more like it: see column looked_at in the workbook of T-07")
    assert doubt_about_age("T-07", found, years=3) == (
        "T-07: b0 rests on a look of 2020-05-01, older than 3 years on 2026-07-01 (3 more like it): "
        "look again or agree with your auditor"
    )


def test_items_that_rest_on_later_looks_or_on_none_are_counted(tmp_path: Path) -> None:
    files = made_population(tmp_path, [("a", "2025-03-01", 3)])
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE p AS FROM read_parquet('{files[0]}')")
        session.execute("UPDATE p SET looked_at = '2026-06-05' WHERE item = 'a/1'")
        session.execute("UPDATE p SET looked_at = NULL, held_from = NULL WHERE item = 'a/2'")
        session.execute(f"COPY p TO '{files[0]}'")
    found = looks_of(*files, period=PERIOD, clock=CLOCK, years=3)
    assert found is not None
    (sentence,) = looks_told("T-07", found)
    assert sentence.split("; ") == [
        "T-07: a: looked at on 2025-03-01 00:00 UTC, before the period (benchmark)",
        "the log of changes shows no gap and no change from then to 2026-02-01 00:00 UTC",
        "1 of 3 items rest on later looks, up to 2026-06-05 00:00 UTC",
        "1 of 3 items rest on no look",
    ]


def test_what_does_not_apply_under_the_lens_is_not_told(tmp_path: Path) -> None:
    earlier = ReviewPeriod(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
    found = looks("T-07/benchmark-carried-forward", tmp_path, period=earlier)
    assert (found.configurations, found.older, found.named) == ({}, 0, ())
    assert judged(result("T-10"), seen=found).looks == ()


def test_a_look_at_the_edge_of_the_period_lies_in_it_as_its_days_do(tmp_path: Path) -> None:
    edges = [("begins", "2026-01-01", 1), ("ends", "2026-07-01", 1), ("before", "2025-12-31 23:59:59.999999", 1)]
    found = looks_of(*made_population(tmp_path, edges), period=PERIOD, clock=CLOCK, years=3)
    assert found is not None
    assert {each.configuration: each.place for each in found.named} == {
        "begins": Place.WITHIN,
        "ends": Place.AFTER,
        "before": Place.BEFORE,
    }


def test_a_population_that_is_not_about_settings_has_no_looks(tmp_path: Path) -> None:
    with duckdb.connect() as session:
        session.execute(f"COPY (SELECT 'i' AS item) TO '{tmp_path}/p.parquet'")
    assert looks_of(tmp_path / "p.parquet", tmp_path / "p.parquet", period=PERIOD, clock=CLOCK, years=3) is None


def result(test: str, *, passed: int = 9, exceptions: int = 0, seen: Looks | None = None) -> ControlTestResult:
    counts = Counts(passed + exceptions, passed, exceptions, 0, 0)
    return ControlTestResult(test, "run-1", ("A",), counts, by_system={"okta": counts}, looks=seen)


def judged(*change: ControlTestResult, seen: Looks) -> ControlJudgement:
    """Judge an automated control beside one that has the given change tests."""
    own = ControlJudgement("AC-07", "t", (result("T-07", seen=seen),), Conclusion.EFFECTIVE, ("r",), ())
    other = ControlJudgement("CM-01", "t", change, Conclusion.EFFECTIVE, (), ())
    both = limit_automated(SOC2, {"AC-07": own, "CM-01": other}, automated={"AC-07"})
    assert both["CM-01"] == other
    return both["AC-07"]


def test_a_judgement_says_under_which_change_tests_a_look_is_carried_and_doubts_an_old_one(tmp_path: Path) -> None:
    old = looks("T-07/benchmark-carried-forward", tmp_path)
    doubt = f"T-07: {LENGTH} rests on a look of 2023-05-10, older than 3 years on 2026-07-01: look again or agree"
    held = judged(result("T-10"), result("T-13"), seen=old)
    assert held.conclusion is Conclusion.EFFECTIVE, "a doubt beside the conclusion is no exception"
    assert held.looks[0].startswith(f"T-07: {LENGTH}: looked at on 2023-05-10")
    assert held.looks[1] == "a look is carried while changes are controlled: T-10, T-13 held for okta"
    assert held.open_points[-1] == f"{doubt} with your auditor"
    failing = judged(result("T-10"), result("T-13", exceptions=9), seen=old)
    assert failing.conclusion is Conclusion.NOT_CONCLUDED
    assert failing.looks[-1].endswith(": T-13 did not hold for okta")
    assert judged(seen=old).looks[-1].endswith(": no change test is judged")
    own = replace(old, older=0)
    mine = ControlJudgement("CM-05", "t", (result("T-14", seen=own),), Conclusion.EFFECTIVE, (), ())
    again = ControlJudgement("CM-01", "t", (result("T-14"),), Conclusion.EFFECTIVE, (), ())
    both = limit_automated(SOC2, {"CM-05": mine, "CM-01": again}, automated={"CM-05"})
    assert both["CM-05"].looks[-1].endswith(": no change test speaks for okta"), "a test is no ground for itself"
    elsewhere = replace(result("T-10"), by_system={"erp": Counts(1, 1, 0, 0, 0)})
    assert judged(elsewhere, seen=old).looks[-1].endswith(": no change test speaks for okta")
    stopped = replace(result("T-10"), counts=None, by_system={})
    assert "T-10 gave no result" in judged(stopped, seen=old).looks[-1]
    fresh = judged(result("T-10"), seen=looks("T-07/look-in-the-period-and-before", tmp_path))
    assert not any("rests on a look" in point for point in fresh.open_points)


def test_looks_come_back_from_json(tmp_path: Path) -> None:
    control = judged(result("T-10"), seen=looks("T-07/benchmark-carried-forward", tmp_path))
    whole = EngagementJudgement("soc2-2026", "soc2", "SOC 2", "", "", "", "", 5, "s", 3, "s", (), {}, (control,), ())
    body = orjson.loads(orjson.dumps(whole.as_json()))
    assert body["controls"][0]["results"][0]["looks"]["named"][0]["place"] == "before"
    assert read_judgement(body) == whole
