"""What to do first, what not to build yet, and warnings: the items of `rules/stage_items.toml` that surely apply.

An item applies where each stage that is still possible asks for it and its condition surely holds. So a missing
answer never adds an item.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from twofold.catalog.catalog import Catalog
from twofold.model.statement import Statement
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest
from twofold.scope.advice.calendar import add_months, gap_between
from twofold.scope.advice.filer import FilerStatus
from twofold.scope.advice.scope_facts import ScopeFacts
from twofold.scope.advice.stage import INPUTS, LEAST, MOST, StageResult
from twofold.scope.advice.worded import Caution, caution, listed, number, say, setting, worded_rules

_FILE = "stage_items"


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a condition may look at."""

    answers: Answers
    facts: ScopeFacts
    requests: Sequence[BuyerRequest]
    result: StageResult
    catalog: Catalog
    on: date


@dataclass(frozen=True, slots=True)
class Met:
    """A condition holds: what its sentence is filled with, and the data that shows it."""

    data: tuple[str, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageItems:
    """The three lists, each in the order of the file."""

    do_first: tuple[Statement, ...]
    do_not_build: tuple[Statement, ...]
    warnings: tuple[Caution, ...]


def stage_items(situation: Situation) -> StageItems:
    """Return the items that apply."""
    first: list[Statement] = []
    not_yet: list[Statement] = []
    warnings: list[Caution] = []
    for name, worded in worded_rules().items():
        if not name.startswith(f"{_FILE}."):
            continue
        wanted = set(worded.settings["stages"])
        if not {str(each) for each in situation.result.stages.possible} <= wanted:
            continue
        met = CONDITIONS[worded.settings["when"]](situation)
        if met is None:
            continue
        if worded.settings["list"] == "warning":
            warnings.append(caution(name, met.data, **met.values))
        else:
            into = first if worded.settings["list"] == "do_first" else not_yet
            into.append(say(name, met.data, **met.values))
    return StageItems(tuple(first), tuple(not_yet), tuple(warnings))


def _always(situation: Situation) -> Met:
    given = [name for name in INPUTS if situation.answers.get(name) is not None]
    return Met(situation.answers.data(*(given or INPUTS)), {})


def _named(names: Sequence[str], data: Sequence[str], noun: str) -> Met | None:
    if not names:
        return None
    return Met(tuple(data), {"names": listed(names), "count": number(len(names), noun)})


def _loose_sox(situation: Situation) -> Met | None:
    asked = [each for each in situation.requests if "sox" in each.asks]
    if not asked:
        return None
    data = tuple(name for each in asked for name in each.data)
    names = listed(sorted({each.customer for each in asked}))
    return Met(data, {"names": names, "ids": " or ".join(sorted(each.request_id for each in asked)[:3])})


def _soc1(situation: Situation) -> Met | None:
    asked = [each for each in situation.requests if "soc1" in each.asks]
    if asked:
        data = tuple(name for each in asked for name in each.data)
        return Met(data, {"names": listed(sorted({each.customer for each in asked}))})
    if situation.answers.is_yes("public_customers"):
        return Met(situation.answers.data("public_customers"), {"names": "the public customers"})
    return None


def _nobody_asks(situation: Situation) -> Met | None:
    if situation.answers.is_no("blocked_deals") and not situation.requests:
        return Met(situation.answers.data("blocked_deals"), {})
    return None


def _no_controls(situation: Situation) -> Met | None:
    return Met(situation.facts.data, {}) if situation.facts.applied and not situation.facts.controls else None


def _ownerless(situation: Situation) -> Met | None:
    names = situation.facts.ownerless
    return _named(names, [f"scope: controls/{name}" for name in names], "control")


def _informal(situation: Situation) -> Met | None:
    return Met(situation.answers.data("formal_reviews"), {}) if situation.answers.is_no("formal_reviews") else None


def _no_dated_roster(situation: Situation) -> Met | None:
    facts = situation.facts
    if facts.undated_duties:
        where = f" for {listed(facts.undated_duties)}"
        return Met(tuple(f"scope: role_authority/{each}" for each in facts.undated_duties), {"where": where})
    return Met(facts.data, {"where": ""}) if facts.applied and not facts.rosters else None


def _unscheduled(situation: Situation) -> Met | None:
    facts = situation.facts
    names = [name for name in facts.described if name not in facts.reviews_scheduled]
    return _named(names, [f"scope: systems/{name}" for name in names], "system")


def _no_relevant(situation: Situation) -> Met | None:
    facts = situation.facts
    if not facts.applied or facts.relevant:
        return None
    return Met(facts.data, {"count": number(len(facts.systems), "system")})


def _no_sox(situation: Situation) -> Met | None:
    return Met(situation.facts.data, {}) if situation.facts.applied and not _sox(situation) else None


def _sox(situation: Situation) -> Met | None:
    """The SOX engagements that are not over."""
    audits = [each for each in situation.facts.sox if each.last >= situation.on]
    return _named([each.engagement_id for each in audits], [each.data for each in audits], "engagement")


def _many_categories(situation: Situation) -> Met | None:
    chosen = sorted(situation.facts.categories_on(situation.on) - {"security"})
    if len(chosen) <= setting(f"{_FILE}.many_categories", "most_optional"):
        return None
    audits = situation.facts.current(situation.facts.soc2, situation.on)
    return Met(tuple(each.data for each in audits), {"names": listed(chosen), "count": f"{len(chosen)} categories"})


def _no_finance_owner(situation: Situation) -> Met | None:
    return Met(situation.answers.data("finance_owner"), {}) if situation.answers.is_no("finance_owner") else None


def _both_lenses(situation: Situation) -> Met | None:
    controls = situation.catalog.controls.values()
    shared = sum(len(each.lenses) > 1 for each in controls)
    return Met(("catalog: controls",), {"shared": shared, "all": len(controls)})


def _bare(situation: Situation) -> Met | None:
    names = situation.facts.bare
    return _named(names, [f"scope: systems/{name}" for name in names], "system")


def _unrecorded(situation: Situation) -> Met | None:
    names = situation.facts.unrecorded
    return _named(names, [f"scope: systems/{name}" for name in names], "system")


def _not_attested(situation: Situation) -> Met | None:
    known = situation.result.duties.known
    if known is None or known.attested or known.status is FilerStatus.NONE:
        return None
    return Met(situation.answers.data("float_usd"), {"status": known.status.shown})


def _ipo_day(situation: Situation) -> Met | None:
    """The planned day, where it is known and has not passed."""
    day = situation.answers.day("ipo_day")
    if day is None or day < situation.on:
        return None
    values = {
        "day": day,
        "gap": gap_between(situation.on, day),
        "least": LEAST,
        "most": MOST,
        "early": add_months(day, -MOST),
        "late": add_months(day, -LEAST),
    }
    return Met(situation.answers.data("ipo_day"), values)


def _ipo_late(situation: Situation) -> Met | None:
    met = _ipo_day(situation)
    return met if met and met.values["day"] < add_months(situation.on, LEAST) else None


def _ipo_tight(situation: Situation) -> Met | None:
    met = _ipo_day(situation)
    if met is None or _ipo_late(situation) is not None:
        return None
    return met if met.values["day"] < add_months(situation.on, MOST) else None


def _ipo_passed(situation: Situation) -> Met | None:
    day = situation.answers.day("ipo_day")
    if day is None or day >= situation.on:
        return None
    return Met(situation.answers.data("ipo_day", "reporting_company"), {"day": day})


CONDITIONS: Mapping[str, Callable[[Situation], Met | None]] = {
    "": _always,
    "bare": _bare,
    "both_lenses": _both_lenses,
    "informal": _informal,
    "ipo_day": _ipo_day,
    "ipo_late": _ipo_late,
    "ipo_passed": _ipo_passed,
    "ipo_tight": _ipo_tight,
    "loose_sox": _loose_sox,
    "many_categories": _many_categories,
    "no_controls": _no_controls,
    "no_dated_roster": _no_dated_roster,
    "no_finance_owner": _no_finance_owner,
    "no_relevant": _no_relevant,
    "no_sox": _no_sox,
    "nobody_asks": _nobody_asks,
    "not_attested": _not_attested,
    "ownerless": _ownerless,
    "soc1": _soc1,
    "sox": _sox,
    "unrecorded": _unrecorded,
    "unscheduled": _unscheduled,
}
"""`when` of an item -> what shows that it holds, None where that is not sure."""
