"""Where today's scope of a SOC 2 report holds too much or too little. Source: audit-domain 8."""

from collections.abc import Iterator, Sequence
from datetime import date

from twofold.catalog.catalog import Catalog
from twofold.scope.advice.buyers import unknown_words
from twofold.scope.advice.categories import CategoryAdvice, Told, Verdict
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.worded import Caution, caution, listed


def scoping_warnings(
    told: Told, facts: ScopeFacts, catalog: Catalog, advice: Sequence[CategoryAdvice], *, on: date
) -> list[Caution]:
    """Return where today's scope holds too much or too little; nothing is said of a scope that was not applied."""
    found = unknown_words(tuple(told.promises or ()), tuple(told.requests or ()))
    if not facts.applied:
        return found
    audits = [each.data for each in facts.current(facts.soc2, on)]
    found += _without_reason(told, advice, audits)
    if audits:
        found += _not_in_report(told, facts, catalog, on=on)
    for each in advice:
        if each.chosen and each.adds is not None and each.adds.open_criteria:
            data = [*audits, *(f"catalog: {name}" for name in each.adds.open_criteria)]
            names = listed(each.adds.open_criteria)
            found.append(
                caution("categories.criteria_without_control", data, about=each.category, title=each.title, names=names)
            )
    for rule, systems in (("relevant_without_dependent", facts.bare), ("dependents_unrecorded", facts.unrecorded)):
        found += [caution(f"categories.{rule}", [f"scope: systems/{name}"], about=name) for name in systems]
    if audits and not facts.described:
        found.append(caution("categories.nothing_described", audits))
    return found


def _without_reason(told: Told, advice: Sequence[CategoryAdvice], audits: Sequence[str]) -> Iterator[Caution]:
    for each in advice:
        if not each.chosen:
            continue
        if each.verdict is Verdict.LEAVE_OUT:
            data = [*audits, *(name for argument in each.arguments_against for name in argument.data)]
            yield caution("categories.category_without_reason", data, about=each.category, title=each.title)
        if each.category == "privacy" and told.answers.get("privacy_role") == "customers_do":
            data = [*audits, *told.answers.data("privacy_role")]
            yield caution("categories.privacy_as_processor", data, about=each.category)


def _not_in_report(told: Told, facts: ScopeFacts, catalog: Catalog, *, on: date) -> Iterator[Caution]:
    """Yield what was promised or asked for and stands in no SOC 2 engagement that counts today."""
    left_out = [name for name in catalog.categories if name not in facts.categories_on(on)]
    for name in left_out:
        for promise in told.promises or ():
            if promise.category == name and promise.holds_on(on):
                yield caution(
                    "categories.promise_without_category",
                    promise.data,
                    about=name,
                    title=catalog.categories[name].title,
                    customer=promise.customer,
                    text=promise.text,
                )
        asked = [each for each in told.requests or () if name in each.asks]
        if asked:
            data = [each for request in asked for each in request.data]
            customers = listed(sorted({each.customer for each in asked}))
            title = catalog.categories[name].title
            yield caution("categories.request_without_category", data, about=name, title=title, customers=customers)
