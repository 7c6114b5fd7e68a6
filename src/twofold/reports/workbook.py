"""The workbook of one control test: Lead, Grid, Exceptions, Completeness, Rule, Parameters.

Written row by row, so its size is not bounded by memory; equal input gives equal bytes. All imported text is written as
text, never as a formula or link.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it ships no types
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it ships no types

from twofold.controltests.run_record import COMPLETENESS_FILE, read_run
from twofold.model.outcome import ReasonCode
from twofold.model.statement import NOT_AN_OPINION
from twofold.populations.steps import steps_needed
from twofold.reports.completeness_text import EXTRACTION_FIELDS, check_rows, extraction_rows
from twofold.reports.contents import PackageContents, PackagedRun
from twofold.reports.grid_sheet import write_grid
from twofold.reports.items import LENS_TITLES, VERDICT_WORDS, RunItems
from twofold.reports.lead_sheet import MARKS, LeadLine, lead_lines
from twofold.reports.people_acts import dispositions, said_by
from twofold.reports.text_sheet import TextSheet
from twofold.reports.workbook_style import (
    LETTER,
    SHORT,
    TABLOID,
    Styles,
    lines_high,
    make_styles,
    put,
    put_moment,
    set_up_print,
)
from twofold.vault.entry import Entry

GREATEST_ROWS = 1_048_000
"""Items that a sheet shows; a sheet of the file format ends at 1,048,576 rows."""
_FILL_IN = "to be filled by a named person"
_EXCEPTION_COLUMNS = (
    ("Lens, engagement", 16),
    ("Item", 28),
    ("System", 13),
    ("Date (UTC)", 15),
    ("Attribute", 9),
    ("Mark and reason", 20),
    ("Condition", 38),
    ("Facts, with table, record and evidence", 44),
    ("Evidence, SHA-256", 34),
    ("Cause and impact", 20),
    ("Disposition", 20),
    ("By, date", 12),
)
"""Heading and width; the last three are a person's to fill, the last two with `twofold dispose`."""


def write_workbook(
    path: Path, contents: PackageContents, run: PackagedRun, items: RunItems, *, greatest_rows: int = GREATEST_ROWS
) -> None:
    """Write the workbook of one control test to `path`. The created date is the clock of the data."""
    book = Workbook(
        str(path),
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    record = read_run(run.folder)
    completeness = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
    title = f"{contents.company}: {run.control.control_id} {run.control.title}, {run.rule.control_test}"
    book.set_properties(
        {
            "title": title,
            "author": contents.software,
            "company": contents.company,
            "comments": NOT_AN_OPINION,
            "created": contents.clock.replace(tzinfo=None),
        }
    )
    styles = make_styles(book)
    lead, grid, exceptions, complete, rule, parameters = (
        book.add_worksheet(name, TextSheet)
        for name in ("Lead", "Grid", "Exceptions", "Completeness", "Rule", "Parameters")
    )
    for sheet, repeat, paper in (
        (lead, None, LETTER),
        (grid, (1, 2), TABLOID),
        (exceptions, (0, 0), TABLOID),
        (complete, None, LETTER),
        (rule, None, LETTER),
        (parameters, (0, 0), LETTER),
    ):
        set_up_print(sheet, header=title, repeat=repeat, paper=paper)
    hashes = {str(each.record.evidence_id): each.record.sha256 for each in contents.evidence}
    _lead(lead, styles, title, lead_lines(contents, run, record, completeness))
    write_grid(grid, styles, title, run, items, hashes, greatest_rows)
    _exceptions(exceptions, styles, items, hashes, dispositions(contents.log, record.run_id), greatest_rows)
    _completeness(complete, styles, completeness)
    _rule(rule, styles, run)
    _parameters(parameters, styles, run, record.parameters)
    book.close()


def _lead(
    sheet: Worksheet,
    styles: Styles,
    title: str,
    lines: Sequence[LeadLine],
) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)
    put(sheet, 0, 0, title, styles.title)
    put(sheet, 1, 0, NOT_AN_OPINION, styles.note)
    sheet.freeze_panes(2, 0)
    for row, line in enumerate(lines, 2):
        if line.heading:
            put(sheet, row, 0, line.label, styles.heading)
            put(sheet, row, 1, "", styles.heading)
            continue
        sheet.set_row(row, lines_high([(line.label, 34), (line.text, 110)]))
        put(sheet, row, 0, line.label, styles.label)
        put(sheet, row, 1, _FILL_IN if line.to_fill else line.text, styles.fill_in if line.to_fill else styles.text)


def evidence_text(evidence: Sequence[str], hashes: Mapping[str, str]) -> str:
    """Return each evidence id with its hash, one per line."""
    return "\n".join(f"{each} {hashes.get(each, 'not packaged')}" for each in evidence)


def _exceptions(
    sheet: Worksheet,
    styles: Styles,
    items: RunItems,
    hashes: Mapping[str, str],
    said: Mapping[str, Entry],
    greatest_rows: int,
) -> None:
    for place, (name, width) in enumerate(_EXCEPTION_COLUMNS):
        sheet.set_column(place, place, width)
        put(sheet, 0, place, name, styles.heading)
    sheet.freeze_panes(1, 2)
    row = 1
    for each in items.exceptions():
        if row > greatest_rows:
            put(sheet, row, 0, "This sheet ends here. All rows: exceptions.csv.", styles.fill_in)
            break
        code = ReasonCode.parse(each.code)
        texts = (
            f"{LENS_TITLES[each.lens]}\n{each.engagement_id}",
            each.item,
            each.system,
            "",
            each.attribute,
            f"{MARKS[VERDICT_WORDS[code.outcome]]} {code.reason}",
            each.sentence,
            each.facts or "see the item in outcomes.csv and population.csv",
            evidence_text(each.evidence, hashes),
        )
        people = ("", *_disposition(said.get(each.item)))
        widths = [width for _, width in _EXCEPTION_COLUMNS]
        sheet.set_row(row, lines_high(list(zip((*texts, *people), widths, strict=True))))
        for place, text in enumerate(texts):
            put(sheet, row, place, text, styles.text)
        put_moment(sheet, row, 3, each.operating_at, styles)
        put(sheet, row, 5, texts[5], styles.outcome[SHORT[code.outcome]])
        for place, text in enumerate(people, len(texts)):
            put(sheet, row, place, text, styles.text if text else styles.fill_in)
        row += 1
    if row == 1:
        put(sheet, 1, 0, "None.", styles.text)
    sheet.autofilter(0, 0, max(row - 1, 1), len(_EXCEPTION_COLUMNS) - 1)


def _disposition(entry: Entry | None) -> tuple[str, str]:
    """Return what was said of an item, and by whom; empty where a person has still to say it."""
    if entry is None:
        return "", ""
    kind, reason = entry.body["disposition"].replace("_", " "), entry.body["reason"]
    return f"{kind}: {reason}" if reason else kind, said_by(entry)


def _completeness(sheet: Worksheet, styles: Styles, record: Mapping[str, Any]) -> None:
    widths = (34, 12, 50, 50, 60)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    put(sheet, 0, 0, f"{record['title']}: completeness and accuracy (IPE)", styles.title)
    put(
        sheet,
        1,
        0,
        f"Conclusion of the checks: {record['conclusion']}. Second source: {record['second_source']}.",
        styles.note,
    )
    for place, name in enumerate(("Check", "Result", "Found", "Complete would be", "Details")):
        put(sheet, 2, place, name, styles.heading)
    colours = {"OK": "pass", "Note": "cannot_test", "STOP": "exception"}
    row = 3
    for check in check_rows(record):
        sheet.set_row(row, lines_high(list(zip(check, widths, strict=True))))
        for place, text in enumerate(check):
            style = styles.outcome[colours.get(text, "na")] if place == 1 else styles.text
            put(sheet, row, place, text, style)
        row += 1
    for number, extraction in enumerate(extraction_rows(record), 1):
        row += 1
        put(sheet, row, 0, f"Export {number} of {len(record['extractions'])}", styles.heading)
        sheet.merge_range(row, 1, row, 4, "", styles.heading)
        for (_, heading), text in zip(EXTRACTION_FIELDS, extraction, strict=True):
            row += 1
            sheet.set_row(row, lines_high([(text, sum(widths[1:]))]))
            put(sheet, row, 0, heading, styles.label)
            sheet.merge_range(row, 1, row, 4, "", styles.text)
            put(sheet, row, 1, text, styles.text)
        row += 1


def _rule(sheet: Worksheet, styles: Styles, run: PackagedRun) -> None:
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 150)
    steps = steps_needed(run.rule.sql, run.definition_sql, run.rule.facts_sql)
    texts = {
        "rule.sql": run.rule.sql,
        "definition.sql (the population)": run.definition_sql,
        "facts.sql (what each attribute rests on)": run.rule.facts_sql,
        **{f"steps/{name}.sql (a step that these build on)": run.steps[name] for name in steps if name in run.steps},
    }
    put(sheet, 0, 0, f"{run.rule.control_test} {run.rule.title}, version {run.rule.version}", styles.title)
    put(sheet, 1, 0, f"SHA-256 {run.rule.sha256}", styles.note)
    row = 3
    for name, text in texts.items():
        put(sheet, row, 0, "Line", styles.heading)
        put(sheet, row, 1, name, styles.heading)
        for number, line in enumerate(text.splitlines(), 1):
            row += 1
            sheet.write_number(row, 0, number, styles.number)
            put(sheet, row, 1, line, styles.mono)
        row += 2


def _parameters(sheet: Worksheet, styles: Styles, run: PackagedRun, used: Mapping[str, Any]) -> None:
    columns = (
        ("Parameter", 30),
        ("Value used", 16),
        ("Default", 16),
        ("Unit", 16),
        ("Meaning", 60),
        ("Source of the default", 50),
    )
    for place, (name, width) in enumerate(columns):
        sheet.set_column(place, place, width)
        put(sheet, 0, place, name, styles.heading)
    sheet.freeze_panes(1, 0)
    for row, parameter in enumerate(run.rule.parameters, 1):
        value = used.get(parameter.name, parameter.default)
        mark = "" if value == parameter.default else " (set by the company)"
        texts = (
            parameter.name,
            f"{value}{mark}",
            str(parameter.default),
            parameter.unit,
            parameter.about,
            parameter.source,
        )
        sheet.set_row(row, lines_high([(text, width) for text, (_, width) in zip(texts, columns, strict=True)]))
        for place, text in enumerate(texts):
            put(sheet, row, place, text, styles.text)
    if not run.rule.parameters:
        put(sheet, 1, 0, "This rule has no parameters.", styles.text)
