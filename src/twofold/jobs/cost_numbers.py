"""What the company's cost is counted from: the applied scope, the evidence in force, the newest judgements, the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control
from twofold.catalog.load import load_catalog
from twofold.controltests.rule import Rule, known_rules
from twofold.engagement.cost.counting import (
    CompanyNumbers,
    ControlNumbers,
    EngagementNumbers,
    ExportNumbers,
    is_by_hand,
)
from twofold.engagement.cost.timeline import Span
from twofold.jobs.judge import JudgedEngagement, judged_engagements
from twofold.jobs.normalise import evidence_to_read
from twofold.jobs.source_registry import feeds
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef
from twofold.model.outcome import Outcome
from twofold.model.period import ReviewPeriod
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.populations.completeness import population_register
from twofold.populations.define import definition_text
from twofold.populations.steps import step_text, steps_needed
from twofold.records.acts.sample import agreements
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.engagement import Engagement
from twofold.scope.labels import FIN_RELEVANT, SOC2, effective_labels
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch
from twofold.tables.schema import PREPARATION, canonical_tables

_YEAR = 365
_POLICY_TEST = "T-28"
_LABEL = {"soc2": SOC2, "sox": FIN_RELEVANT}
Tables = Mapping[str, tuple[frozenset[str], frozenset[str]]]
"""Control test -> the tables that its population comes from, and all tables that it reads."""


def company_numbers(workspace: Workspace, applied: AppliedScope, engagements: Sequence[Engagement]) -> CompanyNumbers:
    """Count what the engagements concern. What was not captured or judged yet stays uncounted."""
    scope, catalog = applied.scope, load_catalog()
    wanted = {each.id for each in engagements}
    judged = {each.judgement.engagement_id: each for each in judged_engagements(workspace)}
    judged = {name: each for name, each in judged.items() if name in wanted}
    controls = {
        control.control_id: (
            control,
            frozenset(each.lens for each in engagements if _runs(control, each, scope, catalog)),
        )
        for control in catalog.controls.values()
    }
    tables = {str(test): _tables(rule) for test, rule in known_rules().items()}
    evidence = [each for each in evidence_to_read(workspace) if is_an_export(each)]
    concerned = {name: pair for name, pair in controls.items() if pair[1]}
    exports = _exports(evidence, concerned.values(), tables)
    by_hand = _fed_by_hand(evidence)
    numbers = [
        _control(control, lenses, scope, engagements, judged, _by_hand(control, tables, by_hand))
        for control, lenses in concerned.values()
    ]
    agreed: dict[str, dict[str, int]] = {each.id: {} for each in engagements}
    for agreement in agreements(workspace.vault):
        agreed.setdefault(agreement.engagement, {})[agreement.control] = agreement.size
    return CompanyNumbers(
        controls=tuple(numbers),
        engagements=tuple(_engagement(each, scope, catalog, agreed[each.id]) for each in engagements),
        exports=tuple(exports),
        connectors=tuple(sorted({e.provenance.source for e in evidence if not is_by_hand(e.provenance)})),
        tables_by_hand=tuple(sorted(_read(concerned.values(), tables) & {t for t, hand in by_hand.items() if hand})),
        policies=_policies(judged.values()) if judged else None,
        shared_tests=_shared_tests(concerned.values()),
        scope=f"scope: applied with entry {applied.entry_index} of the log",
    )


def spans(engagements: Iterable[Engagement]) -> list[Span]:
    """Return the engagements for the timeline, with their days as the scope files say them."""
    return [
        Span(
            each.id,
            each.type or each.lens,
            date.fromisoformat(each.starts_on.text),
            date.fromisoformat(each.ends_on.text),
        )
        for each in engagements
    ]


def is_an_export(evidence: EvidenceRef) -> bool:
    """Whether it is of a source: not an act of a person, and not what is told in preparation of an audit."""
    subjects = {canonical_tables()[name].subject for name in feeds(evidence.provenance)}
    return evidence.provenance.connector != ACT_CONNECTOR and bool(subjects - PREPARATION)


def _runs(control: Control, engagement: Engagement, scope: Scope, catalog: Catalog) -> bool:
    """Whether the company runs the control and the engagement judges it."""
    chosen = {each.control_id for each in scope.controls}
    if engagement.lens not in control.lenses or (chosen and control.control_id not in chosen):
        return False
    if engagement.lens == "sox":
        return bool(_systems(scope, engagement))
    criteria = {each.criterion_id for each in catalog.criteria_for(engagement.categories)}
    return bool(criteria & set(control.criteria))


def _systems(scope: Scope, engagement: Engagement) -> set[str]:
    """Return the systems that the engagement's lens counts in at any time of its period."""
    period = Stretch.of(engagement.period.starts_at, engagement.period.ends_before)
    return {
        label.system
        for label in effective_labels(scope)
        if label.label == _LABEL[engagement.lens] and label.counts and label.stretch.common(period)
    }


def _tables(rule: Rule) -> tuple[frozenset[str], frozenset[str]]:
    primary = frozenset(population_register()[rule.population].primary)
    texts = [rule.sql, rule.facts_sql, definition_text(rule.population)]
    texts += [step_text(name) for name in steps_needed(*texts)]
    words = {word.partition("__")[0] for text in texts for word in _words(text)}
    return primary, frozenset(words & set(canonical_tables())) | primary


def _words(text: str) -> Iterator[str]:
    word = ""
    for letter in f"{text} ":
        if letter == "_" or "a" <= letter <= "z":
            word += letter
        elif word:
            yield word
            word = ""


Concerned = Iterable[tuple[Control, frozenset[str]]]


def _read(concerned: Concerned, tables: Tables, lens: str = "") -> set[str]:
    """Return the tables that the tests of the controls read, with a lens only those that it judges by."""
    return {
        table
        for control, lenses in concerned
        for each in (lenses & {lens} if lens else lenses)
        for test in control.required.get(each, {})
        if test in tables
        for table in tables[test][1]
    }


def _exports(evidence: Iterable[EvidenceRef], concerned: Concerned, tables: Tables) -> list[ExportNumbers]:
    held = list(concerned)
    read = {lens: _read(held, tables, lens) for lens in ("soc2", "sox")}
    found = []
    for each in evidence:
        fed = set(feeds(each.provenance))
        lenses = frozenset(lens for lens, names in read.items() if names & fed)
        found.append(ExportNumbers(each.evidence_id, is_by_hand(each.provenance), lenses))
    return found


def _fed_by_hand(evidence: Iterable[EvidenceRef]) -> dict[str, bool]:
    """Return for each table that is fed whether any of its evidence was exported by hand."""
    found: dict[str, bool] = {}
    for each in evidence:
        for table in feeds(each.provenance):
            found[table] = found.get(table, False) or is_by_hand(each.provenance)
    return found


def _by_hand(control: Control, tables: Tables, fed: Mapping[str, bool]) -> bool | None:
    """Whether a population of the control comes from exports by hand; None where nothing feeds it. No rule: by hand."""
    primary = {table for test in control.control_tests if test in tables for table in tables[test][0]}
    known = [fed[table] for table in primary if table in fed]
    if not primary:
        return True
    return any(known) if known else None


def _shared_tests(concerned: Concerned) -> tuple[str, ...]:
    found = {
        str(test)
        for control, lenses in concerned
        if len(lenses) > 1
        for test in set(control.required.get("soc2", {})) & set(control.required.get("sox", {}))
        if test in known_rules()
    }
    return tuple(sorted(found))


def _control(
    control: Control,
    lenses: frozenset[str],
    scope: Scope,
    engagements: Sequence[Engagement],
    judged: Mapping[str, JudgedEngagement],
    by_hand: bool | None,
) -> ControlNumbers:
    mine = [judged[each.id] for each in engagements if each.id in judged and each.lens in lenses]
    conclusions: dict[str, str] = {}
    data = [f"catalog: {control.control_id}"]
    for each in mine:
        for result in each.judgement.controls:
            if result.control_id == control.control_id:
                conclusions.setdefault(each.judgement.lens, result.conclusion.value)
                data += [f"run: {run.run_id}" for run in result.results if run.run_id]
    held = [each for each in scope.controls if each.control_id == control.control_id]
    ends = max(each.period.ends_before for each in engagements)
    now = [each for each in held if each.stretch.starts_at < ends <= each.stretch.ends_before]
    return ControlNumbers(
        control_id=str(control.control_id),
        title=control.title,
        frequency=control.frequency,
        unit=control.population_unit,
        lenses=lenses,
        performers=tuple(sorted({each.performer for each in now if each.performer})),
        owned=any(each.owner for each in now),
        items_a_year=_items_a_year(control, mine, engagements),
        by_hand=by_hand,
        tested=bool(control.control_tests),
        conclusions=conclusions,
        data=tuple(dict.fromkeys(data)),
    )


def _items_a_year(
    control: Control, judged: Sequence[JudgedEngagement], engagements: Sequence[Engagement]
) -> Fraction | None:
    """Count the items that apply under any of the judgements, each once, scaled from their days to a year."""
    names = {each.judgement.engagement_id for each in judged}
    periods = [each.period for each in engagements if each.id in names]
    files: dict[str, list[Path]] = {}
    for each in judged:
        for file in each.folder.glob(f"{control.control_id}-T-*.parquet"):
            files.setdefault(file.name, []).append(file)
    if not files or not periods:
        return None
    return Fraction(sum(_items(each) for each in files.values()) * _YEAR, max(1, _days(periods)))


def _days(periods: Iterable[ReviewPeriod]) -> int:
    """Return how many days the periods cover together, each once."""
    covered, until = timedelta(), datetime.min.replace(tzinfo=UTC)
    for each in sorted(periods):
        covered += max(timedelta(), each.ends_before - max(each.starts_at, until))
        until = max(until, each.ends_before)
    return round(covered / timedelta(days=1))


def _items(files: Sequence[Path]) -> int:
    read = ", ".join("?" for _ in files)
    with sql_session() as session:
        found = session.execute(
            f"SELECT count(DISTINCT item) FROM read_parquet([{read}]) WHERE verdict <> ?",  # noqa: S608  only question marks
            [*(one_file(file) for file in files), Outcome.NOT_APPLICABLE.value],
        ).fetchone()
    return int(found[0]) if found else 0


def _engagement(engagement: Engagement, scope: Scope, catalog: Catalog, agreed: Mapping[str, int]) -> EngagementNumbers:
    days = (engagement.period.ends_before - engagement.period.starts_at).days
    return EngagementNumbers(
        engagement_id=engagement.id,
        lens=engagement.lens,
        kind=engagement.type or engagement.lens,
        days=days,
        criteria=len(catalog.criteria_for(engagement.categories)) if engagement.lens == "soc2" else 0,
        systems=len(_systems(scope, engagement)),
        agreed=agreed,
    )


def _policies(judged: Iterable[JudgedEngagement]) -> tuple[str, ...]:
    """Return the policies with an exception of T-28; an item of it is `<policy>/<month>`."""
    items = {
        item
        for each in judged
        for finding in each.findings
        if finding.control_test == _POLICY_TEST and finding.code.startswith("exception")
        for item in finding.items
    }
    return tuple(sorted({item.rpartition("/")[0] or item for item in items}))
