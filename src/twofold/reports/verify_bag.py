"""Steps 1 to 5 of the check: the bag itself. Every fault names the file it is about, as it stands in the package."""

import stat

from twofold.reports.bag import (
    BAGIT,
    BAGIT_TEXT,
    DATA,
    INFO,
    MANIFEST,
    TAG_FILES,
    TAG_MANIFEST,
    TOP_FILES,
    file_hashes,
    is_portable,
    oxum_of,
    read_manifest,
    tag_manifest_text,
)
from twofold.reports.under_check import CheckedStep, UnderCheck


def check_form(bag: UnderCheck) -> list[str]:
    """Step 1: the known files and data/ at the top, nothing else beside them; plain files with portable names."""
    faults = [f"{name}: it is missing" for name in TOP_FILES if not (bag.folder / name).is_file()]
    if not (bag.folder / DATA).is_dir() or (bag.folder / DATA).is_symlink():
        return [*faults, f"{DATA}: the folder is missing"]
    expected = {*TOP_FILES, DATA}
    faults += [
        f"{each.name}: it was added beside the tag files"
        for each in sorted(bag.folder.iterdir())
        if each.name not in expected
    ]
    odd = [name for name in TOP_FILES if (bag.folder / name).is_symlink()]
    odd += [place for place, state in bag.places.items() if not stat.S_ISREG(state.st_mode)]
    faults += [f"{place}: it is a link or device, not a plain file" for place in odd]
    faults += [f"{place!r}: the name is not made of a-z 0-9 . _ -" for place in bag.places if not is_portable(place)]
    if not faults and bag.read(BAGIT) != BAGIT_TEXT.encode():
        faults.append(f"{BAGIT}: it does not say BagIt 1.0 in UTF-8, as every package does")
    return faults


def check_tag_manifest(bag: UnderCheck) -> list[str]:
    """Step 2: tagmanifest-sha256.txt gives the hash of each of the other tag files, in its one spelling."""
    missing = [name for name in TAG_FILES if not bag.has(name)]
    if missing:
        return [f"{name}: it is missing, so the tag manifest cannot be checked" for name in missing]
    expected = tag_manifest_text(bag.folder)
    found = bag.read(TAG_MANIFEST)
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


def check_oxum(bag: UnderCheck) -> list[str]:
    """Step 3: as many bytes and files below data/ as bag-info.txt says."""
    if not bag.has(INFO):
        return [f"{INFO}: it is missing"]
    claimed = oxum_of(bag.read(INFO).decode("utf-8", "replace"))
    if claimed is None:
        return [f"{INFO}: it has no line Payload-Oxum: BYTES.FILES"]
    size = sum(state.st_size for state in bag.places.values())
    if claimed == (size, len(bag.places)):
        return []
    return [
        f"{INFO}: it says {claimed[0]} bytes in {claimed[1]} files; there are {size} bytes in {len(bag.places)} files"
    ]


def check_complete(bag: UnderCheck) -> list[str]:
    """Step 4: the manifest names every file below data/, and every file that it names is there."""
    if not bag.has(MANIFEST):
        return [f"{MANIFEST}: it is missing"]
    listed, faults = read_manifest(bag.read(MANIFEST).decode("utf-8", "replace"))
    faults += [f"{place} is not below {DATA}/" for place in listed if not place.startswith(f"{DATA}/")]
    faults = [f"{MANIFEST}: {fault}" for fault in faults]
    bag.listed = {place: digest for place, digest in listed.items() if place.startswith(f"{DATA}/")}
    present = set(bag.places)
    faults += [f"{place}: it is missing" for place in sorted(set(listed) - present)]
    faults += [f"{place}: it was added; {MANIFEST} does not name it" for place in sorted(present - set(listed))]
    return faults


def check_bytes(bag: UnderCheck) -> list[str]:
    """Step 5: every file has the SHA-256 that the manifest gives. Each is read once, on every core."""
    if not bag.has(MANIFEST):
        return [f"{MANIFEST}: it is missing"]
    bag.hashes = file_hashes(bag.folder, [place for place in bag.listed if bag.has(place)])
    return [
        f"{place}: its bytes were changed, or {MANIFEST} was; its SHA-256 is not {bag.listed[place]}"
        for place, digest in sorted(bag.hashes.items())
        if digest != bag.listed[place]
    ]


BAG_STEPS: tuple[CheckedStep, ...] = (
    ("the form of the bag", check_form),
    ("the tag manifest fits the tag files", check_tag_manifest),
    ("as many bytes and files as the bag says", check_oxum),
    ("no file was added or is missing", check_complete),
    ("every file has the bytes of the manifest", check_bytes),
)
