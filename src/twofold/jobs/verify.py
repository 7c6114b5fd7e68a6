"""Check a package or a workspace, in numbered steps. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER
from twofold.reports.verify import verify_package
from twofold.vault.store import Vault
from twofold.vault.verify import verify_vault


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """One step of the check: its number, what it looks at, and what it found wrong."""

    number: int
    title: str
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def verify(path: Path) -> Sequence[VerifiedStep]:
    """Check the package (folder or zip) or the workspace at `path`; raises UserError when it is neither."""
    if (path / INNER / "vault").is_dir():
        with Vault.open(path / INNER / "vault") as vault:
            return [VerifiedStep(check.step, check.title, check.faults, check.notes) for check in verify_vault(vault)]
    if path.is_file() or (path / "bagit.txt").is_file():
        return [VerifiedStep(step.number, step.title, step.faults) for step in verify_package(path)]
    raise UserError(
        Problem(
            str(path),
            "it is neither a workspace nor an audit package",
            "a folder with bagit.txt, its zip, or a workspace",
            "check the path",
        )
    )
