"""What the site keeps of an account beside the library's user: role, person, and invitations."""

from django.conf import settings
from django.db import models

from twofold.web.rights import ROLE_TITLES, Role

ROLE_CHOICES = [(role.value, ROLE_TITLES[role]) for role in Role]


class Member(models.Model):
    """The role of an account, and whose it is: an id of the HR roster, "" where nobody said."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    person = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        """Return account and role, for messages."""
        return f"{self.user.get_username()} ({self.role})"


class Invitation(models.Model):
    """A link that lets one person set a password, once. Only the hash of its secret part is kept.

    email: "" for the first administrator, who names it when accepting.
    """

    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    person = models.CharField(max_length=200, blank=True, default="")
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return whom it is for."""
        return f"{self.email} ({self.role})"
