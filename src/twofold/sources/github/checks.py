"""Check runs, and the older commit statuses that many tools still write.

A check that has not finished has no conclusion. It refuses to turn an unknown conclusion into a success.
"""

import re
from collections.abc import Iterator

from twofold.sources.github.fields import Object, Reading, UnreadableError, required, text
from twofold.tables.rows import Row

_STATUS_SHA = re.compile(r"/statuses/([0-9a-f]{40,64})")
_STATUS_CONCLUSIONS = {"success": "success", "failure": "failure", "error": "failure", "pending": ""}


def check_run_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the check_run row of a check run or, told by its `context`, of a commit status."""
    yield _status_row(record, place, reading) if "context" in record else _check_row(record, place, reading)


def _check_row(record: Object, place: str, reading: Reading) -> Row:
    values = {
        "id": f"github:check_run:{required(record, 'id')}",
        "repository": reading.repository(text(record, "url")),
        "sha": required(record, "head_sha"),
        "name": required(record, "name"),
        "conclusion": text(record, "conclusion").lower(),
        "started_at": reading.instant(record, "started_at"),
        "completed_at": reading.instant(record, "completed_at"),
    }
    return Row("check_run", place, values)


def _status_row(record: Object, place: str, reading: Reading) -> Row:
    state = required(record, "state").lower()
    if state not in _STATUS_CONCLUSIONS:
        msg = f"state is {state!r}, one of {', '.join(_STATUS_CONCLUSIONS)} is expected"
        raise UnreadableError(msg)
    url = text(record, "url")
    match = _STATUS_SHA.search(url)
    values = {
        "id": f"github:status:{required(record, 'id')}",
        "repository": reading.repository(url),
        "sha": text(record, "sha") or (match[1] if match else required(record, "sha")),
        "name": required(record, "context"),
        "conclusion": _STATUS_CONCLUSIONS[state],
        # A status is one moment: the tool says when it ended, never when it began.
        "completed_at": reading.instant(record, "created_at") if _STATUS_CONCLUSIONS[state] else None,
    }
    return Row("check_run", place, values)
