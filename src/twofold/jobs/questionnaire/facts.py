"""What the sources of answers say today, looked up in the workspace: evidence, conclusions, policies, scope."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from twofold.engagement.questionnaire.facts import FactState, SourceFact, counts_until, kind_of
from twofold.engagement.questionnaire.sox import SOURCE, Boundary, RelevantSystem
from twofold.jobs.judge import judged_engagements
from twofold.jobs.normalise import evidence_in_force
from twofold.jobs.questionnaire.capturing import DOCUMENTS
from twofold.jobs.source_registry import feeds
from twofold.jobs.tables_read import tables_read
from twofold.lenses.conclusion import Conclusion
from twofold.lenses.judgement import EngagementJudgement
from twofold.model.evidence import Provenance
from twofold.model.instant import parse_instant, zone_named
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.tables.schema import canonical_tables
from twofold.vault.retention.deletions import deletions

_POLICY_TABLES = frozenset({"policy", "policy_version", "policy_review", "policy_number"})
_TICK = timedelta(microseconds=1)
_LABELS = {"soc2": SOC2, "financially_relevant": FIN_RELEVANT}


def local_day(workspace: Workspace, at: datetime) -> date:
    """Return the day that a moment lies in, in the reporting zone."""
    return at.astimezone(zone_named(workspace.settings.reporting_zone)).date()


def facts_for(workspace: Workspace, refs: Iterable[str], *, at: datetime) -> dict[str, SourceFact]:
    """Return what each source says today; one that is not there is a fact too, with the reason."""
    wanted: dict[str, list[str]] = {}
    for ref in sorted(set(refs)):
        wanted.setdefault(kind_of(ref), []).append(ref)
    applied = workspace.applied_scope() if wanted.get("scope") else None
    found: dict[str, SourceFact] = {}
    found |= {ref: _control(workspace, ref) for ref in wanted.get("control", ())}
    found |= _evidence(workspace, wanted.get("evidence", ()))
    found |= _policies(workspace, wanted.get("policy", ()), at)
    found |= {ref: _scope(workspace, applied, ref, at) for ref in wanted.get("scope", ())}
    return found


def boundary(workspace: Workspace) -> Boundary | None:
    """Return what the applied scope says of financial reporting, None where no scope was applied."""
    applied = workspace.applied_scope()
    if applied is None:
        return None
    zone = workspace.settings.reporting_zone
    names = {system.id: system.name for system in applied.scope.systems}
    relevant = tuple(
        RelevantSystem(each.system, names.get(each.system, ""), *_days(each, zone), each.reason)
        for each in _relevant(applied)
    )
    engagements = tuple(
        (each.id, each.lens, each.type, each.starts_on.text, each.ends_on.text) for each in applied.scope.engagements
    )
    return Boundary(workspace.settings.company, len(applied.scope.systems), relevant, engagements)


def _gone(ref: str, why: str) -> SourceFact:
    return SourceFact(ref, FactState.GONE, "", ref, why=why)


def _control(workspace: Workspace, ref: str) -> SourceFact:
    """Read the newest conclusion on a control: of one engagement (`control:AC-03@soc2-2026`), or of all of them."""
    control, _, engagement = ref.partition(":")[2].partition("@")
    judged: list[tuple[EngagementJudgement, Conclusion]] = [
        (each.judgement, concluded.conclusion)
        for each in judged_engagements(workspace)
        for concluded in each.judgement.controls
        if concluded.control_id == control and engagement in {"", each.judgement.engagement_id}
    ]
    if not judged:
        return _gone(ref, "no judgement concludes on this control; run 'twofold judge'")
    value = "; ".join(f"{judgement.engagement_id}: {conclusion.value}" for judgement, conclusion in judged)
    as_of = min(parse_instant(judgement.clock).earliest.date() for judgement, _ in judged)
    effective = all(conclusion is Conclusion.EFFECTIVE for _, conclusion in judged)
    return SourceFact(
        ref,
        FactState.HOLDS if effective else FactState.AGAINST,
        value,
        f"{control}, tested on data of {as_of}",
        as_of,
        counts_until("control", as_of),
        "" if effective else f"the control is proposed as {value}",
    )


def _evidence(workspace: Workspace, refs: Iterable[str]) -> dict[str, SourceFact]:
    wanted = list(refs)
    if not wanted:
        return {}
    known = {str(each.evidence_id): each for each in workspace.vault.list_evidence()}
    in_force = {str(each.evidence_id) for each in evidence_in_force(list(known.values()))}
    gone = {str(each) for each in deletions(workspace.vault.log)}
    found = {}
    for ref in wanted:
        name = ref.partition(":")[2]
        evidence = known.get(name)
        if evidence is None or name in gone:
            found[ref] = _gone(ref, "it was deleted" if evidence else "there is no such evidence")
            continue
        if name not in in_force:
            found[ref] = _gone(ref, "a newer version of it was captured")
            continue
        provenance = evidence.provenance
        if _is_an_answer(provenance):
            found[ref] = _gone(ref, "it holds answers of questionnaires, and an answer is no source of another")
            continue
        as_of = ((provenance.period_to - _TICK) if provenance.period_to else provenance.run_at).date()
        shown = f"{name} of {as_of}"
        until = counts_until("evidence", as_of)
        found[ref] = SourceFact(ref, FactState.HOLDS, evidence.sha256[:16], shown, as_of, until)
    return found


def _is_an_answer(provenance: Provenance) -> bool:
    """Whether evidence only holds what was said in answer to customers."""
    if provenance.source == DOCUMENTS:
        return provenance.kind in {"questionnaire", "filled_questionnaire"}
    fed = feeds(provenance)
    return bool(fed) and all(canonical_tables()[table].subject == "questionnaire" for table in fed)


def _policies(workspace: Workspace, refs: Iterable[str], at: datetime) -> dict[str, SourceFact]:
    wanted = list(refs)
    if not wanted:
        return {}
    now = at.astimezone(UTC).replace(tzinfo=None)
    with tables_read(workspace, _POLICY_TABLES) as session:
        versions = {
            policy: (version, max(approved, reviewed or approved))
            for policy, version, approved, reviewed in session.execute(
                """
                SELECT v.policy, v.version, v.approved_at,
                    (SELECT max(r.reviewed_at) FROM policy_review AS r
                     WHERE r.policy = v.policy AND r.version = v.version)
                FROM policy_version AS v
                WHERE v.approved_at IS NOT NULL AND v.effective_at <= ? AND COALESCE(v.withdrawn_at > ?, true)
                QUALIFY row_number() OVER (
                    PARTITION BY v.policy ORDER BY v.effective_at DESC, v.approved_at DESC, v.version DESC
                ) = 1
                """,
                [now, now],
            ).fetchall()
        }
        numbers = {
            (policy, version, measure): (bound, str(value), unit)
            for policy, version, measure, bound, value, unit in session.execute(
                "SELECT policy, version, measure, COALESCE(bound, 'at_most'), value, unit FROM policy_number "
                "WHERE COALESCE(document, '') = ''"
            ).fetchall()
        }
    return {ref: _policy(ref, versions, numbers) for ref in wanted}


def _policy(
    ref: str,
    versions: Mapping[str, tuple[str, datetime]],
    numbers: Mapping[tuple[str, str, str], tuple[str, str, str]],
) -> SourceFact:
    policy, _, measure = ref.partition(":")[2].partition("/")
    if policy not in versions:
        return _gone(ref, "no approved version of this policy is in force")
    version, looked_at = versions[policy]
    as_of = looked_at.replace(tzinfo=UTC).date()
    shown = f"{policy}, version {version}, of {as_of}"
    until = counts_until("policy", as_of)
    if not measure:
        return SourceFact(ref, FactState.HOLDS, f"version {version}", shown, as_of, until)
    if (policy, version, measure) not in numbers:
        return _gone(ref, f"version {version} of the policy has no line {measure}")
    bound, value, unit = numbers[policy, version, measure]
    said = f"{bound.replace('_', ' ')} {value} {unit}".strip()
    return SourceFact(ref, FactState.HOLDS, said, shown, as_of, until, number=(value, unit))


def _scope(workspace: Workspace, applied: AppliedScope | None, ref: str, at: datetime) -> SourceFact:
    """Read an entry of the applied scope: a system, its label, an engagement, or the labels of all systems together."""
    if applied is None:
        return _gone(ref, "no scope was applied")
    zone = workspace.settings.reporting_zone
    applied_on = applied.applied_at.astimezone(zone_named(zone)).date()
    until = counts_until("scope", applied_on)
    shown = f"as applied on {applied_on}"
    if ref == SOURCE:
        held = [
            " to ".join([each.system, *(str(day or "open") for day in _days(each, zone))])
            for each in _relevant(applied)
        ]
        return SourceFact(ref, FactState.HOLDS, "; ".join(held) or "no system", shown, applied_on, until)
    kind, _, rest = ref.partition(":")[2].partition("/")
    name, _, label = rest.partition("/")
    system = applied.scope.system(name) if kind == "systems" else None
    engagement = applied.scope.engagement(name) if kind == "engagements" else None
    if label and system:
        return _label(applied, SourceFact(ref, FactState.HOLDS, "", shown, applied_on, until), name, label, at)
    if engagement:
        value = f"{engagement.lens} {engagement.type} {engagement.starts_on.text} to {engagement.ends_on.text}"
    elif system:
        value = f"{system.layer} {system.name}".strip()
    else:
        return _gone(ref, "the applied scope has no such entry")
    return SourceFact(ref, FactState.HOLDS, value, shown, applied_on, until)


def _label(applied: AppliedScope, fact: SourceFact, name: str, label: str, at: datetime) -> SourceFact:
    """Read a label of a system: `fact` is what is known of the scope as a whole."""
    if label not in _LABELS:
        return _gone(fact.ref, f"a label is one of {', '.join(_LABELS)}")
    labels = [
        each
        for each in effective_labels(applied.scope)
        if (each.system, each.label) == (name, _LABELS[label]) and each.counts
    ]
    now = [each for each in labels if at in each.stretch]
    if not now:
        return replace(fact, state=FactState.AGAINST, value="not labelled", why=f"{name} is not labelled {label}")
    begins, ends = _days(now[0], applied.scope.reporting_zone)
    until = min(day for day in (fact.until, ends) if day)
    return replace(fact, value=f"since {begins or 'ever'}", until=until)


def _relevant(applied: AppliedScope) -> list[EffectiveLabel]:
    return [each for each in effective_labels(applied.scope) if each.label == FIN_RELEVANT and each.counts]


def _days(label: EffectiveLabel, zone: str) -> tuple[date | None, date | None]:
    """Return the first and the last local day of a label, None where it is open."""
    local, (first, last) = zone_named(zone), (label.stretch.first, label.stretch.last)
    ends = (last - _TICK).astimezone(local).date() if last else None
    return first.astimezone(local).date() if first else None, ends
