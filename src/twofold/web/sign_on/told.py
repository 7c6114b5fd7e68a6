"""How providers and settings are told in the log. Nothing secret is among it."""

from twofold.web.sign_on.models import BreakGlass, IdentityProvider, Kind
from twofold.web.sign_on.policy import sign_on_settings
from twofold.web.sign_on.saml_metadata import certificates_of, fingerprint

_PRINT = 16
"""Characters of a fingerprint that are told."""


def provider_told(provider: IdentityProvider) -> str:
    """Return what a provider is and may."""
    parts = [
        f"{provider} {provider.issuer}",
        f"domains {provider.email_domains}",
        "in use" if provider.enabled else "not in use",
    ]
    if provider.kind == Kind.OIDC:
        parts.append(f"client {provider.client_id}")
    else:
        prints = [fingerprint(each)[:_PRINT] for each in certificates_of(provider.certificates)]
        parts.append(f"asks at {provider.sso_address}, certificates {', '.join(prints)}")
    if provider.groups_claim:
        parts.append(f"groups in {provider.groups_claim}")
    flags = {
        "asks for the second factor": provider.factor_by_provider,
        "vouches for addresses": provider.vouches_for_email,
        "may begin a sign-in": provider.accepts_unasked,
    }
    return "; ".join([*parts, *(said for said, holds in flags.items() if holds)])


def settings_told() -> str:
    """Return what holds for all providers."""
    row = sign_on_settings()
    marked = BreakGlass.objects.order_by("user__email").values_list("user__email", flat=True)
    return (
        f"{row}; groups {'may' if row.groups_make_administrators else 'never'} make administrators; "
        f"passwords in an emergency: {', '.join(marked) or 'nobody'}"
    )
