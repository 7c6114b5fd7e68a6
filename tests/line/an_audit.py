"""One audit from beginning to end, as company and auditor live it; and a log that is written anew."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.engagement.request import RequestAct
from twofold.jobs.acts import answer_request, ask, change_request, dispose, sign
from twofold.jobs.capture import capture
from twofold.jobs.checkpoint import write_checkpoint
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.cosign import Earlier, cosign_file, make_witness_key
from twofold.jobs.exports_file import Place, items_of_folder, provenance_of
from twofold.jobs.holds import place_hold
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import judge
from twofold.jobs.package import package
from twofold.jobs.retention import delete_due
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey, export_key, rotate_key, signing_key
from twofold.jobs.timestamp import send_timestamps
from twofold.jobs.witness import Phase, accept_cosignature, write_proof
from twofold.records.acts.disposition import DispositionKind
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.records.workspace import INNER, Workspace
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, make_entry
from twofold.vault.evidence import CaptureItem
from twofold.vault.opening.marks import NEWEST_FILE
from twofold.vault.signing import keys
from twofold.vault.signing.keys import SigningKey
from twofold.vault.tree.merkle import leaf_hash

from ..cli.conftest import SYSTEMS, write_export
from ..vault.authority import make_authority, served

SIGNED = "population,conclusion,signed_by,signed_at\nincident_opened,complete,p-0001,2026-07-11T06:00:00Z\n"
LATE = 'id,incident\n"A-1","=INC-2, ""late"""\n"A-2",INC-999\n'
PASSPHRASE = "a passphrase of tests"  # noqa: S105  of keys made here
OLD = datetime(2018, 2, 1, 6, tzinfo=UTC)
"""So long ago that its term is over, whatever rested on it."""
AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
ENGAGEMENT = "soc2-2026"
FIRST_SCOPE = "systems: [{id: product, name: Our product, layer: application, zone: UTC, owner: p-0001}]\n"
REDACTION = """reason = "Who signed is not needed."
decided_by = "p-0003"
[[withhold]]
control_test = "T-19"
table = "population"
columns = ["system"]
may_stand_elsewhere = true
[[withhold]]
evidence = "{late}"
columns = ["id"]
rows_where = {{ column = "id", equals = "A-2" }}
"""


@dataclass(slots=True)
class Desk:
    """The auditor's own folder, and a clock that goes on by a minute with each act of anybody."""

    folder: Path
    at: datetime = AT

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def file(self, name: str) -> Path:
        return self.folder / name


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit left: the company's workspace, its package (whole and redacted), and the auditor's desk."""

    workspace: Path
    package: Path
    redacted: Path
    desk: Desk
    deleted: tuple[str, ...]
    witness: str

    @property
    def received(self) -> dict[str, Any]:
        """What the auditor holds apart from the package: key of the company, own key, checkpoint of the start."""
        return {
            "keys": [str(self.desk.file("acme.vkey")), self.witness],
            "checkpoint": self.desk.file("start.cosigned"),
        }


@contextmanager
def lived(root: Path) -> Iterator[Audit]:
    """Live the audit in an empty folder. While it is open, the passphrase of its keys is known."""
    (root / "desk").mkdir()
    authority = make_authority(root / "authority")
    with pytest.MonkeyPatch.context() as patched, served(authority):
        patched.setattr(keys, "ROUNDS", 1_000)
        patched.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)
        stamps = f'\n[timestamps]\nauthority = "{authority.url}"\nchain = "tsa.pem"\n'
        settings = f'[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n{stamps}'
        files = {"twofold.toml": settings.encode(), "tsa.pem": authority.chain, "scope/all.yaml": FIRST_SCOPE.encode()}
        make_workspace(root / "acme", files, key=NewKey(PASSPHRASE), actor="p-0001", at=OLD)
        with Workspace.open(root / "acme") as workspace:
            audit = live(workspace, root, Desk(root / "desk"))
        yield audit


def live(workspace: Workspace, root: Path, desk: Desk) -> Audit:
    """Go through the audit, act by act."""
    apply_scope(workspace, reason="first scope", actor="p-0001", at=OLD)
    old = put(workspace, "old.csv", "id\n1\n", at=OLD)
    (workspace.root / "scope/all.yaml").write_text(SYSTEMS, encoding="utf-8")
    apply_scope(workspace, reason="this audit", actor="p-0001", at=desk.now())
    items = items_of_folder(write_export(root / "exports"), zone="UTC")
    capture(workspace, items, actor="p-0001", at=desk.now())
    run_and_judge(workspace, desk)

    witness = make_witness_key(desk.file("witness.pem"), name="auditor.example/ana")
    export_key(workspace, desk.file("acme.vkey"))
    start = write_checkpoint(workspace, signing_key(workspace), into=desk.file("start"), at=desk.now()).checkpoint
    cosigned(workspace, desk, "start", Phase.START, witness, Earlier())

    put(workspace, "signed.csv", SIGNED, at=desk.now(), kind="completeness_signature", systems=["product"])
    late = put(workspace, "late.csv", LATE, at=desk.now(), kind="incident_action", systems=["product"])
    run_and_judge(workspace, desk)
    request_and_answer(workspace, desk, late)
    rotate_key(workspace, actor="p-0001", at=desk.now())
    end = write_checkpoint(workspace, signing_key(workspace), into=desk.file("end"), at=desk.now()).checkpoint
    assert [each.row.state.value for each in send_timestamps(workspace, at=desk.now())] == ["trusted", "trusted"]
    write_proof(workspace, old_size=start.size, size=end.size, into=desk.file("growth"))
    export_key(workspace, desk.file("acme.new.vkey"))
    cosigned(workspace, desk, "end", Phase.END, None, Earlier(proof=desk.file("growth")))

    conclude(workspace, desk)
    deleted = (evidence_of_scope(workspace)[0], old)
    hold_and_delete(workspace, desk, deleted)
    desk.file("redact.toml").write_text(REDACTION.format(late=late), encoding="utf-8")
    key = signing_key(workspace)
    said: dict[str, Any] = {"key": key, "actor": "p-0001"}
    package(workspace, [], into=root / "package", at=desk.now(), **said)
    package(workspace, [], into=root / "redacted", at=desk.now(), redact=desk.file("redact.toml"), **said)
    return Audit(workspace.root, root / "package", root / "redacted", desk, deleted, witness)


def put(workspace: Workspace, name: str, text: str, *, at: datetime, kind: str = "oncall", **said: Any) -> str:
    path = workspace.root.parent / name
    path.write_text(text, encoding="utf-8")
    day = f"{at:%Y-%m-%dT06:00:00Z}"
    entry = {"path": name, "source": "csvtable", "kind": kind, "query": "all", "run_by": "p-0001", "run_at": day}
    item = CaptureItem(path, name, provenance_of(entry | said, place=Place("test"), zone="UTC"))
    return capture(workspace, [item], actor="p-0001", at=at)[0].evidence.evidence_id


def run_and_judge(workspace: Workspace, desk: Desk) -> None:
    run_control_tests(workspace, ["T-19"], actor="p-0001", at=desk.now())
    judge(workspace, [], actor="p-0001", at=desk.now())


def cosigned(workspace: Workspace, desk: Desk, name: str, phase: Phase, witness: str | None, earlier: Earlier) -> None:
    """Let the auditor cosign the file at the desk, and the company take it in."""
    company = desk.file("acme.vkey" if phase is Phase.START else "acme.new.vkey")
    signed = desk.file(f"{name}.cosigned")
    ours: dict[str, Any] = {"key_file": desk.file("witness.pem"), "company_key": str(company), "earlier": earlier}
    cosign_file(desk.file(name), into=signed, at=desk.now(), **ours)
    theirs: dict[str, Any] = {"engagement": ENGAGEMENT, "phase": phase, "witness_key": witness, "actor": "p-0001"}
    accept_cosignature(workspace, signed, at=desk.now(), **theirs)


def evidence_of_scope(workspace: Workspace) -> list[str]:
    applied = workspace.vault.entries(kind="scope_apply")
    return [evidence for entry in applied for _, evidence in entry.body["files"]]


def request_and_answer(workspace: Workspace, desk: Desk, evidence: str) -> None:
    wanted: dict[str, Any] = {"control": None, "text": "The old list", "assigned_to": "p-0001", "due_on": None}
    asked = ask(workspace, ENGAGEMENT, actor="ana", at=desk.now(), **wanted).request_id
    answer_request(workspace, asked, evidence=[evidence], note="as asked", actor="p-0001", at=desk.now())
    change_request(workspace, asked, RequestAct.ACCEPT, note="", actor="ana", at=desk.now())


def conclude(workspace: Workspace, desk: Desk) -> None:
    said: dict[str, Any] = {"control_test": "T-19", "kind": DispositionKind.CONFIRMED, "reason": "late indeed"}
    dispose(workspace, "INC-2", second_person=None, actor="p-0001", at=desk.now(), **said)
    for role, person in ((SignOffRole.PREPARER, "p-0005"), (SignOffRole.REVIEWER, "p-0006")):
        conclusion: dict[str, Any] = {"conclusion": SignedConclusion.NOT_EFFECTIVE, "role": role, "reason": "INC-2"}
        sign(workspace, ENGAGEMENT, control=None, actor=person, at=desk.now(), **conclusion)


def hold_and_delete(workspace: Workspace, desk: Desk, old: tuple[str, ...]) -> None:
    hold: dict[str, Any] = {"sources": [], "engagements": [ENGAGEMENT], "everything": False, "evidence": []}
    place_hold(workspace, reason="Matter", authority="p-0002", actor="p-0001", at=desk.now(), **hold)
    why: dict[str, Any] = {"reason": "term over", "authority": "p-0002", "second_person": "p-0003"}
    delete_due(workspace, old, all_due=False, actor="p-0001", at=desk.now(), **why)


# What somebody with every right does: the disk, the database, the company's key


def forge(audit: Audit, into: Path, change: Callable[[list[Entry]], None]) -> Path:
    """Copy the workspace and write its log anew with changed entries, statements of others left out.

    Witnesses cannot be forged, so what speaks of them goes, too. Tiles, head and indexes fit again.
    """
    root = Path(shutil.copytree(audit.workspace, into / "acme"))
    with Workspace.open(root) as workspace:
        entries = list(workspace.vault.entries())
    change(entries)
    for each in entries:
        if each.kind == "witness":
            nobody: dict[str, Json] = {"engagements": [], "method": "link", "organisation": ""}
            entries[each.index] = make_entry(index=each.index, kind="login", at=each.at, actor="ana", body=nobody)
    with closing(sqlite3.connect(root / INNER / "vault/log.sqlite3")) as database, database:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for table in ("entry", "entry_kind", "evidence", "checkpoint", "cosignature", "timestamp_request", "tile"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608  names of ours
        for entry in entries:
            database.execute("INSERT INTO entry VALUES (?, ?)", (entry.index, entry.raw))
            database.execute("INSERT INTO entry_kind VALUES (?, ?)", (entry.kind, entry.index))
            if entry.kind == "capture":
                body, source = entry.body, entry.body["provenance"]
                row = (entry.index, body["sha256"], source["source"], source["kind"], body["name"], body["version"])
                database.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)", row)
        leaves = [leaf_hash(entry.raw) for entry in entries]
        database.execute("INSERT INTO tile VALUES (0, 0, ?)", (b"".join(leaves),))
        database.execute("UPDATE head SET root = ?", (root_over(leaves),))
        for _, sql in triggers:
            database.execute(sql)
    (root / INNER / "vault" / NEWEST_FILE).unlink()
    return root


def root_over(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 9162, 2.1.1, defines it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_over(leaves[:half]) + root_over(leaves[half:])).digest()


def packaged(audit: Audit, root: Path) -> tuple[Path, SigningKey]:
    """Write the package of a workspace, and return the key that signed it."""
    with Workspace.open(root) as workspace:
        key = signing_key(workspace)
        package(workspace, [], into=root.parent / "package", key=key, actor="p-0001", at=audit.desk.now())
    return root.parent / "package", key


def free_place(entries: list[Entry], *, after: int) -> Entry:
    """Return the first entry that no package shows and nothing names: a row commitment of evidence."""
    return next(each for each in entries if each.index >= after and each.body.get("table") == "evidence")
