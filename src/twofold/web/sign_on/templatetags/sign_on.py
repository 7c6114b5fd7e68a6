"""What the sign-in page shows of identity providers."""

from collections.abc import Sequence

from django import template

from twofold.web.sign_on.models import IdentityProvider
from twofold.web.sign_on.policy import providers_in_use, sign_on_settings

register = template.Library()


@register.simple_tag
def identity_providers() -> Sequence[IdentityProvider]:
    """Return the providers that people can sign in through."""
    return providers_in_use()


@register.simple_tag
def passwords_are_for_few() -> bool:
    """Whether everybody but marked administrators signs in through a provider."""
    return sign_on_settings().everybody
