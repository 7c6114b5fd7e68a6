"""What bears an answer, and which answers of the library disagree."""

from datetime import timedelta

import pytest

from twofold.engagement.questionnaire.facts import FactState, SourceFact, is_ref, supported
from twofold.engagement.questionnaire.library import DoubleKind, Level, doubles, may_leave, support_today

from .facts_at_hand import FACTS, TODAY, kept


@pytest.mark.parametrize(
    ("sources", "word", "reason"),
    [
        ((), "yes", "it names no source"),
        (("control:XX",), "yes", "control:XX: it is not there"),
        (("evidence:ev-2",), "no", "evidence:ev-2: it is off"),
        (("control:AC-03",), "yes", "control:AC-03: it is off"),
        (("control:AC-03",), "", "control:AC-03: it is off"),
        (("control:OLD",), "yes", "control:OLD: it speaks of 2026-11-25 and counted until 2026-11-24"),
        (("control:AC-06", "control:AC-03"), "yes", "control:AC-03: it is off"),
    ],
)
def test_what_speaks_against_an_answer(sources: tuple[str, ...], word: str, reason: str) -> None:
    found = supported(sources, FACTS, word=word, text="", basis={}, today=TODAY)

    assert found.reasons == (reason,)


def test_a_no_may_rest_on_a_control_that_is_not_effective() -> None:
    assert supported(("control:AC-03",), FACTS, word="no", text="", basis={}, today=TODAY).holds


def test_an_answer_is_stale_when_its_source_says_something_else() -> None:
    basis = {"control:AC-06": "not effective"}
    found = supported(("control:AC-06",), FACTS, word="yes", text="", basis=basis, today=TODAY)

    assert found.reasons == ("control:AC-06: it said 'not effective', and says 'effective' now",)


def test_a_number_must_be_that_of_the_policy_line() -> None:
    line = {
        "policy:access/leaver": SourceFact("policy:access/leaver", FactState.HOLDS, "1 day", "", number=("1", "day"))
    }

    def against(text: str) -> tuple[str, ...]:
        return supported(("policy:access/leaver",), line, word="", text=text, basis={}, today=TODAY).reasons

    assert against("Removed within 1 business day; logs are kept 90 minutes.") == ()
    assert against("Removed within 3 days.") == ("policy:access/leaver: the answer says 3 days, the policy says 1 day",)


def test_an_answer_ends_on_the_day_that_a_person_said() -> None:
    ended = kept("a", "Do you?")
    for ends, holds in ((TODAY, False), (TODAY + timedelta(days=1), True)):
        answer = type(ended)(**{**{name: getattr(ended, name) for name in ended.__slots__}, "ends_before": ends})
        assert support_today(answer, FACTS, TODAY).holds is holds


def test_who_may_read_what() -> None:
    allowed = {(level, audience) for level in Level for audience in Level if may_leave(level, audience)}

    assert {pair for pair in allowed if pair[1] is not Level.INTERNAL} == {
        (Level.PRIVATE, Level.PRIVATE),
        (Level.PUBLIC, Level.PRIVATE),
        (Level.PUBLIC, Level.PUBLIC),
    }
    assert not any(level is Level.INTERNAL for level, _ in allowed)


def test_answers_that_disagree_and_answers_that_say_it_twice_are_found() -> None:
    found = doubles(
        [
            kept("a", "Is customer data encrypted at rest?"),
            kept("b", "Do you encrypt customer data at rest?", word="no"),
            kept("c", "Is customer data encrypted in transit?"),
            kept("d", "How long is customer data retained?", word="", text="90 days"),
            kept("e", "How long do you keep customer data?", word="", text="30 days"),
            kept("f", "Are shared accounts allowed?", word="yes"),
            kept("g", "Are shared accounts forbidden?", word="yes"),
            kept("h", "Are restores from backup tested?"),
            kept("i", "Do you test restores from backup?"),
        ]
    )

    assert {(each.one, each.other): (each.kind, each.why) for each in found} == {
        ("a", "b"): (DoubleKind.CONFLICT, "one says yes, the other no"),
        ("d", "e"): (DoubleKind.CONFLICT, "one says 90 days, the other 30 days"),
        ("f", "g"): (DoubleKind.CONFLICT, "both say yes to opposite questions"),
        ("h", "i"): (DoubleKind.DUPLICATE, "they answer one question"),
    }


def test_a_source_is_named_by_its_kind() -> None:
    assert is_ref("policy:access/leaver_removal")
    assert is_ref("control:AC-06@soc2-2026")
    assert not is_ref("q-014")
    assert not is_ref("questionnaire:globex/q-014")
    assert not is_ref("control:../x y")
