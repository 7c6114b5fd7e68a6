"""A proposed change of scope: it waits for a second person, and stays visible with what was decided."""

from collections.abc import Mapping

from django.db import models

from twofold.jobs.scope_change import ScopeChange
from twofold.scope.edits.edit import ControlEdit, SystemEdit, edits_as_json, read_edits


class ScopeProposal(models.Model):
    """One proposal. Nothing of it is in force before its state is `applied` and `entry` names the log entry.

    edits: JSON of `scope/edits/edit.py`; no edits = the files as they were edited by hand. amended_at: when who
    proposed it changed its edits last. proposed: lines of the plan then. plan: the plan as it is, then as it was
    decided (see `plans.py`), made from what `base` says on the day `planned_on`. what_if: run that was asked about it.
    """

    class State(models.TextChoices):
        """How a proposal stands."""

        WAITING = "waiting"
        APPLIED = "applied"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    edits = models.TextField()
    reason = models.TextField()
    proposed_by = models.CharField(max_length=254)
    proposed_at = models.DateTimeField()
    amended_at = models.DateTimeField(null=True)
    proposed = models.JSONField(default=list)
    plan = models.JSONField(default=dict)
    base = models.CharField(max_length=64)
    planned_on = models.DateField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    decided_by = models.CharField(max_length=254, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(default="")
    entry = models.BigIntegerField(null=True)
    what_if = models.CharField(max_length=60, default="")

    class Meta:
        """Lists show what waits, then the newest."""

        indexes = (models.Index(fields=["state", "-id"]),)

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.pk}: {self.short()}"

    @property
    def change(self) -> ScopeChange:
        """The change as jobs know it."""
        return ScopeChange(read_edits(self.edits), self.reason, self.proposed_by)

    @property
    def sentences(self) -> list[str]:
        """What is proposed, a sentence each."""
        return self.change.told()

    def told(self, people: Mapping[str, str] | None = None) -> list[str]:
        """Return what is proposed, a sentence each. people: HR id -> name."""
        return self.change.told(people)

    def short(self, people: Mapping[str, str] | None = None) -> str:
        """Return what is proposed, for lists: of many systems or controls only the first are named."""
        return " ".join(self.change.told(people, short=True))

    @property
    def systems(self) -> frozenset[str]:
        """The systems that it changes; none for files edited by hand."""
        return frozenset(each.system for each in self.change.edits if isinstance(each, SystemEdit))

    @property
    def controls(self) -> frozenset[str]:
        """The controls that it gives to others; none for files edited by hand."""
        return frozenset(each.control for each in self.change.edits if isinstance(each, ControlEdit))

    @classmethod
    def of(cls, change: ScopeChange) -> "ScopeProposal":
        """Return a proposal of a change, not saved."""
        return cls(edits=edits_as_json(change.edits), reason=change.reason, proposed_by=change.proposed_by)
