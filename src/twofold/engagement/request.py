"""Requests of an auditor (PBC) and their states.

Rule 1: everything that affects the state of a request stands in `TRANSITIONS`. Rule 2: a state is never stored; it is
rebuilt from the entries of kind `request` and `answer`, in order of the log. Rule 3: an act that the table does not
know is refused before it is written; one that stands in a log nevertheless changes nothing and is reported.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from twofold.vault.entry import Entry, EntryKind

_PREFIX = "rq-"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class RequestAct(StrEnum):
    """What people do with a request. `ANSWER` is an entry of its own kind, the others are of kind `request`."""

    OPEN = "open"
    ANSWER = "answer"
    ACCEPT = "accept"
    RETURN = "return"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[RequestState, RequestAct], RequestState] = {
    (RequestState.OPEN, RequestAct.ANSWER): RequestState.SUBMITTED,
    (RequestState.RETURNED, RequestAct.ANSWER): RequestState.SUBMITTED,
    (RequestState.SUBMITTED, RequestAct.ACCEPT): RequestState.ACCEPTED,
    (RequestState.SUBMITTED, RequestAct.RETURN): RequestState.RETURNED,
    (RequestState.OPEN, RequestAct.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.SUBMITTED, RequestAct.WITHDRAW): RequestState.WITHDRAWN,
    (RequestState.RETURNED, RequestAct.WITHDRAW): RequestState.WITHDRAWN,
}
"""What is not here is refused. Accepted and withdrawn are final: more is asked by a new request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the entry that records it, who gave it, and the evidence it names."""

    entry: int
    given_by: str
    given_at: datetime
    evidence: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the log gives it. `entry` is where it was opened; `changed` the entry of the last act on it."""

    request_id: str
    engagement: str
    control: str | None
    text: str
    assigned_to: str
    due_on: str | None
    asked_by: str
    asked_at: datetime
    entry: int
    state: RequestState = RequestState.OPEN
    changed: int = 0
    note: str = ""
    """What was said with the last accept, return or withdrawal."""
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """All requests by id, in order of asking, and a sentence for each entry that no state allows."""

    by_id: Mapping[str, Request]
    faults: tuple[str, ...] = ()


def request_id_of(index: int) -> str:
    """Return the id of the request that entry `index` opened."""
    return f"{_PREFIX}{index}"


def next_state(state: RequestState, act: RequestAct) -> RequestState | None:
    """Return the state after an act, None where the act is not allowed."""
    return TRANSITIONS.get((state, act))


def allowed_acts(state: RequestState) -> tuple[RequestAct, ...]:
    """Return what may be done with a request in this state."""
    return tuple(act for act in RequestAct if (state, act) in TRANSITIONS)


def rebuild(entries: Iterable[Entry]) -> Requests:
    """Rebuild all requests from entries in order of the log; other kinds are passed over."""
    found: dict[str, Request] = {}
    faults: list[str] = []
    for entry in entries:
        if entry.kind == EntryKind.REQUEST and entry.body["act"] == RequestAct.OPEN:
            opened = _opened(entry)
            found[opened.request_id] = opened
        elif entry.kind in {EntryKind.REQUEST, EntryKind.ANSWER}:
            name = str(entry.body["request"])
            after = _after(found.get(name), entry)
            if after is None:
                state = found[name].state if name in found else "unknown"
                faults.append(f"Entry {entry.index} ({_act(entry)}) cannot follow: the request {name} is {state}.")
            else:
                found[name] = after
    return Requests(found, tuple(faults))


def _act(entry: Entry) -> str:
    return str(RequestAct.ANSWER if entry.kind == EntryKind.ANSWER else entry.body["act"])


def _opened(entry: Entry) -> Request:
    body = entry.body
    return Request(
        request_id=request_id_of(entry.index),
        engagement=body["engagement"],
        control=body["control"],
        text=body["text"],
        assigned_to=body["assigned_to"],
        due_on=body["due_on"],
        asked_by=entry.actor,
        asked_at=entry.at,
        entry=entry.index,
        changed=entry.index,
    )


def _after(request: Request | None, entry: Entry) -> Request | None:
    """Return the request after the act of an entry, None where no transition allows it."""
    act = _act(entry)
    if request is None or act not in set(RequestAct):
        return None
    state = next_state(request.state, RequestAct(act))
    if state is None:
        return None
    if entry.kind == EntryKind.ANSWER:
        answer = Answer(entry.index, entry.actor, entry.at, tuple(entry.body["evidence"]), entry.body["note"])
        return replace(request, state=state, changed=entry.index, answers=(*request.answers, answer))
    return replace(request, state=state, changed=entry.index, note=entry.body["note"])
