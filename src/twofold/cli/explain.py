"""twofold explain: why an item has its verdict under each lens."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import NOT_AN_OPINION, JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.explain import AttributeExplained, Explanation, explain
from twofold.records.workspace import Workspace

NAME = "explain"
HELP = "Say why an item has its verdict under each lens: raw record and hash, each attribute, the clause of the rule.\n\n" + example(
    "twofold explain inc-0042 -w acme", "twofold explain p-0107-e1@erp --control-test T-03 --raw -w acme"
)
_HERE = Path()


def command(
    item: Annotated[str, typer.Argument(help="Item id, as shown by status, workbooks and reports.")],
    control_test: Annotated[str, typer.Option(help="Only this control test.")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="Print the raw record behind each fact.")] = False,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Print the explanation."""
    with Workspace.open(workspace) as opened:
        explained = explain(opened, item, control_test=control_test)
    if as_json:
        print_json([each.as_json() for each in explained])
        return
    for each in explained:
        _print(each, raw=raw)
    say(NOT_AN_OPINION)


def _print(explained: Explanation, *, raw: bool) -> None:
    say(f"{explained.item}  on {explained.system}, {explained.operating_at or 'time unknown'} UTC")
    say(f"{explained.control_test}  {explained.title}  ({explained.run_id}, rule {explained.rule_sha256[:12]})")
    say()
    for verdict in explained.verdicts:
        say(f"  {verdict.engagement:<14} {verdict.control_id}  {verdict.verdict}  {verdict.reason}".rstrip())
        say(f"  {'':<14} asks for {', '.join(verdict.required)}")
    if not explained.verdicts:
        say("  not judged yet: run 'twofold judge'")
    for attribute in explained.attributes:
        _print_attribute(attribute, raw=raw)
    if not explained.current:
        say("  The evidence or the rule changed after this run, so the facts are not shown: run 'twofold test' and 'twofold judge' again.")
    say("  parameters: " + ", ".join(f"{name} = {value}" for name, value in explained.parameters.items()))
    say()


def _print_attribute(attribute: AttributeExplained, *, raw: bool) -> None:
    say()
    say(f"  {attribute.letter}  {attribute.code.upper() if attribute.code == 'pass' else attribute.code}   {attribute.wording}")
    if attribute.sentence:
        say(f"     {attribute.sentence}")
    for clause in attribute.clause:
        say(f"     clause {clause}")
    for fact in attribute.facts:
        say(f"     - {fact.fact}")
        if fact.sha256:
            say(f"       {fact.table}: {fact.name}, {fact.record} ({fact.evidence_id}, sha256 {fact.sha256[:16]}...)")
        elif fact.record:
            say(f"       {fact.table}: {fact.record}")
        if raw and fact.raw:
            for line in fact.raw.splitlines():
                say(f"       | {line}")
