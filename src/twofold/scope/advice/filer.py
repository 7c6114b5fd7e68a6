"""Filer status and the duties that follow from it: sections 302, 404(a) and 404(b) of the Sarbanes-Oxley Act.

Every threshold is dated data in `filer.toml`. A proposed set of rules is shown, never applied. The status is that of
the next fiscal year end. Source: audit-domain 2.3.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from twofold.model.statement import AdviceRule
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.calendar import A_DAY, add_months, year_end_from
from twofold.scope.advice.questions import Form, questions

FILE = Path(__file__).with_name("filer.toml")
INPUTS = (
    "reporting_company",
    "annual_reports",
    "float_usd",
    "filer_status_before",
    "revenue_usd",
    "src_eligible",
    "first_sale_day",
    "fiscal_year_end",
    "debt_over_limit",
)
"""The questions that decide, the cheapest to answer first."""
_A_YEAR = 12


class FilerStatus(StrEnum):
    """What the cover of an annual report says; `none` for a company that files none."""

    NONE = "none"
    NON_ACCELERATED = "non_accelerated"
    ACCELERATED = "accelerated"
    LARGE_ACCELERATED = "large_accelerated"

    @property
    def shown(self) -> str:
        """What people call it."""
        return {"none": "No filer", "non_accelerated": "Non-accelerated filer"}.get(
            self, f"{self.replace('_', ' ').capitalize()} filer"
        )


@dataclass(frozen=True, slots=True)
class FilerRules:
    """One set of thresholds. None: the set has no such tier or test."""

    name: str
    state: str
    effective_from: date
    large_accelerated_from: int
    stays_large_from: int
    seasoning_months: int
    annual_reports: int
    attests: Sequence[str]
    source: str
    as_of: date
    accelerated_from: int | None = None
    stays_accelerated_from: int | None = None
    src_revenue_below: int | None = None

    @property
    def rule(self) -> AdviceRule:
        """The set as a rule that a statement names."""
        return AdviceRule(f"filer.{self.name}", self.source, self.as_of)


@dataclass(frozen=True, slots=True, order=True)
class Duties:
    """What SOX asks of the company for the fiscal year that runs."""

    status: FilerStatus
    certifies: bool
    """Section 302."""
    assesses: bool
    """Section 404(a): management's own assessment."""
    attested: bool
    """Section 404(b): the auditor's opinion on internal control."""


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def filer_rules(state: str) -> tuple[FilerRules, ...]:
    """Return the sets of thresholds in a state, `in_force` or `proposed`, the oldest first."""
    found = (FilerRules(**body) for body in _file()["rules"] if body["state"] == state)
    return tuple(sorted(found, key=lambda each: each.effective_from))


def rules_in_force(on: date) -> FilerRules:
    """Return the newest set in force on a day; raises LookupError for a day before the first one."""
    held = [each for each in filer_rules("in_force") if each.effective_from <= on]
    if not held:
        msg = f"no filer rules are known for {on}"
        raise LookupError(msg)
    return held[-1]


def duties_rule() -> AdviceRule:
    """Return the rule that says which duty falls on whom."""
    body = _file()["duties"]
    return AdviceRule("filer.duties", body["source"], body["as_of"])


def decide_duties(answers: Answers, *, on: date, rules: FilerRules) -> Duties:
    """Return the duties under a set of rules; raises MissingAnswerError for the first answer that decides."""
    if not answers.need_yes("reporting_company"):
        return Duties(FilerStatus.NONE, certifies=False, assesses=False, attested=False)
    assesses = answers.need_whole("annual_reports") + 1 >= _file()["duties"]["assessment_from_annual_report"]
    status = _status(answers, on=on, rules=rules)
    attested = status in rules.attests and assesses and not _is_emerging(answers, status, on=on)
    return Duties(status, certifies=True, assesses=assesses, attested=attested)


def _status(answers: Answers, *, on: date, rules: FilerRules) -> FilerStatus:
    if answers.need_whole("annual_reports") < rules.annual_reports:
        return FilerStatus.NON_ACCELERATED
    tier = _tier(answers, rules)
    if tier is FilerStatus.NON_ACCELERATED:
        return tier
    ends = year_end_from(answers.need("fiscal_year_end"), on)
    # Twelve whole months are over with the day before the same day of the next year.
    seasoned_on = add_months(answers.need_day("first_sale_day"), rules.seasoning_months) - A_DAY
    return tier if seasoned_on <= ends else FilerStatus.NON_ACCELERATED


def _tier(answers: Answers, rules: FilerRules) -> FilerStatus:
    """Return the tier by float and revenue: entered at one line, left only below a lower one."""
    held = answers.need_whole("float_usd")
    if held >= rules.large_accelerated_from:
        return FilerStatus.LARGE_ACCELERATED
    if held >= rules.stays_large_from and answers.need("filer_status_before") == FilerStatus.LARGE_ACCELERATED:
        return FilerStatus.LARGE_ACCELERATED
    if rules.accelerated_from is None or rules.stays_accelerated_from is None or held < rules.stays_accelerated_from:
        return FilerStatus.NON_ACCELERATED
    if held < rules.accelerated_from and answers.need("filer_status_before") == FilerStatus.NON_ACCELERATED:
        return FilerStatus.NON_ACCELERATED
    small = rules.src_revenue_below is not None and answers.need_whole("revenue_usd") < rules.src_revenue_below
    if small and answers.need_yes("src_eligible"):
        return FilerStatus.NON_ACCELERATED
    return FilerStatus.ACCELERATED


def _is_emerging(answers: Answers, status: FilerStatus, *, on: date) -> bool:
    """Whether it is an emerging growth company at the end of the fiscal year."""
    limits = _file()["emerging_growth"]
    if status is FilerStatus.LARGE_ACCELERATED or answers.need_whole("revenue_usd") >= limits["revenue_below"]:
        return False
    ends = year_end_from(answers.need("fiscal_year_end"), on)
    lost_on = add_months(answers.need_day("first_sale_day"), limits["years"] * _A_YEAR)
    return ends < lost_on and not answers.need_yes("debt_over_limit")


def stand_ins(question: str, answers: Answers, *, on: date) -> tuple[str, ...]:
    """Return an answer for each class of answers that the filer rules tell apart."""
    asked = questions()[question]
    if asked.form in {Form.YES_NO, Form.ONE_OF}:
        return asked.choices
    everything = [*filer_rules("in_force"), *filer_rules("proposed")]
    emerging = _file()["emerging_growth"]
    limits: set[int | None]
    match question:
        case "annual_reports":
            return ("0", "1", "2")
        case "fiscal_year_end":
            return _year_ends(answers)
        case "first_sale_day":
            ends = year_end_from(answers.get("fiscal_year_end") or "12-31", on)
            months = {each.seasoning_months for each in everything} | {emerging["years"] * _A_YEAR}
            edges = {add_months(ends, -each) + A_DAY * offset for each in months for offset in (0, 1, 2)}
            return tuple(day.isoformat() for day in sorted(edges))
        case "revenue_usd":
            limits = {emerging["revenue_below"], *(each.src_revenue_below for each in everything)}
        case _:
            limits = {each.large_accelerated_from for each in everything}
            limits |= {each.stays_large_from for each in everything}
            limits |= {each.accelerated_from for each in everything}
            limits |= {each.stays_accelerated_from for each in everything}
    return tuple(str(limit) for limit in sorted({0, *(limit for limit in limits if limit is not None)}))


def _year_ends(answers: Answers) -> tuple[str, ...]:
    """Return the fiscal year ends to try: without the first sale only its distance decides, and that is tried next."""
    if answers.get("first_sale_day") is None:
        return ("12-31",)
    return tuple(f"{add_months(date(2028, 1, 31), month):%m-%d}" for month in range(_A_YEAR))
