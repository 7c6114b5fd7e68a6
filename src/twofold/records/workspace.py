"""The workspace: one company, one folder. Where everything lies, and the vault that all acts are recorded in.

twofold.toml      settings
scope/            text files that a team reviews
.twofold/vault/   evidence and the log: the only part that cannot be rebuilt
.twofold/tables/, runs/, judgements/, samples/   computed, may be deleted
.twofold/lock     held by the one command that computes; the system frees it even when that command is killed
"""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from twofold.model.problem import Problem, UserError
from twofold.scope.load import read_scope
from twofold.scope.register import Scope
from twofold.scope.settings import Settings, load_settings
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault

INNER = ".twofold"
SCOPE_SOURCE = "scope"
LOCK_FILE = "lock"


@dataclass(frozen=True, slots=True)
class AppliedScope:
    """The scope in force: what was applied last. `evidence` is file name -> evidence id of its captured bytes."""

    scope: Scope
    settings: Settings
    evidence: Mapping[str, str]
    entry_index: int
    applied_at: datetime


class Workspace:
    """An open workspace; close it, or use it in a with statement."""

    def __init__(self, root: Path, vault: Vault, settings: Settings) -> None:
        self.root = root
        self.vault = vault
        self.settings = settings
        self._applied: AppliedScope | None = None
        """What `applied_scope` gave last; reading the files takes a while, and commands ask more than once."""

    @classmethod
    def open(cls, root: Path) -> "Workspace":
        """Open the workspace in `root`; raises UserError where there is none."""
        settings = load_settings(root)
        return cls(root, Vault.open(root / INNER / "vault", database=settings.database, blobs=settings.blobs), settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.vault.close()

    @property
    def scope_folder(self) -> Path:
        """Folder of the scope files as people edit them."""
        return self.root / "scope"

    @property
    def tables_folder(self) -> Path:
        """Folder of the canonical tables."""
        return self.root / INNER / "tables"

    @property
    def readings_folder(self) -> Path:
        """Folder of what reading each piece of evidence gave; may be deleted."""
        return self.root / INNER / "readings"

    @property
    def runs_folder(self) -> Path:
        """Folder with one folder per run."""
        return self.root / INNER / "runs"

    @property
    def judgements_folder(self) -> Path:
        """Folder with one folder per engagement."""
        return self.root / INNER / "judgements"

    @property
    def samples_folder(self) -> Path:
        """Folder of frozen populations, each under its root; freezing the same judgement again makes one anew."""
        return self.root / INNER / "samples"

    @property
    def schema_file(self) -> Path:
        """JSON Schema of the scope files, for editors."""
        return self.root / INNER / "scope.schema.json"

    @property
    def building_folder(self) -> Path:
        """Folder where tables, runs and judgements are made, before they are moved to their place."""
        return self.root / INNER / "building"

    @contextmanager
    def computing(self, activity: str) -> Iterator[None]:
        """Hold the workspace alone while tables, runs, judgements or packages are made; captures may go on meanwhile.

        What a killed command left in `building_folder` is removed. `activity` is shown to whoever is refused.
        Raises UserError when another command holds the workspace. Not to be nested.
        """
        with (self.root / INNER / LOCK_FILE).open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().strip() or "another command"
                raise UserError(
                    Problem(
                        str(self.root),
                        f"the workspace is in use: {holder}",
                        "one command that computes at a time",
                        "wait until it is done, then run this again",
                    )
                ) from error
            file.truncate(0)
            file.write(activity)
            file.flush()
            shutil.rmtree(self.building_folder, ignore_errors=True)
            try:
                yield
            finally:
                shutil.rmtree(self.building_folder, ignore_errors=True)
                file.truncate(0)

    def read_evidence(self, evidence_id: str) -> bytes:
        """Return the captured bytes of an evidence record, hashed on the way."""
        with self.vault.open_verified(self.vault.evidence(evidence_id).sha256) as stream:
            return stream.read()

    def applied_scope(self) -> AppliedScope | None:
        """Return the scope that was applied last, read from the vault, or None when none ever was."""
        last = self.vault.log.latest(EntryKind.SCOPE_APPLY)
        if last is None:
            return None
        if self._applied is None or self._applied.entry_index != last.index:
            evidence: dict[str, str] = dict(last.body["files"])
            contents = {name: self.read_evidence(evidence_id) for name, evidence_id in evidence.items()}
            self._applied = AppliedScope(
                scope=read_scope(contents, reporting_zone=last.body["reporting_zone"]),
                settings=self.settings,
                evidence=evidence,
                entry_index=last.index,
                applied_at=last.at,
            )
        return self._applied


def replace_folder(fresh: Path, target: Path) -> None:
    """Move the finished folder `fresh` to `target`, in place of what stood there; a kill leaves the one or the other.

    Where a kill falls between the two renames, `target` is missing and the next command that computes makes it again.
    """
    old = fresh.with_name(f"{fresh.name}.old")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
