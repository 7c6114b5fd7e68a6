"""The facts of each deficiency, from the judgements, the findings, the registers and the scope (audit-domain 2.6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from twofold.catalog.catalog import Catalog
from twofold.catalog.entries import Control, SoxUse
from twofold.findings.deficiency.case import Candidate, Case, FindingFact, Rate, SampleFact
from twofold.findings.deficiency.dependents import Dependent, DependentKind, Window
from twofold.findings.deficiency.inputs import Given, Judgements, percent_of
from twofold.findings.deficiency.year_end import together
from twofold.findings.follow_up import FollowUp
from twofold.findings.retest import RetestResult
from twofold.findings.severity_facts import telling_facts
from twofold.jobs.judge import JudgedEngagement, review_days
from twofold.lenses.conclusion import Conclusion, ControlJudgement, exceeds_tolerable
from twofold.lenses.settings import lens_settings
from twofold.model.instant import parse_instant, zone_named
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch

LENS = "sox"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What the cases of all engagements are made from. samples: (engagement, control) -> those evaluated."""

    catalog: Catalog
    scope: Scope
    follow_ups: Mapping[str, FollowUp]
    register: Sequence[Dependent]
    samples: Mapping[tuple[str, str], Sequence[SampleFact]]
    judgements: Judgements
    as_of: date

    @property
    def zone(self) -> str:
        """The reporting zone."""
        return self.scope.reporting_zone


def deficiency_id(engagement: str, control: str) -> str:
    """Return the id of what the findings of a control under an engagement are together."""
    return f"{engagement}/{control}"


def cases_of(known: Known, each: JudgedEngagement, others: Sequence[JudgedEngagement]) -> list[Case]:
    """Return the case of each control that has findings under a SOX engagement, in order of control."""
    by_control: dict[str, list[FollowUp]] = {}
    for finding in each.findings:
        by_control.setdefault(finding.control_id, []).append(known.follow_ups[finding.finding_id])
    earlier = [one for one in others if _is_earlier(one, each)]
    return [_case(known, each, control, found, earlier) for control, found in sorted(by_control.items())]


def _is_earlier(one: JudgedEngagement, each: JudgedEngagement) -> bool:
    return one.judgement.lens == LENS and one.judgement.ends_before <= each.judgement.starts_at


def _case(
    known: Known,
    engagement: JudgedEngagement,
    control_id: str,
    found: Sequence[FollowUp],
    earlier: Sequence[JudgedEngagement],
) -> Case:
    judgement = engagement.judgement
    control = known.catalog.control(control_id)
    judged = {each.control_id: each for each in judgement.controls}
    seen = [one for each in found for one in each.seen if one.engagement_id == judgement.engagement_id]
    systems = tuple(sorted({name for one in seen for name in one.finding.systems}))
    ends_on = date.fromisoformat(review_days(judgement, known.zone)[1])
    window = _window(known, engagement, found)
    dependents, unrecorded = _relying(known, systems, window)
    percent, source, given = _tolerable(known, engagement)
    concluded = known.judgements.newest("J_conclusion_date", judgement.engagement_id)
    return Case(
        deficiency_id=deficiency_id(judgement.engagement_id, control_id),
        engagement_id=judgement.engagement_id,
        control_id=control_id,
        control_title=control.title,
        domains=tuple(control.domains),
        principles=_principles(known.catalog, control),
        findings=tuple(
            FindingFact(
                one.finding.finding_id,
                one.finding.condition.partition(": ")[2],
                len(one.finding.items),
                one.finding.pattern,
                answered=bool(each.answers),
            )
            for each in found
            for one in each.seen
            if one.engagement_id == judgement.engagement_id
        ),
        systems=systems,
        window=window,
        ends_on=ends_on,
        as_of=known.as_of,
        rates=tuple(_rates(judged[control_id])),
        tolerable=percent,
        tolerable_source=source,
        tolerable_given=given,
        at_year_end=together([each.retest for each in found], ends_on),
        samples=tuple(known.samples.get((judgement.engagement_id, control_id), ())),
        candidates=tuple(_candidates(known.catalog, engagement, control, systems)),
        dependents=dependents,
        compensating=tuple(each for each in known.register if each.kind is DependentKind.COMPENSATING),
        unrecorded=unrecorded,
        conclusion_on=date.fromisoformat(concluded.value) if concluded else None,
        facts=(
            ("Days", f"{window.days:,}, {window}"),
            ("Systems", f"{len(systems)}: {', '.join(systems)}"),
            ("Covers the last day of the year", "yes" if window.last_on >= ends_on else "not so far"),
            *telling_facts(control_id, [one.finding.code for one in seen]),
            *_reported(control_id, earlier),
        ),
    )


def _window(known: Known, engagement: JudgedEngagement, found: Sequence[FollowUp]) -> Window:
    """Return W: from the first deviation until the repair that held, else as far as evidence reaches.

    It begins with the period where a deviation has no time, and ends with it at the latest.
    """
    judgement = engagement.judgement
    starts_on, ends_on = map(date.fromisoformat, review_days(judgement, known.zone))
    times = [
        one.finding.first_at for each in found for one in each.seen if one.engagement_id == judgement.engagement_id
    ]
    first = min((_local(text, known.zone) if text else starts_on for text in times), default=starts_on)
    reached = parse_instant(judgement.clock).earliest.astimezone(zone_named(known.zone)).date()
    repaired = [
        each.retest.repaired_on if each.retest and each.retest.result is RetestResult.GOOD else None for each in found
    ]
    held = [day for day in repaired if day is not None]
    last = max(held) - _DAY if len(held) == len(repaired) else reached
    first = min(max(first, starts_on), ends_on)
    return Window(first, max(first, min(last, ends_on)))


def _local(text: str, zone: str) -> date:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(zone_named(zone)).date()


def _rates(judged: ControlJudgement) -> Iterator[Rate]:
    for each in judged.results:
        if each.counts is not None:
            yield Rate(each.control_test, each.counts.exceptions + each.counts.cannot_test, each.counts.applicable)


def _tolerable(known: Known, engagement: JudgedEngagement) -> tuple[Decimal, str, Given | None]:
    """Return the tolerable rate, where it comes from, and who fixed it before testing, None where nobody did."""
    judgement = engagement.judgement
    given = known.judgements.newest("J_tolerable_rate", judgement.engagement_id)
    if given is not None:
        return percent_of(given.value), "J_tolerable_rate, fixed before testing", given
    return Decimal(judgement.tolerable_percent), f"nobody fixed J_tolerable_rate: {judgement.tolerable_source}", None


def _principles(catalog: Catalog, control: Control) -> tuple[int, ...]:
    """Return the COSO principles: of its ITGC domains, else of the criteria that it serves."""
    found = {catalog.domains[each].principle for each in control.domains}
    if not found:
        criteria = (catalog.criterion(each) for each in control.criteria)
        found = {each.principle for each in criteria if each.principle is not None}
    return tuple(sorted(found))


def _candidates(
    catalog: Catalog,
    engagement: JudgedEngagement,
    control: Control,
    systems: Sequence[str],
) -> Iterator[Candidate]:
    """Yield the other IT general controls, with why one was not tested effective for all systems.

    Its tests reach as far as the window does: both end with the same evidence.
    """
    settings = lens_settings()[LENS]
    for each in engagement.judgement.controls:
        other = catalog.control(each.control_id)
        if other.sox_use is not SoxUse.ITGC or each.control_id == control.control_id:
            continue
        why = ""
        if each.conclusion is not Conclusion.EFFECTIVE:
            why = f"it is {each.conclusion.value}"
        else:
            lacking = [
                name
                for name in systems
                if not any(name in one.by_system and one.by_system[name].applicable for one in each.results)
                or any(
                    name in one.by_system and exceeds_tolerable(settings, one.by_system[name]) for one in each.results
                )
            ]
            why = f"it was not tested effective on {', '.join(lacking)}" if lacking else ""
        same = bool(set(other.domains) & set(control.domains))
        yield Candidate(each.control_id, each.title, same_objective=same, effective=not why, why=why)


def _relying(known: Known, systems: Iterable[str], window: Window) -> tuple[tuple[Dependent, ...], tuple[str, ...]]:
    """Return what relies on the systems, and on those they serve, in the window; and systems of which nobody said it.

    What a label names and the register does not know is kept by its name, so that it is not lost.
    """
    reached = _served(known.scope, systems, window, known.zone)
    registered = [
        each
        for each in known.register
        if each.system in reached
        and each.kind is not DependentKind.COMPENSATING
        and window.overlaps(each.relied_from, each.relied_to)
    ]
    named: list[Dependent] = []
    unrecorded = []
    for name in sorted(reached):
        own = [each for each in known.register if each.system == name]
        held = {text.casefold() for each in own for text in (each.id, each.name)}
        labels = _labelled(known.scope, name, window, known.zone)
        if None in labels and not own:
            unrecorded.append(name)
        texts = sorted({text for each in labels if each is not None for text in each})
        named += [Dependent(text, None, text, name) for text in texts if text.casefold() not in held]
    ordered = sorted([*registered, *named], key=lambda each: (each.system, each.id))
    return tuple(ordered), tuple(unrecorded)


def _labelled(scope: Scope, system_id: str, window: Window, zone: str) -> list[Sequence[str] | None]:
    """Return what the financial labels of a system in a window say relies on it; None = not recorded."""
    system = scope.system(system_id)
    stretch = _stretch(window, zone)
    labels = system.financially_relevant if system else ()
    return [each.dependents for each in labels if each.stretch.common(stretch)]


def _served(scope: Scope, systems: Iterable[str], window: Window, zone: str) -> set[str]:
    """Return the systems and all that they serve in the window, through chains."""
    stretch = _stretch(window, zone)
    reached: set[str] = set()
    wanted = list(systems)
    while wanted:
        name = wanted.pop()
        if name in reached:
            continue
        reached.add(name)
        system = scope.system(name)
        wanted += [each.system for each in (system.serves if system else ()) if each.stretch.common(stretch)]
    return reached


def _stretch(window: Window, zone: str) -> Stretch:
    local = zone_named(zone)
    first, after = window.first_on, window.last_on + _DAY
    return Stretch(*(datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC) for day in (first, after)))


def _reported(control_id: str, earlier: Sequence[JudgedEngagement]) -> Iterator[tuple[str, str]]:
    """Say which earlier SOX engagements had findings of the control: a fact for J_uncorrected."""
    named = [
        each.judgement.engagement_id
        for each in earlier
        if any(finding.control_id == control_id for finding in each.findings)
    ]
    if named:
        yield "Had findings before", ", ".join(named)
