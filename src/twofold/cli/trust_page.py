"""twofold trust-page claim | list | build | document | grant | copy | revoke | log."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_wrapped
from twofold.engagement.questionnaire.library import Level
from twofold.engagement.trust_page.claims import Claim, ClaimToday
from twofold.engagement.trust_page.grants import Access, Grant
from twofold.jobs import trust_page as jobs
from twofold.jobs.clock import actor, now
from twofold.jobs.trust_page_tables import trust_tables
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.reports.trust_page import PAGE_FILE

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Publish what is shown by evidence, and give out documents under an agreement.",
)
_HERE = Path()
_DAY = ["%Y-%m-%d"]
_GRANT = Annotated[str, typer.Argument(metavar="{grant}", help="Id of the grant, such as soc2-report-1.")]
_DOCUMENT = Annotated[str, typer.Argument(metavar="{document}", help="Id of the document, such as soc2-report.")]


@app.callback()
def _trust_page(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "claim",
    help="Make a claim, in place of the one with this id; it stands on the page while what it rests on bears it.\n\n"
    + example(
        'twofold trust-page claim mfa --heading "Access" --source control:AC-06@soc2-2026 --level public \\\n'
        '--text "All staff sign in with a second factor." -w acme'
    ),
)
def claim(  # noqa: PLR0913, PLR0917  the options of the command
    name: Annotated[str, typer.Argument(metavar="{claim}", help="Id of the claim.")],
    text: Annotated[str, typer.Option(help="The claim: what is done, and no more.")],
    source: Annotated[
        list[str],
        typer.Option(help="What it rests on: control:ID[@ENGAGEMENT], evidence:ID, policy:ID[/LINE], scope:PLACE."),
    ],
    heading: Annotated[str, typer.Option(help="Heading that it stands under.")] = "",
    level: Annotated[Level, typer.Option(help="Who may read it; only public ones stand on the page.")] = Level.INTERNAL,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day on which it holds.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Make a claim."""
    made = Claim(name, heading, text.strip(), level, tuple(sorted(set(source))), ends_before=_after(until))
    with Workspace.open(workspace) as opened:
        found, evidence = jobs.make_claim(opened, made, actor=actor(), at=now())
    if as_json:
        print_json({**_claim_json(found), "evidence": evidence})
        return
    _say_claim(found)
    say(f"Recorded as {evidence}.")


@app.command(
    "list",
    help="List claims with what speaks against them, documents, and grants.\n\n"
    + example("twofold trust-page list -w acme"),
)
def list_all(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List what there is."""
    with Workspace.open(workspace) as opened:
        claims, tables = jobs.claims_today(opened, at=now()), trust_tables(opened)
    if as_json:
        documents, grants = list(tables.documents.values()), list(tables.grants.values())
        print_json({"claims": [_claim_json(each) for each in claims], "documents": documents, "grants": grants})
        return
    for each in claims:
        _say_claim(each)
    for document in tables.documents.values():
        ends = f", until {_last_day(document.ends_before)}" if document.ends_before else ""
        say_wrapped(
            f"document {document.document_id}: {document.title}, {document.evidence}{ends}", indent=0, hanging=2
        )
    for grant in tables.grants.values():
        _say_grant(grant)
    standing = sum(each.said is not None for each in claims)
    say(f"{counted(len(claims), 'claim')}, {standing} on the page; {counted(len(tables.grants), 'grant')}")


@app.command(
    "build",
    help="Write the page into a folder: only public claims that hold today, each with its day and its basis.\n\n"
    + example("twofold trust-page build --into trust-page -w acme"),
)
def build(
    into: Annotated[Path, typer.Option(help="Folder to write to.", file_okay=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Replace an earlier page there.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Build the page."""
    with Workspace.open(workspace) as opened:
        done = jobs.build_page(opened, into=into, replacing=replace, actor=actor(), at=now())
    if as_json:
        claims = [_claim_json(each) for each in done.claims]
        print_json({"folder": str(done.folder), "claims": claims, "evidence": done.evidence, "note": NOT_AN_OPINION})
        return
    for each in done.claims:
        _say_claim(each)
    standing = sum(each.said is not None for each in done.claims)
    say(f"{standing} of {counted(len(done.claims), 'claim')} on {done.folder / PAGE_FILE}, kept as {done.evidence}.")
    if ends := min((each.until for each in done.claims if each.said and each.until), default=None):
        say(f"Build it anew by {ends}: then the first claim ends.")
    say(NOT_AN_OPINION)


@app.command(
    "document",
    help="Keep a document that is given out under an agreement.\n\n"
    + example('twofold trust-page document soc2-report report.pdf --title "SOC 2 Type 2 report 2026" -w acme'),
)
def document(
    name: _DOCUMENT,
    file: Annotated[Path, typer.Argument(help="The file.")],
    title: Annotated[str, typer.Option(help="Title, as it stands on the page.")],
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day on which it is given out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Keep a document."""
    with Workspace.open(workspace) as opened:
        kept = jobs.offer_document(opened, name, file, title=title, ends_before=_after(until), actor=actor(), at=now())
    if as_json:
        print_json(kept)
        return
    say(f"{kept.document_id}: {kept.title}, kept as {kept.evidence}, SHA-256 {kept.sha256}")


@app.command(
    "grant",
    help="Let a person have a document up to a day, under a signed agreement.\n\n"
    + example(
        'twofold trust-page grant soc2-report --person "Kim Park" --company "Globex Bank" \\\n'
        "--agreement nda-globex.pdf --until 2026-12-31 -w acme"
    ),
)
def grant(
    name: _DOCUMENT,
    person: Annotated[str, typer.Option(help="Who may have it.")],
    company: Annotated[str, typer.Option(help="Of which company.")],
    agreement: Annotated[str, typer.Option(help="The signed file, or the id of evidence that holds it.")],
    until: Annotated[datetime, typer.Option(formats=_DAY, help="Last day.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Let a person have a document."""
    with Workspace.open(workspace) as opened:
        made = jobs.grant_document(
            opened,
            name,
            person=person,
            company=company,
            agreement=agreement,
            last_day=until.date(),
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(made)
        return
    _say_grant(made)
    say(f"Next: twofold trust-page copy {made.grant_id} --into {made.grant_id}.zip")


@app.command(
    "copy",
    help="Write the copy for the person of a grant, and log it. Its manifest makes it the only one of its kind.\n\n"
    + example("twofold trust-page copy soc2-report-1 --into for-kim-park.zip -w acme"),
)
def copy(
    name: _GRANT,
    into: Annotated[Path, typer.Option(help="Zip file to write; it must not be there yet.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Hand out a copy."""
    with Workspace.open(workspace) as opened:
        done = jobs.hand_out(opened, name, into=into, actor=actor(), at=now())
    if as_json:
        print_json({"file": str(done.file), "access": done.access, "evidence": done.evidence})
        return
    _say_access(done.access)
    say(f"Written to {done.file}, logged as {', '.join(done.evidence)}.")


@app.command(
    "revoke",
    help="End a grant before its day; copies that were handed out stay in the log.\n\n"
    + example('twofold trust-page revoke soc2-report-1 --reason "deal lost" -w acme'),
)
def revoke(
    name: _GRANT,
    reason: Annotated[str, typer.Option(help="Why; goes into the evidence.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """End a grant."""
    with Workspace.open(workspace) as opened:
        done = jobs.revoke_grant(opened, name, reason=reason, actor=actor(), at=now())
    if as_json:
        print_json(done)
        return
    _say_grant(done)


@app.command(
    "log",
    help="Show who got which document when, and the hash of each copy's manifest.\n\n"
    + example("twofold trust-page log -w acme"),
)
def log(
    only: Annotated[str | None, typer.Option("--document", help="Only of this document.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show the log of copies."""
    with Workspace.open(workspace) as opened:
        found = [each for each in trust_tables(opened).accesses if only in {None, each.document}]
    if as_json:
        print_json(found)
        return
    for each in found:
        _say_access(each)
    say("1 copy" if len(found) == 1 else f"{len(found):,} copies")


def _after(last_day: datetime | None) -> date | None:
    return last_day.date() + timedelta(days=1) if last_day else None


def _last_day(ends_before: date) -> date:
    return ends_before - timedelta(days=1)


def _claim_json(found: ClaimToday) -> dict[str, Any]:
    return {**asdict(found), "on_page": found.said is not None}


def _say_claim(found: ClaimToday) -> None:
    held = found.claim
    until = f", holds to {found.until}" if found.until else ""
    state = "on the page" if found.said else "not on the page"
    say_wrapped(f"{held.claim_id}  {state}  {held.text}", indent=0, hanging=2)
    say_wrapped(f"{held.level}, rests on {', '.join(held.sources)}, as of {found.as_of}{until}", indent=4, hanging=2)
    for reason in found.reasons:
        say_wrapped(reason, indent=4, hanging=2)


def _say_grant(grant: Grant) -> None:
    ends = f"revoked: {grant.reason}" if grant.revoked_at else f"until {_last_day(grant.ends_before)}"
    said = f"{grant.grant_id}: {grant.person} of {grant.company} may have {grant.document}, {ends}"
    say_wrapped(f"{said}; agreement {grant.agreement}, by {grant.granted_by}", indent=0, hanging=2)


def _say_access(access: Access) -> None:
    who = f"{access.person} of {access.company} got {access.document} by {access.handed_by}"
    when = f"{access.handed_at:%Y-%m-%d %H:%M} UTC"
    say_wrapped(f"{when}  {who}, grant {access.grant}, manifest {access.manifest_hash}", indent=0, hanging=2)
