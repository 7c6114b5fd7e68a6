"""twofold log show | export | prove | check: the log page by page, as static files, and one entry of it."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from twofold.cli.ask import ask_passphrase
from twofold.cli.output import ExitCode, JsonOption, WorkspaceOption, complain, example, finish, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.log_export import log_page, publish_log
from twofold.jobs.log_proof import NotProvenError, ProvenEntry, check_entry_proof, prove_entry
from twofold.jobs.signing_key import signing_key
from twofold.records.workspace import Workspace
from twofold.vault.entry import Entry, EntryKind, instant_text

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="Show the log, publish it, or prove one entry of it."
)
_HERE = Path()
_SUBJECTS = ("name", "item", "request", "engagement", "engagements", "control_test", "table", "hold", "reason", "size")
"""Fields of bodies that say what an entry is about, the most telling first."""


@app.callback()
def _log(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "show",
    help="List entries of the log, a page at a time, in the order they were recorded.\n\n"
    + example("twofold log show -w acme --kind capture --limit 50", "twofold log show -w acme --after 49 --json"),
)
def show(
    workspace: WorkspaceOption = _HERE,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind, such as capture.")] = None,
    after: Annotated[int, typer.Option(help="Begin after this entry.", min=-1)] = -1,
    limit: Annotated[int, typer.Option(help="Entries on a page.", min=1, max=1_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """Print one page."""
    with Workspace.open(workspace) as opened:
        page = list(log_page(opened, kind=kind, after=after, limit=limit))
    if as_json:
        print_json([orjson.loads(entry.raw) for entry in page])
        return
    for entry in page:
        when, what = f"{instant_text(entry.at)[:19]}Z", _subject(entry)
        say(f"{entry.index:>8}  {when}  {entry.kind:<16}  {entry.actor:<20}  {what}".rstrip())
    if not page:
        say("No entry" + (f" of kind {kind}" if kind else "") + (f" after entry {after}" if after >= 0 else ""))
    if len(page) == limit:
        say(f"More: --after {page[-1].index}")


@app.command(
    "export",
    help="Sign a checkpoint and write the log as static files in the form of C2SP tlog-tiles. In a folder that was "
    "exported to before, only what is new is written. The files hold every entry in full.\n\n"
    + example("twofold log export -w acme --into public/log"),
)
def export(
    into: Annotated[Path, typer.Option(help="Folder of an earlier export, or a new one.", file_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the files."""
    with Workspace.open(workspace) as opened:
        key = signing_key(opened, ask=ask_passphrase)
        done = publish_log(opened, key, into=into, actor=actor(), at=now())
    if as_json:
        print_json({"folder": str(into), "size": done.size, "earlier_size": done.earlier_size, "files": done.files})
        return
    say(f"{into} holds {done.size:,} entries, {done.size - done.earlier_size:,} of them new ({done.files:,} files).")


@app.command(
    "prove",
    help="Prove one record to somebody who has nothing else of the log: write the entry, its inclusion proof and a "
    "signed checkpoint to one file, in the form of C2SP tlog-proof.\n\n"
    + example("twofold log prove ev-12 -w acme --into ev-12.tlog-proof"),
)
def prove(
    record: Annotated[str, typer.Argument(help="Evidence id, or index of an entry.")],
    into: Annotated[Path, typer.Option(help="New file, to be sent.", dir_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the proof."""
    with Workspace.open(workspace) as opened:
        key = signing_key(opened, ask=ask_passphrase)
        proven = prove_entry(opened, key, record, into=into, actor=actor(), at=now())
    _print_proven(proven, as_json=as_json)
    if not as_json:
        say(f"Written: {into}. Whoever has the log's key checks it: twofold log check {into.name} --key FILE")


@app.command(
    "check",
    help="Check a proof file: needs no workspace and no network, only the log's key, received by another way.\n\n"
    + example("twofold log check ev-12.tlog-proof --key acme.vkey --evidence roster.csv"),
)
def check(
    file: Annotated[Path, typer.Argument(help="The proof.", dir_okay=False)],
    key: Annotated[str, typer.Option(help="The log's verifier key, or a file with it.")],
    evidence: Annotated[Path | None, typer.Option(help="The captured file, to be compared.", dir_okay=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Check it and print what it proves."""
    try:
        proven = check_entry_proof(file, key=key, evidence=evidence)
    except NotProvenError as error:
        complain(f"not proven\n{error}")
        finish(ExitCode.DIFFERENT)
        return
    _print_proven(proven, as_json=as_json)
    if evidence is not None and not as_json:
        say(f"{evidence} has the bytes that were captured.")


def _subject(entry: Entry) -> str:
    """Say in a few words what an entry is about: the first of its fields that names something."""
    told = next((entry.body[name] for name in _SUBJECTS if entry.body.get(name)), "")
    found = ", ".join(map(str, told)) if isinstance(told, list) else str(told)
    return f"ev-{entry.index} {found}" if entry.kind == EntryKind.CAPTURE else found


def _print_proven(proven: ProvenEntry, *, as_json: bool) -> None:
    entry, checkpoint = proven.entry, proven.checkpoint
    if as_json:
        print_json(
            {
                "entry": orjson.loads(entry.raw),
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
            }
        )
        return
    say(f"Entry {entry.index} of {checkpoint.origin}, a {entry.kind} by {entry.actor} at {instant_text(entry.at)},")
    say(f"is among the first {checkpoint.size:,} entries, whose root is {checkpoint.root.hex()}.")
    if entry.kind == EntryKind.CAPTURE:
        say(f"It captured {entry.body['name']}, {entry.body['size']:,} bytes, SHA-256 {entry.body['sha256']}.")
