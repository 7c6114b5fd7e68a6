"""What a check of a vault finds: faults, each with what it means for the owner, gathered in numbered steps."""

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What a fault means."""

    LOST = "lost"
    """Lost or altered; it cannot be made again from what is here. A backup is needed."""
    REPAIRABLE = "repairable"
    """It can be made again from the entries, or finished."""
    COMPUTED = "computed"
    """Computed from evidence and altered or lost; the command that made it makes it again."""
    EXTRA = "extra"
    """It belongs to nothing and does no harm."""


class Repair(StrEnum):
    """A way to put something right; `repair.py` knows how."""

    GUARDS = "guards"
    TREE = "tree"
    INDEXES = "indexes"
    DELETIONS = "deletions"
    COPIES = "copies"
    MARKS = "marks"
    STATEMENTS = "statements"
    HOLDS = "holds"
    """Needs what a workspace knows, so the job does it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `repair`: how it is put right, None where that cannot be done from what is here."""

    text: str
    standing: Standing
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One step: what it looked at, and what it found. `notes` are worth knowing and no fault."""

    step: int
    title: str
    findings: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What is lost, altered or to be repaired, without what is only extra."""
        return tuple(each.text for each in self.findings if each.standing is not Standing.EXTRA)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing and no fault."""
        return (*self.notes, *(each.text for each in self.findings if each.standing is Standing.EXTRA))

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults


def lost(text: str) -> Fault:
    """Return a fault that only a backup can put right."""
    return Fault(text, Standing.LOST)


def repairable(text: str, repair: Repair) -> Fault:
    """Return a fault that can be put right from what is here."""
    return Fault(text, Standing.REPAIRABLE, repair)


def extra(text: str, repair: Repair | None = None) -> Fault:
    """Return what belongs to nothing. `repair`: how it can be removed."""
    return Fault(text, Standing.EXTRA, repair)
