"""What a question of scope would change: plain records that a job fills, and that text, JSON and memo are made from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from twofold.model.statement import NOT_AN_OPINION, Statement
from twofold.scope.plan import ScopePlan
from twofold.scope.plan_text import plan_dict

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class ItemChange:
    """An item that comes to count under a lens (gained), no longer counts (lost), or comes out otherwise (changed).

    An item counts when its verdict is not NOT_APPLICABLE. Verdicts and reasons are "" where the item is not there.
    """

    engagement: str
    control_id: str
    control_test: str
    system: str
    item: str
    change: Literal["gained", "lost", "changed"]
    before: str
    before_reason: str
    after: str
    after_reason: str


@dataclass(frozen=True, slots=True, order=True)
class PopulationMoved:
    """A population whose items change; `gained` and `lost` are item ids, sorted."""

    population: str
    control_tests: tuple[str, ...]
    items_before: int
    items_after: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class ConclusionChange:
    """A control, criterion or ITGC domain whose proposed conclusion changes; "" = not judged.

    served: whether a control of the company serves the criterion or domain; True for a control.
    """

    engagement: str
    kind: Literal["control", "criterion", "domain"]
    id: str
    title: str
    before: str
    after: str
    served: bool = True


@dataclass(frozen=True, slots=True, order=True)
class ControlGained:
    """A control that comes to count for an engagement (gained), or no longer does.

    It counts when it serves what the engagement covers, and the lens does not say that it had nothing to do.
    """

    engagement: str
    lens: str
    control_id: str
    title: str
    gained: bool
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Reuse:
    """The captured evidence that serves what an engagement gains, and how much of it is relied on already.

    evidence: ids that serve. relied: those of them that a judgement relied on before. missing: (table, control tests)
    that are needed and that no captured file feeds for the systems gained.
    """

    engagement: str
    evidence: tuple[str, ...]
    relied: tuple[str, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """Something that the time already past lacks.

    kind: gap, schedule, roster, stop or untestable. starts_on, ends_on: local days, both inclusive; "" = no limit.
    fillable_until: last day on which it can still be filled; "" = never again; UNKNOWN = the register does not say how
    long the system keeps its log. count: items concerned, 0 = none.
    """

    kind: str
    engagement: str
    system: str
    what: str
    starts_on: str
    ends_on: str
    reason: str
    fillable_until: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True, order=True)
class DutyConflict:
    """A person who comes to hold two duties that should not be one person's, or a conflict of rights that appears.

    rule: of duties.toml, or T-09 for rights. item: id of the T-09 item, "" for rosters.
    """

    person: str
    system: str
    first: str
    second: str
    starts_on: str
    rule: str
    item: str


@dataclass(frozen=True, slots=True, order=True)
class OwnerMissing:
    """A control that counts on a system where nobody owns it, or a system without an owner (control_id "")."""

    engagement: str
    control_id: str
    system: str


@dataclass(frozen=True, slots=True)
class HourLine:
    """One line of hours: what, for which control ("" = none), how many, the figure used, and the range of hours."""

    title: str
    control_id: str
    count: int
    figure: str
    low: float
    likely: float
    high: float
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours that the change brings, from the company's own figures. missing: figures that the company has not given."""

    lines: tuple[HourLine, ...]
    missing: tuple[str, ...]

    @property
    def total(self) -> tuple[float, float, float]:
        """Low, likely and high hours of all lines."""
        lines = self.lines
        return sum(each.low for each in lines), sum(each.likely for each in lines), sum(each.high for each in lines)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Everything that would change if the answer were yes. Every list is sorted."""

    questions: tuple[str, ...]
    folder: str
    """The folder of scope files that was asked about, "" = the scope in force."""
    clock: str
    plan: ScopePlan
    periods: Mapping[str, str]
    """Engagement -> its days after the change."""
    controls: tuple[ControlGained, ...]
    items: tuple[ItemChange, ...]
    populations: tuple[PopulationMoved, ...]
    conclusions: tuple[ConclusionChange, ...]
    reuse: tuple[Reuse, ...]
    holes: tuple[Hole, ...]
    conflicts: tuple[DutyConflict, ...]
    owners: tuple[OwnerMissing, ...]
    hours: Hours
    runs: Mapping[str, tuple[str, str]]
    """Control test -> its run before and after, "" = none."""

    @property
    def changes_nothing(self) -> bool:
        """Whether nothing at all would be otherwise."""
        return not (self.plan.changes or self.plan.first or self.items or self.populations or self.conclusions)


def what_if_dict(found: WhatIf, statements: tuple[tuple[str, Statement], ...]) -> dict[str, Any]:
    """Return all of it as plain values, the memo's sentences with rule, source and data beside them."""
    values = {name: _plain(getattr(found, name)) for name in WhatIf.__slots__ if name != "plan"}
    return {
        **values,
        "plan": plan_dict(found.plan),
        "memo": [
            {
                "section": section,
                "text": each.text,
                "rule": each.rule.rule,
                "source": each.rule.source,
                "as_of": each.rule.as_of.isoformat(),
                "data": list(each.data),
            }
            for section, each in statements
        ],
        "written": "nothing",
        "note": NOT_AN_OPINION,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
