"""twofold key show | export | rotate: the key that signs checkpoints and packages."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.ask import ask_passphrase
from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.passphrase import passphrase_in
from twofold.jobs.signing_key import export_key, rotate_key, show_key
from twofold.records.workspace import Workspace

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, help="Show, export or rotate the signing key.")
_HERE = Path()


@app.callback()
def _key(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "show",
    help="Show the public key that signs now, and the ones before it. No passphrase is needed.\n\n"
    + example("twofold key show -w acme"),
)
def show(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show the keys."""
    with Workspace.open(workspace) as opened:
        shown = show_key(opened)
    if as_json:
        terms = [{"vkey": vkey, "from_size": size} for vkey, size in shown.terms]
        print_json({"current": shown.current, "kept_in": shown.kept_in, "terms": terms})
        return
    say(f"Kept in {shown.kept_in}")
    for vkey, size in shown.terms:
        say(f"  signs checkpoints from {size:,} {'entry' if size == 1 else 'entries'} on: {vkey}")


@app.command(
    "export",
    help="Write the public key for auditors: a verifier key, and beside it a file of allowed signers for ssh-keygen. "
    "Send it by another way than packages and checkpoints.\n\n"
    + example("twofold key export -w acme --into acme.vkey"),
)
def export(
    into: Annotated[Path, typer.Option(help="New file for the verifier key.", dir_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Export the public key."""
    with Workspace.open(workspace) as opened:
        files = export_key(opened, into)
    if as_json:
        print_json([str(file) for file in files])
        return
    for file in files:
        say(f"Written: {file}")


@app.command(
    "rotate",
    help="Replace the signing key by a new one. The log records it, signed by the old key.\n\n"
    + example("twofold key rotate -w acme", "twofold key rotate -w acme --new-passphrase-file /run/secrets/new"),
)
def rotate(
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(help="File with the passphrase of the new key in its first line; else it stays.", dir_okay=False),
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Rotate the key."""
    passphrase = None if new_passphrase_file is None else passphrase_in(new_passphrase_file)
    with Workspace.open(workspace) as opened:
        done = rotate_key(opened, actor=actor(), at=now(), ask=ask_passphrase, new_passphrase=passphrase)
    if as_json:
        print_json({"old": done.old, "new": done.new, "entry": done.entry_index})
        return
    say(f"Rotated, as entry {done.entry_index} of the log.")
    say(f"  old: {done.old}")
    say(f"  new: {done.new}")
    say("Next: twofold key export, and give the new key to your auditors. Then make a backup of the key.")
