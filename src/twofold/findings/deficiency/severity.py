"""The ladder of classes, and the span of those that are still possible while judgements are missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """What exceptions are under SOX, from the lightest to the gravest (audit-domain 2.5)."""

    EXCEPTION = 0
    DEFICIENCY = 1
    SIGNIFICANT = 2
    MATERIAL = 3

    @property
    def title(self) -> str:
        """The class in words."""
        return _TITLES[self]


_TITLES = {
    Severity.EXCEPTION: "exception only",
    Severity.DEFICIENCY: "deficiency",
    Severity.SIGNIFICANT: "significant deficiency",
    Severity.MATERIAL: "material weakness",
}
UNRESOLVED = "unresolved"
"""The word for a class that is not decided."""


@dataclass(frozen=True, slots=True)
class Span:
    """The classes that are still possible, both ends inclusive."""

    low: Severity
    high: Severity

    def __post_init__(self) -> None:
        if self.low > self.high:
            msg = f"a span runs upwards, not from {self.low.title} to {self.high.title}"
            raise ValueError(msg)

    @classmethod
    def of(cls, severity: Severity) -> "Span":
        """The span of one class."""
        return cls(severity, severity)

    @property
    def certain(self) -> bool:
        """Whether only one class is left."""
        return self.low is self.high

    def at_least(self, floor: Severity) -> "Span":
        """Return the span after a rule that raises both ends."""
        return Span(max(self.low, floor), max(self.high, floor))

    def up_to(self, ceiling: Severity) -> "Span":
        """Return the span when a rule that nobody answered yet may raise it so far."""
        return Span(self.low, max(self.high, ceiling))


def gravest(spans: Iterable[Span]) -> Span:
    """Return the span of the gravest of several, a deficiency at the least."""
    every = [Span.of(Severity.DEFICIENCY), *spans]
    return Span(max(each.low for each in every), max(each.high for each in every))
