"""Judge the outcomes again for each engagement of a package, and compare verdicts, counts and conclusions.

Scope labels come from the packaged scope, the period and the attributes that must hold from the packaged judgement and
rule. Who signed a completeness record is taken as the judgement names it: that is a person's act, with its own record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import orjson

from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import POPULATION_FILE, RunState
from twofold.lenses.automated import limit_automated
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult, conclude_control
from twofold.lenses.judgement import EngagementJudgement, read_judgement
from twofold.lenses.looks import looks_of
from twofold.lenses.reach import limit_type_1, reach_of
from twofold.lenses.settings import LensSettings, lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.sox.domains import judge_domains
from twofold.lenses.verdict import Counts, LensView, ScopeStretch, judge_items
from twofold.model.ids import ControlId
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.reports.bag import DATA
from twofold.reports.packaged_run import UNREADABLE, PackagedTexts
from twofold.reports.row_differences import item_differences
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope, read_canonical_scope
from twofold.vault.blobs.file_hash import file_hash

SCOPE_FILE = "scope/scope.json"
_ENGINE = f"duckdb {duckdb.__version__}"


@dataclass(frozen=True, slots=True)
class JudgedAgain:
    """One engagement. verdicts: verdict files that came out with the same rows. faults: what came out otherwise."""

    engagement_id: str
    lens: str
    verdicts: int
    conclusions: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bench:
    """What the judging of one engagement works with; `outcomes`: (control, control test) -> file made again.

    A control test that is not in `outcomes` could not be run, since something is withheld.
    """

    judgement: EngagementJudgement
    settings: LensSettings
    scope: Sequence[ScopeStretch]
    scoped: Scope
    runs: Mapping[tuple[str, str], PackagedTexts]
    outcomes: Mapping[tuple[str, str], Path]
    into: Path


def judge_again(
    package: Path, runs: Sequence[PackagedTexts], outcomes: Mapping[tuple[str, str], Path], *, into: Path
) -> tuple[JudgedAgain, ...]:
    """Judge every engagement of the package again from `outcomes`, the files that were made again just now.

    Raises UserError when the scope or a judgement cannot be read.
    """
    by_key = {(texts.control_id, texts.run.control_test): texts for texts in runs}
    scope_place = f"{DATA}/{SCOPE_FILE}"
    try:
        scope = read_canonical_scope((package / scope_place).read_bytes())
    except UNREADABLE as error:
        raise UserError(_unreadable(scope_place, error)) from error
    found: list[JudgedAgain] = []
    for path in sorted((package / DATA / "engagements").glob("*/judgement.json")):
        place = path.relative_to(package).as_posix()
        try:
            judgement = packaged_judgement(path)
        except UNREADABLE as error:
            raise UserError(_unreadable(place, error)) from error
        settings = lens_settings().get(judgement.lens)
        if settings is None:
            raise UserError(
                Problem(place, f"the lens {judgement.lens[:40]!r} is not known", ", ".join(lens_settings()))
            )
        stretches = [
            ScopeStretch(label.system, label.stretch.first, label.stretch.last)
            for label in effective_labels(scope)
            if label.label == settings.label and label.counts
        ]
        folder = into / f"engagement-{len(found)}"
        folder.mkdir()
        found.append(_judge(_Bench(judgement, settings, stretches, scope, by_key, outcomes, folder)))
    return tuple(found)


def packaged_judgement(path: Path) -> EngagementJudgement:
    """Read judgement.json as `twofold judge` wrote it; raises one of `UNREADABLE`."""
    body = orjson.loads(path.read_bytes())
    for control in body["controls"]:
        for result in control["results"]:
            result.pop("rate", None)
    return read_judgement(body)


def _judge(bench: _Bench) -> JudgedAgain:
    judgement = bench.judgement
    faults: list[str] = list(_frame_faults(bench))
    notes: list[str] = []
    verdicts = 0
    controls: dict[str, ControlJudgement] = {}
    for control in judgement.controls:
        results = []
        for result in control.results:
            again, equal = _result_again(bench, control.control_id, result, faults, notes)
            verdicts += equal
            results.append(again)
        controls[control.control_id] = _concluded(bench, control, results)
    controls = limit_automated(_said_settings(bench), controls, automated=load_catalog().automated_controls)
    engagement = bench.scoped.engagement(judgement.engagement_id)
    controls = limit_type_1(controls, engagement.type_1_day if engagement else "")
    faults += _reach_faults(bench)
    for control in judgement.controls:
        faults += _conclusion_faults(control, controls[control.control_id])
    faults += _gathered_faults(bench, controls)
    return JudgedAgain(
        judgement.engagement_id, judgement.lens, verdicts, len(controls), tuple(faults), tuple(dict.fromkeys(notes))
    )


def _frame_faults(bench: _Bench) -> Iterator[str]:
    """Compare period, lens and rate with the scope and with the lens of this version."""
    judgement = bench.judgement
    engagement = bench.scoped.engagement(judgement.engagement_id)
    if engagement is None:
        yield f"{SCOPE_FILE} has no engagement {judgement.engagement_id}"
        return
    period = engagement.period
    if (judgement.lens, judgement.starts_at, judgement.ends_before) != (
        engagement.lens,
        period.starts_at.isoformat(),
        period.ends_before.isoformat(),
    ):
        yield f"lens or period is not that of the engagement in {SCOPE_FILE}"
    if judgement.tolerable_percent != bench.settings.tolerable_percent:
        yield (
            f"a rate of {judgement.tolerable_percent}% was tolerated; this version of Twofold has "
            f"{bench.settings.tolerable_percent}% ({bench.settings.tolerable_source})"
        )
    if judgement.benchmark_years != bench.settings.benchmark_years:
        yield (
            f"a look was carried on for {judgement.benchmark_years} years without a doubt; this version of Twofold has "
            f"{bench.settings.benchmark_years} ({bench.settings.benchmark_source})"
        )


def _said_settings(bench: _Bench) -> LensSettings:
    """Return the settings of the lens with the numbers that the judgement says it used."""
    judgement = bench.judgement
    return replace(
        bench.settings,
        tolerable_percent=judgement.tolerable_percent,
        benchmark_years=judgement.benchmark_years,
    )


def _reach_faults(bench: _Bench) -> Iterator[str]:
    """Compare what the judgement says of its reach with the scope and with the clocks of its runs."""
    judgement = bench.judgement
    engagement = bench.scoped.engagement(judgement.engagement_id)
    clocks = {texts.run.control_test: texts.run.clock for texts in bench.runs.values()}
    if engagement is None or not judgement.runs.keys() <= clocks.keys():
        return  # said by other faults
    clocks = {test: clocks[test] for test in judgement.runs}
    again = reach_of(engagement.period, day=engagement.type_1_day, clocks=clocks)
    if again != judgement.reach:
        yield f"how far it reaches comes out as {' '.join(again)!r}, packaged is {' '.join(judgement.reach)!r}"


def _result_again(
    bench: _Bench, control_id: str, result: ControlTestResult, faults: list[str], notes: list[str]
) -> tuple[ControlTestResult, bool]:
    """Return the result with its counts made again, and whether a verdict file came out with the same rows."""
    texts = bench.runs.get((control_id, result.control_test))
    shown = f"{control_id} {result.control_test}"
    if not result.run_id or (texts is not None and texts.run.state is RunState.STOPPED):
        return replace(result, counts=None, by_system={}, looks=None), False
    engagement = bench.scoped.engagement(bench.judgement.engagement_id)
    if texts is None or texts.run.run_id != result.run_id or engagement is None:
        faults.append(f"{shown}: {result.run_id} or its engagement is not in the package")
        return result, False
    if texts.run.state is RunState.DID_NOT_OCCUR:
        return replace(result, counts=Counts(0, 0, 0, 0, 0), by_system={}, looks=None), False
    outcomes = bench.outcomes.get((control_id, result.control_test))
    if outcomes is None:
        notes.append(f"{shown}: what it takes is withheld, so its counts are taken as packaged")
        return result, False
    # The letters go into SQL outside the sealed session, so they must be letters of the rule.
    known = set(result.required) <= {attribute.letter for attribute in texts.rule.attributes}
    if not known or not outcomes.is_file():
        why = "its outcomes were not made again" if known else "it requires an attribute that the rule does not have"
        faults.append(f"{shown}: {why}")
        return result, False
    view = LensView(bench.judgement.lens, engagement.period, bench.scope, result.required)
    again = judge_items(view, outcomes, into=bench.into / f"verdicts-{len(list(bench.into.iterdir()))}.parquet")
    if (again.counts, again.by_system) != (result.counts, result.by_system):
        faults.append(f"{shown}: the counts come out as {again.counts}, packaged are {result.counts}")
    looks = None
    try:
        clock, years = parse_instant(texts.run.clock).earliest, bench.judgement.benchmark_years
        population = outcomes.with_name(POPULATION_FILE)
        looks = looks_of(population, again.file, period=engagement.period, clock=clock, years=years)
    except (duckdb.Error, *UNREADABLE) as error:
        faults.append(f"{shown}: its population does not say which looks it rests on: {error}")
    if looks != result.looks:
        faults.append(f"{shown}: the looks come out as {looks}, packaged are {result.looks}")
    fault, note = _verdict_difference(texts, bench.judgement.engagement_id, again.file)
    faults += [f"{shown}: {fault}"] if fault else []
    notes += [f"{shown}: {note}"] if note else []
    return replace(result, counts=again.counts, by_system=again.by_system, looks=looks), not fault


def _verdict_difference(texts: PackagedTexts, engagement_id: str, again: Path) -> tuple[str, str]:
    """Return a fault and a note, each "" where there is none."""
    name = texts.verdicts.get(engagement_id)
    packaged = texts.folder / (name or "")
    if name is None or not packaged.is_file():
        return "there are no packaged verdicts", ""
    if file_hash(packaged) == file_hash(again):
        return "", ""
    try:
        count, differences = item_differences(packaged, again)
    except duckdb.Error as error:
        return f"{name} cannot be compared: {str(error).splitlines()[0]}", ""
    if count:
        return f"{count} verdicts of {name} differ: " + " | ".join(differences), ""
    if texts.run.engine == _ENGINE:
        return f"{name} has equal rows and other bytes, although {_ENGINE} is said to have written both", ""
    return "", f"every row of {name} is equal; {texts.run.engine} wrote the packaged bytes, {_ENGINE} wrote these"


def _concluded(bench: _Bench, control: ControlJudgement, results: Sequence[ControlTestResult]) -> ControlJudgement:
    """Conclude as the lens does. Tests without a rule: those that the catalog plans and the judgement lacks."""
    known = load_catalog().controls.get(ControlId(control.control_id))
    engagement = bench.scoped.engagement(bench.judgement.engagement_id)
    if known is None or engagement is None:
        return replace(control, results=tuple(results))
    given = {result.control_test for result in results}
    planned = [test for test in known.required.get(bench.judgement.lens, {}) if test not in given]
    return conclude_control(_said_settings(bench), known, period=engagement.period, results=results, planned=planned)


def _conclusion_faults(packaged: ControlJudgement, again: ControlJudgement) -> Iterator[str]:
    where = packaged.control_id
    if packaged.conclusion is not again.conclusion:
        yield f"{where}: it comes out as {again.conclusion.value}, packaged is {packaged.conclusion.value}"
    for name in ("reasons", "open_points", "looks"):
        before, now = getattr(packaged, name), getattr(again, name)
        if before != now:
            shown = name.replace("_", " ")
            yield f"{where}: {shown} come out as {'; '.join(now)!r}, packaged are {'; '.join(before)!r}"


def _gathered_faults(bench: _Bench, controls: Mapping[str, ControlJudgement]) -> Iterator[str]:
    catalog = load_catalog()
    if bench.judgement.lens == "soc2":
        again = judge_criteria(catalog, categories=bench.judgement.categories, judged=controls)
    else:
        again = judge_domains(catalog, judged=controls)
    now = {each.id: each for each in again}
    before = {each.id: each for each in bench.judgement.gathered}
    for name in sorted(now.keys() | before.keys()):
        if now.get(name) != before.get(name):
            shown = now[name].conclusion.value if name in now else "nothing"
            packaged = before[name].conclusion.value if name in before else "nothing"
            yield f"{name}: it comes out as {shown}, packaged is {packaged}, or with other controls or reasons"


def _unreadable(where: str, error: Exception) -> Problem:
    return Problem(
        where, f"it cannot be read: {error}", "a package of this version", "run 'twofold verify' on it first"
    )
