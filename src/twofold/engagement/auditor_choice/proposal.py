"""What the company needs and what firms offer, read from rows and checked. None is unknown, and stays so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

from twofold.engagement.cost.quantities import CURRENCY, parse_decimal
from twofold.model.problem import Problem, UserError

TYPES = ("type1", "type2", "sox")
RESULTS = ("pass", "pass_with_deficiencies", "fail")
_DAYS = ("stated_on", "licence_until", "peer_review_on", "earliest_start", "report_on", "start_by", "report_by")
_LISTS = ("types", "categories", "industries")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Need:
    """What the company needs of a firm for one engagement. asked: type1, type2 or sox; both from the scope files.

    other_auditor: firm of the other lens's engagements, "" = none named. where: the evidence, "" = nobody told it.
    """

    engagement: str
    asked: str
    categories: frozenset[str]
    other_auditors: frozenset[str]
    sox_in_scope: bool
    industry: str = ""
    budget_low: Fraction | None = None
    budget_high: Fraction | None = None
    currency: str = ""
    start_by: date | None = None
    report_by: date | None = None
    first_audit: bool | None = None
    several_products: bool | None = None
    regulated_data: bool | None = None
    sox_ahead: bool | None = None
    where: str = ""

    def holds(self, fact: str) -> bool:
        """Whether a fact that a rule asks for holds; `always` does. What nobody told holds, so that it is looked at."""
        match fact:
            case "always":
                return True
            case "type2":
                return self.asked == "type2"
            case "sox":
                return self.sox_in_scope
            case "sox_ahead":
                return self.sox_in_scope or self.sox_ahead is not False
            case _:
                return getattr(self, fact) is not False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one firm offers and stated of itself; columns as in firm_proposal. None and () are unknown."""

    firm: str
    engagement: str
    stated_on: date
    where: str
    licensed: bool | None = None
    licence_id: str = ""
    licence_state: str = ""
    licence_until: date | None = None
    peer_review_on: date | None = None
    peer_review_result: str = ""
    designed_controls: bool | None = None
    tool_advice: bool | None = None
    financial_interest: bool | None = None
    audits_financials: bool | None = None
    tests_for_management: bool | None = None
    staff_ties: bool | None = None
    types: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    earliest_start: date | None = None
    report_on: date | None = None
    capacity: bool | None = None
    fee_low: Fraction | None = None
    fee_high: Fraction | None = None
    currency: str = ""
    first_timers: bool | None = None
    remediation_time: bool | None = None
    several_products: bool | None = None
    regulated_data: bool | None = None
    full_population: bool | None = None
    itgc_knowledge: bool | None = None
    reuse: bool | None = None
    works_with_auditor: bool | None = None
    references_named: int | None = None
    note: str = ""

    def knows(self, column: str) -> bool:
        """Whether the firm answered what a column asks."""
        return getattr(self, column) not in (None, "", ())


def read_proposals(
    rows: Iterable[Mapping[str, object]], *, known: frozenset[str]
) -> tuple[list[Proposal], list[Problem]]:
    """Return the proposals of the rows that fit, and every problem of those that do not. known: ids of engagements."""
    problems: list[Problem] = []
    found: dict[tuple[str, str], Proposal] = {}
    for row in rows:
        values, wrong = _values(row, _of(Proposal))
        where, firm, engagement = (str(row.get(name) or "") for name in ("where", "firm", "engagement"))
        if engagement not in known:
            expected = "one of " + ", ".join(sorted(known))
            wrong.append(Problem(where, f"there is no engagement {engagement!r}", expected))
        key = (engagement, same_firm(firm))
        if key in found:
            wrong.append(Problem(where, f"{firm} stands twice for {engagement}", "each firm once"))
        problems += wrong
        if not wrong:
            found[key] = Proposal(**values)
    return [found[key] for key in sorted(found)], problems


def need_from(row: Mapping[str, object], need: Need) -> Need:
    """Return the need with what a row of auditor_need says; raises UserError with every problem."""
    values, problems = _values(row, _of(Need))
    if problems:
        raise UserError(problems)
    told = {name: value for name, value in values.items() if name not in {"engagement", "asked", "categories"}}
    return Need(**{**{each.name: getattr(need, each.name) for each in fields(need)}, **told})


def same_firm(name: str) -> str:
    """Return a firm's name for comparison: letters and digits only, without case and legal form.

    >>> same_firm("Hollis Audit, LLP") == same_firm("HOLLIS  AUDIT llp")
    True
    """
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()
    legal = {"llp", "llc", "pllc", "pc", "cpa", "cpas", "inc", "ltd", "plc", "gmbh", "co", "company"}
    return "".join([word for word in words if word not in legal] or words)


def _of(kind: type[Need] | type[Proposal]) -> dict[str, Any]:
    return {each.name: each.type for each in fields(kind)}


def _values(row: Mapping[str, object], types: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Read the cells that have a value into their types; an empty cell stays unknown."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    where = str(row["where"])
    for name, kind in types.items():
        cell = row.get(name)
        if cell is None or cell in ("", (), []):
            continue
        try:
            values[name] = _value(name, kind, cell)
        except ValueError as error:
            problems.append(Problem(where, f"{name}: {error}", _expected(name, kind), "correct the cell"))
    for low, high in (("fee_low", "fee_high"), ("budget_low", "budget_high")):
        if low in values and high in values and values[low] > values[high]:
            problems.append(Problem(where, f"{low} is more than {high}", f"{low} up to {high}", "correct the row"))
    amounts = [name for name in ("fee_low", "fee_high", "budget_low", "budget_high") if name in values]
    if amounts and "currency" not in values:
        problems.append(Problem(where, f"{amounts[0]} without a currency", "a currency such as USD", "add it"))
    return values, problems


def _value(name: str, kind: Any, cell: object) -> Any:
    text = str(cell).strip()
    if name in _LISTS:
        return _list(name, cell)
    if name in _DAYS:
        return date.fromisoformat(text)
    if kind == Fraction | None:
        return parse_decimal(text)
    if kind == bool | None:
        return cell if isinstance(cell, bool) else _truth(text)
    if kind == int | None:
        return int(text)
    if name == "currency" and not CURRENCY.fullmatch(text):
        msg = f"{text!r} is no currency"
        raise ValueError(msg)
    if name == "peer_review_result" and text not in RESULTS:
        msg = f"{text!r} is no result"
        raise ValueError(msg)
    return text


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        msg = f"{text!r} is neither true nor false"
        raise ValueError(msg)
    return _TRUTHS[text.lower()]


def _list(name: str, cell: object) -> tuple[str, ...]:
    parts = cell if isinstance(cell, (tuple, list)) else str(cell).split(";")
    words = tuple(sorted({str(part).strip() for part in parts if str(part).strip()}))
    odd = [word for word in words if name == "types" and word not in TYPES]
    if odd:
        msg = f"{odd[0]!r} is no type"
        raise ValueError(msg)
    return words


def _expected(name: str, kind: Any) -> str:
    if name in _DAYS:
        return "an ISO day such as 2026-11-25"
    if name == "types":
        return ", ".join(TYPES) + ", parted by ;"
    if name == "peer_review_result":
        return "one of " + ", ".join(RESULTS)
    if name == "currency":
        return "an ISO code such as USD"
    return "true or false" if kind == bool | None else "a plain number such as 25000"
