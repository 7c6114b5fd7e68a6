"""The memo of a what-if question: what would change, in sentences that each name their rule and data.

Made from the result alone, in one order, so that the same result gives the same bytes. Lists are cut for a reader; all
of them stand in the JSON.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from twofold.model.outcome import Outcome
from twofold.model.statement import Statement
from twofold.reports.what_if import ConclusionChange, DutyConflict, ItemChange, OwnerMissing, Reuse, WhatIf
from twofold.reports.what_if_holes import hole_statements
from twofold.reports.what_if_words import SHOWN, asked_of, counted, named, say
from twofold.scope.plan_text import plan_lines

_FEW = 4
_SOD_TEST = "T-09"


@dataclass(frozen=True, slots=True)
class MemoTable:
    """A table below the sentences of a section: its heads, its rows as texts, and which columns are numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the memo."""

    title: str
    statements: tuple[Statement, ...]
    table: MemoTable | None = None


def memo_sections(found: WhatIf) -> tuple[Section, ...]:
    """Return the memo; a section that has nothing to say says so."""
    sections = [
        Section("The question", tuple(_question(found))),
        Section("Controls, criteria and domains", tuple(_controls(found))),
        Section("Items", tuple(_items(found)), _item_table(found.items)),
        Section("Evidence that is there already", tuple(_reuse(found))),
        Section("Holes in the time already past", tuple(hole_statements(found))),
        Section("Duties and owners", tuple(_people(found))),
        Section("Proposed conclusions", tuple(_conclusions(found))),
        Section("Hours", tuple(_hours(found))),
    ]
    return tuple(sections)


def _question(found: WhatIf) -> Iterator[Statement]:
    for number, text in enumerate(found.questions, 1):
        yield say("question", f"Question {number}: {text}", [f"question: {number}"])
    if found.folder:
        yield say("question", "The scope files as they are edited are compared with what is in force.", asked_of(found))
    lines = list(_plan_in_short(found))
    if found.changes_nothing:
        yield say("plan", "Nothing would be otherwise.", asked_of(found))
    for line in lines[:SHOWN]:
        yield say("plan", line, asked_of(found))
    if len(lines) > SHOWN:
        yield say("plan", f"{len(lines) - SHOWN} more lines stand in the plan.", asked_of(found))
    if found.plan.back_dated:
        text = f"{counted(len(found.plan.back_dated), 'change')} back-dated: results of days that are past may change."
        yield say("plan", text, asked_of(found))
    if found.clock:
        text = f"The data is as of {found.clock[:10]}. Tested and judged on a copy, before the change and after it."
        yield say("question", text, [f"run: {run}" for pair in found.runs.values() for run in pair[1:] if run][:3])
    yield say("question", "Nothing was written: the workspace is as it was.", asked_of(found))
    for warning in found.plan.warnings:
        yield say("warnings", warning, asked_of(found))


def _plan_in_short(found: WhatIf) -> Iterator[str]:
    """Yield the changes of the plan; those of one kind that are many as a count."""
    for title, group in groupby(plan_lines(found.plan), key=lambda line: line.partition(": ")[0]):
        lines = list(group)
        if len(lines) <= _FEW:
            yield from lines
            continue
        signs = Counter(line.partition(": ")[2][0] for line in lines)
        words = {"+": "gained", "-": "lost", "~": "changed"}
        yield f"{title}: {', '.join(f'{signs[sign]:,} {word}' for sign, word in words.items() if signs[sign])}"


def _controls(found: WhatIf) -> Iterator[Statement]:
    for gained, one, many in (
        (True, "comes to count", "come to count"),
        (False, "no longer counts", "no longer count"),
    ):
        moved = [each for each in found.controls if each.gained is gained]
        for engagement, controls in groupby(moved, key=lambda each: each.engagement):
            held = list(controls)
            by_hand = [each.control_id for each in held if each.by_hand]
            verb = one if len(held) == 1 else many
            text = f"{counted(len(held), 'control')} {verb} for {engagement}: {named([e.control_id for e in held])}."
            if by_hand:
                text += f" To be tested by hand: {named(by_hand)}."
            yield say("controls", text, [f"engagement: {engagement}", *(f"control: {e.control_id}" for e in held)])
    for engagement, kind, appear in _headings(found):
        verb = "come into" if appear[0].after else "go out of"
        text = f"{counted(len(appear), kind)} {verb} {engagement}: {named([each.id for each in appear])}."
        yield say("headings", text, [f"engagement: {engagement}", *(f"{kind}: {each.id}" for each in appear)])
        bare = [each.id for each in appear if each.after and not each.served]
        if bare:
            text = f"{engagement}: no control of the company serves {named(bare)}, so new controls are needed."
            yield say("headings", text, [f"engagement: {engagement}", *(f"{kind}: {name}" for name in bare)])
    if not found.controls and not list(_headings(found)):
        yield say("controls", "The same controls count as before.", asked_of(found))


def _headings(found: WhatIf) -> Iterator[tuple[str, str, list[ConclusionChange]]]:
    moved = [each for each in found.conclusions if each.kind != "control" and bool(each.before) != bool(each.after)]
    for (engagement, kind, _), group in groupby(moved, key=lambda each: (each.engagement, each.kind, bool(each.after))):
        yield engagement, kind, list(group)


def _items(found: WhatIf) -> Iterator[Statement]:
    yield from _stopped(found)
    for moved in found.populations:
        text = (
            f"The population {moved.population}: {moved.items_after:,} items instead of {moved.items_before:,},"
            f" {len(moved.gained):,} gained, {len(moved.lost):,} lost."
        )
        runs = [run for test in moved.control_tests for run in found.runs.get(test, ()) if run]
        yield say("populations", text, [*(f"run: {run}" for run in runs), f"population: {moved.population}"])
    by_engagement = groupby(found.items, key=lambda each: each.engagement)
    for engagement, group in by_engagement:
        held = list(group)
        changes = Counter(each.change for each in held)
        worse = sum(each.change == "gained" and each.after == Outcome.EXCEPTION for each in held)
        open_ = sum(each.change == "gained" and each.after == Outcome.CANNOT_TEST for each in held)
        text = (
            f"{engagement}: items that come to count {changes['gained']:,} ({worse:,} exceptions, {open_:,} cannot be"
            f" tested); that no longer count {changes['lost']:,}; that come out otherwise {changes['changed']:,}."
        )
        tests = sorted({each.control_test for each in held})
        yield say("items", text, [f"run: {found.runs[test][1] or found.runs[test][0]}" for test in tests])
    if not found.items:
        yield say("items", "The same items count, with the same verdicts.", asked_of(found))


def _stopped(found: WhatIf) -> Iterator[Statement]:
    """Yield that control tests are stopped, first of all: it is why items are lost that nobody asked to leave out."""
    stopped = sorted({each.what for each in found.holes if each.kind == "stop"})
    lost = sum(each.change == "lost" and not each.after and each.control_test in stopped for each in found.items)
    if lost:
        text = (
            f"{counted(len(stopped), 'control test')} would be stopped, since what is asked is not proven complete:"
            f" {named(stopped)}. So {counted(lost, 'item')} would be lost that counted before."
        )
        yield say("stop", text, [f"run: {found.runs[test][1]}" for test in stopped])


def _item_table(items: Sequence[ItemChange]) -> MemoTable | None:
    rows: dict[tuple[str, ...], Counter[str]] = {}
    for each in items:
        row = rows.setdefault((each.engagement, each.control_id, each.control_test, each.system), Counter())
        row[each.change] += 1
        if each.change != "lost":
            row[each.after] += 1
    if not rows:
        return None
    shown = ("gained", "lost", "changed", Outcome.PASS, Outcome.EXCEPTION, Outcome.CANNOT_TEST)
    heads = ("Engagement", "Control", "Test", "System", "Gained", "Lost", "Changed", "Pass", "Exception", "Cannot test")
    texts = tuple((*key, *(f"{counts[name]:,}" for name in shown)) for key, counts in sorted(rows.items()))
    return MemoTable(heads, texts, frozenset(range(4, 10)))


def _reuse(found: WhatIf) -> Iterator[Statement]:
    for each in found.reuse:
        yield say("reuse", _reuse_text(each), [f"evidence: {piece}" for piece in each.evidence[:3]] or asked_of(found))
        for table, tests in each.missing:
            text = f"{each.engagement}: no captured file feeds the table {table}, which {named(tests)} reads."
            yield say("reuse", text, [f"table: {table}", *(f"control test: {test}" for test in tests)])
    if not found.reuse:
        yield say("reuse", "No engagement asks for anything that it did not ask for before.", asked_of(found))


def _reuse_text(reuse: Reuse) -> str:
    serving, relied = len(reuse.evidence), len(reuse.relied)
    if not serving:
        return f"{reuse.engagement}: no captured piece of evidence serves what is newly asked for."
    share = f"{relied * 100 // serving}%"
    return (
        f"{reuse.engagement}: {counted(serving, 'piece')} of evidence already captured serve what is newly asked for;"
        f" {relied} of {serving} ({share}) are relied on already, so they are captured once and used again."
    )


def _people(found: WhatIf) -> Iterator[Statement]:
    for (system, rule, starts_on, *_), group in groupby(sorted(found.conflicts, key=_duty_key), key=_duty_key):
        held = list(group)
        first = held[0]
        people = [each.person for each in held]
        if rule == _SOD_TEST:
            text = f"{named(people)}: conflicting rights on {system} become an exception of {rule}."
            yield say("duties", text, [f"item: {each.item}" for each in held])
            continue
        since = f" from {starts_on}" if starts_on else ""
        verb = "comes" if len(people) == 1 else "come"
        text = f"{named(people)} {verb} to hold both {first.first} and {first.second} on {system}{since}."
        yield say("duties", text, [f"scope: rosters/{system}", f"duties: {rule}"])
    if not found.conflicts:
        yield say("duties", "No conflict of duties arises.", asked_of(found))
    yield from _owners(found)


def _duty_key(conflict: DutyConflict) -> tuple[str, ...]:
    return conflict.system, conflict.rule, conflict.starts_on, conflict.first, conflict.second


def _owners(found: WhatIf) -> Iterator[Statement]:
    owners = sorted(found.owners, key=_owner_key)
    for (engagement, system), group in groupby(owners, key=lambda each: _owner_key(each)[:2]):
        controls = [each.control_id for each in group]
        bare = [name for name in controls if name]
        if bare:
            text = f"{engagement}: nobody owns {named(bare)}{f' on {system}' if system else ''}."
            yield say("owners", text, [f"scope: controls/{name}" for name in bare])
        if "" in controls:
            yield say("owners", f"{engagement}: the system {system} has no owner.", [f"scope: systems/{system}"])
    if not found.owners:
        yield say("owners", "No control comes to count that nobody owns.", asked_of(found))


def _owner_key(owner: OwnerMissing) -> tuple[str, ...]:
    return owner.engagement, owner.system, owner.control_id


def _conclusions(found: WhatIf) -> Iterator[Statement]:
    moved = sorted(
        (each.engagement, each.kind, each.before, each.after, each.id)
        for each in found.conclusions
        if each.after and (each.before or each.kind == "control")
    )
    for (engagement, kind, before, after), group in groupby(moved, key=lambda each: each[:4]):
        ids = [name for *_, name in group]
        was = f"instead of {before}" if before else "where it was not judged before"
        text = f"{engagement}: {counted(len(ids), kind)} proposed as {after} {was}: {named(ids)}."
        yield say("conclusions", text, [f"engagement: {engagement}", *(f"{kind}: {name}" for name in ids)])
    if not moved:
        yield say("conclusions", "No proposed conclusion changes.", asked_of(found))


def _hours(found: WhatIf) -> Iterator[Statement]:
    hours = found.hours
    for title, group in groupby(hours.lines, key=lambda each: each.title):
        held = list(group)
        count, likely = sum(each.count for each in held), sum(each.likely for each in held)
        low, high = sum(each.low for each in held), sum(each.high for each in held)
        text = f"{title}: {count:,} times, {likely:,.1f} hours ({low:,.1f} to {high:,.1f})."
        yield say("hours", text, [f"cost_figure: {name}" for name in sorted({each.figure for each in held})])
    if hours.lines:
        low, likely, high = hours.total
        text = f"Together {likely:,.1f} hours ({low:,.1f} to {high:,.1f}), as far as figures are there."
        yield say("hours", text, [f"cost_figure: {each.figure}" for each in hours.lines])
    if hours.missing:
        text = f"Hours that cannot be counted, since the company has given no figure: {named(hours.missing)}."
        yield say("hours", text, [f"cost_figure: {figure}" for figure in hours.missing])
    if not hours.lines and not hours.missing:
        yield say("hours", "Nothing that takes hours is added.", asked_of(found))
