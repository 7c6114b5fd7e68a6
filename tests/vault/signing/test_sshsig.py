"""SSH signatures with `ssh-keygen` as the second opinion, in both directions."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.sshsig import (
    CHECKPOINT_NAMESPACE,
    PACKAGE_NAMESPACE,
    SshSignatureError,
    allowed_signers_line,
    sshsig_sign,
    sshsig_verify,
)

KEY = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(32)))
MESSAGE = b"example.com/evidence\n17\nAAAA\n"


def ssh_keygen_accepts(folder: Path, message: bytes, armored: str, *, namespace: str = CHECKPOINT_NAMESPACE) -> bool:
    (folder / "signature").write_text(armored, encoding="utf-8")
    line = allowed_signers_line("acme", KEY.vkey, [CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE])
    (folder / "allowed_signers").write_text(line, encoding="utf-8")
    call = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "acme", "-n", namespace, "-s", "signature"]
    return subprocess.run(call, cwd=folder, input=message, capture_output=True, check=False).returncode == 0


def test_ssh_keygen_accepts_ours_and_refuses_what_was_changed(tmp_path: Path) -> None:
    armored = sshsig_sign(KEY, MESSAGE, CHECKPOINT_NAMESPACE)
    assert ssh_keygen_accepts(tmp_path, MESSAGE, armored)
    assert not ssh_keygen_accepts(tmp_path, MESSAGE + b" ", armored)
    assert not ssh_keygen_accepts(tmp_path, MESSAGE, armored, namespace=PACKAGE_NAMESPACE)
    assert not ssh_keygen_accepts(tmp_path, MESSAGE, sshsig_sign(OTHER, MESSAGE, CHECKPOINT_NAMESPACE))
    assert not ssh_keygen_accepts(tmp_path, MESSAGE, sshsig_sign(KEY, MESSAGE, "file"), namespace="file")


def test_ours_accepts_what_ssh_keygen_signs(tmp_path: Path) -> None:
    secret = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "id").write_bytes(secret)
    (tmp_path / "id").chmod(0o600)
    call = ["ssh-keygen", "-Y", "sign", "-f", "id", "-n", CHECKPOINT_NAMESPACE]
    made = subprocess.run(call, cwd=tmp_path, input=MESSAGE, capture_output=True, check=True).stdout.decode()

    assert made == sshsig_sign(KEY, MESSAGE, CHECKPOINT_NAMESPACE)
    sshsig_verify(made, MESSAGE, KEY.verifier, CHECKPOINT_NAMESPACE)


@pytest.mark.parametrize(
    ("message", "key", "namespace", "sentence"),
    [
        (b"another", KEY, CHECKPOINT_NAMESPACE, "does not belong to this file"),
        (MESSAGE, OTHER, CHECKPOINT_NAMESPACE, "by another key"),
        (MESSAGE, KEY, PACKAGE_NAMESPACE, "made for 'twofold-checkpoint@v1', not for twofold-package@v1"),
    ],
)
def test_each_refusal_has_its_sentence(message: bytes, key: SigningKey, namespace: str, sentence: str) -> None:
    armored = sshsig_sign(KEY, MESSAGE, CHECKPOINT_NAMESPACE)
    with pytest.raises(SshSignatureError, match=sentence):
        sshsig_verify(armored, message, key.verifier, namespace)


@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    armored = sshsig_sign(KEY, MESSAGE, CHECKPOINT_NAMESPACE)
    begin, *lines, end, _ = armored.split("\n")
    blob = bytearray(base64.b64decode("".join(lines)))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    changed = "\n".join((begin, base64.b64encode(blob).decode(), end, ""))
    with pytest.raises(SshSignatureError):
        sshsig_verify(changed, MESSAGE, KEY.verifier, CHECKPOINT_NAMESPACE)


def test_bytes_after_the_end_are_refused() -> None:
    begin, *lines, end, _ = sshsig_sign(KEY, MESSAGE, CHECKPOINT_NAMESPACE).split("\n")
    longer = base64.b64encode(base64.b64decode("".join(lines)) + b"more").decode()
    with pytest.raises(SshSignatureError, match="more in it than there should be"):
        sshsig_verify(f"{begin}\n{longer}\n{end}\n", MESSAGE, KEY.verifier, CHECKPOINT_NAMESPACE)


@pytest.mark.parametrize("armored", ["", "x", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"])
def test_what_is_no_signature_is_refused(armored: str) -> None:
    with pytest.raises(SshSignatureError, match="not an SSH signature"):
        sshsig_verify(armored, MESSAGE, KEY.verifier, CHECKPOINT_NAMESPACE)


def test_a_principal_that_would_match_others_is_refused() -> None:
    for principal in ("*", "a b", "a,b", '"'):
        with pytest.raises(ValueError, match="allowed signers"):
            allowed_signers_line(principal, KEY.vkey, [CHECKPOINT_NAMESPACE])
