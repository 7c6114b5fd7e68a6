"""What is known about access reviews now: reviews, snapshots, who an account belongs to, who may review.

It is read from the evidence as step 3 reads it, in a folder of its own: no run is needed first, and what was captured a
moment ago is there. Exported reviews of other tools are read too; they can be looked at and compared, not decided on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from twofold.engagement.access_review import Decision, Look, Pair, Removal, Review, ReviewItem
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.tables_read import tables_read
from twofold.model.evidence import ACT_CONNECTOR
from twofold.model.problem import Problem, UserError
from twofold.populations.access_lists import doubts_of, lists_of, pairs_of
from twofold.populations.steps import register_steps, steps_needed
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.nearest import nearest

TABLES = frozenset(
    {
        "access_right",
        "account",
        "campaign",
        "engagement",
        "grant_event",
        "impact_review",
        "person",
        "review_item",
        "revoke",
        "right_event",
        "snapshot",
        "snapshot_row",
    }
)
_FACTS = frozenset({"account_link", "delegation", "due_occurrence", "roster"})
"""What is read beside them: the scope's facts."""
_DECISIONS = {str(each): each for each in Decision}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A list of everything that a system's accounts could do at one moment; times are aware UTC.

    `nested_hidden`: rights that stand in it as a name only, since what they nest is not listed.
    `doubts`: why it may not be whole, as short codes of the evidence that gave it.
    """

    snapshot_id: str
    system: str
    taken_at: datetime
    taken_at_latest: datetime
    origin: str
    conflicted: bool
    pairs: tuple[Pair, ...]
    nested_hidden: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose an account is: `state` as in the step `identity` (unlinked where it has no row), `person` where linked."""

    person: str
    state: str


@dataclass(frozen=True, slots=True)
class RightShown:
    """A right as a reviewer has to know it: its class, and the rights that it nests, four levels deep."""

    right_class: str
    holds: tuple[str, ...]


class ReviewTables:
    """Answers questions about access reviews from an open session over the tables."""

    def __init__(self, session: duckdb.DuckDBPyConnection, applied: AppliedScope) -> None:
        self.session = session
        self.applied = applied
        self._steps: set[str] = set()

    def reviews(self) -> dict[str, Review]:
        """Return every review by its id, in order of beginning."""
        items = self._by_campaign(
            """
            SELECT campaign, account, right_id, reviewer, decision, decided_at, reason,
                COALESCE(decided_at_latest < decided_at + INTERVAL 1 SECOND, true),
                COALESCE(conflicted, false), evidence
            FROM review_item
            """
        )
        removals = self._by_campaign("SELECT campaign, account, right_id, ticket, executed_at, evidence FROM revoke")
        looks = self._by_campaign(
            """
            SELECT campaign, account, right_id, reviewed_by, reviewed_at, looked_from, COALESCE(result, ''), evidence
            FROM impact_review ORDER BY reviewed_at, reviewed_by
            """
        )
        newest = dict(
            self.session.execute(
                """
                SELECT campaign, max(extracted_at) FROM (
                    SELECT id AS campaign, extracted_at FROM campaign
                    UNION ALL SELECT campaign, extracted_at FROM review_item
                    UNION ALL SELECT campaign, extracted_at FROM revoke
                    UNION ALL SELECT campaign, extracted_at FROM impact_review
                ) GROUP BY campaign
                """
            ).fetchall()
        )
        query = """
            SELECT id, system, COALESCE(snapshot, ''), COALESCE(started_at, extracted_at), completed_at, connector
            FROM campaign ORDER BY started_at, id
        """
        return {
            name: Review(
                review_id=name,
                system=system,
                snapshot=snapshot,
                started_at=_aware(started),
                completed_at=_maybe(completed),
                held_here=connector == ACT_CONNECTOR,
                last_act=_aware(newest[name]),
                items={(a, r): _item(a, r, *rest) for a, r, *rest in items.get(name, [])},
                removals={
                    (a, r): Removal(ticket or "", _maybe(at), evidence)
                    for a, r, ticket, at, evidence in removals.get(name, [])
                },
                looks=_looks(looks.get(name, [])),
            )
            for name, system, snapshot, started, completed, connector in self.session.execute(query).fetchall()
        }

    def review(self, review_id: str) -> Review:
        """Return one review; raises UserError for an id that there is none of."""
        known = self.reviews()
        if review_id not in known:
            expected = "one of " + ", ".join(known) if known else "a review that was opened"
            remedy = nearest(review_id, list(known)) or "run 'twofold review list'"
            raise UserError(Problem("REVIEW", f"there is no review {review_id!r}", expected, remedy))
        return known[review_id]

    def snapshots_of(self, system: str) -> list[tuple[str, datetime]]:
        """Return id and time of each snapshot that the system itself gave, oldest first; conflicting ones left out."""
        return lists_of(self.session, system)

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return one snapshot, None where it is not in the evidence."""
        row = self.session.execute(
            """
            SELECT system, taken_at, taken_at_latest, origin, conflicted, COALESCE(expands_nested, true) FROM snapshot
            WHERE id = ?
            """,
            [snapshot_id],
        ).fetchone()
        if row is None:
            return None
        system, taken_at, latest, origin, conflicted, expands = row
        pairs = self.session.execute(
            "SELECT account, right_id FROM snapshot_row WHERE snapshot = ? ORDER BY ALL", [snapshot_id]
        ).fetchall()
        hidden = [] if expands else self._nested_hidden(snapshot_id)
        doubts = self.doubts_of(snapshot_id)
        taken = _aware(taken_at), _aware(latest)
        return Snapshot(snapshot_id, system, *taken, origin, conflicted, tuple(pairs), tuple(hidden), doubts)

    def pairs_of(self, snapshot_id: str) -> frozenset[Pair]:
        """Return the pairs that a snapshot holds."""
        return pairs_of(self.session, snapshot_id)

    def doubts_of(self, snapshot_id: str) -> tuple[str, ...]:
        """Return why the evidence of a snapshot may not be whole: its count, a page cap, records that were not read."""
        return doubts_of(self.session, snapshot_id)

    def changes_of(self, pairs: Sequence[Pair], *, after: datetime, before: datetime) -> dict[Pair, list[datetime]]:
        """Return when the system's own log shows one of the pairs taken away or given anew, between two moments."""
        self._need("grant_change")
        rows = self.session.execute(
            """
            SELECT account, right_id, occurred_at FROM grant_change
            WHERE list_contains(?, account || chr(9) || right_id) AND occurred_at > ? AND occurred_at < ?
                AND COALESCE(net_change, true) AND NOT conflicted
            ORDER BY occurred_at
            """,
            [[f"{account}\t{right}" for account, right in pairs], _naive(after), _naive(before)],
        ).fetchall()
        found: dict[Pair, list[datetime]] = {}
        for account, right, at in rows:
            found.setdefault((account, right), []).append(_aware(at))
        return found

    def hands(self, accounts: Sequence[str], at: datetime) -> dict[str, Hand]:
        """Return whose each account is at a moment."""
        self._need("identity")
        rows = self.session.execute(
            """
            SELECT account, COALESCE(person, ''), state FROM identity
            WHERE list_contains(?, account) AND valid_from <= ? AND ? < valid_to
            """,
            [sorted(set(accounts)), _naive(at), _naive(at)],
        ).fetchall()
        known = {account: Hand(person, state) for account, person, state in rows}
        return {account: known.get(account, Hand("", "unlinked")) for account in accounts}

    def accounts_of(self, person: str, at: datetime) -> list[str]:
        """Return the accounts that are linked to a person at a moment, by name."""
        self._need("identity")
        rows = self.session.execute(
            "SELECT account FROM identity WHERE person = ? AND valid_from <= ? AND ? < valid_to ORDER BY account",
            [person, _naive(at), _naive(at)],
        ).fetchall()
        return [account for (account,) in rows]

    def statuses(self, accounts: Sequence[str]) -> dict[str, str]:
        """Return active, disabled or unknown for each account; unknown ones are in no list of accounts."""
        rows = self.session.execute(
            "SELECT id, COALESCE(status, 'active') FROM account WHERE list_contains(?, id)", [sorted(set(accounts))]
        ).fetchall()
        return dict.fromkeys(accounts, "unknown") | dict(rows)

    def rights(self, names: Sequence[str]) -> dict[str, RightShown]:
        """Return class and nested rights of each right; one that no source lists is of class normal."""
        self._need("right_content")
        wanted = sorted(set(names))
        classes = dict(
            self.session.execute(
                "SELECT id, COALESCE(class, 'normal') FROM access_right WHERE list_contains(?, id)", [wanted]
            ).fetchall()
        )
        holds: dict[str, list[str]] = {}
        query = "SELECT right_id, holds FROM right_content WHERE list_contains(?, right_id) ORDER BY ALL"
        for right, held in self.session.execute(query, [wanted]).fetchall():
            holds.setdefault(right, []).append(held)
        return {name: RightShown(classes.get(name, "normal"), tuple(holds.get(name, ()))) for name in names}

    def has_roster(self, system: str, at: datetime) -> bool:
        """Whether a dated roster says who may review the system at that moment."""
        self._need("roster_start")
        query = """
            SELECT count(*) FROM roster_start WHERE duty = 'review' AND scope IN (?, '*') AND begins_at <= ?
        """
        row = self.session.execute(query, [system, _naive(at)]).fetchone()
        return bool(row and row[0])

    def classes_reviewed_by(self, person: str, system: str, at: datetime) -> set[str | None]:
        """Return the classes of rights that a person may review by the roster at a moment; None = any class."""
        self._need("authority")
        rows = self.session.execute(
            """
            SELECT DISTINCT right_class FROM authority
            WHERE person = ? AND duty = 'review' AND scope IN (?, '*') AND valid_from <= ? AND ? < valid_to
            """,
            [person, system, _naive(at), _naive(at)],
        ).fetchall()
        return {each for (each,) in rows}

    def period_start(self, system: str, at: datetime) -> datetime | None:
        """Return the start of the due period of the review schedule that a moment lies in, None without one."""
        row = self.session.execute(
            """
            SELECT min(starts_at) FROM due_occurrence
            WHERE activity = 'access_review' AND system = ? AND starts_at <= ? AND ? < due_at
            """,
            [system, _naive(at), _naive(at)],
        ).fetchone()
        return _maybe(row[0]) if row else None

    def _need(self, step: str) -> None:
        """Make a shared step and those below it relations of the session, when it is first asked for."""
        missing = [name for name in steps_needed(step) if name not in self._steps]
        register_steps(self.session, missing)
        self._steps.update(missing)

    def _by_campaign(self, query: str) -> dict[str, list[list[Any]]]:
        found: dict[str, list[list[Any]]] = {}
        for campaign, *rest in self.session.execute(query).fetchall():
            found.setdefault(campaign, []).append(rest)
        return found

    def _nested_hidden(self, snapshot_id: str) -> list[str]:
        """Return the rights of a snapshot whose nested rights stand nowhere in it, as T-05 B finds them."""
        self._need("right_content")
        rows = self.session.execute(
            """
            SELECT DISTINCT s.right_id FROM snapshot_row AS s
            JOIN right_content AS t ON t.right_id = s.right_id
            LEFT JOIN snapshot_row AS x ON x.snapshot = s.snapshot AND x.account = s.account AND x.right_id = t.holds
            WHERE s.snapshot = ? AND x.snapshot IS NULL ORDER BY ALL
            """,
            [snapshot_id],
        ).fetchall()
        return [right for (right,) in rows]


@contextmanager
def review_tables(workspace: Workspace) -> Iterator[ReviewTables]:
    """Read what access reviews rest on; raises UserError without a scope."""
    applied = require_applied_scope(workspace)
    with tables_read(workspace, TABLES | _FACTS) as session:
        yield ReviewTables(session, applied)


def _item(  # noqa: PLR0913, PLR0917  the columns of a row
    account: str,
    right: str,
    reviewer: str,
    decision: str,
    at: datetime,
    reason: str,
    to_the_second: bool,
    conflicted: bool,
    evidence: str,
) -> ReviewItem:
    said, known = _DECISIONS.get((decision or "").lower()), (to_the_second, conflicted, evidence)
    return ReviewItem(account, right, reviewer or "", said, _maybe(at), reason or "", *known)


def _looks(rows: Sequence[Sequence[Any]]) -> dict[Pair, list[Look]]:
    found: dict[Pair, list[Look]] = {}
    for account, right, by, at, looked_from, result, evidence in rows:
        look = Look(by, _aware(at), _maybe(looked_from), result, evidence)
        found.setdefault((account, right), []).append(look)
    return found


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _maybe(moment: datetime | None) -> datetime | None:
    return None if moment is None else _aware(moment)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
