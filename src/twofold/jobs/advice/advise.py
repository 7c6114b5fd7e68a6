"""The advice on a workspace as of a day: stage, categories, window, and the reply to a buyer. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from twofold.catalog.load import load_catalog
from twofold.jobs.advice.measured import measure
from twofold.jobs.advice.said import Said, read_said, request_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.advice.buyers import CATEGORIES
from twofold.scope.advice.categories import CategoryAdvice, Told, category_advice
from twofold.scope.advice.filer import filer_rules
from twofold.scope.advice.reply import Reply, reply_to
from twofold.scope.advice.scope_facts import ScopeFacts, local_day, scope_facts
from twofold.scope.advice.scoping import scoping_warnings
from twofold.scope.advice.stage import StageResult, stage_result
from twofold.scope.advice.stage_items import Situation, StageItems, stage_items
from twofold.scope.advice.start_gate import StartGate, key_controls, start_gate
from twofold.scope.advice.window import WindowAdvice, window_advice
from twofold.scope.advice.window_plan import Wanted
from twofold.scope.advice.worded import Caution
from twofold.scope.register import Scope

MOST_MONTHS = 36
"""A longer period is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What every advice rests on: the day, what was said, and the applied scope (None where there is none)."""

    on: date
    said: Said
    scope: Scope | None
    facts: ScopeFacts


@dataclass(frozen=True, slots=True)
class StageAdvice:
    """Stage, duties, lists and warnings. `unanswered`: questions that make sense and have no answer."""

    on: date
    result: StageResult
    items: StageItems
    unanswered: tuple[str, ...]
    faults: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CategoriesAdvice:
    """The categories, Security first, and the warnings about today's scope."""

    on: date
    clock: date | None
    categories: Sequence[CategoryAdvice]
    warnings: Sequence[Caution]
    faults: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class PeriodAdvice:
    """Type, start and length, and the start gate."""

    on: date
    window: WindowAdvice
    gate: StartGate
    faults: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ReplyAdvice:
    """The reply to one request."""

    on: date
    company: str
    reply: Reply
    faults: tuple[Problem, ...]


def advise_stage(workspace: Workspace, *, on: date | None, at: datetime) -> StageAdvice:
    """Return stage and posture as of a day, by default the day of `at` in the reporting zone."""
    asked = _asked(workspace, on=on, at=at)
    result = stage_result(asked.said.answers, on=asked.on)
    requests = tuple(asked.said.requests or ())
    situation = Situation(asked.said.answers, asked.facts, requests, result, load_catalog(), asked.on)
    return StageAdvice(asked.on, result, stage_items(situation), asked.said.answers.unanswered, asked.said.faults)


def advise_categories(workspace: Workspace, *, on: date | None, at: datetime) -> CategoriesAdvice:
    """Return the categories argued for and against, with what the runs say of them."""
    asked = _asked(workspace, on=on, at=at)
    catalog = load_catalog()
    controls = key_controls(catalog, asked.facts, CATEGORIES)
    measured = measure(workspace, controls, asked.scope)
    told = Told(asked.said.answers, asked.said.promises, asked.said.requests)
    found = category_advice(told, asked.facts, catalog, measured, on=asked.on)
    warnings = scoping_warnings(told, asked.facts, catalog, found, on=asked.on)
    return CategoriesAdvice(asked.on, measured.clock, found, warnings, asked.said.faults)


def advise_window(
    workspace: Workspace, *, starts_on: date | None, months: int | None, on: date | None, at: datetime
) -> PeriodAdvice:
    """Return type and window. starts_on, months: a period to look at in place of the proposed one."""
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise UserError(Problem("--months", f"{months} months", f"1 to {MOST_MONTHS}"))
    asked = _asked(workspace, on=on, at=at)
    catalog = load_catalog()
    controls = key_controls(catalog, asked.facts, sorted(asked.facts.categories_on(asked.on)))
    measured = measure(workspace, controls, asked.scope)
    requests = tuple(asked.said.requests or ())
    wanted = Wanted(asked.said.answers, requests, asked.facts, asked.scope, controls)
    window = window_advice(wanted, on=asked.on, starts_on=starts_on, months=months)
    return PeriodAdvice(asked.on, window, start_gate(controls, measured, asked.facts), asked.said.faults)


def advise_reply(workspace: Workspace, request: str, *, on: date | None, at: datetime) -> ReplyAdvice:
    """Return the reply to a buyer's request; raises UserError for an id that there is none of."""
    asked = _asked(workspace, on=on, at=at)
    found = request_named(asked.said, request)
    reply = reply_to(found, asked.said.answers, asked.facts, load_catalog(), on=asked.on)
    return ReplyAdvice(asked.on, workspace.settings.company, reply, asked.said.faults)


def _asked(workspace: Workspace, *, on: date | None, at: datetime) -> Asked:
    applied = workspace.applied_scope()
    day = on or local_day(at, workspace.settings.reporting_zone)
    first = filer_rules("in_force")[0].effective_from
    if not first <= day < date(2100, 1, 1):
        raise UserError(Problem("--on", f"{day} lies outside what the rules know", f"a day from {first} on"))
    scope = applied.scope if applied else None
    return Asked(day, read_said(workspace), scope, scope_facts(scope, on=day))
