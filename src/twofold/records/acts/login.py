"""Record that an auditor logged in: an entry of kind `login`. Failed attempts are no acts and are not recorded here."""

from collections.abc import Sequence
from datetime import datetime

from twofold.model.problem import Problem, UserError
from twofold.records.acts.recording import record
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault


def log_in(
    vault: Vault, *, engagements: Sequence[str], organisation: str, method: str, acting_user: str, at: datetime
) -> Entry:
    """Record the log-in of `acting_user`, an auditor of `organisation`, to these engagements.

    method: how the person was recognised, in a word, such as passkey. Raises UserError without an engagement.
    """
    if not engagements:
        raise UserError(Problem("engagement", "a log-in to no engagement", "at least one engagement of the auditor"))
    body: dict[str, Json] = {
        "engagements": [*sorted(set(engagements))],
        "method": method,
        "organisation": organisation,
    }
    return record(vault, EntryKind.LOGIN, body=body, acting_user=acting_user, at=at)
