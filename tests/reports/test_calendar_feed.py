"""The calendar feed, read a second time by a strict reader of RFC 5545 that was written from the RFC alone."""

import re
from datetime import UTC, date, datetime

from twofold.reports.calendar_feed import CalendarDay, calendar_text

AT = datetime(2026, 11, 26, 2, 3, 4, tzinfo=UTC)
_LINE = re.compile(r'([A-Z-]+)((?:;[A-Z-]+=[^;:",]+)*):(.*)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)")


def unfolded(text: str) -> list[str]:
    """Return the content lines; every line ends in CRLF and has at most 75 octets of whole characters."""
    assert text.endswith("\r\n")
    lines: list[str] = []
    for line in text[:-2].split("\r\n"):
        assert "\n" not in line
        assert "\r" not in line
        assert len(line.encode()) <= 75
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines


def text_value(value: str) -> str:
    def one(match: re.Match[str]) -> str:
        assert match[1] in "\\;,nN"
        return "\n" if match[1] in "nN" else match[1]

    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value)
    return _ESCAPE.sub(one, value)


def read(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the calendar's properties and each event's, by name with parameters."""
    around: dict[str, str] = {}
    events: list[dict[str, str]] = []
    open_parts: list[str] = []
    for line in unfolded(text):
        match = _LINE.fullmatch(line)
        assert match, line
        name, value = match[1] + match[2], match[3]
        if name == "BEGIN":
            open_parts.append(value)
            if value == "VEVENT":
                events.append({})
        elif name == "END":
            assert open_parts.pop() == value
        else:
            part = events[-1] if open_parts == ["VCALENDAR", "VEVENT"] else around
            assert name not in part
            part[name] = value
    assert open_parts == []
    return around, events


def test_a_second_reader_finds_what_was_written() -> None:
    title = "Größe, Kosten; „so“\\n — " + "ж" * 80 + "\r\nBEGIN:VEVENT\x07"
    day = CalendarDay("a@twofold", date(2026, 12, 31), title, "finding", "https://audit.example.com/findings/a%2Cb/")
    around, events = read(calendar_text([day, CalendarDay("b@twofold", day.on, "B", "task")], name="Acme", made_at=AT))
    assert around == {
        "VERSION": "2.0",
        "PRODID": "-//Twofold//Calendar//EN",
        "CALSCALE": "GREGORIAN",
        "X-WR-CALNAME": "Acme",
    }
    first = events[0]
    assert text_value(first.pop("SUMMARY")) == "Größe, Kosten; „so“\\n — " + "ж" * 80 + "\nBEGIN:VEVENT"
    assert first == {
        "UID": "a@twofold",
        "DTSTAMP": "20261126T020304Z",
        "DTSTART;VALUE=DATE": "20261231",
        "DTEND;VALUE=DATE": "20270101",
        "CATEGORIES": "finding",
        "URL": day.url,
        "TRANSP": "TRANSPARENT",
    }
    assert len(events) == 2


def test_a_calendar_without_events_is_one() -> None:
    assert read(calendar_text([], name="x", made_at=AT))[1] == []
