"""The forms of single sign-on. A provider is asked, or its metadata read, before anything of it is kept."""

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify

from twofold.web.accounts.models import ROLE_CHOICES
from twofold.web.accounts.sealing import Purpose, seal
from twofold.web.sign_on.models import IdentityProvider, Kind
from twofold.web.sign_on.oidc import discover
from twofold.web.sign_on.outside import ProviderError
from twofold.web.sign_on.saml_metadata import GREATEST, read_metadata

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_LONGEST_SLUG = 40


class ProviderForm(forms.Form):
    """What both kinds have."""

    name = forms.CharField(max_length=60)
    email_domains = forms.CharField(max_length=2000)
    groups_claim = forms.CharField(max_length=200, required=False)
    factor_by_provider = forms.BooleanField(required=False)
    enabled = forms.BooleanField(required=False)

    def clean_email_domains(self) -> str:
        """Return the domains in order; raises for a word that is none."""
        words = sorted(set(self.cleaned_data["email_domains"].lower().replace(",", " ").replace("@", "").split()))
        wrong = [each for each in words if not _DOMAIN.fullmatch(each)]
        if wrong:
            message = f"No domain: {', '.join(wrong)[:200]}. Expected e-mail domains, as example.com."
            raise forms.ValidationError(message)
        return " ".join(words)

    def apply(self, provider: IdentityProvider) -> None:
        """Write what was said into a provider, without saving it."""
        given = self.cleaned_data
        for name in ("name", "email_domains", "groups_claim", "factor_by_provider", "enabled"):
            setattr(provider, name, given[name])
        if not provider.slug:
            provider.slug = _free_slug(given["name"])


class OidcForm(ProviderForm):
    """An OpenID provider. An empty secret leaves the one that is kept.

    The provider is asked where the issuer is new, so that one that does not answer can still be taken out of use.
    """

    issuer = forms.CharField(max_length=500)
    client_id = forms.CharField(max_length=200)
    client_secret = forms.CharField(max_length=1000, required=False)
    vouches_for_email = forms.BooleanField(required=False)

    def __init__(self, *args: Any, kept: IdentityProvider, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["client_secret"].required = not kept.client_secret_sealed
        self._kept = kept.issuer

    def clean_issuer(self) -> str:
        """Return the issuer as the provider itself names it."""
        if self.cleaned_data["issuer"] == self._kept:
            return self._kept
        try:
            return discover(self.cleaned_data["issuer"]).issuer
        except ProviderError as error:
            raise forms.ValidationError(_sentence(error)) from error

    def apply(self, provider: IdentityProvider) -> None:
        """Write what was said; the secret is sealed."""
        super().apply(provider)
        given = self.cleaned_data
        provider.kind = Kind.OIDC
        provider.issuer, provider.client_id = given["issuer"], given["client_id"]
        provider.vouches_for_email = given["vouches_for_email"]
        if given["client_secret"]:
            provider.client_secret_sealed = seal(given["client_secret"], Purpose.PROVIDERS)


class SamlForm(ProviderForm):
    """A SAML provider. Without metadata, what was read before stays."""

    metadata = forms.CharField(max_length=GREATEST, required=False, strip=False)
    metadata_file = forms.FileField(max_length=255, required=False, allow_empty_file=False)
    accepts_unasked = forms.BooleanField(required=False)

    def __init__(self, *args: Any, kept: IdentityProvider, **named: Any) -> None:
        super().__init__(*args, **named)
        self._has_metadata = bool(kept.certificates)

    def clean(self) -> dict[str, Any]:
        """Read the metadata, pasted or uploaded."""
        given = super().clean() or {}
        document = (given.get("metadata") or "").strip().encode()
        file: UploadedFile[Any] | None = given.get("metadata_file")
        if file is not None:
            document = file.read(GREATEST + 1)
        given["read"] = None
        if not document and not self._has_metadata and not self.errors:
            self.add_error("metadata", "Paste the provider's metadata or choose its file.")
        elif document:
            try:
                given["read"] = read_metadata(document)
            except ProviderError as error:
                self.add_error("metadata", _sentence(error))
        return given

    def apply(self, provider: IdentityProvider) -> None:
        """Write what was said and read."""
        super().apply(provider)
        provider.kind = Kind.SAML
        provider.accepts_unasked = self.cleaned_data["accepts_unasked"]
        read = self.cleaned_data["read"]
        if read is not None:
            provider.issuer, provider.sso_address = read.entity_id, read.sso_address
            provider.certificates = read.certificates


class GroupForm(forms.Form):
    """A group and the role of its members."""

    group = forms.CharField(max_length=200)
    role = forms.ChoiceField(choices=ROLE_CHOICES)


class TokenForm(forms.Form):
    """A key for the directory."""

    name = forms.CharField(max_length=200)
    days = forms.IntegerField(min_value=1, max_value=366)


class SettingsForm(forms.Form):
    """What holds for all providers. break_glass: keys of the marked accounts."""

    everybody = forms.BooleanField(required=False)
    groups_make_administrators = forms.BooleanField(required=False)
    break_glass = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, administrators: list[tuple[int, str]], providers: int, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["break_glass"].choices = administrators  # type: ignore[attr-defined]  # a field of choices
        self._providers = providers

    def clean(self) -> dict[str, Any]:
        """See that somebody can always get in."""
        given = super().clean() or {}
        if given.get("everybody") and not self._providers:
            self.add_error("everybody", "No provider is in use yet: add one and sign in through it first.")
        if given.get("everybody") and not given.get("break_glass"):
            self.add_error("break_glass", "Mark an administrator who gets in when the provider does not answer.")
        return given


def _free_slug(name: str) -> str:
    """Return a part of the address that no other provider has."""
    base = slugify(name)[:_LONGEST_SLUG] or "provider"
    taken = set(IdentityProvider.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)


def _sentence(error: ProviderError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
