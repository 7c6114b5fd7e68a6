"""The questions that can be asked of a scope, and how each is written: `SYSTEM=DAY`, `TEAM+TEAM=DAY`, `ID=FIRST..LAST`.

Days are local days of the reporting zone; a change holds from the midnight that begins its day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from twofold.model.problem import Problem, UserError


@dataclass(frozen=True, slots=True)
class Relevance:
    """A system becomes financially relevant from a day, or (`relevant` False) stops being so."""

    system: str
    starts_on: str
    relevant: bool = True

    @property
    def text(self) -> str:
        """The question as a sentence."""
        verb = "becomes" if self.relevant else "is no longer"
        return f"{self.system} {verb} financially relevant from {self.starts_on}."


@dataclass(frozen=True, slots=True)
class SocBoundary:
    """A system comes inside the SOC 2 boundary from a day, or (`inside` False) leaves it."""

    system: str
    starts_on: str
    inside: bool = True

    @property
    def text(self) -> str:
        """The question as a sentence."""
        verb = "comes inside" if self.inside else "leaves"
        return f"{self.system} {verb} the SOC 2 boundary from {self.starts_on}."


@dataclass(frozen=True, slots=True)
class SystemDropped:
    """A system is given up from a day: its labels, servings, stores, checks and schedules end."""

    system: str
    starts_on: str

    @property
    def text(self) -> str:
        """The question as a sentence."""
        return f"{self.system} is given up from {self.starts_on}."


@dataclass(frozen=True, slots=True)
class VendorDropped:
    """A vendor is no longer relied on from a day. The register of vendors is evidence, so no scope file says it."""

    vendor: str
    starts_on: str

    @property
    def text(self) -> str:
        """The question as a sentence."""
        return f"{self.vendor} is no longer relied on from {self.starts_on}."


@dataclass(frozen=True, slots=True)
class CategoryAsked:
    """Every SOC 2 engagement has a trust services category, or (`added` False) has it no longer."""

    category: str
    added: bool = True

    @property
    def text(self) -> str:
        """The question as a sentence."""
        verb = "is added to" if self.added else "is left out of"
        return f"The category {self.category.replace('_', ' ')} {verb} the SOC 2 engagements."


@dataclass(frozen=True, slots=True)
class RostersMerged:
    """Teams become one from a day: who is on the roster of one of them is on those of all.

    A team is (system, duty); a duty of "" is the whole roster of the system, which is merged duty by duty.
    """

    teams: tuple[tuple[str, str], ...]
    starts_on: str

    @property
    def text(self) -> str:
        """The question as a sentence."""
        names = [f"{system}:{duty}" if duty else system for system, duty in self.teams]
        return f"The rosters of {' and '.join(names)} are merged from {self.starts_on}."


@dataclass(frozen=True, slots=True)
class PeriodMoved:
    """An engagement covers other days, both inclusive."""

    engagement: str
    starts_on: str
    ends_on: str

    @property
    def text(self) -> str:
        """The question as a sentence."""
        return f"{self.engagement} covers {self.starts_on} to {self.ends_on}."


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """A SOX engagement is added for a fiscal year, both days inclusive."""

    starts_on: str
    ends_on: str

    @property
    def engagement(self) -> str:
        """The id of the engagement that the question adds."""
        return f"sox-{self.ends_on}"

    @property
    def text(self) -> str:
        """The question as a sentence."""
        return f"SOX is judged for the fiscal year {self.starts_on} to {self.ends_on}."


Question = (
    Relevance | SocBoundary | SystemDropped | VendorDropped | CategoryAsked | RostersMerged | PeriodMoved | FiscalYear
)


def read_questions(asked: Mapping[str, tuple[str, ...]]) -> tuple[Question, ...]:
    """Read what was written under each option of `READERS`; raises UserError with every fault of all of them."""
    questions: list[Question] = []
    problems: list[Problem] = []
    for option, texts in asked.items():
        for text in texts:
            try:
                questions.append(READERS[option](text))
            except ValueError as error:
                expected, example = FORMS[option]
                problems.append(Problem(option, str(error), expected, f"for example {option} {example}"))
    if problems:
        raise UserError(problems)
    return tuple(questions)


def _named_day(text: str) -> tuple[str, str]:
    name, equals, day = text.rpartition("=")
    if not equals or not name.strip():
        msg = f"{text!r} names nothing before a day"
        raise ValueError(msg)
    return name.strip(), _day(day)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        msg = f"{text!r} is no day"
        raise ValueError(msg) from None


def _days(text: str) -> tuple[str, str]:
    first, dots, last = text.partition("..")
    if not dots:
        msg = f"{text!r} is no first and last day"
        raise ValueError(msg)
    days = _day(first), _day(last)
    if days[1] < days[0]:
        msg = f"{text!r} ends before it starts"
        raise ValueError(msg)
    return days


def _teams(text: str) -> RostersMerged:
    names, day = _named_day(text)
    teams = []
    for name in names.split("+"):
        system, _, duty = name.strip().partition(":")
        teams.append((system, duty))
    if len(set(teams)) < len(teams) or len(teams) == 1 or not all(system for system, _ in teams):
        msg = f"{names!r} names no two teams"
        raise ValueError(msg)
    if len({bool(duty) for _, duty in teams}) > 1:
        msg = f"{names!r} mixes whole rosters with single duties"
        raise ValueError(msg)
    return RostersMerged(tuple(teams), day)


def _period(text: str) -> PeriodMoved:
    engagement, equals, days = text.partition("=")
    if not equals or not engagement.strip():
        msg = f"{text!r} names no engagement"
        raise ValueError(msg)
    return PeriodMoved(engagement.strip(), *_days(days))


def _category(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")


READERS: Mapping[str, Callable[[str], Question]] = {
    "--relevant": lambda text: Relevance(*_named_day(text)),
    "--not-relevant": lambda text: Relevance(*_named_day(text), relevant=False),
    "--in-boundary": lambda text: SocBoundary(*_named_day(text)),
    "--out-of-boundary": lambda text: SocBoundary(*_named_day(text), inside=False),
    "--drop-system": lambda text: SystemDropped(*_named_day(text)),
    "--drop-vendor": lambda text: VendorDropped(*_named_day(text)),
    "--add-category": lambda text: CategoryAsked(_category(text)),
    "--drop-category": lambda text: CategoryAsked(_category(text), added=False),
    "--merge-rosters": _teams,
    "--period": _period,
    "--fiscal-year": lambda text: FiscalYear(*_days(text)),
}
"""Option of the command -> how its text is read; each raises ValueError."""

_SYSTEM_FORM = ("SYSTEM=DAY", "billing=2026-04-01")
_CATEGORY_FORM = ("the id of a category", "availability")
FORMS: Mapping[str, tuple[str, str]] = {
    "--relevant": _SYSTEM_FORM,
    "--not-relevant": _SYSTEM_FORM,
    "--in-boundary": _SYSTEM_FORM,
    "--out-of-boundary": _SYSTEM_FORM,
    "--drop-system": _SYSTEM_FORM,
    "--drop-vendor": ("VENDOR=DAY", "paylane=2026-04-01"),
    "--add-category": _CATEGORY_FORM,
    "--drop-category": _CATEGORY_FORM,
    "--merge-rosters": ("TEAM+TEAM=DAY, a team being SYSTEM or SYSTEM:DUTY", "billing+ledger=2026-04-01"),
    "--period": ("ENGAGEMENT=FIRST..LAST", "soc2-2026=2026-01-01..2026-12-31"),
    "--fiscal-year": ("FIRST..LAST", "2026-01-01..2026-12-31"),
}
"""Option -> the form of its text, and an example."""
