"""Timestamps against a real authority made with OpenSSL, and against the answers that rfc3161-client is tested with."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st
from rfc3161_client import decode_timestamp_response

from twofold.vault.timestamps.timestamp import NoTimestampError, ask, judge_answer, make_request

from ..authority import Authority, make_authority, served

NOTE = "example.com/evidence\n3\nAAAA\n\n— example.com/evidence AAAAAAA=\n"
FIXTURES = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors" / "rfc3161-client-fixtures"


@pytest.fixture(scope="module", params=[False, True], ids=["one certificate", "two certificates in another order"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"), with_chain=request.param)


def test_an_answer_is_trusted_and_gives_its_time(authority: Authority) -> None:
    with served(authority):
        request = make_request(NOTE)
        answer = ask(authority.url, request)
    judged = judge_answer(answer, request=request, note=NOTE, chain=authority.chain)
    assert judged.problem == ""
    assert judged.at is not None
    assert abs(judged.at - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251  the authority reads the clock
    assert authority.asked == [request]


def test_the_two_authorities_take_both_ways_to_check(authority: Authority) -> None:
    answer = authority.reply(make_request(NOTE))
    if b"certs =" in (authority.folder / "tsa.cnf").read_bytes():
        with pytest.raises(ValueError, match="InvalidSetOrdering"):
            decode_timestamp_response(answer)
    else:
        assert decode_timestamp_response(answer).status == 0


def test_an_answer_to_another_question_is_not_trusted(authority: Authority) -> None:
    asked, again = make_request(NOTE), make_request(NOTE)
    answer = authority.reply(asked)

    other_nonce = judge_answer(answer, request=again, note=NOTE, chain=authority.chain)
    assert "nonce" in other_nonce.problem.lower()
    other_note = make_request(NOTE.replace("3", "4"))
    assert judge_answer(answer, request=other_note, note=NOTE.replace("3", "4"), chain=authority.chain).problem
    assert judge_answer(answer, request=asked, note="x", chain=authority.chain).problem == (
        "the request is over another checkpoint"
    )


def test_a_changed_byte_of_signature_digest_or_time_is_noticed(authority: Authority) -> None:
    request = make_request(NOTE)
    answer = bytearray(authority.reply(request))
    digest_at = answer.index(sha256(NOTE.encode()).digest())
    for at in (-1, -20, digest_at, digest_at + 40):
        changed = bytearray(answer)
        changed[at] ^= 1
        assert judge_answer(bytes(changed), request=request, note=NOTE, chain=authority.chain).problem, at


def test_another_root_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    request = make_request(NOTE)
    stranger = make_authority(tmp_path / "stranger")
    assert judge_answer(authority.reply(request), request=request, note=NOTE, chain=stranger.chain).problem


@pytest.mark.parametrize("with_chain", [False, True])
def test_a_certificate_that_had_ended_before_the_answer_is_refused(tmp_path: Path, with_chain: bool) -> None:
    request = make_request(NOTE)
    ended = make_authority(tmp_path, lasts=timedelta(days=-1), with_chain=with_chain)
    late = judge_answer(ended.reply(request), request=request, note=NOTE, chain=ended.chain)
    assert "certificate has expired" in late.problem


def test_a_certificate_may_end_after_the_answer(tmp_path: Path) -> None:
    request = make_request(NOTE)
    both = [
        make_authority(tmp_path / name, lasts=timedelta(seconds=1.5), with_chain=name == "two")
        for name in ("one", "two")
    ]
    answers = [each.reply(request) for each in both]
    time.sleep(1.6)
    for authority, answer in zip(both, answers, strict=True):
        assert judge_answer(answer, request=request, note=NOTE, chain=authority.chain).problem == ""


def test_the_command_of_the_pages_checks_an_answer(authority: Authority, tmp_path: Path) -> None:
    answer = authority.reply(make_request(NOTE))
    judged = judge_answer(answer, request=make_request(NOTE), note=NOTE, chain=authority.chain)
    assert judged.at is not None
    (tmp_path / "checkpoint").write_text(NOTE, encoding="utf-8")
    (tmp_path / "checkpoint.tsr").write_bytes(answer)
    (tmp_path / "chain.pem").write_bytes(authority.chain)
    page = (Path(__file__).parents[3] / "docs" / "formats" / "signatures.md").read_text(encoding="utf-8")
    (call,) = re.findall(r"^    (openssl ts -verify .*)$", page, re.MULTILINE)
    command = call.replace("SECONDS", str(int(judged.at.timestamp()))).split()
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "checkpoint").write_text(NOTE + " ", encoding="utf-8")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    ("change", "permanent", "sentence"),
    [
        (lambda authority: setattr(authority, "status", 503), False, "HTTP status 503"),
        (lambda authority: setattr(authority, "status", 429), False, "HTTP status 429"),
        (lambda authority: setattr(authority, "status", 404), True, "HTTP status 404"),
        (lambda authority: setattr(authority, "kind", "text/html"), False, "'text/html', not application"),
        (lambda authority: setattr(authority, "answer", bytes(1_000_001)), True, "longer than 1,000,000 bytes"),
    ],
)
def test_a_fault_says_whether_trying_again_can_help(
    tmp_path: Path, change: Callable[[Authority], None], permanent: bool, sentence: str
) -> None:
    authority = make_authority(tmp_path)
    change(authority)
    with served(authority), pytest.raises(NoTimestampError, match=sentence) as caught:
        ask(authority.url, make_request(NOTE))
    assert caught.value.permanent is permanent


def test_a_refusal_of_the_authority_is_permanent(tmp_path: Path) -> None:
    with served(make_authority(tmp_path)) as authority:
        with pytest.raises(NoTimestampError, match="answers rejection: 'Bad request format") as caught:
            ask(authority.url, b"junk")
        assert caught.value.permanent
    with pytest.raises(NoTimestampError, match="cannot be reached") as caught:
        ask(authority.url, make_request(NOTE))
    assert not caught.value.permanent
    with pytest.raises(NoTimestampError, match="no address of an authority") as caught:
        ask("ftp://127.0.0.1/", make_request(NOTE))
    assert caught.value.permanent


def test_an_answer_that_nothing_can_read_is_still_given_back(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    authority.answer = b"not DER"
    request = make_request(NOTE)
    with served(authority):
        assert ask(authority.url, request) == b"not DER"
    judged = judge_answer(b"not DER", request=request, note=NOTE, chain=authority.chain)
    assert judged.at is None
    assert judged.problem.startswith("it cannot be read")


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the third-party timestamps are not here")
@pytest.mark.parametrize(
    ("folder", "request_name", "answer", "good"),
    [
        ("test_tsa", "request.der", "response.tsr", True),
        ("test_tsa", "other_request.der", "other_response.tsr", False),
        ("test_tsa", "other_request.der", "response.tsr", False),
        ("test_tsa", "request.der", "response-injected-certs.tsr", True),
        ("sigstage", "request.der", "response-invalid-signature.tsr", False),
    ],
)
def test_the_answers_of_rfc3161_client(folder: str, request_name: str, answer: str, good: bool) -> None:
    place = FIXTURES / folder
    request = (place / request_name).read_bytes()
    judged = judge_answer(
        (place / answer).read_bytes(), request=request, note="hello", chain=(place / "ts_chain.pem").read_bytes()
    )
    assert (judged.problem == "") is good, judged.problem


def request_for(answer: bytes) -> bytes:
    """Return the request that an answer without one belongs to (RFC 3161, 2.4.1): its digest and its nonce."""
    told = decode_timestamp_response(answer).tst_info
    digest, nonce = bytes(told.message_imprint.message), told.nonce or 0
    algorithm = {32: "0609608648016503040201", 48: "0609608648016503040202", 64: "0609608648016503040203"}

    def tagged(tag: int, content: bytes) -> bytes:
        return bytes([tag, len(content)]) + content

    imprint = tagged(0x30, tagged(0x30, bytes.fromhex(algorithm[len(digest)] + "0500")) + tagged(0x04, digest))
    number = tagged(0x02, nonce.to_bytes(nonce.bit_length() // 8 + 1, "big"))
    return tagged(0x30, tagged(0x02, b"\x01") + imprint + number + tagged(0x01, b"\xff"))


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the third-party timestamps are not here")
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("sigstage/response-sha256.tsr", ""),
        ("sigstage/response-sha384.tsr", ""),
        ("sigstage/response-sha512.tsr", ""),
        ("sigstage/response-no-embedded-cert.tsr", "Certificates neither found in the answer"),
        ("sigstage/response-invalid-signature.tsr", "signature failure"),
        ("identrust/issue-104.tsr", ""),
    ],
)
def test_the_answers_of_other_authorities(answer: str, problem: str) -> None:
    response = (FIXTURES / answer).read_bytes()
    chain = (FIXTURES / answer).with_name("ts_chain.pem").read_bytes()
    if b"BEGIN" not in chain:  # one is DER under this name
        chain = load_der_x509_certificate(chain).public_bytes(Encoding.PEM)
    judged = judge_answer(response, request=request_for(response), note="hello", chain=chain)
    assert problem in judged.problem
    assert bool(judged.problem) is bool(problem)


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the third-party timestamps are not here")
@settings(max_examples=150)
@given(at=st.integers(0, 1227), flip=st.integers(1, 255))
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_damaged_answer_is_judged_and_never_raises(at: int, flip: int) -> None:
    place = FIXTURES / "test_tsa"
    answer = bytearray((place / "response.tsr").read_bytes())
    answer[at] ^= flip
    request, chain = (place / "request.der").read_bytes(), (place / "ts_chain.pem").read_bytes()
    judged = judge_answer(bytes(answer), request=request, note="hello", chain=chain)
    # Not every byte is signed: a copy of a certificate, say, does no harm, since the trusted ones count.
    assert judged.problem or judged.at == datetime(2024, 10, 8, 15, 40, 32, tzinfo=UTC)
