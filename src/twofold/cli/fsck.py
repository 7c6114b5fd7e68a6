"""twofold fsck: check everything that a workspace has stored."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import ExitCode, JsonOption, WorkspaceOption, example, finish, print_json, say
from twofold.jobs.clock import now
from twofold.jobs.fsck import CheckedWorkspace, fsck_workspace
from twofold.vault.care.fault import Check

NAME = "fsck"
SHORT_HELP = "Check and repair what a workspace has stored."
HELP = (
    "Check everything that a workspace has stored: it builds root, tiles and indexes again from the entries, hashes "
    "every captured file, and compares database, log, bytes, locks, checkpoints and what was computed. Each fault "
    "says whether it is lost (a backup is needed), computed (a command makes it again), repairable, or extra (it does "
    "no harm).\n\n"
    "A log alone cannot show that its whole history was written anew. Give a checkpoint that was kept elsewhere: "
    "--checkpoint.\n\n"
    + example(
        "twofold fsck -w acme",
        "twofold fsck -w acme --checkpoint january.checkpoint",
        "twofold fsck -w acme --repair",
    )
)
_HERE = Path()
_SHOWN = 20


def command(
    workspace: WorkspaceOption = _HERE,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint of the log that was kept elsewhere.", dir_okay=False)
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what can be. Entries and captured bytes are never touched.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print each step; exit code 1 when something is lost, altered or left to be repaired."""
    checked = fsck_workspace(workspace, checkpoint=checkpoint, repairing=repair, at=now())
    if as_json:
        print_json(
            {"whole": checked.whole, "repaired": checked.repaired, "steps": [_as_json(each) for each in checked.checks]}
        )
    else:
        _say(checked, workspace)
    finish(ExitCode.OK if checked.whole else ExitCode.DIFFERENT)


def _as_json(check: Check) -> dict[str, object]:
    findings = [{"text": each.text, "standing": each.standing.value} for each in check.findings]
    return {"number": check.step, "title": check.title, "findings": findings, "notes": check.notes}


def _say(checked: CheckedWorkspace, workspace: Path) -> None:
    for sentence in checked.repaired:
        say(f"repaired: {sentence}")
    for check in checked.checks:
        say(f"{f'({check.step})':>4} {'ok     ' if check.passed else 'REFUSED'} {check.title}")
        for fault in check.findings[:_SHOWN]:
            say(f"      {fault.standing.value}: {fault.text}")
        if len(check.findings) > _SHOWN:
            say(f"      ... and {len(check.findings) - _SHOWN} more; all with --json")
        for note in check.notes[:_SHOWN]:
            say(f"      note: {note}")
    if any(fault.repair for check in checked.checks for fault in check.findings if not check.passed):
        say("Next: twofold fsck --repair puts right what is repairable.")
    say(f"{workspace}: {'whole' if checked.whole else 'not whole'}")
