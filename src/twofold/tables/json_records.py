"""Reads the records of a captured JSON export, in each shape that people have it.

Shapes: an array; an object that holds the list under a known key; JSON Lines; an array of pages; several pages
one after the other; a single object. Each of them may be compressed with gzip and may start with a byte order mark.

What it refuses to do: give part of a file as if it were all of it. JSON that is broken, cut off, nested too deep, or
that names a key twice in one object stops the file with the place and the next move. Only JSON Lines, where each line
stands alone, can set a single line aside. An API's error answer is refused too, since it is no record.
"""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

import orjson

from twofold.model.problem import Problem, UserError
from twofold.tables.rows import SetAside

DEFAULT_LIMIT = 1 << 30
"""Bytes that a file may have, after decompression: it is read into memory as a whole."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MAGIC = b"\x1f\x8b"
_BLANK = re.compile(r"\s+")
_CHUNK = 1 << 20
_EXCERPT = 120
_ERROR_ANSWERS = (
    frozenset({"message", "documentation_url"}),  # GitHub
    frozenset({"errorCode", "errorSummary"}),  # Okta
    frozenset({"errorMessages", "errors"}),  # Jira
)
_DEEPEST = 250
_TOO_DEEP = "it is nested too deep to be read"
_EXPORT_AGAIN = "run the export again and capture the new file"

Record = tuple[str, dict[str, Any]]
"""Where in the file (`#/12`, `#/items/3`, `line 34`, `page 2 #/0`), and the record."""


class _DuplicateKeyError(ValueError):
    """One object names a key twice, so which value the source meant is unknown."""


def read_records(
    path: Path, *, list_keys: Sequence[str] = (), limit_bytes: int = DEFAULT_LIMIT, exact: bool = False
) -> Iterator[Record | SetAside]:
    """Yield each record of `path` with its place, or SetAside for an element that is no object.

    `list_keys` names the keys under which an object holds its list (`items`; dots step down: `data.repo.nodes`).
    An object with none of these keys is one record. `exact`: numbers with a fraction are Decimal, as the file writes
    them, and not the nearest float; that takes longer. Raises UserError for a file that cannot be read as a whole; it
    may come late, after records were given, so the caller keeps no row of a file that raised.
    """
    name = path.name
    data = _read_bounded(path, limit_bytes)
    start = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    if data.startswith(_UTF16_MARKS):
        found = "the file is UTF-16 text (a Windows PowerShell redirect writes that)"
        _refuse(name, found, "UTF-8", "export again with UTF-8 output and capture the new file")
    body = data[start:] if start else data
    if not body.strip():
        _refuse(name, "the file is empty", "JSON; [] where the query found nothing", _EXPORT_AGAIN)
    try:
        document = _parse(body, exact=exact)
    except _DuplicateKeyError as error:
        _refuse(name, str(error), "each key once in an object", _EXPORT_AGAIN)
    except ValueError:
        if _looks_like_lines(body):
            yield from _lines(body, name, list_keys, exact=exact)
        else:
            yield from _pages(body, start, name, list_keys, exact=exact)
        return
    yield from _document(document, "#", name, list_keys)


def _read_bounded(path: Path, limit: int) -> bytes:
    """Return the bytes, decompressed where they are gzip, never more than `limit`."""
    with path.open("rb") as raw:
        compressed = raw.peek(2)[:2] == _GZIP_MAGIC
        stream: io.BufferedIOBase = gzip.GzipFile(fileobj=raw) if compressed else raw
        if not compressed and path.stat().st_size > limit:
            _refuse_size(path.name, limit)
        chunks = bytearray()
        try:
            while chunk := stream.read(_CHUNK):
                chunks += chunk
                if len(chunks) > limit:
                    _refuse_size(path.name, limit)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            found = f"the gzip data is broken after {len(chunks):,} bytes of content ({error})"
            _refuse(path.name, found, "a whole gzip file", _EXPORT_AGAIN)
    return bytes(chunks)


def _parse(data: bytes, *, exact: bool) -> Any:
    """Parse one JSON document; raises ValueError, or _DuplicateKeyError where an object names a key twice."""
    if exact:
        return _parse_slowly(data.decode("utf-8"), exact=True)
    try:
        document = orjson.loads(data)
        written = orjson.dumps(document)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return _parse_slowly(data.decode("utf-8"), exact=False)
    # A key named twice is dropped silently by the fast parser, and its quotes with it. So the counts of quotes agree
    # when no key is repeated; an escaped quote (\u0022) is the one other thing that changes them.
    quotes = data.count(b'"') + data.count(b"\\u0022")
    return document if quotes == written.count(b'"') else _parse_slowly(data.decode("utf-8"), exact=False)


def _parse_slowly(text: str, *, exact: bool) -> Any:
    """Parse with the standard library, which sees repeated keys and says where it stopped."""
    try:
        return _storable(_decoder(exact=exact).decode(text))
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def _storable(value: Any, depth: int = 0) -> Any:
    """Return the value with U+FFFD for half of a surrogate pair (a cut emoji), which no UTF-8 text can hold."""
    if depth > _DEEPEST:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {key: _storable(held, depth + 1) for key, held in value.items()}
    return [_storable(held, depth + 1) for held in value] if isinstance(value, list) else value


def _decoder(*, exact: bool) -> json.JSONDecoder:
    number = _decimal if exact else float
    return json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=number)


def _decimal(text: str) -> Decimal | float:
    """Return the number as the file writes it, the nearest float where its exponent is beyond what a Decimal holds."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return float(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in values if names.count(name) > 1)
        msg = f"an object names the key {twice!r} more than once (the object with {_excerpt(pairs[0])})"
        raise _DuplicateKeyError(msg)
    return values


def _no_constant(text: str) -> Any:
    msg = f"{text} is no JSON value"
    raise ValueError(msg)


def _looks_like_lines(data: bytes) -> bool:
    """Whether each line stands alone: the first or second line that is not blank parses by itself."""
    seen = 0
    for raw in io.BytesIO(data):
        line = raw.strip()
        if not line:
            continue
        if seen == 0 and line in (b"[", b"{"):
            return False
        try:
            return isinstance(orjson.loads(line), dict | list)
        except orjson.JSONDecodeError:
            seen += 1
        if seen > 1:
            return False
    return False


def _lines(data: bytes, name: str, list_keys: Sequence[str], *, exact: bool) -> Iterator[Record | SetAside]:
    paged = False
    for number, raw in enumerate(io.BytesIO(data), start=1):
        line = raw.strip()
        if not line:
            continue
        where = f"line {number}"
        try:
            document = _parse(line, exact=exact)
        except ValueError as error:
            if paged or line.startswith(b"["):
                found = f"a page is broken ({_describe(error)})"
                _refuse(f"{name}:{number}", found, "a whole page in each line", _EXPORT_AGAIN)
            excerpt = line[:_EXCERPT].decode("utf-8", "replace")
            yield SetAside(where, f"the line is no JSON object: {_describe(error)}", excerpt)
            continue
        is_page = isinstance(document, list) or _list_in(document, list_keys) is not None
        paged = paged or is_page
        if isinstance(document, dict | list):
            yield from _document(document, f"page {number} #" if is_page else where, name, list_keys)
        else:
            yield SetAside(where, "the line is no JSON object", _excerpt(document))


def _pages(data: bytes, start: int, name: str, list_keys: Sequence[str], *, exact: bool) -> Iterator[Record | SetAside]:
    """Read documents that follow each other, as `gh api --paginate` prints them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte {start + error.start} is not valid UTF-8 ({error.reason})"
        _refuse(f"{name}:{line}", found, "UTF-8 text", _EXPORT_AGAIN)
    decoder = _decoder(exact=exact)
    position, number = 0, 0
    while (position := _next_document(text, position)) < len(text):
        number += 1
        try:
            document, position = decoder.raw_decode(text, position)
            document = _storable(document)
        except (ValueError, RecursionError) as error:
            at = error.pos if isinstance(error, json.JSONDecodeError) else position
            line = text.count("\n", 0, at) + 1
            offset = start + len(text[:at].encode("utf-8"))
            found = f"the JSON cannot be read at byte {offset}: {_describe(error)}, found {text[at : at + 20]!r}"
            _refuse(f"{name}:{line}", found, "whole JSON; the file may be cut off", _EXPORT_AGAIN)
        yield from _document(document, "#" if number == 1 else f"page {number} #", name, list_keys)


def _next_document(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _describe(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not valid UTF-8 ({error.reason})"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _document(document: Any, where: str, name: str, list_keys: Sequence[str]) -> Iterator[Record | SetAside]:
    """Yield the records of one document: a page, an array of records or of pages, or one record."""
    if not isinstance(document, dict | list):
        found = f"the file holds {_excerpt(document)} at its top"
        _refuse(f"{name} {where}", found, "an array or an object", _EXPORT_AGAIN)
    if isinstance(document, dict):
        yield from _object(document, where, name, list_keys)
        return
    for index, element in enumerate(document):
        place = _below(where, index)
        page = f"page {index + 1} #"
        if isinstance(element, list):
            yield from _elements(element, page)
        elif isinstance(element, dict):
            is_page = _list_in(element, list_keys) is not None
            yield from _object(element, page if is_page else place, name, list_keys)
        else:
            yield SetAside(place, "the element is no JSON object", _excerpt(element))


def _object(values: dict[str, Any], where: str, name: str, list_keys: Sequence[str]) -> Iterator[Record | SetAside]:
    """Yield an object itself, or the records of the list that it holds."""
    if any(values.keys() >= keys and "id" not in values for keys in _ERROR_ANSWERS):
        found = f"this is the source's error answer, not its records: {_excerpt(values)}"
        _refuse(f"{name} {where}", found, "records", "clear the error that it names and export again")
    if values.get("incomplete_results") is True:
        found = "the source says that its answer is incomplete (incomplete_results)"
        _refuse(f"{name} {where}", found, "a complete answer", "ask for a smaller stretch and export again")
    listed = _list_in(values, list_keys)
    if listed is None:
        yield where.removesuffix(" #"), values
        return
    key, elements = listed
    if not isinstance(elements, list):
        found = f"{key} holds {_excerpt(elements)}"
        _refuse(f"{name} {where}", found, "a list of records", _EXPORT_AGAIN)
    yield from _elements(elements, _below(where, key.replace(".", "/")))


def _elements(elements: list[Any], where: str) -> Iterator[Record | SetAside]:
    for index, element in enumerate(elements):
        place = _below(where, index)
        if isinstance(element, dict):
            yield place, element
        else:
            yield SetAside(place, "the element is no JSON object", _excerpt(element))


def _list_in(values: Any, list_keys: Sequence[str]) -> tuple[str, Any] | None:
    """Return the first of `list_keys` that the object has, with what stands there."""
    for key in list_keys:
        found: Any = values
        for step in key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                break
            found = found[step]
        else:
            return key, found
    return None


def _below(where: str, step: str | int) -> str:
    return f"{where}/{step}"


def _excerpt(value: Any) -> str:
    return repr(value)[:_EXCERPT]


def _refuse_size(name: str, limit: int) -> NoReturn:
    found, expected = f"the file holds more than {limit:,} bytes", f"at most {limit:,} bytes in one file"
    _refuse(name, found, expected, "export in pages or months, one file each, and capture all of them")


def _refuse(where: str, found: str, expected: str, remedy: str) -> NoReturn:
    raise UserError(Problem(where, found, expected, remedy))
