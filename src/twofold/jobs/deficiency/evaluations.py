"""Every deficiency of every SOX engagement as it stands now: evaluated, in groups, with the judgements that count."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from twofold.catalog.load import load_catalog
from twofold.engagement.sample_doubts import doubts
from twofold.findings.deficiency.case import SampleFact
from twofold.findings.deficiency.dependents import Dependent
from twofold.findings.deficiency.evaluate import Evaluation, evaluate
from twofold.findings.deficiency.groups import Group, groups_of
from twofold.findings.deficiency.inputs import INPUTS, Given, Judgements, Level, check_answer
from twofold.findings.follow_up import FollowUp
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.deficiency.facts import LENS, Known, cases_of
from twofold.jobs.deficiency.said import SaidJudgement, judgements, register
from twofold.jobs.follow_up import follow_ups
from twofold.jobs.judge import JudgedEngagement, judged_engagements
from twofold.jobs.known_names import names_in
from twofold.model.instant import zone_named
from twofold.records.acts.sample import agreement_for, all_samples
from twofold.records.workspace import Workspace
from twofold.scope.register import Scope
from twofold.vault.entry import EntryKind

_HAS_A_PART = "has a part in the control, so somebody else judges it"


@dataclass(frozen=True, slots=True)
class Deficiencies:
    """What there is: evaluations by id, groups by id, and all judgements, also those that do not count.

    people: deficiency or group -> persons with a part in its controls. engagements: ids of the SOX engagements judged;
    in_scope: of all in the scope, since a tolerable rate is fixed before the first judgement.
    """

    engagements: tuple[str, ...]
    in_scope: tuple[str, ...]
    evaluations: Mapping[str, Evaluation]
    groups: Mapping[str, Group]
    judgements: Judgements
    register: Sequence[Dependent]
    people: Mapping[str, frozenset[str]]

    def of(self, engagement: str) -> list[Evaluation]:
        """Return the evaluations of an engagement, the gravest first."""
        found = [each for each in self.evaluations.values() if each.case.engagement_id == engagement]
        return sorted(found, key=gravity)

    def groups_of(self, engagement: str) -> list[Group]:
        """Return the groups of an engagement, the gravest first."""
        found = [each for each in self.groups.values() if each.members[0].case.engagement_id == engagement]
        return sorted(found, key=lambda each: (-each.span.high, -each.span.low, each.group_id))


def gravity(each: Evaluation) -> tuple[int, int, str]:
    """Order evaluations, the gravest first."""
    return -each.span.high, -each.span.low, each.case.deficiency_id


def today_in(workspace: Workspace, at: datetime) -> date:
    """Return the day of a moment in the reporting zone."""
    return at.astimezone(zone_named(workspace.settings.reporting_zone)).date()


def deficiencies(workspace: Workspace, *, today: date) -> Deficiencies:
    """Evaluate all deficiencies; today: the day of the evaluation in the reporting zone."""
    judged = judged_engagements(workspace)
    return evaluated(workspace, judged, follow_ups(workspace, judged), today=today)


def evaluated(
    workspace: Workspace, judged: Sequence[JudgedEngagement], findings: Iterable[FollowUp], *, today: date
) -> Deficiencies:
    """Evaluate the deficiencies of judgements whose findings were read already; none where no SOX engagement is."""
    sox = [each for each in judged if each.judgement.lens == LENS]
    applied = workspace.applied_scope() if not sox else require_applied_scope(workspace)
    scope = applied.scope if applied else None
    in_scope = tuple(each.id for each in scope.engagements if each.lens == LENS) if scope else ()
    if scope is None or not in_scope:
        return Deficiencies((), (), {}, {}, Judgements(), register(workspace), {})
    said = list(judgements(workspace))
    began = judged_first(workspace) if said else {}
    names = names_in(workspace, {each.given.given_by for each in said})
    told = gathered(said, began, _parts(scope, sox), names=names)
    known = Known(
        catalog=load_catalog(),
        scope=scope,
        follow_ups={each.finding_id: each for each in findings},
        register=register(workspace),
        samples=_samples(workspace),
        judgements=told,
        as_of=today,
    )
    cases = [case for each in sox for case in cases_of(known, each, judged)]
    found = [evaluate(case, told) for case in cases]
    people = {case.deficiency_id: parts_of(scope, case.control_id) for case in cases}
    members = {
        group.group_id: frozenset().union(*(people[one.case.deficiency_id] for one in group.members))
        for group in groups_of(found, Judgements())
    }
    told = gathered(said, began, {**_parts(scope, sox), **members}, names=names)
    return Deficiencies(
        engagements=tuple(each.judgement.engagement_id for each in sox),
        in_scope=in_scope,
        evaluations={each.case.deficiency_id: each for each in found},
        groups={each.group_id: each for each in groups_of(found, told)},
        judgements=told,
        register=known.register,
        people={**people, **members},
    )


def judged_first(workspace: Workspace) -> dict[str, datetime]:
    """Return when each engagement was judged for the first time: a tolerable rate is fixed before that."""
    first: dict[str, datetime] = {}
    for entry in workspace.vault.entries(kind=EntryKind.JUDGEMENT):
        first.setdefault(str(entry.body["engagement"]), entry.at)
    return first


def parts_of(scope: Scope, control_id: str) -> frozenset[str]:
    """Return who has, or ever had, a part in a control."""
    return frozenset(
        person for each in scope.controls if each.control_id == control_id for person in each.people if person
    )


def _parts(scope: Scope, sox: Sequence[JudgedEngagement]) -> dict[str, frozenset[str]]:
    return {
        f"{each.judgement.engagement_id}/{control.control_id}": parts_of(scope, control.control_id)
        for each in sox
        for control in each.judgement.controls
    }


def gathered(
    said: Iterable[SaidJudgement],
    began: Mapping[str, datetime],
    people: Mapping[str, frozenset[str]],
    *,
    names: Mapping[str, frozenset[str]],
) -> Judgements:
    """Return judgements by what they speak of, the newest first, each with why it does not count, if so.

    began: engagement -> when it was judged first. people: subject -> who has a part in it. names: of each who judged.
    """
    found: dict[tuple[str, str, str], list[Given]] = {}
    for one in said:
        each = replace(one, given=replace(one.given, names=names[one.given.given_by]))
        given = replace(each.given, why_not=_why_not(each, began, people))
        found.setdefault((each.name, each.subject, given.about), []).insert(0, given)
    for several in found.values():
        several.sort(key=lambda one: one.given_at, reverse=True)
    return Judgements(found)


def _why_not(each: SaidJudgement, began: Mapping[str, datetime], people: Mapping[str, frozenset[str]]) -> str:
    return next(_faults(each, began.get(each.subject), people.get(each.subject, frozenset())), "")


def _faults(each: SaidJudgement, began: datetime | None, people: frozenset[str]) -> Iterator[str]:
    """Yield why a judgement does not count. When it was captured, the log says; when it was given, whoever wrote it."""
    given, asked = each.given, INPUTS.get(each.name)
    if asked is None:
        yield f"there is no input {each.name!r}"
        return
    try:
        check_answer(asked, given.value)
    except ValueError as error:
        yield str(error)
    if any(given.is_of(one) for one in people):
        yield f"{given.given_by} {_HAS_A_PART}"
    if Level.RAISE in asked.levels and not given.is_of(each.handed_in_by):
        yield f"{each.handed_in_by} handed it in: who argues against a material weakness says so in person"
    if given.given_at > each.captured_at:
        yield f"it claims {given.given_at:%Y-%m-%d %H:%M} UTC, a time after its capture"
    if each.name == "J_tolerable_rate" and began is not None and each.captured_at >= began:
        yield f"it came after the first judgement of {began:%Y-%m-%d}; it is fixed before testing"


def _samples(workspace: Workspace) -> dict[tuple[str, str], list[SampleFact]]:
    """Return every sample of each control of an engagement that was evaluated: no later one takes its place."""
    found: dict[tuple[str, str], list[SampleFact]] = {}
    known = all_samples(workspace.vault).by_id.values()
    for each in known:
        if not each.evaluated_once:
            continue
        agreed = agreement_for(workspace.vault, engagement=each.engagement, control=each.control)
        planned = agreed is not None and agreed.entry == each.agreement and agreed.extension > 0
        fact = SampleFact(
            sample_id=each.sample_id,
            size=each.result.units if each.result else len(each.projected),
            deviations=len(each.result.deviations) if each.result else 0,
            planned=each.result.planned if each.result else 0,
            extension_allowed=planned,
            extended=each.extended,
            evaluated=each.result is not None,
            replaced=len(each.result.replaced) if each.result else 0,
            doubts=tuple(doubts(each, known)),
        )
        found.setdefault((each.engagement, each.control), []).append(fact)
    return found
