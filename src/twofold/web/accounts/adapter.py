"""What the account library asks us: who may sign up (nobody), and how secrets of second factors are kept (sealed)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from twofold.web.accounts.address import address_of
from twofold.web.accounts.sealing import Purpose, seal, unseal


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]  # the library is untyped
    """Accounts come from an invitation or from the company's directory only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse."""
        del request
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address as we take it everywhere."""
        return address_of(request)


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]  # the library is untyped
    """Keeps secrets of second factors sealed."""

    def encrypt(self, text: str) -> str:
        """Return it sealed."""
        return seal(text, Purpose.FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was sealed; raises InvalidTag where the site's secret is another one."""
        return unseal(encrypted_text, Purpose.FACTORS)

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """Name us to the person's device when a passkey is made."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Twofold"}
