"""The first part of captured bytes as text, a table or an image. Nothing in them is run, nothing becomes markup.

What a file is, its first bytes say, never its name. Text, also HTML, SVG and scripts, is shown as the text that it is.
An image is shown only if it is a PNG, JPEG, GIF or WebP of a size that a browser can hold. A PDF is never opened: it is
named, with what in it would act when somebody opens it, and can only be downloaded.
"""

import csv
import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace

_BYTES = 64_000
_LINES = 25
_COLUMNS = 20
_CELL = 400
_LINE = 2_000
_WHOLE_JSON = 1_000_000
"""Bytes up to which a JSON file is read whole, so that it can be laid out."""
_IMAGE_BYTES = 20_000_000
_PIXELS = 40_000_000
_ACTING = (
    (b"/JavaScript", "a script"),
    (b"/JS", "a script"),
    (b"/OpenAction", "an action on opening"),
    (b"/AA", "actions on events"),
    (b"/Launch", "a call of another program"),
    (b"/EmbeddedFile", "files inside it"),
    (b"/RichMedia", "media"),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown: a table (`rows`, its first line the head), `text`, or an image by its media type.

    cut: there is more in the file. note: what is to be known before it is opened, such as what acts in a PDF.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    image: str = ""
    note: str = ""
    cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the file can be shown."""
        return not (self.rows or self.text or self.image)


def preview(workspace: Workspace, evidence: EvidenceRef) -> Preview:
    """Return what may be shown of captured bytes; empty, perhaps with a note, for what can only be downloaded."""
    with workspace.vault.open_verified(evidence.sha256) as stream:
        head = stream.read(_BYTES)
        if head.startswith((b"{", b"[")) and len(head) < evidence.size <= _WHOLE_JSON:
            head += stream.read(_WHOLE_JSON)
        rest = head + stream.read(_WHOLE_JSON) if head.startswith(b"%PDF-") else b""
    return preview_of(head, name=evidence.name, size=evidence.size, scanned=rest)


def preview_of(head: bytes, *, name: str, size: int, scanned: bytes = b"") -> Preview:
    """Return what may be shown of a file of `size` bytes that starts with `head`; scanned: more of a PDF."""
    if head.startswith(b"%PDF-"):
        return Preview(note=_of_pdf(scanned or head))
    if (image := image_type(head)) is not None:
        return _of_image(head, image, size)
    return _of_characters(head, name, cut=size > len(head))


def _of_characters(head: bytes, name: str, *, cut: bool) -> Preview:
    """Return text as a table, laid out, or as it stands; nothing of what is no text."""
    try:
        text = head.decode("utf-8-sig", errors="ignore" if cut else "strict")
    except UnicodeDecodeError:
        return Preview()
    if "\x00" in text:
        return Preview()
    suffix = name.rpartition(".")[2].lower()
    if suffix in {"csv", "tsv"}:
        return _of_table(text, "\t" if suffix == "tsv" else ",", cut=cut)
    if text.lstrip().startswith(("{", "[")):
        return _of_json(text, cut=cut)
    return _of_text(text, cut=cut)


def image_type(head: bytes) -> str | None:
    """Return the media type of an image that may be shown, by its first bytes; None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def pixels_of(head: bytes) -> int | None:
    """Return how many pixels an image says that it has; None where its first bytes do not say so."""
    size = _SIZES[image_type(head) or ""](head)
    return None if size is None else size[0] * size[1]


def _png(head: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", head[16:24]) if len(head) >= 24 and head[12:16] == b"IHDR" else None  # noqa: PLR2004


def _gif(head: bytes) -> tuple[int, int] | None:
    return struct.unpack("<HH", head[6:10]) if len(head) >= 10 else None  # noqa: PLR2004


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:  # noqa: PLR2004
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L" and len(head) >= 25:  # noqa: PLR2004
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 30:  # noqa: PLR2004
        wide, high = struct.unpack("<HH", head[26:30])
        return wide & 0x3FFF, high & 0x3FFF
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:  # noqa: PLR2004  a marker
        if head[at + 1] in {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}:
            high, wide = struct.unpack(">HH", head[at + 5 : at + 9])
            return wide, high
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return None


_SIZES: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "": lambda head: None,  # noqa: ARG005
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}


def _of_image(head: bytes, media_type: str, size: int) -> Preview:
    pixels = pixels_of(head)
    if pixels is None:
        return Preview(note="Its first bytes do not say how large the image is, so it is not shown.")
    if size > _IMAGE_BYTES or pixels > _PIXELS:
        return Preview(note=f"The image has {pixels:,} pixels in {size:,} bytes, which is too much to show.")
    return Preview(image=media_type)


def _of_pdf(content: bytes) -> str:
    acts = list(dict.fromkeys(word for mark, word in _ACTING if mark in content))
    if acts:
        return f"A PDF. It has {', '.join(acts)}: open it only in a reader that runs nothing."
    return "A PDF. It is not opened here; download it to read it."


def _of_table(text: str, separator: str, *, cut: bool) -> Preview:
    try:
        lines = []
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            lines.append(line)
            if len(lines) > _LINES:
                break
    except csv.Error:
        return _of_text(text, cut=cut)
    rows = tuple(tuple(cell[:_CELL] for cell in line[:_COLUMNS]) for line in lines[:_LINES] if line)
    return Preview(rows=rows, cut=cut or len(lines) > _LINES) if rows else Preview()


def _of_json(text: str, *, cut: bool) -> Preview:
    """Lay JSON out: a list of flat records as a table, anything else with indents; what cannot be read as it stands."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _of_text(text, cut=cut)
    records = value if isinstance(value, list) else []
    if records and all(isinstance(each, dict) and not _is_nested(each) for each in records[:_LINES]):
        head = tuple(dict.fromkeys(str(name) for each in records[:_LINES] for name in each))[:_COLUMNS]
        rows = tuple(tuple(_cell(each.get(name)) for name in head) for each in records[:_LINES])
        return Preview(rows=(head, *rows), cut=len(records) > _LINES)
    first = value[:_LINES] if isinstance(value, list) else value
    try:
        shown = orjson.dumps(first, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        return _of_text(text, cut=cut)
    laid_out = _of_text(shown, cut=False, lines=200)
    return Preview(text=laid_out.text, cut=laid_out.cut or len(records) > _LINES)


def _is_nested(record: dict[str, Any]) -> bool:
    return any(isinstance(value, (dict, list)) for value in record.values())


def _cell(value: Any) -> str:
    return "" if value is None else str(value)[:_CELL]


def _of_text(text: str, *, cut: bool, lines: int = _LINES) -> Preview:
    every: Sequence[str] = text.splitlines()
    shown = [line[:_LINE] for line in every[:lines]]
    return Preview(text="\n".join(shown), cut=cut or len(every) > lines or any(len(each) > _LINE for each in every))
