"""Everything that the generator has invented so far; each part adds to it and the writers read it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from twofold.jobs.demonstration.answer_key import AnswerKey
from twofold.jobs.demonstration.authority import Authority
from twofold.jobs.demonstration.changes import Change, Repository
from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.export_folder import PERIOD_FROM
from twofold.jobs.demonstration.people import Person, Staff
from twofold.jobs.demonstration.tickets import Ticket

Row = dict[str, Any]
"""A record to write; moments stay times until it is written."""


@dataclass(slots=True)
class Outage:
    """An incident that an emergency change answers; `incidents` writes it out."""

    system: str
    opened_at: datetime
    recovered_at: datetime


@dataclass(frozen=True, slots=True)
class TableExport:
    """A documented CSV to write: the canonical table, the question that gave its rows, and since when it speaks.

    columns: the header where there is no row.
    """

    table: str
    rows: list[Row]
    query: str
    columns: tuple[str, ...] = ()
    since: date = PERIOD_FROM
    name: str = ""
    """Name of the file where another export feeds the same table."""
    totalled: tuple[str, ...] = ()
    """Columns of which the source shows the sum."""


@dataclass(slots=True)
class World:
    """The company and its year."""

    seed: int
    staff: Staff
    authority: Authority
    key: AnswerKey = field(default_factory=AnswerKey)
    repositories: dict[str, Repository] = field(default_factory=dict)
    second_logins: dict[str, Person] = field(default_factory=dict)
    """GitHub login -> its person, for second accounts that the account register names."""
    unknown_logins: list[str] = field(default_factory=list)
    """GitHub logins that nothing links to a person."""
    quiet_days: set[tuple[str, date]] = field(default_factory=set)
    """System and local day on which no other incident may be open, because a planted change depends on it."""
    emergencies: list[Change] = field(default_factory=list)
    """Changes of the population of T-12."""
    stale_kept: list[Change] = field(default_factory=list)
    """Changes whose approval stayed although code was pushed after it."""
    outages: list[Outage] = field(default_factory=list)
    artefacts: list[Row] = field(default_factory=list)
    oncall: list[Row] = field(default_factory=list)
    post_reviews: list[tuple[Ticket, Row]] = field(default_factory=list)
    prod_events: list[Row] = field(default_factory=list)
    tables: list[TableExport] = field(default_factory=list)
    """What else is exported as documented CSV."""

    def draw(self, part: str) -> Draw:
        """Return the stream of draws of a part."""
        return Draw(self.seed, part)
