"""Questions laid over a scope: what each changes, and that nothing else does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.scope.export import export
from twofold.scope.labels import FIN_RELEVANT, effective_labels
from twofold.scope.load import read_scope
from twofold.scope.register import Scope
from twofold.scope.stretches import END, Stretch
from twofold.scope.what_if.duties import conflicts_that_arise
from twofold.scope.what_if.overlay import overlaid
from twofold.scope.what_if.questions import Question, Relevance, SystemDropped, read_questions

ZONE = "America/New_York"
BASE = """
systems:
  - id: billing
    layer: application
    owner: p-1
    soc2: [{from: 2025-01-01, reason: r, approver: p-1}]
    financially_relevant: [{from: 2026-06-01, reason: f, approver: p-2, dependents: [Revenue report]}]
    schedules:
      - {activity: access_review, cadence: quarterly, from: 2025-01-01}
      - {activity: restore_test, cadence: yearly, from: 2027-01-01}
    stores: [{id: billing-data, from: 2025-01-01, to: 2026-02-01}]
  - {id: wiki, layer: application}
rosters:
  - {scope: billing, duty: authorise, person: p-7, from: 2025-01-01}
  - {scope: billing, duty: release, person: p-8, from: 2025-01-01, to: 2026-05-01}
  - {scope: wiki, duty: release, person: p-9, from: 2025-01-01}
  - {scope: wiki, duty: access, right_class: privileged, person: p-9, from: 2025-01-01}
engagements:
  - {id: soc2-2026, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-12-31, categories: [security]}
"""


def scope() -> Scope:
    return read_scope({"a.yaml": BASE.encode()}, reporting_zone=ZONE)


def ask(option: str, *texts: str) -> Scope:
    return overlaid(scope(), read_questions({option: texts}))


def again(asked: Scope) -> Scope:
    """Write the scope as files and read them, as a person would apply it."""
    return read_scope({name: text.encode() for name, text in export(asked).items()}, reporting_zone=ZONE)


def relevant(asked: Scope, system: str) -> list[Stretch]:
    return [each.stretch for each in effective_labels(asked) if (each.label, each.system) == (FIN_RELEVANT, system)]


def local(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T05:00:00+00:00" if day[5:7] < "03" else f"{day}T04:00:00+00:00")


def test_relevance_begins_on_the_day_and_joins_what_was_relevant_before() -> None:
    assert relevant(ask("--relevant", "wiki=2026-04-01"), "wiki") == [Stretch(local("2026-04-01"), END)]

    billing = ask("--relevant", "billing=2026-04-01").system("billing")
    assert billing is not None
    assert [(each.valid_from.text, each.valid_to and each.valid_to.text) for each in billing.financially_relevant] == [
        ("2026-04-01", "2026-06-01"),
        ("2026-06-01", None),
    ]


def test_what_is_relevant_already_stays_as_it_is() -> None:
    assert ask("--relevant", "billing=2026-07-01") == scope()


def test_relevance_ends_on_the_day_and_what_would_begin_later_never_does() -> None:
    assert relevant(ask("--not-relevant", "billing=2026-09-01"), "billing") == [
        Stretch(local("2026-06-01"), local("2026-09-01"))
    ]
    assert relevant(ask("--not-relevant", "billing=2026-05-01"), "billing") == []


def test_a_dropped_system_has_nothing_from_the_day_on() -> None:
    billing = ask("--drop-system", "billing=2026-03-01").system("billing")
    assert billing is not None

    assert [(each.activity, each.valid_to.text) for each in billing.schedules if each.valid_to] == [
        ("access_review", "2026-03-01")
    ]
    assert len(billing.schedules) == 1
    assert [each.valid_to.text for each in billing.stores if each.valid_to] == ["2026-02-01"]
    assert billing.financially_relevant == ()


def test_a_category_is_added_once_and_left_out() -> None:
    twice = ask("--add-category", "Processing Integrity", "processing_integrity").engagement("soc2-2026")
    assert twice is not None
    assert set(twice.categories) == {"security", "processing_integrity"}
    assert overlaid(ask("--add-category", "privacy"), read_questions({"--drop-category": ("privacy",)})) == scope()


def test_periods_move_and_a_fiscal_year_is_added() -> None:
    moved = ask("--period", "soc2-2026=2026-04-01..2026-09-30").engagement("soc2-2026")
    assert moved is not None
    assert (moved.starts_on.text, moved.ends_on.text) == ("2026-04-01", "2026-09-30")

    year = ask("--fiscal-year", "2026-02-01..2027-01-31").engagement("sox-2027-01-31")
    assert year is not None
    assert year.lens == "sox"


def test_whole_rosters_are_merged_duty_by_duty() -> None:
    before, after = scope(), ask("--merge-rosters", "billing+wiki=2026-04-01")
    added = {(e.scope, e.duty, e.person, e.valid_from.text, e.valid_to and e.valid_to.text) for e in after.rosters}
    added -= {(e.scope, e.duty, e.person, e.valid_from.text, e.valid_to and e.valid_to.text) for e in before.rosters}

    assert added == {
        ("wiki", "release", "p-8", "2026-04-01", "2026-05-01"),
        ("billing", "release", "p-9", "2026-04-01", None),
    }
    assert conflicts_that_arise(before, after) == ()


def test_merged_duties_bring_authorise_and_release_into_one_hand() -> None:
    after = ask("--merge-rosters", "billing:authorise+billing:release=2026-04-01")

    found = {(e.person, e.rule, e.stretch) for e in conflicts_that_arise(scope(), after)}

    assert found == {
        ("p-7", "authorise_and_release", Stretch(local("2026-04-01"), END)),
        ("p-8", "authorise_and_release", Stretch(local("2026-04-01"), local("2026-05-01"))),
    }


def test_a_conflict_that_was_there_comes_up_where_a_system_is_newly_looked_at() -> None:
    merged = ask("--merge-rosters", "billing:authorise+billing:release=2026-04-01")
    looked_at = {"billing": [Stretch(local("2026-06-01"), END)]}

    assert conflicts_that_arise(merged, merged) == ()
    assert {(e.person, e.stretch) for e in conflicts_that_arise(merged, merged, looked_at=looked_at)} == {
        ("p-7", Stretch(local("2026-06-01"), END))
    }


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--relevant", "wki=2026-04-01", "there is no system 'wki'"),
        (
            "--merge-rosters",
            "billing:uat+billing:release=2026-04-01",
            "there is no duty on the roster of billing 'uat'",
        ),
        ("--add-category", "speed", "there is no category 'speed'"),
        ("--drop-category", "security", "every SOC 2 report has it"),
        ("--period", "soc2=2026-01-01..2026-12-31", "there is no engagement 'soc2'"),
    ],
)
def test_names_that_are_not_there_are_refused(option: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ask(option, text)


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--relevant", "billing", "names nothing before a day"),
        ("--relevant", "billing=1 April", "is no day"),
        ("--period", "soc2-2026=2026-12-31..2026-01-01", "ends before it starts"),
        ("--fiscal-year", "2026", "is no first and last day"),
        ("--merge-rosters", "billing=2026-04-01", "names no two teams"),
        ("--merge-rosters", "billing+wiki:release=2026-04-01", "mixes whole rosters with single duties"),
    ],
)
def test_what_is_written_otherwise_is_refused_with_an_example(option: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        read_questions({option: (text,)})

    assert f"for example {option} " in str(caught.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        read_questions({"--relevant": ("a", "b"), "--fiscal-year": ("c",)})

    assert len(caught.value.problems) == 3


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31)).map(date.isoformat)
SYSTEMS = st.sampled_from(["billing", "wiki"])
QUESTIONS = st.one_of(
    st.builds(Relevance, SYSTEMS, DAYS, st.booleans()),
    st.builds(SystemDropped, SYSTEMS, DAYS),
    DAYS.map(lambda day: read_questions({"--merge-rosters": (f"billing+wiki={day}",)})[0]),
)


@settings(max_examples=60)
@given(st.lists(QUESTIONS, max_size=4))
def test_any_questions_give_a_scope_that_files_can_say(questions: list[Question]) -> None:
    found = overlaid(scope(), questions)

    assert again(found) == found


@settings(max_examples=40)
@given(QUESTIONS)
def test_asking_twice_is_asking_once(question: Question) -> None:
    assert overlaid(scope(), [question, question]) == overlaid(scope(), [question])


@settings(max_examples=40)
@given(SYSTEMS, DAYS)
def test_relevance_holds_on_every_day_from_then_on_and_before_as_it_did(system: str, day: str) -> None:
    found, was = relevant(overlaid(scope(), [Relevance(system, day)]), system), relevant(scope(), system)
    for moment in (datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=each) for each in range(0, 1100, 30)):
        asked_for = moment >= datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=5)
        held = any(moment in stretch for stretch in was)
        assert any(moment in stretch for stretch in found) == (asked_for or held)
