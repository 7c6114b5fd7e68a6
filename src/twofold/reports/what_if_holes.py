"""The holes of a what-if answer as sentences: what says the same of several systems, tables or tests is one of them."""

from collections.abc import Iterator
from itertools import groupby

from twofold.model.statement import Statement
from twofold.reports.what_if import UNKNOWN, Hole, WhatIf
from twofold.reports.what_if_words import SHOWN, asked_of, counted, named, say

_REASONS = {
    "not_extracted": "no export speaks for it",
    "retention": "the source had deleted it before it was exported",
    "row_count": "the export has another number of rows than its source said",
    "control_total": "a sum over the export is not the total that its source showed",
    "page_cap": "the export ends exactly at a page",
    "set_aside": "records of the export could not be read",
}
_ORDER = ("stop", "gap", "roster", "schedule", "untestable")
_SENTENCES = 2 * SHOWN


def hole_statements(found: WhatIf) -> Iterator[Statement]:
    """Yield a sentence per group of holes, the gravest kind first."""
    groups = list(_groups(found))
    for held in groups[:_SENTENCES]:
        kind = held[0].kind
        systems = sorted({each.system for each in held if each.system})
        names = sorted({each.what for each in held})
        noun = {"gap": "table", "stop": "control test", "untestable": "control test"}.get(kind, "scope")
        data = [*(f"{noun}: {name}" for name in names), *(f"system: {system}" for system in systems)]
        yield say(kind, _text(held, systems, names), data)
    if len(groups) > _SENTENCES:
        yield say("gap", f"{len(groups) - _SENTENCES} more holes stand in the JSON output.", asked_of(found))
    if not found.holes:
        yield say("gap", "No hole is known in the time that is newly asked for.", asked_of(found))


def _groups(found: WhatIf) -> Iterator[list[Hole]]:
    """Yield holes that differ in system, or in table, duty or stopped control test alone."""
    of_system = [list(group) for _, group in groupby(sorted(found.holes, key=_key), key=_key)]
    ordered = sorted(of_system, key=lambda held: (_without_system(held[0]), _names(held), held[0].system))
    for _, group in groupby(ordered, key=lambda held: (_without_system(held[0]), _names(held))):
        yield [hole for held in group for hole in held]


def _key(hole: Hole) -> tuple[str, ...]:
    return *map(str, _without_system(hole)), hole.system


def _without_system(hole: Hole) -> tuple[str | int, ...]:
    together = "" if hole.kind in {"gap", "roster", "stop"} else hole.what
    reason = "" if hole.kind == "roster" else hole.reason
    fixed = (_ORDER.index(hole.kind), hole.engagement, hole.starts_on, hole.ends_on, reason)
    return (*fixed, hole.fillable_until, together)


def _names(held: list[Hole]) -> tuple[str, ...]:
    """Return what the holes of one system are about; of items that cannot be tested, also how many they are."""
    return tuple(sorted(f"{each.what} {each.count}" if each.count else each.what for each in held))


def _text(held: list[Hole], systems: list[str], names: list[str]) -> str:
    hole = held[0]
    days = _days(hole.starts_on, hole.ends_on)
    where = ", ".join(part for part in (hole.engagement or "every engagement", named(systems)) if part)
    match hole.kind:
        case "gap":
            reason = _REASONS.get(hole.reason, hole.reason)
            return f"{where}: nothing proves {named(names)} complete {days}: {reason}. {_end(hole)}"
        case "roster":
            then = "A roster that is written now proves nothing of then."
            return f"{where}: nobody was on the roster for {named(names)} {days}. {then}"
        case "schedule":
            activity = hole.what.replace("_", " ")
            return f"{where}: no {activity} was scheduled {days}, so {hole.reason} has no occurrence there to show."
        case "stop":
            return f"{where}: {named(names)} stopped, since the population is not proven ({hole.reason})."
        case _:
            items = counted(hole.count, "item")
            return f"{where}: {items} of {hole.what} on each system come to count and cannot be tested: {hole.reason}"


def _end(hole: Hole) -> str:
    if hole.fillable_until == UNKNOWN:
        return "How long the system keeps its log is not recorded (log_retention_days), so export it now."
    if hole.fillable_until:
        return f"It can still be exported, until {hole.fillable_until} at the latest."
    return "It cannot be filled backwards: the source has deleted it, or is due to have."


def _days(first: str, last: str) -> str:
    if first and last:
        return f"on {first}" if first == last else f"from {first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else "at any time"
