"""The bag beside other readers of BagIt: bagit-python, sha256sum, and bags of the kinds that conformance suites hold.

The cases are our own small bags, after the kinds (valid, invalid, warning) of the Library of Congress suite for 1.0.
Ours is stricter: what a suite calls valid or worth a warning, such as a name with a space, a package never holds.
"""

import hashlib
import logging
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest

from twofold.reports import check
from twofold.reports.bag import BAGIT_TEXT, read_manifest
from twofold.reports.verify import verify_package

MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"


def test_bagit_python_finds_the_package_valid(package: Path, attested: Path) -> None:
    for each in (package, attested):
        bag = bagit.Bag(str(each))
        bag.validate()
        assert bag.version_info == (1, 0)
        assert bag.info["External-Identifier"] == "package-2026"


def test_bagit_python_sees_a_change_that_we_see(
    package: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / "data/matrix.csv").write_bytes(b"Control\n")
    assert not bagit.Bag(str(copy)).is_valid()
    assert bag_faults(copy)


def test_sha256sum_reads_both_manifests(package: Path) -> None:
    for manifest in (MANIFEST, TAG_MANIFEST):
        subprocess.run(["sha256sum", "-c", "--quiet", "--strict", manifest], cwd=package, check=True)


def bag_faults(bag: Path) -> str:
    """Return what both of our checkers say about the bag itself (steps 1 to 5); both or none must refuse."""
    verified = verify_package(bag)
    ours = "\n".join(fault for step in verified.steps[:5] for fault in step.faults)
    alone = "\n".join(
        fault for number, *_, faults in check.check(check.Package(bag)) if number <= 5 for fault in faults
    )
    assert bool(ours) == bool(alone)
    return ours


def small_bag(folder: Path, files: dict[str, bytes]) -> Path:
    """Write a bag with these files below data/, sealed rightly; its signatures are there and empty."""
    for name, content in files.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "bagit.txt").write_text(BAGIT_TEXT)
    size = sum(map(len, files.values()))
    (folder / "bag-info.txt").write_text(f"External-Identifier: small\nPayload-Oxum: {size}.{len(files)}\n")
    lines = [f"{hashlib.sha256(content).hexdigest()}  data/{name}\n" for name, content in sorted(files.items())]
    (folder / MANIFEST).write_text("".join(lines))
    for ending in (".note", ".sig"):
        (folder / f"{TAG_MANIFEST}{ending}").write_text("")
    seal_tags(folder)
    return folder


def seal_tags(folder: Path) -> None:
    names = ("bag-info.txt", "bagit.txt", MANIFEST)
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / TAG_MANIFEST).write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))


def edit(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    seal_tags(folder)


VALID: dict[str, dict[str, bytes]] = {
    "basic": {"a.txt": b"a"},
    "empty file": {"a.txt": b""},
    "folders": {"a/b/c.txt": b"c", "a/b.txt": b"b"},
    "a bag in a bag": {"bagit.txt": BAGIT_TEXT.encode(), "data/a.txt": b"a"},
    "a name that begins like another": {"a": b"1", "a-1": b"2", "a.txt": b"3"},
}


@pytest.mark.parametrize("files", VALID.values(), ids=VALID)
def test_valid_bags_pass(tmp_path: Path, files: dict[str, bytes]) -> None:
    bag = small_bag(tmp_path / "bag", files)
    assert bag_faults(bag) == ""
    bagit.Bag(str(bag)).validate()


Change = Callable[[Path], object]
INVALID: dict[str, tuple[Change, str]] = {
    "bagit.txt missing": (lambda bag: (bag / "bagit.txt").unlink(), "bagit.txt: it is missing"),
    "data missing": (lambda bag: shutil.rmtree(bag / "data"), "data: the folder is missing"),
    "manifest missing": (lambda bag: (bag / MANIFEST).unlink(), f"{MANIFEST}: it is missing"),
    "payload missing": (lambda bag: (bag / "data/a.txt").unlink(), "data/a.txt: it is missing"),
    "payload added": (lambda bag: (bag / "data/b.txt").write_text("b"), "data/b.txt: it was added"),
    "payload changed": (lambda bag: (bag / "data/a.txt").write_text("b"), "data/a.txt: its bytes were changed"),
    "tag file changed": (
        lambda bag: (bag / "bag-info.txt").write_text("Payload-Oxum: 1.1\n\n"),
        "bag-info.txt: its bytes are not those",
    ),
    "byte order mark": (lambda bag: edit(bag, "bagit.txt", lambda text: b"\xef\xbb\xbf" + text), "bagit.txt"),
    "space before the colon": (
        lambda bag: edit(bag, "bagit.txt", lambda text: text.replace(b"Version:", b"Version :")),
        "bagit.txt: it does not say BagIt 1.0",
    ),
    "other version": (lambda bag: edit(bag, "bagit.txt", lambda text: text.replace(b"1.0", b"2.0")), "bagit.txt"),
    "other encoding": (lambda bag: edit(bag, "bagit.txt", lambda text: text.replace(b"UTF-8", b"UTF-16")), "bagit.txt"),
    "payload-oxum wrong": (
        lambda bag: edit(bag, "bag-info.txt", lambda text: text.replace(b"1.1", b"2.1")),
        "bag-info.txt: it says 2 bytes",
    ),
    "one file twice, one hash": (lambda bag: edit(bag, MANIFEST, lambda text: text * 2), "stands twice"),
    "one file twice, two hashes": (
        lambda bag: edit(bag, MANIFEST, lambda text: text + b"0" * 64 + text[64:]),
        "stands twice",
    ),
    "path that climbs": (
        lambda bag: edit(bag, MANIFEST, lambda text: text + b"0" * 64 + b"  data/../../etc/passwd\n"),
        f"{MANIFEST}: line 2 is not",
    ),
    "absolute path": (
        lambda bag: edit(bag, MANIFEST, lambda text: text + b"0" * 64 + b"  /etc/passwd\n"),
        f"{MANIFEST}: line 2 is not",
    ),
    "home folder": (
        lambda bag: edit(bag, MANIFEST, lambda text: text + b"0" * 64 + b"  ~/x\n"),
        f"{MANIFEST}: line 2 is not",
    ),
    "fetch.txt": (lambda bag: (bag / "fetch.txt").write_text("http://x 1 data/b.txt\n"), "fetch.txt: it was added"),
    "second manifest": (lambda bag: (bag / "manifest-md5.txt").write_text(""), "manifest-md5.txt: it was added"),
    "signature missing": (lambda bag: (bag / f"{TAG_MANIFEST}.sig").unlink(), f"{TAG_MANIFEST}.sig: it is missing"),
}


@pytest.mark.parametrize(("change", "sentence"), INVALID.values(), ids=INVALID)
def test_invalid_bags_are_refused(tmp_path: Path, change: Change, sentence: str) -> None:
    bag = small_bag(tmp_path / "bag", {"a.txt": b"a"})
    change(bag)
    assert sentence in bag_faults(bag)


STRICTER: dict[str, tuple[Change, str]] = {
    "dot and slash in the manifest": (
        lambda bag: edit(bag, MANIFEST, lambda text: text.replace(b"  data", b"  ./data")),
        "line 1 is not",
    ),
    "binary mark of md5sum": (
        lambda bag: edit(bag, MANIFEST, lambda text: text.replace(b"  data", b" *data")),
        "line 1 is not",
    ),
    "hash in upper case": (
        lambda bag: edit(bag, MANIFEST, lambda text: text[:64].upper() + text[64:]),
        "line 1 is not",
    ),
    "carriage returns": (lambda bag: edit(bag, MANIFEST, lambda text: text.replace(b"\n", b"\r\n")), "line 1 is not"),
    "no newline at the end": (lambda bag: edit(bag, MANIFEST, lambda text: text[:-1]), "the last line is cut off"),
    "name with a space": (lambda bag: (bag / "data/a b.txt").write_text(""), "the name is not made of"),
    "name in upper case": (lambda bag: (bag / "data/A.txt").write_text(""), "the name is not made of"),
    "hidden file": (lambda bag: (bag / "data/.hidden").write_text(""), "the name is not made of"),
    "name composed in another way": (lambda bag: (bag / "data/u\u0308").write_text(""), "the name is not made of"),
    "operating system's own file": (lambda bag: (bag / "thumbs.db").write_text(""), "thumbs.db: it was added"),
    "a link": (lambda bag: (bag / "data/l.txt").symlink_to("a.txt"), "data/l.txt: it is a link"),
}


@pytest.mark.parametrize(("change", "sentence"), STRICTER.values(), ids=STRICTER)
def test_what_others_would_let_pass_or_warn_of_is_refused(tmp_path: Path, change: Change, sentence: str) -> None:
    bag = small_bag(tmp_path / "bag", {"a.txt": b"a"})
    change(bag)
    assert sentence in bag_faults(bag)


def test_a_manifest_is_read_in_one_spelling() -> None:
    line = "0" * 64 + "  data/a.txt"
    assert read_manifest(f"{line}\n") == ({"data/a.txt": "0" * 64}, [])
    assert read_manifest(line)[1] == ["the last line is cut off"]
    assert read_manifest("")[0] == {}
