"""The judgements that the evaluation asks of named persons: which there are, of what, and what may be answered.

Source: audit-domain 2.6, named judgement inputs. J_design, J_override, J_uncorrected, J_rebuttal and J_conclusion_date
are ours: the rule text asks for them in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from twofold.findings.deficiency.money import Money, parse_money
from twofold.model.person import same_person

_PERCENT = 100


class AnswerKind(StrEnum):
    """What an answer looks like."""

    WORD = "word"
    MONEY = "money"
    DAY = "day"
    PERCENT = "percent"
    CONTROL = "control"
    LIST = "list"


class Level(StrEnum):
    """What a judgement speaks of. Of a dependent or of a compensating control: within one deficiency."""

    ENGAGEMENT = "engagement"
    DEFICIENCY = "deficiency"
    DEPENDENT = "dependent"
    COMPENSATING = "compensating"
    RAISE = "raise"
    GROUP = "group"


INDICATORS = {
    "senior_management_fraud": "fraud of any size by senior management",
    "restatement": "statements were restated to correct an error",
    "auditor_found_error": "the auditor found a material error that the controls missed",
    "ineffective_oversight": "the audit committee's oversight does not work",
}
"""Indicators of a material weakness (audit-domain 2.5, our words)."""
PRUDENT = "prudent_official"
"""What a rebuttal is about where the careful official is not satisfied; else it is about an indicator."""
YES, NO, NONE = "yes", "no", "none"
_YES_NO = (YES, NO)


@dataclass(frozen=True, slots=True)
class Input:
    """One judgement. words: the answers of a WORD, or the further words that another kind takes."""

    name: str
    question: str
    levels: tuple[Level, ...]
    kind: AnswerKind = AnswerKind.WORD
    words: tuple[str, ...] = _YES_NO

    @property
    def expected(self) -> str:
        """What an answer looks like, for a person."""
        like = {
            AnswerKind.MONEY: ("an amount with its currency, such as 1250000.00 USD",),
            AnswerKind.DAY: ("a day, such as 2027-01-31",),
            AnswerKind.PERCENT: ("a percentage, such as 5",),
            AnswerKind.CONTROL: ("a control, such as CM-04",),
            AnswerKind.LIST: (f"some of {', '.join(INDICATORS)}, separated by ;",),
        }
        return " or ".join((*like.get(self.kind, ()), *self.words))


INPUTS: Mapping[str, Input] = {
    each.name: each
    for each in (
        Input(
            "J_tolerable_rate",
            "Which rate of deviations is tolerable? It is fixed before testing.",
            (Level.ENGAGEMENT,),
            AnswerKind.PERCENT,
            (),
        ),
        Input(
            "J_materiality",
            "From which amount on is a misstatement material?",
            (Level.ENGAGEMENT,),
            AnswerKind.MONEY,
            (),
        ),
        Input(
            "J_conclusion_date",
            "On which day is the evaluation concluded? What is not validated by then counts as failed.",
            (Level.ENGAGEMENT,),
            AnswerKind.DAY,
            (),
        ),
        Input("J_design", "Is the design missing, or could the control not work as designed?", (Level.DEFICIENCY,)),
        Input("J_override", "Is any exception an override, concealment or fraud?", (Level.DEFICIENCY,)),
        Input(
            "J_isolated",
            "Are the exceptions isolated, each with a cause of its own, and does evidence show it?",
            (Level.DEFICIENCY,),
        ),
        Input(
            "J_same_objective",
            "Which other IT general control meets the same objective for the same systems, layer and window?",
            (Level.DEFICIENCY,),
            AnswerKind.CONTROL,
            (NONE,),
        ),
        Input(
            "J_caused_by_itgc",
            "Was its failure caused by, or is it related to, this IT general control?",
            (Level.DEPENDENT,),
        ),
        Input(
            "J_reasonably_possible",
            "Is it reasonably possible that a misstatement gets through?",
            (Level.DEPENDENT, Level.GROUP),
        ),
        Input(
            "J_max_exposure",
            "How large could the misstatement be, before anything that compensates?",
            (Level.DEPENDENT,),
            AnswerKind.MONEY,
            (),
        ),
        Input(
            "J_precision",
            "Above which amount would this compensating control catch an error?",
            (Level.COMPENSATING,),
            AnswerKind.MONEY,
            (NO,),
        ),
        Input(
            "J_merits_attention",
            "Is it important enough for those who oversee financial reporting?",
            (Level.DEPENDENT, Level.GROUP),
        ),
        Input(
            "J_group_exposure",
            "How large could the misstatement be when these deficiencies act together?",
            (Level.GROUP,),
            AnswerKind.MONEY,
            (),
        ),
        Input(
            "J_prudent_official",
            "Would a careful official be satisfied that transactions are recorded as they should be?",
            (Level.DEFICIENCY,),
            words=("satisfied", "not_satisfied"),
        ),
        Input(
            "J_indicator",
            "Which indicators of a material weakness are there?",
            (Level.DEFICIENCY,),
            AnswerKind.LIST,
            (NONE,),
        ),
        Input(
            "J_uncorrected",
            "Was it reported before, and is it uncorrected after a reasonable time?",
            (Level.DEFICIENCY,),
        ),
        Input(
            "J_rebuttal",
            "Is it argued that this is no material weakness? Against an indicator two persons argue it.",
            (Level.RAISE,),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Given:
    """One judgement of a person as it was captured. given_at is aware UTC; captured: its evidence.

    about: the dependent, compensating control or raise it speaks of, "" = the subject itself. why_not: why it does not
    count, "" = it does. names: under which the registers know who gave it, beside `given_by`.
    """

    value: str
    reason: str
    given_by: str
    given_at: datetime
    captured: str
    about: str = ""
    why_not: str = ""
    names: frozenset[str] = frozenset()

    def is_of(self, person: str) -> bool:
        """Whether a name says the person who gave it."""
        return any(same_person(person, name) for name in {self.given_by, *self.names})


@dataclass(frozen=True, slots=True)
class Judgements:
    """What people judged: (name, subject, about) -> the answers, the newest first.

    subject: id of an engagement, a deficiency or a group.
    """

    given: Mapping[tuple[str, str, str], Sequence[Given]] = field(default_factory=dict)

    def every(self, name: str, subject: str, about: str = "") -> Sequence[Given]:
        """Return all answers, the newest first, also those that do not count."""
        return self.given.get((name, subject, about), ())

    def newest(self, name: str, subject: str, about: str = "") -> Given | None:
        """Return the answer that counts: the newest of those that do."""
        return next((each for each in self.every(name, subject, about) if not each.why_not), None)


def check_answer(asked: Input, value: str) -> None:
    """Raise ValueError, which says what is wrong, for what is no answer to an input."""
    if value in asked.words:
        return
    match asked.kind:
        case AnswerKind.MONEY:
            parse_money(value)
        case AnswerKind.DAY:
            date.fromisoformat(value)
        case AnswerKind.PERCENT:
            percent_of(value)
        case AnswerKind.LIST:
            indicators_of(value)
        case AnswerKind.CONTROL if value:
            pass
        case _:
            msg = f"{value!r} is no answer"
            raise ValueError(msg)


def money_of(given: Given | None) -> Money | None:
    """Return the amount of an answer, None for a word or no answer."""
    try:
        return parse_money(given.value) if given else None
    except ValueError:
        return None


def percent_of(value: str) -> Decimal:
    """Return a percentage between 0 and 100; raises ValueError for anything else."""
    try:
        percent = Decimal(value.removesuffix("%").strip())
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= _PERCENT:
        msg = f"{value!r} is no percentage between 0 and 100"
        raise ValueError(msg)
    return percent


def indicators_of(value: str) -> tuple[str, ...]:
    """Return the indicators that an answer names, () for none; raises ValueError for one that there is not."""
    named = tuple(dict.fromkeys(each.strip() for each in value.split(";") if each.strip()))
    if named == (NONE,):
        return ()
    wrong = [each for each in named if each not in INDICATORS]
    if wrong or not named:
        msg = f"there is no indicator {wrong[0] if wrong else value!r}"
        raise ValueError(msg)
    return named
