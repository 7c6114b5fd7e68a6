"""What the runs say about controls, as advice reads it: counts only; `twofold.jobs.advice.measured` makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ControlMeasure:
    """One control test of one control, read through SOC 2. The counts are of items that count there.

    state: tested, did_not_occur, stopped or not_run. passed: items that passed on any day up to the clock. recent...:
    items with an operating date in the last days before the clock.
    """

    control_id: str
    control_test: str
    run_id: str
    state: str
    items: int = 0
    passed: int = 0
    recent_items: int = 0
    recent_exceptions: int = 0
    recent_cannot_test: int = 0

    @property
    def data(self) -> str:
        """What a statement names of it."""
        return f"run: {self.run_id}" if self.run_id else f"run: none of {self.control_test}"


@dataclass(frozen=True, slots=True)
class Measured:
    """All measures. clock: local day of the newest extraction, None where no control test was run."""

    clock: date | None = None
    tests: Sequence[ControlMeasure] = ()

    def of(self, control_id: str) -> list[ControlMeasure]:
        """Return the measures of a control."""
        return [each for each in self.tests if each.control_id == control_id]
