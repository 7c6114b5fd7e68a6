from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from twofold.catalog.load import load_catalog
from twofold.lenses.automated import limit_automated
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult, conclude_control
from twofold.lenses.gather import GatheredJudgement, gather
from twofold.lenses.judgement import EngagementJudgement, read_judgement
from twofold.lenses.reach import limit_type_1, reach_of
from twofold.lenses.settings import lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.sox.domains import judge_domains
from twofold.lenses.verdict import Counts
from twofold.model.period import ReviewPeriod

SOC2, SOX = lens_settings()["soc2"], lens_settings()["sox"]
CM_01, GV_02, CM_05 = (load_catalog().control(name) for name in ("CM-01", "GV-02", "CM-05"))
YEAR = ReviewPeriod(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def counts(passed: int = 0, exceptions: int = 0, cannot_test: int = 0, not_applicable: int = 0) -> Counts:
    return Counts(passed + exceptions + cannot_test + not_applicable, passed, exceptions, cannot_test, not_applicable)


def result(found: Counts | None, *stops: str, test: str = "T-10", signed: str = "p-1") -> ControlTestResult:
    return ControlTestResult(test, "run-1", ("A",), found, stops, signed)


def concluded(*results: ControlTestResult, planned: tuple[str, ...] = (), percent: int = 5) -> ControlJudgement:
    settings = replace(SOX, tolerable_percent=percent)
    return conclude_control(settings, CM_01, period=YEAR, results=results, planned=planned)


@pytest.mark.parametrize(
    ("found", "conclusion"),
    [
        (counts(passed=95, exceptions=5), Conclusion.EFFECTIVE),
        (counts(passed=95, exceptions=3, cannot_test=2), Conclusion.EFFECTIVE),
        (counts(passed=94, exceptions=6), Conclusion.NOT_EFFECTIVE),
        (counts(passed=94, exceptions=5, cannot_test=1), Conclusion.NOT_EFFECTIVE),
        (counts(passed=19, exceptions=1), Conclusion.EFFECTIVE),
        (counts(passed=18, exceptions=1), Conclusion.NOT_EFFECTIVE),
        (counts(passed=18, exceptions=1, not_applicable=100), Conclusion.NOT_EFFECTIVE),
        (counts(cannot_test=1), Conclusion.NOT_EFFECTIVE),
        (counts(passed=1), Conclusion.EFFECTIVE),
    ],
)
def test_the_tolerable_rate_is_met_exactly_on_its_limit(found: Counts, conclusion: Conclusion) -> None:
    assert concluded(result(found)).conclusion is conclusion


def test_a_tolerable_rate_of_none_allows_no_deviation() -> None:
    assert concluded(result(counts(passed=10**9, exceptions=1)), percent=0).conclusion is Conclusion.NOT_EFFECTIVE
    assert concluded(result(counts(passed=10**9)), percent=0).conclusion is Conclusion.EFFECTIVE


def test_reasons_say_how_many_of_how_many() -> None:
    assert concluded(result(counts(passed=57, exceptions=1, cannot_test=2))).reasons == (
        "T-10: 3 of 60 items deviate, within the tolerable 5%",
    )
    assert concluded(result(counts(passed=60))).reasons == ("T-10: none of 60 items deviates",)
    assert concluded(result(counts(passed=1, exceptions=1))).reasons == (
        "T-10: 1 of 2 items deviates, more than the tolerable 5%",
    )


def test_a_stopped_test_is_not_concluded_and_its_stops_are_the_reasons() -> None:
    found = concluded(result(None, "page_cap: 1 export", "id_gaps: 2 numbers"))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert found.reasons == ("T-10 was stopped: page_cap: 1 export", "T-10 was stopped: id_gaps: 2 numbers")
    assert concluded(result(None)).reasons == ("T-10 has not been run over this period",)


def test_a_population_that_a_person_refused_is_not_concluded_though_it_was_tested() -> None:
    found = concluded(result(counts(passed=9), "p-7 concluded that the population x is not complete"))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert found.reasons == ("T-10: p-7 concluded that the population x is not complete",)


@pytest.mark.parametrize("found", [counts(), counts(not_applicable=7)])
def test_nothing_did_not_occur_in_a_system_that_no_export_speaks_for(found: Counts) -> None:
    said = concluded(replace(result(found), uncovered=("erp: deployment",)))
    assert said.conclusion is Conclusion.NOT_CONCLUDED
    assert said.reasons[-1].endswith("erp: deployment, so nothing shows that nothing occurred there")
    assert said.open_points == ("T-10: no export speaks for erp: deployment; say whether there is anything",)


def test_a_system_that_no_export_speaks_for_leaves_what_was_tested_as_it_is() -> None:
    assert concluded(replace(result(counts(passed=7)), uncovered=("erp: deployment",))).conclusion is (
        Conclusion.EFFECTIVE
    )


def test_a_control_that_had_nothing_to_do_did_not_occur() -> None:
    assert concluded(result(counts())).conclusion is Conclusion.DID_NOT_OCCUR
    assert concluded(result(counts(not_applicable=7))).conclusion is Conclusion.DID_NOT_OCCUR


def test_a_test_without_a_rule_leaves_the_control_not_concluded() -> None:
    assert concluded(planned=("T-24",)).conclusion is Conclusion.NOT_CONCLUDED
    open_one = concluded(result(counts(passed=9)), planned=("T-24",))
    assert open_one.conclusion is Conclusion.NOT_CONCLUDED
    assert "T-24: no rule yet" in open_one.reasons
    assert "T-24 has no rule yet: test it by hand" in open_one.open_points
    assert concluded(result(counts(exceptions=9)), planned=("T-24",)).conclusion is Conclusion.NOT_EFFECTIVE


@pytest.mark.parametrize(
    ("second", "conclusion"),
    [
        (result(counts(exceptions=1), test="T-11"), Conclusion.NOT_EFFECTIVE),
        (result(None, "stop", test="T-11"), Conclusion.NOT_CONCLUDED),
        (result(counts(), test="T-11"), Conclusion.EFFECTIVE),
    ],
)
def test_the_worst_of_several_tests_decides(second: ControlTestResult, conclusion: Conclusion) -> None:
    first = result(counts(passed=5))
    assert concluded(first, second).conclusion is concluded(second, first).conclusion is conclusion


def test_sox_asks_for_a_signature_under_the_population_and_soc_2_does_not() -> None:
    unsigned = result(counts(passed=5), signed="")
    for settings, asked in ((SOX, True), (SOC2, False)):
        found = conclude_control(settings, CM_01, period=YEAR, results=[unsigned], planned=())
        assert any("sign the completeness record" in point for point in found.open_points) is asked
    assert any("2 items cannot be tested" in point for point in concluded(result(counts(cannot_test=2))).open_points)


def test_windows_that_are_still_open_leave_it_not_concluded_where_they_decide() -> None:
    still_open = replace(counts(passed=9, cannot_test=1), pending=1)
    found = concluded(result(still_open))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert found.reasons == ("T-10: 1 of 10 items were still open when the data was extracted, and they decide",)
    assert concluded(result(replace(counts(passed=99, cannot_test=1), pending=1))).conclusion is Conclusion.EFFECTIVE
    both = replace(counts(passed=8, exceptions=1, cannot_test=1), pending=1)
    assert concluded(result(both)).conclusion is Conclusion.NOT_EFFECTIVE
    with pytest.raises(ValueError, match="do not close"):
        replace(counts(passed=1), pending=1)


def yearly(found: Counts, *, days: int = 365) -> ControlJudgement:
    period = ReviewPeriod(YEAR.starts_at, YEAR.starts_at + timedelta(days=days))
    return conclude_control(SOX, GV_02, period=period, results=[result(found, test="T-29")], planned=())


def test_a_scheduled_control_without_a_schedule_is_not_concluded_and_never_did_not_occur() -> None:
    found = yearly(counts())
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert "no occurrence is scheduled" in found.reasons[0]


def test_a_scheduled_control_that_should_have_fallen_due_is_not_concluded() -> None:
    found = yearly(counts(not_applicable=3))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert found.reasons == ("T-29: none of 3 items counts under this lens",)
    assert yearly(counts(not_applicable=3), days=90).conclusion is Conclusion.DID_NOT_OCCUR


@pytest.mark.parametrize(
    ("name", "test", "conclusion"),
    [
        ("OP-04", "T-21", Conclusion.NOT_CONCLUDED),
        ("OP-06", "T-23", Conclusion.NOT_CONCLUDED),
        ("OP-01", "T-17", Conclusion.NOT_CONCLUDED),
        ("OP-01", "T-18", Conclusion.DID_NOT_OCCUR),
        ("OP-07", "T-23", Conclusion.DID_NOT_OCCUR),
        ("CM-04", "T-13", Conclusion.DID_NOT_OCCUR),
    ],
)
@pytest.mark.parametrize("days", [1, 365])
def test_what_a_plan_expects_every_day_is_absent_and_not_idle_where_there_is_none(
    name: str, test: str, conclusion: Conclusion, days: int
) -> None:
    control = load_catalog().control(name)
    period = ReviewPeriod(YEAR.starts_at, YEAR.starts_at + timedelta(days=days))
    for found in (counts(), counts(not_applicable=3)):
        judged = conclude_control(SOC2, control, period=period, results=[result(found, test=test)], planned=())
        assert judged.conclusion is conclusion


def test_nobody_is_told_to_choose_a_longer_period_for_a_report_on_one_day() -> None:
    points = yearly(counts(not_applicable=1), days=1).open_points
    assert "T-29: a period of one day shows no operation of a yearly control: show one occurrence before it" in points
    assert not any("longer" in point for point in points)


def test_a_thin_period_is_an_open_point() -> None:
    assert (
        "T-29: one occurrence falls due in the period, so the conclusion rests on it alone"
        in yearly(counts(passed=1)).open_points
    )
    assert any(
        "90 days is too short for a yearly control" in point
        for point in yearly(counts(not_applicable=1), days=90).open_points
    )
    assert any("about 1 should fall due" in point for point in yearly(counts(not_applicable=1)).open_points)
    assert not any("too short" in point for point in concluded(result(counts(passed=1))).open_points)


def test_an_occurrence_that_runs_late_is_an_open_point_and_not_a_deviation() -> None:
    found = yearly(replace(counts(cannot_test=1), pending=1))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert any("1 occurrence was not over when the data was extracted" in point for point in found.open_points)


def automated(found: Counts, *, system: str = "erp", test: str = "T-14") -> ControlTestResult:
    return replace(result(found, test=test), by_system={system: found})


def limited(change: ControlTestResult) -> ControlJudgement:
    own = conclude_control(SOX, CM_05, period=YEAR, results=[automated(counts(passed=3))], planned=())
    other = conclude_control(SOX, CM_01, period=YEAR, results=[change], planned=())
    return limit_automated(SOX, {"CM-05": own, "CM-01": other}, automated={"CM-05"})["CM-05"]


def test_a_test_of_one_reaches_over_the_period_only_while_changes_are_controlled() -> None:
    held = limited(automated(counts(passed=9), test="T-10"))
    assert (held.conclusion, [point for point in held.open_points if "change test" in point]) == (
        Conclusion.EFFECTIVE,
        [],
    )
    failing = limited(automated(counts(passed=1, exceptions=1), test="T-10"))
    assert failing.conclusion is Conclusion.NOT_CONCLUDED
    assert failing.reasons[-2:] == (
        "a test of one configuration does not reach over the period",
        "changes of erp are not shown to be controlled: T-10 deviates in 1 of 2",
    )
    elsewhere = limited(automated(counts(passed=1, exceptions=1), test="T-10", system="crm"))
    assert elsewhere.conclusion is Conclusion.EFFECTIVE
    assert any("no change test speaks for erp" in point for point in elsewhere.open_points)
    stopped = limited(result(None, "page_cap: 1 export", test="T-10"))
    assert stopped.conclusion is Conclusion.NOT_CONCLUDED
    assert stopped.reasons[-1] == "T-10 gave no result, so nothing shows that changes were controlled"
    both = {
        "CM-05": conclude_control(SOX, CM_05, period=YEAR, results=[automated(counts(passed=3))], planned=()),
        "CM-01": concluded(automated(counts(passed=9), test="T-10"), automated(counts(passed=9), test="T-15")),
        "CM-07": concluded(automated(counts(passed=1, exceptions=1), test="T-16")),
    }
    other_test = limit_automated(SOX, both, automated={"CM-05"})["CM-05"]
    assert other_test.conclusion is Conclusion.EFFECTIVE


@pytest.mark.parametrize(
    "again", [automated(counts(passed=1, exceptions=1)), result(None, "page_cap: 1 export", test="T-14")]
)
def test_the_own_test_of_a_control_is_no_test_of_changes_for_it(again: ControlTestResult) -> None:
    own = conclude_control(SOX, CM_05, period=YEAR, results=[automated(counts(passed=3))], planned=())
    other = concluded(automated(counts(passed=9), test="T-10"), again)
    found = limit_automated(SOX, {"CM-05": own, "CM-01": other}, automated={"CM-05"})["CM-05"]
    assert (found.conclusion, found.reasons) == (Conclusion.EFFECTIVE, own.reasons)


def test_change_tests_that_no_control_judges_are_named() -> None:
    held = limited(automated(counts(passed=9), test="T-10"))
    told = "no control of the engagement judges T-11, T-12, T-13, which would show that changes were controlled"
    assert (held.conclusion, told in held.open_points) == (Conclusion.EFFECTIVE, True)
    every = [automated(counts(passed=9), test=test) for test in SOX.change_tests]
    judged = {
        "CM-05": conclude_control(SOX, CM_05, period=YEAR, results=[automated(counts(passed=3))], planned=()),
        "CM-01": concluded(*every),
    }
    whole = limit_automated(SOX, judged, automated={"CM-05"})["CM-05"]
    assert not any("no control of the engagement judges" in point for point in whole.open_points)


def test_a_test_of_one_does_not_reach_over_the_period_where_no_change_test_is_judged() -> None:
    found = limited(automated(counts(passed=9), test="T-16"))
    assert found.conclusion is Conclusion.NOT_CONCLUDED
    assert found.reasons[-1] == "no change test is judged, so nothing shows that changes were controlled"
    assert not any("no control of the engagement judges" in point for point in found.open_points)


def test_a_control_that_is_not_effective_stays_so_where_changes_are_not_controlled() -> None:
    own = conclude_control(SOX, CM_05, period=YEAR, results=[automated(counts(passed=1, exceptions=1))], planned=())
    failing = concluded(automated(counts(passed=1, exceptions=1), test="T-10"))
    found = limit_automated(SOX, {"CM-05": own, "CM-01": failing}, automated={"CM-05"})["CM-05"]
    assert (found.conclusion, found.reasons) == (Conclusion.NOT_EFFECTIVE, own.reasons)


def test_what_passed_on_the_day_of_a_type_1_is_not_proposed_as_effective() -> None:
    judged = {
        "CM-01": concluded(result(counts(passed=3))),
        "CM-02": concluded(result(counts(exceptions=3))),
        "CM-03": concluded(result(counts())),
        "CM-04": concluded(),
    }
    found = limit_type_1(judged, "2026-03-31")
    assert [each.conclusion.value for each in found.values()] == [
        "not concluded",
        "not effective",
        "did not occur",
        "not concluded",
    ]
    assert "as of 2026-03-31: what passed on one day shows no operation" in found["CM-01"].reasons[-1]
    for name in ("CM-02", "CM-03"):
        assert "as of 2026-03-31: operation is not tested" in found[name].open_points[-1]
    assert limit_type_1(judged, "") == judged


def test_data_that_ends_before_the_period_reaches_no_further() -> None:
    late, early = "2027-01-02T00:00:00+00:00", "2026-09-30T06:00:00+00:00"
    assert reach_of(YEAR, day="", clocks={"T-10": late, "T-19": YEAR.ends_before.isoformat()}) == ()
    (told,) = reach_of(YEAR, day="", clocks={"T-10": early, "T-19": early})
    assert told.startswith("Interim: the data ends at 2026-09-30 06:00 UTC, before the period does")
    (told,) = reach_of(YEAR, day="", clocks={"T-10": early, "T-19": late})
    assert told.startswith("Interim: the data of T-10 ends at 2026-09-30 06:00 UTC")


def judgement(name: str, conclusion: Conclusion) -> ControlJudgement:
    return ControlJudgement(
        name, name, (result(counts(passed=57, exceptions=1, cannot_test=2)),), conclusion, ("r",), ("o",)
    )


@pytest.mark.parametrize(
    ("controls", "conclusion"),
    [
        ("effective,not effective,not concluded", "not effective"),
        ("effective,not concluded,did not occur", "not concluded"),
        ("effective,did not occur", "effective"),
        ("did not occur,did not occur", "did not occur"),
        ("", "not concluded"),
    ],
)
def test_one_control_that_is_not_effective_decides_what_is_proposed_above_it(controls: str, conclusion: str) -> None:
    named = [judgement(f"C{number}", Conclusion(each)) for number, each in enumerate(controls.split(",")) if each]
    for order in (named, named[::-1]):
        assert gather("CC8.1", "t", order).conclusion.value == conclusion
    found = gather("CC8.1", "t", named)
    assert found.controls == tuple(each.control_id for each in named)
    assert found.reasons
    assert not any(reason.startswith("effective") for reason in found.reasons) or conclusion == "effective"


def test_every_criterion_of_the_chosen_categories_and_every_domain_is_judged() -> None:
    catalog = load_catalog()
    judged = {"CM-01": judgement("CM-01", Conclusion.NOT_EFFECTIVE)}
    criteria = judge_criteria(catalog, categories=["availability"], judged=judged)
    by_id = {each.id: each for each in criteria}
    assert [each.id for each in criteria] == [each.criterion_id for each in catalog.criteria_for(["availability"])]
    assert {each.id for each in criteria if each.conclusion is Conclusion.NOT_EFFECTIVE} == set(
        catalog.control("CM-01").criteria
    )
    assert by_id["A1.2"].reasons == ("no control of the company serves it",)
    domains = judge_domains(catalog, judged=judged)
    assert [each.id for each in domains] == list(catalog.domains)
    assert {each.id for each in domains if each.controls} == set(catalog.control("CM-01").domains)


def engagement() -> EngagementJudgement:
    stopped = ControlJudgement("CM-02", "t", (result(None, "page_cap: 1"),), Conclusion.NOT_CONCLUDED, ("r",), ())
    nothing = ControlJudgement("CM-03", "t", (result(counts(not_applicable=2)),), Conclusion.DID_NOT_OCCUR, (), ())
    return EngagementJudgement(
        engagement_id="soc2-2026",
        lens="soc2",
        lens_title="SOC 2",
        auditor="Example CPA LLP",
        starts_at="2025-11-01T04:00:00+00:00",
        ends_before="2026-11-01T04:00:00+00:00",
        clock="2026-11-15T00:00:00+00:00",
        tolerable_percent=5,
        tolerable_source="convention",
        benchmark_years=3,
        benchmark_source="a convention",
        categories=("security",),
        runs={"T-10": "run-1"},
        controls=(judgement("CM-01", Conclusion.EFFECTIVE), stopped, nothing),
        gathered=(GatheredJudgement("CC8.1", "t", Conclusion.NOT_CONCLUDED, ("CM-01", "CM-02"), ("r",)),),
        reach=("Interim: ...",),
    )


def test_a_judgement_comes_back_from_json_with_its_rates_shown() -> None:
    body = orjson.loads(orjson.dumps(engagement().as_json()))
    assert read_judgement(body) == engagement()
    del body["reach"]  # as older versions wrote it
    assert read_judgement(body) == replace(engagement(), reach=())
    assert [each["results"][0].get("rate") for each in body["controls"]] == ["1/60 to 3/60", None, "none"]


def test_settings_name_their_sources() -> None:
    assert list(lens_settings()) == ["soc2", "sox"]
    for name, settings in lens_settings().items():
        assert settings.lens == name
        assert 0 <= settings.tolerable_percent <= 100
        assert settings.tolerable_source
    assert (SOC2.deviation_word, SOX.deviation_word) == ("exception", "deficiency")
    assert (SOC2.label, SOX.label) == ("soc2", "fin_relevant")
