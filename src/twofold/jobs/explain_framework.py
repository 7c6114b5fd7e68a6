"""Explain SOC 2 against SOX by the company's own controls: read what was judged, and put the two side by side.

It tests and judges nothing; where a lens was not judged, its side says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.judge import JudgedEngagement, judged_engagements, review_days
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.settings import lens_settings
from twofold.model.ids import ControlTestId
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.records.workspace import SCOPE_SOURCE, Workspace
from twofold.reports.framework_comparison import (
    LENSES,
    Comparison,
    ControlCompared,
    LensPart,
    PairCount,
    SystemDays,
)
from twofold.scope.engagement import Engagement
from twofold.scope.labels import effective_labels
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined, stretch_text
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.evidence_list import evidence_numbers

_NO_VERDICTS = "(SELECT '' AS item, '' AS system, '' AS verdict, '' AS reason WHERE false)"


def explain_framework(
    workspace: Workspace, wanted: Sequence[str] = (), *, engagements: Sequence[str] = ()
) -> Comparison:
    """Compare the wanted controls (all that a lens judges for the company when empty).

    engagements: those to show, at most one a lens; by default the last of each lens by its period. Raises UserError for
    an unknown control, or an engagement that was not judged.
    """
    applied = require_applied_scope(workspace)
    catalog = load_catalog()
    chosen = _chosen(judged_engagements(workspace), engagements)
    controls = [catalog.control(name) for name in wanted] or _of_company(catalog, applied.scope, chosen.values())
    evidence = _evidence_of_runs(workspace)
    relevant = any(
        each.label == lens_settings()["sox"].label and each.counts for each in effective_labels(applied.scope)
    )
    return Comparison(
        company=workspace.settings.company,
        zone=applied.scope.reporting_zone,
        clock=max((each.judgement.clock for each in chosen.values()), default=""),
        relevant=relevant,
        controls=tuple(_compared(control, applied.scope, chosen, evidence) for control in controls),
        engagements={lens: each.judgement.engagement_id for lens, each in chosen.items()},
        systems=tuple(system.id for system in applied.scope.systems),
        reach=tuple((each.judgement.engagement_id, told) for each in chosen.values() for told in each.judgement.reach),
    )


def _chosen(judged: Iterable[JudgedEngagement], wanted: Sequence[str]) -> dict[str, JudgedEngagement]:
    """Return lens -> the engagement to show."""
    known = {each.judgement.engagement_id: each for each in judged}
    problems = [
        Problem("--engagement", f"{name!r} was not judged", "one of " + (", ".join(known) or "(none was judged yet)"))
        for name in wanted
        if name not in known
    ]
    asked = [known[name] for name in wanted if name in known]
    if len({each.judgement.lens for each in asked}) < len(asked):
        problems.append(Problem("--engagement", "two engagements of one lens", "at most one of each lens"))
    if problems:
        raise UserError(problems)
    newest = sorted(known.values(), key=lambda each: (each.judgement.ends_before, each.judgement.engagement_id))
    found = {each.judgement.lens: each for each in newest}
    return {lens: found[lens] for lens in LENSES if lens in found} | {each.judgement.lens: each for each in asked}


def _of_company(catalog: Catalog, scope: Scope, judged: Iterable[JudgedEngagement]) -> list[Control]:
    """Return the controls that an engagement judges; before any judgement, those that the scope names."""
    named = {control.control_id for each in judged for control in each.judgement.controls}
    named = named or {entry.id for entry in scope.controls}
    return [control for control in catalog.controls.values() if not named or control.control_id in named]


def _compared(
    control: Control, scope: Scope, chosen: dict[str, JudgedEngagement], evidence: dict[str, tuple[str, ...]]
) -> ControlCompared:
    parts = {lens: _part(control, scope, lens, chosen.get(lens)) for lens in LENSES}
    judged = {lens: part.judgement for lens, part in parts.items() if part.judgement}
    results = [result for judgement in judged.values() for result in judgement.results]
    tests = list(dict.fromkeys(result.control_test for result in results))
    pairs = [pair for test in tests for pair in _pairs(control.control_id, test, chosen)]
    runs = tuple(dict.fromkeys(result.run_id for result in results if result.run_id))
    pieces = dict.fromkeys(piece for run in runs for piece in evidence.get(run, ()))
    return ControlCompared(control, parts, _attributes(control), tuple(pairs), runs, tuple(pieces))


def _part(control: Control, scope: Scope, lens: str, judged: JudgedEngagement | None) -> LensPart:
    if judged is None:
        return LensPart(lens, "", "", (), None, _headings(control, lens, None))
    judgement = judged.judgement
    engagement = scope.engagement(judgement.engagement_id)
    period = " to ".join(review_days(judgement, scope.reporting_zone))
    systems = tuple(_systems(scope, engagement)) if engagement else ()
    own: ControlJudgement | None = next(
        (each for each in judgement.controls if each.control_id == control.control_id), None
    )
    return LensPart(lens, judgement.engagement_id, period, systems, own, _headings(control, lens, judged))


def _systems(scope: Scope, engagement: Engagement) -> Iterator[SystemDays]:
    """Yield the systems in the lens of an engagement inside its period, by id."""
    span = Stretch(engagement.period.starts_at, engagement.period.ends_before)
    held: dict[str, list[Stretch]] = {}
    for label in effective_labels(scope):
        common = label.stretch.common(span)
        if label.label == lens_settings()[engagement.lens].label and label.counts and common:
            held.setdefault(label.system, []).append(common)
    for system, stretches in sorted(held.items()):
        whole = joined(stretches)
        days = ", ".join(stretch_text(each, zone=scope.reporting_zone) for each in whole)
        yield SystemDays(system, "" if whole == [span] else days)


def _headings(control: Control, lens: str, judged: JudgedEngagement | None) -> tuple[str, ...]:
    covered = {each.id for each in judged.judgement.gathered} if judged else None
    if lens == "soc2":
        return tuple(str(each) for each in control.criteria if covered is None or each in covered)
    return tuple(f"{domain} ({role})" for domain, role in control.domains.items())


def _attributes(control: Control) -> tuple[tuple[str, str, str, bool, bool], ...]:
    found = []
    for test in control.control_tests:
        rule = known_rules().get(ControlTestId(test))
        asked = [control.required_attributes(lens=lens, control_test_id=test) for lens in LENSES]
        for attribute in rule.attributes if rule else ():
            soc2, sox = (attribute.letter in letters for letters in asked)
            if soc2 or sox:
                found.append((str(test), attribute.letter, attribute.wording, soc2, sox))
    return tuple(found)


def _pairs(control_id: str, test: str, chosen: dict[str, JudgedEngagement]) -> list[PairCount]:
    """Return how many items have which verdicts under both lenses, in a fixed order."""
    files = {lens: each.folder / f"{control_id}-{test}.parquet" for lens, each in chosen.items()}
    relations = {lens: _relation(files.get(lens)) for lens in LENSES}
    with sql_session() as session:
        rows = session.execute(
            f"""
            SELECT COALESCE(a.verdict, ''), COALESCE(a.reason, ''), COALESCE(b.verdict, ''), COALESCE(b.reason, ''),
                count(*)
            FROM {relations["soc2"]} AS a
            FULL JOIN {relations["sox"]} AS b ON b.item = a.item AND b.system IS NOT DISTINCT FROM a.system
            GROUP BY ALL ORDER BY ALL
            """  # noqa: S608  our own files
        ).fetchall()
    return [PairCount(test, *row) for row in rows]


def _relation(file: Path | None) -> str:
    if file is None or not file.exists():
        return _NO_VERDICTS
    path = one_file(file).replace("'", "''")
    return f"read_parquet('{path}')"


def _evidence_of_runs(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """Return run id -> the evidence it relied on, without the scope files, as the newest entry of the run says."""
    vault = workspace.vault
    scope_files = {each.evidence_id for each in vault.list_evidence() if each.provenance.source == SCOPE_SOURCE}
    return {
        str(entry.body["run_id"]): tuple(
            str(name) for name in map(evidence_id_of, evidence_numbers(entry)) if name not in scope_files
        )
        for entry in vault.entries(kind=EntryKind.RUN)
    }
