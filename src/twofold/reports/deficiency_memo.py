"""The summary of aggregated deficiencies of a SOX engagement: for executives, the audit committee and the auditor.

The same values make the PDF (`pdf/deficiency_memo.typ`), the Markdown and the CSV.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group
from twofold.findings.deficiency.inputs import Given
from twofold.findings.deficiency.path import Step
from twofold.findings.deficiency.severity import UNRESOLVED, Severity
from twofold.findings.deficiency.wording import TOLD, group_in_words, in_two_sentences, range_words, told_to
from twofold.model.instant import zone_named
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.markdown_text import markdown_text

TITLE = "Summary of aggregated deficiencies"
_SIGN_OFF = ("Prepared by", "Concluded by management", "Received by the audit committee")
_COLUMNS = (
    *("id", "kind_of_row", "class", "still_possible", "at_year_end", "first_on", "last_on", "systems", "controls"),
    *("in_words", "to_be_told", "to_be_done"),
)


@dataclass(frozen=True, slots=True)
class DeficiencyMemo:
    """All that the memo says. people: HR id -> name. inputs: name -> the judgement of the engagement that counts.

    size, root: entries and root hash of the log when it was made.
    """

    company: str
    engagement: str
    ends_on: date
    as_of: date
    made_at: datetime
    zone: str
    people: Mapping[str, str]
    inputs: Mapping[str, Given | None]
    deficiencies: Sequence[Evaluation]
    groups: Sequence[Group]
    size: int
    root: bytes


def memo_values(memo: DeficiencyMemo) -> dict[str, Any]:
    """Return what every form of the memo shows, as plain values."""
    counted = [each for each in memo.deficiencies if each.severity is not Severity.EXCEPTION]
    return {
        "title": TITLE,
        "company": memo.company,
        "stand": f"{memo.engagement}, fiscal year to {memo.ends_on}, evaluated as of {memo.as_of}",
        "footer": NOT_AN_OPINION,
        "summary": in_short(memo),
        "facts": [list(each) for each in _facts(memo)],
        "told": [list(each) for each in _told(memo)],
        "deficiencies": [_deficiency(memo, each) for each in counted],
        "exceptions": [
            {"id": each.case.deficiency_id, "text": in_two_sentences(each)}
            for each in memo.deficiencies
            if each.severity is Severity.EXCEPTION
        ],
        "groups": [_group(memo, each) for each in memo.groups],
        "sign_off": list(_SIGN_OFF),
        "check": list(_check(memo)),
    }


def in_short(memo: DeficiencyMemo) -> str:
    """Say the result in two sentences."""
    counts = Counter(each.word for each in memo.deficiencies)
    order = [each.title for each in sorted(Severity, reverse=True)] + [UNRESOLVED]
    told = ", ".join(_counted(counts[word], word) for word in order if counts[word]) or "no deficiency"
    first = f"As of {memo.as_of}, {memo.engagement} has {told}."
    weak = [each for each in memo.deficiencies if each.severity is Severity.MATERIAL and each.is_open]
    weak_groups = [each for each in memo.groups if each.severity is Severity.MATERIAL]
    open_ones = sum(each.severity is None for each in memo.deficiencies) + sum(
        each.severity is None for each in memo.groups
    )
    if weak or weak_groups:
        return f"{first} With a material weakness open at year end internal control cannot be called effective."
    if open_ones:
        return f"{first} Nothing is concluded while {open_ones} classes of deficiencies and groups are unresolved."
    return f"{first} No material weakness is open at year end, alone or together with others."


def _counted(number: int, word: str) -> str:
    """Return a number with its class.

    >>> _counted(3, "significant deficiency"), _counted(2, "exception only"), _counted(2, "unresolved")
    ('3 significant deficiencies', '2 exceptions only', '2 unresolved')
    """
    if number == 1 or word == UNRESOLVED:
        return f"{number} {word}"
    plurals = {"deficiency": "deficiencies", "weakness": "weaknesses", "exception": "exceptions"}
    return f"{number} {' '.join(plurals.get(each, each) for each in word.split())}"


def _facts(memo: DeficiencyMemo) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, value, whether it is code)."""
    yield "Company", memo.company, False
    yield "Engagement", memo.engagement, False
    yield "Last day of the fiscal year", memo.ends_on.isoformat(), False
    titles = {
        "J_materiality": "Material from",
        "J_tolerable_rate": "Tolerable rate",
        "J_conclusion_date": "Concluded on",
    }
    for name, title in titles.items():
        given = memo.inputs.get(name)
        yield title, _given(memo, given, value=True) if given else f"nobody gave {name}", False
    yield f"Root of the log, {memo.size:,} entries", memo.root.hex(), True


def _told(memo: DeficiencyMemo) -> Iterator[tuple[str, str, str]]:
    for severity in sorted(Severity, reverse=True):
        named = [each.case.control_id for each in memo.deficiencies if each.severity is severity]
        named += [
            f"together by {each.basis.words} {each.common}"
            for each in memo.groups
            if each.severity is severity > Severity.DEFICIENCY
        ]
        if named:
            yield severity.title, TOLD[severity], ", ".join(named)
    waiting = [each for each in memo.deficiencies if each.severity is None]
    if waiting:
        highest = max(each.provisional for each in waiting)
        named = [each.case.control_id for each in waiting]
        yield f"{UNRESOLVED}, up to {highest.title}", f"until decided: {TOLD[highest]}", ", ".join(named)


def _deficiency(memo: DeficiencyMemo, each: Evaluation) -> dict[str, Any]:
    return {
        "id": each.case.deficiency_id,
        "title": each.case.control_title,
        "class": each.word,
        "possible": range_words(each.span),
        "kind": each.kind,
        "year_end": each.case.at_year_end.text,
        "text": in_two_sentences(each),
        "told": told_to(each),
        "facts": [list(fact) for fact in each.case.facts],
        "steps": [_step(memo, step) for step in each.steps],
        "wanted": each.wanted,
    }


def _group(memo: DeficiencyMemo, each: Group) -> dict[str, Any]:
    return {
        "id": each.group_id,
        "basis": f"{each.basis.words} {each.common}",
        "class": each.word,
        "possible": range_words(each.span),
        "members": [one.case.deficiency_id for one in each.members],
        "text": group_in_words(each),
        "steps": [_step(memo, step) for step in each.steps],
        "wanted": [*each.own_wanted, *(f"{one} is unresolved" for one in each.unresolved)],
    }


def _step(memo: DeficiencyMemo, step: Step) -> dict[str, str]:
    return {
        "id": step.id,
        "asked": step.asked,
        "answer": step.answer,
        "by": _given(memo, step.given, value=False) if step.given else "" if step.input else "computed",
    }


def _given(memo: DeficiencyMemo, given: Given, *, value: bool) -> str:
    name = memo.people.get(given.given_by)
    who = f"{name} ({given.given_by})" if name else given.given_by
    day = given.given_at.astimezone(zone_named(memo.zone)).date()
    said = f"{who}, {day}, {given.captured}: {given.reason}"
    return f"{given.value} ({said})" if value else said


def _check(memo: DeficiencyMemo) -> Iterator[str]:
    yield "Rates, patterns, windows and tests are computed from evidence; each judgement names person, day and reason."
    yield "Each judgement is captured as evidence of kind deficiency_judgement; the newest one that counts is shown."
    yield (
        f"The root above is over the first {memo.size:,} entries of the log. A signed checkpoint of the log with more "
        "entries can be proven to extend it."
    )
    yield "`twofold deficiency show ID` on the same workspace and day gives the same path again."


def memo_csv(memo: DeficiencyMemo) -> str:
    """Return a line per deficiency and group."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for each in memo.deficiencies:
        case = each.case
        writer.writerow(
            {
                "id": case.deficiency_id,
                "kind_of_row": "deficiency",
                "class": each.word,
                "still_possible": range_words(each.span),
                "at_year_end": case.at_year_end.text,
                "first_on": case.window.first_on,
                "last_on": case.window.last_on,
                "systems": ";".join(case.systems),
                "controls": case.control_id,
                "in_words": in_two_sentences(each),
                "to_be_told": told_to(each),
                "to_be_done": "; ".join(each.wanted),
            }
        )
    for group in memo.groups:
        shown = _group(memo, group)
        writer.writerow(
            {
                "id": group.group_id,
                "kind_of_row": "group",
                "class": group.word,
                "still_possible": range_words(group.span),
                "systems": ";".join(sorted({name for one in group.members for name in one.case.systems})),
                "controls": ";".join(one.case.control_id for one in group.members),
                "in_words": group_in_words(group),
                "to_be_told": TOLD[group.span.high],
                "to_be_done": "; ".join(shown["wanted"]),
            }
        )
    return text.getvalue()


def memo_markdown(memo: DeficiencyMemo) -> str:
    """Return the memo as Markdown."""
    values = memo_values(memo)
    lines = [f"# {values['title']}", "", f"{values['company']}. {values['stand']}.", "", values["summary"], ""]
    lines += [f"- {name}: {f'`{value}`' if code else markdown_text(value)}" for name, value, code in values["facts"]]
    lines += ["", "## Who must be told", ""]
    lines += [f"- **{name}**: {told}. {ids}" for name, told, ids in values["told"]] or ["Nobody."]
    lines += ["", "## Deficiencies", ""]
    for each in values["deficiencies"]:
        lines += [f"### {each['id']} {each['title']}: {each['class']}", "", markdown_text(each["text"]), ""]
        lines += [f"At year end: {each['year_end']}. To be told: {each['told']}.", "", *_steps(each)]
    lines += ["## Together", ""]
    for each in values["groups"]:
        lines += [f"### {each['id']}: {each['class']}", "", markdown_text(each["text"]), "", *_steps(each)]
    lines += ["## Exceptions that are no deficiency", ""]
    lines += [f"- {each['id']}: {markdown_text(each['text'])}" for each in values["exceptions"]] or ["None."]
    lines += ["", "## How to check this memo", "", *(f"- {each}" for each in values["check"]), "", values["footer"], ""]
    return "\n".join(lines)


def _steps(each: Mapping[str, Any]) -> Iterator[str]:
    for step in each["steps"]:
        by = f" *{markdown_text(step['by'])}*" if step["by"] else ""
        yield f"- {step['id']} {markdown_text(step['asked'])} **{markdown_text(step['answer'])}**{by}"
    for wanted in each["wanted"]:
        yield f"- To be done: {markdown_text(wanted)}"
    yield ""
