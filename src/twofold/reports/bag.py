"""The bag: BagIt 1.0 (RFC 8493) around the files of a package, written here, with SHA-256 only.

Four small text files at the top name every byte below: bagit.txt, bag-info.txt, manifest-sha256.txt and
tagmanifest-sha256.txt. Two signatures of the tag manifest lie beside it, the only files that nothing names.
Stricter than the RFC where that closes a door: one spelling of each file, lower-case names of a-z 0-9 . _ -, no further
tag files, no fetch.txt.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from twofold.vault.blobs.file_hash import file_hash

BAGIT = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
TAG_NOTE = f"{TAG_MANIFEST}.note"
TAG_SIGNATURE = f"{TAG_MANIFEST}.sig"
DATA = "data"
TAG_FILES = (BAGIT, INFO, MANIFEST, TAG_MANIFEST)
TOP_FILES = (*TAG_FILES, TAG_NOTE, TAG_SIGNATURE)
PACKAGE_HEADER = "twofold-package@v1"
"""First line of the note over the tag manifest, so that it cannot be taken for a note about something else."""
BAGIT_TEXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-f]{64})  ([a-z0-9._-]+(?:/[a-z0-9._-]+)*)")
_NAME = re.compile(r"[a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Seal:
    """What a bag was sealed as: SHA-256 of its tag manifest, which stands for all; files and bytes below data/."""

    digest: str
    files: int
    size: int


def file_hashes(bag: Path, places: Iterable[str]) -> dict[str, str]:
    """Return path -> SHA-256 of files of a bag, each read once. hashlib leaves Python's lock, so every core works.

    All threads take from one list until it is used up, the biggest files first, so that no core waits at the end.
    """
    sizes = {place: (bag / place).stat().st_size for place in places}
    queue = iter(sorted(sizes, key=lambda place: -sizes[place]))
    count = os.cpu_count() or 1
    with ThreadPoolExecutor(count) as pool:
        lists = pool.map(lambda _: [(place, file_hash(bag / place)) for place in queue], range(count))
        return dict(chain.from_iterable(lists))


def is_portable(place: str) -> bool:
    """Whether every part of a relative path is a name that a package may hold: no `.` or `..`, no hidden file."""
    parts = place.split("/")
    return all(_NAME.fullmatch(part) and not part.startswith(".") for part in parts)


def payload_files(bag: Path) -> dict[str, os.stat_result]:
    """Return the relative path of everything below data/ that is no folder, sorted, with size and type."""
    return dict(sorted(_files(str(bag / DATA), DATA)))


def _files(folder: str, name: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for each in entries:
            if each.is_dir(follow_symlinks=False):
                yield from _files(each.path, f"{name}/{each.name}")
            else:
                yield f"{name}/{each.name}", each.stat(follow_symlinks=False)


def seal(bag: Path, info: Mapping[str, str]) -> Seal:
    """Write the four tag files around data/. `info` are the lines of bag-info.txt; Payload-Oxum is added.

    Equal data give equal bytes. The signatures are not made here.
    """
    places = payload_files(bag)
    size = sum(each.st_size for each in places.values())
    lines = {**info, "Payload-Oxum": f"{size}.{len(places)}"}
    hashes = file_hashes(bag, places)
    _write(bag / BAGIT, BAGIT_TEXT)
    _write(bag / INFO, "".join(f"{name}: {' '.join(text.split())}\n" for name, text in lines.items()))
    _write(bag / MANIFEST, "".join(f"{hashes[place]}  {place}\n" for place in places))
    _write(bag / TAG_MANIFEST, tag_manifest_text(bag))
    return Seal(file_hash(bag / TAG_MANIFEST), len(places), size)


def package_statement(package_id: str, tag_manifest: bytes) -> str:
    """Return the text that the note beside the tag manifest signs."""
    return f"{PACKAGE_HEADER}\n{package_id}\n{hashlib.sha256(tag_manifest).hexdigest()}\n"


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


def identifier_of(info_text: str) -> str:
    """Return the package id that bag-info.txt gives, "" when it gives none."""
    match = re.search(r"^External-Identifier: (.*)$", info_text, re.MULTILINE)
    return match[1] if match else ""


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
