"""The bag: BagIt 1.0 (RFC 8493) around the files of a package, written here, with SHA-256 only.

Four small text files at the top name every byte below: bagit.txt, bag-info.txt, manifest-sha256.txt and
tagmanifest-sha256.txt.
Stricter than the RFC where that closes a door: one spelling of each file, lower-case names of a-z 0-9 . _ -, no further
tag files, no fetch.txt.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

BAGIT = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
DATA = "data"
TAG_FILES = (BAGIT, INFO, MANIFEST, TAG_MANIFEST)
BAGIT_TEXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9._-]+(?:/[a-z0-9._-]+)*)")
_NAME = re.compile(r"[a-z0-9._-]+")
_CHUNK = 1 << 20


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_portable(place: str) -> bool:
    """Whether every part of a relative path is a name that a package may hold: no `.` or `..`, no hidden file."""
    parts = place.split("/")
    return all(_NAME.fullmatch(part) and not part.startswith(".") for part in parts)


def payload_files(bag: Path) -> list[str]:
    """Return the relative path of everything below data/ that is no folder, sorted."""
    return sorted(path.relative_to(bag).as_posix() for path in _files(bag / DATA))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def seal(bag: Path, info: Mapping[str, str]) -> str:
    """Write the four tag files around data/ and return the SHA-256 of the tag manifest, which stands for the whole.

    `info` are the lines of bag-info.txt; Payload-Oxum is added. Equal data give equal bytes.
    """
    places = payload_files(bag)
    size = sum((bag / place).stat().st_size for place in places)
    lines = {**info, "Payload-Oxum": f"{size}.{len(places)}"}
    _write(bag / BAGIT, BAGIT_TEXT)
    _write(bag / INFO, "".join(f"{name}: {' '.join(text.split())}\n" for name, text in lines.items()))
    _write(bag / MANIFEST, "".join(f"{file_hash(bag / place)}  {place}\n" for place in places))
    _write(bag / TAG_MANIFEST, tag_manifest_text(bag))
    return file_hash(bag / TAG_MANIFEST)


def tag_manifest_text(bag: Path) -> str:
    """Return what tagmanifest-sha256.txt of this bag must say."""
    return "".join(f"{file_hash(bag / name)}  {name}\n" for name in sorted(TAG_FILES[:3]))


def read_manifest(text: str) -> tuple[dict[str, str], list[str]]:
    """Read a manifest: path -> SHA-256, and a sentence for each line that is not in the one allowed spelling."""
    found: dict[str, str] = {}
    faults = []
    previous = ""
    if text and not text.endswith("\n"):
        faults.append("the last line is cut off")
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        match = _LINE.fullmatch(line)
        if match is None or not is_portable(match[2]):
            faults.append(f"line {number} is not a SHA-256, two spaces and a portable file name")
        elif match[2] <= previous:
            faults.append(f"line {number}: {match[2]} is out of order or stands twice")
        else:
            found[match[2]] = match[1]
            previous = match[2]
    return found, faults


def oxum_of(info_text: str) -> tuple[int, int] | None:
    """Return bytes and files that bag-info.txt claims, None when it claims none."""
    match = re.search(r"^Payload-Oxum: ([0-9]{1,18})\.([0-9]{1,12})$", info_text, re.MULTILINE)
    return (int(match[1]), int(match[2])) if match else None


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
