"""Sources for tests."""

from datetime import date, timedelta

from twofold.engagement.questionnaire.facts import FactState, SourceFact
from twofold.engagement.questionnaire.library import Level, LibraryAnswer

TODAY = date(2026, 11, 25)


def fact(ref: str, state: FactState = FactState.HOLDS, value: str = "effective", days_left: int = 30) -> SourceFact:
    return SourceFact(ref, state, value, ref.partition(":")[2], TODAY, TODAY + timedelta(days=days_left), "it is off")


FACTS = {
    each.ref: each
    for each in (
        fact("control:AC-06"),
        fact("control:AC-03", FactState.AGAINST, "not effective"),
        fact("evidence:ev-1", value="abc"),
        fact("evidence:ev-2", FactState.GONE, ""),
        fact("scope:financially_relevant", value="billing"),
        fact("control:OLD", days_left=-1),
    )
}


def kept(
    answer_id: str,
    question: str,
    *,
    word: str = "yes",
    text: str = "We do.",
    level: Level = Level.PRIVATE,
    sources: tuple[str, ...] = ("control:AC-06",),
) -> LibraryAnswer:
    return LibraryAnswer(answer_id, (question,), word, text, level, sources)
