"""Samples of judged populations: what is frozen is looked up in the workspace, and the frozen lines are kept there."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.engagement.sample import Sample
from twofold.jobs.acts import require_engagement
from twofold.model.instant import parse_instant, zone_named
from twofold.model.outcome import Outcome
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.populations.samples.attribute_sizes import supports_reliance, upper_limit
from twofold.populations.samples.evaluation import percent
from twofold.populations.samples.frozen import FrozenPopulation, freeze, read_frozen, unit_line
from twofold.populations.samples.selection import Plan, planned_strata
from twofold.records.acts import sample as acts
from twofold.records.acts.sample import Agreement, Frozen, VoidReason
from twofold.records.acts.sign_off import newest_judgement
from twofold.records.workspace import Workspace
from twofold.reports.control_folder import json_bytes
from twofold.reports.samples import DRAW_FILE, POPULATION_FILE, draw_record
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.entry import Entry

_A_DAY = timedelta(days=1)
_OUTSIDE = ("scope", "period")
"""Reasons of a verdict that no attribute gave."""
_SLICE = "slice"


def agree_on_sample(  # noqa: PLR0913  what is agreed
    workspace: Workspace,
    engagement: str,
    control: str,
    *,
    agreed_with: str,
    size: int,
    extension: int,
    confidence: Fraction,
    tolerable: Fraction,
    expected: Fraction,
    reason: str,
    actor: str,
    at: datetime,
) -> Agreement:
    """Record what was agreed; raises UserError for an engagement or control that is not there, and as the act does."""
    require_engagement(workspace, engagement, where="ENGAGEMENT")
    if control not in load_catalog().controls:
        raise UserError(Problem("CONTROL", f"there is no control {control!r}", "a control id such as CM-01"))
    return acts.agree(
        workspace.vault,
        engagement=engagement,
        control=control,
        agreed_with=agreed_with,
        size=size,
        extension=extension,
        confidence=confidence,
        tolerable=tolerable,
        expected=expected,
        reason=reason,
        acting_user=actor,
        at=at,
    )


def freeze_population(  # noqa: PLR0913  which items are frozen, and who does it
    workspace: Workspace,
    engagement: str,
    control: str,
    *,
    control_test: str,
    first_day: date | None,
    last_day: date | None,
    plan: Plan,
    nonce_sha256: str | None,
    actor: str,
    at: datetime,
) -> Sample:
    """Freeze the items of the newest judgement that count under its lens, in the whole period or a slice of it.

    The days are local in the reporting zone and both included. Raises UserError when the control or test was not
    judged, the verdict file is not the judged one, the slice is no part of the period, no item is left, or the plan
    does not fit them.
    """
    judgement = newest_judgement(workspace.vault, engagement)
    starts_at, ends_before = _slice(workspace, judgement, first_day, last_day)
    verdicts = verdict_file(workspace, judgement, control, control_test)
    lines, left_out = _units(verdicts, starts_at, ends_before)
    run_id = next(str(run) for test, run, _ in judgement.body["runs"] if test == control_test)
    population = freeze(lines)
    if lines:  # else the act refuses it
        _keep(workspace, population)
    return acts.freeze(
        workspace.vault,
        Frozen(
            population=population,
            engagement=engagement,
            control=control,
            control_test=control_test,
            run_id=run_id,
            judgement=judgement.index,
            starts_at=starts_at,
            ends_before=ends_before,
            left_out=left_out,
        ),
        plan=plan,
        nonce_sha256=nonce_sha256,
        acting_user=actor,
        at=at,
    )


def clean_limit_beyond(workspace: Workspace, sample: Sample) -> tuple[str, str] | None:
    """Return the limit without any deviation, where it is above the tolerable rate that was agreed, and that rate.

    Such a plan cannot support reliance whatever is found. None where it can, or nothing was agreed. Both in percent.
    """
    agreed = acts.agreement_for(workspace.vault, engagement=sample.engagement, control=sample.control)
    if agreed is None:
        return None
    plan = sample.frozen_plan
    risk, tolerable = 1 - Fraction(agreed.confidence) / 100, Fraction(agreed.tolerable) / 100
    planned = planned_strata(frozen_population(workspace, sample), plan)
    if supports_reliance(0, plan.size, risk=risk, tolerable=tolerable, strata=planned):
        return None
    return percent(upper_limit(0, plan.size, risk, strata=planned)), percent(tolerable)


def draw_sample(workspace: Workspace, sample_id: str, *, nonce: str, actor: str, at: datetime) -> Sample:
    """Draw from a frozen population by the plan of its freeze; raises UserError as the act does."""
    population = frozen_population(workspace, acts.sample_named(workspace.vault, sample_id))
    return acts.draw_sample(workspace.vault, sample_id, population, nonce=nonce, acting_user=actor, at=at)


def replace_unit(
    workspace: Workspace, sample_id: str, item: str, *, because: VoidReason, reason: str, actor: str, at: datetime
) -> Sample:
    """Put the next unit in the place of a void one; raises UserError as the act does."""
    population = frozen_population(workspace, acts.sample_named(workspace.vault, sample_id))
    return acts.replace_unit(
        workspace.vault,
        sample_id,
        population,
        position=_position(population, item),
        because=because,
        reason=reason,
        acting_user=actor,
        at=at,
    )


def extend_sample(
    workspace: Workspace,
    sample_id: str,
    *,
    units: int,
    reason: str,
    evidence: Sequence[str],
    actor: str,
    at: datetime,
) -> Sample:
    """Draw further units, once; raises UserError as the act does."""
    population = frozen_population(workspace, acts.sample_named(workspace.vault, sample_id))
    return acts.extend(
        workspace.vault, sample_id, population, units=units, reason=reason, evidence=evidence, acting_user=actor, at=at
    )


def target_units(
    workspace: Workspace, sample_id: str, items: Sequence[str], *, reason: str, actor: str, at: datetime
) -> Sample:
    """Name units beside the draw; raises UserError for an item that is no unit, and as the act does."""
    population = frozen_population(workspace, acts.sample_named(workspace.vault, sample_id))
    positions = [_position(population, item) for item in items]
    return acts.target(
        workspace.vault, sample_id, population, positions=positions, reason=reason, acting_user=actor, at=at
    )


def evaluate_sample(  # noqa: PLR0913  by which measure, and what the person adds
    workspace: Workspace,
    sample_id: str,
    *,
    further: Sequence[str],
    confidence: Fraction | None,
    tolerable: Fraction | None,
    expected: Fraction | None,
    note: str,
    actor: str,
    at: datetime,
) -> Sample:
    """Evaluate the drawn units by the verdicts of the newest judgement, and record it.

    A unit whose verdict is an exception, or that cannot be tested, deviates; so do the items named in `further`, now or
    in an earlier evaluation, where a person found what the software did not. No verdict can be taken back here, and of
    units that deviate and were replaced the result tells both ways: without them, and with them as deviations. Rates
    are percents; those left out are the agreed ones. Raises UserError where nothing was agreed or given, for an item
    in `further` that is no drawn unit, for a unit that does not apply any more, and as the act does.
    """
    sample = acts.sample_named(workspace.vault, sample_id)
    population = frozen_population(workspace, sample)
    judgement = newest_judgement(workspace.vault, sample.engagement)
    verdicts = _verdicts(verdict_file(workspace, judgement, sample.control, sample.control_test))
    drawn = {position: verdicts.get(population.unit(position).item) for position in sample.taken}
    counted = [each.position for each in sample.projected]
    gone = [position for position in counted if drawn[position] == Outcome.NOT_APPLICABLE]
    if gone:
        told = f"{population.unit(gone[0]).item!r} does not apply by the newest judgement, so it shows nothing"
        raise UserError(Problem("SAMPLE", told, "units that apply", "run 'twofold sample replace', then evaluate"))
    found = {at for at, verdict in drawn.items() if verdict in {Outcome.EXCEPTION, Outcome.CANNOT_TEST, None}}
    named = {_position(population, item): item for item in further}
    for position, item in named.items():
        if position not in counted:
            told = f"{item!r} is no drawn unit of {sample_id} that counts, and nothing is projected from it"
            raise UserError(Problem("--deviation", told, "a unit of the draw", "tell of other items in --note"))
    agreed = acts.agreement_for(workspace.vault, engagement=sample.engagement, control=sample.control)
    rates = {
        name: given if given is not None else Fraction(getattr(agreed, name)) if agreed else None
        for name, given in (("confidence", confidence), ("tolerable", tolerable), ("expected", expected))
    }
    missing = [f"--{name}" for name, rate in rates.items() if rate is None]
    if missing:
        told = f"{', '.join(missing)} not given, and nothing was agreed with the auditor"
        raise UserError(Problem(missing[0], told, "a rate in percent", "run 'twofold sample agree' first"))
    return acts.record_result(
        workspace.vault,
        sample_id,
        population,
        judgement=judgement.index,
        deviations=sorted(found),
        further=sorted(named),
        **{name: rate for name, rate in rates.items() if rate is not None},
        note=note,
        acting_user=actor,
        at=at,
    )


def samples(workspace: Workspace, *, engagement: str | None = None) -> list[Sample]:
    """Return the samples in order of freezing, of one engagement if asked."""
    if engagement is not None:
        require_engagement(workspace, engagement, where="--engagement")
    return [each for each in acts.all_samples(workspace.vault).by_id.values() if engagement in {None, each.engagement}]


def sample_named(workspace: Workspace, sample_id: str) -> Sample:
    """Return one sample; raises UserError when there is none of this id."""
    return acts.sample_named(workspace.vault, sample_id)


def frozen_population(workspace: Workspace, sample: Sample) -> FrozenPopulation:
    """Return the frozen lines; raises UserError when the file is missing or another one."""
    file = frozen_file(workspace, sample)
    population = read_frozen(file.read_bytes(), where=str(file))
    if population.root.hex() != sample.root:
        raise UserError(Problem(str(file), "it was changed after the freeze", f"the root {sample.root}", "restore it"))
    return population


def frozen_file(workspace: Workspace, sample: Sample) -> Path:
    """Return the file of the frozen lines; raises UserError when it is missing."""
    file = _place(workspace, sample.root)
    if not file.is_file():
        remedy = "restore it from a backup or from the auditor's copy; freezing the same run again makes it anew"
        raise UserError(Problem(str(file), "the frozen population is missing", "the lines that were frozen", remedy))
    return file


def export_sample(workspace: Workspace, sample_id: str, folder: Path) -> list[Path]:
    """Write population.txt and draw.json (docs/formats/sample.md); raises UserError unless the folder is free."""
    content = exported(workspace, acts.sample_named(workspace.vault, sample_id))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        found = "the folder is not empty" if folder.is_dir() else "it is a file"
        raise UserError(Problem(str(folder), found, "a new or an empty folder"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, written in content.items():
        (folder / name).write_bytes(written)
    return [folder / name for name in content]


def exported(workspace: Workspace, sample: Sample) -> dict[str, bytes]:
    """Return name -> bytes of the files that an auditor gets; raises UserError for lines that were not frozen."""
    population = frozen_population(workspace, sample)
    return {POPULATION_FILE: population.as_text(), DRAW_FILE: json_bytes(draw_record(sample, population))}


def _slice(
    workspace: Workspace, judgement: Entry, first_day: date | None, last_day: date | None
) -> tuple[datetime, datetime]:
    starts_at, ends_before = (parse_instant(judgement.body[name]).earliest for name in ("starts_at", "ends_before"))
    zone = zone_named(workspace.settings.reporting_zone)
    first = starts_at if first_day is None else datetime.combine(first_day, time.min, zone)
    last = ends_before if last_day is None else datetime.combine(last_day + _A_DAY, time.min, zone)
    if not starts_at <= first < last <= ends_before:
        found = f"{first_day or 'the start'} to {last_day or 'the end'}"
        days = [moment.astimezone(zone).date().isoformat() for moment in (starts_at, ends_before - _A_DAY)]
        expected = f"days from {days[0]} to {days[1]}"
        raise UserError(Problem("--from, --to", found, expected))
    return first, last


def verdict_file(workspace: Workspace, judgement: Entry, control: str, control_test: str) -> Path:
    """Return the file of verdicts that the judgement recorded; raises UserError where it is another one or missing."""
    engagement, name = str(judgement.body["engagement"]), f"{control}-{control_test}"
    recorded = dict(judgement.body["verdicts"])
    if name not in recorded:
        known = ", ".join(sorted(recorded)) or "none"
        found = f"the judgement of {engagement} has no items of {control} by {control_test}"
        raise UserError(Problem("CONTROL", found, f"one of {known} (control and control test)"))
    file = workspace.judgements_folder / engagement / f"{name}.parquet"
    if not file.is_file() or file_hash(file) != recorded[name]:
        found = "the stored verdicts are not those that the log records"
        raise UserError(Problem(str(file), found, "the verdicts as judged", "run 'twofold judge' again"))
    return file


def _units(verdicts: Path, starts_at: datetime, ends_before: datetime) -> tuple[list[bytes], list[tuple[str, int]]]:
    """Return the lines of the items that count, and how many do not by reason. One without a time is never left out."""
    lines: list[bytes] = []
    left: dict[str, int] = {}
    bounds = [moment.replace(tzinfo=None) - moment.utcoffset() for moment in (starts_at, ends_before)]  # type: ignore[operator]
    query = "SELECT item, system, operating_at, verdict, reason FROM read_parquet(?) ORDER BY item"
    with sql_session() as session:
        for item, system, operating_at, verdict, reason in session.execute(query, [str(verdicts)]).fetchall():
            if verdict == Outcome.NOT_APPLICABLE:
                why = reason if reason in _OUTSIDE else "not applicable"
            elif operating_at is not None and not bounds[0] <= operating_at < bounds[1]:
                why = _SLICE
            else:
                lines.append(unit_line(item, system, operating_at))
                continue
            left[why] = left.get(why, 0) + 1
    return lines, sorted(left.items())


def _verdicts(file: Path) -> dict[str, str]:
    with sql_session() as session:
        return dict(session.execute("SELECT item, verdict FROM read_parquet(?)", [str(file)]).fetchall())


def _position(population: FrozenPopulation, item: str) -> int:
    for position in range(len(population.lines)):
        if population.unit(position).item == item:
            return position
    found = f"{item!r} is no unit of the frozen population"
    raise UserError(Problem("ITEM", found, "an item of 'twofold sample show'"))


def _place(workspace: Workspace, root: str) -> Path:
    return workspace.samples_folder / f"{root}.txt"


def _keep(workspace: Workspace, population: FrozenPopulation) -> None:
    """Write the lines under their root; a file that a kill cut short is never under its name."""
    file = _place(workspace, population.root.hex())
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_bytes(population.as_text())
    fresh.replace(file)
