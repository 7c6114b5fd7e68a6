"""twofold judge: read the latest runs through the lens of each engagement."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import NOT_AN_OPINION, JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.clock import actor, now
from twofold.jobs.judge import JudgedEngagement, judge
from twofold.records.workspace import Workspace

NAME = "judge"
HELP = "Judge the latest runs for each engagement: controls, then criteria (SOC 2) or ITGC domains (SOX), and findings.\n\n" + example(
    "twofold judge -w acme", "twofold judge soc2-2026 -w acme"
)
_HERE = Path()


def command(
    engagements: Annotated[list[str] | None, typer.Argument(help="Engagement ids; all when left out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Judge and print."""
    with Workspace.open(workspace) as opened:
        judged = judge(opened, engagements or [], actor=actor(), at=now())
    if as_json:
        print_json([{**each.judgement.as_json(), "findings": [asdict(finding) for finding in each.findings]} for each in judged])
        return
    for each in judged:
        _print(each)
    say(NOT_AN_OPINION)


def _print(judged: JudgedEngagement) -> None:
    judgement = judged.judgement
    say(f"{judgement.engagement_id}  {judgement.lens_title}  {judgement.starts_at[:10]} up to {judgement.ends_before[:10]} UTC")
    for control in judgement.controls:
        say(f"  {control.control_id}  {control.conclusion.value:<14} {control.title}")
        for reason in control.reasons:
            say(f"         {reason}")
        for point in control.open_points:
            say(f"         open: {point}")
    say()
    for heading in judgement.gathered:
        say(f"  {heading.id:<6} {heading.conclusion.value:<14} {heading.title}")
        for reason in heading.reasons:
            say(f"         {reason}")
    say()
    say(f"  {len(judged.findings)} findings")
    for finding in judged.findings:
        say(f"  {finding.finding_id}: {finding.condition}")
        say(f"         pattern: {finding.pattern}; cause: {finding.cause}; response: {finding.response}")
    say()
