from dataclasses import replace
from datetime import date

import orjson

from twofold.scope.load import read_scope
from twofold.scope.plan import PopulationChange, ScopePlan, plan
from twofold.scope.plan_text import plan_dict, plan_text
from twofold.scope.register import Scope

TODAY = date(2026, 3, 15)
BASE = """
systems:
  - id: billing
    layer: application
    owner: p-1
    soc2: [{from: 2025-01-01, reason: r, approver: p-1}]
  - {id: okta, layer: identity, owner: p-1, serves: [{system: billing}]}
rosters: [{scope: "*", duty: release, person: p-7, from: 2025-01-01}]
engagements:
  - {id: soc2-2026, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-12-31, categories: [security]}
controls: [{id: AC-03, owner: p-20}]
"""
RELEVANT = "    financially_relevant: [{from: 2026-04-01, reason: f, approver: p-2, dependents: [Revenue report]}]\n"


def scope(text: str) -> Scope:
    return read_scope({"a.yaml": text.encode()}, reporting_zone="America/New_York")


def changed(old: str, new: str, *, controls: tuple[str, ...] = ()) -> ScopePlan:
    return plan(scope(old), scope(new), today=TODAY, catalog_controls=controls)


def with_billing(line: str) -> str:
    return BASE.replace("    owner: p-1\n", f"    owner: p-1\n{line}", 1)


def test_the_same_scope_changes_nothing() -> None:
    result = changed(BASE, BASE)
    assert not result.changes
    assert plan_text(result) == "No change: the files say what was applied.\n"


def test_a_first_scope_records_everything_and_calls_nothing_back_dated() -> None:
    result = plan(None, scope(BASE), today=TODAY, catalog_controls=("AC-01", "AC-03"))
    assert result.first
    assert result.systems_added == ("billing", "okta")
    assert result.back_dated == ()
    assert result.controls_without_owner == ("AC-01",)


def test_a_system_that_becomes_relevant_adds_sox_for_what_serves_it_too() -> None:
    result = changed(BASE, with_billing(RELEVANT))
    assert result.sox
    assert [(each.lens, each.system, each.gained, each.back_dated) for each in result.labels] == [
        ("sox", "billing", True, False),
        ("sox", "okta", True, False),
    ]
    text = plan_text(result)
    assert "In scope for SOX\n  + billing  from 2026-04-01\n  + okta  from 2026-04-01\n" in text
    assert "no SOX engagement exists" in text


def test_a_private_company_sees_no_sox() -> None:
    result = plan(None, scope(BASE), today=TODAY)
    assert not result.sox
    assert "SOX" not in plan_text(result)


def test_a_label_with_no_dependent_is_not_in_sox_and_warns() -> None:
    result = changed(BASE, with_billing(RELEVANT.replace("[Revenue report]", "[]")))
    assert [each for each in result.labels if each.lens == "sox"] == []
    assert any("nothing relies on it" in warning for warning in result.warnings)
    unrecorded = changed(BASE, with_billing(RELEVANT.replace(", dependents: [Revenue report]", "")))
    assert any("not recorded" in warning for warning in unrecorded.warnings)
    assert [each.system for each in unrecorded.labels] == ["billing", "okta"]


def test_changing_dependents_from_none_to_some_moves_the_lens() -> None:
    result = changed(with_billing(RELEVANT.replace("[Revenue report]", "[]")), with_billing(RELEVANT))
    assert [(each.lens, each.gained) for each in result.labels] == [("sox", True), ("sox", True)]
    assert [key for _, key, _, _ in result.systems_changed] == ["financially_relevant"]


def test_ending_a_label_loses_the_rest_of_it_and_a_past_end_is_back_dated() -> None:
    ahead = changed(BASE, BASE.replace("soc2: [{from: 2025-01-01,", "soc2: [{from: 2025-01-01, to: 2026-05-01,"))
    assert [(each.gained, each.back_dated) for each in ahead.labels] == [(False, False), (False, False)]
    assert "- billing  from 2026-05-01\n" in plan_text(ahead)
    past = changed(BASE, BASE.replace("soc2: [{from: 2025-01-01,", "soc2: [{from: 2025-01-01, to: 2026-02-01,"))
    assert all(each.back_dated for each in past.labels)
    assert "back-dated" in plan_text(past)


def test_a_label_from_today_is_not_back_dated_and_from_yesterday_is() -> None:
    today = changed(BASE, with_billing(RELEVANT.replace("2026-04-01", "2026-03-15")))
    yesterday = changed(BASE, with_billing(RELEVANT.replace("2026-04-01", "2026-03-14")))
    assert not any(each.back_dated for each in today.labels)
    assert all(each.back_dated for each in yesterday.labels)


def test_stretches_are_shown_with_both_days() -> None:
    line = RELEVANT.replace("from: 2026-04-01", "from: 2026-04-01, to: 2026-07-01")
    assert "+ billing  2026-04-01 to 2026-06-30\n" in plan_text(changed(BASE, with_billing(line)))


def test_a_back_dated_roster_entry_is_shown() -> None:
    result = changed(BASE, BASE.replace("person: p-7, from: 2025-01-01", "person: p-8, from: 2026-03-01"))
    assert [(each.section, each.gained, each.back_dated) for each in result.entries] == [
        ("rosters", False, True),
        ("rosters", True, True),
    ]
    assert "Rosters\n  - from: 2025-01-01" in plan_text(result)


def test_systems_removed_and_changed() -> None:
    removed = changed(
        BASE, BASE.replace("  - {id: okta, layer: identity, owner: p-1, serves: [{system: billing}]}\n", "")
    )
    assert removed.systems_removed == ("okta",)
    assert [(each.system, each.gained) for each in removed.labels] == [("okta", False)]
    moved = changed(BASE, BASE.replace("owner: p-1", "owner: p-2", 1))
    assert moved.systems_changed == (("billing", "owner", '"p-1"', '"p-2"'),)
    assert '~ billing: owner "p-1" -> "p-2"' in plan_text(moved)


def test_schedules_gain_and_lose_due_occurrences() -> None:
    quarterly = with_billing("    schedules: [{activity: access_review, cadence: quarterly, from: 2026-01-01}]\n")
    gained = changed(BASE, quarterly)
    assert [each.gained for each in gained.due] == [True] * 4
    assert "+ billing  access_review by 2026-03-31\n" in plan_text(gained)
    half = changed(quarterly, quarterly.replace("quarterly", "half_yearly"))
    assert [(f"{each.due_at:%m-%d}", each.gained) for each in half.due] == [("04-01", False), ("10-01", False)]


def test_controls_that_lose_their_owner_and_systems_without_one() -> None:
    result = changed(
        BASE,
        BASE.replace("{id: AC-03, owner: p-20}", "{id: AC-03, owner: p-20, to: 2026-03-01}"),
        controls=("AC-03", "AC-01"),
    )
    assert result.controls_losing_owner == ("AC-03",)
    assert result.controls_without_owner == ("AC-01", "AC-03")
    text = plan_text(result)
    assert "! Controls that lose their owner: AC-03\n" in text
    assert "! Controls without an owner (1): AC-01\n" in text
    unowned = changed(BASE, BASE.replace("layer: identity, owner: p-1", "layer: identity"))
    assert unowned.systems_without_owner == ("okta",)


def test_warnings_for_engagements_without_systems() -> None:
    sox = BASE.replace("controls:", "  - {id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31}\ncontrols:")
    assert any("no system is financially relevant" in warning for warning in changed(BASE, sox).warnings)


def test_the_plan_as_values_is_plain_and_stable_and_takes_populations() -> None:
    result = replace(changed(BASE, with_billing(RELEVANT)), populations=(PopulationChange("T-10", 10, 12),))
    values = plan_dict(result)
    assert orjson.loads(orjson.dumps(values)) == values
    assert values == plan_dict(replace(changed(BASE, with_billing(RELEVANT)), populations=result.populations))
    assert values["populations"] == [{"population": "T-10", "items_before": 10, "items_after": 12}]
    assert values["labels"][0] == {
        "lens": "sox",
        "system": "billing",
        "change": "gained",
        "starts_at": "2026-04-01T04:00:00+00:00",
        "ends_before": None,
        "days": "from 2026-04-01",
        "back_dated": False,
    }
    assert "~ T-10  10 -> 12 items" in plan_text(result)


def test_a_change_of_the_reporting_zone_is_said() -> None:
    other = read_scope({"a.yaml": BASE.encode()}, reporting_zone="UTC")
    result = plan(scope(BASE), other, today=TODAY)
    assert result.warnings[0] == "The reporting zone changes from America/New_York to UTC: all days move."
    assert result.changes
