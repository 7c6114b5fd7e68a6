"""Keeps the index of evidence up with the log: only entries that are new since the last page are read."""

from collections.abc import Iterator
from itertools import islice

from django.db import transaction

from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import evidence_of, index_of
from twofold.web.company.models import EvidenceRow, EvidenceSystem, IndexState
from twofold.web.company.standing import add_standings, follow_runs
from twofold.web.lookup.models import EvidenceStanding, StandingState

_BATCH = 500


def follow(workspace: Workspace) -> None:
    """Read what the log gained. Another log than the one that the index is of makes it anew."""
    size = workspace.vault.log.size
    log_id = str(workspace.vault.entry(0).body["log_id"])
    if IndexState.objects.filter(log_id=log_id, read_to=size).exists():
        return
    with transaction.atomic():
        state = IndexState.objects.select_for_update().first()
        if state is None or state.log_id != log_id or state.read_to > size:
            for each in (EvidenceRow, EvidenceStanding, StandingState, IndexState):
                each.objects.all().delete()
            state = None
        start = 0 if state is None else state.read_to
        entries = workspace.vault.log.entries(kind=EntryKind.CAPTURE, start=start)
        refs = (evidence_of(entry) for entry in entries if entry.index < size)
        while batch := list(islice(refs, _BATCH)):
            _add(batch)
        follow_runs(workspace)
        IndexState.objects.update_or_create(pk=1, defaults={"log_id": log_id, "read_to": size})


def number_of(evidence: EvidenceRef) -> int:
    """Return the number of the entry that captured it, which its id is made of; raises ValueError for another id."""
    number = index_of(evidence.evidence_id)
    if number is None:
        msg = f"{evidence.evidence_id!r} is no evidence id"
        raise ValueError(msg)
    return number


def _add(batch: list[EvidenceRef]) -> None:
    EvidenceRow.objects.bulk_create([_row(each) for each in batch], ignore_conflicts=True)
    EvidenceSystem.objects.bulk_create(_systems(batch))
    add_standings(batch)
    older = [number for each in batch if each.replaces and (number := index_of(each.replaces)) is not None]
    EvidenceRow.objects.filter(number__in=older).update(replaced=True)


def _row(evidence: EvidenceRef) -> EvidenceRow:
    provenance = evidence.provenance
    words = (evidence.name, provenance.source, provenance.kind, provenance.owner, *provenance.systems, provenance.query)
    return EvidenceRow(
        number=number_of(evidence),
        name=evidence.name,
        source=provenance.source,
        kind=provenance.kind,
        owner=provenance.owner,
        captured_by=evidence.captured_by,
        captured_at=evidence.captured_at,
        period_from=provenance.period_from,
        period_to=provenance.period_to,
        version=evidence.version,
        size=evidence.size,
        sha256=evidence.sha256,
        words=" ".join(words).lower(),
    )


def _systems(batch: list[EvidenceRef]) -> Iterator[EvidenceSystem]:
    for each in batch:
        for system in each.provenance.systems:
            yield EvidenceSystem(row_id=number_of(each), system=system)
