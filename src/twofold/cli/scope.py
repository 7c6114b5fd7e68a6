"""twofold scope plan | apply | export | memo: the scope files, before and when they take effect."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, progress, say, say_wrapped
from twofold.jobs.clock import actor, now
from twofold.jobs.new_files import require_new
from twofold.jobs.scope import apply_scope, export_scope, plan_scope
from twofold.jobs.scope_memo import scope_memo
from twofold.jobs.what_if.ask import ask
from twofold.jobs.what_if.states import Asked
from twofold.records.workspace import Workspace
from twofold.reports.pdf.scope_memo import scope_memo_pdf
from twofold.reports.what_if_pages import memo_markdown
from twofold.scope.plan import ScopePlan
from twofold.scope.plan_text import plan_dict, plan_text
from twofold.vault.blobs.written_file import write_new_file

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="Plan, apply or export the scope, or write its memo."
)
_HERE = Path()


@app.callback()
def _scope(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "plan",
    help="Show what applying the scope files would change. Writes nothing to the workspace. With --memo the line also "
    "runs on a copy, and the memo says what would come of it, as 'twofold what-if' does.\n\n"
    + example("twofold scope plan -w acme", "twofold scope plan --memo plan.md -w acme"),
)
def plan(
    memo: Annotated[
        Path | None, typer.Option(help="New file for a memo in Markdown, fit for a pull request.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show the plan, and write the memo where one is asked for."""
    if memo:
        require_new([memo])
        with Workspace.open(workspace) as opened:
            folder = opened.scope_folder
        found = ask(workspace, Asked(folder, ()), actor=actor(), at=now(), report=progress())
        write_new_file(memo, memo_markdown(found).encode())
        planned = found.plan
    else:
        with Workspace.open(workspace) as opened:
            planned = plan_scope(opened, at=now())
    if as_json:
        print_json(plan_dict(planned))
        return
    _print(planned)
    if memo:
        say(f"wrote {memo}")
    if planned.changes or planned.first:
        say('Next: twofold scope apply --reason "..."')


@app.command(
    "apply",
    help="Record the scope files as the scope in force, with person and reason.\n\n"
    + example('twofold scope apply -w acme --reason "billing went live"'),
)
def apply(
    reason: Annotated[str, typer.Option(help="Why the scope changes; goes into the log.")],
    second: Annotated[str | None, typer.Option(help="Person who approved the change; goes into the log.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Apply the files."""
    with Workspace.open(workspace) as opened:
        done = apply_scope(opened, reason=reason, actor=actor(), at=now(), second_person=second)
    if as_json:
        print_json(
            {
                "entry": done.entry_index,
                "plan": plan_dict(done.plan),
                "evidence": [str(e.evidence_id) for e in done.evidence],
            }
        )
        return
    _print(done.plan)
    say(f"Applied as entry {done.entry_index} of the log. Next: twofold capture, then twofold test.")


@app.command(
    "export",
    help="Write the scope in force as YAML files into a new folder.\n\n"
    + example("twofold scope export -w acme --into /tmp/scope"),
)
def export(
    into: Annotated[Path, typer.Option(help="New or empty folder.", file_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Export the scope."""
    with Workspace.open(workspace) as opened:
        files = export_scope(opened, into, actor=actor(), at=now())
    if as_json:
        print_json([str(file) for file in files])
    else:
        say("\n".join(f"wrote {file}" for file in files))


@app.command(
    "memo",
    help="Write the scope memo for the auditor as PDF (PDF/A and PDF/UA): systems, labels with days and reasons, what "
    "is left out, vendors, changes, sign-off lines, entry numbers and the root of the log. The same workspace gives "
    "the same bytes.\n\n"
    + example("twofold scope memo --pdf scope.pdf -w acme", "twofold scope memo --pdf a.pdf --engagement soc2 -w acme"),
)
def memo(
    pdf: Annotated[Path, typer.Option(help="New file for the memo.", dir_okay=False)],
    engagement: Annotated[str, typer.Option(help="Id of the engagement it is about; all when left out.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the memo."""
    require_new([pdf])
    with Workspace.open(workspace) as opened:
        content = scope_memo_pdf(scope_memo(opened, engagement=engagement))
    write_new_file(pdf, content)
    if as_json:
        print_json({"file": str(pdf), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
    else:
        say(f"wrote {pdf}")


def _print(planned: ScopePlan) -> None:
    for line in plan_text(planned).splitlines():
        text = line.lstrip()
        say_wrapped(text, indent=len(line) - len(text), hanging=4)
    say()
