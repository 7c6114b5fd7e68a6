"""What the site keeps beside the log: proposals that wait for a second person, and the index that lists read.

The index is made from the log, and made from it again when it is missing.
"""

from django.db import models


class ProposedDisposition(models.Model):
    """A disposition that is softer than the rule: it is recorded once a second person agrees, and is nothing before."""

    control_test = models.CharField(max_length=20)
    run_id = models.CharField(max_length=40)
    item = models.TextField()
    kind = models.CharField(max_length=20)
    reason = models.TextField()
    proposed_by = models.CharField(max_length=254)
    proposed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return what it is about."""
        return f"{self.control_test} {self.item}: {self.kind}"


class EvidenceRow(models.Model):
    """One capture as a list shows it. `number` is the number of its log entry; times are aware UTC."""

    number = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=1000)
    source = models.CharField(max_length=200)
    kind = models.CharField(max_length=200)
    owner = models.CharField(max_length=200)
    captured_by = models.CharField(max_length=254)
    captured_at = models.DateTimeField()
    period_from = models.DateTimeField(null=True)
    period_to = models.DateTimeField(null=True)
    version = models.IntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    replaced = models.BooleanField(default=False)
    words = models.TextField()
    """Lower case: name, source, kind, owner, systems and query, for the search."""

    class Meta:
        """Lists go from the newest back, by one filter at a time."""

        indexes = (
            models.Index(fields=["source", "kind", "-number"]),
            models.Index(fields=["owner", "-number"]),
            models.Index(fields=["sha256"]),
        )

    def __str__(self) -> str:
        """Return the id of the evidence."""
        return f"ev-{self.number}"


class EvidenceSystem(models.Model):
    """A system that a capture speaks for; none = all that its source covers."""

    row = models.ForeignKey(EvidenceRow, on_delete=models.CASCADE, related_name="systems")
    system = models.CharField(max_length=200)

    class Meta:
        """Found by system."""

        indexes = (models.Index(fields=["system", "row"]),)

    def __str__(self) -> str:
        """Return the system's id."""
        return self.system


class IndexState(models.Model):
    """How far the index has read the log, and of which log it is."""

    log_id = models.CharField(max_length=100)
    read_to = models.BigIntegerField()

    def __str__(self) -> str:
        """Return how far it is."""
        return f"{self.log_id}: {self.read_to}"
