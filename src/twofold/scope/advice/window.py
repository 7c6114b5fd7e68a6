"""Type 1 or Type 2, how long, from when: candidates measured against buyers, schedules and fiscal years.

Source: audit-domain 6 and 8. Days are local days of the reporting zone, both ends of a period included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers, Outcomes, outcomes
from twofold.scope.advice.calendar import A_DAY, add_months, last_day
from twofold.scope.advice.fit import CustomerFit, customer_fits, newest_end_cautions, year_end_unknown
from twofold.scope.advice.questions import Form, in_words, questions
from twofold.scope.advice.thin import Thin
from twofold.scope.advice.window_plan import AFTER_FIRST, LAG, LENGTHS, PlanCheck, Wanted, check_audit, check_period
from twofold.scope.advice.worded import Caution, caution, listed, number, say

TYPE_INPUTS = ("last_report", "blocked_deals", "report_needed_by")
"""The questions that decide the type, beside buyers' requests."""


class ReportType(StrEnum):
    """What to ask the auditor for."""

    TYPE2 = "type2"
    TYPE1_THEN_TYPE2 = "type1_then_type2"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One length: its days, the day on which the report is reckoned with, thin controls, and the fit."""

    months: int
    first: date
    last: date
    report_on: date
    thin: tuple[Thin, ...]
    fits: tuple[CustomerFit, ...]
    in_time: bool | None
    """Whether the report comes by the day it is needed; None where no such day is known."""

    @property
    def fitting(self) -> int:
        """How many customers' fiscal years it fits."""
        return sum(each.bridged and each.covers_enough for each in self.fits)

    @property
    def thin_often(self) -> int:
        """How many controls of a shorter cadence than a year have no due occurrence."""
        return sum(not each.yearly for each in self.thin)


@dataclass(frozen=True, slots=True)
class WindowAdvice:
    """Type, start and length. `chosen`: the candidate that the reasons pick. `plans`: it, and the scope's own."""

    types: Outcomes[ReportType]
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    statements: tuple[Statement, ...]
    plans: tuple[PlanCheck, ...]
    warnings: tuple[Caution, ...]


def window_advice(
    wanted: Wanted, *, on: date, starts_on: date | None = None, months: int | None = None
) -> WindowAdvice:
    """Return the advice on a day. starts_on, months: what the person asks for, in place of what would be proposed."""
    first, why_first = _start(wanted, on, starts_on)
    lengths = sorted({*LENGTHS, *([months] if months else [])})
    candidates = tuple(_candidate(wanted, first, each) for each in lengths)
    soonest = soonest_type2(wanted, first, on=on)
    types = outcomes(
        lambda tried: decide_type(tried, wanted, soonest),
        wanted.answers,
        lambda question, _: _stand_ins(question, soonest, on),
    )
    follows = wanted.answers.get("last_report") == "type2" or wanted.begun_type2(on) is not None
    chosen, why_length = _choose(candidates, months, types, follows=follows)
    period = f"period: {chosen.first} to {chosen.last}"
    data = [name for each in chosen.fits for name in each.statement.data]
    data += [name for each in chosen.thin for name in each.rests_on]
    days = {"months": chosen.months, "first": chosen.first, "last": chosen.last}
    statements = (
        _type_statement(wanted, types, soonest),
        why_first,
        say("window.length", (period, *data), why=why_length, **days),
        say("window.practice", (period,), listed=", ".join(map(str, LENGTHS)), after=AFTER_FIRST),
        say("window.report_lag", (period,), report=chosen.report_on),
    )
    audits = [each for each in wanted.facts.soc2 if each.last >= on]
    plans = (
        check_period(wanted, "proposed", chosen.first, chosen.last, on=on),
        *(check_audit(wanted, each, on=on) for each in audits),
    )
    return WindowAdvice(types, candidates, chosen, statements, plans, tuple(_warnings(wanted, on)))


def decide_type(answers: Answers, wanted: Wanted, soonest: date) -> ReportType:
    """Return the type; raises MissingAnswerError. soonest: the day on which a Type 2 report can be there.

    A first report begins with a Type 1 where it is needed sooner than a Type 2 can be there, or where buyers asked for
    a Type 1 and none for a Type 2.
    """
    if answers.need("last_report") != "none":
        return ReportType.TYPE2
    days = [each.needed_by for each in wanted.requests if each.needed_by is not None]
    hurried = any(day < soonest for day in days)
    if hurried or (answers.need_yes("blocked_deals") and answers.need_day("report_needed_by") < soonest):
        return ReportType.TYPE1_THEN_TYPE2
    content = wanted.asking("type1") and not wanted.asking("type2")
    return ReportType.TYPE1_THEN_TYPE2 if content else ReportType.TYPE2


def soonest_type2(wanted: Wanted, first: date, *, on: date) -> date:
    """Return the day on which a Type 2 report is reckoned with at the soonest.

    Either on a period of the scope that has begun, or on the shortest usual period that starts on `first`.
    """
    begun = wanted.begun_type2(on)
    shortest = last_day(first, LENGTHS[0]) + LAG
    return min(shortest, max(begun.last + LAG, on)) if begun else shortest


def _stand_ins(question: str, soonest: date, on: date) -> Sequence[str]:
    if questions()[question].form is Form.DAY:
        return (min(on, soonest - A_DAY).isoformat(), soonest.isoformat())
    return questions()[question].choices


def _start(wanted: Wanted, on: date, asked: date | None) -> tuple[date, Statement]:
    if asked is not None:
        return asked, say("window.start", (f"asked: {asked}",), first=asked, why="as asked")
    begun = wanted.begun_type2(on)
    last = wanted.answers.day("last_report_end") if wanted.answers.get("last_report") == "type2" else None
    if begun is not None and (last is None or begun.last > last):
        first, why = begun.last + A_DAY, f"the day after the period of {begun.engagement_id}"
        return first, say("window.start", (begun.data,), first=first, why=why)
    if last is not None:
        data = wanted.answers.data("last_report", "last_report_end")
        return last + A_DAY, say("window.start", data, first=last + A_DAY, why="the day after the last report's period")
    first = add_months(on.replace(day=1), 1)
    why = "the first day of the next month, once the start gate is open; whole months make bridge letters simple"
    return first, say("window.start", (f"day: {on}",), first=first, why=why)


def _candidate(wanted: Wanted, first: date, months: int) -> Candidate:
    last = last_day(first, months)
    needed = wanted.needed_by
    return Candidate(
        months=months,
        first=first,
        last=last,
        report_on=last + LAG,
        thin=tuple(wanted.thin(first, last)),
        fits=tuple(customer_fits(wanted.requests, first=first, last=last)),
        in_time=None if needed is None else last + LAG <= needed,
    )


def _choose(
    candidates: Sequence[Candidate], months: int | None, types: Outcomes[ReportType], *, follows: bool
) -> tuple[Candidate, str]:
    """Return the length and why: as asked, 12 after a first Type 2, else in time, then fit, then thin, then short."""
    if months is not None:
        return next(each for each in candidates if each.months == months), "as asked"
    if follows:
        return next(each for each in candidates if each.months == AFTER_FIRST), "a Type 2 period went before it"
    in_time = [each for each in candidates if each.in_time]
    held = in_time if in_time and types.known is not ReportType.TYPE1_THEN_TYPE2 else candidates
    best = min(held, key=lambda each: (len(each.fits) - each.fitting, each.thin_often, each.months))
    parts = []
    if best.fits:
        parts.append(f"it fits {best.fitting} of {number(len(best.fits), 'known fiscal year end')} of customers")
    parts.append(f"{best.thin_often or 'no'} control of a cadence under a year lacks a due occurrence")
    if held is in_time:
        parts.append("its report is there when it is needed")
    return (
        best,
        f"of {listed(str(each.months) for each in held)} months the shortest of the best, since {', and '.join(parts)}",
    )


def _type_statement(wanted: Wanted, types: Outcomes[ReportType], soonest: date) -> Statement:
    asked = [name for each in wanted.requests for name in each.data]
    data = [*wanted.answers.data(*(types.missing or TYPE_INPUTS)), *asked]
    if types.known is None:
        verb = "is" if len(types.missing) == 1 else "are"
        shown = " or ".join(sorted(str(each).replace("_", " ") for each in types.possible))
        return say("window.type_open", data, missing=in_words(types.missing), verb=verb, range=shown)
    return say(f"window.{types.known}", data, why=_why_type(wanted, types.known, soonest))


def _why_type(wanted: Wanted, known: ReportType, soonest: date) -> str:
    needed = wanted.needed_by
    if known is ReportType.TYPE1_THEN_TYPE2:
        if needed is not None and needed < soonest:
            return f"a report is needed by {needed}, and a Type 2 is there on {soonest} at the soonest"
        return "buyers asked for a Type 1 and none for a Type 2, and there is no report yet"
    if wanted.answers.get("last_report") in {"type1", "type2"}:
        return "the company has a report already"
    asked = listed(sorted({each.customer for each in wanted.asking("type2")}))
    if asked:
        return f"{asked} asked for it" + (f", and it can be there by {needed}" if needed else "")
    return "no day by which a report is needed comes sooner than a Type 2 can be there"


def _warnings(wanted: Wanted, on: date) -> list[Caution]:
    """Return what no period mends: a SOC 1 that was asked for, and year ends that are unknown or past bridging."""
    found = []
    soc1 = wanted.asking("soc1")
    if soc1:
        names = listed(sorted({each.customer for each in soc1}))
        found.append(caution("window.soc1_asked", [part for each in soc1 for part in each.data], names=names))
    return [*found, *year_end_unknown(wanted.requests), *newest_end_cautions(wanted.ends(), wanted.requests, on=on)]
