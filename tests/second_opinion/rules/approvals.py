"""Who made and who approved a change, and when its tickets were authorised, in plain Python.

From audit-domain 4.0 (Identity, Authority, Independence), 4.2, and the heads of the steps change_contributor,
change_approval, change_emergency and ticket_authorisation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .changes import Change, commit_owners, tickets_named
from .records import Record, Records, Span
from .retyped import told
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    Hand,
    acted_as,
    hand,
    has_gap,
    human_of,
    mandates,
    surely_before,
    title_mandates,
)
from .world import A_DAY

NOT_AN_EMERGENCY = {"", "false", "no", "n", "0", "off", "none", "normal"}
_WEB_COMMITTERS = {"github:web-flow", "git:noreply@github.com"}
_TODAY = NEVER - A_DAY
"""When something without a time was done: whoever the account belongs to last."""
_TAKEN_BACK = {"reopened", "open", "rejected", "withdrawn"}
"""Of the statuses that end an authorisation, those that some world has."""
_WAITS = ("approv", "authori", "review", "assess", "wait", "pending", "submit", "request")
"""What the name of a status that waits for a decision holds."""


@dataclass(frozen=True, slots=True)
class Contributor:
    """Whose hand worked on a change, by which account; None where a listed commit is not in the data."""

    account: str | None
    hand: Hand
    human: str | None
    wrote: bool
    """Author or co-author of a commit, or who opened the pull request."""

    def is_same(self, account: str | None, human: str | None) -> bool:
        """Return whether somebody else is surely this one: the same human, or the same account unless it is shared."""
        by_account = self.account is not None and self.account == account and self.hand.state != SHARED_ACCOUNT
        return by_account or (human is not None and self.human == human)

    @property
    def is_unknown(self) -> bool:
        """Return whether nobody can say who it was."""
        return self.hand.state in {UNLINKED, AMBIGUOUS, SHARED_ACCOUNT}


def contributors(records: Records, change: Change) -> list[Contributor]:
    """Return everybody who worked on a change."""
    found = []
    for row, listed in _own_commits(records, change):
        if row["base_merge"] or (not listed and len(row["parents"]) > 1):
            continue
        at = (row["committed_at"] or row["authored_at"] or row["pushed_at"] or (_TODAY,))[0]
        accounts = [(row["author"], True), *((name, True) for name in row["coauthors"])]
        if listed and row["committer"] not in _WEB_COMMITTERS:
            accounts.append((row["committer"], False))
        if listed:
            accounts.append((row["pushed_by"], False))
        found += [_contributor(records, name, at, wrote=wrote) for name, wrote in accounts if name]
    request = change.pull_request
    if request is not None and request["author"]:
        at = (request["created_at"] or request["merged_at"] or (_TODAY,))[0]
        found.append(_contributor(records, request["author"], at, wrote=True))
    if request is not None and _somebody_unseen(records, change, request):
        found.append(Contributor(None, Hand(UNLINKED), None, wrote=True))
    return found


def _contributor(records: Records, account: str, at: datetime, *, wrote: bool) -> Contributor:
    who = hand(records, account, at)
    return Contributor(account, who, human_of(records, who.person), wrote)


def _own_commits(records: Records, change: Change) -> Iterator[tuple[Record, bool]]:
    """Yield the commits of a change in the data, and whether the change lists them or the merge made them."""
    owners = commit_owners(records)
    request = change.pull_request
    listed = _listed(records, request) if request is not None else {change.sha}
    for row in records["code_commit"]:
        key = row["repository"], row["sha"]
        mine = request["id"] in owners.get(key, ()) if request is not None else key[1] == change.sha
        if mine and row["repository"] == change.repository:
            yield row, row["sha"] in listed


def _listed(records: Records, request: Record) -> set[str]:
    rows = [row for row in records["pull_request_commit"] if row["pull_request"] == request["id"]]
    return {sha for sha in [*(row["sha"] for row in rows), request["head_sha"]] if sha}


def _somebody_unseen(records: Records, change: Change, request: Record) -> bool:
    commits = {row["sha"]: row for row in records["code_commit"] if row["repository"] == request["repository"]}
    if _listed(records, request) <= set(commits):
        return False
    merge = commits.get(request["merge_sha"])
    if merge is not None and len(merge["parents"]) <= 1:
        return False
    until = change.start and change.start[1] + TICK
    return bool(commits) or has_gap(records, ["code_commit"], change.deployment["system"], None, until)


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval of a change: when it was given, and when it stopped to hold, if it did."""

    basis: str
    """review, ticket, or trailer of a commit message."""
    duty: str
    account: str
    given: Span
    commit: str | None
    ended: Span | None
    refused: bool
    """It ended by a request for changes or a rejection of the same human."""
    ended_unknown: bool
    doubt: datetime | None
    """Earliest moment of a later row in conflict of the same human: nobody can tell whether that took it back."""
    conflicted: bool

    def who(self, records: Records) -> Hand:
        """Return whose hand gave it."""
        return hand(records, self.account, self.given[0])

    def human(self, records: Records) -> str | None:
        """Return the human who gave it, whichever HR id the account was linked to."""
        return human_of(records, self.who(records).person)


def change_approvals(records: Records, change: Change) -> Iterator[Approval]:
    """Yield reviews of the pull request, approvals of its tickets for release or emergency, and trailers."""
    request = change.pull_request
    reviews = [row for row in records["review"] if request is not None and row["pull_request"] == request["id"]]
    for row in reviews:
        if row["state"] in {"approved", "dismissed"} or row["conflicted"]:
            refusals = [
                (each, each["submitted_at"])
                for each in reviews
                if each is not row
                and (each["state"] == "changes_requested" or each["conflicted"])
                and acted_as(records, each["reviewer"], each["submitted_at"])
                == acted_as(records, row["reviewer"], row["submitted_at"])
            ]
            given = Approval(
                *("review", "release", row["reviewer"], row["submitted_at"], row["commit_sha"], row["dismissed_at"]),
                refused=False,
                ended_unknown=row["state"] == "dismissed" and row["dismissed_at"] is None,
                doubt=None,
                conflicted=row["conflicted"],
            )
            yield _with_refusals(given, refusals)
    tickets = tickets_named(records, change)
    decisions = [
        row for row in records["approval"] if row["subject"] in tickets and row["duty"] in {"release", "emergency"}
    ]
    for row in decisions:
        if row["decision"] == "approve" or row["conflicted"]:
            refusals = [
                (each, each["decided_at"])
                for each in decisions
                if each is not row
                and (each["subject"], each["duty"]) == (row["subject"], row["duty"])
                and (each["decision"] == "reject" or each["conflicted"])
                and acted_as(records, each["approver"], each["decided_at"])
                == acted_as(records, row["approver"], row["decided_at"])
            ]
            given = Approval(
                *("ticket", row["duty"], row["approver"], row["decided_at"], None, row["withdrawn_at"]),
                refused=False,
                ended_unknown=False,
                doubt=None,
                conflicted=row["conflicted"],
            )
            early = not surely_before(change.start, row["decided_at"])
            back = list(_put_back_before(records, row["subject"], change.start)) if early else []
            yield _with_refusals(given, refusals, back)
    commit = change.commit
    if commit is not None and commit["committed_at"] is not None:
        for name in commit["reviewed_by"]:
            yield Approval(
                *("trailer", "release", name, commit["committed_at"], commit["sha"], None),
                refused=False,
                ended_unknown=False,
                doubt=None,
                conflicted=commit["conflicted"],
            )


def _put_back_before(records: Records, ticket: str, start: Span | None) -> Iterator[tuple[Record, Span]]:
    """Yield what put a ticket back, perhaps before a release started; perhaps never for this release if not surely."""
    for row, at in put_back(records, ticket):
        if start is not None and at[0] <= start[1]:
            yield row, at if at[1] <= start[0] else (at[0], NEVER)


def _with_refusals(
    given: Approval, refusals: Sequence[tuple[Record, Span]], back: Sequence[tuple[Record, Span]] = ()
) -> Approval:
    ended, refused, doubt = taken_back(given.given, given.ended, [*refusals, *back])
    by_hand, by_ticket = (taken_back(given.given, None, rows)[0] for rows in (refusals, back))
    if by_ticket is not None:
        refused = refused and by_hand is not None and by_hand[1] <= by_ticket[1]
    return replace(given, ended=ended, refused=refused, doubt=doubt)


def taken_back(
    given: Span, withdrawn: Span | None, refusals: Sequence[tuple[Record, Span]]
) -> tuple[Span | None, bool, datetime | None]:
    """Return when something given ended (perhaps from, surely by), whether by a refusal, and when it became doubtful.

    A refusal that came surely later ends it. One that may have come earlier ends it perhaps, and perhaps never; one in
    conflict leaves it in doubt.
    """
    ends = [withdrawn] if withdrawn else []
    later = [(row, at) for row, at in refusals if at[1] >= given[0]]
    doubt = min((max(at[0], given[0]) for row, at in later if row["conflicted"]), default=None)
    refused = [
        (max(at[0], given[0]), at[1] if at[0] > given[1] else NEVER) for row, at in later if not row["conflicted"]
    ]
    by_refusal = bool(refused) and (withdrawn is None or min(at[1] for at in refused) < withdrawn[1])
    ends += refused
    return (min(at[0] for at in ends), min(at[1] for at in ends)) if ends else None, by_refusal, doubt


def stood_at(approval: Approval, start: Span) -> bool:
    """Return whether an approval was given not surely after a start, and had surely not ended by then."""
    if approval.ended_unknown or surely_before(start, approval.given):
        return False
    return approval.ended is None or surely_before(start, approval.ended)


def content_seen(records: Records, change: Change, approval: Approval) -> str:
    """Return whether an approval was given on the final content: final, stale or unknown."""
    request = change.pull_request
    final = request["head_sha"] if request is not None else change.sha
    merged = request and request["merged_at"]
    if approval.commit is None and merged and surely_before(merged, approval.given):
        return "final"
    pushes = [row["pushed_at"] for row, listed in _own_commits(records, change) if listed and not row["base_merge"]]
    if final is None:
        later = any(surely_before(approval.given, push) for push in pushes)
        return "stale" if later else "unknown"
    if approval.commit is not None:
        return "final" if _same_content(records, change, approval.commit, final) else "stale"
    return "final" if pushes and all(surely_before(push, approval.given) for push in pushes) else "unknown"


def _same_content(records: Records, change: Change, seen: str, final: str) -> bool:
    """Return whether two commits have one content: the same, equal trees, or only clean merges of the base between."""
    commits = {row["sha"]: row for row in records["code_commit"] if row["repository"] == change.repository}
    if seen == final:
        return True
    trees = [commits[sha]["tree_sha"] if sha in commits else None for sha in (seen, final)]
    if trees[0] is not None and trees[0] == trees[1]:
        return True
    if change.pull_request is None:
        return False
    listed = _listed(records, change.pull_request)
    reached, behind = {final}, [final]
    while behind:
        row = commits.get(behind.pop())
        if row is not None and row["base_merge"]:
            new = {sha for sha in row["parents"] if sha in listed} - reached
            reached |= new
            behind += new
    return seen in reached


def authority(records: Records, change: Change, approval: Approval, duty: str) -> str:
    """Return what shows that an approver had a duty then, as the head of the step names it."""
    person, scopes, at = approval.who(records).person, {change.deployment["system"], "*"}, approval.given
    if person is None:
        return "unlinked"
    held = [
        each
        for each in mandates(records)
        if (each.person, each.duty, each.right_class) == (person, duty, None)
        and each.scope in scopes
        and each.perhaps(at)
    ]
    if held:
        return "roster" if any(each.surely(at) for each in held) else "unclear"
    rows = [row for row in records["roster"] if row["duty"] == duty and row["scope"] in scopes]
    begins_at = min((row["valid_from"] or EVER for row in rows), default=NEVER)
    if begins_at <= at[0]:
        return "none"
    title = _title(records, person, scopes, duty, at)
    if title and begins_at <= at[1]:
        return "title_unclear"
    return title or "no_roster"


def _title(records: Records, person: str, scopes: set[str], duty: str, at: Span) -> str:
    """Return title where a job's title surely gave the duty to somebody employed, title_unclear where it may have."""
    held = [
        each for each in title_mandates(records) if each.person == person and each.duty == duty and each.scope in scopes
    ]
    if any(each.surely(at) for each in held):
        return "title"
    return "title_unclear" if any(each.perhaps(at) for each in held) else ""


def independence(records: Records, change: Change, approval: Approval) -> str:
    """Return whether an approver worked on the change: independent, contributor, or why nobody can tell."""
    who, made_by = approval.who(records), contributors(records, change)
    if any(each.is_same(approval.account, approval.human(records)) for each in made_by):
        return "contributor"
    kinds = {row["id"]: row["kind"] for row in records["account"]}
    if who.state == BOT or kinds.get(approval.account) in {"bot", "service"}:
        return "bot"
    if who.state == SHARED_ACCOUNT:
        return "shared"
    if who.person is None:
        return "unlinked"
    if not made_by:
        return "no_contributor"
    return "contributor_unlinked" if any(each.is_unknown for each in made_by) else "independent"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of an emergency; `cleared` when it was taken off before the release started."""

    at: Span | None
    cleared: bool
    conflicted: bool
    migrated: bool

    def opens_the_way(self, start: Span | None) -> bool:
        """Return whether the change went as an emergency: a flag that was not surely set after the start."""
        return not self.cleared and not surely_before(start, self.at)


def emergency_flag(records: Records, change: Change) -> Flag | None:
    """Return the earliest flag that was not taken off before the release started, else the earliest."""
    tickets = {row["key"]: row for row in records["ticket"]}
    found = []
    for key in tickets_named(records, change):
        events = [row for row in records["ticket_event"] if row["ticket"] == key]
        ticket = tickets.get(key)
        if ticket is None:
            continue
        offs = [each["occurred_at"] for each in events if _takes_off(each)]
        for at, row in _flags(ticket, events):
            cleared = _is_off(change, at, offs)
            moved = ticket["migrated_at"]
            migrated = bool(at and moved and moved[0] <= at[1] and at[0] <= moved[1])
            order = cleared, at is None, at or (NEVER, NEVER), row["conflicted"], key
            found.append((order, Flag(at, cleared, row["conflicted"], migrated)))
        made = ticket["created_at"]
        if not _is_off(change, made, offs):
            moved = ticket["migrated_at"]
            migrated = bool(made and moved and moved[0] <= made[1] and made[0] <= moved[1])
            for row in _first_that_replace(events):
                doubt = row["conflicted"] or ticket["conflicted"]
                order = False, made is None, made or (NEVER, NEVER), doubt, key
                found.append((order, Flag(made, cleared=False, conflicted=doubt, migrated=migrated)))
    return min(found, key=lambda each: each[0])[1] if found else None


def _is_off(change: Change, flagged: Span | None, offs: Sequence[Span]) -> bool:
    since = flagged[0] if flagged else EVER
    return change.start is not None and any(since < off[0] <= change.start[0] for off in offs)


def _first_that_replace(events: Sequence[Record]) -> Iterator[Record]:
    """Yield what was surely the first event of its field and replaced a flag, which was there from the creation."""
    for field in ("emergency", "type"):
        rows = [row for row in events if _field(row) == field]
        for row in rows:
            old = (row["old_value"] or "").lower()
            flagged = old not in NOT_AN_EMERGENCY if field == "emergency" else "emergency" in old
            if flagged and all(row["occurred_at"][1] < each["occurred_at"][0] for each in rows if each is not row):
                yield row


def _flags(ticket: Record, events: Sequence[Record]) -> Iterator[tuple[Span | None, Record]]:
    for row in events:
        field, value = _field(row), (row["new_value"] or "").lower()
        if (field == "emergency" and value not in NOT_AN_EMERGENCY) or (field == "type" and "emergency" in value):
            yield row["occurred_at"], row
    if "emergency" in ticket["type"].lower() and not any(_field(row) == "type" for row in events):
        yield ticket["created_at"], ticket


def _field(row: Record) -> str:
    """Return the name of the field that an event changed; a tracker may call the type issuetype."""
    name: str = row["field"].lower()
    return "type" if name == "issuetype" else name


def _takes_off(row: Record) -> bool:
    field, old, new = _field(row), (row["old_value"] or "").lower(), (row["new_value"] or "").lower()
    if field == "emergency":
        return new in NOT_AN_EMERGENCY
    return field == "type" and "emergency" in old and "emergency" not in new


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An event that authorised a ticket, and when that ended, if it did."""

    at: Span
    ended: Span | None
    doubt: datetime | None
    """Earliest moment of a later event in conflict: nobody can tell whether that took it back."""
    txn: str | None
    conflicted: bool
    migrated: bool


def authorisations(records: Records, ticket: Record) -> Iterator[Authorisation]:
    """Yield the events that authorised a ticket."""
    events = [
        row for row in records["ticket_event"] if row["ticket"] == ticket["key"] and row["field"].lower() == "status"
    ]
    decisions = [row for row in records["approval"] if (row["subject"], row["duty"]) == (ticket["key"], "authorise")]
    found = [(row, _authorises(records, ticket, row)) for row in events]
    given = [(row, row["occurred_at"], None, sure == "perhaps") for row, sure in found if sure != "no"]
    given += [
        (row, row["decided_at"], row["withdrawn_at"], row["conflicted"])
        for row in decisions
        if row["decision"] == "approve" or row["conflicted"]
    ]
    back = put_back(records, ticket["key"])
    back += [(row, row["decided_at"]) for row in decisions if row["conflicted"] or row["decision"] == "reject"]
    for row, at, withdrawn, conflicted in given:
        others = [(each, moment) for each, moment in back if each is not row]
        others += [(each, each["occurred_at"]) for each in events if each is not row and _undoes(each, row)]
        ended, _, doubt = taken_back(at, withdrawn, others)
        moved = ticket["migrated_at"]
        yield Authorisation(
            at,
            ended,
            doubt,
            row["txn"],
            conflicted,
            bool(moved and moved[0] <= at[1] and at[0] <= moved[1]),
        )


def _authorises(records: Records, ticket: Record, row: Record) -> str:
    """Return whether a status authorises a ticket of the type that it had then: yes, no or perhaps."""
    if row["conflicted"]:
        return "perhaps"
    lists = {each["id"]: {word.lower() for word in each["authorised_states"]} for each in records["change_type"]}
    plain = {"approved", "authorised"}
    answers = set()
    today = next(each for each in records["ticket"] if each["key"] == ticket["key"])
    for each in told(records, today, row["occurred_at"], of_a_save=True):
        if each.type is None or each.conflicted:
            answers |= {False, _value(row) in plain.union(*lists.values())}
        else:
            answers.add(_value(row) in (lists.get(each.type) or plain))
    return "no" if True not in answers else "yes" if False not in answers else "perhaps"


def put_back(records: Records, ticket: str) -> list[tuple[Record, Span]]:
    """Return the events that put a ticket back, or may have, and when."""
    events = [row for row in records["ticket_event"] if row["ticket"] == ticket and row["field"].lower() == "status"]
    return [(row, row["occurred_at"]) for row in events if row["conflicted"] or _takes_back(row)]


def _value(row: Record) -> str:
    return (row["new_value"] or "").lower()


def _takes_back(row: Record) -> bool:
    again = (row["old_value"] or "").lower() == "done" and _value(row) == "in progress"
    return _value(row) in _TAKEN_BACK or again


def _undoes(row: Record, given: Record) -> bool:
    """Return whether a status is the one that a ticket had before it was authorised, and waits for a decision."""
    came_from = (given.get("old_value") or "").strip().lower()
    waits = any(word in came_from for word in _WAITS)
    return waits and not row["conflicted"] and not given["conflicted"] and _value(row).strip() == came_from


def agreed(records: Records, system: str, at: datetime) -> bool:
    """Return whether an agreement with the auditor took a system's pipeline for an independent deployer."""
    return any(
        row["system"] == system
        and (row["valid_from"] or (row["agreed_at"] or (NEVER, NEVER))[1]) <= at < (row["valid_to"] or NEVER)
        for row in records["pipeline_agreement"]
    )
