"""Steps 6 and 7: read the latest runs through the lens of each engagement, and group what deviates into findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import orjson

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules, load_rule
from twofold.controltests.run_record import (
    COMPLETENESS_FILE,
    OUTCOMES_FILE,
    POPULATION_FILE,
    ControlTestRun,
    RunState,
    read_run,
)
from twofold.findings.finding import Finding, JudgedRun, Response, group_findings
from twofold.jobs.completeness import (
    SIGNATURE_TABLES,
    CompletenessConclusion,
    Signature,
    read_signatures,
    signed_by,
)
from twofold.jobs.control_tests import latest_runs, require_applied_scope
from twofold.jobs.evidence_locks import lock_relied
from twofold.jobs.normalise import tables_now
from twofold.jobs.run_entries import evidence_feeding, newest_runs
from twofold.lenses.automated import limit_automated
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult, conclude_control
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.judgement import EngagementJudgement, read_judgement
from twofold.lenses.looks import Looks, looks_of
from twofold.lenses.reach import limit_type_1, reach_of
from twofold.lenses.settings import LensSettings, lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.sox.domains import judge_domains
from twofold.lenses.verdict import Counts, LensView, ScopeStretch, Verdicts, judge_items
from twofold.model.instant import parse_instant, zone_named
from twofold.model.period import ReviewPeriod
from twofold.model.problem import Problem, UserError
from twofold.records.acts.recording import recording
from twofold.records.workspace import Workspace, replace_folder
from twofold.scope.engagement import Engagement
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope, controls_of
from twofold.tables.store import TableSet, open_session
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.evidence_list import evidence_fields

JUDGEMENT_FILE = "judgement.json"
FINDINGS_FILE = "findings.json"
_SAID_BY_PEOPLE = (*SIGNATURE_TABLES, "finding_response")
"""The tables that a judgement reads beside its runs: what people said, and who they are."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class JudgedEngagement:
    """The judgement of one engagement, its findings, and the folder with its verdict files (`<test>.parquet`)."""

    judgement: EngagementJudgement
    findings: tuple[Finding, ...]
    folder: Path


def judge(workspace: Workspace, wanted: Sequence[str], *, actor: str, at: datetime) -> list[JudgedEngagement]:
    """Judge the wanted engagements (all when empty) and record each in the log.

    Raises UserError for an unknown engagement, or when no control test was run yet.
    """
    applied = require_applied_scope(workspace)
    runs = latest_runs(workspace)
    if not runs:
        raise UserError(Problem(str(workspace.root), "no control test was run yet", "runs", "run 'twofold test'"))
    engagements = _wanted(applied.scope, wanted)
    with workspace.computing("twofold judge"):
        people = _people_said(workspace)
        judged = [_judge_one(workspace, engagement, applied.scope, runs, people) for engagement in engagements]
        entries = _record_judgements(workspace, judged, scope_entry=applied.entry_index, actor=actor, at=at)
        lock_relied(workspace, entries)
    return judged


def _record_judgements(
    workspace: Workspace, judged: Sequence[JudgedEngagement], *, scope_entry: int, actor: str, at: datetime
) -> list[Entry]:
    """Write an entry per judgement, in one transaction. It names the entry of each run, and the hash of each file."""
    entries = []
    said = evidence_fields(evidence_feeding(TableSet(workspace.tables_folder, {}), _SAID_BY_PEOPLE))
    with recording(workspace.vault) as recorder:
        runs = newest_runs(workspace.vault)
        for each in judged:
            judgement = each.judgement
            verdicts = sorted(each.folder.glob("*.parquet"))
            body: dict[str, Json] = {
                "controls": [[control.control_id, control.conclusion.value] for control in judgement.controls],
                "ends_before": _instant(judgement.ends_before),
                "engagement": judgement.engagement_id,
                "findings_sha256": file_hash(each.folder / FINDINGS_FILE),
                "judgement_sha256": file_hash(each.folder / JUDGEMENT_FILE),
                "lens": judgement.lens,
                "runs": [[test, run, _run_entry(runs, run)] for test, run in sorted(judgement.runs.items())],
                "scope": scope_entry,
                "starts_at": _instant(judgement.starts_at),
                "verdicts": [[path.stem, file_hash(path)] for path in verdicts],
                **said,
            }
            entries.append(recorder.append(EntryKind.JUDGEMENT, body=body, acting_user=actor, at=at))
    return entries


def _instant(text: str) -> str:
    return instant_text(parse_instant(text).earliest)


def _run_entry(runs: Mapping[str, int], run_id: str) -> int:
    """Return the entry of a run; raises UserError when the log does not know it, as after an old copy was restored."""
    if run_id not in runs:
        found = f"the log does not hold the run {run_id}"
        raise UserError(Problem("runs", found, "runs that the log records", "run 'twofold test', then judge again"))
    return runs[run_id]


def judged_engagements(workspace: Workspace) -> list[JudgedEngagement]:
    """Return the stored judgements, by engagement id; [] when nothing was judged yet."""
    folders = sorted(path.parent for path in workspace.judgements_folder.glob(f"*/{JUDGEMENT_FILE}"))
    return [_read_engagement(each, _stamp(each / JUDGEMENT_FILE), _stamp(each / FINDINGS_FILE)) for each in folders]


@lru_cache(maxsize=8)
def _read_engagement(folder: Path, judgement: tuple[int, ...], findings: tuple[int, ...]) -> JudgedEngagement:
    """Read one judgement, once per state of its files: a server asks for them again and again."""
    del judgement, findings
    return JudgedEngagement(
        read_judgement(orjson.loads((folder / JUDGEMENT_FILE).read_bytes())),
        tuple(_finding(body) for body in orjson.loads((folder / FINDINGS_FILE).read_bytes())),
        folder,
    )


def _stamp(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def review_days(judgement: EngagementJudgement, zone: str) -> tuple[str, str]:
    """Return the first and the last day of the judged period as people read them in `zone`."""
    starts, ends = (parse_instant(text).earliest for text in (judgement.starts_at, judgement.ends_before))
    reporting = zone_named(zone)
    return starts.astimezone(reporting).date().isoformat(), (ends - _TICK).astimezone(reporting).date().isoformat()


@dataclass(frozen=True, slots=True)
class _PeopleSaid:
    """What named persons said, from captured evidence: answers to findings, signatures under completeness records."""

    responses: Mapping[str, Response]
    signatures: Mapping[str, Sequence[Signature]]
    """Population -> the signatures under its completeness records."""


def _wanted(scope: Scope, wanted: Sequence[str]) -> list[Engagement]:
    known = {engagement.id: engagement for engagement in scope.engagements}
    unknown = [name for name in wanted if name not in known]
    if unknown or not known:
        raise UserError(
            [
                Problem(
                    "engagement", f"there is no engagement {name!r}", "one of " + (", ".join(known) or "(none defined)")
                )
                for name in unknown
            ]
            or Problem(
                "scope", "no engagement is defined", "at least one", "add 'engagements:' to a scope file and apply it"
            )
        )
    return [known[name] for name in wanted or sorted(known)]


def _judge_one(
    workspace: Workspace, engagement: Engagement, scope: Scope, runs: Mapping[str, Path], people: _PeopleSaid
) -> JudgedEngagement:
    settings = lens_settings()[engagement.lens]
    catalog = load_catalog()
    building = workspace.building_folder / engagement.id
    building.mkdir(parents=True)
    stretches = [
        ScopeStretch(label.system, label.stretch.first, label.stretch.last)
        for label in effective_labels(scope)
        if label.label == settings.label and label.counts
    ]
    judged: dict[str, ControlJudgement] = {}
    findings: list[Finding] = []
    used: dict[str, str] = {}
    for control in _controls(catalog, scope, engagement):
        results = []
        signatures = _signatures_for(control.control_id, scope, people.signatures)
        for test in control.required.get(engagement.lens, {}):
            if test not in known_rules():
                continue
            required = control.required_attributes(lens=engagement.lens, control_test_id=test)
            view = LensView(engagement.lens, engagement.period, stretches, required)
            run = _run_over(runs.get(test), engagement.period)
            verdicts = building / f"{control.control_id}-{test}.parquet"
            found = _verdicts(run, runs.get(test), view, verdicts)
            uncovered = uncovered_systems(runs[test] if run else None, stretches)
            looks = _looks(run, runs.get(test), found, engagement.period, years=settings.benchmark_years)
            results.append(_result(test, run, required, found, signatures, uncovered=uncovered, looks=looks))
            if run is not None:
                used[test] = run.run_id
                if found is not None and found.counts.population:
                    rule = load_rule(runs[test])
                    seen = JudgedRun(engagement.lens, control, rule, runs[test] / OUTCOMES_FILE, verdicts, required)
                    findings += group_findings(seen, people.responses)
        planned = [test for test in control.required.get(engagement.lens, {}) if test not in known_rules()]
        judged[control.control_id] = conclude_control(
            settings, control, period=engagement.period, results=results, planned=planned
        )
    judged = limit_automated(settings, judged, automated=catalog.automated_controls)
    judged = limit_type_1(judged, engagement.type_1_day)
    clocks = {test: read_run(runs[test]).clock for test in used}
    reach = reach_of(engagement.period, day=engagement.type_1_day, clocks=clocks)
    judgement = _judgement(engagement, settings, catalog, judged, used, clock=_clock(runs), reach=reach)
    (building / JUDGEMENT_FILE).write_bytes(
        orjson.dumps(judgement.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    )
    # In the form that a package has, so that the hash in the log is that of the packaged file.
    form = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    (building / FINDINGS_FILE).write_bytes(orjson.dumps([asdict(each) for each in findings], option=form))
    folder = workspace.judgements_folder / engagement.id
    replace_folder(building, folder)
    return JudgedEngagement(judgement, tuple(findings), folder)


def _controls(catalog: Catalog, scope: Scope, engagement: Engagement) -> list[Control]:
    """Return the controls that the company runs and the lens judges; all of the catalog when the scope names none."""
    chosen = {assignment.control_id for assignment in scope.controls}
    return [
        control
        for control in catalog.controls.values()
        if engagement.lens in control.lenses and (not chosen or control.control_id in chosen)
    ]


def _run_over(folder: Path | None, period: ReviewPeriod) -> ControlTestRun | None:
    """Return the run; None when there is none, or its completeness was asked for another period than this one.

    That happens where an engagement was added or moved after the run. A run may end with its data, before the period.
    """
    if folder is None:
        return None
    run = read_run(folder)
    record = orjson.loads((folder / COMPLETENESS_FILE).read_bytes())
    since, until = (datetime.fromisoformat(record[name]) for name in ("asked_from", "asked_before"))
    needed_until = min(period.ends_before, datetime.fromisoformat(run.clock))
    return run if since <= period.starts_at and needed_until <= until else None


def _verdicts(run: ControlTestRun | None, folder: Path | None, view: LensView, into: Path) -> Verdicts | None:
    if run is None or folder is None or run.state is RunState.STOPPED:
        return None
    if run.state is RunState.DID_NOT_OCCUR:
        return Verdicts(into, Counts(0, 0, 0, 0, 0), {})
    return judge_items(view, folder / OUTCOMES_FILE, into=into)


def _looks(
    run: ControlTestRun | None, folder: Path | None, verdicts: Verdicts | None, period: ReviewPeriod, *, years: int
) -> Looks | None:
    if run is None or folder is None or verdicts is None or run.state is not RunState.TESTED:
        return None
    clock = parse_instant(run.clock).earliest
    return looks_of(folder / POPULATION_FILE, verdicts.file, period=period, clock=clock, years=years)


def uncovered_systems(folder: Path | None, scope: Sequence[ScopeStretch]) -> tuple[str, ...]:
    """Return the systems in this lens's scope of which no export of the run speaks, as its completeness record says."""
    if folder is None:
        return ()
    checks = orjson.loads((folder / COMPLETENESS_FILE).read_bytes())["checks"]
    systems = {stretch.system for stretch in scope}
    told = [detail for check in checks if check["code"] == "systems_covered" for detail in check["details"]]
    return tuple(detail for detail in told if detail.partition(":")[0] in systems)


def _result(
    test: str,
    run: ControlTestRun | None,
    required: Sequence[str],
    verdicts: Verdicts | None,
    signatures: Mapping[str, Sequence[Signature]],
    *,
    uncovered: Sequence[str],
    looks: Looks | None,
) -> ControlTestResult:
    return ControlTestResult(
        control_test=test,
        run_id=run.run_id if run else "",
        required=tuple(required),
        counts=verdicts.counts if verdicts else None,
        by_system=verdicts.by_system if verdicts else {},
        stops=(*run.stops, *_refused(signatures, run)) if run else (),
        completeness_signed_by=signed_by(signatures, run) if run else "",
        uncovered=tuple(uncovered),
        looks=looks,
    )


def _signatures_for(
    control_id: str, scope: Scope, signatures: Mapping[str, Sequence[Signature]]
) -> dict[str, Sequence[Signature]]:
    """Leave out who calls complete a population on which a control is tested in which they have a part."""
    return {
        population: [
            each
            for each in said
            if each.conclusion == CompletenessConclusion.NOT_COMPLETE
            or control_id not in controls_of(scope, *each.names)
        ]
        for population, said in signatures.items()
    }


def _refused(signatures: Mapping[str, Sequence[Signature]], run: ControlTestRun) -> Iterator[str]:
    """Yield that a named person concluded that the population of a run is not complete: nothing is concluded on it."""
    who = signed_by(signatures, run, CompletenessConclusion.NOT_COMPLETE)
    if who:
        yield f"{who} concluded that the population {run.population} is not complete"


def _judgement(
    engagement: Engagement,
    settings: LensSettings,
    catalog: Catalog,
    judged: Mapping[str, ControlJudgement],
    used: Mapping[str, str],
    *,
    clock: str,
    reach: tuple[str, ...],
) -> EngagementJudgement:
    gathered: tuple[GatheredJudgement, ...]
    if engagement.lens == "soc2":
        gathered = judge_criteria(catalog, categories=engagement.categories, judged=judged)
    else:
        gathered = judge_domains(catalog, judged=judged)
    return EngagementJudgement(
        engagement_id=engagement.id,
        lens=engagement.lens,
        lens_title=settings.title,
        auditor=engagement.auditor,
        starts_at=engagement.period.starts_at.isoformat(),
        ends_before=engagement.period.ends_before.isoformat(),
        clock=clock,
        tolerable_percent=settings.tolerable_percent,
        tolerable_source=settings.tolerable_source,
        benchmark_years=settings.benchmark_years,
        benchmark_source=settings.benchmark_source,
        categories=tuple(engagement.categories),
        runs=dict(sorted(used.items())),
        controls=tuple(judged.values()),
        gathered=gathered,
        reach=reach,
    )


def _clock(runs: Mapping[str, Path]) -> str:
    return max(read_run(folder).clock for folder in runs.values())


def _people_said(workspace: Workspace) -> _PeopleSaid:
    if not tables_now(workspace.tables_folder):
        where = str(workspace.tables_folder)
        raise UserError(Problem(where, "the tables are missing or were never finished", "tables", "run 'twofold test'"))
    with open_session(TableSet(workspace.tables_folder, {}), wanted=_SAID_BY_PEOPLE) as session:
        answers = session.execute(
            """
            SELECT finding, cause, response, owner, due_on, given_by, given_at FROM finding_response
            WHERE NOT conflicted ORDER BY given_at, finding
            """
        ).fetchall()
        signatures = read_signatures(session)
    responses = {
        finding: Response(cause, response, owner, due_on, given_by, given_at.replace(tzinfo=UTC).isoformat())
        for finding, cause, response, owner, due_on, given_by, given_at in answers
    }
    return _PeopleSaid(responses, signatures)


def _finding(body: Mapping[str, object]) -> Finding:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
    return Finding(**values)  # type: ignore[arg-type]  # written by asdict of the same class
