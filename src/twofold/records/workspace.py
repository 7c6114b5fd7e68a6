"""The workspace: one company, one folder. Where everything lies, and the vault that all acts are recorded in.

    twofold.toml      settings
    scope/            text files that a team reviews
    .twofold/vault/   evidence and the log: the only part that cannot be rebuilt
    .twofold/tables/, runs/, judgements/   computed, may be deleted
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from twofold.scope.load import read_scope
from twofold.scope.register import Scope
from twofold.scope.settings import Settings, load_settings
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault

INNER = ".twofold"
SCOPE_SOURCE = "scope"
SETTINGS_FILE = "twofold.toml"


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

    @classmethod
    def open(cls, root: Path) -> "Workspace":
        """Open the workspace in `root`; raises UserError where there is none."""
        settings = load_settings(root)
        return cls(root, Vault.open(root / INNER / "vault"), settings)

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
    def runs_folder(self) -> Path:
        """Folder with one folder per run."""
        return self.root / INNER / "runs"

    @property
    def judgements_folder(self) -> Path:
        """Folder with one folder per engagement."""
        return self.root / INNER / "judgements"

    @property
    def schema_file(self) -> Path:
        """JSON Schema of the scope files, for editors."""
        return self.root / INNER / "scope.schema.json"

    def read_evidence(self, evidence_id: str) -> bytes:
        """Return the captured bytes of an evidence record, hashed on the way."""
        with self.vault.open_verified(self.vault.evidence(evidence_id).sha256) as stream:
            return stream.read()

    def applied_scope(self) -> AppliedScope | None:
        """Return the scope that was applied last, read from the vault, or None when none ever was."""
        last = None
        for last in self.vault.entries(kind=EntryKind.SCOPE_APPLY):
            pass
        if last is None:
            return None
        evidence: dict[str, str] = {name: evidence_id for name, evidence_id in last.body["files"]}
        contents = {name: self.read_evidence(evidence_id) for name, evidence_id in evidence.items()}
        return AppliedScope(
            scope=read_scope(contents, reporting_zone=last.body["reporting_zone"]),
            settings=self.settings,
            evidence=evidence,
            entry_index=last.index,
            applied_at=last.at,
        )
