"""What to answer a customer who says SOX: the questions to ask back, and a draft of which each sentence rests on data.

Nothing is promised. A sentence whose data is missing is left out, and that is said. Source: audit-domain 8 and 6.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from twofold.catalog.catalog import Catalog
from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.calendar import gap_between, year_end_from
from twofold.scope.advice.fit import bridge_verdict
from twofold.scope.advice.scope_facts import Audit, ScopeFacts
from twofold.scope.advice.worded import listed, say, worded_rules

ASKED_WHEN: Mapping[str, Callable[[BuyerRequest], bool]] = {
    "": lambda _: True,
    "sox": lambda request: "sox" in request.asks,
    "public_unknown": lambda request: request.public_company is None,
    "system_unknown": lambda request: not request.system,
    "year_end_unknown": lambda request: not request.fiscal_year_end,
    "day_unknown": lambda request: request.needed_by is None,
}
"""`when` of a question -> whether it is asked back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The questions to ask back, the sentences of the draft, and what could not be said for want of data."""

    request: BuyerRequest
    questions: tuple[Statement, ...]
    draft: tuple[Statement, ...]
    left_out: tuple[Statement, ...]


def reply_to(request: BuyerRequest, answers: Answers, facts: ScopeFacts, catalog: Catalog, *, on: date) -> Reply:
    """Return the reply to one request as of a day."""
    questions = tuple(
        say(name, request.data)
        for name, worded in worded_rules().items()
        if name.startswith("reply.") and worded.settings.get("list") == "ask"
        if ASKED_WHEN[worded.settings["when"]](request)
    )
    left_out: list[Statement] = []
    draft = [
        *_own_duties(answers, left_out),
        *_boundary(facts, catalog, left_out, on=on),
        *_report(request, answers, left_out, on=on),
        *_system(request, facts, left_out),
        *_money(request, answers, left_out),
    ]
    return Reply(request, questions, tuple(draft), tuple(left_out))


def _own_duties(answers: Answers, left_out: list[Statement]) -> Iterator[Statement]:
    if answers.get("reporting_company") is None:
        left_out.append(_missing(answers.data("reporting_company"), "whether we file reports with the SEC ourselves"))
    else:
        rule = "reply.a_filer" if answers.is_yes("reporting_company") else "reply.not_a_filer"
        yield say(rule, answers.data("reporting_company"))


def _boundary(facts: ScopeFacts, catalog: Catalog, left_out: list[Statement], *, on: date) -> Iterator[Statement]:
    audits = facts.current(facts.soc2, on)
    if not audits or not facts.described:
        left_out.append(_missing(facts.data, "what our SOC 2 examination covers"))
        return
    for audit in audits:
        titles = [catalog.categories[name].title for name in audit.categories]
        yield say(
            "reply.boundary",
            (audit.data, *(f"scope: systems/{name}" for name in facts.described)),
            service=f" of {audit.service}" if audit.service else "",
            categories=listed(titles),
            systems=listed(facts.described, len(facts.described)),
        )
        firm = f", by {audit.auditor}" if audit.auditor else ", no firm is engaged yet"
        kind = "Type 1" if audit.type == "type1" else "Type 2"
        yield say("reply.examination", (audit.data,), type=kind, period=_period(audit, on), firm=firm)


def _period(audit: Audit, on: date) -> str:
    if audit.type == "type1":
        return f" as of {audit.first}"
    state = "ended" if audit.last < on else "planned" if audit.first > on else "under way"
    return f" over {audit.first} to {audit.last} ({state})"


def _report(request: BuyerRequest, answers: Answers, left_out: list[Statement], *, on: date) -> Iterator[Statement]:
    kind, last = answers.get("last_report"), answers.day("last_report_end")
    if kind == "none":
        yield say("reply.no_report_yet", answers.data("last_report"))
        return
    data = answers.data("last_report", "last_report_end")
    if kind is None or last is None:
        left_out.append(_missing(data, "which report an auditor has signed for us"))
        return
    yield say("reply.report_there", data, type="Type 1" if kind == "type1" else "Type 2", last=last)
    if kind == "type2" and last <= on and request.fiscal_year_end:
        ends = year_end_from(request.fiscal_year_end, on)
        gap = gap_between(last, ends)
        yield say("reply.bridge", (*data, *request.data), ends=ends, gap=gap, verdict=bridge_verdict(gap))


def _system(request: BuyerRequest, facts: ScopeFacts, left_out: list[Statement]) -> Iterator[Statement]:
    """Say of the system that the customer named whether it is inside the boundary and relevant to our own finance."""
    name = request.system
    if not name:
        return
    if name not in facts.systems:
        left_out.append(_missing(request.data, f"anything about {name}, which is no system of the scope"))
        return
    data = (f"scope: systems/{name}", *request.data)
    yield say("reply.system_inside" if name in facts.described else "reply.system_outside", data, system=name)
    yield say("reply.system_relevant" if name in facts.relevant else "reply.system_not_relevant", data, system=name)


def _money(request: BuyerRequest, answers: Answers, left_out: list[Statement]) -> Iterator[Statement]:
    touched = answers.get("money_near")
    if touched is None:
        left_out.append(_missing(answers.data("money_near"), "what of our customers' money the service touches"))
    elif touched == "none":
        yield say("reply.far_from_money", answers.data("money_near"))
    else:
        yield say("reply.near_money", answers.data("money_near"), what=touched.replace(";", ", "))
    if touched != "none" and {"sox", "soc1"} & request.asks:
        yield say("reply.soc1_is_the_vehicle", request.data)


def _missing(data: tuple[str, ...], what: str) -> Statement:
    return say("reply.left_out", data, what=what)
