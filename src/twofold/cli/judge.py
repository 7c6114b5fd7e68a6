"""twofold judge: read the latest runs through the lens of each engagement."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import (
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    print_json,
    say,
    say_wrapped,
)
from twofold.cli.status import conclusions_text, lens_name
from twofold.findings.finding import OPEN
from twofold.jobs.clock import actor, now
from twofold.jobs.judge import JudgedEngagement, judge, review_days
from twofold.lenses.conclusion import Conclusion, ControlJudgement
from twofold.lenses.gather import GatheredJudgement
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace

NAME = "judge"
SHORT_HELP = "Judge the runs for each engagement."
HELP = (
    "Judge the latest runs for each engagement: controls, criteria (SOC 2) or ITGC domains (SOX), and findings.\n\n"
    + example("twofold judge -w acme", "twofold judge soc2-2026 -w acme")
)
_HERE = Path()
_GRAVEST_FIRST = (
    Conclusion.NOT_EFFECTIVE,
    Conclusion.NOT_CONCLUDED,
    Conclusion.EFFECTIVE,
    Conclusion.DID_NOT_OCCUR,
)


def command(
    engagements: Annotated[list[str] | None, typer.Argument(help="Engagement ids; all when left out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Judge and print."""
    with Workspace.open(workspace) as opened:
        zone = opened.settings.reporting_zone
        judged = judge(opened, engagements or [], actor=actor(), at=now())
    if as_json:
        print_json([{**each.judgement.as_json(), "findings": each.findings} for each in judged])
        return
    for each in judged:
        _print(each, zone)
    say("Next: twofold status, or twofold package")
    say(NOT_AN_OPINION)


def _print(judged: JudgedEngagement, zone: str) -> None:
    judgement = judged.judgement
    first, last = review_days(judgement, zone)
    say_wrapped(f"{lens_name(judged)}, {first} to {last}: {conclusions_text(judged)}", indent=0, hanging=2)
    for told in judgement.reach:
        say_wrapped(told, indent=2, hanging=2)
    say()
    for conclusion in _GRAVEST_FIRST:
        for control in judgement.controls:
            if control.results and control.conclusion is conclusion:
                _print_control(control)
    by_hand = [control.control_id for control in judgement.controls if not control.results]
    if by_hand:
        say_wrapped(f"to be tested by hand: {', '.join(by_hand)}", indent=2, hanging=2)
    say()
    _print_gathered("Criteria" if judgement.lens == "soc2" else "ITGC domains", judgement.gathered)
    say()
    answered = sum(finding.cause != OPEN for finding in judged.findings)
    say(f"  {counted(len(judged.findings), 'finding')}, {answered} of them answered by a named person")
    for finding in judged.findings:
        say_wrapped(f"{finding.finding_id}: {finding.condition}", indent=4, hanging=4)
        if finding.cause != OPEN:
            say_wrapped(f"cause: {finding.cause}; response: {finding.response}", indent=8, hanging=2)
    say()


def _print_control(control: ControlJudgement) -> None:
    say_wrapped(f"{control.conclusion.value:<14} {control.control_id}  {control.title}", indent=2, hanging=23)
    for reason in control.reasons:
        say_wrapped(reason, indent=25, hanging=2)
    for look in control.looks:
        say_wrapped(f"look: {look}", indent=25, hanging=2)
    for point in control.open_points:
        say_wrapped(f"open: {point}", indent=25, hanging=2)


def _print_gathered(heading: str, gathered: Sequence[GatheredJudgement]) -> None:
    say(f"  {heading}:")
    for conclusion in _GRAVEST_FIRST:
        named = [each for each in gathered if each.conclusion is conclusion]
        for each in named:
            if each.reasons:
                say_wrapped(f"{conclusion.value:<14} {each.id:<6} {'; '.join(each.reasons)}", indent=4, hanging=22)
        if plain := [each.id for each in named if not each.reasons]:
            say_wrapped(f"{conclusion.value:<14} {', '.join(plain)}", indent=4, hanging=15)
