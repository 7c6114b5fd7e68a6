"""The facts of a deficiency: its window, what relies on its systems, and controls that may meet the same objective."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules
from twofold.findings.deficiency.case import Case
from twofold.findings.deficiency.dependents import Dependent, DependentKind
from twofold.findings.deficiency.inputs import Given, Judgements
from twofold.findings.finding import Finding
from twofold.findings.follow_up import FollowUp, SeenBy, Stage
from twofold.findings.retest import OperationCounts, Retest, RetestResult, minimums
from twofold.findings.severity_facts import known_facts, telling_facts
from twofold.jobs.deficiency.evaluations import gathered
from twofold.jobs.deficiency.facts import Known, cases_of
from twofold.jobs.deficiency.said import SaidJudgement
from twofold.jobs.judge import JudgedEngagement
from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.verdict import Counts
from twofold.scope.register import Scope

ZONE = "America/New_York"
AT = datetime(2026, 12, 1, tzinfo=UTC)
SYSTEMS: list[dict[str, Any]] = [
    {"id": "billing", "labels": ["Invoice check", "Revenue report"]},
    {"id": "okta", "serves": [{"system": "billing", "from": "2025-01-01"}]},
    {"id": "ledger", "labels": None},
    {"id": "quiet", "labels": []},
]
CODE = "exception:used_after_end"
TEXTS = ("AC-03/T-03/B/used_after_end", "AC-03", "T-03", "B", CODE, "sox", "1 item deviates: used", "c", "")
COUNTS = Counts(20, 19, 1, 0, 0)
REGISTERED = Dependent("RPT-1", DependentKind.REPORT, "Revenue report", "billing")


def scope() -> Scope:
    label = {"from": "2025-01-01", "reason": "Feeds the statements", "approver": "p-2"}
    systems = [
        {
            "id": each["id"],
            "layer": "application",
            "owner": "p-1",
            "serves": each.get("serves", []),
            "financially_relevant": [{**label, "dependents": each["labels"]}] if "labels" in each else [],
        }
        for each in SYSTEMS
    ]
    engagement = {"id": "sox-1", "lens": "sox", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    said = {"reporting_zone": ZONE, "systems": systems, "engagements": [engagement]}
    return Scope.model_validate(said, context={"zone": ZONE})


def finding(system: str, first_at: str = "2026-03-02 03:00:00", number: str = "B") -> Finding:
    texts = (f"AC-03/T-03/{number}/used_after_end", *TEXTS[1:])
    return Finding(*texts, "too few items", "e", "", "", "", ("i",), (system,), first_at, first_at)


def control(name: str, conclusion: Conclusion, by_system: Mapping[str, Counts]) -> ControlJudgement:
    result = ControlTestResult("T-03", "run-1", ("A",), COUNTS, by_system=by_system)
    return ControlJudgement(name, f"title of {name}", (result,), conclusion, (), ())


def engagement(findings: list[Finding], *controls: ControlJudgement, clock: str) -> JudgedEngagement:
    judgement = EngagementJudgement(
        engagement_id="sox-1",
        lens="sox",
        lens_title="SOX",
        auditor="",
        starts_at="2026-01-01T05:00:00+00:00",
        ends_before="2027-01-01T05:00:00+00:00",
        clock=clock,
        tolerable_percent=5,
        tolerable_source="a convention",
        benchmark_years=3,
        benchmark_source="a convention",
        categories=(),
        runs={},
        controls=(control("AC-03", Conclusion.NOT_EFFECTIVE, {}), *controls),
        gathered=(),
    )
    return JudgedEngagement(judgement, tuple(findings), Path())


def case_of(
    *findings: Finding,
    controls: tuple[ControlJudgement, ...] = (),
    retests: Mapping[str, Retest] | None = None,
    register: tuple[Dependent, ...] = (REGISTERED,),
    judgements: Judgements | None = None,
    clock: str = "2026-11-15T06:00:00+00:00",
) -> Case:
    judged = engagement(list(findings), *controls, clock=clock)
    seen = {each.finding_id: SeenBy("sox-1", "sox", "SOX", each, judged.judgement.controls[0]) for each in findings}
    follow_ups = {
        name: FollowUp(name, (one,), (), (retests or {}).get(name), Stage.ANSWER) for name, one in seen.items()
    }
    known = Known(load_catalog(), scope(), follow_ups, register, {}, judgements or Judgements(), AT.date())
    (found,) = cases_of(known, judged, [judged])
    return found


def good(on: date) -> Retest:
    return Retest(on, RetestResult.GOOD, OperationCounts(), minimums()["weekly"], on, "run-1", AT)


def test_the_window_runs_from_the_first_deviation_as_far_as_evidence_reaches() -> None:
    assert str(case_of(finding("billing")).window) == "2026-03-01 to 2026-11-15"
    assert str(case_of(finding("billing"), clock="2027-02-01T06:00:00+00:00").window) == "2026-03-01 to 2026-12-31"
    assert case_of(finding("billing"), finding("billing", "", "A")).window.first_on == date(2026, 1, 1)


def test_the_window_ends_with_the_repair_only_where_each_one_held() -> None:
    both = finding("billing"), finding("billing", number="A")
    first, second = (each.finding_id for each in both)

    assert case_of(*both, retests={first: good(date(2026, 6, 1))}).window.last_on == date(2026, 11, 15)
    whole = case_of(*both, retests={first: good(date(2026, 6, 1)), second: good(date(2026, 8, 1))})
    assert whole.window.last_on == date(2026, 7, 31)
    assert not whole.at_year_end.open
    failed = replace(good(date(2026, 8, 1)), result=RetestResult.NOT_YET)
    assert case_of(both[0], retests={first: failed}).window.last_on == date(2026, 11, 15)


def test_what_a_label_names_and_nobody_registered_is_not_lost() -> None:
    found = case_of(finding("billing")).dependents

    assert [(each.id, each.kind) for each in found] == [("Invoice check", None), ("RPT-1", DependentKind.REPORT)]


def test_a_system_that_serves_reaches_what_relies_on_the_served() -> None:
    assert case_of(finding("okta")).dependents == case_of(finding("billing")).dependents


def test_nothing_recorded_is_not_the_same_as_nothing() -> None:
    assert case_of(finding("ledger")).unrecorded == ("ledger",)
    assert case_of(finding("quiet")).unrecorded == ()
    assert case_of(finding("quiet")).dependents == ()


def test_what_is_no_longer_relied_on_and_what_compensates_are_no_dependents() -> None:
    gone = replace(REGISTERED, id="RPT-0", relied_to=date(2026, 2, 1))
    compensating = replace(REGISTERED, id="CMP-1", kind=DependentKind.COMPENSATING)

    found = case_of(finding("billing"), register=(REGISTERED, gone, compensating))

    assert [each.id for each in found.dependents] == ["Invoice check", "RPT-1"]
    assert [each.id for each in found.compensating] == ["CMP-1"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (control("AC-05", Conclusion.EFFECTIVE, {"billing": COUNTS}), ""),
        (control("AC-05", Conclusion.NOT_CONCLUDED, {}), "it is not concluded"),
        (control("AC-05", Conclusion.EFFECTIVE, {}), "not tested effective on billing"),
        (
            control("AC-05", Conclusion.EFFECTIVE, {"billing": Counts(5, 4, 1, 0, 0)}),
            "not tested effective on billing",
        ),
    ],
)
def test_a_control_is_proposed_where_it_was_tested_effective(other: ControlJudgement, why: str) -> None:
    (found,) = case_of(finding("billing"), controls=(other,)).candidates

    assert found.same_objective
    assert found.effective is (why == "")
    assert why in found.why


def test_controls_that_are_no_itgc_of_the_domain_are_not_proposed() -> None:
    effective = {"billing": COUNTS}
    others = (control("GV-01", Conclusion.EFFECTIVE, effective), control("CM-01", Conclusion.EFFECTIVE, effective))

    (found,) = case_of(finding("billing"), controls=others).candidates

    assert (found.control_id, found.same_objective) == ("CM-01", False)


def test_the_day_of_the_conclusion_is_a_judgement() -> None:
    said = {("J_conclusion_date", "sox-1", ""): [Given("2026-12-01", "r", "p-9", AT, "ev-1")]}

    assert not case_of(finding("billing")).concluded
    assert case_of(finding("billing"), judgements=Judgements(said)).concluded


def test_facts_that_move_severity_are_told() -> None:
    facts = dict(case_of(finding("billing")).facts)

    assert facts["Days"].startswith("260, ")
    assert facts["Covers the last day of the year"] == "not so far"
    assert facts["Used by the wrong person"].endswith("used_after_end")
    assert dict(telling_facts("AC-04", [])) == {
        "Privileged rights": "the control is about rights that can change data or logic"
    }


def test_facts_name_controls_and_reasons_that_there_are() -> None:
    controls = {name for each in known_facts() for name in each.get("controls", ())}
    codes = {name for each in known_facts() for name in each.get("codes", ())}
    reasons = {
        reason.rpartition(":")[2]
        for rule in known_rules().values()
        for attribute in rule.attributes
        for reason in attribute.reasons
    }

    assert controls <= set(load_catalog().controls)
    assert codes <= reasons


def said(name: str, value: str, by: str = "p-9", subject: str = "sox-1", given_at: datetime = AT) -> SaidJudgement:
    return SaidJudgement(name, subject, Given(value, "r", by, given_at, "ev-1"), "p-9", AT)


@pytest.mark.parametrize(
    ("judgement", "why"),
    [
        (said("J_materiality", "5 USD"), ""),
        (said("J_nothing", "yes"), "there is no input"),
        (said("J_materiality", "five"), "no amount with a currency"),
        (said("J_design", "yes", by=" P-1", subject="sox-1/AC-03"), "has a part in the control"),
        (said("J_design", "yes", by="okta:a", subject="sox-1/AC-03"), "has a part in the control"),
        (said("J_rebuttal", "yes", by="p-8"), "says so in person"),
        (said("J_tolerable_rate", "9"), "fixed before testing"),
        (said("J_tolerable_rate", "9", given_at=AT - timedelta(days=400)), "fixed before testing"),
        (said("J_tolerable_rate", "9", subject="sox-2"), ""),
        (said("J_uncorrected", "no", given_at=AT + timedelta(seconds=1)), "a time after its capture"),
    ],
)
def test_what_does_not_count_says_why(judgement: SaidJudgement, why: str) -> None:
    names = {
        "p-9": frozenset({"p-9"}),
        " P-1": frozenset({" P-1"}),
        "p-8": frozenset({"p-8"}),
        "okta:a": frozenset({"p-1"}),
    }
    found = gathered([judgement], {"sox-1": AT}, {"sox-1/AC-03": frozenset({"p-1"})}, names=names)
    (given,) = found.every(judgement.name, judgement.subject)

    assert why in given.why_not
    assert (found.newest(judgement.name, judgement.subject) is None) is bool(why)
