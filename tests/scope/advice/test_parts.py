"""Reply, start gate, thin periods and what a category adds, each on a small world."""

from dataclasses import replace
from datetime import date

import pytest

from twofold.catalog.load import load_catalog
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.category_adds import category_adds
from twofold.scope.advice.fit import bridge, customer_fits
from twofold.scope.advice.measured import ControlMeasure, Measured
from twofold.scope.advice.reply import Reply, reply_to
from twofold.scope.advice.scope_facts import ScopeFacts, scope_facts
from twofold.scope.advice.start_gate import Gate, key_controls, start_gate
from twofold.scope.advice.thin import thin_controls
from twofold.scope.load import read_scope
from twofold.scope.register import Scope

ON = date(2026, 11, 20)
CATALOG = load_catalog()
YAML = """
systems:
  - id: billing
    layer: application
    soc2: [{from: 2026-01-01, reason: The service, approver: p-1}]
    financially_relevant: [{from: 2026-01-01, reason: Feeds revenue, approver: p-2, dependents: [Revenue report]}]
    schedules:
      - {activity: access_review, cadence: quarterly, from: 2026-01-01}
      - {activity: restore_test, cadence: half_yearly, from: 2026-01-01}
  - id: portal
    layer: application
    soc2: [{from: 2026-01-01, reason: The service, approver: p-1}]
    schedules: [{activity: restore_test, cadence: quarterly, from: 2026-01-01}]
  - id: wiki
    layer: application
controls:
  - {id: AC-05, owner: p-1, from: 2026-01-01}
  - {id: OP-05, owner: p-1, from: 2026-01-01}
  - {id: AC-10, owner: p-1, from: 2026-01-01}
engagements:
  - id: soc2
    lens: soc2
    type: type2
    starts_on: 2026-07-01
    ends_on: 2026-12-31
    categories: [security, availability]
    service: Billing
"""
SCOPE: Scope = read_scope({"a.yaml": YAML.encode()}, reporting_zone="America/New_York")
FACTS = scope_facts(SCOPE, on=ON)
ASKED = BuyerRequest("r-1", "Contoso", frozenset({"sox"}), system="billing")
ANSWERS = Answers({"reporting_company": "no", "money_near": "billing", "last_report": "none"})


def replied(request: BuyerRequest = ASKED, answers: Answers = ANSWERS, facts: ScopeFacts = FACTS) -> Reply:
    return reply_to(request, answers, facts, CATALOG, on=ON)


def rules(statements: object) -> list[str]:
    return [each.rule.rule.partition(".")[2] for each in statements]  # type: ignore[attr-defined]


def test_a_reply_says_boundary_relevance_and_what_there_is() -> None:
    reply = replied()

    assert rules(reply.draft) == [
        *("not_a_filer", "boundary", "examination", "no_report_yet", "system_inside", "system_relevant"),
        *("near_money", "soc1_is_the_vehicle"),
    ]
    assert reply.left_out == ()
    boundary = reply.draft[1]
    assert "Billing covers Security, Availability; inside its boundary are billing, portal." in boundary.text
    assert boundary.data == ("scope: engagements/soc2", "scope: systems/billing", "scope: systems/portal")
    assert "(under way), no firm is engaged yet" in reply.draft[2].text
    assert rules(reply.questions) == [
        *("ask_meaning", "ask_public", "ask_use", "ask_auditor", "ask_year_end", "ask_needed_by")
    ]


def test_a_system_outside_is_said_to_be_outside() -> None:
    reply = replied(replace(ASKED, system="wiki"))

    assert "wiki is not in the scope of our SOC 2 examination, because" in reply.draft[4].text
    assert rules(reply.draft)[5] == "system_not_relevant"


def test_without_data_nothing_is_claimed() -> None:
    reply = replied(replace(ASKED, system="moon"), Answers(), ScopeFacts(applied=False))

    assert rules(reply.draft) == ["soc1_is_the_vehicle"]
    assert [each.text.removeprefix("Not said, because it is not recorded: ") for each in reply.left_out] == [
        "whether we file reports with the SEC ourselves.",
        "what our SOC 2 examination covers.",
        "which report an auditor has signed for us.",
        "anything about moon, which is no system of the scope.",
        "what of our customers' money the service touches.",
    ]


@pytest.mark.parametrize(
    ("last", "verdict"), [("2026-09-30", "A bridge letter from management"), ("2026-09-29", "this is too long")]
)
def test_the_last_report_is_bridged_to_the_customers_year_end(last: str, verdict: str) -> None:
    answers = ANSWERS.having("last_report", "type2").having("last_report_end", last)
    reply = replied(replace(ASKED, fiscal_year_end="12-31"), answers)

    (found,) = [each for each in reply.draft if each.rule.rule == "reply.bridge"]
    assert verdict in found.text
    assert "ask_year_end" not in rules(reply.questions)


def gate(*tests: ControlMeasure) -> tuple[Gate, dict[str, bool | None]]:
    controls = key_controls(CATALOG, FACTS, ["availability"])
    found = start_gate(controls, Measured(ON, tests), FACTS)
    return found.gate, {each.control_id: each.ran for each in found.lines}


RAN = ControlMeasure("AC-05", "T-05", "run-1", "tested", items=4, passed=3)
RESTORED = ControlMeasure("OP-05", "T-22", "run-2", "tested", items=2, passed=2)


def test_the_gate_waits_for_every_key_control() -> None:
    assert gate(RAN, RESTORED) == (Gate.BY_HAND, {"AC-05": True, "AC-10": None, "OP-05": True})
    for missing in (
        replace(RAN, passed=0),
        replace(RAN, state="stopped", items=0, passed=0),
        ControlMeasure("AC-05", "T-05", "", "not_run"),
        replace(RAN, state="did_not_occur", items=0, passed=0),
    ):
        assert gate(missing, RESTORED)[0] is Gate.CLOSED
        assert gate(missing, RESTORED)[1]["AC-05"] is False


def test_the_gate_opens_when_all_ran() -> None:
    controls = [CATALOG.control("AC-05")]

    assert start_gate(controls, Measured(ON, [RAN]), FACTS).gate is Gate.OPEN
    assert start_gate(controls, Measured(), FACTS).gate is Gate.UNKNOWN
    assert start_gate(controls, Measured(ON, [RAN]), ScopeFacts(applied=False)).gate is Gate.UNKNOWN


def test_what_nothing_called_for_yet_is_left_to_a_person() -> None:
    control = CATALOG.control("CM-03")
    quiet = ControlMeasure("CM-03", "T-12", "run-3", "did_not_occur")

    assert start_gate([control], Measured(ON, [quiet]), FACTS).lines[0].ran is None


def thin(control: str, first: str, last: str, *, described: tuple[str, ...] = ("billing", "portal")) -> object:
    days = {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
    found = thin_controls([CATALOG.control(control)], SCOPE, described=described, **days)
    return [(each.control_id, each.systems) for each in found]


def test_a_schedule_decides_to_the_day_and_per_system() -> None:
    assert thin("AC-05", "2027-01-01", "2027-03-30") == [("AC-05", ("billing",))]
    assert thin("AC-05", "2027-01-01", "2027-03-31") == []
    assert thin("AC-05", "2027-03-31", "2027-03-31") == []
    assert thin("AC-05", "2027-04-01", "2027-06-29") == [("AC-05", ("billing",))]
    assert thin("OP-05", "2027-01-01", "2027-03-31") == [("OP-05", ("billing",))]
    assert thin("OP-05", "2027-01-01", "2027-03-31", described=("portal",)) == []
    assert thin("OP-05", "2027-01-01", "2027-06-30") == []


def test_without_a_schedule_the_cadence_decides() -> None:
    assert thin("GV-01", "2027-01-01", "2027-12-30") == [("GV-01", ())]
    assert thin("GV-01", "2027-01-01", "2027-12-31") == []
    assert thin("AC-01", "2027-01-01", "2027-01-01") == []


def test_a_category_adds_what_the_rest_has_not() -> None:
    recent = replace(RESTORED, recent_items=2, recent_exceptions=1, recent_cannot_test=1)
    measured = Measured(ON, [recent, replace(RAN, recent_items=9)])
    alone = category_adds(CATALOG, "availability", beside=(), run_by_company=(), measured=measured)
    company = category_adds(CATALOG, "availability", beside=(), run_by_company=("OP-04", "OP-05"), measured=measured)

    assert alone.criteria == ("A1.1", "A1.2", "A1.3")
    assert alone.open_criteria == ()
    assert set(alone.controls).isdisjoint(alone.shared)
    assert "OP-05" in alone.shared
    assert company.open_criteria == ("A1.1",)
    assert (company.controls, company.shared) == (("OP-04",), ("OP-05",))
    assert company.items is None
    assert company.shared_exceptions == 1
    beside = category_adds(
        CATALOG, "availability", beside=("processing_integrity",), run_by_company=(), measured=measured
    )
    assert set(beside.controls) < set(alone.controls)
    assert set(beside.evidence) < set(alone.evidence)


def test_a_customer_is_covered_from_the_first_common_day() -> None:
    request = BuyerRequest("r-1", "Northwind", frozenset({"type2"}), fiscal_year_end="12-31")
    (fit,) = customer_fits(
        [request, replace(request, request_id="r-2")], first=date(2026, 7, 1), last=date(2027, 6, 30)
    )

    assert (str(fit.gap), str(fit.covered)) == ("6 months", "6 months")
    assert "request: r-2" in fit.statement.data
    assert "No bridge letter is needed" in bridge(date(2026, 12, 31), date(2026, 12, 31)).text
