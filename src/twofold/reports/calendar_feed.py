"""Writes a calendar of whole days as RFC 5545 text, for calendar programs that subscribe to an address."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_FOLD = 75
"""Octets of a line without its end (RFC 5545, 3.1)."""
MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One event that takes a whole day. uid: stays the same for the same thing. url: "" for none."""

    uid: str
    on: date
    title: str
    kind: str
    url: str = ""


def calendar_text(events: Iterable[CalendarDay], *, name: str, made_at: datetime) -> str:
    """Return the calendar. made_at: aware; the time of each stamp. There is no METHOD: it is no invitation."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Twofold//Calendar//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    stamp = made_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    for each in events:
        lines += _event(each, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: CalendarDay, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{event.on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.on + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(event.title)}"
    yield f"CATEGORIES:{_text(event.kind)}"
    if event.url:
        yield f"URL:{_one_line(event.url)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(value: str) -> str:
    """Escape a text (RFC 5545, 3.3.11); control characters have no place in one."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return _one_line(lines)


def _one_line(value: str) -> str:
    return "".join(each for each in value if each.isprintable())


def _folded(line: str) -> Iterator[str]:
    """Cut a line at 75 octets, never inside a character; what follows begins with a space."""
    part, used = "", 0
    for character in line:
        size = len(character.encode())
        if used + size > _FOLD:
            yield part
            part, used = " ", 1
        part, used = part + character, used + size
    yield part
