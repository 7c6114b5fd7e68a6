"""What relies on IT general controls, when it was tested, and which days of a window no test covers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)


class DependentKind(StrEnum):
    """What relies on systems; a compensating control is none of it, but is tested alike."""

    AUTOMATED = "automated_control"
    MANUAL = "it_dependent_manual_control"
    REPORT = "key_report"
    INTERFACE = "interface"
    DUTIES = "sod_rule"
    COMPENSATING = "compensating_control"

    @property
    def words(self) -> str:
        """The kind in words."""
        return _TITLES[self]


_TITLES = {
    DependentKind.AUTOMATED: "automated control",
    DependentKind.MANUAL: "IT-dependent manual control",
    DependentKind.REPORT: "key report",
    DependentKind.INTERFACE: "interface",
    DependentKind.DUTIES: "segregation of duties rule",
    DependentKind.COMPENSATING: "compensating control",
}


class Method(StrEnum):
    """How a dependent was validated for a stretch."""

    TEST = "test"
    REPERFORMANCE = "reperformance"
    BASELINE = "baseline_comparison"
    ANALYTICS = "analytics"
    ACTIVITY = "activity_review"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Days, both inclusive, in the reporting zone."""

    first_on: date
    last_on: date

    def __post_init__(self) -> None:
        if self.first_on > self.last_on:
            msg = f"a window runs forward, not from {self.first_on} to {self.last_on}"
            raise ValueError(msg)

    def __str__(self) -> str:
        return f"{self.first_on}" if self.first_on == self.last_on else f"{self.first_on} to {self.last_on}"

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1

    def overlaps(self, first_on: date | None, last_on: date | None) -> bool:
        """Whether it shares a day with a stretch; None = without end."""
        return (first_on is None or first_on <= self.last_on) and (last_on is None or self.first_on <= last_on)


@dataclass(frozen=True, slots=True)
class DependentTest:
    """That somebody tested a dependent over a window. captured: evidence id."""

    window: Window
    effective: bool
    tested_by: str
    tested_on: date
    method: Method
    captured: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dependent:
    """One thing that relies on a system. relied_from, relied_to: while it is used, both inclusive, None = without end.

    kind None: only its name is known, from the label of the system.
    """

    id: str
    kind: DependentKind | None
    name: str
    system: str
    account: str = ""
    assertion: str = ""
    owner: str = ""
    relied_from: date | None = None
    relied_to: date | None = None
    tests: tuple[DependentTest, ...] = ()
    captured: str = ""

    @property
    def title(self) -> str:
        """How a step names it."""
        return self.name if self.kind is None else f"{self.kind.words} {self.id} ({self.name})"

    @property
    def touches(self) -> str:
        """The account and assertion, "" where none is recorded."""
        return " / ".join(each for each in (self.account, self.assertion) if each)


class State(StrEnum):
    """What the tests of a window say of a dependent."""

    EFFECTIVE = "tested effective"
    FAILED = "failed"
    NOT_VALIDATED = "not validated"


def state_in(dependent: Dependent, window: Window) -> State:
    """Return what the tests say: one that failed inside the window decides; effective has to cover every day of it."""
    inside = [each for each in dependent.tests if window.overlaps(each.window.first_on, each.window.last_on)]
    if any(not each.effective for each in inside):
        return State.FAILED
    return State.NOT_VALIDATED if uncovered(dependent, window) else State.EFFECTIVE


def uncovered(dependent: Dependent, window: Window) -> list[Window]:
    """Return the days of a window on which it is relied on and that no effective test covers, in order."""
    first = max(window.first_on, dependent.relied_from or window.first_on)
    last = min(window.last_on, dependent.relied_to or window.last_on)
    return list(_gaps(first, last, sorted(each.window for each in dependent.tests if each.effective)))


def _gaps(first: date, last: date, covered: Sequence[Window]) -> Iterable[Window]:
    for each in covered:
        if each.first_on > last or first > last:
            break
        if each.first_on > first:
            yield Window(first, each.first_on - _DAY)
        first = max(first, each.last_on + _DAY)
    if first <= last:
        yield Window(first, last)
