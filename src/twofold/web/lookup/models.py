"""Saved filters of lists, and what each piece of evidence stands for: which lenses read it, and until when it counts.

The second is made from the log, and made from it again when it is missing.
"""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A filter of a list that a person named. `query` is the part of the address after `?`."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    listing = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        """One filter of a name per person and list; lists ask for their own."""

        constraints = (models.UniqueConstraint(fields=["listing", "owner", "name"], name="lookup_one_name"),)
        ordering = ("name", "pk")

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class EvidenceStanding(models.Model):
    """What one capture stands for. `number` is the number of its log entry, as in the list of evidence.

    speaks_to: the last moment that it speaks for; stops_at: from when on it counts as stale for the control that asks
    most of it, None where no control asks it to be fresh. Both aware UTC.
    """

    number = models.BigIntegerField(primary_key=True)
    speaks_to = models.DateTimeField()
    stops_at = models.DateTimeField(null=True)
    in_soc2 = models.BooleanField(default=False)
    in_sox = models.BooleanField(default=False)

    class Meta:
        """Asked for what stops counting soon."""

        indexes = (models.Index(fields=["stops_at", "number"]),)

    def __str__(self) -> str:
        """Return the id of the evidence."""
        return f"ev-{self.number}"


class StandingState(models.Model):
    """The newest run, by number of its entry, up to which the standings know who reads what."""

    newest_run = models.BigIntegerField()

    def __str__(self) -> str:
        """Return the entry of the run."""
        return str(self.newest_run)
