"""What each piece of evidence stands for: until when it counts, and which lenses' newest runs read it.

Evidence counts up to the last moment that it speaks for and the greatest age that readiness allows (freshness.toml),
by the frequency of the control that asks most of it: one whose population its kind defines.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache

from django.db.models import Exists, OuterRef, QuerySet

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import known_rules
from twofold.jobs.source_registry import feeds
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.populations.completeness import population_register
from twofold.readiness.freshness import Captured, held, objectives
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import index_of
from twofold.vault.evidence_list import evidence_numbers
from twofold.web.company.models import EvidenceRow
from twofold.web.lookup.models import EvidenceStanding, StandingState

NEAR = timedelta(days=3)
"""How long before it stops counting evidence is shown as near to it."""
LENSES = ("soc2", "sox")
STATES = {
    "counts": "counts",
    "near": "stops counting within 3 days",
    "stale": "counts no longer",
    "replaced": "replaced by a newer one",
}


def add_standings(batch: Iterable[EvidenceRef]) -> None:
    """Add the standings of new captures; who reads them is not known yet."""
    EvidenceStanding.objects.bulk_create([_standing(each) for each in batch], ignore_conflicts=True)


def follow_runs(workspace: Workspace) -> None:
    """Mark what the newest run of each control test read, when there was a run since the last time."""
    newest = workspace.vault.log.latest(EntryKind.RUN)
    if newest is None:
        return
    state = StandingState.objects.first()
    if state is not None and state.newest_run == newest.index:
        return
    read = _read_by_lens(workspace)
    for lens, ranges in read.items():
        EvidenceStanding.objects.filter(**{f"in_{lens}": True}).update(**{f"in_{lens}": False})
        for first, last in ranges:
            EvidenceStanding.objects.filter(number__range=(first, last)).update(**{f"in_{lens}": True})
    StandingState.objects.update_or_create(pk=1, defaults={"newest_run": newest.index})


def narrowed(rows: QuerySet[EvidenceRow], *, lens: str, state: str, now: datetime) -> QuerySet[EvidenceRow]:
    """Narrow the list of evidence to what a lens reads, and to a state of `STATES`; "" narrows nothing."""
    if state == "replaced":
        rows = rows.filter(replaced=True)
    standing = EvidenceStanding.objects.filter(number=OuterRef("number"))
    states = {
        "counts": {"stops_at__gt": now},
        "near": {"stops_at__gt": now, "stops_at__lte": now + NEAR},
        "stale": {"stops_at__lte": now},
    }
    if state in states:
        standing = standing.filter(**states[state])
    if lens in LENSES:
        standing = standing.filter(**{f"in_{lens}": True})
    return rows.filter(Exists(standing)) if state in states or lens in LENSES else rows


def stops_at(evidence: EvidenceRef) -> datetime | None:
    """Return from when on a capture counts as stale, None where no control asks its kind to be fresh."""
    return _standing(evidence).stops_at


def max_age_days(provenance: Provenance) -> int | None:
    """Return the greatest age of the control that asks most of this kind of evidence."""
    ages = [_ages()[table] for table in feeds(provenance) if table in _ages()]
    return min(ages, default=None)


@cache
def _ages() -> Mapping[str, int]:
    """Return table -> greatest age in days, of the controls whose populations it defines."""
    found: dict[str, int] = {}
    ages = objectives().max_age_days
    for control in load_catalog().controls.values():
        for test in control.control_tests:
            if (rule := known_rules().get(test)) is None:
                continue
            age = ages[control.frequency.value]
            for table in population_register()[rule.population].primary:
                found[table] = min(found.get(table, age), age)
    return found


def _standing(evidence: EvidenceRef) -> EvidenceStanding:
    provenance = evidence.provenance
    captured = Captured(
        evidence.evidence_id, evidence.sha256, provenance.run_at, provenance.period_to, evidence.captured_at
    )
    speaks_to = held([captured])[0].speaks_to
    age = max_age_days(provenance)
    return EvidenceStanding(
        number=index_of(evidence.evidence_id) or 0,
        speaks_to=speaks_to,
        stops_at=None if age is None else speaks_to + timedelta(days=age),
    )


def _read_by_lens(workspace: Workspace) -> dict[str, list[tuple[int, int]]]:
    """Return lens -> ranges of entry numbers that the newest runs of its control tests read, apart and in order."""
    catalog = load_catalog()
    runs = {str(entry.body["control_test"]): entry for entry in workspace.vault.entries(kind=EntryKind.RUN)}
    numbers: dict[str, set[int]] = {lens: set() for lens in LENSES}
    for test, entry in runs.items():
        for control in catalog.controls_for_test(test):
            for lens in LENSES:
                if test in control.required.get(lens, {}):
                    numbers[lens].update(evidence_numbers(entry))
    return {lens: list(_ranges(sorted(found))) for lens, found in numbers.items()}


def _ranges(numbers: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[start], numbers[at - 1]
            start = at
