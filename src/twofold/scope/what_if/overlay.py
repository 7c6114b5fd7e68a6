"""Lays questions over a scope: the scope as it would stand if the answer were yes. Pure; the given one stays as it is.

Works on the plain values of the files, so that what comes out is checked as a file would be and can be written as one.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from twofold.model.instant import parse_boundary
from twofold.model.problem import Problem, UserError
from twofold.scope.checks import Known, check_scope
from twofold.scope.nearest import nearest
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, moment_text, without
from twofold.scope.what_if.questions import (
    CategoryAsked,
    FiscalYear,
    PeriodMoved,
    Question,
    Relevance,
    RostersMerged,
    SocBoundary,
    SystemDropped,
    VendorDropped,
)
from twofold.scope.what_if.rosters import merged_entries

ASKED = "What if"
"""The reason that a label has which only a question gives."""
_LABELS = ("soc2", "financially_relevant", "sso_only")
_ENDING_WITH_SYSTEM = (*_LABELS, "serves", "stores", "required_checks", "schedules")
_CATEGORIES = ("security", "availability", "processing_integrity", "confidentiality", "privacy")


def overlaid(scope: Scope, questions: Iterable[Question]) -> Scope:
    """Return the scope with every question answered by yes, in the order given.

    Raises UserError with every name that the scope does not know, and for what no scope file may say.
    """
    asked = tuple(questions)
    if problems := [problem for question in asked for problem in _unknown(scope, question)]:
        raise UserError(problems)
    for question in asked:
        scope = _checked(scope, _answered(scope, question))
    known = Known(zone=scope.reporting_zone, systems={system.id for system in scope.systems})
    if faults := check_scope(scope, known=known):
        raise UserError(faults)
    return scope


def _unknown(scope: Scope, question: Question) -> Iterator[Problem]:
    systems = [system.id for system in scope.systems]
    engagements = [engagement.id for engagement in scope.engagements]
    match question:
        case Relevance() | SocBoundary() | SystemDropped():
            yield from _among(question.system, systems, "system")
        case RostersMerged():
            rosters = sorted({entry.scope for entry in scope.rosters})
            for system, duty in question.teams:
                yield from _among(system, rosters, "roster of system")
                held = sorted({entry.duty for entry in scope.rosters if entry.scope == system})
                if duty and system in rosters:
                    yield from _among(duty, held, f"duty on the roster of {system}")
        case CategoryAsked():
            yield from _among(question.category, _CATEGORIES, "category")
            if question.category == "security":
                yield Problem("security", "every SOC 2 report has it", "another category", "leave the question out")
            if not any(each.lens == "soc2" for each in scope.engagements):
                expected = "a SOC 2 engagement in the scope"
                yield Problem(question.category, "no SOC 2 engagement has categories", expected, "add one to the scope")
        case PeriodMoved():
            yield from _among(question.engagement, engagements, "engagement")
        case FiscalYear() | VendorDropped():
            return


def _among(name: str, known: Iterable[str], noun: str) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        expected = "one of " + (", ".join(names) or "(none)")
        yield Problem(name, f"there is no {noun} {name!r}", expected, nearest(name, names))


def _answered(scope: Scope, question: Question) -> dict[str, Any]:
    """Return the plain values of the scope with one question answered by yes."""
    plain = scope.as_written()
    match question:
        case Relevance(system, day, relevant):
            _label(scope, plain, system, "financially_relevant", day, holds=relevant)
        case SocBoundary(system, day, inside):
            _label(scope, plain, system, "soc2", day, holds=inside)
        case SystemDropped(system, day):
            entry = _system(plain, system)
            for section in (name for name in _ENDING_WITH_SYSTEM if name in entry):
                entry[section] = list(_ended(entry[section], day, scope.reporting_zone))
        case RostersMerged():
            plain["rosters"] = [*plain.get("rosters", ()), *merged_entries(scope, question)]
        case CategoryAsked() | PeriodMoved() | FiscalYear():
            plain["engagements"] = list(_engagements(plain.get("engagements", ()), question))
        case VendorDropped():
            pass  # the register of vendors is evidence
    return plain


def _engagements(
    entries: Iterable[dict[str, Any]], question: CategoryAsked | PeriodMoved | FiscalYear
) -> Iterator[dict[str, Any]]:
    """Yield the engagements as the question wants them."""
    for entry in entries:
        if isinstance(question, CategoryAsked) and entry["lens"] == "soc2":
            kept = [name for name in entry["categories"] if name != question.category]
            yield {**entry, "categories": [*kept, question.category] if question.added else kept}
        elif isinstance(question, PeriodMoved) and entry["id"] == question.engagement:
            yield {**entry, "starts_on": question.starts_on, "ends_on": question.ends_on}
        else:
            yield entry
    if isinstance(question, FiscalYear):
        days = {"starts_on": question.starts_on, "ends_on": question.ends_on}
        yield {"id": question.engagement, "lens": "sox", **days}


def _label(scope: Scope, plain: dict[str, Any], system: str, label: str, day: str, *, holds: bool) -> None:
    """Let a label of a system hold, or no longer hold, from a day on; what it says for days before stays."""
    entry = _system(plain, system)
    if not holds:
        entry[label] = list(_ended(entry.get(label, ()), day, scope.reporting_zone))
        return
    found = scope.system(system)
    held = [each.stretch for each in getattr(found, label)]
    asked = Stretch.of(parse_boundary(day, zone=scope.reporting_zone), None)
    approver = (found.owner if found else None) or ASKED.lower().replace(" ", "-")
    fresh = [
        {**_limits(part, scope.reporting_zone), "reason": ASKED, "approver": approver} for part in without(asked, held)
    ]
    entry[label] = [*entry.get(label, ()), *fresh]


def _ended(entries: Iterable[dict[str, Any]], day: str, zone: str) -> Iterator[dict[str, Any]]:
    """Yield the entries that begin before a day, none of them reaching past it."""
    end = parse_boundary(day, zone=zone)
    for entry in entries:
        if "from" in entry and parse_boundary(entry["from"], zone=zone) >= end:
            continue
        later = "to" not in entry or parse_boundary(entry["to"], zone=zone) > end
        yield {**entry, "to": day} if later else entry


def _limits(stretch: Stretch, zone: str) -> dict[str, str]:
    limits = {"from": moment_text(stretch.starts_at, zone=zone)}
    return limits if stretch.last is None else {**limits, "to": moment_text(stretch.last, zone=zone)}


def _system(plain: dict[str, Any], system: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in plain["systems"] if each["id"] == system)
    return found


def _checked(scope: Scope, plain: dict[str, Any]) -> Scope:
    plain["reporting_zone"] = scope.reporting_zone
    try:
        return Scope.model_validate(plain, context={"zone": scope.reporting_zone})
    except ValidationError as error:
        found = "; ".join(each["msg"] for each in error.errors())
        raise UserError(Problem("what if", found, "what a scope file may say", "ask otherwise")) from error
