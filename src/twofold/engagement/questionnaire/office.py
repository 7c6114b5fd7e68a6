"""Office files (xlsx, docx) as the zipped parts they are: opened within limits, read as XML without entities.

An upload is hostile until shown otherwise. Every limit is checked on the bytes as they come out. A document type
declaration is refused, so that no entity is ever expanded and nothing outside of the file is asked for. Links to other
files are not followed. What is not changed is written back with the same content, in the same order.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from twofold.model.problem import Problem, UserError

_CHUNK = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_DEEPEST = 200
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class OfficeLimits:
    """How much one file may hold."""

    file_bytes: int = 50 * 1024**2
    parts: int = 5_000
    unpacked_bytes: int = 200 * 1024**2
    ratio: int = 200
    """Bytes unpacked for each byte of the file."""
    ratio_from_bytes: int = 8 * 1024**2
    """The ratio counts from here on; less does no harm."""


DEFAULT_LIMITS = OfficeLimits()
Attributes = Mapping[str, str]


def open_parts(content: bytes, *, name: str, limits: OfficeLimits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """Unpack an office file in memory; raises UserError with everything that makes it unsafe or unreadable."""
    if len(content) > limits.file_bytes:
        found = f"it has {len(content):,} bytes"
        raise UserError(
            Problem(name, found, f"at most {limits.file_bytes:,} bytes", "ask the sender for a smaller one")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members, name, limits)
            return _unpack(archive, members, name, len(content), limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        found = f"it could not be read ({error})"
        raise UserError(Problem(name, found, "a whole .xlsx or .docx file", "ask the sender for it again")) from error


def write_parts(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    """Write the file again with some parts changed; every other part keeps its content, place and date."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.infolist():
            body = changed.get(member.filename)
            copy.writestr(member, source.read(member) if body is None else body, compress_type=member.compress_type)
    return target.getvalue()


def related(parts: Mapping[str, bytes], part: str, *, name: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to inside the file: id -> (last word of the type, part). Outside links are left out."""
    folder, file = posixpath.split(part)
    place = posixpath.join(folder, "_rels", f"{file}.rels")
    if place not in parts:
        return {}
    listed = _RelationsWalk(parts[place], f"{name}: {place}")
    listed.run()
    found: dict[str, tuple[str, str]] = {}
    for reference, kind, target in listed.relations:
        whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        if (inside := posixpath.normpath(whole)) in parts:
            found[reference] = kind, inside
    return found


class XmlWalk:
    """One pass over the XML of a part, with the byte at which each tag begins."""

    def __init__(self, content: bytes, where: str) -> None:
        if content.startswith(_UTF16):
            raise UserError(
                Problem(where, "it is not UTF-8", "XML in UTF-8", "save the file again with another program")
            )
        self._content = content
        self._where = where
        self._depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text

    def run(self) -> None:
        """Walk through the part; raises UserError where it is no plain XML."""
        try:
            self.parser.Parse(self._content, True)
        except expat.ExpatError as error:
            raise UserError(Problem(self._where, f"it is no whole XML ({error})", "an undamaged file")) from error

    @property
    def at(self) -> int:
        """Byte at which the tag that is looked at begins."""
        return self.parser.CurrentByteIndex

    @property
    def behind(self) -> int:
        """Byte behind the tag that is looked at."""
        return tag_end(self._content, self.at)

    def start(self, tag: str, attributes: Attributes) -> None:
        """Take a start tag. Names are local ones."""

    def end(self, tag: str) -> None:
        """Take an end tag."""

    def text(self, text: str) -> None:
        """Take characters."""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UserError(Problem(self._where, f"tags lie more than {_DEEPEST} deep", "an ordinary file"))
        self.start(_local(tag), {_local(key): value for key, value in attributes.items()})

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self.end(_local(tag))

    def _refuse(self, *_: object) -> None:
        found = "it declares a document type or an entity, which could pull in other files"
        raise UserError(Problem(self._where, found, "XML without either", "do not open it; ask the sender"))


class _RelationsWalk(XmlWalk):
    """Id, kind and target of each relation to a part of the same file."""

    def __init__(self, content: bytes, where: str) -> None:
        super().__init__(content, where)
        self.relations: list[tuple[str, str, str]] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        """Take a relation."""
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.relations.append((attributes.get("Id", ""), kind, attributes.get("Target", "")))


def tag_end(content: bytes, start: int) -> int:
    """Return the byte behind the tag that begins at `start`; a `>` inside of an attribute does not end it."""
    quote = 0
    for index in range(start, len(content)):
        byte = content[index]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return index + 1
    return len(content)


def xml_text(text: str) -> str:
    """Escape a text for XML; characters that XML cannot hold are left out."""
    kept = "".join(each for each in text if each in "\t\n" or (each >= " " and each not in "\ufffe\uffff"))
    kept = "".join(each for each in kept if not "\ud800" <= each <= "\udfff")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: OfficeLimits) -> None:
    problems = []
    if len(members) > limits.parts:
        problems.append(Problem(name, f"it holds {len(members):,} parts", f"at most {limits.parts:,}"))
    names = [member.orig_filename for member in members]
    for member in members[: limits.parts]:
        inner = member.orig_filename.replace("\\", "/")
        if inner.startswith("/") or ".." in inner.split("/") or "\0" in inner or ":" in inner:
            problems.append(Problem(name, f"the path of a part leads out of the file: {inner[:80]!a}", "parts inside"))
        if member.flag_bits & _ENCRYPTED:
            problems.append(Problem(name, "it is encrypted", "a file without a password"))
        if member.compress_type not in _METHODS:
            problems.append(Problem(name, f"{inner[:80]!a} is packed by an unusual method", "deflate or none"))
    if len(set(names)) != len(names):
        problems.append(Problem(name, "two parts have one name", "one name for one part"))
    if problems:
        raise UserError(sorted(set(problems)))


def _unpack(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str, size: int, limits: OfficeLimits
) -> dict[str, bytes]:
    left = min(limits.unpacked_bytes, max(limits.ratio_from_bytes, limits.ratio * size))
    parts: dict[str, bytes] = {}
    for member in members:
        taken = []
        with archive.open(member) as stream:
            while chunk := stream.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    found = f"it unpacks to far more than its {size:,} bytes promise; unpacking was stopped"
                    expected = f"at most {limits.ratio} times its size, and {limits.unpacked_bytes:,} bytes"
                    raise UserError(Problem(name, found, expected, "do not open it; ask the sender"))
                taken.append(chunk)
        parts[member.filename] = b"".join(taken)
    return parts
