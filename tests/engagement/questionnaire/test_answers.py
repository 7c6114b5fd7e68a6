"""Laws about states, sources and levels, over anything that people may do."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.engagement.questionnaire.answers import (
    TRANSITIONS,
    AnswerAct,
    AnswerState,
    QuestionAnswer,
    Shown,
    next_state,
    shown_today,
)
from twofold.engagement.questionnaire.library import Level, LibraryAnswer
from twofold.engagement.questionnaire.questions import Question

from .facts_at_hand import FACTS, TODAY, kept

QUESTION = Question("q-002", 2, "csv", 3, "If yes, how?", parent="q-001", parent_word="yes")
SOURCES = st.lists(st.sampled_from([*FACTS, "control:NONE"]), max_size=3).map(tuple)
ANSWERS = st.builds(
    QuestionAnswer,
    questionnaire=st.just("globex"),
    question_id=st.just("q-002"),
    state=st.sampled_from([each for each in AnswerState if each is not AnswerState.STALE]),
    word=st.sampled_from(["yes", "no", "partial", "na", ""]),
    text=st.just("We do."),
    sources=SOURCES,
    level=st.sampled_from(Level),
    parent_word=st.sampled_from(["", "yes", "no"]),
)


def shown(
    answer: QuestionAnswer, *, parent: QuestionAnswer | None = None, library: LibraryAnswer | None = None,
    audience: Level = Level.PRIVATE,
) -> Shown:  # fmt: skip
    return shown_today(QUESTION, answer, parent=parent, kept=library, facts=FACTS, audience=audience, today=TODAY)


@given(st.lists(st.sampled_from(AnswerAct)))
def test_nothing_is_approved_that_was_not_written_and_put_up_for_review(acts: list[AnswerAct]) -> None:
    state, done = AnswerState.OPEN, []
    for act in acts:
        after = next_state(state, act)
        if after is not None:
            state = after
            done.append(act)
    if state is AnswerState.APPROVED:
        last = [act for act in done if act is not AnswerAct.ASSIGN][-3:]
        assert last == [AnswerAct.WRITE, AnswerAct.SUBMIT, AnswerAct.APPROVE]


def test_stale_is_never_the_result_of_an_act_and_cannot_be_approved() -> None:
    assert AnswerState.STALE not in TRANSITIONS.values()
    assert next_state(AnswerState.STALE, AnswerAct.APPROVE) is None
    assert next_state(AnswerState.STALE, AnswerAct.SUBMIT) is None


@settings(max_examples=300)
@given(ANSWERS, st.sampled_from([Level.PRIVATE, Level.PUBLIC]))
def test_what_leaves_is_approved_sourced_current_and_not_internal(answer: QuestionAnswer, audience: Level) -> None:
    found = shown(answer, audience=audience)

    if found.leaves:
        assert answer.state is AnswerState.APPROVED
        assert answer.sources
        assert found.support.holds
        assert answer.level is not Level.INTERNAL
        assert audience is Level.PRIVATE or answer.level is Level.PUBLIC


@given(ANSWERS)
def test_an_answer_without_a_source_never_leaves(answer: QuestionAnswer) -> None:
    assert not shown(replace(answer, sources=())).leaves


GOOD = QuestionAnswer(
    "globex", "q-002", AnswerState.APPROVED, "yes", "We do.", ("control:AC-06",), library="mfa", parent_word="yes"
)


def test_a_child_is_asked_again_when_its_parents_answer_changed() -> None:
    parent = QuestionAnswer("globex", "q-001", AnswerState.APPROVED, "yes")
    assert shown(GOOD, parent=parent).leaves

    changed = shown(GOOD, parent=replace(parent, word="partial"))
    assert changed.state is AnswerState.STALE
    assert changed.reasons == ("q-001 was answered 'yes' then and 'partial' now: asked again",)


def test_a_draft_of_the_parent_decides_nothing() -> None:
    """One wrong No that nobody approved must not spread (ux 2, complaint 34)."""
    draft = QuestionAnswer("globex", "q-001", AnswerState.DRAFT, "no")

    assert shown(GOOD, parent=draft).leaves
    assert shown(GOOD, parent=replace(draft, state=AnswerState.READY)).leaves
    approved = shown(GOOD, parent=replace(draft, state=AnswerState.APPROVED))
    assert not approved.leaves
    assert approved.not_asked


def test_an_answer_ends_with_the_answer_of_the_library_that_it_was_taken_from() -> None:
    library = kept("mfa", "Do you?")
    assert shown(GOOD, library=library).leaves

    for gone in (
        replace(library, ends_before=TODAY),
        replace(library, text="We do not."),
        replace(library, level=Level.INTERNAL),
    ):
        assert shown(GOOD, library=gone).state is AnswerState.STALE
