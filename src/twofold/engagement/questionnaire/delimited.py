"""CSV files as one grid, and answers put into their fields without touching the bytes of the others."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from twofold.engagement.questionnaire.grid import Grid, Place
from twofold.engagement.questionnaire.splice import spliced
from twofold.model.problem import Problem, UserError

SHEET = "csv"
MOST_BYTES = 20 * 1024**2
MOST_FIELDS = 500_000
_SEPARATORS = (",", ";", "\t")
_RECORDS_LOOKED_AT = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Field = tuple[int, int]
"""Where a field begins and ends in the text."""


def read_delimited(content: bytes, *, name: str) -> list[Grid]:
    """Return the file as a grid; raises UserError for one that is too large, or no text."""
    text, _ = _text_of(content, name)
    separator = _separator_of(text)
    cells = {
        Place(row, column): value
        for row, fields in enumerate(_records(text, separator, name), 1)
        for column, field in enumerate(fields, 1)
        if (value := _value(text, field).strip())
    }
    return [Grid(SHEET, cells)]


def fill_delimited(content: bytes, answers: Mapping[str, Mapping[Place, str]], *, name: str) -> bytes:
    """Return the file with the texts in their fields; a record that is too short for one is made longer."""
    text, encoding = _text_of(content, name)
    separator = _separator_of(text)
    records = list(_records(text, separator, name))
    edits: list[tuple[int, int, str]] = []
    wanted = answers.get(SHEET, {})
    by_row: dict[int, dict[int, str]] = {}
    for place, said in wanted.items():
        by_row.setdefault(place.row, {})[place.column] = said
    for row, mine in by_row.items():
        fields = records[row - 1]
        held = len(fields)
        edits += [(*fields[column - 1], _quoted(said, separator)) for column, said in mine.items() if column <= held]
        if beyond := {column: said for column, said in mine.items() if column > held}:
            missing = [_quoted(beyond.get(column, ""), separator) for column in range(held + 1, max(beyond) + 1)]
            edits.append((fields[-1][1], fields[-1][1], "".join(separator + each for each in missing)))
    head = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    return head + spliced(text, edits).encode(encoding, errors="replace")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    >>> harmless("=HYPERLINK(1)"), harmless("Yes")
    ("'=HYPERLINK(1)", 'Yes')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text_of(content: bytes, name: str) -> tuple[str, str]:
    if len(content) > MOST_BYTES:
        raise UserError(Problem(name, f"it has {len(content):,} bytes", f"at most {MOST_BYTES:,}"))
    if b"\0" in content:
        raise UserError(Problem(name, "it holds a zero byte", "text", "save it as CSV UTF-8"))
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # What Excel saves as plain CSV in western Europe and America; every byte has a meaning in it.
        return content.decode("latin-1"), "latin-1"


def _separator_of(text: str) -> str:
    """Return the separator that gives most records as many fields as the first one."""

    def fitting(separator: str) -> tuple[int, int]:
        widths = [len(fields) for fields in islice(_records(text, separator, ""), _RECORDS_LOOKED_AT)]
        first = widths[0] if widths else 0
        return (sum(width == first for width in widths) if first > 1 else 0), first

    return max(_SEPARATORS, key=fitting)


def _records(text: str, separator: str, name: str) -> Iterator[Sequence[Field]]:
    """Yield the fields of each record by their places in the text; quotes are part of a field."""
    fields: list[Field] = []
    start, index, length, count = 0, 0, len(text), 0
    quoted = False
    while index < length:
        character = text[index]
        if quoted:
            quoted = character != '"'
        elif character == '"' and index == start:
            quoted = True
        elif character == '"' and text[start] == '"':
            quoted = True  # the second one of a doubled quote
        elif character == separator or character in "\r\n":
            fields.append((start, index))
            count += 1
            if count > MOST_FIELDS:
                raise UserError(Problem(name, f"it has more than {MOST_FIELDS:,} fields", "a questionnaire"))
            if character != separator:
                yield fields
                fields = []
                index += character == "\r" and text[index + 1 : index + 2] == "\n"
            start = index + 1
        index += 1
    if start < length or fields:
        yield [*fields, (start, length)]


def _value(text: str, field: Field) -> str:
    raw = text[slice(*field)]
    return raw[1:-1].replace('""', '"') if len(raw) > 1 and raw[0] == raw[-1] == '"' else raw


def _quoted(text: str, separator: str) -> str:
    said = harmless(text)
    if any(each in said for each in (separator, '"', "\n", "\r")):
        doubled = said.replace('"', '""')
        return f'"{doubled}"'
    return said
