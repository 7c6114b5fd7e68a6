"""The secret address of a person's calendar feed. Only its hash is kept; it ends, and can be revoked."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """One address. Times are aware UTC; `revoked_at` None = not revoked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds")
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return whose it is."""
        return f"calendar of {self.user.get_username()}"
