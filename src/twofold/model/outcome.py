"""Outcomes of an attribute or an item, and the reason codes that carry them.

Source: design 5 and 6, audit-domain 4.0. A reason code is `pass`, `exception:REASON`,
`na:REASON` or `cannot_test:REASON`; REASON is a snake_case word declared in the rule.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Outcome(StrEnum):
    """What was found for one attribute, or for one item under one lens."""

    PASS = "PASS"  # noqa: S105  an outcome, no password
    EXCEPTION = "EXCEPTION"
    CANNOT_TEST = "CANNOT_TEST"
    NOT_APPLICABLE = "NOT_APPLICABLE"


PREFIXES = {
    "pass": Outcome.PASS,
    "exception": Outcome.EXCEPTION,
    "cannot_test": Outcome.CANNOT_TEST,
    "na": Outcome.NOT_APPLICABLE,
}
PRECEDENCE = (Outcome.EXCEPTION, Outcome.CANNOT_TEST, Outcome.PASS, Outcome.NOT_APPLICABLE)
"""The first of these that any required attribute has is the item's (audit-domain 4.0)."""

_CODE = re.compile(r"(pass)|(exception|na|cannot_test):([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """A parsed reason code; `reason` is empty for a pass."""

    outcome: Outcome
    reason: str = ""

    @staticmethod
    def parse(text: str) -> "ReasonCode":
        """Read `exception:stale_approval`; raises ValueError for any other form."""
        return _parsed(text)


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> ReasonCode:
    match = _CODE.fullmatch(text)
    if match is None:
        msg = f"{text!r} is no reason code (pass, exception:REASON, na:REASON or cannot_test:REASON)"
        raise ValueError(msg)
    return ReasonCode(PREFIXES[match[1] or match[2]], match[3] or "")


def item_outcome(attributes: Iterable[Outcome]) -> Outcome:
    """Combine the attributes a lens requires: EXCEPTION > CANNOT_TEST > PASS > NOT_APPLICABLE."""
    present = set(attributes)
    return next((outcome for outcome in PRECEDENCE if outcome in present), Outcome.NOT_APPLICABLE)
