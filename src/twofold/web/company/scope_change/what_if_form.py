"""The questions of what-if as a form: which fields each has, and how they become the words of the command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from twofold.model.problem import Problem, UserError
from twofold.scope.what_if.questions import READERS


@dataclass(frozen=True, slots=True)
class AskedField:
    """One field of a question. kind: system, category, team, engagement, day or text."""

    name: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One kind of question: the option of the command, its title, its fields, and how they are written as its text."""

    option: str
    title: str
    fields: tuple[AskedField, ...]
    written: Callable[[Mapping[str, str]], str]


_SYSTEM, _DAY = AskedField("system", "System", "system"), AskedField("day", "From", "day")
_FIRST, _LAST = AskedField("first", "First day", "day"), AskedField("last", "Last day", "day")
_CATEGORY = AskedField("category", "Category", "category")


def _system_day(given: Mapping[str, str]) -> str:
    return f"{given['system']}={given['day']}"


def _category(given: Mapping[str, str]) -> str:
    return given["category"]


ASKED = (
    AskedQuestion("--relevant", "A system becomes financially relevant", (_SYSTEM, _DAY), _system_day),
    AskedQuestion("--not-relevant", "A system is no longer financially relevant", (_SYSTEM, _DAY), _system_day),
    AskedQuestion("--in-boundary", "A system comes inside the SOC 2 boundary", (_SYSTEM, _DAY), _system_day),
    AskedQuestion("--out-of-boundary", "A system leaves the SOC 2 boundary", (_SYSTEM, _DAY), _system_day),
    AskedQuestion("--drop-system", "A system is given up", (_SYSTEM, _DAY), _system_day),
    AskedQuestion(
        "--drop-vendor",
        "A vendor is no longer relied on",
        (AskedField("vendor", "Vendor, as its register names it", "text"), _DAY),
        lambda given: f"{given['vendor']}={given['day']}",
    ),
    AskedQuestion("--add-category", "The SOC 2 engagements get a category", (_CATEGORY,), _category),
    AskedQuestion("--drop-category", "The SOC 2 engagements lose a category", (_CATEGORY,), _category),
    AskedQuestion(
        "--merge-rosters",
        "Two teams become one",
        (AskedField("one", "Roster of", "team"), AskedField("other", "and of", "team"), _DAY),
        lambda given: f"{given['one']}+{given['other']}={given['day']}",
    ),
    AskedQuestion(
        "--period",
        "An engagement covers other days",
        (AskedField("engagement", "Engagement", "engagement"), _FIRST, _LAST),
        lambda given: f"{given['engagement']}={given['first']}..{given['last']}",
    ),
    AskedQuestion(
        "--fiscal-year",
        "SOX is judged for a fiscal year",
        (_FIRST, _LAST),
        lambda given: f"{given['first']}..{given['last']}",
    ),
)
"""All kinds of question, in the order of the page."""


def asked_in(given: QueryDict) -> dict[str, tuple[str, ...]]:
    """Return option -> texts of what was filled in, and of the further lines; raises UserError for half a question."""
    asked: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for question in ASKED:
        values = {each.name: given.get(f"{question.option[2:]}-{each.name}", "").strip() for each in question.fields}
        if all(values.values()):
            asked.setdefault(question.option, []).append(question.written(values))
        elif any(values.values()):
            lacking = " and ".join(each.label.lower() for each in question.fields if not values[each.name])
            problems.append(Problem(question.option, f"{question.title}: {lacking} is missing", "all of its fields"))
    for line in given.get("further", "").splitlines():
        option, _, text = line.strip().partition(" ")
        if option in READERS:
            asked.setdefault(option, []).append(text.strip())
        elif option:
            problems.append(Problem(option, f"{option!r} is no question", "one of " + ", ".join(READERS)))
    if problems:
        raise UserError(problems)
    return {option: tuple(texts) for option, texts in asked.items()}
