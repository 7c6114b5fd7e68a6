"""Which part of the log a package shows, gathered: records, the tiles that prove them, witnesses, timestamps.

A record is shown when a packaged conclusion rests on it, when it is an act of a person about a packaged engagement, or
when it is about the log itself (its keys, witnesses, scopes). Every other entry is seen only as a hash. Captures that
are shown and whose bytes were deleted under retention are named as withheld.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from twofold.engagement.sample import sample_id_of
from twofold.jobs.order import order
from twofold.jobs.package_statements import certificates, stamped, witness_keys, witnessed
from twofold.records.workspace import Workspace
from twofold.reports.contents import (
    PackagedEvidence,
    PackagedLog,
    ShownFlag,
    Withheld,
)
from twofold.reports.log_files import kinds_in, proving_tiles
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_id_of, evidence_of, index_of
from twofold.vault.kept_checkpoints import kept_checkpoints
from twofold.vault.log import Log
from twofold.vault.reliance import entries_of, evidence_of_judgement
from twofold.vault.retention.deletions import deletions
from twofold.vault.signing.checkpoint import Checkpoint

_ABOUT_THE_LOG = (
    EntryKind.LOG,
    EntryKind.KEY_ROTATION,
    EntryKind.SCOPE_APPLY,
    EntryKind.RETENTION_POLICY,
    EntryKind.RESTORE,
    EntryKind.MOVE,
)
"""Shown in every package. Log-ins, exports, legal holds and other packages are not."""
_OF_AN_ENGAGEMENT = (
    EntryKind.JUDGEMENT,
    EntryKind.SIGN_OFF,
    EntryKind.REQUEST,
    EntryKind.WITNESS,
    EntryKind.SAMPLE_AGREEMENT,
    EntryKind.SAMPLE_FREEZE,
)
_OF_A_SAMPLE = (EntryKind.SAMPLE_DRAW, EntryKind.SAMPLE_CHANGE, EntryKind.SAMPLE_RESULT)
_COMPARABLE = 200
"""Newest kept checkpoints whose roots the package's tiles give, so that whoever holds one can compare."""


@dataclass(frozen=True, slots=True)
class ShownLog:
    """What a package shows of the log, with the evidence that its records name."""

    log: PackagedLog
    evidence: tuple[PackagedEvidence, ...]
    withheld: tuple[Withheld, ...]
    order_flags: tuple[ShownFlag, ...]


def shown_log(
    workspace: Workspace,
    engagements: Collection[str],
    *,
    evidence: Collection[str],
    commitments: Collection[int],
    checkpoint: Checkpoint,
) -> ShownLog:
    """Gather what a package of these engagements shows.

    evidence: ids that it rests on beside what the log names. commitments: entries that commit to rows it shows.
    """
    log, size = workspace.vault.log, checkpoint.size
    entries = {entry.index: entry for entry in _acts(log, engagements) if entry.index < size}
    captures = {number for name in evidence if (number := index_of(name)) is not None}
    captures |= _captures_named(log, entries.values())
    for index in sorted(captures):
        if (capture := entries_of(log)(index)) is not None and index < size:
            entries[index] = capture
    entries |= {index: workspace.vault.entry(index) for index in commitments}
    ids = {evidence_id_of(index) for index in captures}
    gone = deletions(log)
    entries |= {each.entry: workspace.vault.entry(each.entry) for name, each in gone.items() if name in ids}
    held, withheld = _payloads(workspace, [entries[index] for index in sorted(captures & set(entries))])
    kept = kept_checkpoints(log.database)
    compared = {each.size - 1 for each in kept[-_COMPARABLE:] if each.size <= size}
    shown = PackagedLog(
        checkpoint=checkpoint,
        records=[(index, entry.raw) for index, entry in sorted(entries.items())],
        tiles=proving_tiles(log.tile, compared | set(entries), size),
        in_log=kinds_in(log, size),
        witness_keys=witness_keys(entries.values()),
        witnessed=witnessed(log, entries.values(), size),
        stamped=stamped(workspace, size),
        chain=certificates(workspace),
    )
    flags = [ShownFlag(flag.entry, flag.text) for flag in order(workspace) if flag.engagement in engagements]
    return ShownLog(shown, tuple(held), tuple(withheld), tuple(flags))


def _acts(log: Log, engagements: Collection[str]) -> Iterator[Entry]:
    """Give every record to be shown but the captures."""
    for kind in _ABOUT_THE_LOG:
        yield from log.entries(kind=kind)
    asked, frozen, runs, named = set[str](), set[str](), set[int](), set[int]()
    for kind in _OF_AN_ENGAGEMENT:
        for entry in log.entries(kind=kind):
            if entry.body["engagement"] not in engagements:
                continue
            yield entry
            if kind == EntryKind.REQUEST:
                asked.add(f"rq-{entry.index}")
            if kind == EntryKind.SAMPLE_FREEZE:
                frozen.add(sample_id_of(entry.index))
            if kind == EntryKind.JUDGEMENT:
                runs |= {each[2] for each in entry.body["runs"]}
    for kind in _OF_A_SAMPLE:
        yield from (entry for entry in log.entries(kind=kind) if entry.body["sample"] in frozen)
    yield from (entry for entry in log.entries(kind=EntryKind.ANSWER) if entry.body["request"] in asked)
    tested = [run for index in sorted(runs) if (run := entries_of(log)(index)) is not None]
    for run in tested:
        yield run
        named |= {run.body["normalise"], run.body["population"]}
    yield from (input_ for index in sorted(named) if (input_ := entries_of(log)(index)) is not None)
    run_ids = {run.body["run_id"] for run in tested}
    yield from (entry for entry in log.entries(kind=EntryKind.DISPOSITION) if entry.body["run_id"] in run_ids)


def _captures_named(log: Log, entries: Collection[Entry]) -> set[int]:
    """Return the captures that the newest judgements rest on, and that answers, samples and scopes name."""
    newest = {entry.body["engagement"]: entry for entry in entries if entry.kind == EntryKind.JUDGEMENT}
    found: set[int] = set()
    for judgement in newest.values():
        found |= evidence_of_judgement(judgement, entries_of(log))
    for entry in entries:
        names = [name for _, name in entry.body["files"]] if entry.kind == EntryKind.SCOPE_APPLY else ()
        if entry.kind in {EntryKind.ANSWER, EntryKind.SAMPLE_CHANGE}:
            names = entry.body["evidence"]
        found |= {number for name in names if (number := index_of(name)) is not None}
    known = ((index, entries_of(log)(index)) for index in found)
    return {index for index, entry in known if entry is not None and entry.kind == EntryKind.CAPTURE}


def _payloads(workspace: Workspace, captures: Sequence[Entry]) -> tuple[list[PackagedEvidence], list[Withheld]]:
    """Return the evidence with files of its bytes, and what was deleted; UserError for bytes that were lost."""
    vault, gone = workspace.vault, deletions(workspace.vault.log)
    held: list[PackagedEvidence] = []
    withheld: list[Withheld] = []
    for record in map(evidence_of, captures):
        deleted = gone.get(record.evidence_id)
        if deleted is not None and vault.blobs.size(record.sha256) is None:
            withheld.append(Withheld(record.evidence_id, record.sha256, deleted.sentence))
        else:
            held.append(PackagedEvidence(record, vault.blob_path(record.sha256)))
    return held, withheld
