"""What is needed, the brief, the proposals, the shortlist and the decision, of one engagement of a workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.engagement.auditor_choice.brief import Brief, BriefNumbers, Told, make_brief, tells, tells_text
from twofold.engagement.auditor_choice.decision import (
    CONSIDERED,
    DECISION,
    Decision,
    chosen,
    decision_lines,
    make_decision,
    read_decisions,
)
from twofold.engagement.auditor_choice.identifying import Name, too_short
from twofold.engagement.auditor_choice.proposal import Need, need_from, read_proposals, same_firm
from twofold.engagement.auditor_choice.shortlist import Candidate, shortlist
from twofold.jobs.auditor_choice.names import CompanyNames, company_names
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.cost_numbers import company_numbers
from twofold.jobs.told_rows import GREATEST_FILE, capture_told, csv_text, read_lines, told_rows
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.engagement import Engagement
from twofold.scope.labels import FIN_RELEVANT, SOC2, effective_labels
from twofold.scope.nearest import nearest
from twofold.scope.stretches import Stretch
from twofold.tables.schema import canonical_tables

NEED, PROPOSAL = "auditor_need", "firm_proposal"


@dataclass(frozen=True, slots=True)
class CheckedBrief:
    """The brief of an engagement with what the check found; unchecked: names too short to be looked for."""

    brief: Brief
    told: Sequence[Told]
    names: int
    unchecked: Sequence[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice for one engagement: the need, every firm, the decisions, and rows of proposals that do not fit."""

    need: Need
    candidates: Sequence[Candidate]
    decisions: Sequence[Decision]
    set_aside: Sequence[Problem]


def engagement_named(applied: AppliedScope, wanted: str) -> Engagement:
    """Return the engagement; "" takes the only one, or the only SOC 2 one. Raises UserError otherwise."""
    known = {each.id: each for each in applied.scope.engagements}
    if wanted:
        if wanted not in known:
            expected = "one of " + (", ".join(known) or "(none defined)")
            found = f"there is no engagement {wanted!r}"
            raise UserError(Problem("--engagement", found, expected, nearest(wanted, known)))
        return known[wanted]
    soc2 = [each for each in known.values() if each.lens == "soc2"]
    only = soc2 if len(known) > 1 else list(known.values())
    if len(only) != 1:
        raise UserError(
            Problem("--engagement", f"there are {len(known)} engagements", "one of " + ", ".join(known), "name it")
        )
    return only[0]


def need_of(workspace: Workspace, wanted: str) -> Need:
    """Return what is needed of a firm: from the scope files, and from what was told last."""
    applied = require_applied_scope(workspace)
    engagement = engagement_named(applied, wanted)
    rows = [row for row in told_rows(workspace, NEED)[NEED] if row["engagement"] == engagement.id]
    need = _need(applied, engagement)
    return need_from(rows[0], need) if rows else need


def tell_need(
    workspace: Workspace, wanted: str, values: Mapping[str, str], *, actor: str, at: datetime
) -> tuple[Need, EvidenceId]:
    """Capture what is needed, beside what was told before; raises UserError with every problem."""
    applied = require_applied_scope(workspace)
    engagement = engagement_named(applied, wanted)
    held = {row["engagement"]: row for row in told_rows(workspace, NEED)[NEED]}.get(engagement.id, {})
    columns = canonical_tables()[NEED].column_named
    before = {name: _cell(held.get(name)) for name in columns}
    line = {**before, **values, "engagement": engagement.id}
    need_from({**line, "where": "what is needed"}, _need(applied, engagement))
    said = f"what is needed of a firm for {engagement.id}: {', '.join(sorted(values))}"
    evidence = capture_told(workspace, {NEED: [line]}, name="auditor-need", said=said, actor=actor, at=at)
    return need_of(workspace, engagement.id), evidence[0]


def brief_of(workspace: Workspace, wanted: str, *, note: str = "", may_stay: Sequence[str] = ()) -> CheckedBrief:
    """Return the anonymous brief and what the check found in it; with anything found it must not be sent."""
    brief, names = _brief(workspace, wanted, note)
    return _checked(brief, tells(brief, names, may_stay=may_stay), names)


def check_text(workspace: Workspace, wanted: str, file: Path, *, may_stay: Sequence[str] = ()) -> CheckedBrief:
    """Check a text that is meant for firms; the brief's own lines may be in it. Raises UserError for no text."""
    if not file.is_file() or file.stat().st_size > GREATEST_FILE:
        expected = f"a text file of at most {GREATEST_FILE:,} bytes"
        raise UserError(Problem(str(file), "it cannot be read as a text", expected, "name another file"))
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(Problem(str(file), "not UTF-8", "UTF-8 text", "save it as UTF-8")) from error
    brief, names = _brief(workspace, wanted, "")
    return _checked(brief, tells_text(text, brief, names, may_stay=may_stay), names)


def _brief(workspace: Workspace, wanted: str, note: str) -> tuple[Brief, Sequence[Name]]:
    applied = require_applied_scope(workspace)
    engagement = engagement_named(applied, wanted)
    held = company_names(workspace, applied)
    numbers = _numbers(workspace, applied, engagement, held)
    return make_brief(need_of(workspace, engagement.id), numbers, note=note), held.names


def _checked(brief: Brief, told: Sequence[Told], names: Sequence[Name]) -> CheckedBrief:
    return CheckedBrief(brief, told, len(names), too_short(names))


def import_proposals(workspace: Workspace, file: Path, *, actor: str, at: datetime) -> tuple[int, EvidenceId]:
    """Check a file of proposals and capture it as evidence; raises UserError with every problem."""
    known = frozenset(each.id for each in require_applied_scope(workspace).scope.engagements)
    lines = read_lines(file, PROPOSAL, lambda rows: read_proposals(rows, known=known)[1])
    # A firm that is spelled otherwise than before stays one firm, so that its newer proposal replaces the older.
    spelled = {same_firm(str(row["firm"])): str(row["firm"]) for row in told_rows(workspace, PROPOSAL)[PROPOSAL]}
    for line in lines:
        line["firm"] = spelled.get(same_firm(line["firm"]), line["firm"])
    said = f"proposals of {len(lines)} firms, given with {file.name}"
    evidence = capture_told(workspace, {PROPOSAL: lines}, name="proposals", said=said, actor=actor, at=at)
    return len(lines), evidence[0]


def proposals_template(workspace: Workspace, wanted: str, *, today: date) -> str:
    """Return a CSV with the columns of a proposal and one line to fill in."""
    engagement = engagement_named(require_applied_scope(workspace), wanted)
    line = {"firm": "name of the firm", "engagement": engagement.id, "stated_on": today.isoformat()}
    return csv_text(canonical_tables()[PROPOSAL], [line])


def choice(workspace: Workspace, wanted: str, *, today: date) -> Choice:
    """Return every firm with its filters and fits, and the decisions that were made."""
    applied = require_applied_scope(workspace)
    engagement = engagement_named(applied, wanted)
    need = need_of(workspace, engagement.id)
    told = told_rows(workspace, PROPOSAL, DECISION, CONSIDERED)
    known = frozenset(each.id for each in applied.scope.engagements)
    offers, set_aside = read_proposals(told[PROPOSAL], known=known)
    decisions = [each for each in read_decisions(told[DECISION], told[CONSIDERED]) if each.engagement == engagement.id]
    return Choice(need, shortlist(need, offers, today=today), decisions, set_aside)


def decide(
    workspace: Workspace, wanted: str, firm: str, *, reason: str, despite: str, actor: str, at: datetime
) -> Decision:
    """Record the decision for a firm, with all that was known, as evidence; raises UserError as `chosen` does."""
    if not reason.strip():
        raise UserError(Problem("--reason", "it is empty", "why this firm", "write it out"))
    state = choice(workspace, wanted, today=at.date())
    winner = chosen(state.candidates, firm, despite=despite.strip())
    known = [state.need.where, *(each.proposal.where for each in state.candidates)]
    decision = make_decision(
        state.candidates,
        winner,
        reason=reason.strip(),
        despite=despite.strip(),
        known=[each for each in known if each],
        actor=actor,
        at=at,
    )
    capture_told(
        workspace,
        decision_lines(decision),
        name="auditor-decision",
        said=f"decision for {winner.proposal.firm} as audit firm of {winner.proposal.engagement}",
        actor=actor,
        at=at,
    )
    return decision


def _need(applied: AppliedScope, engagement: Engagement) -> Need:
    others = [each for each in applied.scope.engagements if each.id != engagement.id and each.lens == "sox"]
    return Need(
        engagement=engagement.id,
        asked=engagement.type or engagement.lens,
        categories=frozenset(engagement.categories),
        other_auditors=frozenset(each.auditor for each in others if each.auditor),
        sox_in_scope=any(each.lens == "sox" for each in applied.scope.engagements),
    )


def _numbers(workspace: Workspace, applied: AppliedScope, engagement: Engagement, names: CompanyNames) -> BriefNumbers:
    catalog, scope = load_catalog(), applied.scope
    numbers = company_numbers(workspace, applied, [engagement])
    period = Stretch.of(engagement.period.starts_at, engagement.period.ends_before)
    held: dict[str, set[str]] = {SOC2: set(), FIN_RELEVANT: set()}
    for label in effective_labels(scope):
        if label.counts and label.label in held and label.stretch.common(period):
            held[label.label].add(label.system)
    mine = held[SOC2 if engagement.lens == "soc2" else FIN_RELEVANT]
    layers: dict[str, int] = {}
    for system in scope.systems:
        if system.id in mine:
            layers[system.layer] = layers.get(system.layer, 0) + 1
    populations: dict[str, int] = {}
    for each in numbers.controls:
        if each.items_a_year:
            family = catalog.families[catalog.control(each.control_id).family].title
            populations[family] = populations.get(family, 0) + round(each.items_a_year)
    sox = [date.fromisoformat(each.ends_on.text) for each in scope.engagements if each.lens == "sox"]
    used = [each for each in numbers.exports if each.lenses]
    return BriefNumbers(
        first=date.fromisoformat(engagement.starts_on.text),
        last=date.fromisoformat(engagement.ends_on.text),
        criteria=len(catalog.criteria_for(engagement.categories)) if engagement.lens == "soc2" else 0,
        layers=layers,
        both=len(held[SOC2] & held[FIN_RELEVANT]),
        people=names.people,
        controls=len(numbers.controls),
        tested=sum(each.tested for each in numbers.controls),
        populations=populations,
        connector=sum(not each.by_hand for each in used),
        hand=sum(each.by_hand for each in used),
        vendors=names.vendors,
        sox_year_end=max(sox, default=None),
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
