"""The state machine of requests: whatever people try, states stay legal and the log gives them back."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from twofold.engagement.request import (
    TRANSITIONS,
    RequestAct,
    RequestState,
    allowed_acts,
    next_state,
    rebuild,
    request_id_of,
)
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind, make_entry

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
FINAL = {RequestState.ACCEPTED, RequestState.WITHDRAWN}
TRIES = st.lists(st.tuples(st.sampled_from(list(RequestAct)), st.integers(0, 3)), max_size=30)
"""Acts on one of four requests; `open` opens another one."""


def entry(index: int, act: RequestAct, request: str | None) -> Entry:
    if act is RequestAct.ANSWER:
        body: dict[str, Json] = {"evidence": ["ev-1"], "note": "", "request": request}
        return make_entry(index=index, kind=EntryKind.ANSWER, at=AT, actor="p", body=body)
    about: dict[str, Json] = {
        "assigned_to": "",
        "control": None,
        "due_on": None,
        "engagement": "e",
        "note": "",
        "text": "t",
    }
    body = {**about, "act": str(act), "request": request}
    return make_entry(index=index, kind=EntryKind.REQUEST, at=AT, actor="p", body=body)


def played(tries: Sequence[tuple[RequestAct, int]]) -> tuple[list[Entry], dict[str, RequestState]]:
    """Write the entries that the table allows, and keep the states by hand."""
    entries: list[Entry] = []
    states: dict[str, RequestState] = {}
    for act, which in tries:
        if act is RequestAct.OPEN:
            made = entry(len(entries), act, None)
            states[request_id_of(made.index)] = RequestState.OPEN
            entries.append(made)
        elif which < len(states):
            name = list(states)[which]
            after = next_state(states[name], act)
            if after is not None:
                states[name] = after
                entries.append(entry(len(entries), act, name))
    return entries, states


@given(TRIES)
def test_any_acts_rebuild_to_the_states_they_led_to(tries: list[tuple[RequestAct, int]]) -> None:
    entries, states = played(tries)
    rebuilt = rebuild(entries)
    assert {name: request.state for name, request in rebuilt.by_id.items()} == states
    assert not rebuilt.faults
    assert rebuild(entries) == rebuilt


@given(TRIES)
def test_what_no_state_allows_changes_nothing_and_is_told(tries: list[tuple[RequestAct, int]]) -> None:
    """A log written by others may hold any act: the states are those of the allowed ones alone."""
    entries = [
        entry(index, act, None if act is RequestAct.OPEN else f"rq-{at}") for index, (act, at) in enumerate(tries)
    ]
    rebuilt = rebuild(entries)
    legal: dict[str, RequestState] = {}
    refused = 0
    for each, (act, at) in zip(entries, tries, strict=True):
        name = f"rq-{each.index}" if act is RequestAct.OPEN else f"rq-{at}"
        after = RequestState.OPEN if act is RequestAct.OPEN else TRANSITIONS.get((legal.get(name), act))  # type: ignore[arg-type]  # None is no state
        if after is None:
            refused += 1
        else:
            legal[name] = after
    assert {name: request.state for name, request in rebuilt.by_id.items()} == legal
    assert len(rebuilt.faults) == refused


def test_the_final_states_allow_nothing_and_every_other_can_end() -> None:
    assert {state for state in RequestState if not allowed_acts(state)} == FINAL
    assert all(RequestAct.WITHDRAW in allowed_acts(state) for state in set(RequestState) - FINAL)
    assert RequestAct.OPEN not in {act for _, act in TRANSITIONS}


def test_other_kinds_are_passed_over() -> None:
    other = make_entry(index=0, kind="dream", at=AT, actor="p", body={})
    assert rebuild([other]).by_id == {}
