"""Cases of the evaluation and answers of people, as tests write them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from twofold.findings.deficiency.case import AtYearEnd, Candidate, Case, FindingFact, Rate
from twofold.findings.deficiency.dependents import Dependent, DependentKind, DependentTest, Method, Window
from twofold.findings.deficiency.inputs import Given, Judgements

YEAR = Window(date(2026, 1, 1), date(2026, 12, 31))
W = Window(date(2026, 3, 1), date(2026, 5, 31))
AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
ENGAGEMENT = "sox-fy2026"
ID = f"{ENGAGEMENT}/AC-05"
OPEN = AtYearEnd(open=True, text="open as of 2026-12-31")
FINDING = FindingFact("AC-05/T-05/A/absent", "it is absent", 2, "too few items to show a pattern", answered=True)
CASE = Case(
    deficiency_id=ID,
    engagement_id=ENGAGEMENT,
    control_id="AC-05",
    control_title="User access review",
    domains=("APD",),
    principles=(11,),
    findings=(FINDING,),
    systems=("erp",),
    window=W,
    ends_on=date(2026, 12, 31),
    as_of=date(2026, 11, 20),
    rates=(Rate("T-05", 2, 4),),
    tolerable=Decimal(5),
    tolerable_source="a convention",
    at_year_end=OPEN,
)
CALM = {"J_prudent_official": "satisfied", "J_indicator": "none", "J_uncorrected": "no"}
"""Stage 4 as it raises nothing."""


def a_test(*, effective: bool = True, window: Window = YEAR) -> DependentTest:
    return DependentTest(window, effective, "p-0004", date(2026, 11, 1), Method.TEST)


def dependent(name: str, *tests: DependentTest, **more: Any) -> Dependent:
    given: dict[str, Any] = {"account": "Revenue", "assertion": "existence", "tests": tests, **more}
    return Dependent(name, DependentKind.AUTOMATED, f"name of {name}", "erp", **given)


EFFECTIVE = dependent("D-1", a_test())
FAILED = dependent("D-2", a_test(effective=False))
UNTESTED = dependent("D-3")
COMPENSATING = replace(dependent("K-1", a_test()), kind=DependentKind.COMPENSATING)
SAME = Candidate("AC-04", "Privileged access", same_objective=True, effective=True, why="")


def case(**changes: Any) -> Case:
    return replace(CASE, **changes)


def judged(
    answers: Mapping[str, str], *, by: str = "p-0002", subject: str = ID, more: Mapping[Any, Any] | None = None
) -> Judgements:
    """Return judgements of one person. A key is `NAME` or `NAME about`; of an engagement where the name says so."""
    found: dict[tuple[str, str, str], list[Given]] = {**(more or {})}
    for number, (key, value) in enumerate(answers.items()):
        name, _, about = key.partition(" ")
        of = ENGAGEMENT if name == "J_materiality" else subject
        given = Given(value, "because", by, AT + timedelta(minutes=number), f"ev-{number}", about)
        found.setdefault((name, of, about), []).insert(0, given)
    return Judgements(found)


def failed(exposure: str = "900000.00 USD", name: str = "D-2") -> dict[str, str]:
    """Return answers about a dependent that failed because of the control; materiality is a million."""
    return {
        f"J_caused_by_itgc {name}": "yes",
        f"J_reasonably_possible {name}": "yes",
        f"J_max_exposure {name}": exposure,
        "J_materiality": "1000000.00 USD",
        f"J_merits_attention {name}": "no",
        **CALM,
    }
