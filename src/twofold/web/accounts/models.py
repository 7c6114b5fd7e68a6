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


class ApiToken(models.Model):
    """A program's key to an account: some of its rights, for a while. Only the hash of its secret is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=200)
    rights = models.TextField()
    """Names of the table of rights, with spaces; what the account's role does not have, the token has not either."""
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    minute = models.BigIntegerField(default=0)
    """The minute of its newest call, counted from 1970; `calls` are those of that minute."""
    calls = models.IntegerField(default=0)

    def __str__(self) -> str:
        """Return its name and whose it is."""
        return f"{self.name} of {self.user.get_username()}"


class IdempotentAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, so that the same request again does nothing again."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    request_sha256 = models.CharField(max_length=64)
    status = models.IntegerField()
    """0 while it is being done."""
    body = models.TextField()
    """Sealed, since an answer may hold a secret."""
    made_at = models.DateTimeField()

    class Meta:
        """One answer for a token and key."""

        constraints = (models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key"),)

    def __str__(self) -> str:
        """Return the key."""
        return self.key
