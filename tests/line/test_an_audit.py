"""One audit from beginning to end, as company and auditor live it; then forgeries by somebody with every right."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from twofold.jobs.fsck import fsck_workspace
from twofold.jobs.order import order
from twofold.jobs.reperform import reperform
from twofold.jobs.signing_key import signing_key
from twofold.jobs.verify import verify
from twofold.records.workspace import INNER, Workspace
from twofold.vault.entry import Entry, make_entry

from ..second_opinion.opinions import NODE, javascript, opinions, reseal
from .an_audit import Audit, forge, free_place, lived, packaged


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    """Give the audit after its end; not to be changed."""
    with lived(tmp_path_factory.mktemp("audit")) as found:
        yield found


# What the auditor does with the package


def refused(folder: Path, **received: Any) -> set[int]:
    """Return the steps that `twofold verify` refuses."""
    return {step.number for step in verify(folder, **received).steps if step.faults and not step.skipped}


def checked(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the checker inside the package, away from our code."""
    command = [sys.executable, "-I", str(folder / "data/check.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def records(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / "data/log/records.jsonl").read_bytes().splitlines()]


def test_the_package_holds_the_audit(audit: Audit) -> None:
    index = orjson.loads((audit.package / "data/package.json").read_bytes())
    shown = {entry["kind"]: entry["body"] for entry in records(audit.package)}
    assert shown.keys() >= {"key_rotation", "witness", "disposition", "sign_off", "request", "answer", "deletion"}
    assert "legal_hold" not in shown
    assert len(index["log"]["witnessed"]) == len(index["log"]["timestamps"]) == 2
    [gone] = index["withheld"]
    assert gone["evidence_id"] == audit.deleted[0]
    assert "term over" in gone["reason"]
    assert index["order_flags"] == []


@pytest.mark.parametrize("which", ["package", "redacted"])
def test_everybody_finds_it_whole(audit: Audit, which: str) -> None:
    folder: Path = getattr(audit, which)
    said = verify(folder, **audit.received)
    assert {step.number: step.faults for step in said.steps if step.faults} == {}
    assert sum("auditor.example/ana" in note for note in said.notes) == 2
    assert len(set(said.unshown)) == len(said.unshown)
    key, start = audit.desk.file("acme.vkey"), audit.desk.file("start.cosigned")
    ended = checked(folder, "--key", key, "--key", audit.witness, "--checkpoint", start)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "17 passed, 0 failed")
    summed = subprocess.run(["sha256sum", "--quiet", "-c", "manifest-sha256.txt"], cwd=folder, check=False)
    assert summed.returncode == 0
    if NODE is not None:
        assert javascript(folder, key=key.read_text(encoding="utf-8").strip(), checkpoint=start) == set()


@pytest.mark.parametrize("which", ["package", "redacted"])
def test_pages_link_only_to_what_is_there(audit: Audit, which: str) -> None:
    data: Path = getattr(audit, which) / "data"
    links = re.findall(r'href="([^"#]+)"', (data / "index.html").read_text(encoding="utf-8"))
    links += re.findall(r"^- `([^`]+)`:", (data / "readme.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(links) > 5
    assert [link for link in links if not (data / link).exists()] == []


def test_the_rules_give_the_same_again(audit: Audit) -> None:
    done = reperform(audit.package)
    assert (done.agrees, done.complete, len(done.tests), len(done.judgements)) == (True, True, 1, 2), done


def test_the_workspace_is_whole_and_begins_with_what_the_auditor_holds(audit: Audit) -> None:
    for name in ("start.cosigned", "end.cosigned"):
        found = fsck_workspace(audit.workspace, checkpoint=audit.desk.file(name), at=audit.desk.now())
        assert [fault for check in found.checks for fault in check.faults] == []


# What somebody with every right does: the disk, the database, the company's key


def back_dated(*, after: int) -> Callable[[list[Entry]], None]:
    """Give a change that puts a capture where there was none."""

    def change(entries: list[Entry]) -> None:
        place, like = free_place(entries, after=after), [each for each in entries if each.kind == "capture"][-1]
        body = {**like.body, "name": "approvals.csv", "replaces": None, "same_bytes_as": [], "version": 1}
        entries[place.index] = make_entry(index=place.index, kind="capture", at=place.at, actor="p-0001", body=body)

    return change


def test_a_capture_that_was_back_dated_is_found_by_the_cosigned_checkpoint(audit: Audit, tmp_path: Path) -> None:
    """Before the start by that of the start; between start and end by that of the end."""
    start = int(audit.desk.file("start").read_text(encoding="utf-8").split("\n")[1])
    for name, after, found_by, not_by in (("before", 0, "start", None), ("between", start, "end", "start")):
        root = forge(audit, tmp_path / name, back_dated(after=after))
        folder, _ = packaged(audit, root)
        assert refused(folder) == set(), "the forgery contradicts nothing in itself"
        held = audit.desk.file(f"{found_by}.cosigned")
        assert refused(folder, checkpoint=held) == {16}
        ended = checked(folder, "--checkpoint", held)
        assert (ended.returncode, ended.stdout.count(" failed ")) == (1, 1)
        assert NODE is None or javascript(folder, checkpoint=held) == {16}
        assert not_by is None or refused(folder, checkpoint=audit.desk.file(f"{not_by}.cosigned")) == set()
        found = fsck_workspace(root, checkpoint=held, at=audit.desk.now())
        assert any(check.faults for check in found.checks)


def test_a_witness_cannot_be_left_out_silently(audit: Audit, tmp_path: Path) -> None:
    root = Path(shutil.copytree(audit.workspace, tmp_path / "acme"))
    with closing(sqlite3.connect(root / INNER / "vault/log.sqlite3")) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE tbl_name = 'cosignature' AND sql LIKE '%TRIGGER%'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM cosignature")
    folder, _ = packaged(audit, root)
    assert refused(folder) == {14}
    assert "by entry" in checked(folder).stdout


def test_evidence_that_was_swapped_after_the_package(audit: Audit, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(audit.package, tmp_path / "package"))
    one, other = sorted((folder / "data/evidence").iterdir())[:2]
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    for place in (one, other):
        assert place.name in checked(folder).stdout
    assert refused(folder) == {5}
    with Workspace.open(audit.workspace) as workspace:
        reseal(folder, signing_key(workspace))
    assert refused(folder) >= {11}
    assert checked(folder).returncode == 1
    assert all(steps >= {11} for steps in opinions(folder).values())


def test_what_people_said_cannot_be_dropped(audit: Audit, tmp_path: Path) -> None:
    """A judgement rests on the signature of a completeness record; no run read it."""
    folder = Path(shutil.copytree(audit.package, tmp_path / "package"))
    place, index = folder / "data/log/records.jsonl", orjson.loads((folder / "data/package.json").read_bytes())
    [dropped] = [entry for entry in records(folder) if entry["body"].get("name") == "signed.csv"]
    lines = [raw for raw in place.read_bytes().splitlines(keepends=True) if orjson.loads(raw) != dropped]
    place.write_bytes(b"".join(lines))
    (folder / f"data/evidence/{dropped['body']['sha256']}.csv").unlink()
    listed = (folder / "data/evidence.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "data/evidence.csv").write_text("".join(line for line in listed if "signed.csv" not in line))
    index["log"]["entries"]["capture"]["here"] -= 1
    (folder / "data/package.json").write_bytes(orjson.dumps(index))
    with Workspace.open(audit.workspace) as workspace:
        reseal(folder, signing_key(workspace))
    assert refused(folder) == {12}
    assert f"ev-{dropped['index']}" in checked(folder).stdout
    assert NODE is None or javascript(folder) == {12}


def test_a_sign_off_from_before_its_evidence_is_told_to_the_auditor(audit: Audit, tmp_path: Path) -> None:
    def change(entries: list[Entry]) -> None:
        place, signed = free_place(entries, after=0), next(each for each in entries if each.kind == "sign_off")
        entries[place.index] = make_entry(
            index=place.index, kind="sign_off", at=place.at, actor=signed.actor, body=signed.body
        )

    root = forge(audit, tmp_path, change)
    with Workspace.open(root) as workspace:
        flags = order(workspace)
    assert {flag.disorder.value for flag in flags} >= {"evidence_later", "judgement_later"}
    folder, key = packaged(audit, root)
    index = orjson.loads((folder / "data/package.json").read_bytes())
    assert {flag["entry"] for flag in index["order_flags"]} == {flag.entry for flag in flags}
    assert refused(folder) == set()
    assert "note: order: Sign-off of soc2-2026 by p-0005" in checked(folder).stdout
    page = (folder / "data/index.html").read_text(encoding="utf-8")
    assert "it came before the judgement that it concludes on" in page

    (folder / "data/package.json").write_bytes(orjson.dumps(index | {"order_flags": []}))
    reseal(folder, key)
    assert set(opinions(folder).values()) == {frozenset({13})}


def test_what_is_shown_of_evidence_can_be_read(audit: Audit) -> None:
    tables = [each.read_text(encoding="utf-8") for each in (audit.redacted / "data/tables/rows").glob("*.csv")]
    assert 'id,incident\n[withheld],"\'=INC-2, ""late"""\n' in tables
    index = orjson.loads((audit.redacted / "data/package.json").read_bytes())
    assert len(index["withheld"]) == 2


def test_a_cell_of_a_redacted_table_that_was_changed(audit: Audit, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(audit.redacted, tmp_path / "package"))
    rows = next(each for each in (folder / "data/tables/rows").glob("*.jsonl") if b'"INC-2"' in each.read_bytes())
    for place in (rows, rows.with_suffix(".csv")):
        text = place.read_text(encoding="utf-8")
        assert "INC-2" in text
        place.write_text(text.replace("INC-2", "INC-3"), encoding="utf-8")
    with Workspace.open(audit.workspace) as workspace:
        reseal(folder, signing_key(workspace))
    assert refused(folder) >= {22}
    assert "data/tables/rows/" in checked(folder).stdout
    assert NODE is None or javascript(folder) == {22}
