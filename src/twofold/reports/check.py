"""Check an audit package of form twofold-package-2 offline. Needs Python 3.8, and openssl 3 or ssh-keygen.

    python3 check.py [FOLDER] [--key FILE_OR_VKEY]... [--checkpoint FILE] [--no-signatures]

FOLDER          the package; without it, the one that this file lies in
--key           the company's key, or a witness's, as you received it apart from the package
--checkpoint    a checkpoint of the log as you received it apart from the package
--no-signatures go on where neither openssl 3 nor ssh-keygen is at hand

Each step prints a line, and below it a line for each thing that is wrong, the file's name first. Exit code: 0 every
step passed, 1 a step failed, 2 something could not be checked. Nothing is written, and nothing in the package is run.
Steps have the numbers of docs/formats/package.md of Twofold, where every file is described.
"""

# ruff: noqa: EM102, TRY003, UP017, UP033  Python 3.8, and a finding is a sentence at the place where it is found
from __future__ import annotations

import argparse
import base64
import functools
import hashlib
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

TAGS = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]
TAG_MANIFEST, INDEX, LOG = "tagmanifest-sha256.txt", "data/package.json", "data/log/"
CHECKPOINT, RECORDS, KEY = LOG + "checkpoint", LOG + "records.jsonl", LOG + "key.vkey"
MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (data(?:/[a-z0-9_-][a-z0-9._-]*)+)")
SAMPLE_FILES = ("population.txt", "draw.json", "evaluation.json")
CELL = re.compile('(?:"((?:[^"]|"")*)"|([^",\\n]*))([,\\n])')  # of a CSV file (RFC 4180), with what ends it
PERCENT = re.compile("[0-9]{1,3}([.][0-9]{1,6})?")
TILE_PLACE = re.compile(r"data/log/tile/([0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/[0-9]{1,3})?")
WIDTH = 256  # hashes in a full tile
LOG_KEY, WITNESS_KEY = 1, 4  # kinds of Ed25519 keys in C2SP signed notes


class Wrong(Exception):  # noqa: N818  it is a finding, not an error of this program
    """Something that ends a step: a sentence that begins with the file's name."""


class NotChecked(Exception):  # noqa: N818
    """A step that cannot be done on this machine, and why."""


class Package:
    """The folder under check, and what earlier steps found out for later ones."""

    def __init__(self, folder: Path, keys: Sequence[str] = (), checkpoint: str = "") -> None:
        self.folder = folder
        self.keys = keys  # received apart
        self.received = checkpoint  # received apart
        self.found = dict(files_below(str(folder / "data"), "data"))  # file -> size, type and so on
        self.places = sorted(self.found)
        self.manifest: dict[str, str] = {}  # file -> SHA-256, from step 4; after step 5 it is what the bytes give
        self.records: list[dict[str, Any]] = []  # from step 9
        self.terms: list[tuple[int, str]] = []  # from step 10: the smallest checkpoint that a key signs, and the key
        self.reading = ""  # the file that was read last, to be named when it has another form
        self.notes: list[str] = []
        self.unshown: list[str] = []  # what this check does not show

    def read(self, place: str) -> bytes:
        """Return the bytes of a file of the package."""
        self.reading = place
        try:
            return (self.folder / place).read_bytes()
        except OSError as error:
            raise Wrong(f"{place}: it is missing or cannot be read") from error

    def text(self, place: str) -> str:
        """Return a file as text."""
        return self.read(place).decode("utf-8", "replace")

    def json(self, place: str) -> Any:
        """Return a file as JSON."""
        return json.loads(self.read(place))

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the records of these kinds in order of the log."""
        return [record for record in self.records if record["kind"] in kinds]

    def runs(self) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
        """Return of each control test its folder, its run.json, and the extractions that its population rests on."""
        folders = ["data/" + test["folder"] for test in self.json(INDEX)["control_tests"]]
        return [
            (folder, self.json(folder + "/run.json"), self.json(folder + "/completeness.json")["extractions"])
            for folder in folders
        ]


# Steps 1 to 5: the bag (BagIt 1.0, RFC 8493). sha256sum -c does 5, and half of 2 and 4.


def step_1_form(package: Package) -> Iterator[str]:
    """Only the known files stand at the top; all are plain files with portable names."""
    known = [*TAGS, TAG_MANIFEST, TAG_MANIFEST + ".note", TAG_MANIFEST + ".sig"]
    for name in sorted({path.name for path in package.folder.iterdir()} - {*known, "data"}):
        yield f"{name}: it was added beside the tag files"
    for place in known + package.places:
        path = package.folder / place
        if place in known and not os.path.lexists(path):
            yield f"{place}: it is missing"
        elif not stat.S_ISREG((package.found.get(place) or path.lstat()).st_mode):
            yield f"{place}: it is a link or device, not a plain file"
        if not all(re.fullmatch("[a-z0-9_-][a-z0-9._-]*", part) for part in place.split("/")):
            yield f"{place!r}: the name is not made of a-z 0-9 . _ -"
    if package.read("bagit.txt") != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        yield "bagit.txt: it does not say BagIt 1.0 in UTF-8"


def step_2_tag_manifest(package: Package) -> Iterator[str]:
    """The tag manifest gives the hash of each other tag file, in one spelling."""
    lines = package.text(TAG_MANIFEST).split("\n")
    right = {name: hashlib.sha256(package.read(name)).hexdigest() for name in TAGS}
    for name in TAGS:
        if f"{right[name]}  {name}" not in lines:
            yield f"{name}: its bytes are not those that {TAG_MANIFEST} gives"
    if lines != [*(f"{right[name]}  {name}" for name in TAGS), ""]:
        yield f"{TAG_MANIFEST}: it does not say what it must"


def step_3_size(package: Package) -> Iterator[str]:
    """There are as many bytes and files below data/ as bag-info.txt says."""
    size = sum(each.st_size for each in package.found.values())
    line = f"Payload-Oxum: {size}.{len(package.places)}"
    if line not in package.text("bag-info.txt").split("\n"):
        yield f"bag-info.txt: it does not say '{line}', which is what is here"


def step_4_complete(package: Package) -> Iterator[str]:
    """The manifest names every file below data/, once and in order, and each is there."""
    lines, previous = package.text("manifest-sha256.txt").split("\n"), ""
    if lines.pop() != "":
        yield "manifest-sha256.txt: the last line is cut off"
    for number, line in enumerate(lines, 1):
        match = MANIFEST_LINE.fullmatch(line)
        if match is None or match[2] <= previous:
            yield f"manifest-sha256.txt: line {number} is not a SHA-256, two spaces and a file of data/, in order"
        else:
            previous = match[2]
            package.manifest[previous] = match[1]
    for place in sorted(set(package.manifest) - set(package.places)):
        yield f"{place}: it is missing"
    for place in sorted(set(package.places) - set(package.manifest)):
        yield f"{place}: it was added; the manifest does not name it"


def step_5_bytes(package: Package) -> Iterator[str]:
    """Every file has the SHA-256 of the manifest. hashlib works without Python's lock, so threads use every core."""
    plain = [place for place in package.manifest if stat.S_ISREG(getattr(package.found.get(place), "st_mode", 0))]
    # The biggest first, so that no core waits at the end. All threads take from one list until it is used up.
    queue = iter(sorted(plain, key=lambda place: -package.found[place].st_size))
    count = os.cpu_count() or 1
    with ThreadPoolExecutor(count) as pool:
        lists = list(pool.map(lambda _: [(each, file_hash(package.folder / each)) for each in queue], range(count)))
    for place, digest in sorted(pair for pairs in lists for pair in pairs):
        if digest != package.manifest[place]:
            yield f"{place}: its bytes were changed; its SHA-256 is not {package.manifest[place]}"


def files_below(folder: str, name: str) -> Iterator[tuple[str, os.stat_result]]:
    """Give relative path and state of everything below a folder that is no folder itself."""
    for each in os.scandir(folder) if os.path.isdir(folder) else ():  # noqa: PTH112  a text is faster
        if each.is_dir(follow_symlinks=False):
            yield from files_below(each.path, f"{name}/{each.name}")
        else:
            yield f"{name}/{each.name}", each.stat(follow_symlinks=False)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest, buffer = hashlib.sha256(), bytearray(1 << 20)
    with path.open("rb", buffering=0) as stream:
        while True:
            count = stream.readinto(buffer) or 0
            if not count:
                return digest.hexdigest()
            digest.update(memoryview(buffer)[:count])


# Steps 6 and 7: signatures, all Ed25519. A note (C2SP signed-note) is a text, an empty line, and lines "— NAME BASE64".


def step_6_package_signature(package: Package) -> Iterator[str]:
    """The tag manifest, and with it every byte, is signed: its hash in a note, itself by an SSH signature."""
    key, digest = package.text(KEY).strip(), hashlib.sha256(package.read(TAG_MANIFEST)).hexdigest()
    found = re.search("^External-Identifier: (.*)$", package.text("bag-info.txt"), re.MULTILINE)
    note = TAG_MANIFEST + ".note"
    try:
        key_parts(key)
    except (Wrong, ValueError) as error:
        for place in (note, TAG_MANIFEST + ".sig"):
            yield f"{place}: there is no key to check it with"
        raise Wrong(f"{KEY}: it is no verifier key") from error
    try:
        text = signed_text(package, note, package.text(note), key)
        if text != f"twofold-package@v1\n{found[1] if found else ''}\n{digest}\n":
            yield f"{note}: it was signed for another package or another {TAG_MANIFEST}"
    except Wrong as wrong:
        yield str(wrong)
    try:
        check_ssh_signature(package, TAG_MANIFEST + ".sig", TAG_MANIFEST, key, "twofold-package@v1")
    except Wrong as wrong:
        yield str(wrong)
    if not found or package.json(INDEX)["package_id"] != found[1]:  # the last, since a changed file may be no JSON
        yield f"{INDEX}: it names another package than bag-info.txt"


def step_7_checkpoint_signature(package: Package) -> Iterator[str]:
    """The checkpoint is signed in both forms, by a key that is named after the log."""
    key = package.text(KEY).strip()
    text = signed_text(package, CHECKPOINT, package.text(CHECKPOINT), key)
    if not re.fullmatch(r"[^\n]+\n(0|[1-9][0-9]*)\n[A-Za-z0-9+/]{43}=\n", text):
        yield f"{CHECKPOINT}: it does not say origin, size and root"
    elif text.split("\n")[0] != key_parts(key)[0]:
        yield f"{CHECKPOINT}: it is of the log {text.split()[0]}; the key is of another"
    public = base64.b64encode(strings(b"ssh-ed25519", key_parts(key)[2])).decode()
    namespaces = "twofold-checkpoint@v1,twofold-package@v1"
    if package.text(LOG + "allowed_signers") != f'twofold namespaces="{namespaces}" ssh-ed25519 {public}\n':
        yield f"{LOG}allowed_signers: it names another key than {KEY}"
    check_ssh_signature(package, CHECKPOINT + ".sig", CHECKPOINT, key, "twofold-checkpoint@v1")


def key_parts(vkey: str) -> tuple[str, int, bytes, bytes]:
    """Take a verifier key NAME+ID+BASE64 apart: name, kind, the 32 bytes of the key, the 4 bytes of its id."""
    name, shown, rest = vkey.split("+", 2)
    raw = base64.b64decode(rest, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 1 + 32 or raw[0] not in {LOG_KEY, WITNESS_KEY} or key_id.hex() != shown:
        raise Wrong(f"{vkey}: this is no Ed25519 verifier key, or its id is not that of its bytes")
    return name, raw[0], raw[1:], key_id


def note_parts(place: str, note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the text of a note and its signature lines: a name, and bytes (4 of key id, then the signature)."""
    text, mark, lines = note.rpartition("\n\n")
    found = [re.fullmatch("\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})", line) for line in lines[:-1].split("\n")]
    signatures = [(match[1], base64.b64decode(match[2])) for match in found if match]
    again = "".join(f"\u2014 {name} {base64.b64encode(raw).decode()}\n" for name, raw in signatures)
    if not mark or again != lines:
        raise Wrong(f"{place}: it is not a text, an empty line and signature lines")
    return text + "\n", signatures


def signed_text(package: Package, place: str, note: str, vkey: str) -> str:
    """Return the text of a note that this key signed. Lines of other keys are left alone."""
    name, _, public, key_id = key_parts(vkey)
    text, signatures = note_parts(place, note)
    mine = [raw[4:] for signer, raw in signatures if signer == name and raw[:4] == key_id]
    verdicts = [verify_ed25519(public, text.encode(), signature) for signature in mine]
    if not mine or False in verdicts:
        raise Wrong(f"{place}: it has no good signature of the key {vkey}")
    if None in verdicts:
        package.unshown.append(f"that the note in {place} is signed: openssl 3 is missing here")
    return text


def check_ssh_signature(package: Package, place: str, of: str, vkey: str, namespace: str) -> None:
    """Check an SSH signature (PROTOCOL.sshsig of OpenSSH) of a file, by openssl, else by ssh-keygen."""
    public, message, armor = key_parts(vkey)[2], package.read(of), package.text(place)
    package.reading = place
    blob = base64.b64decode("".join(armor.split("\n")[1:-2]))
    shown, tail = base64.b64encode(blob).decode(), strings(namespace.encode(), b"", b"sha512")
    lines = [shown[at : at + 70] for at in range(0, len(shown), 70)]
    head = b"SSHSIG" + struct.pack(">I", 1) + strings(strings(b"ssh-ed25519", public)) + tail
    head += strings(strings(b"ssh-ed25519", bytes(64)))[:-64]
    if armor != "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]):
        raise Wrong(f"{place}: it is not an SSH signature in its one spelling")
    if blob[:-64] != head:
        raise Wrong(f"{place}: it is not by the key {vkey}, or not for {namespace}")
    verdict = verify_ed25519(public, b"SSHSIG" + tail + strings(hashlib.sha512(message).digest()), blob[-64:])
    if verdict is None:
        verdict = ask_ssh_keygen(public, message, armor, namespace)
    if verdict is None:
        raise NotChecked(f"{place}: neither openssl 3 nor ssh-keygen is here to check it")
    if not verdict:
        raise Wrong(f"{place}: it is no signature of {of}")


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool | None:
    """Tell whether the signature is good; None where no openssl is that knows Ed25519."""
    program = find_openssl()
    return ask_openssl(program, public, message, signature) if program else None


def ask_openssl(program: str, public: bytes, message: bytes, signature: bytes) -> bool:
    """Let openssl check a signature. A public key in DER is 12 fixed bytes and the key (RFC 8410, 4)."""
    with tempfile.TemporaryDirectory() as folder:
        parts = {"key": bytes.fromhex("302a300506032b6570032100") + public, "text": message, "signature": signature}
        for name, data in parts.items():
            (Path(folder) / name).write_bytes(data)
        options = "pkeyutl -verify -pubin -inkey key -keyform DER -rawin -in text -sigfile signature"
        ended = subprocess.run([program, *options.split()], cwd=folder, capture_output=True, check=False)  # noqa: S603
        return ended.returncode == 0


@functools.lru_cache(maxsize=None)
def find_openssl() -> str:
    """Return an openssl that tells a good signature (RFC 8032, 7.1, test 2) from a bad one; "" without any."""
    program = shutil.which("openssl") or ""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    works = program and ask_openssl(program, public, b"\x72", signature)
    return program if works and not ask_openssl(program, public, b"\x73", signature) else ""


def ask_ssh_keygen(public: bytes, message: bytes, armor: str, namespace: str) -> bool | None:
    """Let ssh-keygen check an SSH signature; None where there is none."""
    program = shutil.which("ssh-keygen")
    if not program:
        return None
    with tempfile.TemporaryDirectory() as folder:
        key = base64.b64encode(strings(b"ssh-ed25519", public)).decode()
        (Path(folder) / "allowed").write_text(f"twofold ssh-ed25519 {key}\n", encoding="ascii")
        (Path(folder) / "signature").write_text(armor, encoding="ascii")
        command = [program, "-Y", "verify", "-f", "allowed", "-I", "twofold", "-s", "signature", "-n", namespace]
        ended = subprocess.run(command, cwd=folder, input=message, capture_output=True, check=False)  # noqa: S603
        return ended.returncode == 0


def strings(*parts: bytes) -> bytes:
    """Write byte strings as SSH does (RFC 4251, 5): the length in four bytes, then the bytes."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


# Steps 8 to 10: the log. Its entries are leaves of a Merkle tree (RFC 9162, 2.1). A tile (C2SP tlog-tiles) of level L
# has up to 256 hashes, each over 256 to the power L entries; a full tile hashes to one hash in the tile above it.


def step_8_tiles(package: Package) -> Iterator[str]:
    """Each full tile is proven by the one above it, and the partial ones at the right edge give the root."""
    size, root = head_of(package.text(CHECKPOINT))
    for place in package.places:
        match = TILE_PLACE.fullmatch(place)
        level, number = (int(match[1]), int(re.sub("[x/]", "", match[2]))) if match else (0, 0)
        if place.startswith(LOG + "tile/") and (match is None or place != tile_place(size, level, number)):
            yield f"{place}: a log of {size} entries has no such tile"
        elif match:
            hashes, above = tile(package, size, level, number), tile_place(size, level + 1, number // WIDTH)
            if len(hashes) == WIDTH and fold(hashes) != tile(package, size, level + 1, number // WIDTH)[number % WIDTH]:
                yield f"{place}: its hashes do not give the one in {above}"
    if root_at(package, size, size) != root:
        edge = [place for place in package.places if TILE_PLACE.fullmatch(place) and ".p/" in place]
        yield f"{CHECKPOINT}: its root is not the one that these tiles give: {', '.join(edge)}"


def step_9_records(package: Package) -> Iterator[str]:
    """Each record is, byte for byte, the entry of the log at its index; package.json counts them rightly."""
    size, previous = head_of(package.text(CHECKPOINT))[0], -1
    here: dict[str, int] = {}
    lines = package.read(RECORDS).split(b"\n")
    if lines.pop() != b"":
        yield f"{RECORDS}: the last line is cut off"
    for number, raw in enumerate(lines, 1):
        package.reading = f"{RECORDS}: line {number}"
        record = json.loads(raw)
        index, kind = record["index"], record["kind"]
        if not previous < index < size:
            raise Wrong(f"{RECORDS}: line {number} is entry {index}, out of order or beyond the checkpoint")
        if tile(package, size, 0, index // WIDTH)[index % WIDTH] != hashlib.sha256(b"\0" + raw).digest():
            yield f"{RECORDS}: line {number} is not entry {index} of the log; it was changed"
        previous, here[kind] = index, here.get(kind, 0) + 1
        package.records.append(record)
    said = package.json(INDEX)["log"]
    if {kind: counts["here"] for kind, counts in said["entries"].items() if counts["here"]} != here:
        yield f"{INDEX}: the records that are here are not as many as it says"
    if sum(counts["in_log"] for counts in said["entries"].values()) != size:
        yield f"{INDEX}: the log has {size} entries, and it says otherwise"
    origin, root = package.text(CHECKPOINT).split("\n")[0], head_of(package.text(CHECKPOINT))[1].hex()
    if [said[name] for name in ("origin", "size", "root", "key")] != [origin, size, root, package.text(KEY).strip()]:
        yield f"{INDEX}: it names another log, size, root or key than {CHECKPOINT} and {KEY}"
    package.unshown.append(f"{size - len(lines)} of {size} entries of the log are seen only as hashes")


def step_10_key(package: Package) -> Iterator[str]:
    """Entry 0 names the log and its first key; each change of key is an entry that the old and the new key signed."""
    first, origin = package.records[0], package.text(CHECKPOINT).split("\n")[0]
    if (first["index"], first["kind"], first["body"]["origin"]) != (0, "log", origin):
        raise Wrong(f"{RECORDS}: entry 0, which names the log {origin}, is missing")
    package.terms = [(1, first["body"]["key"])]
    for record in package.of_kind("key_rotation"):
        old, new, index = package.terms[-1][1], record["body"]["new"], record["index"]
        place = f"{RECORDS}: entry {index}"
        text = f"twofold-key-rotation@v1\n{origin}\n{index}\n{old}\n{new}\n"
        if any(signed_text(package, place, record["body"]["note"], key) != text for key in (old, new)):
            yield f"{place}: the change of key was signed for another log, place or key"
        package.terms.append((index + 1, new))
    if package.terms[-1][1] != package.text(KEY).strip():
        yield f"{KEY}: it is not the key that the log names"


def head_of(checkpoint: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint."""
    lines = checkpoint.split("\n")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def tile_place(size: int, level: int, number: int) -> str:
    """Return the file of a tile in a log of this size: .../LEVEL/x001/x234/067, and .p/WIDTH when it is not full."""
    width = min(WIDTH, (size >> 8 * level) - WIDTH * number)
    digits = f"{number:03}".zfill(-(-len(f"{number:03}") // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + part for part in parts[:-1]] + parts[-1:])
    return f"{LOG}tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def tile(package: Package, size: int, level: int, number: int) -> list[bytes]:
    """Return the hashes of a tile in a log of this size."""
    place = tile_place(size, level, number)
    data = package.read(place)
    if len(data) != 32 * min(WIDTH, (size >> 8 * level) - WIDTH * number):
        raise Wrong(f"{place}: it is not as long as a log of {size} entries needs")
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def root_at(package: Package, tree: int, size: int) -> bytes:
    """Return the root over the first `size` entries, from the tiles of a log of `tree` entries."""
    root, level = b"", 0
    while size >> 8 * level:
        number, width = divmod(size >> 8 * level, WIDTH)
        root = fold(tile(package, tree, level, number)[:width], root) if width else root
        level += 1
    return root


def fold(hashes: Sequence[bytes], right: bytes = b"") -> bytes:
    """Return the Merkle root over hashes, with `right` as the root of what follows them (RFC 9162, 2.1.1)."""
    complete: list[bytes] = []  # roots of complete subtrees, the largest first
    for count, leaf in enumerate(hashes):
        digest, at = leaf, count
        while at & 1:
            digest, at = node(complete.pop(), digest), at >> 1
        complete.append(digest)
    for left in reversed(complete):
        right = node(left, right) if right else left
    return right


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


# Steps 11 to 13: what the conclusions rest on is here, and was there before them.


def step_11_evidence(package: Package) -> Iterator[str]:
    """Each captured payload is here under its hash, or package.json says why not; shown rows are those of the file."""
    held = {place.split("/")[2].split(".")[0]: place for place in package.places if place.startswith("data/evidence/")}
    withheld = {each["sha256"]: each["reason"] for each in package.json(INDEX)["withheld"]}
    captured = {record["body"]["sha256"] for record in package.of_kind("capture")}
    if len(held) != sum(place.startswith("data/evidence/") for place in package.places):
        yield "data/evidence: two files have one name but for their ending"
    for sha256, place in sorted(held.items()):
        if package.manifest[place] != sha256:
            yield f"{place}: its bytes are not those that its name and record say"
        if sha256 not in captured:
            yield f"{place}: no record speaks of it"
    for sha256 in sorted(captured - {*held, *withheld}):
        yield f"data/evidence/{sha256}: a record speaks of it, and it is missing"
    for place in filter(re.compile("data/tables/rows/.*[.]jsonl").fullmatch, package.places):
        yield from rows_faults(package, place)
    if "data/withheld.json" in package.manifest:
        package.unshown += [each["sentence"] for each in package.json("data/withheld.json")["tables"]]
    for sha256, reason in sorted(withheld.items()):
        if sha256 in held or sha256 not in captured:
            yield f"{INDEX}: it says that {sha256} is withheld, which is here or has no record"
        package.unshown.append(f"evidence {sha256} is withheld: {reason}")


def rows_faults(package: Package, place: str) -> Iterator[str]:
    """What is shown of a table leads to the root that the log records for its rows, and no row was dropped."""
    lines = [json.loads(line) for line in package.read(place).splitlines()]
    body = {each["index"]: each["body"] for each in package.of_kind("row_commitment")}.get(lines[0]["commitment"])
    if body is None or place != f"data/tables/rows/{body['sha256']}.jsonl":
        yield f"{place}: it names no record that commits to the rows of this file"
        return
    peaks: list[tuple[int, bytes]] = []
    rows = 0
    for part in lines[1:]:
        first, size = part["rows"] if "rows" in part else (part["row"], 1)
        cells = part.get("cells", body["columns"])
        if first != rows or size < 1 or size & (size - 1) or first % size or len(cells) != len(body["columns"]):
            yield f"{place}: row {rows} is missing, out of order, or of another width"
            return
        leaf = b"" if "rows" in part else b"\0" + b"".join(map(cell_commitment, cells))
        digest = hashlib.sha256(leaf).digest() if leaf else binary(part["hash"])
        rows += size
        peaks.append((size, digest))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (size, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((2 * size, node(left, right)))
    root = peaks.pop()[1] if peaks else hashlib.sha256().digest()
    while peaks:
        root = node(peaks.pop()[1], root)
    if rows != body["rows"] or root.hex() != body["commitment"]:
        yield f"{place}: a cell or a row is not the one that was committed"


def cell_commitment(cell: Any) -> bytes:
    """Return what stands for a cell in its row: a withheld cell is that; a shown one has its text and its salt."""
    if isinstance(cell, str):
        return binary(cell)
    text, salt = cell
    return hashlib.sha256(b"\0" + binary(salt) + (b"\0" if text is None else b"\1" + text.encode())).digest()


def binary(text: str) -> bytes:
    """Return 32 bytes from base64."""
    data = base64.b64decode(text, validate=True)
    if len(data) != hashlib.sha256().digest_size:
        raise Wrong(f"{text}: a salt, commitment or hash has 32 bytes")
    return data


def step_12_nothing_missing(package: Package) -> Iterator[str]:
    """Every run, judgement and piece of evidence that the package rests on has its record, and they agree."""
    captured = {f"ev-{record['index']}": record["body"]["sha256"] for record in package.of_kind("capture")}
    runs = {record["body"]["run_id"]: record for record in package.of_kind("run")}
    judgements = {record["body"]["engagement"]: record for record in package.of_kind("judgement")}
    conclusions = [(f"{folder}/run.json", runs.get(run["run_id"]), "run") for folder, run, _ in package.runs()]
    conclusions += [
        (f"data/{each['folder']}/judgement.json", judgements.get(each["id"]), "judgement")
        for each in package.json(INDEX)["engagements"]
    ]
    for place, record, kind in conclusions:  # the newest record of each is meant
        if record is None:
            yield f"{place}: no record of this {kind} is here"
        elif record["body"][kind + "_sha256"] != package.manifest.get(place):
            yield f"{place}: it is not the {kind} that entry {record['index']} records"
    for folder, _, extractions in package.runs():
        for each in extractions:
            if captured.get(each["evidence_id"]) != each["file_hash"]:
                yield f"{folder}/completeness.json: it rests on {each['evidence_id']}, of which no such record is here"
    yield from unrecorded_files(package, judgements)
    in_force = {index for record in judgements.values() for index in relied_on(record)}
    for record in package.records:
        for evidence in sorted(captures_behind(record, listed=record["index"] in in_force) - set(captured)):
            yield f"{RECORDS}: entry {record['index']} rests on {evidence}, of which no record is here"


def unrecorded_files(package: Package, judgements: dict[str, Any]) -> Iterator[str]:
    """Check findings, verdicts and scope, whose hashes are in the log, and that every judged run is packaged."""
    index, redacted = package.json(INDEX), "data/withheld.json" in package.manifest
    recorded: dict[str, str] = {}
    for record in package.of_kind("scope_apply"):
        recorded["data/scope/scope.json"] = record["body"]["scope_sha256"]
    here = {run["run_id"] for _, run, _ in package.runs()}
    for engagement in index["engagements"]:
        body = judgements.get(engagement["id"], {"body": {}})["body"]
        if not redacted:  # else withheld values are taken out of the findings
            recorded[f"data/{engagement['folder']}/findings.json"] = body.get("findings_sha256", "")
        for run_id in sorted({run[1] for run in body.get("runs", [])} - here):
            yield f"data/{engagement['folder']}/judgement.json: it rests on the run {run_id}, which is not here"
        verdicts = dict(body.get("verdicts", []))
        for test in index["control_tests"]:
            place = f"data/{test['folder']}/{test['verdicts'].get(engagement['id'])}"
            if engagement["id"] in test["verdicts"] and (place in package.manifest or not redacted):
                recorded[place] = verdicts.get(f"{test['control_id']}-{test['control_test']}", "")
    for place, sha256 in sorted(recorded.items()):
        if package.manifest.get(place) != sha256:
            yield f"{place}: it is missing, or not the file that the log records"


def relied_on(judgement: dict[str, Any]) -> set[int]:
    """Return the entries of a judgement and of its runs."""
    return {judgement["index"], *(run[2] for run in judgement["body"]["runs"])}


def captures_behind(record: dict[str, Any], *, listed: bool) -> set[str]:
    """Return the evidence that a record names as text and, if asked, the one that it lists as ranges of entries."""
    named = record["kind"] in {"scope_apply", "run", "answer", "sign_off", "disposition", "sample_change"}
    found = set(re.findall('"(ev-[0-9]+)"', json.dumps(record["body"]) if named else ""))
    spans = (record["body"].get("evidence") or []) if listed else []
    return found.union(f"ev-{index}" for first, last in spans for index in range(first, last + 1))


def step_13_order(package: Package) -> Iterator[str]:
    """No judgement or sign-off is older than what it rests on, or package.json says so. The index is the order."""
    told = {flag["entry"]: flag["text"] for flag in package.json(INDEX)["order_flags"]}
    package.notes += [f"order: {text}" for text in told.values()]
    extractions = {run["run_id"]: named for _, run, named in package.runs()}
    rests: dict[int, set[int]] = {}  # entry of a run or judgement -> entries that it rests on
    for record in package.of_kind("run", "judgement", "sign_off"):
        index, body = record["index"], record["body"]
        if record["kind"] == "run":
            spans = body.get("evidence") or []
            rests[index] = {entry for first, last in spans for entry in range(first, last + 1)}
            rests[index] |= {int(each["evidence_id"][3:]) for each in extractions.get(body["run_id"], [])}
            continue
        on = {each[2] for each in body["runs"]} if record["kind"] == "judgement" else {body["judgement"]}
        late = {entry for each in on for entry in rests.get(each, set()) if entry > each}
        rests[index] = on.union(*(rests.get(each, set()) for each in on))
        late |= {entry for entry in rests[index] if entry > index}
        if late and index not in told:
            yield f"{RECORDS}: the {record['kind']} of entry {index} is older than entries {sorted(late)} behind it"


# Steps 14 to 16: what others hold about this log.


def step_14_witnesses(package: Package) -> Iterator[str]:
    """Each checkpoint that a witness cosigned (C2SP tlog-cosignature) is a beginning of this log."""
    place_of_keys = LOG + "witness/keys"
    vkeys = package.text(place_of_keys).split() if place_of_keys in package.manifest else []
    for place, following in chain(package, "witness"):
        yield from consistency_faults(package, place, following)
        text, signatures = note_parts(place, package.text(place))
        count = len(package.notes)
        for name, _, public, key_id in map(key_parts, vkeys):
            for raw in [raw[4:] for signer, raw in signatures if signer == name and raw[:4] == key_id]:
                seconds = int.from_bytes(raw[:8], "big")
                if verify_ed25519(public, f"cosignature/v1\ntime {seconds}\n{text}".encode(), raw[8:]) is False:
                    yield f"{place}: the cosignature of {name} is not good"
                at = datetime.fromtimestamp(seconds, timezone.utc)
                package.notes.append(f"{name} saw the log with {head_of(text)[0]} entries at {at.isoformat()}")
        if len(package.notes) == count:
            yield f"{place}: no witness whose key is in {place_of_keys} cosigned it"
    yield from dropped_checkpoints(package)
    if not chain(package, "witness"):
        package.unshown.append("that anybody else saw the log: no witness cosigned it")
    for vkey in sorted(set(vkeys) - set(package.keys)):
        package.unshown.append(f"that {vkey} is a witness's key: compare it with the witness")


def step_15_timestamps(package: Package) -> Iterator[str]:
    """Each timestamp (RFC 3161) is over the checkpoint beside it, which is a beginning of this log."""
    told = {each["size"]: each for each in package.json(INDEX)["log"]["timestamps"]}
    for place, following in chain(package, "timestamps"):
        yield from consistency_faults(package, place, following)
        answer, stamp = place[: -len("checkpoint")] + "tsr", told[head_of(package.text(place))[0]]
        if hashlib.sha256(package.read(place)).digest() not in package.read(answer):
            yield f"{answer}: it is no timestamp of {place}"
        elif not find_openssl():
            package.unshown.append(f"the authority's signature in {answer}: openssl 3 is missing here")
        else:
            pem = LOG + "timestamps/chain.pem"
            files = ["-data", place, "-in", answer, "-CAfile", pem, "-untrusted", pem, "-attime", str(stamp["attime"])]
            command = [find_openssl(), "ts", "-verify", *files]
            ended = subprocess.run(command, cwd=package.folder, capture_output=True, check=False)  # noqa: S603
            if ended.returncode != 0:
                yield f"{answer}: openssl does not accept it with the certificates in {pem}"
            package.notes.append(f"{stamp['authority']} dated the log with {stamp['size']} entries: {stamp['at']}")
            package.unshown.append(f"that {pem} is the authority's: compare it with the certificate that it publishes")
    if list(told) != sizes_in(package, "timestamps"):
        yield f"{INDEX}: it names other dated checkpoints than are here"
    if not chain(package, "timestamps"):
        package.unshown.append("that the company's clock was right: no authority dated the log")


def step_16_received(package: Package) -> Iterator[str]:
    """Key and checkpoint are those that were received apart from the package."""
    keys = [key for key in package.keys if key_parts(key)[1] == LOG_KEY]
    for key in keys:
        if key not in [known for _, known in package.terms]:
            yield f"{KEY}: neither it nor a key before it is {key}, which you received"
    places = [place for place, _ in chain(package, "witness")]
    signers = {(name, raw[:4]) for place in places for name, raw in note_parts(place, package.text(place))[1]}
    place_of_keys = LOG + "witness/keys"
    vkeys = package.text(place_of_keys).split() if place_of_keys in package.manifest else []
    for key in [key for key in package.keys if key_parts(key)[1] != LOG_KEY]:
        if key not in vkeys or (key_parts(key)[0], key_parts(key)[3]) not in signers:
            yield f"{LOG}witness: nothing there is cosigned by {key}, which you received"
    if not keys:
        package.unshown.append(f"that {KEY} is the company's key: compare it with one received another way (--key)")
    if not package.received:
        package.unshown.append("that the log was not written anew: give a checkpoint received earlier (--checkpoint)")
        return
    (size, root), (tree, _) = head_of(package.received), head_of(package.text(CHECKPOINT))
    if package.received.split("\n")[0] != package.text(CHECKPOINT).split("\n")[0]:
        yield f"{CHECKPOINT}: it is of another log than the checkpoint that you received"
    elif size > tree:
        yield f"{CHECKPOINT}: it has {tree} entries, fewer than the {size} of the checkpoint that you received"
    elif root_at(package, tree, size) != root:
        yield f"{CHECKPOINT}: its first {size} entries are not those of the checkpoint that you received"


def chain(package: Package, folder: str) -> list[tuple[str, str]]:
    """Return the checkpoints in a folder of the log, the smallest first, each with the next bigger one."""
    found = [place for place in package.places if re.fullmatch(f"{LOG}{folder}/[0-9]+[.]checkpoint", place)]
    found.sort(key=lambda place: head_of(package.text(place))[0])
    return list(zip(found, [*found[1:], CHECKPOINT]))  # noqa: B905  Python 3.8


def sizes_in(package: Package, folder: str) -> list[int]:
    """Return the sizes of the checkpoints in a folder of the log, the smallest first."""
    return [head_of(package.text(place))[0] for place, _ in chain(package, folder)]


def dropped_checkpoints(package: Package) -> Iterator[str]:
    """Find cosigned checkpoints that package.json or a record names, and that are missing here or are others."""
    if package.json(INDEX)["log"]["witnessed"] != sizes_in(package, "witness"):
        yield f"{INDEX}: it names other witnessed checkpoints than are here"
    here = {head_of(package.text(place)) for place, _ in chain(package, "witness")}
    for record in package.of_kind("witness"):
        size, root = record["body"]["size"], record["body"]["root"]
        if (size, bytes.fromhex(root)) not in here:
            yield f"{LOG}witness/{size}.checkpoint: by entry {record['index']} a witness cosigned it; it is not here"


def consistency_faults(package: Package, place: str, following: str) -> Iterator[str]:
    """Check the log's signature, and the proof that a checkpoint is a beginning of the next one (RFC 9162, 2.1.4.2)."""
    (first, old_root), (second, new_root) = head_of(package.text(place)), head_of(package.text(following))
    signed_text(package, place, package.text(place), [key for start, key in package.terms if start <= first][-1])
    proof_place = place[: -len("checkpoint")] + "consistency"
    proof = [base64.b64decode(line, validate=True) for line in package.text(proof_place).split()]
    if first == second:
        good = old_root == new_root and not proof
    else:
        good = 0 < first < second and leads(first - 1, second - 1, old_root, proof) == (old_root, new_root)
    if not good:
        yield f"{proof_place}: it does not show that {place} is a beginning of {following}"


def leads(at: int, last: int, old_root: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Return the two roots that a consistency proof leads to; `at` and `last` are the last entries of both trees."""
    while at & 1:
        at, last = at >> 1, last >> 1
    path = proof if at else [old_root, *proof]
    old = new = path[0] if path else b""
    for digest in path[1:]:
        if at & 1 or at == last:
            old, new = node(digest, old), node(digest, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, digest)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else (b"", b"")


# Step 23: samples (docs/formats/sample.md). All of a sample follows from the log's entries and from its frozen lines.


class Sample:
    """A sample, as far as the entries that were looked at give it."""

    def __init__(self, package: Package, freeze: dict[str, Any]) -> None:
        self.name, self.entry, self.body = f"sm-{freeze['index']}", freeze["index"], freeze["body"]
        self.about = [self.body["engagement"], self.body["control"], self.body["control_test"]]
        self.folder = f"data/samples/{self.name}/"
        kinds = ("sample_draw", "sample_change", "sample_result")
        self.acts = [each for each in package.of_kind(*kinds) if each["body"]["sample"] == self.name]
        self.agreed = [
            each
            for each in package.of_kind("sample_agreement")
            if [each["body"]["engagement"], each["body"]["control"]] == self.about[:2]
        ]
        self.lines: list[bytes] = []  # none where they are withheld
        self.verdicts: dict[str, dict[str, str]] | None = None  # rows of the verdict file by item, where it is here
        self.verdicts_sha256 = ""
        self.draw: dict[str, Any] = {}
        self.seed = b""
        self.chosen: list[dict[str, Any]] = []  # position, why, reason; gone: why it was replaced
        self.found_by_people: set[int] = set()  # positions, in any evaluation
        self.result: dict[str, Any] | None = None  # the newest, while it stands

    def counted(self) -> list[int]:
        """Return the positions that chance gave and that were not replaced."""
        return [each["position"] for each in self.chosen if each["why"] != "targeted" and "gone" not in each]

    def left(self) -> set[int]:
        """Return the positions of the units that were replaced."""
        return {each["position"] for each in self.chosen if "gone" in each}

    def add(self, positions: list[int], why: str, reason: str = "") -> None:
        """Take further units into the sample."""
        self.chosen += [{"position": position, "why": why, "reason": reason} for position in positions]

    def newest_agreement(self, before: int) -> dict[str, Any] | None:
        """Return the newest agreement before an entry."""
        return ([None, *(each for each in self.agreed if each["index"] < before)])[-1]

    @property
    def drawn_at(self) -> int:
        """The entry of the draw, 0 before it."""
        draws = (each["index"] for each in self.acts if each["kind"] == "sample_draw" and each["index"] > self.entry)
        return int(next(draws, 0))

    @property
    def was_evaluated(self) -> bool:
        """Whether an evaluation came after the draw."""
        return bool(self.draw) and any(
            each["kind"] == "sample_result" and each["index"] > self.drawn_at for each in self.acts
        )

    def units_agreed(self) -> int | None:
        """Return the size of the newest agreement before the draw, or of one after it about more units."""
        agreed = None
        for each in self.agreed:
            size = int(each["body"]["size"])
            agreed = size if agreed is None or not self.drawn_at or each["index"] < self.drawn_at else max(agreed, size)
        return agreed

    def has_verdicts_of(self, judgement: dict[str, Any]) -> bool:
        """Tell whether the verdict file here is the one that a judgement records."""
        recorded = dict(judgement["body"]["verdicts"]).get(f"{self.about[1]}-{self.about[2]}")
        return self.verdicts is not None and self.verdicts_sha256 == recorded

    def item(self, position: int) -> str:
        """Return the item of a unit."""
        return str(json.loads(self.lines[position])[0])

    def verdict(self, item: str) -> list[str | None]:
        """Return verdict and reason of an item."""
        row = (self.verdicts or {}).get(as_cell(item), {})
        return [row.get("verdict"), row.get("reason")]


def step_23_samples(package: Package) -> Iterator[str]:
    """Each sample that the log freezes is here, was frozen before it was drawn, and follows from log and lines."""
    samples = [Sample(package, freeze) for freeze in package.of_kind("sample_freeze")]
    fields = ("id", "engagement", "control_id", "control_test", "folder")
    right = [dict(zip(fields, [each.name, *each.about, each.folder[len("data/") : -1]])) for each in samples]  # noqa: B905  Python 3.8
    if package.json(INDEX).get("samples", []) != right:
        yield f"{INDEX}: it names other samples than the log freezes"
    withheld = package.json("data/withheld.json")["left_out"] if "data/withheld.json" in package.manifest else []
    expected = {each.folder + name for each in samples for name in SAMPLE_FILES}
    held = {place for place in package.places if place.startswith("data/samples/")}
    for place in sorted(held - expected):
        yield f"{place}: the log freezes no sample with this file"
    for place in sorted(expected - held - {"data/" + place for place in withheld}):
        yield f"{place}: it is missing"
    first = {each.name: each.entry for each in samples}
    for record in package.of_kind("sample_draw", "sample_change", "sample_result"):
        if first.get(record["body"]["sample"], record["index"]) >= record["index"]:
            yield f"{RECORDS}: entry {record['index']} comes before the freeze of {record['body']['sample']}"
    for sample in samples:
        yield from sample_faults(package, sample, held)
    for sample in samples:
        package.notes += [f"{sample.name}: {doubt}" for doubt in doubts(sample, samples)]
    for kind, counts in package.json(INDEX)["log"]["entries"].items():
        if kind.startswith("sample_") and counts["here"] < counts["in_log"]:
            hidden = f"{counts['in_log'] - counts['here']} of {counts['in_log']}"
            package.unshown.append(f"what {hidden} {kind} entries of the log say")


def doubts(sample: Sample, samples: Sequence[Sample]) -> Iterator[str]:
    """Tell what the log leaves to be asked: other freezes of the same, a draw without evaluation, fewer than agreed."""
    about = [each for each in samples if each.about == sample.about]
    same = [each for each in about if overlap(each, sample)]
    before = [each for each in same if not sample.drawn_at or each.entry < sample.drawn_at]
    if len(before) > 1:
        plans = ", ".join(f"{each.name} of {each.body['size']} units ({each.body['method']})" for each in before)
        drawn_too = ", ".join(each.name for each in before if each.draw) or "none"
        when = "before the nonce" if sample.draw else "so far"
        yield f"this population was frozen {len(before)} times {when}: {plans}; drawn: {drawn_too}"
    for each in same:
        if each.draw and each is not sample and not each.was_evaluated:
            yield f"a nonce was given for {each.name}, another freeze of the same, and its draw was never evaluated"
    yield from fewer_than_agreed(sample, about)
    yield from other_rates(sample)


def fewer_than_agreed(sample: Sample, about: Sequence[Sample]) -> Iterator[str]:
    """Tell that the plan or the evaluation has fewer units than were agreed, all slices together."""
    agreed = sample.units_agreed()
    if agreed is None:
        return
    asked = min(agreed, sample.body["units"] + dict(sample.body["left_out"]).get("slice", 0))
    slices = [sample]
    for each in sorted(about, key=lambda each: (not each.result, not each.draw, -each.entry)):
        if not any(overlap(each, one) for one in slices):
            slices.append(each)
    planned = sum(each.body["size"] for each in slices)
    evaluated = sum(each.result["body"]["units"] for each in slices if each.result)
    if planned < asked:
        yield f"the plan has {planned} units, all slices together; {agreed} were agreed"
    if sample.result and evaluated < asked:
        yield f"the evaluation is of {evaluated} units, all slices together; {agreed} were agreed"


def other_rates(sample: Sample) -> Iterator[str]:
    """Tell that the evaluation is by rates that were not agreed before the draw, or plans more deviations."""
    agreed = sample.newest_agreement(sample.drawn_at)
    if not sample.result:
        return
    found = sample.result["body"]
    if not agreed:
        yield (
            f"the evaluation is by {found['confidence']}% confidence, {found['tolerable']}% tolerable, at most "
            f"{found['planned']} planned; no rates were agreed before the draw"
        )
        return
    rates = agreed["body"]
    most = -(-Fraction(rates["expected"]) * found["units"] // 100)  # rounded up
    if any(found[name] != rates[name] for name in ("confidence", "tolerable")) or found["planned"] > most:
        yield (
            f"the evaluation is by {found['confidence']}% confidence, {found['tolerable']}% tolerable, at most "
            f"{found['planned']} planned; agreed before the draw: {rates['confidence']}% confidence, "
            f"{rates['tolerable']}% tolerable, at most {most} planned"
        )


def overlap(one: Sample, other: Sample) -> bool:
    """Tell whether two slices share a moment."""
    return bool(one.body["starts_at"] < other.body["ends_before"] and other.body["starts_at"] < one.body["ends_before"])


def sample_faults(package: Package, sample: Sample, held: set[str]) -> Iterator[str]:
    """Check one sample: its judgement, its lines, its acts, and what its files say."""
    here = {record["index"]: record for record in package.of_kind("judgement")}
    judgement = here.get(sample.body["judgement"]) if sample.body["judgement"] < sample.entry else None
    runs = [run[:2] for run in judgement["body"]["runs"]] if judgement else []
    if judgement and judgement["body"]["engagement"] != sample.about[0]:
        runs = []
    if [sample.about[2], sample.body["run_id"]] not in runs:
        yield f"{RECORDS}: entry {sample.entry} freezes items of a run that no judgement before it rests on"
    if any(sample.folder + name not in held for name in SAMPLE_FILES):
        package.unshown.append(f"that the units of {sample.name} follow from its seed: its files are not here")
        for act in sample.acts:
            yield from act_faults(package, sample, act)
        return
    place = sample.folder + "population.txt"
    lines = package.read(place).split(b"\n")
    if lines.pop() != b"" or lines != sorted(set(lines)):
        yield f"{place}: its lines are not sorted, or one stands twice"
        return
    root = fold([hashlib.sha256(b"\0" + line).digest() for line in lines]).hex()
    if (root, len(lines)) != (sample.body["root"], sample.body["units"]):
        yield f"{place}: it does not give the root and the units that entry {sample.entry} froze"
        return
    sample.lines = lines
    read_verdicts(package, sample)
    if judgement:
        yield from unit_faults(package, sample, judgement)
    for act in sample.acts:
        yield from act_faults(package, sample, act)
    yield from draw_file_faults(package, sample)
    yield from evaluation_file_faults(package, sample)


def read_verdicts(package: Package, sample: Sample) -> None:
    """Read the verdicts of the sample's control test from the CSV file beside the Parquet file, if they are here."""
    for test in package.json(INDEX)["control_tests"]:
        place = f"data/{test['folder']}/{test['verdicts'].get(sample.about[0])}"
        if [test["control_id"], test["control_test"]] == sample.about[1:] and place in package.manifest:
            sample.verdicts_sha256 = package.manifest[place]
            header, *rows = csv_rows(package.text(place[: -len("parquet")] + "csv"))
            sample.verdicts = {row[header.index("item")]: dict(zip(header, row)) for row in rows}  # noqa: B905


def csv_rows(text: str) -> Iterator[list[str]]:
    """Give the rows of a CSV file."""
    row: list[str] = []
    for match in CELL.finditer(text):
        row.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        if match[3] == "\n":
            yield row
            row = []


def as_cell(text: str) -> str:
    """Return a text as it stands in a CSV file: one that a spreadsheet would run has an apostrophe in front."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def unit_faults(package: Package, sample: Sample, judgement: dict[str, Any]) -> Iterator[str]:
    """The lines are the items that count by the verdicts of the judgement, and the freeze counts the others."""
    if not sample.has_verdicts_of(judgement):
        package.unshown.append(f"that the lines of {sample.name} are the items that counted: no such verdicts are here")
        return
    counted: list[tuple[str, str, str]] = []
    left: dict[str, int] = {}
    for row in (sample.verdicts or {}).values():
        at, reason = row["operating_at"], ""
        at = at and at[:19] + (at[19:-1] or ".000000") + "Z"  # six decimals, as in the lines
        if row["verdict"] == "NOT_APPLICABLE":
            reason = row["reason"] if row["reason"] in {"scope", "period"} else "not applicable"
        elif at and not sample.body["starts_at"] <= at < sample.body["ends_before"]:
            reason = "slice"
        else:
            counted.append((row["item"], row["system"], at))
        if reason:
            left[reason] = left.get(reason, 0) + 1
    units = [json.loads(line) for line in sample.lines]
    frozen = {(as_cell(item), as_cell(system or ""), at or "") for item, system, at in units}
    for words, wrong in (("it lacks", set(counted) - frozen), ("by no verdict count", frozen - set(counted))):
        if wrong:
            yield f"{sample.folder}population.txt: {words} {len(wrong)} items, such as {min(wrong)[0]}"
    if sorted(left.items()) != [(reason, count) for reason, count in sample.body["left_out"]]:
        yield f"{RECORDS}: entry {sample.entry} counts other items as no units than the verdicts do"


def act_faults(package: Package, sample: Sample, act: dict[str, Any]) -> Iterator[str]:
    """Do one act again on the sample as it is before it."""
    where, body = f"{RECORDS}: entry {act['index']}", act["body"]
    if act["index"] < sample.entry:
        return  # said already
    if act["kind"] == "sample_draw":
        if sample.draw:
            yield f"{where}: {sample.name} is drawn a second time"
        else:
            yield from draw_faults(package, sample, act, where)
    elif act["kind"] == "sample_change" and body["act"] == "target":
        if not all(each in range(sample.body["units"]) for each in body["positions"]):
            yield f"{where}: it names a unit that {sample.name} does not have"
        sample.add(body["positions"], "targeted", body["reason"])
    elif not sample.draw:
        yield f"{where}: it comes before the draw of {sample.name}"
    elif act["kind"] == "sample_change":
        yield from change_faults(sample, act, where)
    else:
        sample.result = act
        yield from result_faults(package, sample, act, where)


def draw_faults(package: Package, sample: Sample, act: dict[str, Any], where: str) -> Iterator[str]:
    """Nonce, seed and agreement are right, and the units follow from the seed."""
    body, agreed = act["body"], sample.newest_agreement(act["index"])
    said = "".join(f"{line}\n" for line in ["twofold-sample-1", *sample.about, sample.body["root"], body["nonce"]])
    sample.draw, sample.seed = body, hashlib.sha256(said.encode()).digest()
    if sample.body["nonce_sha256"] not in {None, hashlib.sha256(body["nonce"].encode()).hexdigest()}:
        yield f"{where}: the nonce of {sample.name} is not the one whose hash was given before the freeze"
    if any(
        each["index"] < sample.entry
        for each in package.of_kind("sample_draw")
        if each["body"]["nonce"] == body["nonce"]
    ):
        yield f"{where}: the nonce of {sample.name} was used in a draw before the freeze"
    if body["seed"] != sample.seed.hex():
        yield f"{where}: the seed of {sample.name} does not follow from root and nonce"
    if body["agreement"] != (agreed["index"] if agreed else None):
        yield f"{where}: the agreement of {sample.name} is not the newest before the draw"
    if any(sample.body.get(name) != body[name] for name in ("method", "by", "size")):
        yield f"{where}: {sample.name} is drawn by another plan than the freeze says"
    if sample.lines and body["positions"] != drawn(sample, body["method"], body["by"], body["size"]):
        yield f"{where}: the units of {sample.name} do not follow from its seed"
    sample.add(body["positions"], "drawn")


def drawn(sample: Sample, method: str, by: str | None, size: int) -> list[int]:
    """Return the positions that a method gives."""
    count = len(sample.lines)
    if method == "random":
        return in_order(sample, range(count))[:size]
    if method == "systematic":
        start = int.from_bytes(sample.seed, "big") % count
        return [(start + place * count) // size for place in range(size)]
    strata: dict[str, list[int]] = {}
    for position in range(count):
        strata.setdefault(stratum(sample, position, by), []).append(position)
    names = sorted(strata, key=lambda name: name.encode())
    given = {name: 1 if size >= len(names) else 0 for name in names}
    while sum(given.values()) < size:
        free = [name for name in names if given[name] < len(strata[name])]
        given[max(free, key=lambda name: Fraction(len(strata[name]), 2 * given[name] + 1))] += 1
    return [position for name in names for position in in_order(sample, strata[name])[: given[name]]]


def stratum(sample: Sample, position: int, by: str | None) -> str:
    """Return the stratum of a unit; all units have the same one in a sample that is not stratified."""
    _, system, at = json.loads(sample.lines[position])
    return str(system) if by == "system" else (at or "no date")[:7] if by == "month" else ""


def in_order(sample: Sample, positions: Sequence[int]) -> list[int]:
    """Return positions in the order of the draw."""
    return sorted(positions, key=lambda position: hashlib.sha256(sample.seed + sample.lines[position]).digest())


def change_faults(sample: Sample, act: dict[str, Any], where: str) -> Iterator[str]:
    """A replacement takes the place of a unit that counts, an extension is the only one; both take the next units."""
    body, by = act["body"], sample.draw["by"]
    taken = {each["position"] for each in sample.chosen if each["why"] != "targeted"}
    free = [position for position in range(len(sample.lines)) if position not in taken]
    count, why = len(body["positions"]), "extension"
    if body["act"] == "replace":
        if body["replaced"] not in sample.counted():
            yield f"{where}: the unit that it replaces is none that counts in {sample.name}"
            return
        same = stratum(sample, body["replaced"], by) if sample.lines else ""
        free = [position for position in free if stratum(sample, position, by) == same]
        count, why = 1, "replacement"
    else:
        newest = sample.newest_agreement(act["index"])
        fits = newest is not None and newest["index"] == sample.draw["agreement"]
        if any(each["why"] == "extension" for each in sample.chosen):
            yield f"{where}: {sample.name} was extended already"
        if count > (newest["body"]["extension"] if fits and newest else 0) and not body["evidence"]:
            yield f"{where}: {sample.name} is extended by more units than were agreed, without evidence"
    if sample.lines and body["positions"] != in_order(sample, free)[:count]:
        yield f"{where}: the units of {sample.name} do not follow from its seed"
    for each in sample.chosen:
        if why == "replacement" and each["position"] == body["replaced"] and each["why"] != "targeted":
            each["gone"] = body["reason"]
    sample.add(body["positions"], why, body["reason"])
    sample.result = None


def result_faults(package: Package, sample: Sample, act: dict[str, Any], where: str) -> Iterator[str]:
    """An evaluation is of the units that count, leaves out no deviation, and its limits follow."""
    body, counted, left = act["body"], set(sample.counted()), sample.left()
    deviating, wrong = set(body["deviations"]), {"EXCEPTION", "CANNOT_TEST", None}
    if body["units"] != len(counted) or not deviating <= counted or len(deviating) != len(body["deviations"]):
        yield f"{where}: it evaluates other units than those that count in {sample.name}"
        return
    by_people = set(body["further"])
    replaced = set(body["replaced"])
    if not left & sample.found_by_people <= replaced <= left or len(replaced) != len(body["replaced"]):
        yield f"{where}: what it says of replaced units of {sample.name} is not what left the sample"
        return
    if not counted & sample.found_by_people <= by_people <= deviating:
        yield f"{where}: it leaves out deviations of {sample.name} that a person found"
    sample.found_by_people |= by_people
    if sample.draw["by"] and not sample.lines:
        package.unshown.append(f"that the limit of {sample.name} follows: the lines that give its strata are not here")
    else:
        for more, ending in ((), ""), (replaced, "_with_replaced"):
            yield from limit_faults(sample, body, more, ending, where)
    judgement = {each["index"]: each for each in package.of_kind("judgement")}.get(body["judgement"])
    if not judgement or judgement["index"] > act["index"] or judgement["body"]["engagement"] != sample.about[0]:
        yield f"{where}: entry {body['judgement']}, whose verdicts were read, is no judgement before it"
    elif not sample.has_verdicts_of(judgement):
        package.unshown.append(f"that no deviation of {sample.name} was left out: the verdicts are not here")
    else:
        unnamed = [sample.item(position) for position in sorted((counted - deviating) | (left - replaced))]
        missed = [item for item in unnamed if sample.verdict(item)[0] in wrong]
        if missed:
            yield f"{where}: it leaves out deviations of {sample.name}: {', '.join(missed[:5])}"
        units = [sample.item(position) for position in sorted(counted)]
        idle = [item for item in units if sample.verdict(item)[0] == "NOT_APPLICABLE"]
        if idle:
            yield f"{where}: it counts units of {sample.name} that do not apply: {', '.join(idle[:5])}"


def limit_faults(sample: Sample, body: dict[str, Any], more: Collection[int], ending: str, where: str) -> Iterator[str]:
    """The upper limits are the exact ones, and reliance is supported where the limit is within the tolerable rate.

    more: replaced units that are counted as deviations, too; the names of these limits have an ending.
    """
    texts = [body[name] for name in ("confidence", "tolerable", f"limit{ending}")]
    if not all(PERCENT.fullmatch(each) for each in texts):
        yield f"{where}: a rate of {sample.name} is no percent"
        return
    confidence, tolerable, limit = (Fraction(each) / 100 for each in texts)
    items, supports, size = body[f"limit_items{ending}"], body[f"supports{ending}"], sample.body["units"]
    counted = [*sample.counted(), *more]
    units, found = len(counted), len(body["deviations"]) + len(more)
    risk = 1 - confidence
    unseen, most_for_one = strata_of(sample, counted)

    def within(rate: Fraction) -> bool:
        mean = (rate - unseen) / most_for_one
        if found >= units or (sample.draw["by"] and mean * units < found + 1):
            return False
        return bool(sum(comb(units, k) * mean**k * (1 - mean) ** (units - k) for k in range(found + 1)) <= risk)

    def likely(deviating: int) -> bool:
        if sample.draw["by"]:
            return not within(Fraction(deviating, size))
        ways = sum(comb(deviating, k) * comb(size - deviating, units - k) for k in range(found + 1))
        return Fraction(ways, comb(size, units)) > risk

    step, most = Fraction(1, 1000), size - (units - found)
    least = (limit == 1 or within(limit)) and not within(limit - step)
    if limit % step or not least or supports is not within(tolerable):
        yield f"{where}: limit{ending} of {sample.name} does not follow from its deviations"
    elif not found <= items <= most or not likely(items) or (items < most and likely(items + 1)):
        yield f"{where}: limit_items{ending} of {sample.name} do not follow from its deviations"


def strata_of(sample: Sample, counted: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Return the share of the items in strata without a unit, and how many times the others count at most."""
    if not sample.draw["by"]:
        return Fraction(0), Fraction(1)
    items = Counter(stratum(sample, position, sample.draw["by"]) for position in range(len(sample.lines)))
    units = Counter(stratum(sample, position, sample.draw["by"]) for position in counted)
    unseen = Fraction(sum(items[name] for name in items if not units[name]), len(sample.lines))
    times = (Fraction(items[name] * len(counted), units[name] * len(sample.lines)) for name in units)
    return unseen, max(times, default=Fraction(1))


def draw_file_faults(package: Package, sample: Sample) -> Iterator[str]:
    """What draw.json says follows, and each proof (RFC 9162, 2.1.3.2) leads from its line to the root."""
    place, body, draw = sample.folder + "draw.json", sample.body, sample.draw
    said = package.json(place)
    names = ("sample", "engagement", "control", "control_test", "run_id", "root", "units")
    right = dict(zip(names, [sample.name, *sample.about, body["run_id"], body["root"], body["units"]]))  # noqa: B905
    right.update(nonce=draw.get("nonce", ""), seed=draw.get("seed", ""))
    right.update(method=draw.get("method"), by=draw.get("by"), size=draw.get("size"))
    right["left_out"] = [[each["position"], each["gone"]] for each in sample.chosen if "gone" in each]
    chosen = [each for each in sample.chosen if "gone" not in each]
    right["chosen"] = [
        {
            "position": each["position"],
            "line": sample.lines[each["position"]].decode(),
            "why": each["why"],
            "proof": shown.get("proof"),  # looked at below
            **({} if each["why"] == "drawn" else {"reason": each["reason"]}),
        }
        for each, shown in zip(chosen, [*said["chosen"], *[{}] * len(chosen)])  # noqa: B905
    ]
    yield from other_fields(place, said, right)
    for each, shown in zip(chosen, said["chosen"]):  # noqa: B905
        leaf = hashlib.sha256(b"\0" + sample.lines[each["position"]]).digest()
        path = [bytes.fromhex(digest) for digest in shown["proof"]]
        if climb(leaf, each["position"], len(sample.lines), path).hex() != body["root"]:
            yield f"{place}: the proof of unit {each['position']} does not lead to the root"


def climb(digest: bytes, at: int, count: int, path: list[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to; nothing where it is longer or shorter than the tree is high."""
    last = count - 1
    for sibling in path:
        if last == 0:
            return b""
        if at & 1 or at == last:
            digest = node(sibling, digest)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            digest = node(digest, sibling)
        at, last = at >> 1, last >> 1
    return b"" if last else digest


def evaluation_file_faults(package: Package, sample: Sample) -> Iterator[str]:
    """What evaluation.json says is what the entries say, and the verdict file of the package."""
    place = sample.folder + "evaluation.json"
    named = {"sample_freeze": "freeze", "sample_draw": "draw", "sample_result": "evaluate"}
    later = {each["index"] for each in sample.acts if each["index"] > sample.entry}
    acts = [each for each in package.records if each["index"] in later | {sample.entry}]

    def results(*, gone: bool) -> list[dict[str, Any]] | None:
        if sample.verdicts is None:
            return None
        chosen = [each["position"] for each in sample.chosen if ("gone" in each) is gone]
        rows = [(position, sample.item(position)) for position in chosen]
        fields = ("position", "item", "verdict", "reason")
        return [dict(zip(fields, [position, item, *sample.verdict(item)])) for position, item in rows]  # noqa: B905

    right = {
        "sample": sample.name,
        "agreed": [said_in(each) for each in sample.agreed],
        "acts": [
            {
                "entry": each["index"],
                "act": named.get(each["kind"]) or each["body"]["act"],
                "by": each["actor"],
                "at": each["at"],
            }
            for each in acts
        ],
        "results": results(gone=False),
        "replaced": results(gone=True),
        "evaluation": said_in(sample.result) if sample.result else None,
    }
    yield from other_fields(place, package.json(place), right)


def said_in(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as evaluation.json repeats it."""
    return {"entry": record["index"], "by": record["actor"], "at": record["at"], **record["body"]}


def other_fields(place: str, said: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
    """Name each field that says something else."""
    for name in sorted({*said, *right}):
        if name not in said or name not in right or said[name] != right[name]:
            yield f"{place}: {name} is not what follows from the log and the frozen lines"


STEPS: list[tuple[int, str, Callable[[Package], Iterator[str]]]] = [
    (1, "the form of the bag", step_1_form),
    (2, "the tag manifest fits the tag files", step_2_tag_manifest),
    (3, "as many bytes and files as the bag says", step_3_size),
    (4, "no file was added or is missing", step_4_complete),
    (5, "every file has the bytes of the manifest", step_5_bytes),
    (6, "the package is signed", step_6_package_signature),
    (7, "the checkpoint of the log is signed", step_7_checkpoint_signature),
    (8, "the tiles give the root of the checkpoint", step_8_tiles),
    (9, "each record is the log's own entry", step_9_records),
    (10, "the key is the one that the log names", step_10_key),
    (11, "each evidence file is the one that was captured", step_11_evidence),
    (12, "nothing that a conclusion rests on is missing", step_12_nothing_missing),
    (13, "no conclusion is older than what it rests on", step_13_order),
    (14, "cosignatures are of this log", step_14_witnesses),
    (15, "timestamps are of this log", step_15_timestamps),
    (16, "nothing received apart contradicts it", step_16_received),
    (23, "each sample is the one that the log froze and drew", step_23_samples),
]
"""The numbers are those of the page. Steps 17 to 22 need more than Python has: `twofold verify` does them."""
SEALED, SIGNED = 5, 6  # steps after these two wait for the first five: bytes that are not as sealed would only mislead


def check(package: Package) -> list[tuple[int, str, str, list[str]]]:
    """Do every step; return number, title, state (passed, failed, not checked) and sentences of each."""
    results: list[tuple[int, str, str, list[str]]] = []
    for number, title, step in STEPS:
        faults: list[str] = []
        state = ""
        if number > SIGNED and any(done[2] == "failed" for done in results[:SEALED]):
            state, faults = "not checked", [f"one of steps 1 to {SEALED} failed"]
        else:
            try:
                for fault in step(package):
                    faults.append(fault)  # one by one: what is found before the step ends is kept
            except Wrong as wrong:
                faults.append(str(wrong))
            except NotChecked as reason:
                state, faults = ("failed" if faults else "not checked"), [*faults, str(reason)]
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, OSError) as error:
                faults.append(f"{package.reading}: it does not have the form of a package ({error!r})")
        results.append((number, title, state or ("failed" if faults else "passed"), faults))
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, check, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--no-signatures", action="store_true")
    options = parser.parse_args(arguments)
    if not (options.folder / "bagit.txt").is_file() and not (options.folder / TAG_MANIFEST).is_file():
        sys.stdout.write(f"{options.folder}: this is no audit package; name the folder that holds bagit.txt\n")
        return 2
    keys = [Path(key).read_text(encoding="utf-8").strip() if os.path.exists(key) else key for key in options.key]  # noqa: PTH110
    received = options.checkpoint.read_text(encoding="utf-8") if options.checkpoint else ""
    package = Package(options.folder, keys, received)
    lines, states = [], []
    for number, title, state, faults in check(package):
        lines += [f"{number:2} {state:12}{title}", *(f"      {fault}" for fault in faults)]
        states.append(state)
    lines += [f"note: {note}" for note in package.notes]
    lines += [f"not shown: {text}" for text in dict.fromkeys(package.unshown)]
    lines.append(f"{states.count('passed')} passed, {states.count('failed')} failed")
    sys.stdout.write("\n".join(lines) + "\n")
    open_steps = "not checked" in states and not options.no_signatures
    return 1 if "failed" in states else 2 if open_steps else 0


if __name__ == "__main__":
    sys.exit(main())
