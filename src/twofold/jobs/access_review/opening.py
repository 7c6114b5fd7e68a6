"""Open a review: everything that a snapshot of the system itself holds is put before reviewers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from twofold.controltests.rule import rule_named
from twofold.engagement.access_review import Review, assign, pairs_sha256
from twofold.jobs.access_review.capturing import ActDone, capture_acts, one_at_a_time, review_now
from twofold.jobs.access_review.people import few, may_review, nobody_for, reviewer_accounts
from twofold.jobs.access_review.tables import ReviewTables, Snapshot, review_tables
from twofold.jobs.control_tests import parameters_in_force
from twofold.model.instant import parse_boundary, zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import instant_text

CONTROL_TEST = "T-05"
_SHOWN = 10
"""Snapshots that a message names."""


@one_at_a_time
def open_review(
    workspace: Workspace,
    system: str,
    *,
    snapshot_id: str,
    reviewers: Sequence[str],
    since: date | None,
    actor: str,
    at: datetime,
) -> ActDone:
    """Open a review of everything in a snapshot; each pair goes to the first reviewer who may decide on it.

    reviewers: accounts or HR ids, in order. `since`: local day since which every review of the system is in this
    workspace, as the acting person states; left out, the start of the due period of the snapshot. Raises UserError for
    a system, snapshot or reviewer that will not do, with everything that is wrong.
    """
    with review_tables(workspace) as tables:
        snapshot = _usable_snapshot(tables, system, snapshot_id, at)
        accounts = reviewer_accounts(tables, reviewers, at=at, where="--reviewer")
        may = {name: may_review(tables, name, system, snapshot.pairs, at=at) for name in accounts}
        given, left = assign(snapshot.pairs, accounts, may_review=may)
        if left:
            raise UserError(nobody_for(left, accounts, "name a further reviewer with --reviewer"))
        zone = zone_named(workspace.settings.reporting_zone)
        known = tables.reviews()
        review_id = _fresh_id(f"rv-{system}-{at.astimezone(zone):%Y-%m-%d}", known)
        if since and since > at.astimezone(zone).date():
            raise UserError(Problem("--since", f"{since} has not come", "a day up to today", "correct the day"))
        stated = _begin_of(since, workspace.settings.reporting_zone) if since else None
        begins = stated or tables.period_start(system, snapshot.taken_at) or snapshot.taken_at
        notes = _notes(tables, snapshot, known.values(), at)
    lines = [
        {"campaign": review_id, "account": account, "right_id": right, "reviewer": reviewer}
        for (account, right), reviewer in given.items()
    ]
    said = (
        f"Access review {review_id} of {system}, opened from snapshot {snapshot_id}. {actor} states that every access "
        f"review of {system} held from {instant_text(begins)} on is in this workspace."
    )
    campaign = {"id": review_id, "system": system, "snapshot": snapshot_id, "started_at": instant_text(at)}
    evidence = capture_acts(
        workspace,
        {"campaign": [campaign], "review_item": lines, "revoke": [], "impact_review": []},
        name=review_id,
        system=system,
        said=said,
        speaks_from=begins,
        parameters={"pairs_sha256": pairs_sha256(snapshot.pairs)},
        actor=actor,
        at=at,
    )
    return ActDone(review_now(workspace, review_id), evidence, tuple(notes))


def _begin_of(day: date, zone: str) -> datetime:
    """Return the beginning of a local day; raises UserError for one that begins before UTC does."""
    try:
        return parse_boundary(day.isoformat(), zone=zone)
    except ValueError as error:
        raise UserError(Problem("--since", str(error), "a day such as 2026-01-01", "correct the day")) from error


def _usable_snapshot(tables: ReviewTables, system: str, snapshot_id: str, at: datetime) -> Snapshot:
    known = [each.id for each in tables.applied.scope.systems]
    if system not in known:
        remedy = nearest(system, known) or "add it to the scope files and apply them"
        raise UserError(Problem("SYSTEM", f"there is no system {system!r}", "one of " + ", ".join(known), remedy))
    listed = [name for name, _ in tables.snapshots_of(system)]
    snapshot = tables.snapshot(snapshot_id)
    if snapshot is None:
        expected = "one of " + ", ".join(listed[-_SHOWN:]) if listed else f"a captured snapshot of {system}"
        remedy = nearest(snapshot_id, listed) or "capture one, as docs/howto/run-an-access-review.md shows"
        raise UserError(Problem("--snapshot", f"there is no snapshot {snapshot_id!r}", expected, remedy))
    faults = [*_faults(snapshot, system), *_age_faults(tables, snapshot, at)]
    if faults:
        remedy = f"take a new one of {system} and capture it"
        raise UserError([Problem(f"--snapshot {snapshot_id}", found, right, remedy) for found, right in faults])
    return snapshot


def _faults(snapshot: Snapshot, system: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the snapshot itself: what was found, what is expected."""
    if snapshot.origin != "system":
        made = "a list of people" if snapshot.origin == "roster" else f"a {snapshot.origin}"
        yield f"it was built from {made}, which leaves out accounts of nobody", "a list of the system itself"
    if snapshot.system != system:
        yield f"it is a snapshot of {snapshot.system}", f"a snapshot of {system}"
    if snapshot.conflicted:
        yield "two pieces of evidence say different things about it", "a snapshot without a conflict"
    if snapshot.doubts:
        yield f"it may not be whole ({', '.join(snapshot.doubts)})", "every record of it, read"
    if not snapshot.pairs:
        yield "it holds no pair of account and right", "something to review"


def _age_faults(tables: ReviewTables, snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, str]]:
    rule = rule_named(CONTROL_TEST, where="control test")
    days = int(parameters_in_force(rule, tables.applied.scope)["max_snapshot_age_days"])
    taken = instant_text(snapshot.taken_at)
    if snapshot.taken_at_latest >= at:
        yield f"it was taken {taken} or later, which is not over", "one taken before now"
    elif at > snapshot.taken_at + timedelta(days=days):
        yield f"it was taken {taken}, more than {days} days ago", f"one of the last {days} days (T-05)"


def _notes(tables: ReviewTables, snapshot: Snapshot, known: Iterable[Review], at: datetime) -> list[str]:
    """Return what would keep T-05 from a pass, seen before anybody decides. known: the reviews that there are."""
    accounts = sorted({account for account, _ in snapshot.pairs})
    hands = tables.hands(accounts, at)
    orphans = [name for name in accounts if hands[name].state in {"unlinked", "ambiguous"}]
    found = []
    same = [each.review_id for each in known if each.snapshot == snapshot.snapshot_id]
    if same:
        found.append(
            f"{few(same)} rests on this snapshot already. T-05 judges each review by itself, so what stays undecided "
            "in one of them is an exception."
        )
    if orphans:
        found.append(
            f"Nobody known stands behind {few(orphans)}. Link each account in the scope files, or have it "
            "removed; until then nobody can tell whether a reviewer decides on their own access."
        )
    if snapshot.nested_hidden:
        found.append(
            f"The snapshot names {few(snapshot.nested_hidden)} and not the rights inside. T-05 will say so: better "
            "take a snapshot that lists nested rights one by one."
        )
    if not tables.has_roster(snapshot.system, at):
        found.append(
            f"No roster says who may review {snapshot.system}. Add rosters with duty review to the scope files."
        )
    return found


def _fresh_id(wanted: str, known: Mapping[str, Review]) -> str:
    number = 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in known:
        number += 1
    return name
