"""What the site keeps of identity providers, and of what the company's directory says of its accounts."""

from django.conf import settings
from django.db import models

from twofold.web.accounts.models import ROLE_CHOICES
from twofold.web.accounts.sealing import Purpose, unseal


class Kind(models.TextChoices):
    """How a provider speaks."""

    OIDC = "oidc", "OpenID Connect"
    SAML = "saml", "SAML 2.0"


class IdentityProvider(models.Model):
    """A service that says who somebody is. Fields of the other kind are empty.

    email_domains: with spaces; only addresses of these find an account. groups_claim: name of the claim or attribute
    with groups, "" where roles do not follow groups. refused, refused_since: how many refusals were recorded in the
    hour that began then.
    """

    slug = models.SlugField(max_length=50, unique=True)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    name = models.CharField(max_length=60)
    enabled = models.BooleanField(default=True)
    email_domains = models.TextField()
    factor_by_provider = models.BooleanField(default=False)
    groups_claim = models.CharField(max_length=200, blank=True, default="")
    issuer = models.CharField(max_length=500)
    """OpenID Connect: the issuer; SAML: the entity id."""
    client_id = models.CharField(max_length=200, blank=True, default="")
    client_secret_sealed = models.TextField(blank=True, default="")
    vouches_for_email = models.BooleanField(default=False)
    """Take an address without the claim `email_verified` as verified. One that is said to be unverified never is."""
    sso_address = models.CharField(max_length=500, blank=True, default="")
    certificates = models.TextField(blank=True, default="")
    """PEM of the certificates that assertions are signed with."""
    accepts_unasked = models.BooleanField(default=False)
    """Whether a sign-in may begin at the provider, without our having asked."""
    refused = models.IntegerField(default=0)
    refused_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return name and kind."""
        return f"{self.name} ({self.get_kind_display()})"

    @property
    def domains(self) -> frozenset[str]:
        """The e-mail domains, in lower case."""
        return frozenset(self.email_domains.lower().split())

    @property
    def client_secret(self) -> str:
        """The secret in the clear, for the token endpoint only."""
        return unseal(self.client_secret_sealed, Purpose.PROVIDERS)


class ProviderLink(models.Model):
    """The provider's lasting name of a person, and whose account it is."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="links")
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="provider_links")
    linked_at = models.DateTimeField()

    class Meta:
        """One account for a subject, and one subject for an account."""

        constraints = (
            models.UniqueConstraint(fields=["provider", "subject"], name="one_account_per_subject"),
            models.UniqueConstraint(fields=["provider", "user"], name="one_subject_per_account"),
        )

    def __str__(self) -> str:
        """Return whose it is and where."""
        return f"{self.user.get_username()} at {self.provider.name}"


class ArrivedAssertion(models.Model):
    """A SAML assertion that was found good: its id, so that it works once, and what it says until it is used.

    key_sha256: hash of the one-time key that leads the person's browser from the address that the provider posts to,
    where it has no session, to the next.
    """

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE)
    assertion_sha256 = models.CharField(max_length=64)
    key_sha256 = models.CharField(max_length=64, unique=True)
    request_id = models.CharField(max_length=200, blank=True, default="")
    subject = models.CharField(max_length=255)
    email = models.CharField(max_length=254, blank=True, default="")
    groups = models.JSONField(null=True)
    usable_until = models.DateTimeField()
    forget_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Each assertion once."""

        constraints = (
            models.UniqueConstraint(fields=["provider", "assertion_sha256"], name="each_assertion_works_once"),
        )

    def __str__(self) -> str:
        """Return whom it is about."""
        return f"{self.subject} from {self.provider.name}"


class SignOnSettings(models.Model):
    """What holds for all providers; the one row has the key 1."""

    everybody = models.BooleanField(default=False)
    """Everybody signs in through a provider; passwords and passkeys are for marked administrators only."""
    groups_make_administrators = models.BooleanField(default=False)
    """Whether groups may give and take the role of administrator."""

    def __str__(self) -> str:
        """Return a word."""
        return "everybody through the provider" if self.everybody else "passwords, too"


class BreakGlass(models.Model):
    """An administrator who may sign in with a password when everybody else goes through the provider."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="break_glass")

    def __str__(self) -> str:
        """Return whose."""
        return str(self.user.get_username())


class GroupRole(models.Model):
    """A group of the company's directory and the role that its members get. Of several, the first by `position`."""

    position = models.IntegerField(unique=True)
    group = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)

    def __str__(self) -> str:
        """Return group and role."""
        return f"{self.group}: {self.role}"


class DirectoryEntry(models.Model):
    """What the company's directory says of an account.

    provisioned: the account came from the directory. role_by_group: a group gave it its role. closed: the directory
    closed the account, so it may open it again. removed: it deleted the account, which then is not there for it.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="directory_entry")
    user_name = models.CharField(max_length=254, blank=True, default="", db_index=True)
    external_id = models.CharField(max_length=200, blank=True, default="", db_index=True)
    employee_number = models.CharField(max_length=200, blank=True, default="")
    display_name = models.CharField(max_length=300, blank=True, default="")
    provisioned = models.BooleanField(default=False)
    role_by_group = models.BooleanField(default=False)
    closed = models.BooleanField(default=False)
    removed = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the name there."""
        return self.user_name


class DirectoryGroup(models.Model):
    """A group that the company's directory sends, with its members."""

    display_name = models.CharField(max_length=200, unique=True)
    external_id = models.CharField(max_length=200, blank=True, default="", db_index=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="directory_groups")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return its name."""
        return self.display_name


class ScimToken(models.Model):
    """The directory's key to the SCIM operations, for a while. Only the hash of its secret is kept."""

    name = models.CharField(max_length=200)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        """Return its name."""
        return self.name
