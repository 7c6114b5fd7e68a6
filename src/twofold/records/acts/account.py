"""Record what happens to an account of the company's site: an entry of kind `account`.

A failed password is no act; the one that locks the account is recorded. A sign-in through an identity provider that is
refused is one: the provider answered for somebody. Nothing secret is recorded: no password, token or code.
"""

from datetime import datetime
from enum import StrEnum

from twofold.records.acts.recording import record
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault


class AccountAct(StrEnum):
    """What happened to an account."""

    INVITED = "invited"
    ACTIVATED = "activated"
    ROLE_CHANGED = "role_changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    LOCKED_OUT = "locked_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of an act
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    TOKEN_MADE = "token_made"  # noqa: S105  the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  the name of an act
    PROVIDER_ADDED = "provider_added"
    PROVIDER_CHANGED = "provider_changed"
    PROVIDER_REMOVED = "provider_removed"
    SIGN_ON_CHANGED = "sign_on_changed"
    SIGN_IN_REFUSED = "sign_in_refused"
    LINKED = "linked"
    UNLINKED = "unlinked"
    PROVISIONED = "provisioned"
    PROFILE_CHANGED = "profile_changed"
    PERSON_LINKED = "person_linked"


def record_account_act(  # noqa: PLR0913  one entry, and each field of it is given
    vault: Vault,
    act: AccountAct,
    *,
    account: str,
    role: str,
    detail: str,
    address: str,
    acting_user: str,
    at: datetime,
) -> Entry:
    """Write the entry. account: e-mail address; role: that of the account afterwards; address: of the request."""
    body: dict[str, Json] = {
        "account": account,
        "act": act.value,
        "address": address,
        "detail": detail,
        "role": role,
    }
    return record(vault, EntryKind.ACCOUNT, body=body, acting_user=acting_user, at=at)
