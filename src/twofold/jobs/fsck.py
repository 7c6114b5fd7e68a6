"""Check what a workspace has stored, and put right what can be.

The vault's own steps come first. Then what was computed from it: runs, judgements and tables, which the log names by
hash and which can be made again; the scope files; the legal holds that should lock captured bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, RUN_FILE
from twofold.jobs.evidence_locks import set_holds
from twofold.jobs.evidence_use import covering_hold, relying_engagements
from twofold.jobs.judge import FINDINGS_FILE, JUDGEMENT_FILE
from twofold.model.problem import Problem, UserError
from twofold.records.acts import hold
from twofold.records.workspace import INNER
from twofold.scope.settings import load_settings
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.care.fault import Check, Fault, Repair, Standing, extra, lost, repairable
from twofold.vault.care.fsck import fsck
from twofold.vault.care.repair import repair
from twofold.vault.care.stored_vault import StoredVault
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import index_of
from twofold.vault.log import Log
from twofold.vault.retention.deletions import deletions
from twofold.vault.retention.legal_hold import LegalHold
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import parse_note, read_note
from twofold.vault.store import Vault

_NEEDED_BELOW = (1, 2, 3, 5, 7)
"""Steps of the vault without which the further ones cannot ask the log."""


@dataclass(frozen=True, slots=True)
class CheckedWorkspace:
    """What a check found, after the repairs; `repaired` says what was done."""

    checks: tuple[Check, ...]
    repaired: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is lost, altered or left to be repaired."""
        return all(check.passed for check in self.checks)


def fsck_workspace(
    root: Path, *, checkpoint: Path | None = None, repairing: bool = False, at: datetime
) -> CheckedWorkspace:
    """Check the workspace in `root`; raises UserError where its log or its store of bytes is missing altogether.

    checkpoint: a file that was kept elsewhere: with signatures, which are checked, or the bare text.
    repairing: put right what can be, then check again.
    """
    settings = load_settings(root)
    held = None if checkpoint is None else _read_held(checkpoint)
    stored = StoredVault.open(root / INNER / "vault", database=settings.database, blobs=settings.blobs)
    try:
        checks = _check(root, stored, held)
        done: list[str] = []
        if repairing and any(fault.repair for check in checks for fault in check.findings):
            done = [*repair(stored, checks, at=at), *_lock_held(stored, checks)]
            checks = _check(root, stored, held)
        return CheckedWorkspace(tuple(checks), tuple(done))
    finally:
        stored.close()


@dataclass(frozen=True, slots=True)
class _Held:
    """A checkpoint that was kept elsewhere. note: with its signatures, "" where it has none."""

    checkpoint: Checkpoint
    note: str


def _read_held(path: Path) -> _Held:
    """Read a checkpoint that was kept; raises UserError when the file holds none."""
    try:
        text = read_note(path.read_bytes())
        signed = "\n\n" in text
        return _Held(Checkpoint.parse(parse_note(text).text if signed else text), text if signed else "")
    except OSError as error:
        found = f"cannot be read ({error.strerror or error})"
        raise UserError(Problem(str(path), found, "the checkpoint that was kept")) from error
    except ValueError as error:
        expected = "a checkpoint: origin, size and root, with or without signatures"
        raise UserError(Problem(str(path), str(error), expected, "check the file")) from error


def _check(root: Path, stored: StoredVault, held: _Held | None) -> list[Check]:
    checks = fsck(stored, held=held.checkpoint if held else None, held_note=held.note if held else "")
    if not all(check.passed for check in checks if check.step in _NEEDED_BELOW):
        return checks
    log = stored.log
    computed = [*_run_faults(root, log), *_judgement_faults(root, log), *_table_faults(root, log)]
    return [
        *checks,
        Check(13, "What was computed is what the log records", tuple(computed)),
        Check(14, "The scopes were captured", tuple(_scope_faults(log))),
        Check(15, "What a legal hold covers is locked", tuple(_hold_faults(stored))),
    ]


def _remade(text: str) -> Fault:
    return Fault(text, Standing.COMPUTED)


def _run_faults(root: Path, log: Log) -> Iterator[Fault]:
    """Compare the folders of runs with the newest entry of each; a folder that is missing is made by the next test."""
    newest = {str(entry.body["run_id"]): entry for entry in log.entries(kind=EntryKind.RUN)}
    folder = root / INNER / "runs"
    for path in sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ():
        entry = newest.get(path.name)
        if entry is None:
            yield extra(f"The run {path.name} is in no entry; it may be of a test that was cut off.")
            continue
        expected = {
            RUN_FILE: entry.body["run_sha256"],
            OUTCOMES_FILE: entry.body["outcomes_sha256"],
            POPULATION_FILE: entry.body["population_sha256"],
        }
        yield from _file_faults(path, expected, entry, "twofold test")


def _judgement_faults(root: Path, log: Log) -> Iterator[Fault]:
    newest = {str(entry.body["engagement"]): entry for entry in log.entries(kind=EntryKind.JUDGEMENT)}
    for engagement, entry in newest.items():
        path = root / INNER / "judgements" / engagement
        expected = {
            JUDGEMENT_FILE: entry.body["judgement_sha256"],
            FINDINGS_FILE: entry.body["findings_sha256"],
            **{f"{name}.parquet": sha256 for name, sha256 in entry.body["verdicts"]},
        }
        if path.is_dir():
            yield from _file_faults(path, expected, entry, "twofold judge")


def _table_faults(root: Path, log: Log) -> Iterator[Fault]:
    entries = list(log.entries(kind=EntryKind.NORMALISE))[-1:]
    folder = root / INNER / "tables"
    for entry in entries if folder.is_dir() else ():
        expected = {f"{name}.parquet": sha256 for name, sha256 in entry.body["tables"]}
        yield from _file_faults(folder, expected, entry, "twofold test")


def _file_faults(folder: Path, expected: Mapping[str, str], entry: Entry, command: str) -> Iterator[Fault]:
    for name, sha256 in expected.items():
        path = folder / name
        if not sha256:
            continue
        if not path.is_file():
            yield _remade(f"{path} is missing. Computed, can be made again: remove {folder}, then '{command}'.")
        elif file_hash(path) != sha256:
            found = f"{path} is not the file that entry {entry.index} records"
            yield _remade(f"{found}. Computed, can be made again: remove {folder}, then '{command}'.")


def _scope_faults(log: Log) -> Iterator[Fault]:
    """Find scopes whose files no capture holds."""
    for entry in log.entries(kind=EntryKind.SCOPE_APPLY):
        for name, evidence in entry.body["files"]:
            number = index_of(evidence)
            raw = None if number is None else log.raw(number)
            if raw is None or log.read(raw).kind != EntryKind.CAPTURE:
                yield lost(f"The scope of entry {entry.index} names {evidence} for {name}, which is no capture.")


def _hold_faults(stored: StoredVault) -> Iterator[Fault]:
    vault = Vault(stored.path, stored.log, stored.blobs)
    holds, relying, gone = _holds(vault)
    for evidence in vault.each_evidence() if holds else ():
        covering = covering_hold(holds, evidence, relying) if evidence.evidence_id not in gone else ""
        if covering and not vault.blobs.locks(evidence.sha256).held:
            found = f"{evidence.evidence_id} is under the legal hold {covering}, and its bytes are not locked"
            yield repairable(f"{found} in the store.", Repair.HOLDS)


def _holds(vault: Vault) -> tuple[list[LegalHold], dict[int, set[str]], Mapping[str, object]]:
    holds = [each for each in hold.all_holds(vault).values() if each.stands]
    return holds, relying_engagements(vault, holds), deletions(vault.log)


def _lock_held(stored: StoredVault, checks: Sequence[Check]) -> list[str]:
    """Lock what standing holds cover."""
    if not any(fault.repair is Repair.HOLDS for check in checks for fault in check.findings):
        return []
    vault = Vault(stored.path, stored.log, stored.blobs)
    for each in _holds(vault)[0]:
        set_holds(vault, each)
    return ["What legal holds cover was locked in the store again."]
