"""The signing key on disk: encrypted, owner only, and read by OpenSSL, too."""

import stat
import subprocess
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.vault.signing import keys
from twofold.vault.signing.keys import ROUNDS, SigningKey, public_of_pem, write_key_file
from twofold.vault.signing.note import COSIGNATURE, sign_note, verify_note

PASSPHRASE = "correct horse battery"  # noqa: S105  of keys made here
KEY = SigningKey.generate("example.com/evidence")


@pytest.fixture(scope="module")
def pem() -> bytes:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "ROUNDS", ROUNDS)  # other tests make weaker keys, for the length of a session
        return KEY.to_pem(PASSPHRASE)


def test_a_key_comes_back_with_its_passphrase(pem: bytes) -> None:
    again = SigningKey.from_pem(pem, PASSPHRASE)
    assert (again.vkey, again.kind) == (KEY.vkey, KEY.kind)
    assert verify_note(sign_note("text\n", [again]), [KEY.verifier]).text == "text\n"


def test_the_kind_of_a_witness_key_comes_back() -> None:
    witness = SigningKey.generate("auditor.example/w", kind=COSIGNATURE)
    assert SigningKey.from_pem(witness.to_open_pem().encode(), None).kind == COSIGNATURE


def test_whose_key_it_is_needs_no_passphrase(pem: bytes) -> None:
    assert public_of_pem(pem) == KEY.verifier


def test_a_wrong_passphrase_is_told_and_nothing_is_shown(pem: bytes) -> None:
    with pytest.raises(UserError, match="the passphrase is wrong") as caught:
        SigningKey.from_pem(pem, "another passphrase", where="key.pem")
    assert "another" not in str(caught.value)
    with pytest.raises(UserError, match="the passphrase is wrong"):
        SigningKey.from_pem(pem, None)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(UserError, match="at least 12 characters"):
        KEY.to_pem("elevenchars")


def test_the_secret_is_not_in_the_file_nor_in_a_message(pem: bytes) -> None:
    secret = KEY.private.private_bytes_raw()
    assert secret not in pem
    assert secret.hex() not in repr(KEY)
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in pem


def test_the_file_says_how_hard_it_is_to_guess(pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem[pem.index(b"-----") :])
    call = ["openssl", "asn1parse", "-in", "key.pem"]
    shown = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "hmacWithSHA256" in shown
    assert f"{ROUNDS:06X}" in shown


def test_openssl_reads_the_file(pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(pem)
    call = ["openssl", "pkey", "-in", "key.pem", "-passin", f"pass:{PASSPHRASE}", "-pubout", "-outform", "DER"]
    assert subprocess.run(call, cwd=tmp_path, capture_output=True, check=True).stdout[-32:] == KEY.public


def test_a_private_key_under_the_name_of_another_is_refused(pem: bytes) -> None:
    other = SigningKey.generate(KEY.name)
    swapped = pem.replace(KEY.vkey.encode(), other.vkey.encode())
    with pytest.raises(UserError, match="does not belong to the public key"):
        SigningKey.from_pem(swapped, PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"junk", b"Twofold key x+y\n", b"Twofold key \xff\n"])
def test_another_file_is_no_key(content: bytes) -> None:
    with pytest.raises(UserError, match="no key file of Twofold"):
        SigningKey.from_pem(content, PASSPHRASE)


def test_only_the_owner_may_read_the_file(pem: bytes, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    write_key_file(path, b"first")
    write_key_file(path, pem)
    assert path.read_bytes() == pem
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
