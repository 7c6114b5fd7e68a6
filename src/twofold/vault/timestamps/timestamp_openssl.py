"""Checks a timestamp by calling `openssl ts`, for answers that the library does not read. It uses no network."""

import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

_TIME = re.compile(r"^Time stamp: (\w{3}) +(\d+) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4}) GMT$", re.MULTILINE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECONDS = 30
_REASON = 5
"""Field of an error line: process, error, code, library, function, reason, file, line, details."""


def openssl_judgement(response: bytes, *, request: bytes, chain: bytes, refusal: str) -> tuple[datetime | None, str]:
    """Return the time (UTC) of an answer, None when it has none, and why it is not trusted, "" when it is.

    The certificates are checked at the time that the answer names, since OpenSSL otherwise refuses an answer as soon
    as its certificate has expired. refusal: why the library did not read the answer.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        return None, f"it cannot be read ({refusal}), and openssl is not installed"
    with tempfile.TemporaryDirectory(prefix="twofold-timestamp-") as folder:
        for name, content in (("answer.tsr", response), ("request.tsq", request), ("chain.pem", chain)):
            (Path(folder) / name).write_bytes(content)
        _, text = _run(openssl, ["ts", "-reply", "-in", "answer.tsr", "-text"], folder)
        at = _time_in(text)
        if at is None:
            return None, f"it cannot be read ({refusal})"
        verify = ["ts", "-verify", "-queryfile", "request.tsq", "-in", "answer.tsr"]
        # -CAfile trusts only what is self-signed, so the certificates in between are given once more.
        trust = ["-CAfile", "chain.pem", "-untrusted", "chain.pem", "-attime", str(int(at.timestamp()))]
        code, text = _run(openssl, [*verify, *trust], folder)
    if code == 0 and "Verification: OK" in text:
        return at, ""
    return at, f"openssl refuses it: {_reason(text)}"


def _run(openssl: str, arguments: list[str], folder: str) -> tuple[int, str]:
    try:
        ended = subprocess.run(  # noqa: S603  fixed arguments, and files that were written just now
            [openssl, *arguments], cwd=folder, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return 1, "openssl does not answer"
    return ended.returncode, (ended.stdout + ended.stderr).decode(errors="replace")


def _time_in(text: str) -> datetime | None:
    match = _TIME.search(text)
    if match is None or match[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(match[at]) for at in (2, 3, 4, 5, 6))
    return datetime(year, _MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=UTC)


def _reason(text: str) -> str:
    """Return reason and details of openssl's first error (ERR_error_string(3)), else that it gives none."""
    errors = [line.split(":", 8) for line in text.splitlines() if ":error:" in line]
    if not errors or len(errors[0]) <= _REASON:
        return "no reason given"
    parts = errors[0]
    return ascii(": ".join(part for part in (parts[_REASON], *parts[_REASON + 3 :]) if part)[:200])[1:-1]
