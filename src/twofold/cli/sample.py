"""twofold sample size | agree | freeze | draw | replace | extend | target | evaluate | list | show | export."""

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from twofold.cli.output import (
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    print_json,
    say,
    say_table,
    say_wrapped,
)
from twofold.engagement.sample import Sample, Why
from twofold.engagement.sample_doubts import below_every_convention, doubts
from twofold.engagement.sample_slices import with_other_slices
from twofold.jobs import sample as jobs
from twofold.jobs.clock import actor, now
from twofold.model.problem import Problem, UserError
from twofold.populations.samples.attribute_sizes import DeviationCount, Model, NoSizeError, SampleSize, sample_size
from twofold.populations.samples.evaluation import percent
from twofold.populations.samples.frozen import FrozenPopulation
from twofold.populations.samples.profiles import ProfileSize, frequencies, profile_sizes
from twofold.populations.samples.selection import Method, Plan, Stratum
from twofold.records.acts.sample import VoidReason
from twofold.records.workspace import Workspace
from twofold.reports.samples import draw_record

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Draw samples from frozen populations, so that nobody can steer the draw and anybody can repeat it.",
)
_HERE = Path()
_SAMPLE = Annotated[str, typer.Argument(metavar="{sample}", help="Sample id, such as sm-31.")]
_REASON = Annotated[str, typer.Option(help="Why; goes into the log.")]
_DAY = ["%Y-%m-%d"]
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?")


def _percent(text: str, option: str) -> Fraction:
    """Read the percentage of an option; the log keeps six decimals, so no more are taken."""
    number = text.strip().removesuffix("%").strip()
    if not _PERCENT.fullmatch(number):
        found = f"{text!r} is no number from 0 to 999 with at most six decimals"
        raise UserError(Problem(option, found, "a percentage such as 5 or 3.5"))
    return Fraction(number)


@app.callback()
def _sample(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "size",
    help="Show how many units a sample needs: by exact attribute sampling and by several conventions.\n\n"
    + example(
        "twofold sample size --confidence 95 --tolerable 5 --expected 1",
        "twofold sample size --model hypergeometric --population 250",
        "twofold sample size --frequency monthly",
    ),
)
def size(  # noqa: PLR0913, PLR0917  the options of the command
    confidence: Annotated[str, typer.Option(help="Confidence in percent.")] = "95",
    tolerable: Annotated[str, typer.Option(help="Tolerable rate of deviation in percent.")] = "5",
    expected: Annotated[str, typer.Option(help="Expected rate in percent.")] = "0",
    model: Annotated[Model, typer.Option(help="Distribution.")] = Model.BINOMIAL,
    population: Annotated[int | None, typer.Option(min=1, help="Items in the population, in a year.")] = None,
    deviation_count: Annotated[
        DeviationCount, typer.Option(help="Hypergeometric: how many of N items deviate at the tolerable rate.")
    ] = DeviationCount.FEWEST_ABOVE,
    frequency: Annotated[str, typer.Option(help="How often the control runs, for example monthly.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Compute a size and show the conventions."""
    try:
        found = sample_size(
            risk=1 - _percent(confidence, "--confidence") / 100,
            tolerable=_percent(tolerable, "--tolerable") / 100,
            expected=_percent(expected, "--expected") / 100,
            model=model,
            population=population,
            deviation_count=deviation_count,
        )
    except NoSizeError as error:
        raise UserError(Problem("sample size", str(error), "rates that a sample can show")) from error
    said = profile_sizes(frequency=frequency, occurrences=population) if frequency or population else []
    if as_json:
        print_json({"attribute_sampling": _size_json(found), "conventions": [_profile_json(each) for each in said]})
        return
    say(
        f"{found.size} units, of which at most {found.planned} may deviate ({found.model}, {percent(1 - found.risk)} "
        f"confidence, tolerable {percent(found.tolerable)}, expected {percent(found.expected)})"
    )
    if found.deviation_count is not None:
        say(f"Convention: {found.deviation_count} of N = {found.population:,} items deviate at the tolerable rate T.")
    items = population or frequencies().get(frequency)
    if items is not None and found.size > items:
        which = "there are" if population else "of a year"
        say_wrapped(
            f"These are more than the {items:,} items {which}, since the {found.model} model takes the population "
            f"to be without end: test every item, or ask with --model hypergeometric --population {items}.",
            indent=0,
        )
    if said:
        say_table(_profile_table(said))
        say("Conventions of practice, not rules of a standard: agree on a size with the auditor.")


@app.command(
    "agree",
    help="Record what was agreed with an auditor about the sample of a control.\n\n"
    + example(
        'twofold sample agree sox-fy2026 CM-01 --size 25 --extension 15 --with "R. Auditor" \\\n'
        '--confidence 90 --tolerable 9 --reason "many a day; planning meeting of 12 March" -w acme'
    ),
)
def agree(  # noqa: PLR0913, PLR0917  the options of the command
    engagement: Annotated[str, typer.Argument(help="Engagement id.")],
    control: Annotated[str, typer.Argument(help="Control id.")],
    size: Annotated[int, typer.Option(help="Units to draw.")],
    reason: _REASON,
    agreed_with: Annotated[str, typer.Option("--with", help="The auditor who agreed.")],
    extension: Annotated[int, typer.Option(help="Units by which the plan may be extended, once.")] = 0,
    confidence: Annotated[str, typer.Option(help="Confidence in percent.")] = "95",
    tolerable: Annotated[str, typer.Option(help="Tolerable rate of deviation in percent.")] = "5",
    expected: Annotated[str, typer.Option(help="Expected rate in percent.")] = "0",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Record an agreement."""
    with Workspace.open(workspace) as opened:
        done = jobs.agree_on_sample(
            opened,
            engagement,
            control,
            agreed_with=agreed_with,
            size=size,
            extension=extension,
            confidence=_percent(confidence, "--confidence"),
            tolerable=_percent(tolerable, "--tolerable"),
            expected=_percent(expected, "--expected"),
            reason=reason,
            actor=actor(),
            at=now(),
        )
    if as_json:
        print_json(done)
        return
    say_wrapped(
        f"{done.control} in {done.engagement}: {counted(done.size, 'unit')}, extension {done.extension}, agreed with "
        f"{done.agreed_with}. Recorded as entry {done.entry} of the log.",
        indent=0,
    )


@app.command(
    "freeze",
    help="Freeze the items of a judged control test and the plan of the draw, before anybody knows the nonce.\n\n"
    + example(
        "twofold sample freeze sox-fy2026 CM-01 --control-test T-10 --size 25 -w acme",
        "twofold sample freeze sox-fy2026 CM-01 --control-test T-10 --size 25 --method stratified --by month -w acme",
        "twofold sample freeze sox-fy2026 CM-01 --control-test T-10 --size 12 --from 2026-01-01 --to 2026-06-30 "
        "-w acme",
    ),
)
def freeze(  # noqa: PLR0913, PLR0917  the options of the command
    engagement: Annotated[str, typer.Argument(help="Engagement id.")],
    control: Annotated[str, typer.Argument(help="Control id.")],
    control_test: Annotated[str, typer.Option(help="Control test, for example T-10.")],
    size: Annotated[int, typer.Option(help="Units to draw.")],
    method: Annotated[Method, typer.Option(help="How units are chosen.")] = Method.RANDOM,
    by: Annotated[Stratum | None, typer.Option(help="Strata of a stratified sample.")] = None,
    first_day: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day of the slice.")] = None,
    last_day: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day of the slice.")] = None,
    nonce_sha256: Annotated[
        str | None, typer.Option(help="SHA-256 of the nonce that the auditor will say, in hex.")
    ] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Freeze a population."""
    with Workspace.open(workspace) as opened:
        done = jobs.freeze_population(
            opened,
            engagement,
            control,
            control_test=control_test,
            first_day=first_day.date() if first_day else None,
            last_day=last_day.date() if last_day else None,
            plan=Plan(method, size, by),
            nonce_sha256=nonce_sha256,
            actor=actor(),
            at=now(),
        )
        known, beyond = jobs.samples(opened), jobs.clean_limit_beyond(opened, done)
    warnings = [small] if (small := below_every_convention(done)) else []
    if beyond:
        limit, tolerable = beyond
        told = f"Even if no unit deviates, the limit is {limit} by this plan; tolerable are {tolerable}, as agreed."
        of_slice = "slice" in dict(done.left_out)
        warnings.insert(0, f"{told} {'The slice alone' if of_slice else 'It'} cannot support reliance.")
    if as_json:
        print_json(_as_json(done, known) | {"warnings": warnings})
        return
    _print(done, known)
    for warning in warnings:
        say_wrapped(warning, indent=4)
    say_wrapped(f"Tell the auditor plan and root {done.root}, and ask for a nonce: any text of one line.", indent=0)


@app.command(
    "draw",
    help="Draw units with the auditor's nonce, as many and in the way that the freeze says.\n\n"
    + example('twofold sample draw sm-31 --nonce "8 dice: 2 5 1 1 6 3 4 6" -w acme'),
)
def draw(
    sample: _SAMPLE,
    nonce: Annotated[str, typer.Option(help="What the auditor said after the freeze.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Draw a sample."""
    with Workspace.open(workspace) as opened:
        done = jobs.draw_sample(opened, sample, nonce=nonce, actor=actor(), at=now())
        _show(opened, done, as_json)


@app.command(
    "replace",
    help="Replace a unit that is void or out of scope by the next of the draw. Missing evidence is a deviation.\n\n"
    + example(
        'twofold sample replace sm-31 billing-4711/pr-7 --because void --reason "test deployment, see ev-88" -w acme'
    ),
)
def replace(
    sample: _SAMPLE,
    item: Annotated[str, typer.Argument(help="Item of the unit.")],
    because: Annotated[VoidReason, typer.Option(help="What the unit is.")],
    reason: _REASON,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Replace a unit."""
    with Workspace.open(workspace) as opened:
        done = jobs.replace_unit(opened, sample, item, because=because, reason=reason, actor=actor(), at=now())
        _show(opened, done, as_json)


@app.command(
    "extend",
    help="Draw further units, once, after an evaluation that found more deviations than planned: as agreed, or with "
    "evidence that a miss is isolated.\n\n"
    + example('twofold sample extend sm-31 --units 15 --reason "one miss, plan allows 15 more" -w acme'),
)
def extend(
    sample: _SAMPLE,
    units: Annotated[int, typer.Option(min=1, help="Further units.")],
    reason: _REASON,
    evidence: Annotated[list[str] | None, typer.Option(help="Evidence id; give it once for each.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Extend a sample."""
    with Workspace.open(workspace) as opened:
        done = jobs.extend_sample(
            opened, sample, units=units, reason=reason, evidence=evidence or [], actor=actor(), at=now()
        )
        _show(opened, done, as_json)


@app.command(
    "target",
    help="Name units to look at beside the draw. Nothing is projected from them.\n\n"
    + example('twofold sample target sm-31 billing-4711/pr-7 --reason "largest change of the year" -w acme'),
)
def target(
    sample: _SAMPLE,
    items: Annotated[list[str], typer.Argument(help="Items.")],
    reason: _REASON,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Target units."""
    with Workspace.open(workspace) as opened:
        done = jobs.target_units(opened, sample, items, reason=reason, actor=actor(), at=now())
        _show(opened, done, as_json)


@app.command(
    "evaluate",
    help="Say what the drawn units show of the population, by the newest judgement and what a person found besides.\n\n"
    + example(
        "twofold sample evaluate sm-31 -w acme",
        'twofold sample evaluate sm-31 --deviation billing-4711/pr-7 --note "approval was for another change" -w acme',
    ),
)
def evaluate(  # noqa: PLR0913, PLR0917  the options of the command
    sample: _SAMPLE,
    deviation: Annotated[list[str] | None, typer.Option(help="Item that deviates as a person found.")] = None,
    confidence: Annotated[str | None, typer.Option(help="Confidence in percent; as agreed if left out.")] = None,
    tolerable: Annotated[str | None, typer.Option(help="Tolerable rate in percent; as agreed if left out.")] = None,
    expected: Annotated[str | None, typer.Option(help="Expected rate in percent; as agreed if left out.")] = None,
    note: Annotated[str, typer.Option(help="What the person adds; goes into the log.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Evaluate a sample."""
    with Workspace.open(workspace) as opened:
        done = jobs.evaluate_sample(
            opened,
            sample,
            further=deviation or [],
            confidence=_percent(confidence, "--confidence") if confidence else None,
            tolerable=_percent(tolerable, "--tolerable") if tolerable else None,
            expected=_percent(expected, "--expected") if expected else None,
            note=note,
            actor=actor(),
            at=now(),
        )
        known = jobs.samples(opened)
    if as_json:
        print_json(_as_json(done, known))
        return
    _print(done, known)
    _print_result(done, known)


@app.command("list", help="List the samples with their states.\n\n" + example("twofold sample list -w acme"))
def list_samples(
    engagement: Annotated[str | None, typer.Option(help="Only this engagement.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """List samples."""
    with Workspace.open(workspace) as opened:
        found = jobs.samples(opened, engagement=engagement)
    if as_json:
        print_json([_as_json(each, found) for each in found])
        return
    for each in found:
        _print(each, found)
    say(counted(len(found), "sample"))


@app.command("show", help="Show a sample with its units.\n\n" + example("twofold sample show sm-31 -w acme"))
def show(sample: _SAMPLE, workspace: WorkspaceOption = _HERE, as_json: JsonOption = False) -> None:
    """Show one sample."""
    with Workspace.open(workspace) as opened:
        _show(opened, jobs.sample_named(opened, sample), as_json)


@app.command(
    "export",
    help="Write the frozen population and the draw with its proofs, for the auditor.\n\n"
    + example("twofold sample export sm-31 for-the-auditor -w acme"),
)
def export(
    sample: _SAMPLE,
    folder: Annotated[Path, typer.Argument(help="New or empty folder.")],
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Export a sample."""
    with Workspace.open(workspace) as opened:
        files = jobs.export_sample(opened, sample, folder)
    if as_json:
        print_json([str(each) for each in files])
        return
    for each in files:
        say(str(each))


def _show(workspace: Workspace, sample: Sample, as_json: bool) -> None:
    population, known = jobs.frozen_population(workspace, sample), jobs.samples(workspace)
    if as_json:
        print_json(_as_json(sample, known, population))
        return
    _print(sample, known)
    if sample.chosen:
        say_table(_unit_table(sample, population))
    _print_result(sample, known)


def _print(sample: Sample, known: Sequence[Sample]) -> None:
    planned = sample.frozen_plan
    drawn = f"{counted(planned.size, 'unit')} planned ({planned.how})"
    if sample.plan:
        drawn = f"{counted(len(sample.projected), 'unit')} drawn"
    say_wrapped(
        f"{sample.sample_id}  {sample.state}  {sample.engagement} {sample.control} {sample.control_test}: "
        f"{counted(sample.units, 'item')} frozen, {drawn}",
        indent=0,
        hanging=4,
    )
    if sample.left_out:
        left = ", ".join(f"{count:,} {reason}" for reason, count in sample.left_out)
        say_wrapped(f"No units of the sample: {left}.", indent=4)
    for doubt in doubts(sample, known):
        say_wrapped(f"To ask: {doubt}", indent=4)


def _print_result(sample: Sample, known: Sequence[Sample]) -> None:
    if sample.result is not None:
        say_wrapped(sample.result.sentence, indent=4)
    if together := with_other_slices(sample, known):
        say_wrapped(together, indent=4)


def _unit_table(sample: Sample, population: FrozenPopulation) -> Table:
    table = Table("#", "item", "system", "operating date (UTC)", "why")
    for number, each in enumerate(sample.chosen, 1):
        unit = population.unit(each.position)
        why = str(each.why) + (f": {each.reason}" if each.why is not Why.DRAWN else "")
        why += f" (left the sample: {each.left_because})" if each.left_because else ""
        table.add_row(str(number), unit.item, unit.system, unit.operating_at[:19], why)
    return table


def _profile_table(said: list[ProfileSize]) -> Table:
    table = Table("source", "units", "as of")
    for each in said:
        units = "-" if each.range is None else str(each.range.low)
        if each.range is not None and each.range.high != each.range.low:
            units += f" to {each.range.high}"
        table.add_row(each.profile.title, units, each.profile.as_of.isoformat())
    return table


def _size_json(found: SampleSize) -> dict[str, Any]:
    return {
        "size": found.size,
        "planned": found.planned,
        "model": str(found.model),
        "population": found.population,
        "deviation_count": str(found.deviation_count) if found.deviation_count else None,
    }


def _profile_json(said: ProfileSize) -> dict[str, Any]:
    return {
        "name": said.profile.name,
        "title": said.profile.title,
        "source": said.profile.source,
        "as_of": said.profile.as_of,
        "low": said.range.low if said.range else None,
        "high": said.range.high if said.range else None,
    }


def _as_json(sample: Sample, known: Sequence[Sample], population: FrozenPopulation | None = None) -> dict[str, Any]:
    result, plan = sample.result, sample.frozen_plan
    shown: dict[str, Any] = {
        "sample": sample.sample_id,
        "state": str(sample.state),
        "engagement": sample.engagement,
        "control": sample.control,
        "control_test": sample.control_test,
        "run_id": sample.run_id,
        "starts_at": sample.starts_at,
        "ends_before": sample.ends_before,
        "root": sample.root,
        "units": sample.units,
        "left_out": dict(sample.left_out),
        "plan": {"method": str(plan.method), "by": str(plan.by) if plan.by else None, "size": plan.size},
        "drawn": len(sample.projected),
        "agreement": sample.agreement,
        "doubts": doubts(sample, known),
        "with_other_slices": with_other_slices(sample, known),
        "result": None
        if result is None
        else {
            "units": result.units,
            "deviations": len(result.deviations),
            "planned": result.planned,
            "confidence": result.confidence,
            "tolerable": result.tolerable,
            "limit": result.limit,
            "limit_items": result.limit_items,
            "supports": result.supports,
            "replaced": len(result.replaced),
            "limit_with_replaced": result.limit_with_replaced,
            "limit_items_with_replaced": result.limit_items_with_replaced,
            "supports_with_replaced": result.supports_with_replaced,
            "note": result.note,
        },
    }
    if population is not None:
        shown["draw"] = draw_record(sample, population)
    return shown
