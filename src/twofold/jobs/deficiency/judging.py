"""Give one judgement, or hand in the register of what relies on systems: each is captured as evidence.

A judgement is a row of `deficiency_judgement`, captured like a file with the same row. The newest one counts; the older
ones stay.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from twofold.findings.deficiency.dependents import DependentKind, Method
from twofold.findings.deficiency.inputs import (
    INDICATORS,
    INPUTS,
    PRUDENT,
    AnswerKind,
    Input,
    Level,
    check_answer,
    money_of,
)
from twofold.findings.deficiency.money import parse_money
from twofold.jobs.deficiency.evaluations import Deficiencies, deficiencies, judged_first, today_in
from twofold.jobs.deficiency.said import JUDGEMENT, RELIANCE, RELIANCE_TEST, register
from twofold.jobs.known_names import names_in
from twofold.jobs.told_rows import Line, capture_told, odd_text, read_lines
from twofold.model.ids import EvidenceId
from twofold.model.person import same_person
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import instant_text


def give_judgement(  # noqa: PLR0913  who judges what of what, and why
    workspace: Workspace,
    subject: str,
    *,
    name: str,
    value: str,
    about: str,
    reason: str,
    actor: str,
    at: datetime,
) -> EvidenceId:
    """Capture one judgement and return its evidence.

    Raises UserError for an unknown subject, input, or part of the subject, for what is no answer, without a reason, for
    a person with a part in the control, and for a tolerable rate that comes after testing.
    """
    found = deficiencies(workspace, today=today_in(workspace, at))
    asked = _asked(found, subject, name)
    _check_about(found, subject, asked, about)
    value = value.strip()
    said = need_reason(reason, why="what the judgement rests on")
    problems = [
        *_wrong_value(found, subject, asked, value),
        *_wrong_person(found, subject, names_in(workspace, [actor])[actor]),
        *odd_text({"--reason": said}, "--reason"),
    ]
    if name == "J_tolerable_rate" and (began := judged_first(workspace).get(subject)):
        told = f"{subject} was judged on {began:%Y-%m-%d} already"
        problems.append(Problem("--input", told, "a rate that is fixed before testing", "fix it for the next year"))
    if problems:
        raise UserError(problems)
    row = {
        "subject": subject,
        "judgement": name,
        "about": about,
        "value": value,
        "reason": said,
        "given_by": actor,
        "given_at": instant_text(at),
    }
    words = f"{name} of {subject}{f', {about}' if about else ''}: {said}"
    (captured,) = capture_told(workspace, {JUDGEMENT: [row]}, name="judged", said=words, actor=actor, at=at)
    return captured


def levels_of(found: Deficiencies, subject: str) -> tuple[Level, ...]:
    """Return what inputs a subject takes; () for an unknown one."""
    if subject in found.evaluations:
        return Level.DEFICIENCY, Level.DEPENDENT, Level.COMPENSATING, Level.RAISE
    if subject in found.groups:
        return (Level.GROUP,)
    return (Level.ENGAGEMENT,) if subject in found.in_scope else ()


def about_choices(found: Deficiencies, subject: str, asked: Input) -> Sequence[str]:
    """Return what within a subject an input can speak of; () where it speaks of the subject itself."""
    each = found.evaluations.get(subject)
    if each is None:
        return ()
    if Level.DEPENDENT in asked.levels:
        return [one.id for one in each.case.dependents]
    if Level.COMPENSATING in asked.levels:
        return [one.id for one in each.case.compensating]
    return (PRUDENT, *INDICATORS) if Level.RAISE in asked.levels else ()


def _asked(found: Deficiencies, subject: str, name: str) -> Input:
    levels = levels_of(found, subject)
    if not levels:
        known = [*found.evaluations, *found.groups, *found.in_scope]
        remedy = nearest(subject, known) or "run 'twofold deficiency list' and 'twofold deficiency groups'"
        expected = "a deficiency, a group or a SOX engagement"
        raise UserError(Problem("ID", f"there is no {subject!r}", expected, remedy))
    fitting = [each.name for each in INPUTS.values() if set(each.levels) & set(levels)]
    if name not in fitting:
        found_text = f"{subject} takes no input {name!r}"
        raise UserError(Problem("--input", found_text, "one of " + ", ".join(fitting), nearest(name, fitting)))
    return INPUTS[name]


def _check_about(found: Deficiencies, subject: str, asked: Input, about: str) -> None:
    choices = about_choices(found, subject, asked)
    if about in choices or (not about and not choices and not _needs_about(found, subject, asked)):
        return
    if not choices and about:
        raise UserError(Problem("--about", f"{asked.name} speaks of {subject} itself", "no --about", "leave it out"))
    expected = "one of " + ", ".join(choices) if choices else "something of the register of reliance"
    told = f"{subject} has no {about!r}" if about else "it does not say of what"
    raise UserError(Problem("--about", told, expected, nearest(about, choices)))


def _needs_about(found: Deficiencies, subject: str, asked: Input) -> bool:
    within = {Level.DEPENDENT, Level.COMPENSATING, Level.RAISE}
    return subject in found.evaluations and bool(within & set(asked.levels))


def _wrong_value(found: Deficiencies, subject: str, asked: Input, value: str) -> Iterator[Problem]:
    try:
        check_answer(asked, value)
    except ValueError as error:
        yield Problem("--value", str(error), asked.expected, asked.question)
        return
    each = found.evaluations.get(subject)
    if asked.kind is AnswerKind.CONTROL and each and value not in asked.words:
        known = [one.control_id for one in each.case.candidates]
        if value not in known:
            expected = "an IT general control that the engagement judges, or none"
            yield Problem("--value", f"there is no control {value!r} to name", expected, nearest(value, known))
    if asked.kind is AnswerKind.MONEY and value not in asked.words and asked.name != "J_materiality":
        engagement = _engagement_of(found, subject)
        material = money_of(found.judgements.newest("J_materiality", engagement))
        if material and parse_money(value).currency != material.currency:
            told = f"{value} cannot be compared with materiality of {material}"
            yield Problem("--value", told, f"an amount in {material.currency}", "give it in that currency")


def _engagement_of(found: Deficiencies, subject: str) -> str:
    if subject in found.evaluations:
        return found.evaluations[subject].case.engagement_id
    return found.groups[subject].members[0].case.engagement_id if subject in found.groups else subject


def _wrong_person(found: Deficiencies, subject: str, names: Collection[str]) -> Iterator[Problem]:
    """Refuse who has a part in a control of the subject. names: those of the acting person."""
    for part in sorted(one for one in found.people.get(subject, ()) if any(same_person(each, one) for each in names)):
        told = f"{part} has a part in a control of {subject}"
        yield Problem("TWOFOLD_ACTOR", told, "a person who neither owns nor performs it", "let another person judge it")


def give_reliance(
    workspace: Workspace, *, registered: Path | None, tests: Path | None, actor: str, at: datetime
) -> tuple[EvidenceId, ...]:
    """Capture the register of reliance, its tests, or both; all or none.

    Raises UserError with every row that does not fit: unknown kinds, systems, ids, results, days.
    """
    tables: dict[str, Sequence[Line]] = {}
    known = {each.id for each in register(workspace)}
    if registered is not None:
        applied = workspace.applied_scope()
        systems = [each.id for each in applied.scope.systems] if applied else []
        lines = read_lines(registered, RELIANCE, lambda rows: _wrong_reliance(rows, systems))
        tables[RELIANCE] = lines
        known |= {each["id"] for each in lines}
    if tests is not None:
        tables[RELIANCE_TEST] = read_lines(tests, RELIANCE_TEST, lambda rows: _wrong_tests(rows, known))
    if not tables:
        raise UserError(Problem("FILE", "no file is named", "the register, --tests, or both", "see --help"))
    said = "what financial reporting relies on, and how it was tested"
    return capture_told(workspace, tables, name="reliance", said=said, actor=actor, at=at)


def _wrong_reliance(rows: Sequence[Mapping[str, str]], systems: Sequence[str]) -> Iterator[Problem]:
    kinds = [each.value for each in DependentKind]
    for row in rows:
        where = row["where"]
        if row["kind"] not in kinds:
            yield Problem(where, f"there is no kind {row['kind']!r}", f"one of {', '.join(kinds)}", "")
        if row["system"] not in systems:
            told = f"there is no system {row['system']!r}"
            yield Problem(where, told, "a system of the scope", nearest(row["system"], systems))
        yield from _wrong_days(row, ("valid_from", "valid_to"), required=False)


def _wrong_tests(rows: Sequence[Mapping[str, str]], known: set[str]) -> Iterator[Problem]:
    methods = [each.value for each in Method]
    for row in rows:
        where = row["where"]
        if row["reliance"] not in known:
            told = f"the register has no {row['reliance']!r}"
            yield Problem(where, told, "an id of the register of reliance", nearest(row["reliance"], known))
        if row["result"] not in {"effective", "not_effective"}:
            yield Problem(where, f"there is no result {row['result']!r}", "effective or not_effective", "")
        if row.get("method", "") not in {"", *methods}:
            yield Problem(where, f"there is no method {row['method']!r}", f"one of {', '.join(methods)}", "")
        yield from _wrong_days(row, ("first_on", "last_on"), required=True)
        yield from _wrong_days(row, ("tested_on",), required=True)


def _wrong_days(row: Mapping[str, str], names: Sequence[str], *, required: bool) -> Iterator[Problem]:
    days = []
    for name in names:
        try:
            days.append(date.fromisoformat(row.get(name, "")) if row.get(name) or required else None)
        except ValueError:
            yield Problem(row["where"], f"{name} is {row.get(name)!r}", "a day such as 2026-12-31", "")
            return
    filled = [day for day in days if day is not None]
    if filled != sorted(filled):
        yield Problem(row["where"], f"{names[1]} is before {names[0]}", "days in order", "")
