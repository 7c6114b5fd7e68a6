"""What applying the scope files would change, compared with what was applied last. It changes nothing itself.

The caller gives the day of the apply; a change whose day lies before it is back-dated and shown as such, because
results of the past would change.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from twofold.model.instant import parse_boundary
from twofold.scope.due import DueOccurrence, due_occurrences
from twofold.scope.entry import Entry
from twofold.scope.held import HeldChange, held_changes
from twofold.scope.labels import FIN_RELEVANT, SOC2, SSO_ONLY, EffectiveLabel, effective_labels
from twofold.scope.register import Scope, ScopeFile
from twofold.scope.stretches import Stretch, joined, without
from twofold.scope.system import System

LENSES = {SOC2: "soc2", FIN_RELEVANT: "sox", SSO_ONLY: "sso_only"}
_COMPARED_APART = frozenset({"systems"})
_APART_IN_SYSTEMS = frozenset({"soc2", "financially_relevant", "sso_only", "schedules"})


@dataclass(frozen=True, slots=True, order=True)
class LabelChange:
    """A stretch that a system gains in, or loses from, a lens (soc2, sox) or the label sso_only."""

    lens: str
    system: str
    gained: bool
    stretch: Stretch
    back_dated: bool


@dataclass(frozen=True, slots=True, order=True)
class EntryChange:
    """An entry of a section that is new (`gained`) or gone; a changed entry is one of each.

    values: what the entry says, as JSON with the keys of the file.
    """

    section: str
    gained: bool
    values: str
    back_dated: bool


@dataclass(frozen=True, slots=True, order=True)
class DueChange:
    """A due time of a periodic control that is gained or lost."""

    system: str
    activity: str
    due_at: datetime
    gained: bool


@dataclass(frozen=True, slots=True, order=True)
class PopulationChange:
    """How the items of a population change: jobs fill these in, since the scope holds no populations."""

    population: str
    items_before: int
    items_after: int


@dataclass(frozen=True, slots=True)
class ScopePlan:
    """What applying would change, and what the new scope leaves open. Sorted; empty where nothing changes."""

    first: bool
    """Nothing was applied before."""
    reporting_zone: str
    sox: bool
    """A system is, or was, financially relevant, so SOX is shown."""
    systems_added: tuple[str, ...]
    systems_removed: tuple[str, ...]
    systems_changed: tuple[tuple[str, str, str, str], ...]
    """(system, key, before, after); values as JSON, empty = nothing."""
    labels: tuple[LabelChange, ...]
    entries: tuple[EntryChange, ...]
    held: tuple[HeldChange, ...]
    """Who has which control otherwise: what the entries of the section `controls` come to."""
    controls_chosen: tuple[str, ...]
    """Controls that are judged from now on: the files name them, as they named others before."""
    controls_given_up: tuple[str, ...]
    """Controls that are judged no longer: the files still name others."""
    due: tuple[DueChange, ...]
    controls_losing_owner: tuple[str, ...]
    controls_without_owner: tuple[str, ...]
    systems_without_owner: tuple[str, ...]
    warnings: tuple[str, ...]
    populations: tuple[PopulationChange, ...] = ()
    """Filled in by jobs with `dataclasses.replace`."""

    @property
    def changes(self) -> bool:
        """Whether applying would change anything."""
        moved = (*self.systems_added, *self.systems_removed, *self.systems_changed)
        return bool(moved or self.labels or self.entries or self.due)

    @property
    def back_dated(self) -> tuple[LabelChange | EntryChange | HeldChange, ...]:
        """Changes that reach before the day of the apply; of entries that say who has a control, what they come to."""
        others = (each for each in self.entries if each.section != "controls")
        moved: tuple[LabelChange | EntryChange | HeldChange, ...] = (*self.labels, *others, *self.held)
        return tuple(each for each in moved if each.back_dated)


def plan(
    before: Scope | None, after: Scope, *, today: date, catalog_controls: Mapping[str, object] | Iterable[str] = ()
) -> ScopePlan:
    """Compare two scopes. today: day of the apply, in the reporting zone. catalog_controls: ids that need an owner.

    A first apply has nothing to be compared with, so nothing of it is called back-dated.
    """
    zone = after.reporting_zone
    now = parse_boundary(today.isoformat(), zone=zone)
    old = before or Scope(reporting_zone=zone)
    edge = now if before else None
    had, has = _owned(old, now), _owned(after, now)
    judged, chosen = ({entry.id for entry in each.controls} for each in (old, after))
    old_ids, new_ids = {system.id for system in old.systems}, {system.id for system in after.systems}
    labels = effective_labels(after)
    return ScopePlan(
        first=before is None,
        reporting_zone=zone,
        sox=any(system.financially_relevant for system in (*old.systems, *after.systems)),
        systems_added=tuple(sorted(new_ids - old_ids)),
        systems_removed=tuple(sorted(old_ids - new_ids)),
        systems_changed=tuple(sorted(_changed(old, after))),
        labels=tuple(sorted(_label_changes(effective_labels(old), labels, edge))),
        entries=tuple(sorted(_entry_changes(old, after, edge))),
        held=tuple(sorted(held_changes(old, after, edge=edge))),
        controls_chosen=tuple(sorted(chosen - judged)) if judged and chosen else (),
        controls_given_up=tuple(sorted(judged - chosen)) if judged and chosen else (),
        due=tuple(sorted(_due_changes(old, after))),
        controls_losing_owner=tuple(sorted(had - has)),
        controls_without_owner=tuple(sorted(set(catalog_controls) - has)),
        systems_without_owner=tuple(sorted(system.id for system in after.systems if not system.owner)),
        warnings=(*_zone_moved(old, after), *_choice_moved(before, after), *_warnings(after, labels)),
    )


def _owned(scope: Scope, now: datetime) -> set[str]:
    """Return controls that have an owner on the day or later; who owned one in the past only has lost it."""
    return {entry.id for entry in scope.controls if entry.owner and now < entry.stretch.ends_before}


def _changed(old: Scope, new: Scope) -> Iterator[tuple[str, str, str, str]]:
    for system in new.systems:
        earlier = old.system(system.id)
        if earlier is None:
            continue
        was, now = _plain(earlier), _plain(system)
        for key in sorted({*was, *now} - _APART_IN_SYSTEMS):
            if was.get(key) != now.get(key):
                yield (system.id, key, _json(was.get(key)), _json(now.get(key)))
        for label in ("soc2", "financially_relevant", "sso_only"):
            yield from _words_changed(earlier, system, label)


def _words_changed(earlier: System, later: System, label: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield a change of reason, approver or dependents of a label whose stretch stays: no stretch shows it."""
    was = {each.stretch: each for each in getattr(earlier, label)}
    for each in getattr(later, label):
        same = was.get(each.stretch)
        if same is not None and same != each:
            yield (later.id, label, _json(_plain(same)), _json(_plain(each)))


def _plain(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _json(value: object) -> str:
    return "" if value is None else orjson.dumps(value).decode()


def _label_changes(
    old: Iterable[EffectiveLabel], new: Iterable[EffectiveLabel], edge: datetime | None
) -> Iterator[LabelChange]:
    was, now = _in_lens(old), _in_lens(new)
    for key in sorted({*was, *now}):
        label, system = key
        gained = joined(part for stretch in now.get(key, []) for part in without(stretch, was.get(key, [])))
        lost = joined(part for stretch in was.get(key, []) for part in without(stretch, now.get(key, [])))
        for stretches, is_gain in ((gained, True), (lost, False)):
            for stretch in stretches:
                back = edge is not None and stretch.starts_at < edge
                yield LabelChange(LENSES[label], system, is_gain, stretch, back)


def _in_lens(labels: Iterable[EffectiveLabel]) -> dict[tuple[str, str], list[Stretch]]:
    stretches: dict[tuple[str, str], list[Stretch]] = {}
    for label in labels:
        if label.counts:
            stretches.setdefault((label.label, label.system), []).append(label.stretch)
    return {key: joined(found) for key, found in stretches.items()}


def _entry_changes(old: Scope, new: Scope, edge: datetime | None) -> Iterator[EntryChange]:
    for section in ScopeFile.model_fields:
        if section in _COMPARED_APART:
            continue
        was: dict[str, Entry] = {_json(_plain(entry)): entry for entry in getattr(old, section)}
        now: dict[str, Entry] = {_json(_plain(entry)): entry for entry in getattr(new, section)}
        for values in sorted(was.keys() - now.keys()):
            yield EntryChange(section, gained=False, values=values, back_dated=_starts_before(was[values], edge))
        for values in sorted(now.keys() - was.keys()):
            yield EntryChange(section, gained=True, values=values, back_dated=_starts_before(now[values], edge))


def _starts_before(entry: Entry, edge: datetime | None) -> bool:
    stretch = getattr(entry, "stretch", None)
    return edge is not None and isinstance(stretch, Stretch) and stretch.starts_at < edge


def _due_changes(old: Scope, new: Scope) -> Iterator[DueChange]:
    was, now = _due(old), _due(new)
    for occurrences, gained in ((now.keys() - was.keys(), True), (was.keys() - now.keys(), False)):
        for system, activity, due_at in occurrences:
            yield DueChange(system, activity, due_at, gained)


def _due(scope: Scope) -> dict[tuple[str, str, datetime], DueOccurrence]:
    horizon = scope.horizon()
    found = due_occurrences(scope, horizon=horizon) if horizon else ()
    return {(due.system, due.activity, due.due_at): due for due in found}


def _zone_moved(old: Scope, new: Scope) -> Iterator[str]:
    if old.reporting_zone != new.reporting_zone:
        yield f"The reporting zone changes from {old.reporting_zone} to {new.reporting_zone}: all days move."


def _choice_moved(old: Scope | None, new: Scope) -> Iterator[str]:
    """Yield what a first, or no more, named control means: without any, all controls of the catalog are judged."""
    if old and new.controls and not old.controls:
        yield "No control was named, so all were judged. From now on only those that the files name are judged."
    if old and old.controls and not new.controls:
        yield "No control is named any more, so all controls of the catalog are judged."


def _warnings(scope: Scope, labels: Iterable[EffectiveLabel]) -> Iterator[str]:
    """Yield what looks like scope that nobody needs, or too little of it (audit-domain 8)."""
    relevant: dict[str, list[EffectiveLabel]] = {}
    for label in labels:
        if label.label == FIN_RELEVANT:
            relevant.setdefault(label.system, []).append(label)
    for system in sorted(relevant):
        if all(label.inherited for label in relevant[system]):
            continue
        if any(not label.counts for label in relevant[system]):
            yield (
                f"{system} is financially relevant, but nothing relies on it (dependents: []): it stays out of SOX "
                "for that time. Delete the label, or name what relies on it."
            )
        if any(label.dependents is None for label in relevant[system]):
            yield (
                f"{system} is financially relevant, but what relies on it is not recorded: it counts for SOX. "
                "Add 'dependents', or it may be tested for nothing."
            )
    lenses = {engagement.lens for engagement in scope.engagements}
    if "sox" in lenses and not relevant:
        yield "A SOX engagement exists, but no system is financially relevant: nothing would be tested for it."
    if relevant and "sox" not in lenses:
        yield "Systems are financially relevant, but no SOX engagement exists: add one to see SOX conclusions."
    if "soc2" in lenses and not any(system.soc2 for system in scope.systems):
        yield "A SOC 2 engagement exists, but no system is inside the SOC 2 boundary: nothing would be tested for it."
