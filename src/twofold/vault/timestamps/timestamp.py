"""RFC 3161 timestamps of signed checkpoints: the request, the exchange with the authority, and the check of its answer.

This is the only module of the vault that may use the network. Plain http is allowed, as most authorities offer nothing
else: the answer is signed, and it is checked against certificates that the company named, so that someone on the way
can at most keep an answer back. What is sent is a hash and a random number.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, sha384, sha512
from http import HTTPStatus

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

# The library reads requests only here; its own tests do the same.
from rfc3161_client._rust import parse_timestamp_request

from twofold.vault.timestamps.timestamp_openssl import openssl_judgement

SECONDS_TO_WAIT = 20.0
GREATEST_ANSWER = 1_000_000
"""Bytes; an answer with a long chain of certificates has a few thousand."""

_ASKED, _ANSWERED = "application/timestamp-query", "application/timestamp-reply"
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SERVER_ERRORS = 500
_DETAIL = re.compile(r'data: "Verify error: ?([^"]+)"')
_REASON = re.compile(r'reason: "([^"]+)"')
"""The telling part of what the library passes on from OpenSSL, where there is one; else its reason."""
_STATUS = {each.value: each.name.lower() for each in PKIStatus}


class NoTimestampError(Exception):
    """No answer came. `permanent` says that sending the same again does not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class TimestampJudgement:
    """What an answer is worth: its time (UTC), None when it holds none, and why it is not trusted, "" when it is."""

    at: datetime | None
    problem: str


def make_request(note: str) -> bytes:
    """Return a request (DER) over the SHA-256 of a checkpoint's note, with a random nonce; it asks for certificates."""
    builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def ask(authority: str, request: bytes) -> bytes:
    """Send a request to the authority and return its answer, unchecked; raises NoTimestampError when there is none.

    authority: an http or https URL. The exchange is that of RFC 3161 section 3.4.
    """
    try:
        with httpx.stream(
            "POST", authority, content=request, headers={"Content-Type": _ASKED}, timeout=SECONDS_TO_WAIT
        ) as reply:
            _check_reply(reply)
            answer = b""
            for part in reply.iter_bytes():
                answer += part
                if len(answer) > GREATEST_ANSWER:
                    message = f"the authority's answer is longer than {GREATEST_ANSWER:,} bytes"
                    raise NoTimestampError(message, permanent=True)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        message = f"this is no address of an authority ({error})"
        raise NoTimestampError(message, permanent=True) from error
    except httpx.HTTPError as error:
        message = f"the authority cannot be reached ({type(error).__name__})"
        raise NoTimestampError(message, permanent=False) from error
    _check_granted(answer)
    return answer


def judge_answer(response: bytes, *, request: bytes, note: str, chain: bytes) -> TimestampJudgement:
    """Check an answer against request, note and trusted certificates (PEM); never raises for what an answer holds.

    (1) The request is over this note. (2) The answer is over what the request is, and carries its nonce. (3) It is
    signed by a certificate for timestamping that leads to a trusted one, each valid at the time that the answer names.
    """
    digests = {made(note.encode()).digest() for made in (sha256, sha384, sha512)}
    if bytes(parse_timestamp_request(request).message_imprint.message) not in digests:
        return TimestampJudgement(None, "the request is over another checkpoint")
    try:
        decoded = decode_timestamp_response(response)
        at = decoded.tst_info.gen_time.astimezone(UTC)
    except ValueError as error:
        # OpenSSL's own authority sorts certificates in a way that this library refuses and OpenSSL reads.
        return TimestampJudgement(*openssl_judgement(response, request=request, chain=chain, refusal=str(error)))
    return TimestampJudgement(at, _fault_of(decoded, request, note, load_pem_x509_certificates(chain)))


def _fault_of(decoded: TimeStampResponse, request: bytes, note: str, trusted: list[Certificate]) -> str:
    builder = VerifierBuilder.from_request(parse_timestamp_request(request))
    for certificate in dict.fromkeys(trusted):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(decoded, note.encode())
    except Exception as error:  # noqa: BLE001  a damaged answer brings out any error of the two libraries
        if detail := _DETAIL.search(str(error)):
            return detail[1]
        reason = _REASON.search(str(error))
        return f"the library refuses it: {reason[1]}" if reason else str(error) or type(error).__name__
    return ""


def _check_reply(reply: httpx.Response) -> None:
    """Raise NoTimestampError unless this is the answer of an authority."""
    code = reply.status_code
    if code != HTTPStatus.OK:
        permanent = code < _SERVER_ERRORS and code not in _PASSING
        message = f"the authority answers with HTTP status {code}"
        raise NoTimestampError(message, permanent=permanent)
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _ANSWERED:
        # A log-in page of a network on the way looks like this, too, and goes away.
        message = f"the answer is {kind[:80]!a}, not {_ANSWERED}"
        raise NoTimestampError(message, permanent=False)


def _check_granted(answer: bytes) -> None:
    """Raise NoTimestampError for an answer that says no; one that cannot be read is kept by the caller."""
    try:
        decoded = decode_timestamp_response(answer)
    except ValueError:
        return
    if decoded.status in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
        return
    said = "; ".join(decoded.status_string)[:200]
    name = _STATUS.get(decoded.status, f"status {decoded.status}")
    message = f"the authority answers {name}" + (f": {said!a}" if said else "")
    raise NoTimestampError(message, permanent=decoded.status != PKIStatus.WAITING)
