"""Teams that become one: the entries that merging their rosters adds. Nobody loses a duty by it."""

from collections.abc import Iterator

from twofold.model.instant import parse_boundary
from twofold.scope.people import Roster
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined, moment_text, without
from twofold.scope.what_if.questions import RostersMerged

Place = tuple[str, str, str]
"""System (or *), duty and class of right: what an entry of a roster lets a person do, and where."""


def merged_entries(scope: Scope, question: RostersMerged) -> Iterator[dict[str, str]]:
    """Yield the entries that the merged rosters have and the scope has not, as plain values of a scope file."""
    zone = scope.reporting_zone
    after = Stretch.of(parse_boundary(question.starts_on, zone=zone), None)
    for team in _groups(scope, question):
        people = _stretches(team, after)
        places = sorted({_place(entry) for entry in team})
        for place in places:
            held = [entry for entry in scope.rosters if _place(entry) == place]
            for person in sorted(people):
                own = [entry.stretch for entry in held if entry.person == person]
                for stretch in (part for found in people[person] for part in without(found, own)):
                    yield _entry(place, person, stretch, zone)


def _groups(scope: Scope, question: RostersMerged) -> Iterator[list[Roster]]:
    """Yield the entries that are shared among their people: all of the named teams, or duty by duty."""
    named = [
        entry
        for entry in scope.rosters
        for system, duty in question.teams
        if entry.scope == system and duty in ("", entry.duty)
    ]
    if all(duty for _, duty in question.teams):
        yield named
        return
    for kind in sorted({(entry.duty, entry.right_class) for entry in named}):
        yield [entry for entry in named if (entry.duty, entry.right_class) == kind]


def _stretches(team: list[Roster], after: Stretch) -> dict[str, list[Stretch]]:
    """Return person -> when the person is on any roster of the team, from the merger on."""
    found: dict[str, list[Stretch]] = {}
    for entry in team:
        common = entry.stretch.common(after)
        if common:
            found.setdefault(entry.person, []).append(common)
    return {person: joined(stretches) for person, stretches in found.items()}


def _place(entry: Roster) -> Place:
    return entry.scope, entry.duty, entry.right_class


def _entry(place: Place, person: str, stretch: Stretch, zone: str) -> dict[str, str]:
    scope, duty, right_class = place
    values = {"scope": scope, "duty": duty, "person": person, "from": moment_text(stretch.starts_at, zone=zone)}
    if right_class:
        values["right_class"] = right_class
    if stretch.last:
        values["to"] = moment_text(stretch.last, zone=zone)
    return values
