"""What a company answered, and every result that the answers it did not give leave open.

A decision reads answers with `need...`; where one is missing, `outcomes` tries each answer that it could be. So a
result is a set: with one element it is known, with more it is a range, and nothing is guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, TypeVar

from twofold.scope.advice.questions import NOTHING, is_asked, questions

T = TypeVar("T")
StandIns = Callable[[str, "Answers"], Sequence[str]]
"""Question, answers so far -> one answer for each class of answers that a decision could tell apart."""


class MissingAnswerError(LookupError):
    """A decision needs an answer that was not given."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True, slots=True)
class Answers:
    """Question -> answer in its one spelling, and question -> evidence that holds it.

    The answer to a question that other answers made pointless does not count.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)

    def get(self, question: str) -> str | None:
        """Return the answer, None where it was not given or does not count."""
        asked = questions()[question]
        if asked.only_if and not all(self.get(name) in allowed for name, allowed in asked.only_if.items()):
            return None
        return self.values.get(question)

    def need(self, question: str) -> str:
        """Return the answer; raises MissingAnswerError."""
        found = self.get(question)
        if found is None:
            raise MissingAnswerError(question)
        return found

    def need_yes(self, question: str) -> bool:
        """Whether the answer is yes; raises MissingAnswerError."""
        return self.need(question) == "yes"

    def need_day(self, question: str) -> date:
        """Return the day; raises MissingAnswerError."""
        return date.fromisoformat(self.need(question))

    def need_whole(self, question: str) -> int:
        """Return the number; raises MissingAnswerError."""
        return int(self.need(question))

    def need_chosen(self, question: str) -> frozenset[str]:
        """Return the choices, without the one that says none; raises MissingAnswerError."""
        return frozenset(self.need(question).split(";")) - {NOTHING}

    def is_yes(self, question: str) -> bool:
        """Whether the answer was given and is yes."""
        return self.get(question) == "yes"

    def is_no(self, question: str) -> bool:
        """Whether the answer was given and is no."""
        return self.get(question) == "no"

    def day(self, question: str) -> date | None:
        """Return the day, None where it was not given."""
        found = self.get(question)
        return None if found is None else date.fromisoformat(found)

    def having(self, question: str, answer: str | None) -> "Answers":
        """Return the same answers with one set anew, or without it."""
        values = {name: text for name, text in self.values.items() if name != question}
        if answer is not None:
            values[question] = answer
        evidence = {name: text for name, text in self.evidence.items() if name != question}
        return replace(self, values=values, evidence=evidence)

    def data(self, *names: str) -> tuple[str, ...]:
        """Return what a statement names of these questions: the answers with their evidence, or that there is none."""
        found = [f"answer: {name} {'not given' if (text := self.get(name)) is None else f'= {text}'}" for name in names]
        return tuple(
            found
            + [
                f"evidence: {self.evidence[name]}"
                for name in names
                if self.get(name) is not None and name in self.evidence
            ]
        )

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The questions that make sense and have no answer, in the order of the interview."""
        known = {name: text for name in questions() if (text := self.get(name)) is not None}
        return tuple(name for name, each in questions().items() if name not in known and is_asked(each, known))


@dataclass(frozen=True, slots=True)
class Outcomes(Generic[T]):
    """Every result that is possible, and the questions whose answers decide between them. One result: it is known."""

    possible: frozenset[T]
    missing: tuple[str, ...]

    @property
    def known(self) -> T | None:
        """The result, None where more than one is possible."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None


def outcomes(decide: Callable[[Answers], T], answers: Answers, stand_ins: StandIns) -> Outcomes[T]:
    """Return every result of `decide` over the answers that are missing."""
    possible: set[T] = set()
    asked: dict[str, None] = {}

    def explore(tried: Answers) -> None:
        try:
            possible.add(decide(tried))
        except MissingAnswerError as error:
            asked[error.question] = None
            for answer in stand_ins(error.question, tried):
                explore(tried.having(error.question, answer))

    explore(answers)
    missing = tuple(name for name in questions() if name in asked) if len(possible) > 1 else ()
    return Outcomes(frozenset(possible), missing)


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """An answer that would change the result: the question, today's answer ("" = none), the other one, the results."""

    question: str
    today: str
    other: str
    before: frozenset[T]
    after: frozenset[T]


def changes(
    decide: Callable[[Answers], T], answers: Answers, stand_ins: StandIns, *, inputs: Sequence[str]
) -> list[Change[T]]:
    """Return what would change the result, found by deciding again with each single answer set otherwise.

    Of the answers to one question that give one result, the nearest to today's stands for all.
    """
    now = outcomes(decide, answers, stand_ins).possible
    found: list[Change[T]] = []
    for question in inputs:
        today = answers.get(question)
        seen = {now}
        for other in sorted(stand_ins(question, answers), key=lambda each: _distance(each, today)):
            tried = answers.having(question, other)
            if other == today or tried.get(question) is None:
                continue
            after = outcomes(decide, tried, stand_ins).possible
            if after not in seen:
                seen.add(after)
                found.append(Change(question, today or "", other, now, after))
    return found


def _distance(other: str, today: str | None) -> int:
    """Return how far two numbers or two days lie apart; 0 where there is no telling, which keeps the given order."""
    if today is None:
        return 0
    if other.isdigit() and today.isdigit():
        return abs(int(other) - int(today))
    try:
        return abs((date.fromisoformat(other) - date.fromisoformat(today)).days)
    except ValueError:
        return 0
