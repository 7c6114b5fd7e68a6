"""The grid of a workbook: one row per item with a mark per attribute, as in a workpaper."""

from collections.abc import Mapping

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]  # it ships no types

from twofold.controltests.rule import reason_sentence
from twofold.model.outcome import Outcome, ReasonCode
from twofold.reports.contents import PackagedRun
from twofold.reports.items import LENS_TITLES, VERDICT_WORDS, GridRow, RunItems, decided_by
from twofold.reports.lead_sheet import MARKS, TICKMARKS
from twofold.reports.workbook_style import SHORT, Styles, lines_high, put, put_moment, put_value

_FIRST_ITEM = 3
"""Row of the first item: after the title, the wording of the attributes and the header."""
_BEFORE_ATTRIBUTES = 3


def write_grid(
    sheet: Worksheet,
    styles: Styles,
    title: str,
    run: PackagedRun,
    items: RunItems,
    hashes: Mapping[str, str],
    greatest_rows: int,
) -> None:
    """Write every item of the population, at most `greatest_rows`; the last columns are the population's own."""
    printed, columns = _header(sheet, styles, title, run, items)
    sheet.freeze_panes(_FIRST_ITEM, 1)
    row = _FIRST_ITEM
    for grid_row in items.grid():
        if row - _FIRST_ITEM >= greatest_rows:
            put(
                sheet,
                row,
                0,
                f"This sheet ends at {greatest_rows} items. All items: population.csv and outcomes.csv.",
                styles.fill_in,
            )
            break
        _grid_row(sheet, styles, run, items, row, grid_row, hashes)
        row += 1
    sheet.autofilter(2, 0, max(row - 1, 2), columns - 1)
    sheet.print_area(0, 0, row, printed - 1)
    if not items.tested:
        put(
            sheet,
            row,
            0,
            "The test was stopped, so no item has an outcome. See the sheet Completeness.",
            styles.fill_in,
        )


def _header(sheet: Worksheet, styles: Styles, title: str, run: PackagedRun, items: RunItems) -> tuple[int, int]:
    """Write title, wordings and header; return how many columns are printed, and how many there are."""
    lenses = [LENS_TITLES[each.judgement.lens] for each in items.judging]
    columns = [("Item", 30), ("System", 13), ("Date (UTC)", 15), *((letter, 6.5) for letter in items.letters)]
    columns += [
        *((f"{lens} verdict", 13) for lens in lenses),
        ("Decided by", 26),
        ("What was found", 50),
        ("Evidence", 20),
    ]
    printed = len(columns)
    columns += [(name, 18) for name in items.extra]
    for place, (_, width) in enumerate(columns):
        sheet.set_column(place, place, width)
    put(sheet, 0, 0, f"{title}: every item of the population", styles.title)
    wordings = {attribute.letter: attribute.wording for attribute in run.rule.attributes}
    marks = "\n".join(f"{mark}  {outcome}" for mark, outcome, _ in TICKMARKS)
    evidence = "Evidence id and start of its SHA-256; in full in evidence.csv. Empty: see Completeness"
    legend = {"Item": f"Marks\n{marks}", "Evidence": evidence} | dict.fromkeys(items.extra, "As in the population")
    # Whole rows, top down: a row that was left is already on disk.
    sheet.set_row(1, 165)
    for place, (name, _) in enumerate(columns):
        rotated = name in wordings and place >= _BEFORE_ATTRIBUTES
        put(
            sheet,
            1,
            place,
            wordings[name] if rotated else legend.get(name, ""),
            styles.rotated if rotated else styles.legend,
        )
    for place, (name, _) in enumerate(columns):
        put(sheet, 2, place, name, styles.heading)
    return printed, len(columns)


def _grid_row(
    sheet: Worksheet,
    styles: Styles,
    run: PackagedRun,
    items: RunItems,
    row: int,
    item: GridRow,
    hashes: Mapping[str, str],
) -> None:
    put(sheet, row, 0, item.item, styles.text)
    put(sheet, row, 1, item.system, styles.text)
    put_moment(sheet, row, 2, item.operating_at, styles)
    place = _BEFORE_ATTRIBUTES
    for letter in items.letters:
        outcome = ReasonCode.parse(item.codes[letter]).outcome
        put(sheet, row, place, MARKS[VERDICT_WORDS[outcome]], styles.marks[SHORT[outcome]])
        place += 1
    decided = {}
    for each in items.judging:
        verdict, reason = item.verdicts[each.id]
        words = VERDICT_WORDS.get(verdict, "not judged")
        put(sheet, row, place, words, styles.outcome.get(SHORT.get(verdict, ""), styles.text))
        decided[LENS_TITLES[each.judgement.lens]] = decided_by(reason)
        place += 1
    evidence = "\n".join(f"{each} {hashes.get(each, 'not packaged')[:12]}" for each in item.evidence)
    texts = (_decided_text(decided), _sentences(run, item.codes), evidence)
    for offset, text in enumerate(texts):
        put(sheet, row, place + offset, text, styles.text)
    sheet.set_row(row, lines_high([(item.item, 30), *zip(texts, (26, 50, 20), strict=True)]))
    for offset, value in enumerate(item.extra, place + 3):
        put_value(sheet, row, offset, value, styles)


def _decided_text(decided: Mapping[str, str]) -> str:
    """Say what decides under each lens, once where all agree."""
    if len(decided) > 1 and len(set(decided.values())) == 1:
        return next(iter(decided.values()))
    return "\n".join(f"{lens}: {text}" for lens, text in decided.items() if text)


def _sentences(run: PackagedRun, codes: Mapping[str, str]) -> str:
    """Say what was found wrong, a line per attribute, and name what did not apply."""
    parsed = {letter: ReasonCode.parse(code) for letter, code in codes.items()}
    lines = [
        f"{letter} {MARKS[VERDICT_WORDS[code.outcome]]} {reason_sentence(run.rule, letter, codes[letter])}"
        for letter, code in parsed.items()
        if code.outcome in {Outcome.EXCEPTION, Outcome.CANNOT_TEST}
    ]
    skipped = [f"{letter} {code.reason}" for letter, code in parsed.items() if code.outcome is Outcome.NOT_APPLICABLE]
    return "\n".join([*lines, *([f"n/a {', '.join(skipped)}"] if skipped else [])])
