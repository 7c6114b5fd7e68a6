"""twofold sign-off: a named person concludes on a judgement."""

from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import JsonOption, WorkspaceOption, example, print_json, say
from twofold.jobs.acts import sign
from twofold.jobs.clock import actor, now
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.acts.sign_off import SignedConclusion, SignOffRole
from twofold.records.workspace import Workspace

NAME = "sign-off"
SHORT_HELP = "Conclude on a judgement, as a person."
HELP = (
    "Sign off the newest judgement of an engagement, or one control of it, as preparer or as reviewer.\n\n"
    "Who prepared does not review. TWOFOLD_ACTOR says who signs.\n\n"
    + example(
        "twofold sign-off sox-fy2026 --control CM-01 --conclusion not_effective --role preparer \\\n"
        '--reason "three releases went out on stale approvals" -w acme',
        'twofold sign-off sox-fy2026 --conclusion effective --role reviewer --reason "read all workpapers" -w acme',
    )
)
_HERE = Path()


def command(
    engagement: Annotated[str, typer.Argument(help="Engagement id.")],
    conclusion: Annotated[SignedConclusion, typer.Option(help="What you conclude.")],
    role: Annotated[SignOffRole, typer.Option(help="As what you sign.")],
    reason: Annotated[str, typer.Option(help="What the conclusion rests on; goes into the log.")],
    control: Annotated[str | None, typer.Option(help="One control; the engagement when left out.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record the sign-off."""
    with Workspace.open(workspace) as opened:
        done = sign(
            opened,
            engagement,
            control=control,
            conclusion=conclusion,
            role=role,
            reason=reason,
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(done)
        return
    said = done.conclusion.value.replace("_", " ")
    say(f"{done.control or done.engagement}: {said}, signed by {done.signed_by} as {done.role}")
    say(f"Recorded as entry {done.entry} of the log; it concludes on the judgement of entry {done.judgement}.")
    say(NOT_AN_OPINION)
