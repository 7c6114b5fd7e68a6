"""What each apply of the scope changed: who, with whom, why, and the differences to the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.model.instant import zone_named
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.scope.load import read_scope
from twofold.scope.plan import ScopePlan, plan
from twofold.scope.register import Scope
from twofold.vault.entry import Entry, EntryKind

_KEPT = 200
"""Applies that a process keeps: reading and comparing two scopes takes most of a second."""
_APPLIES: dict[tuple[str, int, str], "ScopeApply"] = {}
"""Root of the workspace, entry and hash of the scope -> what was told of it. An entry never changes."""
_LAST: dict[tuple[str, int, str], Scope] = {}


@dataclass(frozen=True, slots=True)
class ScopeApply:
    """One apply. second_person: who approved it, "" where nobody was named.

    plan: what differs from the apply before; None where the files of one of them were deleted since.
    """

    entry: int
    at: datetime
    actor: str
    second_person: str
    reason: str
    scope_sha256: str
    plan: ScopePlan | None


def scope_history(workspace: Workspace, *, newest: int | None = None) -> Sequence[ScopeApply]:
    """Return the applies, oldest first; only the newest few if asked, each compared with the one before it."""
    entries = list(workspace.vault.entries(kind=EntryKind.SCOPE_APPLY))
    start = max(len(entries) - newest, 0) if newest is not None else 0
    pairs = zip([None, *entries], entries, strict=False)
    return [_kept(workspace, before, entry) for before, entry in list(pairs)[start:]]


def scope_apply(workspace: Workspace, entry: int) -> ScopeApply | None:
    """Return the apply that an entry of the log records, None where it records none."""
    before: Entry | None = None
    for each in workspace.vault.entries(kind=EntryKind.SCOPE_APPLY):
        if each.index == entry:
            return _kept(workspace, before, each)
        before = each
    return None


def _kept(workspace: Workspace, before: Entry | None, entry: Entry) -> ScopeApply:
    """Return what was told before of the same two entries, or tell it."""
    key = _key(workspace, entry)
    if key not in _APPLIES:
        while len(_APPLIES) >= _KEPT:
            _APPLIES.pop(next(iter(_APPLIES)), None)
        _APPLIES[key] = _told(workspace, before, entry)
    return _APPLIES[key]


def _key(workspace: Workspace, entry: Entry) -> tuple[str, int, str]:
    return str(workspace.root.resolve()), entry.index, str(entry.body["scope_sha256"])


def _told(workspace: Workspace, before: Entry | None, entry: Entry) -> ScopeApply:
    return ScopeApply(
        entry=entry.index,
        at=entry.at,
        actor=entry.actor,
        second_person=entry.body.get("second_person") or "",
        reason=entry.body["reason"],
        scope_sha256=entry.body["scope_sha256"],
        plan=_differences(workspace, before, entry),
    )


def _differences(workspace: Workspace, before: Entry | None, entry: Entry) -> ScopePlan | None:
    try:
        old = _scope(workspace, before) if before is not None else None
        new = _scope(workspace, entry)
    except UserError:
        return None
    today = entry.at.astimezone(zone_named(new.reporting_zone)).date()
    return plan(old, new, today=today)


def _scope(workspace: Workspace, entry: Entry) -> Scope:
    """Return what an apply said; the last one read is kept, since the next apply is compared with it."""
    key = _key(workspace, entry)
    found = _LAST.get(key) or _read(workspace, entry)
    _LAST.clear()
    _LAST[key] = found
    return found


def _read(workspace: Workspace, entry: Entry) -> Scope:
    """Read what an apply said from its evidence; raises UserError where that is gone."""
    contents = {name: workspace.read_evidence(evidence) for name, evidence in entry.body["files"]}
    return read_scope(contents, reporting_zone=entry.body["reporting_zone"])
