"""A ticket's change history: one event for each changed field, and the decisions among them.

A decision is a transition that Jira recorded, with Jira's time and the account that did it. A date that somebody typed
into a field decides nothing (audit-domain 4.0, *Use system events, not typed fields*).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from twofold.model.instant import Instant, instant_from_epoch, parse_instant
from twofold.sources.jira.settings import JiraSettings
from twofold.sources.jira.values import account_of
from twofold.tables.rows import Row, SetAside, Value

_WORD_GAP = re.compile(r"\W+")
_YES = frozenset(
    {"yes", "true", "done", "pass", "passed", "approved", "accepted", "signed off", "complete", "completed"}
)
NO = frozenset({"no", "false", "fail", "failed", "rejected", "declined", "not accepted"})
EXCERPT = 120
"""Characters of a record that a SetAside shows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed field. `txn` is Jira's history id, shared by all that one save changed."""

    id: str
    txn: str
    field: str
    old: str
    new: str
    at: Instant
    actor: str
    record: str

    def row(self, ticket: str) -> Row:
        """Return the ticket_event row."""
        values: dict[str, Value] = {
            "id": self.id,
            "ticket": ticket,
            "field": self.field,
            "old_value": self.old,
            "new_value": self.new,
            "occurred_at": self.at,
            "actor": self.actor,
            "txn": self.txn,
        }
        return Row("ticket_event", self.record, values)


def changes_in(histories: Any, *, record: str, settings: JiraSettings) -> Iterator[Change | SetAside]:
    """Yield each changed field of each history; a history without id or with an unreadable time is set aside."""
    for index, history in enumerate(histories if isinstance(histories, list) else []):
        place = f"{record}/{index}"
        try:
            at = instant_of(history["created"], zone=settings.zone)
            txn = str(history["id"])
            items = [(str(item["field"]), item) for item in history["items"]]
        except (KeyError, TypeError, ValueError) as error:
            reason = f"the history entry cannot be read ({_say(error)})"
            yield SetAside(place, reason, repr(history)[:EXCERPT])
            continue
        seen: Counter[str] = Counter()
        for name, item in items:
            field_id = str(item.get("fieldId") or name)
            number = seen[field_id]
            seen[field_id] += 1
            yield Change(
                id=f"{txn}:{field_id}" + (f":{number}" if number else ""),
                txn=txn,
                field=settings.canonical_field(name, field_id) or _snake(name, item.get("fieldtype")),
                old=_side(item, "from"),
                new=_side(item, "to"),
                at=at,
                actor=account_of(history.get("author")),
                record=place,
            )


def instant_of(created: Any, *, zone: str) -> Instant:
    """Read Jira's time: ISO text, or milliseconds since 1970 as the bulk answer gives it."""
    if isinstance(created, int) and not isinstance(created, bool):
        return instant_from_epoch(created)
    return parse_instant(str(created), zone=zone)


def decisions_in(
    changes: Iterable[Change], *, subject: str, duty: str, settings: JiraSettings, typed_on: Instant | None = None
) -> Iterator[Row | SetAside]:
    """Yield the approval rows of a ticket: transitions into deciding states, and sign-offs in the UAT field.

    An approval is withdrawn when the ticket later enters a rejected or reopened state, or the sign-off is taken back.
    `typed_on` is the date that somebody typed; it goes with the transitions and never decides. A decision whose
    account Jira no longer shows is set aside: nobody can be asked about it.
    """
    ordered = sorted(changes, key=lambda change: (change.at.earliest, change.id))
    for field, field_duty in (("status", duty), ("uat", "uat")):
        decided = [(change, _decision(change, settings)) for change in ordered if change.field == field]
        for index, (change, decision) in enumerate(decided):
            if not decision:
                continue
            if not change.actor:
                yield SetAside(change.record, "a decision without an account", f"{subject} to {change.new}")
                continue
            withdrawn = None
            if decision == "approve":
                later = (after.at for after, said in decided[index + 1 :] if _takes_back(after, said, settings))
                withdrawn = next(later, None)
            values: dict[str, Value] = {
                "id": change.id,
                "subject": subject,
                "approver": change.actor,
                "duty": field_duty,
                "decision": decision,
                "decided_at": change.at,
                "typed_on": typed_on if field == "status" else None,
                "withdrawn_at": withdrawn,
                "txn": change.txn,
            }
            yield Row("approval", change.record, values)


def migrated_at(changes: Iterable[Change], *, created_at: Instant, settings: JiraSettings) -> Instant | None:
    """Return when the history was imported from another tool, or None.

    Either the parameter names the import and the ticket has events at it, or all of several saves carry one and the
    same instant, later than the ticket's creation: people cannot do that, an importer does.
    """
    listed = list(changes)
    told = settings.migrated_at
    if told is not None:
        hit = any(change.at.earliest <= told.latest and told.earliest <= change.at.latest for change in listed)
        return told if hit else None
    saves = {change.txn for change in listed}
    moments = {change.at.earliest for change in listed}
    if len(saves) > 1 and len(moments) == 1 and created_at.latest < min(moments):
        return listed[0].at
    return None


def _decision(change: Change, settings: JiraSettings) -> str:
    """Return approve, reject or "" (no decision)."""
    new = change.new.strip().lower()
    if change.field == "uat":
        return "approve" if new in _YES else "reject" if new in NO else ""
    return "approve" if new in settings.approved else "reject" if new in settings.rejected else ""


def _takes_back(change: Change, decision: str, settings: JiraSettings) -> bool:
    if change.field == "uat":
        return decision != "approve"
    return change.new.strip().lower() in settings.withdrawn


def _side(item: dict[str, Any], side: str) -> str:
    """Return what people saw (fromString), else the raw value."""
    shown = item.get(f"{side}String")
    raw = item.get(side) if shown is None else shown
    return "" if raw is None else str(raw)


def _snake(name: str, kind: object) -> str:
    """Return the display name in snake_case; Jira's Component is the ticket's `systems`.

    `key` is Jira's own field alone, since tickets are told by it. kind: what Jira says of a field, `jira` or `custom`.
    """
    word = _WORD_GAP.sub("_", name.strip().lower()).strip("_")
    if word == "key" and kind == "custom":
        return "custom_key"
    return "systems" if word in {"component", "components"} else word


def _say(error: Exception) -> str:
    return f"no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
