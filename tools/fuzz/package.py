"""Change a package at random and see that both checkers find each change and name the file: `make fuzz`.

    python tools/fuzz/package.py [CHANGES] [SEED]

Kinds of change: a byte, a cut, bytes put in, two files' contents swapped, a file deleted, added or renamed; then what
somebody does who remakes the manifests: without the key, with a key of their own, or with pieces of another package;
and what somebody with the true key does who drops what a conclusion rests on. The last kind is found only where the
package contradicts itself; a checkpoint or digest received apart finds the rest.
"""

import functools
import importlib.util
import json
import random  # noqa: TID251  to repeat a run by its seed
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold.reports import check
from twofold.reports.bag import INFO, TAG_NOTE, TAG_SIGNATURE, seal
from twofold.reports.package import sign_tag_manifest, write_package
from twofold.reports.verify import verify_package
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.signing.sshsig import CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE, allowed_signers_line, sshsig_sign

COMPANY = Path(__file__).parents[2] / "tests" / "reports" / "conftest.py"
RECORDS = "data/log/records.jsonl"
_SHOWN_EVERY = 1_000
check.verify_ed25519 = functools.cache(check.verify_ed25519)  # openssl need not see the same signature twice


@dataclass(frozen=True, slots=True)
class Made:
    """One change: what was done, and the files of which at least one (`every`: each) must be named."""

    kind: str
    names: tuple[str, ...]
    every: bool = False


class Victim:
    """A package that is changed and mended again."""

    def __init__(self, folder: Path, key: SigningKey, chance: random.Random) -> None:
        self.folder, self.key, self.chance = folder, key, chance
        self.whole = {place: (folder / place).read_bytes() for place in self.places()}
        self.stranger = SigningKey(key.name, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))

    def places(self) -> list[str]:
        """Return every file of the package."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def mend(self) -> None:
        """Put every byte back."""
        for place in set(self.places()) - set(self.whole):
            (self.folder / place).unlink()
        for place, content in self.whole.items():
            path = self.folder / place
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def any(self, *, within: str = "", filled: bool = False) -> str:
        """Draw a file, one with content if asked."""
        return self.chance.choice(
            [place for place, content in self.whole.items() if place.startswith(within) and (content or not filled)]
        )

    def write(self, place: str, content: bytes) -> None:
        """Write a file of the package."""
        (self.folder / place).write_bytes(content)

    def remake_manifests(self) -> None:
        """Make the manifests again, as somebody who hides a change would."""
        lines = [line.split(": ", 1) for line in self.whole[INFO].decode().splitlines()]
        seal(self.folder, {name: text for name, text in lines if name != "Payload-Oxum"})

    def changed(self, content: bytes) -> bytes:
        """Return other bytes: one changed, some cut off or put in."""
        at = self.chance.randrange(len(content) + 1)
        match self.chance.randrange(3):
            case 0 if content:
                at = min(at, len(content) - 1)
                return content[:at] + bytes([content[at] ^ self.chance.randrange(1, 256)]) + content[at + 1 :]
            case 1 if content:
                return content[: min(at, len(content) - 1)]
            case _:
                return content[:at] + self.chance.randbytes(self.chance.randrange(1, 20)) + content[at:]


# Changes that leave the manifests alone


def change_bytes(victim: Victim) -> Made:
    """Change, cut or fill a file."""
    place = victim.any()
    victim.write(place, victim.changed(victim.whole[place]))
    return Made("bytes", (place,))


def swap(victim: Victim) -> Made:
    """Swap the contents of two files."""
    one, other = victim.any(), victim.any()
    while victim.whole[one] == victim.whole[other]:
        other = victim.any()
    victim.write(one, victim.whole[other])
    victim.write(other, victim.whole[one])
    return Made("swap", (one, other), every=True)


def delete(victim: Victim) -> Made:
    """Delete a file."""
    place = victim.any()
    (victim.folder / place).unlink()
    return Made("delete", (place,))


def add(victim: Victim) -> Made:
    """Add a file beside another."""
    beside = victim.any().rpartition("/")[0]
    place = f"{beside}/added-{victim.chance.randrange(10**6)}.csv".removeprefix("/")
    victim.write(place, victim.chance.randbytes(victim.chance.randrange(50)))
    return Made("add", (place,))


def rename(victim: Victim) -> Made:
    """Give a file another name."""
    place = victim.any()
    (victim.folder / place).rename(victim.folder / f"{place}x")
    return Made("rename", (place, f"{place}x"), every=True)


# Changes by somebody who makes the manifests again


def remake(victim: Victim) -> Made:
    """Change a file and remake the manifests, without the key."""
    place = victim.any(within="data/")
    victim.write(place, victim.changed(victim.whole[place]))
    victim.remake_manifests()
    committed = (RECORDS, "data/log/tile/", "data/log/checkpoint", "data/log/key.vkey", "data/evidence/")
    return Made("manifests remade", (place if place.startswith(committed) else TAG_NOTE,))


def resign(victim: Victim) -> Made:
    """Change a file, remake the manifests, and sign it all with another key."""
    place = victim.any(within="data/controls/")
    victim.write(place, victim.changed(victim.whole[place]))
    log, stranger = "data/log/", victim.stranger
    note = signed_checkpoint(_checkpoint(victim), stranger).encode()
    victim.write(log + "checkpoint", note)
    victim.write(log + "checkpoint.sig", sshsig_sign(stranger, note, CHECKPOINT_NAMESPACE).encode())
    victim.write(log + "key.vkey", f"{stranger.vkey}\n".encode())
    line = allowed_signers_line("twofold", stranger.vkey, (CHECKPOINT_NAMESPACE, PACKAGE_NAMESPACE))
    victim.write(log + "allowed_signers", line.encode())
    victim.remake_manifests()
    sign_tag_manifest(victim.folder, json.loads(victim.whole["data/package.json"])["package_id"], stranger)
    return Made("signed by a stranger", ("data/log/key.vkey",))


def swap_signature(victim: Victim) -> Made:
    """Put a signature where it does not belong: of a stranger, or of another file."""
    if victim.chance.random() < 1 / 2:
        place = victim.chance.choice((TAG_NOTE, TAG_SIGNATURE))
        sign_tag_manifest(victim.folder, "package-2026", victim.stranger)
        other = TAG_SIGNATURE if place == TAG_NOTE else TAG_NOTE
        victim.write(other, victim.whole[other])
    else:
        place = TAG_SIGNATURE
        victim.write(place, victim.whole["data/log/checkpoint.sig"])
    return Made("signature replaced", (place,))


def drop_record(victim: Victim) -> Made:
    """Drop a record, the payload that it names, and remake the manifests without the key."""
    lines = victim.whole[RECORDS].splitlines(keepends=True)
    dropped = json.loads(lines.pop(victim.chance.randrange(len(lines))))
    victim.write(RECORDS, b"".join(lines))
    _drop_payload(victim, dropped)
    victim.remake_manifests()
    return Made("record dropped", (TAG_NOTE,))


def cut_tile(victim: Victim) -> Made:
    """Cut or drop a tile and remake the manifests."""
    place = victim.any(within="data/log/tile/")
    if victim.chance.random() < 1 / 2:
        (victim.folder / place).unlink()
    else:
        victim.write(place, victim.whole[place][: 32 * victim.chance.randrange(len(victim.whole[place]) // 32)])
    victim.remake_manifests()
    return Made("tile cut", (place,))


def insider(victim: Victim) -> Made:
    """Drop a record that something rests on, mend what counts it, and sign it all with the true key."""
    lines = victim.whole[RECORDS].splitlines(keepends=True)
    at = victim.chance.randrange(1, len(lines))
    dropped = json.loads(lines.pop(at))
    victim.write(RECORDS, b"".join(lines))
    _drop_payload(victim, dropped)
    index = json.loads(victim.whole["data/package.json"])
    index["log"]["entries"][dropped["kind"]]["here"] -= 1
    victim.write("data/package.json", json.dumps(index).encode())
    victim.remake_manifests()
    sign_tag_manifest(victim.folder, index["package_id"], victim.key)
    named = {"capture": "completeness.json", "run": "run.json", "judgement": "judgement.json"}
    return Made("record dropped with the key", (named.get(dropped["kind"], "samples"),))


def _drop_payload(victim: Victim, record: dict[str, dict[str, str]]) -> None:
    for path in (victim.folder / "data/evidence").glob(f"{record['body'].get('sha256', '-')}.*"):
        path.unlink()


def _checkpoint(victim: Victim) -> Checkpoint:
    return Checkpoint.parse(victim.whole["data/log/checkpoint"].decode().rpartition("\n\n")[0] + "\n")


CHANGES: dict[Callable[[Victim], Made], int] = {
    change_bytes: 40,
    swap: 10,
    delete: 10,
    add: 10,
    rename: 5,
    remake: 10,
    resign: 2,
    swap_signature: 3,
    drop_record: 4,
    cut_tile: 4,
    insider: 2,
}
"""Change -> how often, in a hundred."""


def faults_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Give each checker's name and all of its sentences about the package."""
    found = check.check(check.Package(folder))
    yield "check.py", "\n".join(fault for _, _, state, faults in found if state == "failed" for fault in faults)
    yield "twofold verify", "\n".join(fault for step in verify_package(folder).steps for fault in step.faults)


def attack(victim: Victim, change: Callable[[Victim], Made] | None = None) -> tuple[Made, list[str]]:
    """Make one change (at random by default), check, and mend; return it and which checkers missed it or its file."""
    made = (change or victim.chance.choices(list(CHANGES), list(CHANGES.values()))[0])(victim)
    missed = []
    try:
        for checker, sentences in faults_of(victim.folder):
            named = [name in sentences for name in made.names]
            if not (all(named) if made.every else any(named)):
                missed.append(f"{checker}: {made} said: {sentences[:300]!r}")
    finally:
        victim.mend()
    return made, missed


def main() -> int:
    """Change a small package as often as asked, 10,000 times by default."""
    count, seed = (int(given) for given in (sys.argv[1:] + ["10000", "1"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory(prefix="twofold-fuzz-") as scratch:
        company = _company()
        folder = Path(scratch) / "package"
        write_package(company.build_sampled(Path(scratch), 60), folder, key=company.KEY)
        assert not any(sentences for _, sentences in faults_of(folder)), "the package was not whole to begin with"  # noqa: S101
        victim = Victim(folder, company.KEY, random.Random(seed))  # noqa: S311  to repeat a run
        kinds: Counter[str] = Counter()
        misses: list[str] = []
        started = time.perf_counter()
        for number in range(1, count + 1):
            made, missed = attack(victim)
            kinds[made.kind] += 1
            misses += missed
            if number % _SHOWN_EVERY == 0:
                sys.stdout.write(f"{number:,} changes, {len(misses)} missed, {time.perf_counter() - started:.0f} s\n")
                sys.stdout.flush()
        shutil.rmtree(folder)
    for kind, times in kinds.most_common():
        sys.stdout.write(f"{times:>7,} {kind}\n")
    sys.stdout.write("".join(f"MISSED {miss}\n" for miss in misses[:20]))
    sys.stdout.write(f"{count:,} changes, seed {seed}: {len(misses)} missed by check.py or twofold verify\n")
    return 1 if misses else 0


def _company() -> ModuleType:
    """Load the small company of the tests."""
    spec = importlib.util.spec_from_file_location("company_of_the_tests", COMPANY)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(COMPANY)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
