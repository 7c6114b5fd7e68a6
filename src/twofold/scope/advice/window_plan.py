"""A planned report period, looked at: what is thin, whom it fits, when its report comes, what it shares with SOX.

Source: audit-domain 6. Days are local days of the reporting zone, both ends of a period included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from twofold.catalog.entries import Control
from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.calendar import A_DAY, gap_between, last_day
from twofold.scope.advice.fit import customer_fits, fit_cautions, sox_fit
from twofold.scope.advice.scope_facts import Audit, ScopeFacts
from twofold.scope.advice.thin import Thin, thin_cautions, thin_controls
from twofold.scope.advice.worded import Caution, caution, listed, setting
from twofold.scope.register import Scope

LENGTHS: tuple[int, ...] = tuple(setting("window.lengths", "months"))
"""Months of a period in practice, the shortest first."""
AFTER_FIRST: int = setting("window.lengths", "after_first")
LAG = timedelta(days=setting("window.report_lag", "days"))
"""From the end of a period to its report."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the advice on a window rests on. `controls`: those that the criteria of the report rely on."""

    answers: Answers
    requests: Sequence[BuyerRequest]
    facts: ScopeFacts
    scope: Scope | None
    controls: Sequence[Control]

    def asking(self, what: str) -> list[BuyerRequest]:
        """Return the requests for a kind of report."""
        return [each for each in self.requests if what in each.asks]

    @property
    def needed_by(self) -> date | None:
        """The earliest day by which a report is needed, of the buyers' requests and the interview."""
        days = [each.needed_by for each in self.requests if each.needed_by is not None]
        answered = self.answers.day("report_needed_by")
        return min([*days, *([answered] if answered else [])], default=None)

    def begun_type2(self, on: date) -> Audit | None:
        """Return the newest Type 2 engagement of the scope whose period has begun."""
        begun = [each for each in self.facts.soc2 if each.type == "type2" and each.first <= on]
        return max(begun, key=lambda each: each.last, default=None)

    def ends(self) -> list[tuple[date, tuple[str, ...]]]:
        """Return the last day of each Type 2 period that is known, with its data: the last report, and the scope's."""
        found = [(each.last, (each.data,)) for each in self.facts.soc2 if each.type == "type2"]
        last = self.answers.day("last_report_end") if self.answers.get("last_report") == "type2" else None
        return found + ([(last, self.answers.data("last_report", "last_report_end"))] if last else [])

    def thin(self, first: date, last: date) -> list[Thin]:
        """Return the controls without a due occurrence in a period."""
        return thin_controls(self.controls, self.scope, first=first, last=last, described=self.facts.described)


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """A plan by name: an engagement of the scope, or `proposed` for the advised period."""

    name: str
    type: str
    first: date
    last: date
    statements: tuple[Statement, ...]
    warnings: tuple[Caution, ...]


def check_audit(wanted: Wanted, audit: Audit, *, on: date) -> PlanCheck:
    """Look at a SOC 2 engagement of the scope. A Type 1 speaks for one day, so nothing of time is asked of it."""
    if audit.type == "type1":
        warned = [*_too_late(wanted, audit.first, audit.first, on=on), *_type2_asked(wanted)]
        return PlanCheck(audit.engagement_id, audit.type, audit.first, audit.last, (), tuple(warned))
    return check_period(wanted, audit.engagement_id, audit.first, audit.last, on=on)


def check_period(wanted: Wanted, name: str, first: date, last: date, *, on: date) -> PlanCheck:
    """Look at a Type 2 period."""
    fits = customer_fits(wanted.requests, first=first, last=last)
    shared, apart = sox_fit(wanted.facts, wanted.answers, first=first, last=last)
    warned = (
        *_too_late(wanted, first, last, on=on),
        *fit_cautions(fits, last=last),
        *thin_cautions(wanted.thin(first, last), first=first, last=last),
        *apart,
        *_length(wanted, first, last),
    )
    return PlanCheck(name, "type2", first, last, (*(each.statement for each in fits), *shared), warned)


def _too_late(wanted: Wanted, first: date, last: date, *, on: date) -> Iterator[Caution]:
    """Yield a warning where the report comes too late and no period that has begun gives one in time."""
    needed, begun = wanted.needed_by, wanted.begun_type2(on)
    if needed is None or (begun is not None and begun.last + LAG <= needed):
        return
    if last + LAG > needed:
        asked = [name for each in wanted.requests if each.needed_by == needed for name in each.data]
        data = (f"period: {first} to {last}", *(asked or wanted.answers.data("report_needed_by")))
        yield caution("window.too_late", data, day=needed, report=last + LAG)


def _type2_asked(wanted: Wanted) -> Iterator[Caution]:
    asked = wanted.asking("type2")
    if asked:
        names = listed(sorted({each.customer for each in asked}))
        yield caution("window.type2_asked", [part for each in asked for part in each.data], names=names)


def _length(wanted: Wanted, first: date, last: date) -> Iterator[Caution]:
    """Yield what the length and the start are too short or too late for, beside the period before."""
    data = (f"period: {first} to {last}",)
    months = str(gap_between(first - A_DAY, last))
    if last < last_day(first, LENGTHS[0]):
        yield caution("window.short_period", data, months=months, shortest=LENGTHS[0])
    before = [each for each in wanted.ends() if each[0] < first]
    if not before:
        return
    ended, source = max(before)
    if last < last_day(first, AFTER_FIRST):
        yield caution("window.shorter_than_year", (*data, *source), months=months, after=AFTER_FIRST)
    if ended < first - A_DAY:
        yield caution("window.gap_between_reports", (*data, *source), last=ended, gap=gap_between(ended, first - A_DAY))
