"""The HTML report: one self-contained page for one engagement or several side by side. No script, nothing loaded.

Every text goes through the template's escaping, so text of a source stays text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.controltests.run_record import COMPLETENESS_FILE, ControlTestRun, read_run
from twofold.lenses.conclusion import Conclusion
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.completeness_text import check_rows
from twofold.reports.contents import (
    PackageContents,
    PackagedRun,
    ReportContents,
    all_withheld,
    run_place,
    workbook_name,
)
from twofold.reports.items import LENS_TITLES
from twofold.reports.lead_sheet import STATE_WORDS
from twofold.reports.packaged_deficiencies import shown_deficiencies
from twofold.reports.pages import TEMPLATES_FOLDER
from twofold.reports.people_acts import acts_about
from twofold.reports.sample_words import shown_samples
from twofold.reports.summary import Effect, next_steps, status_rows
from twofold.reports.systems import LABEL_WORDS

CONCLUSION_MARKS = {
    Conclusion.EFFECTIVE: ("ok", "✓"),
    Conclusion.NOT_EFFECTIVE: ("bad", "✗"),
    Conclusion.NOT_CONCLUDED: ("open", "?"),
    Conclusion.DID_NOT_OCCUR: ("none", "○"),
}
"""Conclusion -> style and mark; the word always stands beside the mark."""
_SHOWN_ITEMS = 12


@dataclass(frozen=True, slots=True)
class RunShown:
    """A control test as the report shows it."""

    control_id: str
    control_test: str
    state: str
    record: ControlTestRun
    completeness: dict[str, Any]
    checks: Sequence[tuple[str, str, str, str, str]]
    folder: str
    workbook: str


def html_report(report: ReportContents, *, in_package: bool) -> str:
    """Return the page. `in_package` adds links to the files of the package it lies in and how to check them."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    judgements = [each.judgement for each in report.engagements]
    findings = [finding for each in report.engagements for finding in each.findings]
    rows = status_rows(judgements, findings)
    return environment.get_template("report.html.j2").render(
        report=report,
        in_package=in_package,
        acts={
            each.engagement_id: acts_about(report.log, each.engagement_id, set(each.runs.values()))
            for each in judgements
        }
        if isinstance(report, PackageContents)
        else {},
        deficiencies=shown_deficiencies(report) if isinstance(report, PackageContents) else {},
        samples=shown_samples(report) if isinstance(report, PackageContents) else (),
        withheld=all_withheld(report) if isinstance(report, PackageContents) else (),
        note=NOT_AN_OPINION,
        rows=rows,
        untested=[row for row in rows if not row.control_tests],
        steps=[step for step in next_steps(judgements, findings) if step.effect is not Effect.NOT_TESTED],
        tallies={each.engagement_id: _tally(each.controls) for each in judgements},
        runs=[_shown(run) for run in report.runs],
        marks=CONCLUSION_MARKS,
        lens_titles=LENS_TITLES,
        label_words=LABEL_WORDS,
        shown_items=_SHOWN_ITEMS,
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
    )


def _tally(controls: Sequence[Any]) -> list[tuple[Conclusion, int]]:
    counted = Counter(control.conclusion for control in controls if control.results)
    return [(conclusion, counted[conclusion]) for conclusion in Conclusion]


def _shown(run: PackagedRun) -> RunShown:
    record = read_run(run.folder)
    completeness = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
    return RunShown(
        control_id=run.control.control_id,
        control_test=run.rule.control_test,
        state=STATE_WORDS[record.state],
        record=record,
        completeness=completeness,
        checks=check_rows(completeness),
        folder=run_place(run),
        workbook=f"{run_place(run)}/{workbook_name(run)}",
    )
