"""The stage of a company, why, the duties under SOX, and what single answer would change the result."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from twofold.model.statement import Statement
from twofold.scope.advice import filer
from twofold.scope.advice.answers import Answers, Change, Outcomes, changes, outcomes
from twofold.scope.advice.calendar import A_DAY, add_months
from twofold.scope.advice.filer import Duties, FilerStatus
from twofold.scope.advice.questions import Form, in_words, questions
from twofold.scope.advice.worded import number, say, setting, worded_rules

T = TypeVar("T")
INPUTS = (
    "reporting_company",
    "ipo_planned",
    "ipo_day",
    "public_customers",
    "money_near",
    "regulated_data",
    "larger_accounts",
    "simple_finance",
)
"""The questions that decide the stage."""
LEAST, MOST = (setting("stage.because_ipo_near", name) for name in ("least_months", "most_months"))
"""Months that preparation for an IPO takes, at least and at most."""


class Stage(StrEnum):
    """Where a company stands, in order of what it must do."""

    EARLY = "early"
    GROWTH = "growth"
    PRE_IPO = "pre_ipo"

    @property
    def shown(self) -> str:
        """What people call it."""
        return str(setting(f"stage.{self}", "title"))

    @property
    def priority(self) -> str:
        """What comes first at this stage."""
        return str(setting(f"stage.{self}", "priority"))


@dataclass(frozen=True, slots=True)
class Flip:
    """A single other answer that changes the result: the question, today's answer ("" = none), the other one."""

    question: str
    today: str
    other: str
    statement: Statement


@dataclass(frozen=True, slots=True)
class StageResult:
    """Stage and duties as far as the answers decide them. `why`: what decides, each sentence with its data.

    missing: questions whose answers still decide, the stage's first. changed: what a single other answer would do.
    """

    stages: Outcomes[Stage]
    duties: Outcomes[Duties]
    why: tuple[Statement, ...]
    duty_statements: tuple[Statement, ...]
    changed: tuple[Flip, ...]
    rests_on: tuple[str, ...]
    """The answers that decide the stage, given or not."""

    @property
    def postures(self) -> tuple[tuple[Stage, Statement], ...]:
        """Each stage that is possible, in order, with its posture."""
        found = [each for each in Stage if each in self.stages.possible]
        return tuple((each, say(f"stage.{each}", self.rests_on)) for each in found)

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions that leave a range open."""
        return tuple(dict.fromkeys((*self.stages.missing, *self.duties.missing)))


def decide_stage(answers: Answers, *, on: date) -> Stage:
    """Return the stage; raises MissingAnswerError for the first answer that decides and is missing."""
    if answers.need_yes("reporting_company"):
        return Stage.PRE_IPO
    planned = answers.need_yes("ipo_planned")
    if planned and answers.need_day("ipo_day") <= add_months(on, MOST):
        return Stage.PRE_IPO
    if answers.need_yes("public_customers"):
        return Stage.PRE_IPO
    if planned or answers.need_chosen("money_near") or answers.need_yes("regulated_data"):
        return Stage.GROWTH
    if answers.need_yes("larger_accounts") or not answers.need_yes("simple_finance"):
        return Stage.GROWTH
    return Stage.EARLY


def stand_ins(question: str, answers: Answers, *, on: date) -> tuple[str, ...]:
    """Return an answer for each class of answers that stage or duties tell apart."""
    asked = questions()[question]
    if asked.form in {Form.YES_NO, Form.SOME_OF, Form.ONE_OF}:
        return asked.choices
    if question == "ipo_day":
        edges = (on, add_months(on, LEAST), add_months(on, MOST), add_months(on, MOST) + A_DAY)
        return tuple(day.isoformat() for day in edges)
    return filer.stand_ins(question, answers, on=on)


def stage_result(answers: Answers, *, on: date) -> StageResult:
    """Decide stage and duties on a day, say why, and try each single answer the other way."""
    rules = filer.rules_in_force(on)

    def others(question: str, tried: Answers) -> Sequence[str]:
        return stand_ins(question, tried, on=on)

    def stage(tried: Answers) -> Stage:
        return decide_stage(tried, on=on)

    def duties(tried: Answers) -> Duties:
        return filer.decide_duties(tried, on=on, rules=rules)

    stages, owed = outcomes(stage, answers, others), outcomes(duties, answers, others)
    changed = [
        *_flips(changes(stage, answers, others, inputs=INPUTS), answers, others, range_text),
        *_flips(changes(duties, answers, others, inputs=filer.INPUTS), answers, others, _duties_range),
    ]
    why = tuple(_why(stages, answers, on=on))
    return StageResult(
        stages, owed, why, tuple(_duty_statements(owed, answers, on=on)), tuple(changed), answers.data(*INPUTS)
    )


def _flips(
    found: Sequence[Change[T]],
    answers: Answers,
    stand_ins: Callable[[str, Answers], Sequence[str]],
    text: Callable[[frozenset[T]], str],
) -> Iterator[Flip]:
    for each in found:
        said = say(
            "stage.change",
            answers.data(each.question),
            question=questions()[each.question].short,
            other=_class_of(each.question, each.other, stand_ins(each.question, answers)),
            today=_figure(each.today) or "no answer",
            after=text(each.after),
        )
        yield Flip(each.question, each.today, each.other, said)


def _class_of(question: str, value: str, tried: Sequence[str]) -> str:
    """Return the answers that a tried one stands for: a number stands for all up to the next that was tried."""
    if questions()[question].form is not Form.WHOLE:
        return value
    number_tried = int(value)
    above = [int(each) for each in tried if int(each) > number_tried]
    if not above:
        return f"{number_tried:,} or more"
    if min(above) == number_tried + 1:
        return value
    return f"under {min(above):,}" if not number_tried else f"{number_tried:,} to under {min(above):,}"


def _figure(text: str) -> str:
    return f"{int(text):,}" if text.isdigit() else text


def range_text(stages: frozenset[Stage]) -> str:
    """Return stages for a sentence, in their order."""
    return " or ".join(each.shown for each in Stage if each in stages)


def duties_text(duties: Duties) -> str:
    """Return the duties of a fiscal year in a sentence."""
    if duties.status is FilerStatus.NONE:
        return "No duty under sections 302 and 404: the company files no reports"
    shown = duties.status.shown
    parts = ["302 certifications with each 10-Q and 10-K"]
    parts.append("404(a) assessment by management" if duties.assesses else "no 404(a) assessment yet")
    parts.append("404(b) opinion of the auditor" if duties.attested else "no 404(b) opinion")
    return f"{shown}: {', '.join(parts)}"


def _duties_range(possible: frozenset[Duties]) -> str:
    """Return duties for a sentence, each set once whatever the filer status: `none or 302 and 404(a)`."""
    if len(possible) == 1:
        return duties_text(next(iter(possible)))
    names = ("302", "404(a)", "404(b)")
    owed = {(each.certifies, each.assesses, each.attested) for each in possible}
    found = [", ".join(name for name, held in zip(names, each, strict=True) if held) or "none" for each in sorted(owed)]
    return " or ".join(f"[{each}]" for each in found)


def _why(stages: Outcomes[Stage], answers: Answers, *, on: date) -> Iterator[Statement]:
    if stages.known is None:
        yield say(
            "stage.open",
            answers.data(*stages.missing),
            count=number(len(stages.missing), "answer"),
            missing=in_words(stages.missing),
            range=range_text(stages.possible),
        )
    yield from _reasons(answers, on=on)
    if stages.known is Stage.EARLY:
        yield say("stage.because_nothing", answers.data(*(name for name in INPUTS if name != "ipo_day")))


def _reasons(answers: Answers, *, on: date) -> Iterator[Statement]:
    """Yield each given answer that speaks for a later stage."""
    if answers.is_yes("reporting_company"):
        yield say("stage.because_reporting", answers.data("reporting_company"))
    if answers.is_yes("ipo_planned"):
        day = answers.day("ipo_day")
        data = answers.data("ipo_planned", "ipo_day")
        if day is not None and day <= add_months(on, MOST):
            yield say("stage.because_ipo_near", data, day=day, on=on)
        else:
            yield say("stage.because_ipo_far", data, when=f" for {day}" if day else ", the day is not said")
    plain: Mapping[str, str] = {
        "public_customers": "stage.because_public_customers",
        "regulated_data": "stage.because_regulated",
        "larger_accounts": "stage.because_larger",
    }
    for question, rule in plain.items():
        if answers.is_yes(question):
            yield say(rule, answers.data(question))
    touched = answers.get("money_near") or "none"
    if touched != "none":
        yield say("stage.because_money_near", answers.data("money_near"), what=touched.replace(";", ", "))
    if answers.is_no("simple_finance"):
        yield say("stage.because_finance", answers.data("simple_finance"))


def _duty_statements(owed: Outcomes[Duties], answers: Answers, *, on: date) -> Iterator[Statement]:
    names = [name for name in filer.INPUTS if answers.get(name) is not None]
    data = answers.data(*(names or ["reporting_company"]), *owed.missing)
    if owed.known is None:
        text = f"The duties depend on what is missing ({in_words(owed.missing)})"
        yield Statement(f"{text}: {_duties_range(owed.possible)}.", worded_rules()["stage.duties"].rule, data)
    else:
        yield Statement(f"{duties_text(owed.known)}.", filer.duties_rule(), data)
    if answers.is_yes("reporting_company"):
        yield from _proposed(owed, answers, data, on=on)


def _proposed(owed: Outcomes[Duties], answers: Answers, data: Sequence[str], *, on: date) -> Iterator[Statement]:
    """Say where a proposed set of rules would come to something else; it is never applied."""
    for rules in filer.filer_rules("proposed"):

        def proposed(tried: Answers, rules: filer.FilerRules = rules) -> Duties:
            return filer.decide_duties(tried, on=on, rules=rules)

        found = outcomes(proposed, answers, lambda question, tried: stand_ins(question, tried, on=on))
        if found.possible != owed.possible:
            said = say("stage.proposed", data, name=rules.name, after=_duties_range(found.possible))
            yield Statement(said.text, rules.rule, said.data)
