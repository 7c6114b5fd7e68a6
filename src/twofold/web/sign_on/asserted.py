"""What an identity provider says of a person, however it says it."""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_GROUPS = 2000


@dataclass(frozen=True, slots=True)
class Asserted:
    """Whom a provider names. groups: None where it says nothing of groups, so that roles stay as they are."""

    subject: str
    email: str
    email_verified: bool
    groups: Sequence[str] | None


def groups_in(value: object) -> Sequence[str] | None:
    """Return the names of groups in a claim: a list of texts or one text; None where it is neither.

    >>> groups_in(["a", 1, "b"]), groups_in("a"), groups_in(None)
    (['a', 'b'], ['a'], None)
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [each for each in value[:_MOST_GROUPS] if isinstance(each, str)]
    return None
