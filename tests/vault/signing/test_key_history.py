"""Rotations: each key names the next, and nothing else is believed."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, make_entry
from twofold.vault.signing.key_history import BrokenKeyHistoryError, key_history, rotation_body
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import COSIGNATURE, sign_note

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
ORIGIN = "example.com/evidence"
KEYS = [SigningKey.generate(ORIGIN) for _ in range(3)]


def entry(index: int, kind: str, body: dict[str, Json]) -> Entry:
    return make_entry(index=index, kind=kind, at=AT, actor="p-0001", body=body)


def first(vkey: str = KEYS[0].vkey) -> Entry:
    return entry(0, "log", {"form": "twofold-log-2", "key": vkey, "log_id": "5d1c", "origin": ORIGIN})


def rotation(index: int, old: int, new: int) -> Entry:
    return entry(index, "key_rotation", rotation_body(index=index, old=KEYS[old], new=KEYS[new]))


def test_each_size_has_its_key() -> None:
    history = key_history([first(), entry(1, "run", {}), rotation(4, 0, 1), rotation(9, 1, 2)])

    assert [history.key_for(size).public for size in (1, 4, 5, 9, 10, 99)] == [
        KEYS[at].public for at in (0, 0, 1, 1, 2, 2)
    ]
    assert history.current == KEYS[2].verifier
    with pytest.raises(ValueError, match="at least one entry"):
        history.key_for(0)


def test_the_old_key_and_the_new_one_sign_the_stated_text() -> None:
    note = str(rotation(4, 0, 1).body["note"])
    assert note.startswith(f"twofold-key-rotation@v1\n{ORIGIN}\n4\n{KEYS[0].vkey}\n{KEYS[1].vkey}\n\n")
    assert note.count("— ") == 2


def forged_by_new_key_alone() -> Entry:
    body = rotation_body(index=4, old=KEYS[0], new=KEYS[1])
    body["note"] = sign_note(str(body["note"]).split("\n\n", maxsplit=1)[0] + "\n", [KEYS[1]])
    return entry(4, "key_rotation", body)


def signed_by_old_key_alone() -> Entry:
    body = rotation_body(index=4, old=KEYS[0], new=KEYS[1])
    body["note"] = sign_note(str(body["note"]).split("\n\n", maxsplit=1)[0] + "\n", [KEYS[0]])
    return entry(4, "key_rotation", body)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: rotation(4, 1, 2), "entry 4 rotates another key than the one in force"),
        (forged_by_new_key_alone, "not signed by both keys"),
        (signed_by_old_key_alone, "not signed by both keys"),
        (lambda: entry(4, "key_rotation", dict(rotation(5, 0, 1).body)), "for another log, place or key"),
        (lambda: entry(4, "key_rotation", {**rotation(4, 0, 1).body, "new": KEYS[2].vkey}), "not signed by both keys"),
        (lambda: entry(4, "key_rotation", {**rotation(4, 0, 1).body, "note": "x"}), "not signed as it should be"),
        (lambda: entry(4, "key_rotation", {"old": KEYS[0].vkey}), "names no key"),
    ],
)
def test_a_broken_chain_is_refused(made: Callable[[], Entry], sentence: str) -> None:
    with pytest.raises(BrokenKeyHistoryError, match=sentence):
        key_history([first(), made()])


def test_the_first_key_must_be_one_of_this_log() -> None:
    other = SigningKey.generate("example.com/another")
    witness = SigningKey.generate(ORIGIN, kind=COSIGNATURE)
    for vkey in (other.vkey, witness.vkey):
        with pytest.raises(BrokenKeyHistoryError, match="cannot sign for the log"):
            key_history([first(vkey)])
    with pytest.raises(BrokenKeyHistoryError, match="is missing"):
        key_history([rotation(4, 0, 1)])
