"""How a report period fits the fiscal years of customers and the company's own SOX year, to the day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.calendar import A_DAY, Gap, days_shared, gap_between, year_end_from, year_end_in
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.worded import Caution, caution, listed, number, say, setting

MOST = Gap(setting("window.bridge", "most_months"), 0)
"""What a bridge letter usually covers at most."""
LEAST_COVERED: int = setting("window.covers_too_little", "least_months")


@dataclass(frozen=True, slots=True)
class CustomerFit:
    """One customer: the gap from the period's end to the next fiscal year end, and what of that year is covered."""

    customer: str
    year_end: date
    gap: Gap
    covered: Gap
    statement: Statement

    @property
    def bridged(self) -> bool:
        """Whether a bridge letter of usual length reaches the fiscal year end."""
        return self.gap <= MOST

    @property
    def covers_enough(self) -> bool:
        """Whether the period covers as much of the fiscal year as auditors look for."""
        return self.covered >= Gap(LEAST_COVERED, 0)


def bridge(last: date, ends: date) -> Statement:
    """Say how long it is from a report's end to a day, and whether a bridge letter covers it."""
    gap = gap_between(last, ends)
    return say(
        "window.bridge_gap", (f"days: {last} to {ends}",), last=last, ends=ends, gap=gap, verdict=bridge_verdict(gap)
    )


def customer_fits(requests: Sequence[BuyerRequest], *, first: date, last: date) -> list[CustomerFit]:
    """Return the fit with each customer whose fiscal year end is known, by name; each year end once per customer."""
    found = []
    for customer, year_end in sorted({(each.customer, each.fiscal_year_end) for each in requests}):
        if not year_end:
            continue
        ends = year_end_from(year_end, last)
        begins = year_end_in(year_end, ends.year - 1) + A_DAY
        gap = gap_between(last, ends)
        from_day = max(first, begins)
        covered = gap_between(from_day - A_DAY, last) if from_day <= last else Gap(0, 0)
        data = [
            name
            for each in requests
            if (each.customer, each.fiscal_year_end) == (customer, year_end)
            for name in each.data
        ]
        said = say(
            "window.bridge",
            (*data, f"period: {first} to {last}"),
            customer=customer,
            year_end=year_end,
            last=last,
            ends=ends,
            gap=gap,
            verdict=bridge_verdict(gap),
        )
        found.append(CustomerFit(customer, ends, gap, covered, said))
    return found


def fit_cautions(fits: Iterable[CustomerFit], *, last: date) -> Iterator[Caution]:
    """Yield what does not fit."""
    for each in fits:
        data = each.statement.data
        values = {"customer": each.customer, "last": last, "ends": each.year_end}
        if not each.bridged:
            yield caution("window.bridge_too_long", data, about=each.customer, gap=each.gap, most=MOST.months, **values)
        elif not each.covers_enough:
            yield caution("window.covers_too_little", data, about=each.customer, months=each.covered, **values)


def year_end_unknown(requests: Sequence[BuyerRequest]) -> Iterator[Caution]:
    """Yield a warning where the fiscal year end of a customer is not known."""
    unknown = [each for each in requests if not each.fiscal_year_end]
    if unknown:
        names = listed(sorted({each.customer for each in unknown}))
        yield caution("window.year_end_unknown", [name for each in unknown for name in each.data], names=names)


def newest_end_cautions(
    ends: Sequence[tuple[date, tuple[str, ...]]], requests: Sequence[BuyerRequest], *, on: date
) -> Iterator[Caution]:
    """Yield the customers whose running fiscal year no Type 2 period that has ended can be bridged to.

    ends: last day of each Type 2 period with its data.
    """
    over = [each for each in ends if each[0] <= on]
    if not over:
        return
    last, source = max(over)
    for customer, year_end in sorted({(each.customer, each.fiscal_year_end) for each in requests}):
        if not year_end:
            continue
        to = year_end_from(year_end, on)
        gap = gap_between(last, to)
        if gap > MOST:
            data = [name for each in requests if each.customer == customer for name in each.data]
            values = {"customer": customer, "last": last, "ends": to, "gap": gap, "most": MOST.months}
            yield caution("window.last_report_too_old", (*data, *source), about=customer, **values)


def sox_fit(facts: ScopeFacts, answers: Answers, *, first: date, last: date) -> tuple[list[Statement], list[Caution]]:
    """Say what each SOX year that is not over when the period begins shares with it.

    Where the scope has none, they are the fiscal years, by the interview, that the period falls into.
    """
    said, warned = [], []
    for name, begins, ends, data in _sox_years(facts, answers, first=first, last=last):
        shared = days_shared((first, last), (begins, ends))
        given = (*data, f"period: {first} to {last}")
        if not shared:
            warned.append(caution("window.sox_year_apart", given, about=name, first=begins, last=ends))
            continue
        rest = f"; {gap_between(last, ends)} to its end are SOX alone" if last < ends else ""
        values = {"name": name, "first": begins, "last": ends, "shared": number(shared, "day"), "rest": rest}
        said.append(say("window.sox_year", given, **values))
    return said, warned


def _sox_years(
    facts: ScopeFacts, answers: Answers, *, first: date, last: date
) -> Iterator[tuple[str, date, date, tuple[str, ...]]]:
    """Yield name, first and last day, and data of each SOX year to look at."""
    held = [each for each in facts.sox if each.last >= first]
    for audit in held:
        yield audit.engagement_id, audit.first, audit.last, (audit.data,)
    year_end = answers.get("fiscal_year_end")
    if year_end and not held and (facts.sox or facts.relevant):
        for ends in sorted({year_end_from(year_end, first), year_end_from(year_end, last)}):
            begins = year_end_in(year_end, ends.year - 1) + A_DAY
            yield f"that ends on {ends}", begins, ends, answers.data("fiscal_year_end")


def bridge_verdict(gap: Gap) -> str:
    """Say whether a bridge letter covers the gap."""
    if gap == Gap(0, 0):
        return "No bridge letter is needed."
    if gap <= MOST:
        return "A bridge letter from management covers it, never one from the auditor."
    return f"A bridge letter usually covers at most {MOST.months} months: this is too long."
