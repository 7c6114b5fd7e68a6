"""Step 8: gather everything that the auditor needs for the wanted engagements and write the audit package."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from twofold import __version__
from twofold.catalog.catalog import Catalog
from twofold.catalog.crosswalk import crosswalk_matrix
from twofold.catalog.load import load_catalog
from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import load_rule
from twofold.controltests.run_record import POPULATION_FILE, RunState, read_run
from twofold.engagement.sample import rebuild
from twofold.jobs.checkpoint import make_checkpoint
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.deficiency.packaged import deficiencies_for_package
from twofold.jobs.judge import JudgedEngagement, judged_engagements, review_days
from twofold.jobs.normalise import tables_are
from twofold.jobs.package_log import shown_log
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.redaction import resolve_redaction
from twofold.jobs.sample import frozen_population
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.populations.steps import register_steps, step_text, steps_needed
from twofold.records.acts.recording import record
from twofold.records.workspace import AppliedScope, Workspace
from twofold.reports.contents import (
    PackageContents,
    PackagedEngagement,
    PackagedLog,
    PackagedRun,
    PackagedSample,
    file_name,
)
from twofold.reports.package import PackageSummary, write_package
from twofold.reports.redaction import Redaction, read_redaction
from twofold.reports.systems import shown_systems
from twofold.reports.zipped import zip_package
from twofold.scope.register import Scope, canonical_scope_bytes
from twofold.tables.schema import canonical_tables
from twofold.tables.store import TableSet, open_session, quoted
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind, read_entry
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.keys import SigningKey

_NAME = re.compile(r"[a-z_]+")
_BEHIND_DERIVED = frozenset({"code_commit", "deployment"})
"""Change sets are computed from these."""
_ROLES = ("owner", "performer", "evidence_owner", "deputy")


def package(  # noqa: PLR0913  what the command is asked for, each by its name
    workspace: Workspace,
    wanted: Sequence[str],
    *,
    into: Path,
    key: SigningKey,
    actor: str,
    at: datetime,
    redact: Path | None = None,
    report: ProgressReporter = silent,
) -> tuple[PackageSummary, Path]:
    """Write the audit package for the wanted engagements (all when empty) as a folder, and a zip beside it.

    The key signs a checkpoint of the log, which is kept, and the package. The log has one entry more afterwards, with
    the package's hash; the package itself shows the log as it was before. Raises UserError when nothing was judged, an
    engagement is unknown, `into` exists, or the key is not the one in force.
    redact: a file that says which columns and rows to withhold (reports/redaction.py).
    """
    judged = judged_engagements(workspace)
    if not judged:
        raise UserError(Problem(str(workspace.root), "nothing was judged yet", "a judgement", "run 'twofold judge'"))
    known = {each.judgement.engagement_id: each for each in judged}
    if unknown := [name for name in wanted if name not in known]:
        raise UserError(
            [Problem("engagement", f"{name!r} was not judged", "one of " + ", ".join(known)) for name in unknown]
        )
    chosen = [known[name] for name in dict.fromkeys(wanted)] or judged
    _check_free(into)
    with (
        workspace.computing("twofold package"),
        tempfile.TemporaryDirectory(prefix="twofold-package-") as scratch,
    ):
        report("gathering", 0, 2)
        redaction = _redaction(workspace, chosen, redact, actor=actor, at=at) if redact else None
        checkpoint = make_checkpoint(workspace, key, at=at).checkpoint
        contents = _contents(workspace, chosen, Path(scratch), checkpoint, redaction, at=at)
        report("writing the package", 1, 2)
        summary = write_package(contents, into, key=key)
    archive = zip_package(into)
    report("writing the package", 2, 2)
    body: dict[str, Json] = {
        "package_id": contents.package_id,
        "engagements": [each.id for each in contents.engagements],
        "tagmanifest_sha256": summary.digest,
    }
    record(workspace.vault, EntryKind.PACKAGE, body=body, acting_user=actor, at=at)
    return summary, archive


def _check_free(into: Path) -> None:
    """Refuse before hours of work what could not be put in its place after it."""
    taken = [path for path in (into, into.with_name(f"{into.name}.zip")) if path.exists()]
    if taken:
        remedy = "name another folder, or remove this one"
        raise UserError(
            [Problem(str(path), "it exists already", "a new folder and a new zip", remedy) for path in taken]
        )


def _contents(
    workspace: Workspace,
    judged: Sequence[JudgedEngagement],
    scratch: Path,
    checkpoint: Checkpoint,
    redaction: Redaction | None,
    *,
    at: datetime,
) -> PackageContents:
    applied = require_applied_scope(workspace)
    catalog = load_catalog()
    runs = _runs(workspace, judged, applied, catalog, scratch)
    evaluated = deficiencies_for_package(workspace, judged, at=at, checkpoint=checkpoint)
    relied_on = _relied_on(workspace, runs) | set(applied.evidence.values()) | evaluated.evidence
    categories = sorted({category for each in judged for category in each.judgement.categories})
    names = [each.judgement.engagement_id for each in judged]
    commitments = [each.table.entry for each in redaction.tables] if redaction else []
    shown = shown_log(workspace, names, evidence=relied_on, commitments=commitments, checkpoint=checkpoint)
    return PackageContents(
        package_id=file_name(f"{workspace.settings.company} {' '.join(names)}"),
        company=workspace.settings.company,
        reporting_zone=applied.scope.reporting_zone,
        software=f"Twofold {__version__}",
        clock=max(parse_instant(each.judgement.clock).earliest for each in judged),
        engagements=[_engagement(each, applied.scope) for each in judged],
        systems=shown_systems(applied.scope),
        runs=runs,
        scope_json=canonical_scope_bytes(applied.scope),
        matrix=crosswalk_matrix(catalog, categories=categories or None),
        evidence=shown.evidence,
        log=shown.log,
        tables_folder=workspace.tables_folder,
        redaction=redaction,
        withheld=shown.withheld,
        order_flags=shown.order_flags,
        samples=_samples(workspace, shown.log),
        deficiencies=evaluated.memos,
    )


def _samples(workspace: Workspace, log: PackagedLog) -> list[PackagedSample]:
    """Return the samples that the shown records give; raises UserError where frozen lines were lost or changed."""
    shown = rebuild(read_entry(raw) for _, raw in log.records).by_id
    return [PackagedSample(each, frozen_population(workspace, each)) for each in shown.values()]


def _redaction(
    workspace: Workspace, judged: Sequence[JudgedEngagement], redact: Path, *, actor: str, at: datetime
) -> Redaction:
    """Resolve a redaction file; tables that it names are committed to now if they were not before."""
    runs = {test: workspace.runs_folder / run for each in judged for test, run in each.judgement.runs.items()}
    return resolve_redaction(workspace, read_redaction(redact), runs=runs, actor=actor, at=at)


def _runs(
    workspace: Workspace, judged: Sequence[JudgedEngagement], applied: AppliedScope, catalog: Catalog, scratch: Path
) -> list[PackagedRun]:
    found: dict[tuple[str, str], dict[str, Path]] = {}
    runs: dict[tuple[str, str], str] = {}
    for each in judged:
        for control in each.judgement.controls:
            for result in control.results:
                if not result.run_id:
                    continue
                key = (control.control_id, result.control_test)
                runs[key] = result.run_id
                verdicts = each.folder / f"{control.control_id}-{result.control_test}.parquet"
                found.setdefault(key, {})
                if verdicts.exists():
                    found[key][each.judgement.engagement_id] = verdicts
    facts = {run_id: _facts_of_deviations(workspace, run_id, scratch) for run_id in sorted(set(runs.values()))}
    return [
        PackagedRun(
            control=catalog.control(control_id),
            rule=load_rule(workspace.runs_folder / runs[control_id, test]),
            folder=workspace.runs_folder / runs[control_id, test],
            definition_sql=(workspace.runs_folder / runs[control_id, test] / "population.sql").read_text(
                encoding="utf-8"
            ),
            steps=_steps(workspace.runs_folder / runs[control_id, test]),
            verdicts=verdicts,
            people=_people(applied.scope, control_id),
            facts=facts[runs[control_id, test]],
        )
        for (control_id, test), verdicts in sorted(found.items())
    ]


def _steps(folder: Path) -> Mapping[str, str]:
    return {
        path.stem.partition("-")[2]: path.read_text(encoding="utf-8") for path in sorted((folder / "steps").iterdir())
    }


def _people(scope: Scope, control_id: str) -> dict[str, str]:
    """Return role -> person of the control's newest assignment for all systems, else of any."""
    assigned = [each for each in scope.controls if each.control_id == control_id]
    if not assigned:
        return {}
    newest = max(assigned, key=lambda each: (not each.systems, each.stretch.starts_at))
    return {role.replace("_", " "): str(getattr(newest, role)) for role in _ROLES if getattr(newest, role)}


def _facts_of_deviations(workspace: Workspace, run_id: str, scratch: Path) -> Path | None:
    """Write the facts behind every item that deviates somewhere; None when the tables are not those of the run."""
    folder = workspace.runs_folder / run_id
    run = read_run(folder)
    if run.state is not RunState.TESTED or not tables_are(workspace.tables_folder, run.tables):
        return None
    rule = load_rule(folder)
    target = scratch / f"{run_id}-facts.parquet"
    deviates = " OR ".join(
        f"starts_with({each.letter}, 'exception:') OR starts_with({each.letter}, 'cannot_test:')"
        for each in rule.attributes
    )
    outcomes = quoted(folder / "outcomes.parquet")
    steps = steps_needed(rule.facts_sql)
    texts = [rule.facts_sql, *(step_text(name) for name in steps)]
    named = {name.partition("__")[0] for text in texts for name in _NAME.findall(text)}
    with open_session(TableSet(workspace.tables_folder, {}), wanted=named) as session:
        register_steps(session, steps)
        set_parameters(session, run.parameters, extracted_at=parse_instant(run.clock).earliest)
        session.execute(
            f"""
            CREATE TEMP TABLE population AS SELECT * FROM read_parquet('{quoted(folder / POPULATION_FILE)}')
            WHERE item IN (SELECT item FROM read_parquet('{outcomes}') WHERE {deviates})
            """  # noqa: S608  our own paths and letters of a rule
        )
        facts = f"SELECT * FROM ({rule.facts_sql}) AS facts ORDER BY ALL"  # noqa: S608  the rule's own text
        session.execute(f"COPY ({facts}) TO '{quoted(target)}' (FORMAT parquet)")
    return target


def _relied_on(workspace: Workspace, runs: Sequence[PackagedRun]) -> set[str]:
    """Return the ids of all evidence that feeds a table which a packaged run reads, directly or through a step."""
    read: set[str] = set()
    for run in runs:
        texts = [run.rule.sql, run.rule.facts_sql, run.definition_sql]
        texts += [run.steps[name] for name in steps_needed(*texts) if name in run.steps]
        read |= set(_NAME.findall(" ".join(texts)))
    tables = sorted(read & set(canonical_tables()) | _BEHIND_DERIVED)
    with open_session(TableSet(workspace.tables_folder, {}), wanted={"extraction"}) as session:
        rows = session.execute(
            "SELECT DISTINCT id FROM extraction WHERE list_contains(?, table_name)", [tables]
        ).fetchall()
    return {evidence for (evidence,) in rows}


def _engagement(judged: JudgedEngagement, scope: Scope) -> PackagedEngagement:
    engagement = scope.engagement(judged.judgement.engagement_id)
    first, last = review_days(judged.judgement, scope.reporting_zone)
    return PackagedEngagement(
        judgement=judged.judgement,
        starts_on=first,
        ends_on=last,
        type=engagement.type if engagement else "",
        service=engagement.service if engagement else "",
        findings=judged.findings,
    )
