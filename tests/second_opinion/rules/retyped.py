"""Which type a ticket had at some time, by what its history and the ticket itself say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .changes import Change, tickets_named
from .records import Record, Records, Span
from .steps import EVER, NEVER


@dataclass(frozen=True, slots=True)
class Told:
    """What one record says of the type at some time; no type where it does not say."""

    type: str | None
    conflicted: bool


def type_events(records: Records, ticket: Record) -> list[tuple[Record, Span]]:
    """Return the changes of a ticket's type and when each was made, which is at any time before an import."""
    found = []
    for row in records["ticket_event"]:
        if row["ticket"] != ticket["key"] or row["field"].lower() not in {"type", "issuetype"}:
            continue
        at, moved = row["occurred_at"], ticket["migrated_at"]
        imported = moved is not None and moved[0] <= at[1] and at[0] <= moved[1]
        found.append((row, (EVER if imported else at[0], at[1])))
    return found


def told(records: Records, ticket: Record, at: Span, *, of_a_save: bool = False) -> Sequence[Told]:
    """Return what the records say of a ticket's type at a time.

    of_a_save: the time is that of another event of the ticket, so that a change of the type in that instant counts.
    """
    events = type_events(records, ticket)
    today = Told(ticket["type"], ticket["conflicted"])
    if not events:
        return [today]
    return list(_told(events, today, at, of_a_save=of_a_save))


def _told(events: Sequence[tuple[Record, Span]], today: Told, at: Span, *, of_a_save: bool) -> Iterator[Told]:
    def is_over(moment: datetime) -> bool:
        return moment < at[0] or (of_a_save and moment == at[0])

    if all(made[0] <= at[1] for _, made in events):
        yield today
    for row, made in events:
        later = [other for _, other in events if other[0] > made[1]]
        earlier = [other for _, other in events if other[1] < made[0]]
        if made[0] <= at[1] and not any(is_over(other[1]) for other in later):
            yield Told(row["new_value"], row["conflicted"])
        plain = row["old_value"] is not None and not row["conflicted"]
        if not is_over(made[1]) and not any(other[0] > at[1] for other in earlier) and (plain or not earlier):
            yield Told(row["old_value"], row["conflicted"])


def as_it_was(records: Records, ticket: Record, at: Span | None) -> Record:
    """Return a ticket with the type that it had at a time; none, and type_unclear, where the records do not tell."""
    said = told(records, ticket, at or (EVER, NEVER))
    types = sorted({each.type for each in said if each.type is not None})
    return {
        **ticket,
        "type": types[0] if len(types) == 1 else None,
        "type_unclear": len(types) != 1,
        "conflicted": ticket["conflicted"] or any(each.conflicted for each in said),
    }


def tickets_then(records: Records, change: Change) -> dict[str, Record]:
    """Return the tickets that a change names, as they were when its release started."""
    at = change.start or change.deployment["completed_at"]
    named = set(tickets_named(records, change))
    return {row["key"]: as_it_was(records, row, at) for row in records["ticket"] if row["key"] in named}
