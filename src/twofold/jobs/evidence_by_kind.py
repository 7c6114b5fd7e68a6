"""Evidence in force of some kinds, and the clock of all evidence, without holding every record in memory.

A record can be replaced only by one of its own source and kind: the two have the same source, kind and name, or the
same bytes and equal provenance. So what is in force of a kind is decided among the records of that kind alone, and a
vault of many records is read one kind at a time.
"""

import hashlib
import threading
from collections.abc import Collection, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from twofold.jobs.normalise import clock_of, evidence_in_force
from twofold.jobs.reading_cache import code_digest
from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import SCOPE_SOURCE, AppliedScope, Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence_index import CapturesOfKind, EvidenceFilter
from twofold.vault.retention.deletions import deletions

Kind = tuple[str, str]
"""Source and kind."""
_NEVER = datetime.min.replace(tzinfo=UTC)
CLOCKS_FILE = "clocks.json"
"""In the folder of readings; may be deleted, as they may."""
_LAST: dict[str, Any] = {}
"""The state that was asked for last, and what was found."""
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """Which evidence a workspace holds at a moment: its kinds with their captures, and how many records were deleted.

    The log only grows, so that two equal states of one workspace hold the same evidence.
    """

    place: Hashable
    kinds: tuple[tuple[Kind, CapturesOfKind], ...]
    deleted: int


def evidence_state(workspace: Workspace) -> EvidenceState:
    """Return the state now; scope files are no evidence that tables are made from."""
    vault = workspace.vault
    return EvidenceState(
        (workspace.root.resolve(), vault.log_id),
        tuple(sorted(pair for pair in vault.captures_by_kind().items() if pair[0][0] != SCOPE_SOURCE)),
        vault.log.count(EntryKind.DELETION),
    )


def evidence_of_kinds(workspace: Workspace, wanted: Collection[Kind]) -> list[EvidenceRef]:
    """Return what `evidence_to_read` has of these kinds, in order of capture."""
    gone = deletions(workspace.vault.log)
    captured = [
        each
        for source, kind in wanted
        if source != SCOPE_SOURCE
        for each in workspace.vault.each_evidence(EvidenceFilter(source=source, kind=kind))
    ]
    return [each for each in evidence_in_force(captured) if each.evidence_id not in gone]


def clock_now(workspace: Workspace, state: EvidenceState, applied: AppliedScope | None) -> datetime:
    """Return `clock_of` over all evidence to read, aware UTC; only kinds with new captures are read again."""
    newest = max(_clocks(workspace, state).values(), default=_NEVER)
    return clock_of([], applied) if newest == _NEVER else newest


def _clocks(workspace: Workspace, state: EvidenceState) -> Mapping[Kind, datetime]:
    """Return the newest extraction of each kind, as this process or another one found it, else as it is found now."""
    with _LOCK:
        if _LAST.get("state") != state:
            keys = {kind: _key(workspace, state, kind, captures) for kind, captures in state.kinds}
            file = workspace.readings_folder / CLOCKS_FILE
            known = _read(file)
            found = {
                kind: known.get(key) or clock_of(evidence_of_kinds(workspace, [kind]), None)
                for kind, key in keys.items()
            }
            if not known.keys() >= set(keys.values()):
                _write(file, {key: found[kind] for kind, key in keys.items()})
            _LAST.update(state=state, found=found)
        last: Mapping[Kind, datetime] = _LAST["found"]
        return last


def _key(workspace: Workspace, state: EvidenceState, kind: Kind, captures: CapturesOfKind) -> str:
    """Return a name of all captures of a kind, and of the code that knows what an act is.

    The newest entry is in it, so that no other log has the same.
    """
    newest = hashlib.sha256(workspace.vault.entry(captures.newest).raw).hexdigest()
    named = [workspace.vault.log_id, *kind, *captures, newest, state.deleted, code_digest()]
    return hashlib.sha256(orjson.dumps(named)).hexdigest()


def _read(file: Path) -> dict[str, datetime]:
    try:
        return {key: datetime.fromisoformat(text) for key, text in orjson.loads(file.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError):  # not there, or not whole: it is made again
        return {}


def _write(file: Path, clocks: Mapping[str, datetime]) -> None:
    """Keep the clocks for other processes; where nothing may be written, each finds them by itself."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, prefix=".building-", delete=False) as building:
            building.write(orjson.dumps({key: clock.isoformat() for key, clock in clocks.items()}))
        Path(building.name).replace(file)
