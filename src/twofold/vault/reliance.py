"""Which evidence the conclusions of a log rest on: followed from judgements over runs to captures, by entry numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from twofold.vault.entry import Entry
from twofold.vault.evidence import index_of
from twofold.vault.evidence_list import evidence_numbers
from twofold.vault.log import Log

EntryOf = Callable[[int], Entry | None]
"""Gives an entry by its number, None where there is none (or where a package does not disclose it)."""
Engagements = Mapping[str, tuple[str, datetime]]
"""Engagement -> its lens, and the end of its period (exclusive, aware)."""


def entries_of(log: Log) -> EntryOf:
    """Return a function that gives the entries of a log by number."""

    def entry_of(index: int) -> Entry | None:
        raw = log.raw(index)
        return None if raw is None else log.read(raw)

    return entry_of


def runs_of(judgement: Entry, entry_of: EntryOf) -> Iterator[tuple[str, str, int | None, Entry | None]]:
    """Give control test, run id, entry number and entry of each run that a judgement names; None where not told."""
    for test, run_id, *place in judgement.body["runs"]:
        index = place[0] if place else None
        yield test, run_id, index, None if index is None else entry_of(index)


def evidence_of_judgement(judgement: Entry, entry_of: EntryOf) -> set[int]:
    """Return the entry numbers of the captures that a judgement rests on: of its runs, of people, and the scope files.

    Numbers that are no captures may be among them, where an entry rests on too many to be listed.
    """
    found = set(evidence_numbers(judgement))
    for _, _, _, run in runs_of(judgement, entry_of):
        if run is not None:
            found.update(evidence_numbers(run))
    scope = entry_of(judgement.body.get("scope", -1))
    if scope is not None:
        found |= {number for _, name in scope.body["files"] if (number := index_of(name)) is not None}
    return found


def relied_from(
    *,
    judgements: Iterable[Entry],
    sign_offs: Iterable[Entry],
    answers: Iterable[tuple[str, Entry]],
    engagements: Engagements,
    entry_of: EntryOf,
) -> dict[int, dict[str, datetime]]:
    """Return capture entry -> lens -> latest of period end and last conclusion of the engagements that rely on it.

    answers: engagement of the request, and the answer's entry. An engagement that was judged counts as the judgement
    says; `engagements` tells of those that were only asked for something.
    """
    last_signed: dict[int, datetime] = {}
    for each in sign_offs:
        judgement = each.body["judgement"]
        last_signed[judgement] = max(each.at, last_signed.get(judgement, each.at))
    found: dict[int, dict[str, datetime]] = {}
    known = dict(engagements)
    for each in judgements:
        lens, ends = str(each.body["lens"]), datetime.fromisoformat(each.body["ends_before"])
        known[str(each.body["engagement"])] = (lens, max(ends, known.get(each.body["engagement"], (lens, ends))[1]))
        start = max(ends, each.at, last_signed.get(each.index, each.at))
        for number in evidence_of_judgement(each, entry_of):
            _later(found.setdefault(number, {}), lens, start)
    for engagement, answer in answers:
        if engagement in known:
            lens, ends = known[engagement]
            for answered in filter(None, map(index_of, answer.body["evidence"])):
                _later(found.setdefault(answered, {}), lens, max(ends, answer.at))
    return found


def _later(by_lens: dict[str, datetime], lens: str, start: datetime) -> None:
    by_lens[lens] = max(start, by_lens.get(lens, start))
