"""docs/formats/signatures.md is true: its examples are what the code writes, and the programs it names check them."""

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import cosign, verify_cosignature
from twofold.vault.signing.key_history import STATEMENT
from twofold.vault.signing.keys import ROUNDS, SigningKey
from twofold.vault.signing.note import COSIGNATURE
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.signing.sshsig import CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE, allowed_signers_line, sshsig_sign
from twofold.vault.timestamps.timestamp_queue import TimestampState
from twofold.vault.tree.merkle import fold, grow, leaf_hash

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "signatures.md"
LOG = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = SigningKey("auditor.example/ana", Ed25519PrivateKey.from_private_bytes(bytes(32)), COSIGNATURE)
AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


def checkpoint() -> str:
    frontier: list[bytes] = []
    for size, leaf in enumerate((b"first", b"second")):
        grow(frontier, size, leaf_hash(leaf))
    return signed_checkpoint(Checkpoint(LOG.name, 2, fold(frontier)), LOG)


def written() -> dict[str, str]:
    """Return what stands between the marks of the page."""
    note = checkpoint()
    return {
        "checkpoint": f"```\n{note}```",
        "vkey": f"`{LOG.vkey}`",
        "signers": f"```\n{signers()}```",
        "sshsig": f"```\n{sshsig_sign(LOG, note.encode(), CHECKPOINT_NAMESPACE)}```",
        "cosigned": f"```\n{note + cosign(note, WITNESS, AT)}```",
    }


def signers() -> str:
    return allowed_signers_line("twofold", LOG.vkey, (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE))


def shown(mark: str) -> str:
    page = PAGE.read_text(encoding="utf-8")
    return page.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- end of {mark} -->")[0]


def test_the_examples_are_what_the_code_writes() -> None:
    assert {mark: shown(mark) for mark in written()} == written()
    cosigned = shown("cosigned").removeprefix("```\n").removesuffix("```")
    assert verify_cosignature(cosigned, WITNESS.verifier) == AT


def test_openssl_and_ssh_keygen_check_them_as_the_page_says(tmp_path: Path) -> None:
    page, note = PAGE.read_text(encoding="utf-8"), checkpoint()
    text, line = note.split("\n\n")
    (tmp_path / "text").write_text(f"{text}\n", encoding="utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
    prefix = re.search(r"the bytes `([0-9a-f]{24})`", page)
    assert prefix is not None
    public = base64.b64encode(bytes.fromhex(prefix[1]) + LOG.public).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n"
    (tmp_path / "public.pem").write_text(pem, encoding="ascii")
    (tmp_path / "checkpoint").write_text(note, encoding="utf-8")
    (tmp_path / "checkpoint.sig").write_text(sshsig_sign(LOG, note.encode(), CHECKPOINT_NAMESPACE), encoding="ascii")
    (tmp_path / "allowed_signers").write_text(signers(), encoding="ascii")

    calls = re.findall(r"^    ((?:openssl pkeyutl|ssh-keygen) .*)$", page, re.MULTILINE)
    assert len(calls) == 2
    for call in calls:
        subprocess.run(["sh", "-c", call], cwd=tmp_path, capture_output=True, check=True, timeout=30)
    for name in ("text", "checkpoint"):
        (tmp_path / name).write_text("changed\n", encoding="utf-8")
    for call in calls:
        assert subprocess.run(["sh", "-c", call], cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_the_page_names_the_figures_and_words_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"{ROUNDS:,} rounds" in page
    assert STATEMENT in page
    assert [state for state in TimestampState if f"| `{state}` |" not in page] == []
