"""Which trust services categories to examine: each argued for or against from promises, requests and product facts.

Source: audit-domain 8. Security always. A category without a promise, a buyer's request or a product fact behind it is
advised against; but only where the company told us all three, since what is missing is no argument.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from twofold.catalog.catalog import Catalog
from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers, Outcomes, outcomes
from twofold.scope.advice.buyers import BuyerRequest, Promise
from twofold.scope.advice.category_adds import Adds, category_adds
from twofold.scope.advice.measured import Measured
from twofold.scope.advice.questions import in_words, questions
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.worded import number, say


class Verdict(StrEnum):
    """What is advised. CONSIDER: only a product fact speaks for it. OPEN: something that decides is not known."""

    ALWAYS = "always"
    INCLUDE = "include"
    CONSIDER = "consider"
    LEAVE_OUT = "leave_out"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Told:
    """What the company and its buyers said. None: nobody recorded any yet, which is not the same as none."""

    answers: Answers
    promises: Sequence[Promise] | None
    requests: Sequence[BuyerRequest] | None


@dataclass(frozen=True, slots=True)
class CategoryAdvice:
    """One category: the verdict, whether it is chosen today, the arguments, and what it adds (None for Security)."""

    category: str
    title: str
    verdict: Verdict
    chosen: bool
    arguments_for: tuple[Statement, ...]
    arguments_against: tuple[Statement, ...]
    open_points: tuple[Statement, ...]
    missing: tuple[str, ...]
    adds: Adds | None


def _availability(answers: Answers) -> bool:
    return answers.need_yes("outage_stops_work")


def _processing_integrity(answers: Answers) -> bool:
    return bool(answers.need_chosen("money_near"))


def _is_processor(answers: Answers) -> bool:
    return answers.need_yes("personal_data") and answers.need("privacy_role") == "customers_do"


def _confidentiality(answers: Answers) -> bool:
    return answers.need_yes("confidential_data") or _is_processor(answers)


def _privacy(answers: Answers) -> bool:
    return answers.need_yes("personal_data") and answers.need("privacy_role") != "customers_do"


FACTS: Mapping[str, tuple[Callable[[Answers], bool], tuple[str, ...]]] = {
    "availability": (_availability, ("outage_stops_work",)),
    "confidentiality": (_confidentiality, ("confidential_data", "personal_data", "privacy_role")),
    "processing_integrity": (_processing_integrity, ("money_near",)),
    "privacy": (_privacy, ("personal_data", "privacy_role")),
}
"""Category -> whether a product fact speaks for it, and the questions that this rests on."""


def category_advice(
    told: Told, facts: ScopeFacts, catalog: Catalog, measured: Measured, *, on: date
) -> list[CategoryAdvice]:
    """Return the advice on each category, Security first."""
    chosen = facts.categories_on(on)
    count = len(catalog.criteria_for(["security"]))
    always = say("categories.security", ("catalog: security",), count=count)
    found = [
        CategoryAdvice("security", "Security", Verdict.ALWAYS, "security" in chosen, (always,), (), (), (), adds=None)
    ]
    for name in catalog.categories:
        if name in FACTS:
            adds = category_adds(
                catalog, name, beside=chosen, run_by_company=frozenset(facts.controls), measured=measured
            )
            found.append(_one(name, catalog.categories[name].title, told, adds, measured, name in chosen, on=on))
    return found


def _one(
    name: str, title: str, told: Told, adds: Adds, measured: Measured, chosen: bool, *, on: date
) -> CategoryAdvice:
    decide, asked = FACTS[name]
    fact = outcomes(decide, told.answers, lambda question, _: questions()[question].choices)
    promises = [each for each in told.promises or () if each.category == name]
    held = [each for each in promises if each.holds_on(on)]
    wanted = [each for each in told.requests or () if name in each.asks]
    untold = [word for word, said in (("promises", told.promises), ("requests", told.requests)) if said is None]
    verdict = _verdict(fact, reasons=len(held) + len(wanted), untold=bool(untold))
    missing = (*untold, *fact.missing) if verdict is Verdict.OPEN else ()
    speaks_for = (*_for_buyers(held, wanted), *_for_fact(name, told.answers, fact))
    against = (
        *_against_buyers(told, promises, held, wanted, on=on),
        *_against_fact(name, told.answers, fact, asked),
        *_against_exceptions(adds, measured),
    )
    open_points = tuple(_open(told.answers, missing))
    return CategoryAdvice(name, title, verdict, chosen, speaks_for, against, open_points, missing, adds)


def _verdict(fact: Outcomes[bool], *, reasons: int, untold: bool) -> Verdict:
    if reasons:
        return Verdict.INCLUDE
    if untold or fact.known is None:
        return Verdict.OPEN
    return Verdict.CONSIDER if fact.known else Verdict.LEAVE_OUT


def _for_buyers(held: Sequence[Promise], wanted: Sequence[BuyerRequest]) -> Iterator[Statement]:
    for promise in held:
        where = f" ({promise.document})" if promise.document else ""
        yield say("categories.for_promise", promise.data, customer=promise.customer, text=promise.text, where=where)
    for request in wanted:
        when = f" on {request.asked_on}" if request.asked_on else ""
        yield say("categories.for_request", request.data, customer=request.customer, when=when)


def _for_fact(name: str, answers: Answers, fact: Outcomes[bool]) -> Iterator[Statement]:
    if fact.known is not True:
        return
    if name == "processing_integrity":
        what = (answers.get("money_near") or "").replace(";", ", ")
        yield say("categories.for_processing_integrity", answers.data("money_near"), what=what)
    elif name == "confidentiality" and not answers.is_yes("confidential_data"):
        data = answers.data("personal_data", "privacy_role")
        yield say("categories.for_confidentiality_as_processor", data)
    else:
        yield say(f"categories.for_{name}", answers.data(*FACTS[name][1]))


def _against_buyers(
    told: Told,
    promises: Sequence[Promise],
    held: Sequence[Promise],
    wanted: Sequence[BuyerRequest],
    *,
    on: date,
) -> Iterator[Statement]:
    if told.promises is not None and not held:
        holding = sum(each.holds_on(on) for each in told.promises)
        data = [name for each in told.promises for name in each.data] or ["promise: none recorded"]
        yield say("categories.against_promise", data, count=holding)
    for promise in promises:
        if promise.valid_to is not None and promise.valid_to <= on:
            yield say("categories.against_ended", promise.data, customer=promise.customer, day=promise.valid_to)
    if told.requests is not None and not wanted:
        data = [name for each in told.requests for name in each.data] or ["request: none recorded"]
        yield say("categories.against_request", data, count=number(len(told.requests), "request"))


def _against_fact(name: str, answers: Answers, fact: Outcomes[bool], asked: Sequence[str]) -> Iterator[Statement]:
    if name == "privacy" and answers.get("privacy_role") == "customers_do":
        yield say("categories.against_privacy_as_processor", answers.data("personal_data", "privacy_role"))
    elif fact.known is False:
        shown = ", ".join(f"{name} = {answers.values[name]}" for name in asked if name in answers.values)
        yield say("categories.against_fact", answers.data(*asked), fact=shown)


def _against_exceptions(adds: Adds, measured: Measured) -> Iterator[Statement]:
    exceptions = (adds.exceptions or 0) + adds.shared_exceptions
    if exceptions:
        serving = {*adds.controls, *adds.shared}
        data = [each.data for each in measured.tests if each.control_id in serving and each.recent_exceptions]
        deviations = number(exceptions, "exception")
        yield say("categories.against_exceptions", data, deviations=deviations, clock=measured.clock)


def _open(answers: Answers, missing: Sequence[str]) -> Iterator[Statement]:
    if missing:
        data = [f"{name}: none recorded" for name in missing if name not in questions()]
        data += answers.data(*(name for name in missing if name in questions()))
        yield say("categories.not_told", data, what=in_words(missing))
