"""twofold witness key | cosign (the auditor) and accept | proof (the company)."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.ask import ask_new_passphrase, ask_passphrase
from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.cosign import Earlier, cosign_file, make_witness_key
from twofold.jobs.witness import Phase, accept_cosignature, write_proof
from twofold.records.workspace import Workspace

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Let an auditor cosign checkpoints. The auditor's side (key, cosign) needs no workspace and no network.",
)
_HERE = Path()


@app.callback()
def _witness(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "key",
    help="Auditor: make a key of your own, on your own machine. Give the company the line that is printed.\n\n"
    + example("twofold witness key --name auditor.example/ana --into witness.pem"),
)
def key(
    name: Annotated[str, typer.Option(help="Name of the key: your firm and you, without spaces.")],
    into: Annotated[Path, typer.Option(help="New file for the key, encrypted.", dir_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Make the key and print its public half."""
    vkey = make_witness_key(into, name=name, ask=ask_new_passphrase)
    if as_json:
        print_json({"file": str(into), "vkey": vkey})
        return
    say(f"Key written to {into}. Keep it, and a copy elsewhere. Give this line to the company:")
    say(vkey)


@app.command(
    "cosign",
    help="Auditor: check a checkpoint that the company sent, and cosign it. Nothing before it can then be changed "
    "without your key. From the second time on a proof is needed that the log only grew.\n\n"
    + example(
        "twofold witness cosign start.checkpoint --key witness.pem --company-key acme.vkey --into start.cosigned",
        "twofold witness cosign end.checkpoint --key witness.pem --company-key acme.vkey \\\n"
        "  --previous start.cosigned --proof growth.proof --into end.cosigned",
    ),
)
def cosign(
    file: Annotated[Path, typer.Argument(help="The checkpoint.", dir_okay=False)],
    key: Annotated[Path, typer.Option(help="File of your witness key.", dir_okay=False)],
    company_key: Annotated[
        str, typer.Option(help="The company's verifier key, or a file with it, received apart from the checkpoint.")
    ],
    into: Annotated[Path, typer.Option(help="New file for the cosigned checkpoint, to be sent back.", dir_okay=False)],
    previous: Annotated[
        Path | None, typer.Option(help="The checkpoint that you cosigned before, where it is not beside your key.")
    ] = None,
    proof: Annotated[Path | None, typer.Option(help="The company's proof that the log only grew since then.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check, cosign, and say what was attested."""
    done = cosign_file(
        file,
        key_file=key,
        company_key=company_key,
        earlier=Earlier(previous, proof),
        into=into,
        at=now(),
        ask=ask_passphrase,
    )
    checkpoint = done.checkpoint
    if as_json:
        print_json(
            {
                "file": str(into),
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "witness": done.witness,
                "cosigned_at": done.at.isoformat(),
                "after_size": done.after,
            }
        )
        return
    say(f"Cosigned: {checkpoint.origin} with {checkpoint.size:,} entries, root {checkpoint.root.hex()}")
    say(f"At:       {done.at.isoformat()}")
    grown = "the first one that you cosigned" if done.after is None else f"grown from {done.after:,} entries, proven"
    say(f"Log:      {grown}")
    say(f"File:     {into}; send it back to the company, and keep a copy")


@app.command(
    "accept",
    help="Company: check and keep a cosigned checkpoint that the auditor sent back; the log records it.\n\n"
    + example(
        "twofold witness accept start.cosigned -w acme --engagement soc2-2026 --phase start --witness-key auditor.vkey"
    ),
)
def accept(
    file: Annotated[Path, typer.Argument(help="The cosigned checkpoint.", dir_okay=False)],
    engagement: Annotated[str, typer.Option(help="Id of the engagement.")],
    phase: Annotated[Phase, typer.Option(help="Whether fieldwork starts or ends.")],
    witness_key: Annotated[
        str | None,
        typer.Option(help="The auditor's verifier key, or a file with it; needed once for each engagement."),
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Accept the cosignature."""
    with Workspace.open(workspace) as opened:
        done = accept_cosignature(
            opened, file, engagement=engagement, phase=phase, witness_key=witness_key, actor=actor(), at=now()
        )
    if as_json:
        print_json(
            {
                "witness": done.witness,
                "size": done.size,
                "cosigned_at": done.cosigned_at.isoformat(),
                "entry": done.entry_index,
            }
        )
        return
    say(f"Accepted, as entry {done.entry_index} of the log: {done.size:,} entries, seen {done.cosigned_at.isoformat()}")
    say(f"Witness: {done.witness}")


@app.command(
    "proof",
    help="Company: write the proof that the log of one size begins with that of a smaller size.\n\n"
    + example("twofold witness proof -w acme --from 120 --to 480 --into growth.proof"),
)
def proof(
    old_size: Annotated[int, typer.Option("--from", help="Size of the earlier checkpoint: its second line.")],
    size: Annotated[int, typer.Option("--to", help="Size of the later checkpoint.")],
    into: Annotated[Path, typer.Option(help="New file, to be sent.", dir_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the proof."""
    with Workspace.open(workspace) as opened:
        hashes = write_proof(opened, old_size=old_size, size=size, into=into)
    if as_json:
        print_json({"file": str(into), "from": old_size, "to": size, "hashes": hashes})
        return
    say(f"Written: {into}, {hashes} hashes from {old_size:,} to {size:,} entries")
