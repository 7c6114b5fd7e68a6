"""Check a package or a workspace, in numbered steps. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twofold.jobs.cosign import read_vkey
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER, Workspace
from twofold.reports.under_check import Received
from twofold.reports.verify import StepState, verify_package
from twofold.vault.care.fsck import fsck
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import NoteError, read_note


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """One step of the check: its number, what it looks at, and what it found wrong. skipped: an earlier one failed."""

    number: int
    title: str
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class VerifiedThing:
    """A checked package or workspace. notes: worth knowing and no fault. unshown: what the check does not show."""

    steps: tuple[VerifiedStep, ...]
    notes: tuple[str, ...] = ()
    unshown: tuple[str, ...] = ()


def verify(path: Path, *, keys: Sequence[str] = (), checkpoint: Path | None = None) -> VerifiedThing:
    """Check the package (folder or zip) or the workspace at `path`; raises UserError when it is neither.

    keys: verifier keys, or files that hold one, and checkpoint: a file, as received apart from a package.
    """
    if path.is_file() or (path / "bagit.txt").is_file():
        received = Received(tuple(map(_key, keys)), _checkpoint(checkpoint) if checkpoint else "")
        found = verify_package(path, received)
        steps = (
            VerifiedStep(step.number, step.title, step.faults, skipped=step.state is StepState.NOT_CHECKED)
            for step in found.steps
        )
        return VerifiedThing(tuple(steps), found.notes, found.unshown)
    if (path / INNER / "vault").is_dir():
        if keys or checkpoint:
            found_text, expected = "a workspace is not checked against a key or checkpoint here", "a package"
            raise UserError(Problem(str(path), found_text, expected, "use 'twofold fsck --checkpoint'"))
        with Workspace.open(path) as workspace:
            checks = fsck(workspace.vault)
        return VerifiedThing(tuple(VerifiedStep(each.step, each.title, each.faults, each.remarks) for each in checks))
    raise UserError(
        Problem(
            str(path),
            "it is neither a workspace nor an audit package",
            "a folder with bagit.txt, its zip, or a workspace",
            "check the path",
        )
    )


def _key(given: str) -> str:
    """Return the verifier key that is given, or that the file of this name holds; raises UserError."""
    return read_vkey(given, where="--key").vkey


def _checkpoint(path: Path) -> str:
    """Return the text of a checkpoint that was received; raises UserError when the file holds none."""
    try:
        text = read_note(path.read_bytes())
        Checkpoint.parse(text.rpartition("\n\n")[0] + "\n" if "\n\n" in text else text)
    except (OSError, ValueError, NoteError) as error:
        found = f"cannot be read ({error.strerror})" if isinstance(error, OSError) else str(error)
        expected = "a checkpoint: origin, size and root, with or without signatures"
        raise UserError(Problem(str(path), found, expected, "check the file")) from error
    return text
