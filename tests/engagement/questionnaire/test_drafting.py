"""Drafts: from the library and from sources only."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.engagement.questionnaire.drafting import Ground, propose
from twofold.engagement.questionnaire.facts import supported
from twofold.engagement.questionnaire.library import Level, LibraryAnswer, library_index, may_leave
from twofold.engagement.questionnaire.sox import Boundary, RelevantSystem, is_about_sox, sox_answer

from .facts_at_hand import FACTS, TODAY, kept
from .sample_files import QUESTIONS

BILLING = RelevantSystem("billing", "Billing engine", date(2026, 1, 1), None, "Invoices")
NOTHING = Boundary("Acme Inc.", 4, (), ())


def ground(*answers: LibraryAnswer, audience: Level = Level.PRIVATE, boundary: Boundary | None = NOTHING) -> Ground:
    library = {each.answer_id: each for each in answers}
    return Ground(library, library_index(answers), FACTS, boundary, audience, TODAY)


LIBRARIES = st.lists(
    st.builds(
        kept,
        answer_id=st.sampled_from(["a", "b", "c", "d", "e"]),
        question=st.sampled_from(QUESTIONS),
        word=st.sampled_from(["yes", "no", ""]),
        level=st.sampled_from(Level),
        sources=st.lists(st.sampled_from([*FACTS, "control:NONE"]), max_size=2).map(tuple),
    ),
    max_size=5,
    unique_by=lambda each: each.answer_id,
)


@settings(max_examples=60)
@given(LIBRARIES, st.sampled_from(QUESTIONS), st.sampled_from([Level.PRIVATE, Level.PUBLIC]))
def test_no_source_no_answer_and_nothing_internal(answers: list[LibraryAnswer], question: str, audience: Level) -> None:
    found = propose(question, ground(*answers, audience=audience))

    if found.draft is None:
        assert found.why
        return
    draft = found.draft
    assert draft.sources
    assert may_leave(draft.level, audience)
    assert supported(draft.sources, FACTS, word=draft.word, text=draft.text, basis=draft.basis, today=TODAY).holds
    assert all(each.data and each.rule.source for each in draft.said)


def test_a_draft_names_where_it_comes_from() -> None:
    found = propose(
        "Do you encrypt customer data at rest?", ground(kept("rest", "Is customer data encrypted at rest?"))
    )

    assert found.draft is not None
    assert (found.draft.library, found.draft.sources) == ("rest", ("control:AC-06",))
    assert found.draft.confidence >= 0.9
    assert found.draft.said[0].data == ("answer: rest", "control: AC-06")


def test_two_answers_in_conflict_make_no_draft() -> None:
    found = propose(
        "Is customer data encrypted at rest?",
        ground(
            kept("one", "Is customer data encrypted at rest?"),
            kept("two", "Do you encrypt customer data at rest?", word="no"),
        ),
    )

    assert found.draft is None
    assert found.why == "one and two are in conflict: one says yes, the other no"


def test_why_there_is_no_draft() -> None:
    library = (
        kept("rest", "Is customer data encrypted at rest?", sources=("control:AC-03",)),
        kept("pen", "Do you have an external penetration test at least once a year?", level=Level.INTERNAL),
        kept("cards", "Do you store payment card numbers?", word="no"),
    )

    def why(question: str) -> str:
        found = propose(question, ground(*library))
        assert found.draft is None
        return found.why

    assert why("Is customer data encrypted at rest?") == "rest fits, and is stale: control:AC-03: it is off"
    assert why("Is an external penetration test done each year?").startswith("pen fits, and is internal")
    assert why("Do you NOT store payment card numbers?").endswith("asks the opposite, so its answer does not fit")
    assert why("Do you sell shoes?") == "no answer of the library is about this"


def test_a_wrong_no_in_the_library_answers_its_own_question_alone() -> None:
    """Whatever one answer says, the drafts of all other questions stay the same (ux 2, complaint 34)."""
    others = [kept(f"l{number}", text) for number, text in enumerate(QUESTIONS[3:12])]
    right, wrong = kept("mfa", QUESTIONS[0]), kept("mfa", QUESTIONS[0], word="no", text="No MFA.")

    for question in QUESTIONS[1:]:
        before, after = (propose(question, ground(each, *others)) for each in (right, wrong))
        if before.draft and before.draft.library != "mfa":
            assert before == after


def test_sox_questions_are_told_from_others() -> None:
    about = [each for each in QUESTIONS if is_about_sox(each)]

    assert about == [
        "Are you SOX compliant?",
        "Is your service in scope of SOX 404 controls over financial reporting?",
        "Do you have a SOC 1 report for our auditors?",
    ]


def test_out_of_scope_is_said_with_its_reason() -> None:
    found = propose("Are you SOX compliant?", ground())

    assert found.draft is not None
    assert found.draft.word == "na"
    assert found.draft.text.startswith(
        "Not in scope, because none of the 4 systems of Acme Inc. is labelled as bearing on financial reporting as of "
        "2026-11-25."
    )
    assert "SOC 1 Type 2" in found.draft.text


def test_in_scope_names_systems_since_when_and_never_says_yes() -> None:
    later = RelevantSystem("erp", "", date(2027, 4, 1), None, "Ledger")
    over = RelevantSystem("old", "", date(2025, 1, 1), date(2026, 6, 30), "Sold")
    engagement = ("soc2-2026", "soc2", "type2", "2025-11-01", "2026-10-31")
    word, said = sox_answer(Boundary("Acme Inc.", 4, (BILLING, later, over), (engagement,)), TODAY)

    assert word == ""
    texts = [each.text for each in said]
    assert "Billing engine, since 2026-01-01. The other 3 of 4 systems are not in scope" in texts[0]
    assert texts[1] == "To come into scope: erp from 2027-04-01."
    assert texts[2] == "Our SOC 2 Type 2 engagement covers 2025-11-01 to 2026-10-31."
    assert said[0].data == ("scope: systems/billing",)


def test_without_a_scope_nothing_is_said_about_sox() -> None:
    found = propose("Are you SOX compliant?", ground(boundary=None))

    assert found.draft is None
    assert found.why == "it asks about SOX, and the applied scope does not tell"
