"""twofold request-lists import | show | pairs | confirm | reject | decide | merged."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli import request_lists_text as text
from twofold.cli.output import (
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    print_json,
    say,
    say_wrapped,
)
from twofold.jobs.clock import actor, now
from twofold.jobs.new_files import require_new
from twofold.jobs.request_lists.deciding import PairDecision, decide_pairs, pairs_text, read_decisions
from twofold.jobs.request_lists.exporting import write_merged
from twofold.jobs.request_lists.importing import ImportedList, ListOptions, import_list, read_file
from twofold.jobs.request_lists.standing import (
    NOT_SAME,
    SAME,
    StandingLists,
    merged_list,
    proposed_pairs,
    standing_lists,
)
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.readiness.near_duplicates.list_columns import ListRole
from twofold.readiness.near_duplicates.scorer import shipped_scorer
from twofold.records.workspace import Workspace
from twofold.vault.blobs.written_file import write_new_file

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Take in the request lists of several auditors, and find which requests one piece of evidence serves.",
)
_HERE = Path()
_PLACE = "A request, such as soc2-2026/SOC-012."
_Reason = Annotated[str, typer.Option(help="Why; goes into the evidence.")]


@app.callback()
def _lists(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "import",
    help="Take in a list from a CSV file or a workbook. Which column holds what is found and shown; --column says "
    "otherwise, --try only shows. A newer file of the same list replaces its lines. Formulas are never evaluated: the "
    "value that the sender's program stored is read.\n\n"
    + example(
        "twofold request-lists import soc2.xlsx --list soc2-2026 --engagement soc2-2026 -w acme",
        "twofold request-lists import pbc.csv --list sox-fy2026 --column text=C --column id=none --try -w acme",
    ),
)
def import_one(  # noqa: PLR0913, PLR0917  what a person can say of a file
    file: Annotated[Path, typer.Argument(help="The list, .csv or .xlsx.", dir_okay=False)],
    list_id: Annotated[str, typer.Option("--list", metavar="ID", help="Short id of the list.")],
    engagement: Annotated[str, typer.Option(help="Engagement that it belongs to.")] = "",
    title: Annotated[str, typer.Option(help="What people call it. Default: the name of the file.")] = "",
    sheet: Annotated[str | None, typer.Option(help="Sheet of the workbook.")] = None,
    header_row: Annotated[int | None, typer.Option(min=0, help="Row of the header; 0 = none.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=COLUMN",
            help="text, id, due, owner, system or period, and its column by letters, number or header; none for none.",
        ),
    ] = None,
    only_try: Annotated[bool, typer.Option("--try", help="Only show how the file is read.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in a list."""
    options = ListOptions(sheet, header_row, _columns(column or []))
    done: ImportedList | None = None
    if only_try:
        _, read, formulas = read_file(file, list_id=list_id, options=options)
    else:
        with Workspace.open(workspace) as opened:
            done = import_list(
                opened,
                file,
                list_id=list_id,
                options=options,
                title=title,
                engagement=engagement,
                actor=actor(),
                at=now(),
            )
        read, formulas = done.read, done.formulas
    if as_json:
        withdrawn = done.withdrawn if done else ()
        print_json(
            {**text.read_json(read, formulas), "evidence": done.evidence if done else (), "withdrawn": withdrawn}
        )
        return
    text.say_read(read, formulas)
    if done is None:
        say("Nothing was taken in. Run it again without --try.")
        return
    if done.withdrawn:
        say_wrapped(f"No longer in the list, and kept as withdrawn: {', '.join(done.withdrawn)}.", indent=0, hanging=2)
    say(f"Taken in as {list_id}: {', '.join(done.evidence)}. Next: twofold request-lists pairs")


@app.command(
    "show",
    help="Show the lists, or the requests of one with the evidence that seems to answer each.\n\n"
    + example("twofold request-lists show -w acme", "twofold request-lists show --list sox-fy2026 -w acme"),
)
def show(
    list_id: Annotated[str | None, typer.Option("--list", metavar="ID", help="Only this list, line by line.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show lists."""
    with Workspace.open(workspace) as opened:
        standing = standing_lists(opened)
        _check_list(standing, list_id)
        requests = [each for each in merged_list(opened) if any(x.list_id == list_id for x in each.lines)]
    if as_json:
        lists = [
            {"id": each["id"], "title": each["title"], "engagement": each["engagement"]} for each in standing.lists
        ]
        print_json({"lists": lists, "requests": [text.merged_json(each) for each in requests]})
        return
    for each in standing.lists:
        if list_id in {None, each["id"]}:
            count = counted(len(standing.of(str(each["id"]))), "request")
            say(f"{each['id']}: {each['title']}, {count}, received {str(each['received_at'])[:10]}")
    for request in requests:
        text.say_request(request)
    if not standing.lists:
        say("No list was taken in. Next: twofold request-lists import FILE --list ID")


@app.command(
    "pairs",
    help="Propose pairs of requests that ask for the same evidence, with a score and the reasons. A person decides.\n\n"
    + example(
        "twofold request-lists pairs -w acme",
        "twofold request-lists pairs --all --into pairs.csv -w acme",
    ),
)
def pairs(
    everything: Annotated[bool, typer.Option("--all", help="Those that were decided on too.")] = False,
    into: Annotated[
        Path | None, typer.Option(help="Write them to this CSV file, for the decisions.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Propose pairs."""
    if into is not None:
        require_new([into])
    with Workspace.open(workspace) as opened:
        standing = standing_lists(opened)
        found = [
            each for each in proposed_pairs(opened, standing) if everything or not text.decision_on(standing, each)
        ]
    if into is not None:
        write_new_file(into, pairs_text(standing, found).encode())
    if as_json:
        print_json([text.pair_json(standing, each) for each in found])
        return
    for each in found:
        text.say_pair(standing, each)
    say(counted(len(found), "pair") + " proposed" + ("" if everything else ", none of them decided on"))
    if into is not None:
        say(f"Written to {into}. Fill in the column decision, then: twofold request-lists decide --file {into}")
    say(f"Scores come from the words alone, and are proposed from {shipped_scorer().propose_from} on. {NOT_AN_OPINION}")


@app.command(
    "confirm",
    help="Say that two requests ask for the same evidence.\n\n"
    + example("twofold request-lists confirm soc2-2026/SOC-012 sox-fy2026/A.15 -w acme"),
)
def confirm(
    first: Annotated[str, typer.Argument(help=_PLACE)],
    second: Annotated[str, typer.Argument(help=_PLACE)],
    reason: _Reason = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Confirm a pair."""
    _decide(workspace, [PairDecision(first, second, SAME, reason, "REQUEST")], as_json=as_json)


@app.command(
    "reject",
    help="Say that two requests ask for different evidence.\n\n"
    + example('twofold request-lists reject soc2-2026/SOC-040 sox-fy2026/G.07 --reason "another committee" -w acme'),
)
def reject(
    first: Annotated[str, typer.Argument(help=_PLACE)],
    second: Annotated[str, typer.Argument(help=_PLACE)],
    reason: _Reason = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Reject a pair."""
    _decide(workspace, [PairDecision(first, second, NOT_SAME, reason, "REQUEST")], as_json=as_json)


@app.command(
    "decide",
    help="Take in decisions from a file that `pairs --into` wrote: same or not_same in the column decision.\n\n"
    + example("twofold request-lists decide --file pairs.csv -w acme"),
)
def decide(
    file: Annotated[Path, typer.Option(help="The CSV file.", dir_okay=False)],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in decisions."""
    _decide(workspace, read_decisions(file), as_json=as_json)


@app.command(
    "merged",
    help="Show one list out of all: what people confirmed stands together once, with the requests that it serves.\n\n"
    + example("twofold request-lists merged -w acme", "twofold request-lists merged --into merged.xlsx -w acme"),
)
def merged(
    into: Annotated[Path | None, typer.Option(help="Write it to this new file, .csv or .xlsx.", dir_okay=False)] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show the merged list."""
    with Workspace.open(workspace) as opened:
        requests = merged_list(opened)
    if into is not None:
        write_merged(requests, into)
    lines = sum(len(each.lines) for each in requests)
    shared = [each for each in requests if each.shared]
    if as_json:
        print_json({"requests": [text.merged_json(each) for each in requests], "lines": lines, "shared": len(shared)})
        return
    for each in shared if into is not None else requests:
        text.say_request(each)
    say(
        f"{counted(lines, 'request')} of the auditors become {len(requests):,}; {len(shared):,} of "
        "them serve several lists."
    )
    if into is not None:
        say(f"Written to {into}.")
    say(f"Evidence in brackets is of the kind asked for; look whether it answers the request. {NOT_AN_OPINION}")


def _decide(workspace: Path, decisions: list[PairDecision], *, as_json: bool) -> None:
    with Workspace.open(workspace) as opened:
        evidence: tuple[EvidenceId, ...] = decide_pairs(opened, decisions, actor=actor(), at=now())
    if as_json:
        print_json({"decisions": len(decisions), "evidence": evidence})
        return
    same = sum(each.decision == SAME for each in decisions)
    say(f"{same} same, {len(decisions) - same} not the same; captured as {', '.join(evidence)}.")
    say("Next: twofold request-lists merged")


def _columns(said: list[str]) -> dict[ListRole, str]:
    found: dict[ListRole, str] = {}
    problems = []
    known = ", ".join(ListRole)
    for each in said:
        role, separator, column = each.partition("=")
        if not separator or role not in set(ListRole) or not column.strip():
            problems.append(Problem("--column", f"{each!r}", f"ROLE=COLUMN with one of {known}", "such as text=C"))
        else:
            found[ListRole(role)] = column.strip()
    if problems:
        raise UserError(problems)
    return found


def _check_list(standing: StandingLists, wanted: str | None) -> None:
    known = [str(each["id"]) for each in standing.lists]
    if wanted is not None and wanted not in known:
        raise UserError(Problem("--list", f"there is no list {wanted!r}", "one of " + (", ".join(known) or "(none)")))
