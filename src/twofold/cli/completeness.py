"""twofold completeness list | show | sign: whether a population is all of it (IPE)."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_table, say_wrapped
from twofold.jobs.clock import actor, now
from twofold.jobs.completeness import (
    CompletenessConclusion,
    PopulationRecord,
    population_record,
    population_records,
    sign_completeness,
)
from twofold.records.workspace import Workspace
from twofold.reports.completeness_text import EXTRACTION_FIELDS, check_rows, extraction_rows

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Read and sign the completeness and accuracy records of the populations (IPE).",
)
_HERE = Path()
_POPULATION = Annotated[str, typer.Argument(help="Name of the population, such as change_item.")]


@app.callback()
def _completeness(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command("list", help="List the populations with their records.\n\n" + example("twofold completeness list -w acme"))
def list_records(workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """List the records."""
    with Workspace.open(workspace) as opened:
        found = population_records(opened)
    if as_json:
        print_json([_summary(each) for each in found])
        return
    table = Table("population", "items", "checks", "signed by", "control tests")
    for each in found:
        tests = ", ".join(f"{test} (another record)" if test in each.differing else test for test in each.control_tests)
        table.add_row(each.population, f"{each.items:,}", each.conclusion, _signer(each) or "-", tests)
    say_table(table)
    say(counted(len(found), "population"))


@app.command(
    "show",
    help="Show what was asked, by whom, what came back, and every check.\n\n"
    + example("twofold completeness show change_item -w acme"),
)
def show(population: _POPULATION, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show one record."""
    with Workspace.open(workspace) as opened:
        found = population_record(opened, population)
    if as_json:
        print_json({**_summary(found), "record": found.body})
        return
    say(f"{found.population}: {found.title}, {counted(found.items, 'item')}")
    say_wrapped(f"Second source: {found.body['second_source']}.", indent=0)
    if found.differing:
        text = f"The newest run of {', '.join(found.differing)} rests on another record: run 'twofold test'."
        say_wrapped(text, indent=0)
    say(f"Checks: {found.conclusion}. Signed by: {_signer(found) or 'nobody yet'}. Record sha256 {found.sha256}")
    say()
    for title, result, seen, expected, details in check_rows(found.body):
        say_wrapped(f"{result:<5} {title}. Found: {seen}. Complete would be: {expected}.", indent=0, hanging=6)
        for detail in details.splitlines():
            say_wrapped(detail, indent=6, hanging=2)
    for row in extraction_rows(found.body):
        say()
        for (_, heading), text in zip(EXTRACTION_FIELDS, row, strict=True):
            say_wrapped(f"{heading}: {' '.join(text.split())}", indent=0 if heading == "Evidence" else 4, hanging=4)


@app.command(
    "sign",
    help="Sign a record: a named person concludes that the population is complete and accurate, or is not.\n\n"
    + example(
        "twofold completeness sign change_item --conclusion complete \\\n"
        '--reason "query and filters read with the release manager, counts compared" -w acme'
    ),
)
def sign(
    population: _POPULATION,
    conclusion: Annotated[CompletenessConclusion, typer.Option(help="What the person concludes.")],
    reason: Annotated[str, typer.Option(help="What the person looked at; goes into the evidence.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign one record."""
    with Workspace.open(workspace) as opened:
        captured = sign_completeness(opened, population, conclusion=conclusion, reason=reason, actor=actor(), at=now())
    evidence = captured.evidence
    if as_json:
        print_json({"population": population, "conclusion": str(conclusion), "evidence": evidence.evidence_id})
        return
    said = str(conclusion).replace("_", " ")
    say(f"{population}: {said}, signed by {evidence.provenance.run_by}. Captured as {evidence.evidence_id}.")
    say("Next: twofold test, then twofold judge. The signature lapses when the record changes.")


def _signer(record: PopulationRecord) -> str:
    return f"{record.refused_by}, as not complete" if record.refused_by else record.signed_by


def _summary(record: PopulationRecord) -> dict[str, Any]:
    return {
        "population": record.population,
        "title": record.title,
        "items": record.items,
        "sha256": record.sha256,
        "conclusion": record.conclusion,
        "signed_by": record.signed_by,
        "refused_by": record.refused_by,
        "control_tests": record.control_tests,
        "differing": record.differing,
    }
