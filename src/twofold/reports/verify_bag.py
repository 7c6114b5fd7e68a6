"""Steps 1 to 5 of the check: the bag itself. Every fault names the file it is about, as it stands in the package."""

import stat
from collections.abc import Callable
from pathlib import Path

from twofold.reports.bag import (
    BAGIT,
    BAGIT_TEXT,
    DATA,
    INFO,
    MANIFEST,
    TAG_FILES,
    TAG_MANIFEST,
    file_hash,
    is_portable,
    oxum_of,
    payload_files,
    read_manifest,
    tag_manifest_text,
)


def check_form(bag: Path) -> list[str]:
    """Step 1: the four tag files and data/, nothing else beside them, plain files with portable names."""
    faults = [f"{name}: it is missing" for name in TAG_FILES if not (bag / name).is_file()]
    if not (bag / DATA).is_dir():
        return [*faults, f"{DATA}: the folder is missing"]
    expected = {*TAG_FILES, DATA}
    faults += [
        f"{each.name}: it was added beside the tag files" for each in sorted(bag.iterdir()) if each.name not in expected
    ]
    for name in TAG_FILES:
        if (bag / name).is_symlink():
            faults.append(f"{name}: it is a link, not a plain file")
    for place in payload_files(bag):
        if not is_portable(place):
            faults.append(f"{place!r}: the name is not made of a-z 0-9 . _ -")
        if not stat.S_ISREG((bag / place).lstat().st_mode):
            faults.append(f"{place}: it is a link or device, not a plain file")
    if not faults and (bag / BAGIT).read_bytes() != BAGIT_TEXT.encode():
        faults.append(f"{BAGIT}: it does not say BagIt 1.0 in UTF-8, as every package does")
    return faults


def check_tag_manifest(bag: Path) -> list[str]:
    """Step 2: tagmanifest-sha256.txt gives the hash of each of the other tag files, in its one spelling."""
    missing = [name for name in TAG_FILES if not (bag / name).is_file()]
    if missing:
        return [f"{name}: it is missing, so the tag manifest cannot be checked" for name in missing]
    expected = tag_manifest_text(bag)
    found = (bag / TAG_MANIFEST).read_bytes()
    if found == expected.encode():
        return []
    listed, faults = read_manifest(found.decode("utf-8", "replace"))
    right = read_manifest(expected)[0]
    faults = [f"{TAG_MANIFEST}: {fault}" for fault in faults]
    for name in sorted(set(right) - set(listed)):
        faults.append(f"{TAG_MANIFEST}: it does not name {name}")
    for name in sorted(set(listed) - set(right)):
        faults.append(f"{TAG_MANIFEST}: it names {name}, which is no tag file")
    for name in sorted(set(right) & set(listed)):
        if listed[name] != right[name]:
            faults.append(f"{name}: its bytes are not those that {TAG_MANIFEST} gives")
    return faults or [f"{TAG_MANIFEST}: it is not in its one spelling"]


def check_oxum(bag: Path) -> list[str]:
    """Step 3: as many bytes and files below data/ as bag-info.txt says."""
    if not (bag / INFO).is_file() or not (bag / DATA).is_dir():
        return [f"{INFO}: it or {DATA}/ is missing"]
    claimed = oxum_of((bag / INFO).read_bytes().decode("utf-8", "replace"))
    if claimed is None:
        return [f"{INFO}: it has no line Payload-Oxum: BYTES.FILES"]
    places = payload_files(bag)
    size = sum((bag / place).lstat().st_size for place in places)
    if claimed == (size, len(places)):
        return []
    return [f"{INFO}: it says {claimed[0]} bytes in {claimed[1]} files; there are {size} bytes in {len(places)} files"]


def check_complete(bag: Path) -> list[str]:
    """Step 4: the manifest names every file below data/, and every file that it names is there."""
    if not (bag / MANIFEST).is_file() or not (bag / DATA).is_dir():
        return [f"{MANIFEST}: it or {DATA}/ is missing"]
    listed, faults = _manifest(bag)
    present = set(payload_files(bag))
    faults += [f"{place}: it is missing" for place in sorted(set(listed) - present)]
    faults += [f"{place}: it was added; {MANIFEST} does not name it" for place in sorted(present - set(listed))]
    return faults


def check_bytes(bag: Path) -> list[str]:
    """Step 5: every file has the SHA-256 that the manifest gives."""
    if not (bag / MANIFEST).is_file():
        return [f"{MANIFEST}: it is missing"]
    listed, _ = _manifest(bag)
    faults = []
    for place, digest in listed.items():
        path = bag / place
        if place.startswith(f"{DATA}/") and path.is_file() and not path.is_symlink() and file_hash(path) != digest:
            faults.append(f"{place}: its bytes were changed, or {MANIFEST} was; its SHA-256 is not {digest}")
    return faults


def _manifest(bag: Path) -> tuple[dict[str, str], list[str]]:
    listed, faults = read_manifest((bag / MANIFEST).read_bytes().decode("utf-8", "replace"))
    faults += [f"{place} is not below {DATA}/" for place in listed if not place.startswith(f"{DATA}/")]
    return listed, [f"{MANIFEST}: {fault}" for fault in faults]


BAG_STEPS: tuple[tuple[str, Callable[[Path], list[str]]], ...] = (
    ("the form of the bag", check_form),
    ("the tag manifest fits the tag files", check_tag_manifest),
    ("as many bytes and files as the bag says", check_oxum),
    ("no file was added or is missing", check_complete),
    ("every file has the bytes of the manifest", check_bytes),
)
