"""Test results: the runs, one run's grid of items and attributes page by page, one item, the rule's text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.controltests.rule import Rule, load_rule, reason_sentence
from twofold.controltests.run_record import COMPLETENESS_FILE, OUTCOMES_FILE, ControlTestRun, RunState, read_run
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.explain import explain
from twofold.model.outcome import ReasonCode
from twofold.model.problem import UserError
from twofold.records.acts.disposition import dispositions
from twofold.reports.completeness_text import check_rows
from twofold.web.company.dispositions import KINDS
from twofold.web.company.models import ProposedDisposition
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_PAGE = 50
STATE_WORDS = {
    RunState.TESTED: "tested",
    RunState.DID_NOT_OCCUR: "did not occur",
    RunState.STOPPED: "stopped",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One control test's newest run as the list shows it; `codes` counts items by outcome of their worst attribute."""

    record: ControlTestRun
    state: str
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One item: `cells` is (style, mark, code) per attribute, `verdicts` (style, mark, word) per engagement."""

    item: str
    system: str
    operating_at: Any
    cells: tuple[tuple[str, str, str], ...]
    verdicts: tuple[str, ...]


@require_safe
@needs("see_results")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the newest run of each control test."""
    now = current()
    controls: dict[str, list[str]] = {}
    for control_id, control in now.catalog.controls.items():
        for test in control.control_tests:
            controls.setdefault(test, []).append(control_id)
    records = [_record_of(folder) for _, folder in sorted(latest_runs(now.workspace).items())]
    rows = [RunRow(each, STATE_WORDS[each.state], tuple(controls.get(each.control_test, ()))) for each in records]
    return page(request, "results.html", {"rows": rows}, at="results", title="Test results")


@require_safe
@needs("see_results")
def show(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with a page of the grid, narrowed by code of a letter, system and words in the id; `after` pages."""
    now = current()
    folder = _folder(now, control_test)
    record, run_rule = _record_of(folder), _rule_of(folder)
    asked = {name: request.GET.get(name, "").strip() for name in ("letter", "code", "system", "words", "after")}
    engagements = _engagements(now, control_test)
    rows = page_of_items(now, control_test, asked, limit=_PAGE) if record.state is RunState.TESTED else []
    completeness = orjson.loads((folder / COMPLETENESS_FILE).read_bytes())
    values = {
        "asked": asked,
        "attributes": run_rule.attributes,
        "checks": check_rows(completeness),
        "codes": _codes(run_rule, record),
        "completeness": completeness,
        "engagements": engagements,
        "more": rows[_PAGE - 1].item if len(rows) > _PAGE else None,
        "record": record,
        "rows": rows[:_PAGE],
        "rule": run_rule,
        "state": STATE_WORDS[record.state],
        "systems": sorted({name for each in engagements for name in each["systems"]}),
    }
    return page(request, "result.html", values, at="results", title=f"{control_test} {record.title}")


@require_safe
@needs("see_results")
def item(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with one item: each attribute with sentence and clause, and the verdict of each lens.

    `rows=1` adds the source rows, which takes longer.
    """
    now = current()
    name, with_facts = request.GET.get("id", ""), request.GET.get("rows") == "1"
    try:
        found = explain(now.workspace, name, control_test=control_test, with_facts=with_facts)[0]
    except UserError as error:
        raise Http404 from error
    said = [
        each for each in dispositions(now.workspace.vault) if (each.control_test, each.item) == (control_test, name)
    ]
    values = {
        "control_test": control_test,
        "found": found,
        "kinds": KINDS,
        "with_facts": with_facts,
        "proposal": ProposedDisposition.objects.filter(control_test=control_test, item=name).first(),
        "said": said[::-1],
    }
    return page(request, "result_item.html", values, at="results", title=name)


@require_safe
@needs("see_results")
def rule(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with the rule's text as the run kept it."""
    now = current()
    folder = _folder(now, control_test)
    kept = _rule_of(folder)
    values = {"record": _record_of(folder), "rule": kept}
    return page(request, "result_rule.html", values, at="results", title=f"{control_test} rule")


@lru_cache(maxsize=200)
def _record_of(folder: Path) -> ControlTestRun:
    """Return the record of a run; its folder is named by its content, so it can be kept."""
    return read_run(folder)


@lru_cache(maxsize=200)
def _rule_of(folder: Path) -> Rule:
    """Return the rule as the run kept it."""
    return load_rule(folder)


def _folder(now: Current, control_test: str) -> Path:
    folder = latest_runs(now.workspace).get(control_test)
    if folder is None:
        raise Http404
    return folder


def _engagements(now: Current, control_test: str) -> list[dict[str, Any]]:
    """Return each judged control of the test: its verdict file, what its lens requires, and the systems that count."""
    return [
        {
            "id": each.judgement.engagement_id,
            "title": each.judgement.lens_title,
            "control_id": control.control_id,
            "conclusion": control.conclusion.value,
            "required": result.required,
            "systems": sorted(result.by_system),
            "counts": result.counts,
            "file": now.workspace.judgements_folder
            / each.judgement.engagement_id
            / f"{control.control_id}-{control_test}.parquet",
        }
        for each in now.judged
        for control in each.judgement.controls
        for result in control.results
        if result.control_test == control_test and result.counts is not None
    ]


def _codes(run_rule: Rule, record: ControlTestRun) -> list[dict[str, Any]]:
    """Return each code that came up: letter, code, its sentence, and how many items have it."""
    return [
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


def page_of_items(now: Current, control_test: str, asked: Mapping[str, str], *, limit: int) -> list[GridRow]:
    """Return one page and the first row of the next. Outcomes lie in order of item, so a page reads few blocks."""
    folder = _folder(now, control_test)
    letters = [each.letter for each in _rule_of(folder).attributes]
    engagements = _engagements(now, control_test)
    where, given = ["o.item > ?"], [asked["after"]]
    if asked["letter"] in letters and asked["code"]:
        where.append(f"o.{asked['letter']} = ?")
        given.append(asked["code"])
    if asked["system"]:
        where.append("o.system = ?")
        given.append(asked["system"])
    if asked["words"]:
        where.append("contains(lower(o.item), lower(?))")
        given.append(asked["words"])
    columns = ", ".join(f"o.{letter}" for letter in letters)
    chosen = f"""
        SELECT o.item, o.system, o.operating_at, {columns} FROM read_parquet(?) AS o
        WHERE {" AND ".join(where)} ORDER BY o.item LIMIT {limit + 1}
    """  # noqa: S608  letters of the rule; what people typed is given apart
    with duckdb.connect(config={"threads": 1}) as session:
        session.execute("SET TimeZone = 'UTC'")
        found = session.execute(chosen, [str(folder / OUTCOMES_FILE), *given]).fetchall()
        items = [row[0] for row in found]
        verdicts = [_verdicts(session, each["file"], items) for each in engagements]
    return [
        GridRow(
            row[0],
            row[1] or "",
            row[2],
            tuple(_cell(code) for code in row[3:]),
            tuple(each.get(row[0], "") for each in verdicts),
        )
        for row in found
    ]


def _verdicts(session: duckdb.DuckDBPyConnection, file: Path, items: Sequence[str]) -> dict[str, str]:
    if not file.exists() or not items:
        return {}
    query = "SELECT item, verdict FROM read_parquet(?) WHERE item BETWEEN ? AND ? AND list_contains(?, item)"
    return dict(session.execute(query, [str(file), items[0], items[-1], list(items)]).fetchall())


def _cell(code: str) -> tuple[str, str, str]:
    parsed = ReasonCode.parse(code)
    return parsed.outcome.value, parsed.reason, code
