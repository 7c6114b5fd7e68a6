"""twofold anti-patterns: ten habits that make audits dearer or weaker, looked for in the company's own data."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, counted, example, print_json, say, say_wrapped
from twofold.jobs.anti_patterns.looking import look_for_anti_patterns
from twofold.model.statement import NOT_AN_OPINION, Statement
from twofold.readiness.anti_patterns.pattern import Presence
from twofold.readiness.anti_patterns.patterns import PATTERNS, PatternResult
from twofold.records.workspace import Workspace

NAME = "anti-patterns"
SHORT_HELP = "Look for anti-patterns in scope, evidence and log."
HELP = (
    "Look for habits that make audits dearer or weaker: in the scope, the evidence, the log, the tables and the runs. "
    "Each is found, not found, or cannot be told, with the place, why it matters under each lens, and what to do. What "
    "is found is a question to a reader, never a verdict; so the exit code is 0 either way.\n\n"
    "Patterns: "
    + ", ".join(PATTERNS)
    + ".\n\n"
    + example("twofold anti-patterns -w acme", "twofold anti-patterns --pattern kept_twice -w acme")
)
_HERE = Path()
_SHOWN = 5


def command(
    pattern: Annotated[list[str] | None, typer.Option(help="Only this pattern; may be given several times.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Print each pattern."""
    with Workspace.open(workspace) as opened:
        results = look_for_anti_patterns(opened, pattern or ())
    if as_json:
        print_json({"patterns": [_as_json(each) for each in results], "note": NOT_AN_OPINION})
        return
    for each in results:
        _say(each, most=len(each.found.hits) if pattern else _SHOWN)
        say()
    found = [each for each in results if each.found.presence is Presence.FOUND]
    unknown = [each for each in results if each.found.presence is Presence.CANNOT_TELL]
    say(f"{len(found)} of {counted(len(results), 'pattern')} found, {len(unknown)} cannot be told. {NOT_AN_OPINION}")


def _say(result: PatternResult, *, most: int) -> None:
    rule, found = result.rule, result.found
    say(f"{rule.title}: {found.presence}" + (f" in {counted(len(found.hits), 'place')}" if found.hits else ""))
    say_wrapped(found.looked_at.text, indent=2, hanging=0)
    for hit in found.hits[:most]:
        say_wrapped(f"- {hit.statement.text}", indent=2, hanging=2)
    if len(found.hits) > most:
        say(f"  ... and {len(found.hits) - most:,} more: --pattern {rule.pattern}")
    if found.presence is Presence.FOUND:
        say_wrapped(f"SOC 2: {rule.soc2}", indent=2, hanging=7)
        say_wrapped(f"SOX:   {rule.sox}", indent=2, hanging=7)
        say_wrapped(f"Do:    {rule.remedy}", indent=2, hanging=7)
    say_wrapped(f"Rule:  anti_pattern.{rule.pattern} of {rule.as_of} ({rule.source})", indent=2, hanging=7)


def _as_json(result: PatternResult) -> dict[str, object]:
    rule, found = result.rule, result.found
    return {
        "pattern": rule.pattern,
        "title": rule.title,
        "presence": found.presence,
        "looked_at": _statement(found.looked_at),
        "hits": [{"where": hit.where, **_statement(hit.statement)} for hit in found.hits],
        "soc2": rule.soc2,
        "sox": rule.sox,
        "remedy": rule.remedy,
        "limits": rule.limits,
    }


def _statement(statement: Statement) -> dict[str, object]:
    return {"text": statement.text, "rule": statement.rule, "data": statement.data}
