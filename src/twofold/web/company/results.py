"""Test results: the runs, one run's grid of items and attributes page by page, the rule's text, the last difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.controltests.rule import Rule, reason_sentence
from twofold.controltests.run_record import COMPLETENESS_FILE, ControlTestRun, RunState
from twofold.jobs.clause import clause_of
from twofold.jobs.compare import ComparedRuns, compare_runs
from twofold.jobs.control_tests import latest_runs
from twofold.model.outcome import ReasonCode
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.reports.completeness_text import check_rows
from twofold.reports.summary import LensCell
from twofold.vault.entry import EntryKind
from twofold.web.company.result_grid import (
    FILTERS,
    OUTCOMES,
    SMALL,
    VERDICTS,
    GridRow,
    engagements_of,
    page_of_grid,
    person_columns,
)
from twofold.web.company.run_files import record_of, rule_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_PAGE = 50
_DIFFERENCES = 200
_ONE_RUN = (
    "There is only one run of this control test so far, so nothing can have changed since another. Once evidence, "
    "scope or rules have changed, test and judge again: then this page says what came out otherwise, and why."
)
STATE_WORDS = {
    RunState.TESTED: "tested",
    RunState.DID_NOT_OCCUR: "did not occur",
    RunState.STOPPED: "stopped",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One control test's newest run as the list shows it. controls: (id, what each engagement says of it)."""

    record: ControlTestRun
    state: str
    controls: tuple[tuple[str, tuple[LensCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One line of the rule's text; `marked` where it gives the attribute and reason that were asked for."""

    number: int
    text: str
    marked: bool


@require_safe
@needs("see_results")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the newest run of each control test."""
    now = current()
    controls: dict[str, list[str]] = {}
    for control_id, control in now.catalog.controls.items():
        for test in control.control_tests:
            controls.setdefault(test, []).append(control_id)
    cells = {row.control_id: row.lenses for row in now.status.rows}
    records = [record_of(folder) for _, folder in sorted(latest_runs(now.workspace).items())]
    rows = [
        RunRow(
            each,
            STATE_WORDS[each.state],
            tuple((one, cells.get(one, ())) for one in controls.get(each.control_test, ())),
        )
        for each in records
    ]
    engagements = [(each.judgement.engagement_id, each.judgement.lens_title) for each in now.judged]
    values = {"engagements": engagements, "reach": now.reach, "rows": rows}
    return page(request, "results.html", values, at="results", title="Test results")


@require_safe
@needs("see_results")
def show(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with a page of the grid, narrowed by what the query asks; `after` pages."""
    now = current()
    folder = _folder(now, control_test)
    record, run_rule = record_of(folder), rule_of(folder)
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:400] for name in FILTERS}
    engagements = engagements_of(now, control_test)
    grid = page_of_grid(now, folder, control_test, asked, limit=_PAGE) if record.state is RunState.TESTED else None
    completeness = orjson.loads((folder / COMPLETENESS_FILE).read_bytes())
    kept = {name: value for name, value in asked.items() if value and name != "after"}
    values = {
        "asked": asked,
        "attributes": run_rule.attributes,
        "checks": check_rows(completeness),
        "codes": _codes(run_rule, record),
        "engagements": engagements,
        "more": urlencode({**kept, "after": grid.after}) if grid and grid.after else "",
        "narrowed": bool(kept),
        "outcomes": OUTCOMES,
        "persons": bool(person_columns(folder)),
        "reach": now.reach,
        "record": record,
        "rows": grid.rows if grid else (),
        "rule": run_rule,
        "shares": _shares(record),
        "small": record.population_count <= SMALL,
        "state": STATE_WORDS[record.state],
        "systems": sorted({name for each in engagements for name in each["systems"]}),
        "verdicts": VERDICTS,
    }
    return page(request, "result.html", values, at="results", title=f"{control_test} {record.title}")


@require_safe
@needs("see_results")
def rule(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with the rule's text as the run kept it; the query may name a letter and code, whose lines are marked."""
    folder = _folder(current(), control_test)
    kept = rule_of(folder)
    letter, code = request.GET.get("letter", ""), request.GET.get("code", "pass")
    marked = _marked(kept, letter, code) if letter in {each.letter for each in kept.attributes} else frozenset()
    lines = [RuleLine(at, text, at in marked) for at, text in enumerate(kept.sql.splitlines(), 1)]
    values = {
        "code": code,
        "letter": letter if marked else "",
        "lines": lines,
        "record": record_of(folder),
        "rule": kept,
    }
    return page(request, "result_rule.html", values, at="results", title=f"{control_test} rule")


@require_safe
@needs("see_results")
def difference(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with what changed between the newest run and the different one before it, and why."""
    now = current()
    folder = _folder(now, control_test)
    try:
        compared = compared_runs(now.workspace, control_test, now.newest)
    except UserError as error:
        for each in [_ONE_RUN] if _runs(now, control_test) == 1 else told(error):
            messages.info(request, each)
        return redirect("result", control_test)
    letters = {each.letter: each.wording for each in rule_of(folder).attributes}
    values = {
        "compared": compared,
        "left_out": max(0, len(compared.items) - _DIFFERENCES),
        "letters": letters,
        "rows": compared.items[:_DIFFERENCES],
    }
    return page(request, "result_diff.html", values, at="results", title=f"{control_test}: the last two runs")


def _runs(now: Current, control_test: str) -> int:
    """Count the different runs of a control test."""
    entries = now.workspace.vault.entries(kind=EntryKind.RUN)
    return len({entry.body["run_id"] for entry in entries if entry.body["control_test"] == control_test})


@lru_cache(maxsize=20)
def compared_runs(workspace: Workspace, control_test: str, newest: tuple[int, ...]) -> ComparedRuns:
    """Compare the last two runs; kept until an entry of the log changes what pages show."""
    del newest
    return compare_runs(workspace, "", control_test)


def page_of_items(now: Current, control_test: str, asked: Mapping[str, str], *, limit: int) -> list[GridRow]:
    """Return one page of the newest run and the first row of the next; raises Http404 where it was never run."""
    folder = _folder(now, control_test)
    rows: list[GridRow] = []
    after: str | None = asked.get("after", "")
    while after is not None and len(rows) <= limit:
        found = page_of_grid(now, folder, control_test, {**asked, "after": after}, limit=limit + 1 - len(rows))
        rows += found.rows
        after = found.after or None
    return rows


def _marked(kept: Rule, letter: str, code: str) -> frozenset[int]:
    """Return the numbers of the lines that give a code of an attribute; of the whole attribute for an unknown code."""
    try:
        lines = clause_of(kept.sql, letter=letter, code=code)
    except ValueError:
        lines = clause_of(kept.sql, letter=letter, code="pass")
    return frozenset(int(line.partition(":")[2].split()[0]) for line in lines)


def _shares(record: ControlTestRun) -> list[tuple[str, list[tuple[str, int, float, float]]]]:
    """Return per attribute (outcome, items, start, width) of a bar of 100, in the order of OUTCOMES."""
    found = []
    for letter, codes in sorted(record.counts.items()):
        whole, start, parts = sum(codes.values()) or 1, 0.0, []
        for prefix in OUTCOMES:
            number = sum(count for code, count in codes.items() if code.startswith(prefix))
            wide = 100 * number / whole
            if number:
                wide = max(wide, 1.5)
                parts.append((prefix, number, round(start, 2), round(wide, 2)))
            start += wide
        found.append((letter, parts))
    return found


def _folder(now: Current, control_test: str) -> Path:
    folder = latest_runs(now.workspace).get(control_test)
    if folder is None:
        raise Http404
    return folder


def _codes(run_rule: Rule, record: ControlTestRun) -> list[dict[str, Any]]:
    """Return each code that came up: letter, code, its sentence, and how many items have it; those that pass last."""
    found = [
        {
            "letter": letter,
            "code": code,
            "outcome": ReasonCode.parse(code).outcome.value,
            "sentence": reason_sentence(run_rule, letter, code),
            "items": items,
        }
        for letter, codes in sorted(record.counts.items())
        for code, items in sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    order = {"EXCEPTION": 0, "CANNOT_TEST": 1, "NOT_APPLICABLE": 2, "PASS": 3}
    return sorted(found, key=lambda each: order[each["outcome"]])
