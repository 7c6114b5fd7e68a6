"""What the scope files say that advice rests on, read on one day of the reporting zone; none of it is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from twofold.model.instant import parse_boundary, zone_named
from twofold.scope.engagement import Engagement
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.scope.register import Scope

COMPANY = "company"
"""The system that stands in scope files for the company as a whole: no system of the service."""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Audit:
    """An engagement with its local days, both inclusive. type and categories are "" and () for SOX."""

    engagement_id: str
    type: str
    first: date
    last: date
    categories: tuple[str, ...]
    auditor: str
    service: str

    @property
    def data(self) -> str:
        """What a statement names of it."""
        return f"scope: engagements/{self.engagement_id}"


@dataclass(frozen=True, slots=True)
class ScopeFacts:
    """The scope as advice reads it on a day. `applied` False: no scope was applied, and all else is empty.

    relevant: systems that bear on financial reporting that day and count; bare: labelled so, and nothing depends on
    them; unrecorded: labelled so, and nobody wrote down what depends on them. undated_duties: systems whose approvers
    only a role's title names, without a dated roster.
    """

    applied: bool
    soc2: tuple[Audit, ...] = ()
    sox: tuple[Audit, ...] = ()
    described: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    rosters: int = 0
    undated_duties: tuple[str, ...] = ()
    reviews_scheduled: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    ownerless: tuple[str, ...] = ()

    @property
    def data(self) -> tuple[str, ...]:
        """What a statement names where it rests on the scope as a whole."""
        return ("scope: applied" if self.applied else "scope: none applied",)

    def current(self, audits: Sequence[Audit], on: date) -> tuple[Audit, ...]:
        """Return the engagements that have not ended on the day; where all have, the one that ended last."""
        running = tuple(each for each in audits if each.last >= on)
        return running or tuple(sorted(audits, key=lambda each: each.last)[-1:])

    def categories_on(self, on: date) -> frozenset[str]:
        """Return the categories chosen in the SOC 2 engagements that count on the day."""
        return frozenset(name for audit in self.current(self.soc2, on) for name in audit.categories)


def scope_facts(scope: Scope | None, *, on: date) -> ScopeFacts:
    """Read the facts of a scope; None where none was applied."""
    if scope is None:
        return ScopeFacts(applied=False)
    moment = parse_boundary(on.isoformat(), zone=scope.reporting_zone)
    labels = [each for each in effective_labels(scope) if moment in each.stretch]
    relevant = [each for each in labels if each.label == FIN_RELEVANT]
    chosen = [each for each in scope.controls if moment in each.stretch]
    owned = {each.id for each in chosen if each.owner}
    systems = tuple(sorted(each.id for each in scope.systems if each.id != COMPANY))
    dated = {each.scope for each in scope.rosters if moment in each.stretch}
    titled = {each.scope for each in scope.role_authority}
    return ScopeFacts(
        applied=True,
        soc2=_audits(scope, "soc2"),
        sox=_audits(scope, "sox"),
        described=_systems([each for each in labels if each.label == SOC2]),
        relevant=_systems([each for each in relevant if each.counts]),
        bare=_systems([each for each in relevant if not each.counts]),
        unrecorded=_systems([each for each in relevant if each.dependents is None]),
        systems=systems,
        rosters=len(dated),
        undated_duties=tuple(sorted(titled - dated)) if "*" not in dated else (),
        reviews_scheduled=tuple(
            sorted(
                each.id
                for each in scope.systems
                if any(plan.activity == "access_review" and moment in plan.stretch for plan in each.schedules)
            )
        ),
        controls=tuple(sorted({each.id for each in chosen})),
        ownerless=tuple(sorted({each.id for each in chosen} - owned)),
    )


def _systems(labels: Sequence[EffectiveLabel]) -> tuple[str, ...]:
    return tuple(sorted({each.system for each in labels} - {COMPANY}))


def _audits(scope: Scope, lens: str) -> tuple[Audit, ...]:
    found = (_audit(each, scope.reporting_zone) for each in scope.engagements if each.lens == lens)
    return tuple(sorted(found, key=lambda each: (each.first, each.engagement_id)))


def _audit(engagement: Engagement, zone: str) -> Audit:
    first, last = engagement.period.starts_at, engagement.period.ends_before - _TICK
    return Audit(
        engagement.id,
        engagement.type,
        local_day(first, zone),
        local_day(last, zone),
        tuple(engagement.categories),
        engagement.auditor,
        engagement.service,
    )


def local_day(moment: datetime, zone: str) -> date:
    """Return the local day of an aware moment."""
    return moment.astimezone(UTC).astimezone(zone_named(zone)).date()
