"""The format pages are enough: a checker written from them alone accepts a package, and refuses what ours refuse."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from twofold.reports.package import write_package
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.signing.sshsig import CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE, allowed_signers_line, sshsig_sign

from ..reports.conftest import NEXT_KEY, attest, build_company
from .opinions import NO_NODE, NODE, Refused, opinions, reseal

INDEX, RECORDS = "data/package.json", "data/log/records.jsonl"
STRANGER = SigningKey.generate(NEXT_KEY.name)
SEALED = {1, 2, 3, 4, 5}
ELSEWHERE = {("check.py", 22): 11, ("twofold verify", 12): 19}
"""Where a checker looks at something in another step than the page says first."""


@dataclass(frozen=True, slots=True)
class Bag:
    """A copy of the package, to be changed."""

    folder: Path

    def one(self, pattern: str) -> Path:
        return min(self.folder.glob(pattern))

    def edit(self, pattern: str, change: Callable[[bytes], bytes]) -> None:
        path = self.one(pattern)
        path.write_bytes(change(path.read_bytes()))

    def edit_index(self, change: Callable[[dict[str, Any]], object]) -> None:
        index = json.loads((self.folder / INDEX).read_bytes())
        change(index)
        (self.folder / INDEX).write_text(json.dumps(index), encoding="utf-8")

    def drop_record(self, kind: str) -> None:
        """Drop the last record of a kind, and mend what counts it."""
        lines = (self.folder / RECORDS).read_bytes().splitlines(keepends=True)
        lines.remove([line for line in lines if json.loads(line)["kind"] == kind][-1])
        (self.folder / RECORDS).write_bytes(b"".join(lines))
        self.edit_index(
            lambda index: index["log"]["entries"][kind].update(here=index["log"]["entries"][kind]["here"] - 1)
        )

    def sign_as(self, key: SigningKey) -> None:
        """Sign everything that the log's key signs with another one of the same name."""
        log = self.folder / "data/log"
        body = Checkpoint.parse((log / "checkpoint").read_text(encoding="utf-8").rpartition("\n\n")[0] + "\n")
        note = signed_checkpoint(body, key).encode()
        (log / "checkpoint").write_bytes(note)
        (log / "checkpoint.sig").write_text(sshsig_sign(key, note, CHECKPOINT_NAMESPACE), encoding="utf-8")
        (log / "key.vkey").write_text(f"{key.vkey}\n", encoding="utf-8")
        signers = allowed_signers_line("twofold", key.vkey, (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE))
        (log / "allowed_signers").write_text(signers, encoding="utf-8")
        self.edit_index(lambda index: index["log"].update(key=key.vkey))


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


def remove(bag: Bag, pattern: str) -> None:
    for path in sorted(bag.folder.glob(pattern)):
        path.unlink()


def swap_evidence(bag: Bag) -> None:
    one, other = sorted(bag.folder.glob("data/evidence/*"))[:2]
    contents = one.read_bytes(), other.read_bytes()
    one.write_bytes(contents[1])
    other.write_bytes(contents[0])


def drop_control_test(bag: Bag) -> None:
    """Drop a control test from folder and index, though a judgement rests on it."""
    shutil.rmtree(bag.folder / "data/controls/cm-01")
    bag.edit_index(
        lambda index: index["control_tests"].remove(
            next(each for each in index["control_tests"] if each["control_id"] == "CM-01")
        )
    )


def fork_witnessed(bag: Bag) -> None:
    """Put a checkpoint of another log where the witness's was, signed by the company, with the old cosignature."""
    path = bag.one("data/log/witness/309.checkpoint")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    forged = signed_checkpoint(Checkpoint(NEXT_KEY.name, 309, bytes(32)), NEXT_KEY)
    path.write_text(forged + lines[-1], encoding="utf-8")


def drop_witnessed(bag: Bag) -> None:
    """Drop a cosigned checkpoint and mend the proof chain, though the log says that a witness cosigned it."""
    remove(bag, "data/log/witness/100.*")
    bag.edit_index(lambda index: index["log"]["witnessed"].remove(100))


Tampering = tuple[Callable[[Bag], object], SigningKey | None, int]
FROM_OUTSIDE: dict[str, tuple[Callable[[Bag], object], int]] = {
    "a byte of evidence": (lambda bag: bag.edit("data/evidence/*", flipped), 5),
    "a file added": (lambda bag: (bag.folder / "data/evidence/more.csv").write_text("x\n"), 4),
    "a file added at the top": (lambda bag: (bag.folder / "fetch.txt").write_text("x\n"), 1),
    "a file dropped": (lambda bag: remove(bag, "data/controls/*/*/run.json"), 4),
    "a name that is not portable": (lambda bag: bag.one("data/matrix.csv").rename(bag.folder / "data/Matrix.csv"), 1),
    "another tag file": (lambda bag: bag.edit("bag-info.txt", lambda old: old.replace(b"Acme", b"Umbrella")), 2),
    "the note of another text": (
        lambda bag: bag.edit("*.note", lambda old: old.replace(b"package-2026", b"package-2027")),
        6,
    ),
    "the SSH signature of another file": (
        lambda bag: shutil.copy(bag.one("data/log/checkpoint.sig"), bag.one("*.txt.sig")),
        6,
    ),
}
"""By somebody who leaves the manifests alone; and the step that must refuse it."""
RESEALED: dict[str, Tampering] = {
    "manifests made again": (lambda bag: bag.edit("data/matrix.csv", flipped), None, 6),
    "signed by a stranger": (lambda bag: bag.sign_as(STRANGER), STRANGER, 10),
    "one more allowed signer": (
        lambda bag: bag.edit("data/log/allowed_signers", lambda old: b"* ssh-ed25519 AAAA\n" + old),
        NEXT_KEY,
        7,
    ),
    "another package in the index": (
        lambda bag: bag.edit_index(lambda index: index.update(package_id="other")),
        NEXT_KEY,
        6,
    ),
    "another root in the index": (
        lambda bag: bag.edit_index(lambda index: index["log"].update(root="0" * 64)),
        NEXT_KEY,
        9,
    ),
    "a hash in a tile": (lambda bag: bag.edit("data/log/tile/0/000", flipped), NEXT_KEY, 8),
    "a tile cut": (lambda bag: bag.edit("data/log/tile/0/001.p/*", lambda old: old[:-32]), NEXT_KEY, 8),
    "a record changed": (
        lambda bag: bag.edit(RECORDS, lambda old: old.replace(b'"actor":"test"', b'"actor":"best"', 1)),
        NEXT_KEY,
        9,
    ),
    "records counted otherwise": (
        lambda bag: bag.edit_index(lambda index: index["log"]["entries"]["login"].update(in_log=1)),
        NEXT_KEY,
        9,
    ),
    "a run without a record": (lambda bag: bag.drop_record("run"), NEXT_KEY, 12),
    "a change of key without a record": (lambda bag: bag.drop_record("key_rotation"), NEXT_KEY, 10),
    "evidence swapped": (swap_evidence, NEXT_KEY, 11),
    "evidence dropped": (lambda bag: remove(bag, "data/evidence/*.txt"), NEXT_KEY, 11),
    "another judgement": (lambda bag: bag.edit("data/engagements/*/judgement.json", flipped), NEXT_KEY, 12),
    "findings dropped": (lambda bag: bag.one("data/engagements/*/findings.json").write_text("[]\n"), NEXT_KEY, 12),
    "other verdicts": (lambda bag: bag.edit("data/controls/*/*/verdicts-*.parquet", flipped), NEXT_KEY, 12),
    "a control test dropped": (drop_control_test, NEXT_KEY, 12),
    "another extraction": (
        lambda bag: bag.edit("data/controls/*/*/completeness.json", lambda old: old.replace(b"ev-1", b"ev-9")),
        NEXT_KEY,
        12,
    ),
    "a cosignature": (
        lambda bag: bag.edit(
            "data/log/witness/100.checkpoint", lambda old: re.sub(rb"[+/A-Z]{2}(?=[^\n]*\n$)", b"ab", old, count=1)
        ),
        NEXT_KEY,
        14,
    ),
    "a fork behind a cosignature": (fork_witnessed, NEXT_KEY, 14),
    "a proof of growth": (
        lambda bag: bag.edit("data/log/witness/100.consistency", lambda old: old.split(b"\n", 1)[1]),
        NEXT_KEY,
        14,
    ),
    "no witness": (lambda bag: remove(bag, "data/log/witness/keys"), NEXT_KEY, 14),
    "a cosigned checkpoint dropped": (drop_witnessed, NEXT_KEY, 14),
    "a timestamp of another file": (
        lambda bag: bag.edit("data/log/timestamps/309.checkpoint", lambda old: old + b"\xe2\x80\x94 more AAAAAAAA\n"),
        NEXT_KEY,
        15,
    ),
}
"""By somebody who makes the manifests again, and signs them with this key."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a package whose log has two witnessed checkpoints, a change of key in between, and a timestamp."""
    folder = tmp_path_factory.mktemp("whole")
    return write_package(attest(*build_company(folder, 4), folder), folder / "package", key=NEXT_KEY).folder


@pytest.fixture
def bag(whole: Path, tmp_path: Path) -> Bag:
    return Bag(Path(shutil.copytree(whole, tmp_path / "package")))


@pytest.mark.skipif(NODE is None, reason=NO_NODE)
def test_all_three_are_asked(whole: Path) -> None:
    assert opinions(whole).keys() == {"twofold verify", "check.py", "JavaScript"}


def missed(refused: Refused, step: int) -> list[str]:
    """Return who did not refuse this step, or the one in which they look at the same."""
    return [who for who, steps in refused.items() if not {step, ELSEWHERE.get((who, step), step)} & steps]


def test_a_whole_package_is_accepted(whole: Path) -> None:
    assert set(opinions(whole, key=NEXT_KEY.vkey, checkpoint=whole / "data/log/witness/100.checkpoint").values()) == {
        frozenset()
    }


@pytest.mark.parametrize("name", FROM_OUTSIDE)
def test_what_somebody_with_the_package_changes_is_refused(bag: Bag, name: str) -> None:
    change, step = FROM_OUTSIDE[name]
    change(bag)
    assert missed(opinions(bag.folder), step) == []


@pytest.mark.parametrize("name", RESEALED)
def test_what_somebody_seals_again_is_refused(bag: Bag, name: str) -> None:
    change, key, step = RESEALED[name]
    change(bag)
    reseal(bag.folder, key)
    refused = opinions(bag.folder)
    assert missed(refused, step) == []
    assert not any(steps & SEALED for steps in refused.values()), "only that step, not the seal"


def test_a_late_conclusion_is_refused_unless_the_package_says_so(tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 4, late=True)
    folder = write_package(attest(contents, log, tmp_path), tmp_path / "package", key=NEXT_KEY).folder
    assert missed(opinions(folder), 13) == []
    late = [entry.index for entry in log.entries if entry.kind == "judgement"]
    Bag(folder).edit_index(lambda index: index.update(order_flags=[{"entry": each, "text": "Late."} for each in late]))
    reseal(folder, NEXT_KEY)
    assert set(opinions(folder).values()) == {frozenset()}


def test_a_key_or_a_checkpoint_that_was_received_apart_and_is_another(whole: Path, tmp_path: Path) -> None:
    assert missed(opinions(whole, key=STRANGER.vkey), 16) == []
    (tmp_path / "held").write_text(
        signed_checkpoint(Checkpoint(NEXT_KEY.name, 100, bytes(32)), NEXT_KEY), encoding="utf-8"
    )
    assert missed(opinions(whole, checkpoint=tmp_path / "held"), 16) == []
