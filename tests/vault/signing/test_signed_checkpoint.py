"""Signed checkpoints and proofs in files, against the vectors of transparency-dev."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import NoteError, Verifier, sign_note
from twofold.vault.signing.signed_checkpoint import signed_checkpoint, verify_checkpoint
from twofold.vault.signing.tlog_proof import TlogProof
from twofold.vault.tree.merkle import ProofError, fold, grow, leaf_hash

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the third-party checkpoints are not here")
KEY = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def constants(part: str) -> Any:
    return json.loads((VECTORS / "constants" / "checkpoint-and-tlog-proof.json").read_text(encoding="utf-8"))[part]


@needs_vectors
def test_every_checkpoint_of_a_tessera_log_verifies() -> None:
    key = Verifier.parse((VECTORS / "tessera-log" / "vkey.txt").read_text(encoding="utf-8").strip())
    for size in range(16):
        note = (VECTORS / "tessera-log" / f"checkpoint.{size}").read_text(encoding="utf-8")
        assert verify_checkpoint(note, key).checkpoint.size == size
        with pytest.raises(NoteError):
            verify_checkpoint(note.replace("testdata\n", "testdatb\n", 1), key)


@needs_vectors
def test_the_checkpoint_cases_survive_signing() -> None:
    for case in constants("checkpoint_body"):
        if not case["want_error"]:
            checkpoint = Checkpoint.parse(case["text"])
            key = SigningKey(checkpoint.origin, KEY.private)
            assert verify_checkpoint(signed_checkpoint(checkpoint, key), key.verifier).checkpoint == checkpoint


@needs_vectors
def test_proofs_are_written_as_transparency_dev_writes_them() -> None:
    found = constants("tlog_proof_marshal")
    assert len(found) == 3
    for case in found:
        proof = TlogProof(
            case["index"],
            tuple(base64.b64decode(each) for each in case["hashes_b64"]),
            case["checkpoint"],
            base64.b64decode(case["extra_b64"]) if "extra_b64" in case else None,
        )
        assert proof.text == case["want"]
        assert TlogProof.parse(case["want"]) == proof


@needs_vectors
def test_what_transparency_dev_refuses_is_refused() -> None:
    found = constants("tlog_proof_reject")
    assert len(found) == 7
    for case in found:
        with pytest.raises(ValueError, match="not a proof"):
            TlogProof.parse(case["text"])


def test_only_the_key_of_the_log_signs_for_it() -> None:
    checkpoint = Checkpoint("example.com/another", 1, leaf_hash(b"a"))
    with pytest.raises(NoteError, match=r"cannot be signed for by the key of example.com/evidence"):
        signed_checkpoint(checkpoint, KEY)


def test_a_checkpoint_of_another_log_under_the_key_is_refused() -> None:
    note = sign_note(Checkpoint("example.com/another", 1, leaf_hash(b"a")).text, [KEY])
    with pytest.raises(NoteError, match=r"signed a checkpoint of another log, example.com/another"):
        verify_checkpoint(note, KEY.verifier)


@pytest.mark.parametrize("line", ["extra QUI=\n", "extra QUJ=\n", f"{'A' * 42}B=\n"])
def test_a_proof_has_one_spelling(line: str) -> None:
    before, after = (line, "") if line.startswith("extra") else ("", line)
    text = f"c2sp.org/tlog-proof@v1\n{before}index 0\n{after}\ncheckpoint\n"
    if line == "extra QUI=\n":
        assert TlogProof.parse(text).extra == b"AB"
        return
    with pytest.raises(ValueError, match="not in its canonical spelling"):
        TlogProof.parse(text)


def test_a_checkpoint_without_the_signature_of_its_log_is_refused() -> None:
    checkpoint = Checkpoint(KEY.name, 1, leaf_hash(b"a"))
    other = SigningKey(KEY.name, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = signed_checkpoint(checkpoint, other)
    with pytest.raises(NoteError, match="the log's own signature"):
        verify_checkpoint(note, KEY.verifier, others=[other.verifier])


def test_a_proof_in_a_file_leads_from_the_entry_to_the_signature() -> None:
    frontier: list[bytes] = []
    grow(frontier, 0, leaf_hash(b"first"))
    grow(frontier, 1, leaf_hash(b"second"))
    note = signed_checkpoint(Checkpoint(KEY.name, 2, fold(frontier)), KEY)
    proof = TlogProof.parse(TlogProof(1, (leaf_hash(b"first"),), note).text)

    assert proof.verify(b"second", KEY.verifier).size == 2
    with pytest.raises(ProofError):
        proof.verify(b"third", KEY.verifier)
