"""Checks between entries: ids once, references that exist, stretches that do not contradict each other.

Every problem is returned; an entry that could not be read on its own takes no part, so nothing is said twice.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from twofold.model.problem import Problem
from twofold.scope.entry import Dated, Entry
from twofold.scope.nearest import nearest
from twofold.scope.people import AccountLink
from twofold.scope.register import ScopeFile
from twofold.scope.stretches import stretch_text
from twofold.scope.system import System

EVERY_SYSTEM = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What references may name. systems: ids written in any file. controls, persons: empty = not checked."""

    zone: str
    systems: Collection[str]
    controls: Collection[str] = ()
    persons: Collection[str] = ()


def check_scope(scope: ScopeFile, *, known: Known) -> list[Problem]:
    """Return every contradiction between the entries of all files."""
    return [
        *_duplicates(scope),
        *_references(scope, known),
        *_persons(scope, known),
        *_overlaps(scope, known.zone),
        *_shared_sources(scope.systems),
    ]


def _duplicates(scope: ScopeFile) -> Iterator[Problem]:
    yield from _once("system", ((system.id, system) for system in scope.systems))
    yield from _once("store", ((store.id, store) for system in scope.systems for store in system.stores))
    yield from _once("person", ((person.id, person) for person in scope.people))
    yield from _once("calendar", ((calendar.id, calendar) for calendar in scope.calendars))
    yield from _once("change type", ((kind.id, kind) for kind in scope.change_types))
    yield from _once("engagement", ((engagement.id, engagement) for engagement in scope.engagements))
    roles = ((f"{entry.duty} of {entry.role} on {entry.scope}", entry) for entry in scope.role_authority)
    yield from _once("role authority", roles)
    yield from _once("parameter", ((f"{entry.control_test} {entry.name}", entry) for entry in scope.parameters))


def _once(what: str, entries: Iterable[tuple[str, Entry]]) -> Iterator[Problem]:
    first: dict[str, Entry] = {}
    for key, entry in sorted(entries, key=lambda pair: _reading_order(pair[1])):
        if key in first:
            found = f"{what} '{key}' stands twice (first at {first[key].record})"
            yield Problem(str(entry.place), found, "each once", "keep one of them, or give one another id")
        else:
            first[key] = entry


def _references(scope: ScopeFile, known: Known) -> Iterator[Problem]:
    for system in scope.systems:
        for serving in system.serves:
            if serving.system == system.id:
                yield Problem(str(serving.place), f"system '{system.id}' serves itself", "another system", "delete it")
    for entry, name in _system_references(scope):
        yield from _system(entry, name, known)
    for assignment in scope.controls:
        if known.controls and assignment.id not in known.controls:
            remedy = nearest(assignment.id, known.controls) or "look at the catalog for the id"
            yield Problem(
                str(assignment.place), f"unknown control '{assignment.id}'", "a control of the catalog", remedy
            )


def _system_references(scope: ScopeFile) -> Iterator[tuple[Entry, str]]:
    yield from ((serving, serving.system) for system in scope.systems for serving in system.serves)
    yield from ((entry, entry.scope) for entry in scope.rosters)
    yield from ((entry, entry.scope) for entry in scope.role_authority)
    yield from ((entry, name) for entry in scope.standard_changes for name in entry.systems)
    yield from ((entry, entry.system) for entry in scope.pipeline_agreements)
    yield from ((entry, name) for entry in scope.controls for name in entry.systems)


def _system(entry: Entry, name: str, known: Known) -> Iterator[Problem]:
    if name != EVERY_SYSTEM and name not in known.systems:
        remedy = nearest(name, known.systems) or f"add '{name}' below 'systems:', or correct the id"
        yield Problem(str(entry.place), f"unknown system '{name}'", "the id of a system in the scope files", remedy)


def _persons(scope: ScopeFile, known: Known) -> Iterator[Problem]:
    if not known.persons:
        return
    people = {*known.persons, *(person.id for person in scope.people)}
    for entry, person in _person_references(scope):
        if person not in people:
            remedy = nearest(person, people) or "correct the id, or add the person below 'people:'"
            yield Problem(str(entry.place), f"unknown person '{person}'", "an HR id that the roster lists", remedy)


def _person_references(scope: ScopeFile) -> Iterator[tuple[Entry, str]]:
    for system in scope.systems:
        yield from _named(system, system.owner)
        for label in (*system.soc2, *system.financially_relevant, *system.sso_only):
            yield label, label.approver
    yield from ((entry, entry.person) for entry in scope.rosters)
    yield from ((entry, entry.person) for entry in scope.account_links)
    for delegation in scope.delegations:
        yield from _named(delegation, delegation.from_person, delegation.to_person)
    yield from ((entry, entry.approved_by) for entry in scope.birthrights)
    yield from ((entry, entry.approved_by) for entry in scope.standard_changes)
    for control in scope.controls:
        yield from _named(control, *control.people)
    for parameter in scope.parameters:
        yield parameter, parameter.approver


def _named(entry: Entry, *persons: str | None) -> Iterator[tuple[Entry, str]]:
    yield from ((entry, person) for person in persons if person)


def _overlaps(scope: ScopeFile, zone: str) -> Iterator[Problem]:
    for system in scope.systems:
        of = f"of system '{system.id}'"
        yield from _apart(f"label 'soc2' {of}", ((0, label) for label in system.soc2), zone)
        yield from _apart(f"label 'financially_relevant' {of}", ((0, it) for it in system.financially_relevant), zone)
        yield from _apart(f"label 'sso_only' {of}", ((0, label) for label in system.sso_only), zone)
        yield from _apart(f"'serves' {of}", ((serving.system, serving) for serving in system.serves), zone)
        yield from _apart(f"required check {of}", ((check.name, check) for check in system.required_checks), zone)
        yield from _apart(f"schedule {of}", ((schedule.activity, schedule) for schedule in system.schedules), zone)
    rosters = (((it.scope, it.duty, it.right_class, it.person), it) for it in scope.rosters)
    yield from _apart("roster entry", rosters, zone)
    delegations = (((it.from_person, it.to_person, it.duty), it) for it in scope.delegations)
    yield from _apart("delegation", delegations, zone)
    yield from _apart("birthright", (((it.role, it.right_id), it) for it in scope.birthrights), zone)
    yield from _apart("standard change", ((it.id, it) for it in scope.standard_changes), zone)
    yield from _apart("pipeline agreement", ((it.system, it) for it in scope.pipeline_agreements), zone)
    assigned = (((it.id, system), it) for it in scope.controls for system in it.systems or (EVERY_SYSTEM,))
    yield from _apart("control", assigned, zone)
    yield from _apart("link of the account", ((it.account, it) for it in scope.account_links), zone)


def _apart(what: str, entries: Iterable[tuple[Hashable, Dated]], zone: str) -> Iterator[Problem]:
    by_key: dict[Hashable, list[Dated]] = {}
    for key, entry in entries:
        by_key.setdefault(key, []).append(entry)
    for same in by_key.values():
        ordered = sorted(same, key=lambda entry: (entry.stretch, _reading_order(entry)))
        for earlier, later in _clashes(ordered):
            said = f"{stretch_text(later.stretch, zone=zone)} overlaps {stretch_text(earlier.stretch, zone=zone)}"
            two = isinstance(earlier, AccountLink) and isinstance(later, AccountLink) and earlier.person != later.person
            found = f"{what}: {said} at {earlier.record}" + (", and they name two people" if two else "")
            remedy = f"end the earlier one: to: {later.valid_from.text}" if later.valid_from else "keep one of them"
            yield Problem(str(later.place), found, "stretches that do not overlap", remedy)


def _clashes(ordered: Sequence[Dated]) -> Iterator[tuple[Dated, Dated]]:
    """Yield each entry with the one before it that lasts longest, where they overlap; entries are sorted by start."""
    longest: Dated | None = None
    for entry in ordered:
        if longest is not None and entry.stretch.starts_at < longest.stretch.ends_before:
            yield longest, entry
        if longest is None or entry.stretch.ends_before > longest.stretch.ends_before:
            longest = entry


def _shared_sources(systems: Iterable[System]) -> Iterator[Problem]:
    first: dict[str, System] = {}
    for system in sorted(systems, key=_reading_order):
        for name in system.sources:
            other = first.setdefault(name, system)
            if other is not system and other.id != system.id:
                found = f"source '{name}' stands for '{system.id}' and for '{other.id}' ({other.record})"
                yield Problem(
                    str(system.place), found, "one system per object of a source", "delete it from one of them"
                )


def _reading_order(entry: Entry) -> tuple[str, int, int]:
    return (entry.place.file, entry.place.line, entry.place.column)
