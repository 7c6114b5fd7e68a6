"""The note beside a filled questionnaire."""

from datetime import date

from twofold.engagement.questionnaire.answers import AnswerState, QuestionAnswer, Shown
from twofold.engagement.questionnaire.facts import FactState, SourceFact, Support
from twofold.engagement.questionnaire.questions import Question
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.questionnaire_files import CoverNote, answer_statement, cover_note

DAY = date(2026, 11, 25)
FACTS = {"scope:systems/vault": SourceFact("scope:systems/vault", FactState.HOLDS, "x", "as applied on 2026-11-01")}


def shown(text: str, reasons: tuple[str, ...] = ()) -> Shown:
    question = Question("q-001", 1, "csv", 2, "Do you?", sender_id="1|1")
    answer = QuestionAnswer("globex", "q-001", AnswerState.APPROVED, "yes", text, ("scope:systems/vault",))
    return Shown(question, answer, AnswerState.APPROVED, Support(reasons, DAY, None), "", leaves=True)


def note(answered: Shown, left: Shown) -> str:
    statement = answer_statement(answered, FACTS)
    return cover_note(CoverNote("Acme Inc.", "[x](http://e) <b>", "q.csv", DAY, [(answered, statement)], [left], []))


def test_it_names_basis_and_days_and_says_what_it_is_not() -> None:
    text = note(shown("We do."), shown("We do not."))

    assert NOT_AN_OPINION in text
    assert "1 of 2 questions are answered, 1 are open" in text
    assert "yes: We do. (As of 2026-11-25. Basis: scope as applied on 2026-11-01.)" in text
    assert "systems/vault" not in text  # a name inside of the company


def test_it_says_that_a_question_is_open_and_not_why() -> None:
    text = note(shown("We do."), shown("SECRET TEXT", ("control:AC-03: not effective",)))

    assert "Open: q-001 (1\\|1)." in text
    assert "SECRET TEXT" not in text
    assert "not effective" not in text


def test_text_of_the_sender_stays_text() -> None:
    text = note(shown("a | b\n# c"), shown(""))

    assert "\\[x\\](http://e) &lt;b>" in text
    assert "a \\| b # c" in text
