"""Signed notes against the cases of golang/mod and C2SP, and against OpenSSL as a second opinion."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import COSIGNATURE, NoteError, Verifier, parse_note, read_note, sign_note, verify_note

CASES = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors" / "constants" / "signed-note.json"
needs_cases = pytest.mark.skipif(not CASES.is_file(), reason="the third-party notes are not here")
KEY = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey("example.com/other", Ed25519PrivateKey.from_private_bytes(bytes(32)))
VERDICTS = {
    "malformed": "not a signed note",
    "malformed (implementation limit of 100)": "101 signatures, more than 100",
    "no verifiable signature": "no signature of a known key",
    "invalid signature": "does not belong to this text",
}


def cases() -> Any:
    return json.loads(CASES.read_text(encoding="utf-8"))


@needs_cases
def test_verdicts_of_golang_mod_and_c2sp() -> None:
    found = cases()["open"]
    assert len(found) == 14
    for case in found:
        content = base64.b64decode(case["note_b64"])
        keys = [Verifier.parse(vkey) for vkey in case["vkeys"]]
        if case["want"] != "ok":
            with pytest.raises(NoteError, match=VERDICTS[case["want"]]):
                verify_note(read_note(content), keys)
            continue
        checked = verify_note(read_note(content), keys)
        assert [verifier.name for verifier, _ in checked.verified] == case["verified"], case["name"]
        assert [each.name for each in checked.others] == case["unverified"], case["name"]


@needs_cases
def test_a_note_is_signed_to_the_byte() -> None:
    for case in cases()["sign"]:
        _, _, name, _, secret = case["skey"].split("+", 4)
        key = SigningKey(name, Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret)[1:]))
        assert sign_note(base64.b64decode(case["text_b64"]).decode(), [key]).encode() == base64.b64decode(
            case["want_b64"]
        )


@needs_cases
def test_no_other_spelling_of_a_verifier_key_is_taken() -> None:
    good = cases()["good_vkey"]
    assert Verifier.parse(good).vkey == good
    parts = [good[start:end] for start in range(len(good)) for end in range(start, len(good) + 1)]
    increments = [good[:at] + chr(ord(good[at]) + 1) + good[at + 1 :] for at in range(len(good))]
    bad = [*cases()["bad_vkeys"][:2], *(part for part in parts if part != good), *increments]
    for vkey in bad:
        with pytest.raises(NoteError):
            Verifier.parse(vkey)


def test_base64_that_does_not_read_back_to_itself_is_refused() -> None:
    note = sign_note("text\n", [KEY])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = note[-3]
    assert note.endswith("=\n")
    other = note[:-3] + alphabet[alphabet.index(last) ^ 1] + "=\n"
    assert base64.b64decode(other.split(" ")[-1]) == base64.b64decode(note.split(" ")[-1])
    with pytest.raises(NoteError, match="is no signature line"):
        verify_note(other, [KEY.verifier])


def test_a_line_by_a_key_of_another_kind_is_ignored() -> None:
    note = sign_note("text\n", [KEY])
    with_another = note + f"— {KEY.name} {base64.b64encode(bytes(4) + bytes(2420)).decode()}\n"
    assert len(verify_note(with_another, [KEY.verifier]).others) == 1


def test_a_wrong_signature_of_a_known_key_refuses_the_whole_note() -> None:
    other = sign_note("another text\n", [OTHER])
    note = sign_note("text\n", [KEY]) + other.splitlines(keepends=True)[-1]
    assert verify_note(note, [KEY.verifier]).text == "text\n"
    with pytest.raises(NoteError, match=r"signature of example.com/other does not belong"):
        verify_note(note, [KEY.verifier, OTHER.verifier])


def test_a_witness_key_and_a_log_key_are_not_the_same_key() -> None:
    witness = Verifier(KEY.name, COSIGNATURE, KEY.public)
    with pytest.raises(NoteError, match="no signature of a known key"):
        verify_note(sign_note("text\n", [KEY]), [witness])


@pytest.mark.parametrize("text", ["", "no newline", "a\rb\n", "a\tb\n", "\ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises((NoteError, UnicodeEncodeError)):
        sign_note(text, [KEY])


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"), max_size=60))
def test_what_is_signed_is_read_back(text: str) -> None:
    checked = verify_note(sign_note(text + "\n", [KEY, OTHER]), [KEY.verifier, OTHER.verifier])
    assert checked.text == text + "\n"
    assert [verifier for verifier, _ in checked.verified] == [KEY.verifier, OTHER.verifier]


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    note = sign_note("example.com/evidence\n17\nAAAA\n", [KEY])
    at = data.draw(st.integers(0, len(note) - 1))
    changed = note[:at] + data.draw(st.characters(codec="utf-8").filter(lambda each: each != note[at])) + note[at + 1 :]
    with pytest.raises(NoteError):
        verify_note(changed, [KEY.verifier])


def test_openssl_checks_the_line_after_cutting_the_key_id(tmp_path: Path) -> None:
    note = sign_note("example.com/evidence\n17\nAAAA\n", [KEY])
    parsed = parse_note(note)
    line = note.splitlines()[-1]
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
    (tmp_path / "key.pem").write_bytes(
        KEY.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for text, code in ((parsed.text, 0), (parsed.text.replace("17", "18"), 1)):
        (tmp_path / "text").write_text(text, encoding="utf-8")
        call = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"
        assert subprocess.run(call.split(), cwd=tmp_path, capture_output=True, check=False).returncode == code
