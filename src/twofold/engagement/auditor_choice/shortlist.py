"""Hard filters first, then three fit scores: for stage, scope and future. Never one number, and never by price.

A filter says pass, fail or ask. An answer that is missing is `ask`, never a pass. Firms that fail drop out and say why.
Fit is points met of points that count, each with its reason; what is unknown gives no point. The fee takes part in one
filter, whether its band overlaps the budget, and in nothing else.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.engagement.auditor_choice.proposal import Need, Proposal, same_firm
from twofold.engagement.cost.quantities import decimal_text
from twofold.engagement.cost.timeline import add_months
from twofold.model.statement import AdviceRule, Statement

FILTERS_FILE = Path(__file__).with_name("filters.toml")
FIT_FILE = Path(__file__).with_name("fit.toml")
SCORES = ("stage", "scope", "future")


class Verdict(StrEnum):
    """What a hard filter says of a firm."""

    PASS = "pass"  # noqa: S105  an outcome, no password
    FAIL = "fail"
    ASK = "ask"


class State(StrEnum):
    """Where a firm stands: on the list, to be asked first, or dropped out."""

    LISTED = "listed"
    ASK = "ask"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class FilterResult:
    """One filter for one firm: the verdict, its reason, and the question that would settle it."""

    name: str
    title: str
    verdict: Verdict
    because: str
    question: str
    rule: AdviceRule


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of fit for one firm. met None: unknown."""

    text: str
    met: bool | None
    question: str
    rule: AdviceRule


@dataclass(frozen=True, slots=True)
class Fit:
    """One of the three scores: the signals that count for this company, and how many are met."""

    score: str
    signals: tuple[Signal, ...]

    @property
    def points(self) -> int:
        """Signals that are met; unknown ones are not."""
        return sum(each.met is True for each in self.signals)

    def __str__(self) -> str:
        return f"{self.points} of {len(self.signals)}" if self.signals else "nothing counts"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One firm with its filters and fits."""

    proposal: Proposal
    filters: tuple[FilterResult, ...]
    fits: Mapping[str, Fit]

    @property
    def state(self) -> State:
        """Dropped with one fail, to be asked with one answer missing, else listed."""
        verdicts = {each.verdict for each in self.filters}
        if Verdict.FAIL in verdicts:
            return State.DROPPED
        return State.ASK if Verdict.ASK in verdicts else State.LISTED

    def named(self, verdict: Verdict) -> tuple[FilterResult, ...]:
        """Return the filters with a verdict."""
        return tuple(each for each in self.filters if each.verdict is verdict)

    @property
    def questions(self) -> tuple[str, ...]:
        """Ids of the questions that are open: for filters first, then for fit."""
        open_filters = [each.question for each in self.named(Verdict.ASK)]
        open_fits = [each.question for fit in self.fits.values() for each in fit.signals if each.met is None]
        return tuple(dict.fromkeys([*open_filters, *open_fits]))

    @property
    def fee(self) -> str:
        """The fee as offered, for reading; it moves nothing."""
        ends = [each for each in (self.proposal.fee_low, self.proposal.fee_high) if each is not None]
        told = " to ".join(decimal_text(each, 0) for each in dict.fromkeys(ends))
        return f"{told} {self.proposal.currency}" if told else "not told"

    @property
    def statement(self) -> Statement:
        """Where the firm stands and why, in a sentence."""
        reasons = self.named(Verdict.FAIL) or self.named(Verdict.ASK)
        why = "; ".join(f"{each.title}: {each.because}" for each in reasons) or "passes every hard filter"
        rule = reasons[0].rule if reasons else self.filters[0].rule
        words = {State.LISTED: "is on the list", State.ASK: "is asked first", State.DROPPED: "drops out"}
        data = (f"evidence: {self.proposal.where}",)
        return Statement(f"{self.proposal.firm} {words[self.state]}. {why}.", rule, data)


def shortlist(need: Need, proposals: Iterable[Proposal], *, today: date) -> list[Candidate]:
    """Return every firm for the engagement: those on the list, then those to be asked, then those that dropped out.

    Within each by name: an order that neither price nor points decide. `today` dates licence and peer review.
    """
    found = [
        Candidate(each, tuple(_filters(need, each, today)), _fits(need, each))
        for each in proposals
        if each.engagement == need.engagement
    ]
    places = list(State)
    return sorted(found, key=lambda each: (places.index(each.state), same_firm(each.proposal.firm), each.proposal.firm))


def by_fit(candidates: Iterable[Candidate], score: str) -> list[list[Candidate]]:
    """Return the firms that did not drop out in order of one score, the best first; equals stand together, by name."""
    groups: dict[int, list[Candidate]] = {}
    for each in candidates:
        if each.state is not State.DROPPED:
            groups.setdefault(each.fits[score].points, []).append(each)
    return [sorted(groups[points], key=lambda each: same_firm(each.proposal.firm)) for points in sorted(groups)[::-1]]


Found = tuple[Verdict, str]
_PASS, _FAIL, _ASK = Verdict.PASS, Verdict.FAIL, Verdict.ASK


def _filters(need: Need, offer: Proposal, today: date) -> Iterable[FilterResult]:
    for name, body in filter_rules().items():
        verdict, because = _CHECKS[name](need, offer, today, body)
        rule = AdviceRule(f"shortlist.{name}", body["source"], date.fromisoformat(body["as_of"]))
        yield FilterResult(name, body["title"], verdict, because, body["question"], rule)


def _licensed(_: Need, offer: Proposal, today: date, __: Mapping[str, Any]) -> Found:
    if offer.licensed is False:
        return _FAIL, "it says that it is not licensed"
    if offer.licence_until is not None and offer.licence_until < today:
        return _FAIL, f"the licence ended on {offer.licence_until}"
    missing = [name for name in ("licensed", "licence_id", "licence_state") if not offer.knows(name)]
    if missing:
        return _ASK, f"not told: {', '.join(missing)}"
    return _PASS, f"{offer.licence_id}, {offer.licence_state}"


def _peer_review(_: Need, offer: Proposal, today: date, body: Mapping[str, Any]) -> Found:
    if offer.peer_review_result and offer.peer_review_result not in body["passing"]:
        return _FAIL, f"its result was {offer.peer_review_result.replace('_', ' ')}"
    if offer.peer_review_on is not None and offer.peer_review_on > today:
        return _ASK, f"the day {offer.peer_review_on} lies ahead"
    if offer.peer_review_on is not None and add_months(offer.peer_review_on, body["months"]) < today:
        return _FAIL, f"the last one is of {offer.peer_review_on}, more than {body['months']} months ago"
    missing = [name for name in ("peer_review_on", "peer_review_result") if not offer.knows(name)]
    return (_ASK, f"not told: {', '.join(missing)}") if missing else (_PASS, f"passed on {offer.peer_review_on}")


def _independent(_: Need, offer: Proposal, __: date, ___: Mapping[str, Any]) -> Found:
    ties = {
        "designed_controls": "it designed, chose or ran controls of the company",
        "tool_advice": "it advised on the tool, or is paid by its vendor",
        "financial_interest": "it holds an interest in the company",
        "staff_ties": "people moved between it and the company in roles that matter here",
    }
    found = [words for name, words in ties.items() if getattr(offer, name)]
    if found:
        return _FAIL, "; ".join(found)
    missing = [name for name in ties if getattr(offer, name) is None]
    return (_ASK, f"not told: {', '.join(missing)}") if missing else (_PASS, "it states no tie")


def _one_firm_for_both(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    named = same_firm(offer.firm) in {same_firm(each) for each in need.other_auditors}
    both = named or offer.audits_financials
    if need.sox_in_scope and need.asked == "sox" and offer.tests_for_management:
        return _FAIL, "it tests for management what it would audit"
    if both and offer.tests_for_management:
        return _FAIL, "it audits the financial statements and tests for management"
    if named and offer.audits_financials is False:
        return _ASK, "the scope files name it as auditor of the other engagement, and it says that it is not"
    missing = [name for name in ("audits_financials", "tests_for_management") if getattr(offer, name) is None]
    if missing:
        return _ASK, f"not told: {', '.join(missing)}"
    return (
        _PASS,
        "one firm for both, which does not test for management" if both else "it does not audit the statements",
    )


def _type(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    if not offer.types:
        return _ASK, "not told: types"
    fits = need.asked in offer.types
    return (_PASS if fits else _FAIL), f"asked {need.asked}, offers {', '.join(offer.types)}"


def _timeline(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    late = [
        f"{words} {offered}, needed by {wanted}"
        for words, offered, wanted in (
            ("starts", offer.earliest_start, need.start_by),
            ("reports", offer.report_on, need.report_by),
        )
        if offered is not None and wanted is not None and offered > wanted
    ]
    if late:
        return _FAIL, "; ".join(late)
    missing = [name for name in ("earliest_start", "report_on") if getattr(offer, name) is None]
    if need.start_by is None and need.report_by is None:
        missing.append("the days that you need (twofold auditors need)")
    if missing:
        return _ASK, f"not told: {', '.join(missing)}"
    return _PASS, f"starts {offer.earliest_start}, reports {offer.report_on}"


def _budget(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    if need.budget_high is None:
        return _ASK, "not told: your budget (twofold auditors need)"
    if offer.fee_low is None or offer.fee_high is None:
        return _ASK, "not told: fee_low, fee_high"
    if offer.currency != need.currency:
        return _ASK, f"offered in {offer.currency}, your budget is in {need.currency}; nothing is converted"
    if offer.fee_low > need.budget_high:
        return _FAIL, f"from {decimal_text(offer.fee_low, 0)}, your budget ends at {decimal_text(need.budget_high, 0)}"
    if need.budget_low is not None and offer.fee_high < need.budget_low:
        return _FAIL, f"up to {decimal_text(offer.fee_high, 0)}, your band begins at {decimal_text(need.budget_low, 0)}"
    return _PASS, "the bands overlap"


def _industry(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    if not need.industry:
        return _ASK, "not told: your industry (twofold auditors need)"
    if not offer.industries:
        return _ASK, "not told: industries"
    known = need.industry.casefold() in {each.casefold() for each in offer.industries}
    return (_PASS if known else _FAIL), f"needed {need.industry}, knows {', '.join(offer.industries)}"


def _capacity(need: Need, offer: Proposal, _: date, __: Mapping[str, Any]) -> Found:
    lacking = sorted(need.categories - set(offer.categories))
    if offer.capacity is False:
        return _FAIL, "no team has the time"
    if offer.categories and lacking:
        return _FAIL, f"does not examine {', '.join(lacking)}"
    missing = [name for name in ("capacity",) if offer.capacity is None]
    missing += ["categories"] if need.categories and not offer.categories else []
    return (_ASK, f"not told: {', '.join(missing)}") if missing else (_PASS, "a team has the time for all of it")


_CHECKS: Mapping[str, Callable[[Need, Proposal, date, Mapping[str, Any]], Found]] = {
    "licensed": _licensed,
    "peer_review": _peer_review,
    "independent": _independent,
    "one_firm_for_both": _one_firm_for_both,
    "type": _type,
    "timeline": _timeline,
    "budget": _budget,
    "industry": _industry,
    "capacity": _capacity,
}


def _fits(need: Need, offer: Proposal) -> Mapping[str, Fit]:
    held: dict[str, list[Signal]] = {score: [] for score in SCORES}
    for body in fit_rules():
        if need.holds(body["when"]):
            rule = AdviceRule(f"fit.{body['column']}", body["source"], date.fromisoformat(body["as_of"]))
            met = _met(getattr(offer, body["column"]), body.get("at_least"))
            held[body["score"]].append(Signal(body["text"], met, body["question"], rule))
    return MappingProxyType({score: Fit(score, tuple(signals)) for score, signals in held.items()})


def _met(value: bool | int | None, at_least: int | None) -> bool | None:
    if value is None or at_least is None:
        return None if value is None else bool(value)
    return value >= at_least


@cache
def filter_rules() -> Mapping[str, Mapping[str, Any]]:
    """Return the hard filters by name, in order."""
    return MappingProxyType(tomllib.loads(FILTERS_FILE.read_text(encoding="utf-8")))


@cache
def fit_rules() -> tuple[Mapping[str, Any], ...]:
    """Return the signals of fit, in order."""
    return tuple(tomllib.loads(FIT_FILE.read_text(encoding="utf-8"))["signal"])
