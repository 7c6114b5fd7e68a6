"""What the patterns look at: plain facts about a company, gathered by a job and held apart from where they lie.

All times are aware UTC. A person is as somebody wrote it (HR id, account, name); `Facts.person_of` says who that is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from twofold.readiness.near_duplicates.contents import FileText

SOC2, SOX = "soc2", "sox"


@dataclass(frozen=True, slots=True)
class LabelFact:
    """A label that counts for a system from a time on. dependents: None = nobody recorded what relies on it."""

    system: str
    lens: str
    starts_at: datetime | None
    ends_before: datetime | None
    reason: str
    dependents: frozenset[str] | None = None
    inherited: bool = False

    def holds_in(self, starts_at: datetime, ends_before: datetime) -> bool:
        """Whether it holds at any time of a period."""
        after = self.starts_at is None or self.starts_at < ends_before
        return after and (self.ends_before is None or starts_at < self.ends_before)


@dataclass(frozen=True, slots=True)
class EngagementFact:
    """One audit or attestation with its period, half open."""

    engagement_id: str
    lens: str
    starts_at: datetime
    ends_before: datetime


@dataclass(frozen=True, slots=True)
class AssignmentFact:
    """Who owns a control, for a while. systems empty = all."""

    control_id: str
    owner: str
    systems: tuple[str, ...]
    starts_at: datetime | None
    ends_before: datetime | None


@dataclass(frozen=True, slots=True)
class ControlFact:
    """A control that the company runs, and the lenses that judge it here."""

    control_id: str
    title: str
    lenses: frozenset[str]
    assignments: tuple[AssignmentFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleFact:
    """A periodic control on a system: what is due and how often."""

    system: str
    activity: str
    cadence: str


@dataclass(frozen=True, slots=True)
class ScopeFact:
    """What one apply of the scope said, by its place in the log: who is in which lens, and which controls there are."""

    entry: int
    at: datetime
    reason: str
    engagements: frozenset[str]
    labels: frozenset[tuple[str, str, datetime | None]]
    """(system, lens, start of the label)."""
    controls: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaptureFact:
    """One captured file. text: None where it is no text."""

    evidence: str
    name: str
    sha256: str
    source: str
    kind: str
    asked_at: datetime
    period_from: datetime | None
    period_to: datetime | None
    connector: str
    in_force: bool
    holds_events: bool = False
    """Whether it feeds tables of things that happened, whose times lie in the period it speaks for."""
    text: FileText | None = None

    def may_share_period_with(self, other: "CaptureFact") -> bool:
        """Whether the periods they claim meet; a file that claims none may speak for any."""
        if not (self.period_from and self.period_to and other.period_from and other.period_to):
            return True
        return self.period_from < other.period_to and other.period_from < self.period_to


@dataclass(frozen=True, slots=True)
class SaidFact:
    """A text that a person gave: where it stands, such as `entry: 12` or `table: finding_response CM-01/T-10`."""

    where: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class TwoRolesFact:
    """Two roles that two persons should fill, as the data name them. what: such as `sign-off of AC-03`."""

    where: str
    what: str
    first_role: str
    first: str
    second_role: str
    second: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderFact:
    """A conclusion in force that is older than what it rests on."""

    entry: int
    sentence: str


@dataclass(frozen=True, slots=True)
class MomentsFact:
    """Times of one kind of human act, counted.

    shared: the most acts at one instant. quarter_hours: how many at :00, :15, :30 or :45 with no seconds. span_seconds:
    between the first and the last act. same_length: acts that took exactly as long as the most others did, of
    `lengths`, those whose length is known.
    """

    what: str
    table: str
    who: str
    count: int
    shared: int
    quarter_hours: int
    span_seconds: float
    same_length: int = 0
    lengths: int = 0


@dataclass(frozen=True, slots=True)
class RunFact:
    """The newest run of a control test: its items, its exceptions, and failed tries that the source itself shows."""

    control_test: str
    run_id: str
    items: int
    exceptions: int
    failed_tries: int
    tries: int
    tries_table: str


@dataclass(frozen=True, slots=True)
class RequestPairFact:
    """Two requests that seem to ask for the same evidence, and nobody has decided."""

    first: str
    second: str
    score: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the patterns look at. None for a part that is not there to be looked at."""

    labels: Sequence[LabelFact] | None = None
    engagements: Sequence[EngagementFact] = ()
    controls: Sequence[ControlFact] = ()
    schedules: Sequence[ScheduleFact] = ()
    finance_rosters: frozenset[str] = frozenset()
    """Systems for which a roster names somebody of finance; `*` for every system."""
    people_ended: Mapping[str, datetime] = field(default_factory=dict)
    """Person -> end of the last engagement, for people who left."""
    scopes: Sequence[ScopeFact] = ()
    captures: Sequence[CaptureFact] = ()
    said: Sequence[SaidFact] = ()
    two_roles: Sequence[TwoRolesFact] = ()
    conclusions: int = 0
    out_of_order: Sequence[OrderFact] = ()
    moments: Sequence[MomentsFact] = ()
    runs: Sequence[RunFact] = ()
    requests: Sequence[RequestPairFact] = ()
    request_lists: int = 0
    people: Mapping[str, str] = field(default_factory=dict)
    """Account, e-mail or HR id in lower case -> HR id, where it is exactly one person's."""

    def person_of(self, said: str) -> str:
        """Return the HR id behind a name that the data give, the name itself where it is nobody's known one."""
        key = said.strip().casefold()
        return self.people.get(key, key)

    def lenses(self) -> frozenset[str]:
        """Return the lenses of all engagements."""
        return frozenset(each.lens for each in self.engagements)

    def periods(self, lens: str) -> Iterable[EngagementFact]:
        """Return the engagements of a lens."""
        return (each for each in self.engagements if each.lens == lens)

    def in_lens(self, lens: str) -> frozenset[str]:
        """Return the systems that carry a label in any period of a lens; of all time where there is no engagement."""
        labels = [each for each in self.labels or () if each.lens == lens]
        periods = list(self.periods(lens))
        if not periods:
            return frozenset(each.system for each in labels)
        return frozenset(
            each.system for each in labels if any(each.holds_in(x.starts_at, x.ends_before) for x in periods)
        )
