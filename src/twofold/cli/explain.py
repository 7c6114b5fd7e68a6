"""twofold explain: why an item has its verdict under each lens."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import (
    JsonOption,
    WorkspaceOption,
    example,
    print_json,
    say,
    say_wrapped,
)
from twofold.jobs.explain import AttributeExplained, Explanation, Fact, explain
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace

NAME = "explain"
SHORT_HELP = "Say why an item has its verdict."
HELP = (
    "Say why an item has its verdict under each lens: raw record and hash, each attribute, the clause of the rule.\n\n"
    + example("twofold explain inc-0042 -w acme", "twofold explain p-0107-e1@erp --control-test T-03 --raw -w acme")
)
_HERE = Path()


def command(
    item: Annotated[str, typer.Argument(help="Item id, as workbooks, findings and reports show it.")],
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
    when = f"{explained.operating_at} UTC" if explained.operating_at else "at an unknown time"
    say_wrapped(f"{explained.item}  on {explained.system}, {when}", indent=0, hanging=2)
    say_wrapped(f"{explained.control_test}  {explained.title}", indent=0, hanging=6)
    say(f"      {explained.run_id}, rule {explained.rule_sha256[:16]}...")
    say()
    for verdict in explained.verdicts:
        asked = f"asks for {', '.join(verdict.required)}"
        reason = f": {verdict.reason.replace(';', ', ')}" if verdict.reason else ""
        text = f"{verdict.engagement}  {verdict.control_id}  {verdict.verdict}{reason}  ({asked})"
        say_wrapped(text, indent=2, hanging=4)
    if not explained.verdicts:
        say("  not judged yet: run twofold judge")
    for attribute in explained.attributes:
        _print_attribute(attribute, raw=raw)
    say()
    if not explained.current:
        text = "The evidence, the scope or the rule changed after this run, so its facts are not shown."
        say_wrapped(f"{text} Run twofold test and twofold judge again.", indent=2)
    parameters = ", ".join(f"{name} = {value}" for name, value in explained.parameters.items())
    if parameters:
        say_wrapped(f"parameters: {parameters}", indent=2, hanging=2)
        say()


def _print_attribute(attribute: AttributeExplained, *, raw: bool) -> None:
    say()
    say_wrapped(f"{attribute.letter}  {attribute.code}  {attribute.wording}", indent=2, hanging=3)
    if attribute.sentence:
        say_wrapped(attribute.sentence, indent=5)
    for line in attribute.clause:
        say(f"     {line}")
    for fact in attribute.facts:
        _print_fact(fact, raw=raw)


def _print_fact(fact: Fact, *, raw: bool) -> None:
    say_wrapped(f"- {fact.fact}", indent=5, hanging=2)
    if fact.sha256:
        # A scope file's record names the file already.
        place = fact.record if fact.record.startswith(f"{fact.name}:") else f"{fact.name}, {fact.record}"
        say(f"       {place}  ({fact.table}, {fact.evidence_id}, sha256 {fact.sha256[:16]}...)")
    elif fact.record:
        say(f"       {fact.record}  ({fact.table})")
    if raw:
        for line in fact.raw.splitlines():
            say(f"       | {line}")
