"""Test and judge again in the background; what changed between two runs and why; the rule as text."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from twofold.jobs.renewal import newest_renewal, start_renewal, stop_renewal
from twofold.web.acting import acting_name
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, cut, next_page, reads
from twofold.web.api.results import folder_of
from twofold.web.api.what_if import StandingOut, standing_out
from twofold.web.company.renewal import captured_since_the_last_run
from twofold.web.company.results import compared_runs
from twofold.web.company.run_files import rule_of
from twofold.web.workspace_access import current

router = Router(tags=["results"])


class RenewalOut(Schema):
    """How the newest renewal stands, null before the first. captured_since: captures after the last run."""

    name: str | None
    asked_by: str
    asked_at: datetime | None
    standing: StandingOut | None
    captured_since: int


class InputOut(Schema):
    """An input that differs: cause is data, scope, rule, parameter or engine."""

    cause: str
    what: str


class DifferenceOut(Schema):
    """An item that came out otherwise. before, now: attribute -> code; null where the population did not hold it.

    causes: attribute -> what caused it; [] where nobody can tell.
    """

    item: str
    system: str
    before: dict[str, str] | None
    now: dict[str, str] | None
    causes: dict[str, list[str]]


class DifferencePage(Schema):
    """Two runs, and a page of the items that differ, in order of id. `next`: of the page after it; null at the end.

    told_apart: the causes were found by running again. passed_over: runs since the older one that were stopped.
    """

    older: str
    newer: str
    inputs: list[InputOut]
    same: int
    different: int
    told_apart: bool
    passed_over: list[str]
    items: list[DifferenceOut]
    next: str | None


class AttributeTextOut(Schema):
    """An attribute: its letter, its wording, and the sentence of each reason code."""

    letter: str
    wording: str
    reasons: dict[str, str]


class RuleOut(Schema):
    """The rule as the newest run kept it."""

    control_test: str
    version: str
    title: str
    objective: str
    population: str
    sha256: str
    attributes: list[AttributeTextOut]
    sql: str
    facts_sql: str


@reads(router, "/renewal", "renew_results", RenewalOut, "How the newest renewal stands")
def renewal_one(request: HttpRequest) -> RenewalOut:
    """Return the state."""
    del request
    now = current()
    found = newest_renewal(now.workspace.root)
    return RenewalOut(
        name=found.name if found else None,
        asked_by=found.asked_by if found else "",
        asked_at=found.asked_at if found else None,
        standing=standing_out(found.standing) if found else None,
        captured_since=captured_since_the_last_run(now),
    )


@acts(router, "/renewal", "renew_results", RenewalOut, "Test and judge again", on=renewal_one, content="")
def renew_results(request: HttpRequest) -> RenewalOut:
    """Begin to test and judge everything again in the background; one renewal at a time."""
    start_renewal(current().workspace.root, actor=acting_name(request), at=timezone.now())
    return renewal_one(request)


@acts(router, "/renewal/stop", "renew_results", RenewalOut, "Stop the renewal", on=renewal_one, content="", status=200)
def stop_renewal_one(request: HttpRequest) -> RenewalOut:
    """Stop it; results stay as they were, or are new as a whole."""
    stop_renewal(current().workspace.root)
    return renewal_one(request)


@reads(router, "/runs/{control_test}/difference", "see_results", DifferencePage, "What changed since the run before")
def run_difference(request: HttpRequest, control_test: str, after: str = "", limit: Limit = 50) -> DifferencePage:
    """Return what came out otherwise than in the different run before, and why; 422 where there is only one run."""
    now = current()
    folder_of(now, control_test)
    found = compared_runs(now.workspace, control_test, now.newest)
    ordered = sorted(found.items, key=lambda each: each.difference.item)
    shown = list(islice((each for each in ordered if each.difference.item > after), limit + 1))
    rows, link = cut(shown, limit, lambda row: next_page(request, "after", row.difference.item))
    return DifferencePage(
        older=found.older.run_id,
        newer=found.newer.run_id,
        inputs=[InputOut(cause=each.cause.value, what=each.what) for each in found.inputs],
        same=found.same,
        different=len(found.items),
        told_apart=found.told_apart,
        passed_over=list(found.passed_over),
        items=[
            DifferenceOut(
                item=each.difference.item,
                system=each.difference.system,
                before=_codes(each.difference.before),
                now=_codes(each.difference.now),
                causes={letter: [str(one) for one in causes] for letter, causes in each.causes.items()},
            )
            for each in rows
        ],
        next=link,
    )


@reads(router, "/runs/{control_test}/rule", "see_results", RuleOut, "The rule of the newest run")
def rule_one(request: HttpRequest, control_test: str) -> RuleOut:
    """Return the rule's text; 404 for a test that was never run."""
    del request
    rule = rule_of(folder_of(current(), control_test))
    return RuleOut(
        control_test=rule.control_test,
        version=rule.version,
        title=rule.title,
        objective=rule.objective,
        population=rule.population,
        sha256=rule.sha256,
        attributes=[
            AttributeTextOut(letter=each.letter, wording=each.wording, reasons=dict(each.reasons))
            for each in rule.attributes
        ],
        sql=rule.sql,
        facts_sql=rule.facts_sql,
    )


def _codes(codes: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if codes is None else {letter: str(code) for letter, code in codes.items()}
