"""A review as plain JSON values: the one form that text, page and programs read; equal reviews give equal bytes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from twofold.jobs.readiness.review import Review
from twofold.model.evidence import EvidenceRef
from twofold.model.ids import EvidenceId
from twofold.model.statement import NOT_AN_OPINION, Statement
from twofold.readiness.check import CheckResult, Line, State
from twofold.readiness.check_files import headings, known_checks, questions
from twofold.readiness.dry_run import DryRun, hours_by_control
from twofold.readiness.effect import ORDER, Fix, fixes
from twofold.readiness.freshness import local_day
from twofold.readiness.gate import gate_of
from twofold.readiness.predicted import Predicted, outlook
from twofold.vault.entry import instant_text

Json = dict[str, Any]


def review_json(review: Review, *, control: str = "", system: str = "", area: str = "") -> Json:
    """Return the review, limited to one control, system or heading where they are given ("" = all)."""
    results = limited(review.results, control=control, system=system, area=area)
    gathered = review.gathered
    body: Json = {
        "company": review.company,
        "today": review.today.isoformat(),
        "window": {"from": instant_text(gathered.window_from), "to": instant_text(gathered.window_to)},
        "limited_to": {"control": control, "system": system, "area": area},
        "not_an_opinion": NOT_AN_OPINION,
        "summary": [_summary(heading, title, results) for heading, title in headings().items()],
        "checks": [_check(each) for each in results],
        "fix_order": ORDER,
        "fixes": [_fix(rank, each) for rank, each in enumerate(fixes(results, gathered.controls), 1)],
        "coverage": _coverage(review, control=control, system=system),
        "freshness": [
            {**asdict(each), "left_days": each.left_days}
            for each in review.freshness
            if not control or each.control == control
        ],
        "predicted": [_predicted(each, control) for each in review.prediction.predicted],
        "dry_runs": [dry_run_json(each, gathered.every_capture) for each in review.dry_runs],
        "captured_after_today": sum(each.captured_at >= gathered.now for each in gathered.evidence),
    }
    if not (control or system or area):
        gate = gate_of(results)
        body["gate"] = {"state": gate.state, "statement": statement_json(gate.statement)}
    return body


def limited(results: Iterable[CheckResult], *, control: str, system: str, area: str) -> list[CheckResult]:
    """Return the results of one heading, and of them those that speak of the control and the system, cut to them."""
    wanted = [each for each in results if not area or each.check.heading == area]
    if not control and not system:
        return wanted
    return [
        each.limited(control=control, system=system)
        for each in wanted
        if each.speaks_of(control=control, system=system)
    ]


def statement_json(statement: Statement) -> Json:
    """Return a statement with its rule, source and data."""
    return {
        "text": statement.text,
        "rule": statement.rule.rule,
        "source": statement.rule.source,
        "as_of": statement.rule.as_of.isoformat(),
        "data": list(statement.data),
    }


def dry_run_json(run: DryRun, evidence: Iterable[EvidenceRef]) -> Json:
    """Return a dry run with hours per control and every drawn item; `evidence` gives hash and name of what was held."""
    known = {each.evidence_id: each for each in evidence}
    return {
        "dry_run": run.dry_run_id,
        "drawn_at": instant_text(run.drawn_at),
        "finished_at": None if run.finished_at is None else instant_text(run.finished_at),
        "controls": [asdict(each) for each in hours_by_control(run)],
        "items": [
            {
                "control": each.control,
                "control_test": each.control_test,
                "item": each.item,
                "system": each.system,
                "position": each.position,
                "held_at_draw": [_held(known[EvidenceId(name)]) for name in each.held if name in known],
                "missing_at_draw": list(each.missing),
                "still_missing": list(each.still_missing),
                "hours": run.hours(each),
            }
            for each in run.items
        ],
    }


def _held(evidence: EvidenceRef) -> Json:
    return {"evidence": evidence.evidence_id, "sha256": evidence.sha256, "name": evidence.name}


def _counts(states: Sequence[State]) -> Json:
    return {state.value: states.count(state) for state in State}


def _summary(heading: str, title: str, results: Sequence[CheckResult]) -> Json:
    own = [each for each in results if each.check.heading == heading]
    return {
        "id": heading,
        "title": title,
        "kind": "question" if heading in questions() else "area",
        "checks": _counts([each.state for each in own]),
        "lines": _counts([line.state for each in own for line in each.lines]),
    }


def _check(result: CheckResult) -> Json:
    check = result.check
    return {
        "id": check.check_id,
        "heading": check.heading,
        "title": check.title,
        "critical": check.critical,
        "state": result.state,
        "statement": statement_json(result.statement()),
        "parameters": [asdict(each) for each in check.parameters],
        "fix": check.fix,
        "lines": _counts([line.state for line in result.lines]),
        "open": [_line(line) for line in result.lines if line.state is not State.OK],
    }


def _line(line: Line) -> Json:
    return {
        **asdict(line),
        "controls": list(line.controls),
        "evidence": list(line.evidence),
    }


def _fix(rank: int, fix: Fix) -> Json:
    return {
        "rank": rank,
        "check": fix.check_id,
        "state": fix.state,
        "critical": fix.critical,
        "statement": statement_json(fix.statement),
        "because": fix.because,
        "controls": list(fix.controls),
        "criteria": list(fix.criteria),
        "lines": fix.lines,
    }


def _predicted(predicted: Predicted, control: str) -> Json:
    judgement = predicted.judgement
    body: Json = {
        "engagement": judgement.engagement_id,
        "lens": judgement.lens_title,
        "controls": [
            {"control": each.control_id, "conclusion": each.conclusion, "reasons": list(each.reasons)}
            for each in judgement.controls
            if not control or each.control_id == control
        ],
        "criteria": [
            {"id": each.id, "title": each.title, "conclusion": each.conclusion, "controls": list(each.controls)}
            for each in judgement.gathered
            if not control or control in each.controls
        ],
        "exceptions": [
            {
                "finding": each.finding_id,
                "control": each.control_id,
                "condition": each.condition,
                "criterion": each.criterion,
                "effect": each.effect,
                "pattern": each.pattern,
                "cause": each.cause,
                "response": each.response,
                "owner": each.owner,
                "due_on": each.due_on,
                "items": list(each.items),
                "systems": list(each.systems),
            }
            for each in predicted.findings
            if each.code.startswith("exception") and (not control or each.control_id == control)
        ],
    }
    if judgement.lens == "soc2":
        words, why = outlook(predicted)
        data = tuple(f"run: {test} {run}" for test, run in judgement.runs.items()) or ("run: none",)
        text = f"Outlook, no opinion: {words} ({why})."
        body["outlook"] = statement_json(Statement(text, known_checks()["report/criteria_met"].rule, data))
    return body


def _coverage(review: Review, *, control: str, system: str) -> Json:
    """Return the heat map: weeks of the window, and per control what fell into each of them."""
    weeks = _weeks(review)
    cells: dict[str, dict[str, list[int]]] = {
        name: {} for name in review.gathered.controls if not control or name == control
    }
    for each in review.prediction.cells:
        if each.control in cells and each.week in weeks and (not system or each.system == system):
            held = cells[each.control].setdefault(each.week, [0, 0, 0])
            for place, number in enumerate((each.passed, each.exceptions, each.cannot_test)):
                held[place] += number
    return {
        "weeks": weeks,
        "rows": [
            {
                "control": name,
                "title": review.gathered.controls[name].title,
                "cells": [_cell(found.get(week), tested=name in review.prediction.ever) for week in weeks],
            }
            for name, found in cells.items()
        ],
    }


def _cell(counts: Sequence[int] | None, *, tested: bool) -> Mapping[str, Any]:
    passed, exceptions, cannot_test = counts or (0, 0, 0)
    state = "nothing" if tested else "not tested"
    if passed + exceptions + cannot_test:
        state = State.GAP if exceptions else State.CANNOT_TELL if cannot_test else State.OK
    return {"state": state, "passed": passed, "exceptions": exceptions, "cannot_test": cannot_test}


def _weeks(review: Review) -> list[str]:
    """Return the ISO weeks of the window in the reporting zone, in order."""
    zone = review.gathered.scope.reporting_zone
    first, last = (local_day(each, zone) for each in (review.gathered.window_from, review.gathered.window_to))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return list(dict.fromkeys(f"{year}-W{week:02d}" for year, week, _ in (day.isocalendar() for day in days)))
