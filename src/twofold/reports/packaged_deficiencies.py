"""The deficiencies of a SOX engagement in a package: for programs, as a table, as the memo, and on the page.

Format: docs/formats/package.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.inputs import Given
from twofold.findings.deficiency.severity import Severity
from twofold.findings.deficiency.wording import in_two_sentences, range_words, told_to
from twofold.model.problem import Problem
from twofold.reports.contents import PackageContents, file_name
from twofold.reports.control_folder import json_bytes
from twofold.reports.deficiency_memo import DeficiencyMemo, in_short, memo_markdown
from twofold.reports.deficiency_values import evaluation_json, given_json, group_json
from twofold.reports.rows_as_text import cell_text, write_csv

VALUES_FILE = "deficiencies.json"
TABLE_FILE = "deficiencies.csv"
MEMO_FILE = "deficiencies-memo.md"
FILES = (VALUES_FILE, TABLE_FILE, MEMO_FILE)
_HEADER = ("id", "control_id", "class", "at_year_end", "still_possible", "to_be_told", "in_words")
_MARKS = {
    None: ("open", "?"),
    Severity.EXCEPTION: ("none", "○"),
    Severity.DEFICIENCY: ("open", "!"),
    Severity.SIGNIFICANT: ("bad", "✗"),
    Severity.MATERIAL: ("bad", "✗"),
}


@dataclass(frozen=True, slots=True)
class DeficiencyShown:
    """A deficiency as the page shows it: style and mark beside its class."""

    control_id: str
    style: str
    mark: str
    word: str
    text: str


@dataclass(frozen=True, slots=True)
class DeficienciesShown:
    """What the page says of an engagement: the result in two sentences, each deficiency, the folder of the files."""

    summary: str
    rows: tuple[DeficiencyShown, ...]
    folder: str


def write_deficiencies(folder: Path, memo: DeficiencyMemo) -> None:
    """Write the three files of an engagement into its folder; they say so where there is no deficiency."""
    (folder / VALUES_FILE).write_bytes(json_bytes(deficiencies_record(memo)))
    write_csv(folder / TABLE_FILE, [_HEADER, *([cell_text(cell) for cell in _row(one)] for one in memo.deficiencies)])
    (folder / MEMO_FILE).write_bytes(memo_markdown(memo).encode())


def deficiencies_record(memo: DeficiencyMemo) -> dict[str, Any]:
    """Return deficiencies.json as values. inputs: judgements of the engagement that count, None = nobody gave it."""
    return {
        "engagement": memo.engagement,
        "evaluated_as_of": memo.as_of,
        "inputs": {name: given_json(given) if given else None for name, given in memo.inputs.items()},
        "deficiencies": [evaluation_json(each) for each in memo.deficiencies],
        "groups": [group_json(each) for each in memo.groups],
    }


def shown_deficiencies(contents: PackageContents) -> dict[str, DeficienciesShown]:
    """Return engagement -> what the page shows of its deficiencies, the gravest first."""
    return {
        name: DeficienciesShown(in_short(memo), tuple(map(_shown, memo.deficiencies)), f"engagements/{file_name(name)}")
        for name, memo in contents.deficiencies.items()
    }


def deficiency_problems(contents: PackageContents) -> list[Problem]:
    """Find evaluations of an engagement that is not here, or that name a judgement which is not here."""
    held = {each.record.evidence_id for each in contents.evidence} | {each.evidence_id for each in contents.withheld}
    engagements = {each.id for each in contents.engagements}
    problems = []
    for name, memo in contents.deficiencies.items():
        if name not in engagements:
            problems.append(Problem(name, "its deficiencies are given without it", "one of the packaged engagements"))
        if missing := sorted({each.captured for each in _judgements(memo)} - held):
            told = f"judgements {', '.join(missing)} are not among the contents"
            problems.append(Problem(name, told, "all that its deficiencies rest on"))
    return problems


def _row(each: Evaluation) -> tuple[str, ...]:
    case = each.case
    possible = range_words(each.span)
    return (
        *(case.deficiency_id, case.control_id, each.word, case.at_year_end.text, possible),
        *(told_to(each), in_two_sentences(each)),
    )


def _shown(each: Evaluation) -> DeficiencyShown:
    style, mark = _MARKS[each.severity]
    return DeficiencyShown(each.case.control_id, style, mark, each.word, in_two_sentences(each))


def _judgements(memo: DeficiencyMemo) -> Iterator[Given]:
    """Give the judgements that the files name."""
    yield from (each for each in memo.inputs.values() if each is not None)
    steps = [step for one in memo.deficiencies for step in one.steps]
    steps += [step for group in memo.groups for step in group.steps]
    yield from (step.given for step in steps if step.given is not None)
