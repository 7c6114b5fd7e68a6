"""The witness's cosignature: the example of C2SP, its time, and what a witness refuses to follow."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import cosign, follows, verify_cosignature
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import (
    COSIGNATURE,
    NoteError,
    cosignature_time,
    cosigned_message,
    parse_note,
    timed_signature,
)
from twofold.vault.signing.signed_checkpoint import signed_checkpoint, verify_checkpoint
from twofold.vault.tree.merkle import ProofError, fold, grow, leaf_hash

LOG = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = SigningKey("auditor.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)), COSIGNATURE)
AT = datetime(2026, 7, 15, 6, 0, 0, 999_999, tzinfo=UTC)
PUBLISHED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501  the example of C2SP tlog-cosignature


def tree(*leaves: bytes) -> list[Checkpoint]:
    """Return the checkpoint of each size, from 0."""
    frontier: list[bytes] = []
    made = [Checkpoint(LOG.name, 0, fold(frontier))]
    for size, leaf in enumerate(leaves):
        grow(frontier, size, leaf_hash(leaf))
        made.append(Checkpoint(LOG.name, size + 1, fold(frontier)))
    return made


NOTE = signed_checkpoint(tree(b"a")[1], LOG)


def test_the_published_example_holds_the_time_it_says() -> None:
    assert cosignature_time(parse_note(PUBLISHED).signatures[1].signature) == 1679315147


def test_a_cosigned_note_gives_the_time_in_whole_seconds() -> None:
    cosigned = NOTE + cosign(NOTE, WITNESS, AT.astimezone(timezone(timedelta(hours=5))))
    assert verify_cosignature(cosigned, WITNESS.verifier) == AT.replace(microsecond=0)
    assert verify_checkpoint(cosigned, LOG.verifier, others=[WITNESS.verifier]).checkpoint.size == 1


def test_the_signed_message_is_that_of_the_specification() -> None:
    line = cosign(NOTE, WITNESS, AT)
    raw = base64.b64decode(line.split(" ")[2])
    message = f"cosignature/v1\ntime {int(AT.timestamp())}\n{parse_note(NOTE).text}".encode()
    WITNESS.private.public_key().verify(raw[12:], message)
    assert raw[:4] == WITNESS.key_id
    assert int.from_bytes(raw[4:12], "big") == int(AT.timestamp())


def test_another_time_or_text_is_refused() -> None:
    cosigned = NOTE + cosign(NOTE, WITNESS, AT)
    raw = bytearray(base64.b64decode(cosigned.splitlines()[-1].split(" ")[2]))
    raw[11] ^= 1
    later = NOTE + f"— {WITNESS.name} {base64.b64encode(raw).decode()}\n"
    for note in (later, cosigned.replace("\n1\n", "\n2\n")):
        with pytest.raises(NoteError, match="does not belong to this text"):
            verify_cosignature(note, WITNESS.verifier)


def test_a_note_that_was_not_cosigned_is_refused() -> None:
    with pytest.raises(NoteError, match="no signature of a known key"):
        verify_cosignature(NOTE, WITNESS.verifier)


def test_a_log_key_does_not_cosign_and_what_is_no_cosignature_is_refused() -> None:
    with pytest.raises(NoteError, match="no witness key"):
        cosign(NOTE, LOG, AT)
    with pytest.raises(NoteError, match="no witness key"):
        verify_cosignature(NOTE, LOG.verifier)
    seconds = 2**63
    signature = WITNESS.sign(cosigned_message(seconds, parse_note(NOTE).text))
    raw = WITNESS.key_id + timed_signature(seconds, signature)
    with pytest.raises(NoteError, match="not a cosignature"):
        verify_cosignature(f"{NOTE}— {WITNESS.name} {base64.b64encode(raw).decode()}\n", WITNESS.verifier)
    cut = NOTE + f"— {WITNESS.name} {base64.b64encode(WITNESS.key_id + bytes(70)).decode()}\n"
    with pytest.raises(NoteError, match="not a cosignature"):
        verify_cosignature(cut, WITNESS.verifier)


def test_a_witness_follows_a_log_that_only_grew() -> None:
    states = tree(b"a", b"b")
    follows(states[1], states[2], [leaf_hash(b"b")])
    follows(states[2], states[2], [])


def test_a_witness_does_not_follow_another_history() -> None:
    states, forged = tree(b"a", b"b"), tree(b"x", b"b")
    with pytest.raises(ProofError, match="leads to another new root"):
        follows(states[1], forged[2], [leaf_hash(b"b")])
    with pytest.raises(ProofError, match="shrunk"):
        follows(states[2], states[1], [])
    with pytest.raises(ProofError, match="roots of one tree differ"):
        follows(states[1], forged[1], [])
    with pytest.raises(ProofError, match="of another log"):
        follows(Checkpoint("example.com/x", 1, states[1].root), states[2], [leaf_hash(b"b")])
