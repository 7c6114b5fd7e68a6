"""Legal holds and policies: who may place, release and shorten them."""

from typing import Any

import pytest

from twofold.model.evidence import EvidenceRef
from twofold.model.problem import UserError
from twofold.records.acts.hold import all_holds, place_hold, release_hold
from twofold.records.acts.retention_policy import apply_policy, policy_in_force
from twofold.vault.entry import Entry
from twofold.vault.retention.legal_hold import LegalHold
from twofold.vault.retention.retention import policy_with, shipped_policy
from twofold.vault.store import Vault

from .conftest import AT


def place(vault: Vault, **changed: Any) -> LegalHold:
    asked: dict[str, Any] = {
        "evidence": [],
        "sources": [],
        "engagements": [],
        "everything": False,
        "reason": "Matter 14",
        "authority": "p-0002",
        "acting_user": "p-0001",
        "at": AT,
        **changed,
    }
    return place_hold(vault, **asked)


def release(vault: Vault, hold: str, **changed: Any) -> LegalHold:
    asked: dict[str, Any] = {
        "hold_id": hold,
        "reason": "settled",
        "authority": "p-0002",
        "second_person": "p-0003",
        "acting_user": "p-0001",
        "at": AT,
        **changed,
    }
    return release_hold(vault, **asked)


def apply(vault: Vault, years: dict[str, int], second: str | None = None, reason: str = "contract") -> Entry:
    return apply_policy(vault, policy_with(years), reason=reason, second_person=second, acting_user="p-0001", at=AT)


@pytest.mark.parametrize(
    ("named", "covered"),
    [
        ({"evidence": ["ev-2"]}, [False, True, False]),
        ({"sources": ["hr"]}, [True, True, True]),
        ({"sources": ["okta"]}, [False, False, False]),
        ({"engagements": ["sox"]}, [True, False, False]),
        ({"engagements": ["soc2"]}, [False, False, False]),
        ({"everything": True}, [True, True, True]),
    ],
    ids=range(6),
)
def test_what_a_hold_covers(
    vault: Vault, evidence: list[EvidenceRef], named: dict[str, Any], covered: list[bool]
) -> None:
    hold = place(vault, **named)
    relying: list[set[str]] = [{"sox"}, set(), set()]
    assert [hold.covers(each, relied_on_by=by) for each, by in zip(evidence, relying, strict=True)] == covered


def test_a_released_hold_covers_nothing(vault: Vault, evidence: list[EvidenceRef]) -> None:
    hold = place(vault, everything=True)
    assert all_holds(vault) == {hold.hold_id: hold}
    released = release(vault, hold.hold_id)
    assert (released.stands, released.released_by, released.released_at) == (False, "p-0001", AT)
    assert not released.covers(evidence[0], relied_on_by=())


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"reason": ""}, "no reason"),
        ({"authority": " "}, "nobody is named"),
        ({"everything": False}, "names nothing"),
        ({"evidence": ["ev-9"]}, "no evidence 'ev-9'"),
        ({"evidence": [f"ev-{n}" for n in range(2_001)]}, "2,001 pieces"),
    ],
    ids=range(5),
)
def test_holds_that_are_refused(vault: Vault, changed: dict[str, Any], found: str) -> None:
    with pytest.raises(UserError, match=found):
        place(vault, **{"everything": True, **changed})
    assert vault.size == 1


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"reason": ""}, "no reason"),
        ({"authority": ""}, "nobody is named"),
        ({"second_person": None}, "no second person"),
        ({"second_person": "p-0002"}, "first person again"),
        ({"hold_id": "hold-9"}, "no hold 'hold-9'"),
    ],
    ids=range(5),
)
def test_releases_that_are_refused(vault: Vault, changed: dict[str, Any], found: str) -> None:
    hold = place(vault, everything=True)
    with pytest.raises(UserError, match=found):
        release(vault, hold.hold_id, **changed)
    assert all_holds(vault)[hold.hold_id].stands
    release(vault, hold.hold_id)
    with pytest.raises(UserError, match="was released already"):
        release(vault, hold.hold_id)


def test_a_policy_is_in_force_once_applied(vault: Vault) -> None:
    assert policy_in_force(vault) == (shipped_policy(), None)
    entry = apply(vault, {"sox_relied": 10})
    assert policy_in_force(vault) == (policy_with({"sox_relied": 10}), entry.index)
    assert entry.body["second_person"] is None
    with pytest.raises(UserError, match="in force already"):
        apply(vault, {"sox_relied": 10})
    with pytest.raises(UserError, match="no reason"):
        apply(vault, {"sox_relied": 11}, reason=" ")


def test_a_shorter_term_needs_a_second_person(vault: Vault) -> None:
    apply(vault, {"other": 5})
    with pytest.raises(UserError, match="other would be kept for a shorter time"):
        apply(vault, {"other": 4})
    with pytest.raises(UserError, match="first person again"):
        apply(vault, {"other": 4}, "p-0001")
    assert apply(vault, {"other": 4}, "p-0002").body["second_person"] == "p-0002"
