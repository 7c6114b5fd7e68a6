"""Ask for something, and take back, accept or return what was asked: each an entry of kind `request`."""

from collections.abc import Iterator
from datetime import date, datetime
from heapq import merge

from twofold.engagement.request import (
    Request,
    RequestAct,
    Requests,
    allowed_acts,
    next_state,
    rebuild,
    request_id_of,
)
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault


def all_requests(vault: Vault) -> Requests:
    """Return the requests with their states, rebuilt from the log."""
    return rebuild(_entries(vault))


def request_allowing(vault: Vault, request_id: str, act: RequestAct) -> Request:
    """Return the request; raises UserError when there is none of this id, or its state does not allow the act."""
    known = all_requests(vault).by_id
    request = known.get(request_id)
    if request is None:
        expected = "one of " + ", ".join(known) if known else "a request that was asked"
        raise UserError(
            Problem("REQUEST", f"there is no request {request_id!r}", expected, "run 'twofold request list'")
        )
    if next_state(request.state, act) is None:
        allowed = ", ".join(allowed_acts(request.state))
        expected = f"one of {allowed}" if allowed else "nothing more: this state is final"
        found = f"{request_id} is {request.state}, so '{act}' is not allowed"
        raise UserError(Problem("REQUEST", found, expected, "see 'twofold request list'; ask anew if more is needed"))
    return request


def ask(  # noqa: PLR0913  the fields of a request
    vault: Vault,
    *,
    engagement: str,
    control: str | None,
    text: str,
    assigned_to: str,
    due_on: date | None,
    acting_user: str,
    at: datetime,
) -> Request:
    """Open a request for an engagement; raises UserError for an empty text."""
    if not text.strip():
        raise UserError(Problem("TEXT", "nothing is asked", "what is needed", "say it in a sentence"))
    body: dict[str, Json] = {
        "act": str(RequestAct.OPEN),
        "assigned_to": assigned_to,
        "control": control,
        "due_on": due_on.isoformat() if due_on else None,
        "engagement": engagement,
        "note": "",
        "request": None,
        "text": text.strip(),
    }
    with recording(vault) as recorder:
        entry = recorder.append(EntryKind.REQUEST, body=body, acting_user=acting_user, at=at)
        return all_requests(vault).by_id[request_id_of(entry.index)]


def change_request(
    vault: Vault, *, request_id: str, act: RequestAct, note: str, acting_user: str, at: datetime
) -> Request:
    """Accept, return or withdraw a request. A return and a withdrawal need a note that says why.

    Raises UserError for an unknown request, or a state that does not allow the act; ValueError for another act.
    """
    if act not in {RequestAct.ACCEPT, RequestAct.RETURN, RequestAct.WITHDRAW}:
        msg = f"{act} is not a change of a request"
        raise ValueError(msg)
    said = note.strip() if act is RequestAct.ACCEPT else need_reason(note, why=f"why the request is {_DONE[act]}")
    with recording(vault) as recorder:
        request = request_allowing(vault, request_id, act)
        body: dict[str, Json] = {
            "act": str(act),
            "assigned_to": request.assigned_to,
            "control": request.control,
            "due_on": request.due_on,
            "engagement": request.engagement,
            "note": said,
            "request": request_id,
            "text": request.text,
        }
        recorder.append(EntryKind.REQUEST, body=body, acting_user=acting_user, at=at)
        return all_requests(vault).by_id[request_id]


_DONE = {RequestAct.RETURN: "returned", RequestAct.WITHDRAW: "withdrawn"}


def _entries(vault: Vault) -> Iterator[Entry]:
    kinds = (EntryKind.REQUEST, EntryKind.ANSWER)
    return merge(*(vault.entries(kind=kind) for kind in kinds), key=lambda entry: entry.index)
