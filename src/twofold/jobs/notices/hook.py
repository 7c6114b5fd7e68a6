"""Sends a notice to an address: as signed JSON (webhook), or in the form of a Slack incoming webhook.

Only https, or this machine; no redirect is followed; what is answered is not read beyond its status.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http import HTTPStatus

import httpx
import orjson

from twofold.jobs.notices.digest import Digest
from twofold.jobs.notices.mail import NotSentError
from twofold.scope.notice_settings import is_safe_address

KEY = "TWOFOLD_WEBHOOK_KEY"
SLACK_ADDRESS = "TWOFOLD_SLACK_WEBHOOK"
SECONDS_TO_WAIT = 10.0
WAITS = (1.0, 4.0)
"""Seconds before the second and the third try of one call."""
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_SERVER_ERRORS = 500
_SLACK_TEXT = 2_900
"""Characters; a section of Slack holds 3,000."""


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that takes notices. `key` signs; "" for Slack, whose address is the secret. It is never shown."""

    address: str = field(repr=False)
    key: str = field(default="", repr=False)
    pause: Callable[[float], None] = time.sleep

    def post(self, body: bytes, *, notice_id: str, at: datetime) -> None:
        """Post one body, three times at most; raises NotSentError."""
        if not is_safe_address(self.address):
            message = "the address is neither https nor of this machine"
            raise NotSentError(message, permanent=True)
        headers = {"Content-Type": "application/json", "Twofold-Notice-Id": notice_id}
        if self.key:
            headers["Twofold-Signature"] = signature(body, key=self.key, at=at)
        for wait in (*WAITS, None):
            try:
                self._once(body, headers)
            except NotSentError as error:
                if error.permanent or wait is None:
                    raise
                self.pause(wait)
            else:
                return

    def _once(self, body: bytes, headers: dict[str, str]) -> None:
        try:
            with httpx.stream(
                "POST",
                self.address,
                content=body,
                headers=headers,
                timeout=SECONDS_TO_WAIT,
                follow_redirects=False,
            ) as reply:
                status = reply.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"no answer: {type(error).__name__}"
            raise NotSentError(message) from error
        if not 200 <= status < 300:  # noqa: PLR2004  RFC 9110, 15.3
            passing = status >= _SERVER_ERRORS or status in _PASSING
            message = f"the address answered {status}"
            raise NotSentError(message, permanent=not passing)


def signature(body: bytes, *, key: str, at: datetime) -> str:
    """Return `t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, so that an old notice cannot be played again."""
    seconds = int(at.timestamp())
    digest = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def webhook_body(digest: Digest, *, notice_id: str, at: datetime) -> bytes:
    """Return the notice as JSON (docs/howto/send-notices.md)."""
    parts = [{"heading": heading, "things": [asdict(each) for each in lines]} for heading, lines in digest.parts]
    content = {
        "company": digest.company,
        "id": notice_id,
        "made_at": at.isoformat(),
        "parts": parts,
        "person": digest.person,
        "subject": digest.subject,
        "type": "twofold.notice",
    }
    return orjson.dumps(content)


def slack_body(digest: Digest) -> bytes:
    """Return the notice as a message of Slack: `text` for the notification, blocks for the channel."""
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(digest.subject, 150)}},
        {"type": "context", "elements": [{"type": "plain_text", "text": f"for {digest.person}"}]},
    ]
    for heading, lines in digest.parts:
        rows = [f"*{heading}*"]
        for each in lines:
            due = f" (due {each.due})" if each.due else ""
            row = f"• <{each.link}|{_slack(each.title)}>{due}"
            if sum(map(len, rows)) + len(rows) + len(row) > _SLACK_TEXT:
                break
            rows.append(row)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(rows)}})
    return orjson.dumps({"blocks": blocks, "text": f"{_slack(digest.subject)} (for {_slack(digest.person)})"})


def _slack(text: str) -> str:
    """Escape the three characters that Slack reads as markup; a bar would end a link's address."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
