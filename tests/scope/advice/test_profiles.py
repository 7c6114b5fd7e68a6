"""Company profiles, each a file with answers, promises, requests and scope, and what is expected of the advice."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from twofold.catalog.load import load_catalog
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest, Promise
from twofold.scope.advice.categories import CategoryAdvice, Told, category_advice
from twofold.scope.advice.filer import Duties, FilerStatus
from twofold.scope.advice.measured import Measured
from twofold.scope.advice.questions import questions
from twofold.scope.advice.scope_facts import ScopeFacts, scope_facts
from twofold.scope.advice.scoping import scoping_warnings
from twofold.scope.advice.stage import StageResult, stage_result
from twofold.scope.advice.stage_items import Situation, StageItems, stage_items
from twofold.scope.advice.start_gate import key_controls
from twofold.scope.advice.window import WindowAdvice, window_advice
from twofold.scope.advice.window_plan import Wanted
from twofold.scope.advice.worded import Caution
from twofold.scope.load import read_scope
from twofold.scope.register import Scope

PROFILES = sorted((Path(__file__).parent / "profiles").glob("*.toml"))


@dataclass(frozen=True, slots=True)
class Profile:
    """A company as its file has it."""

    on: date
    answers: Answers
    promises: tuple[Promise, ...] | None
    requests: tuple[BuyerRequest, ...] | None
    scope: Scope | None
    expected: dict[str, Any]

    @property
    def facts(self) -> ScopeFacts:
        return scope_facts(self.scope, on=self.on)

    def stage(self) -> tuple[StageResult, StageItems]:
        result = stage_result(self.answers, on=self.on)
        situation = Situation(self.answers, self.facts, self.requests or (), result, load_catalog(), self.on)
        return result, stage_items(situation)

    def categories(self) -> tuple[list[CategoryAdvice], list[Caution]]:
        told = Told(self.answers, self.promises, self.requests)
        found = category_advice(told, self.facts, load_catalog(), Measured(), on=self.on)
        return found, scoping_warnings(told, self.facts, load_catalog(), found, on=self.on)

    def window(self) -> WindowAdvice:
        controls = key_controls(load_catalog(), self.facts, sorted(self.facts.categories_on(self.on)))
        return window_advice(Wanted(self.answers, self.requests or (), self.facts, self.scope, controls), on=self.on)


@cache
def read_profile(path: Path) -> Profile:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    scope = raw.get("scope")
    return Profile(
        on=raw["on"],
        answers=Answers({name: questions()[name].read(text) for name, text in raw["answers"].items()}),
        promises=tuple(_promise(each) for each in raw["promises"]) if "promises" in raw else None,
        requests=tuple(_request(each) for each in raw["requests"]) if "requests" in raw else None,
        scope=read_scope({"scope.yaml": scope.encode()}, reporting_zone="America/New_York") if scope else None,
        expected=raw["expected"],
    )


def _promise(raw: dict[str, str]) -> Promise:
    begins, ends = (date.fromisoformat(raw[name]) if name in raw else None for name in ("valid_from", "valid_to"))
    return Promise(raw["id"], raw["customer"], raw["category"], raw["text"], valid_from=begins, valid_to=ends)


def _request(raw: dict[str, Any]) -> BuyerRequest:
    return BuyerRequest(
        raw["id"], raw["customer"], frozenset(raw["asks"]), fiscal_year_end=raw.get("fiscal_year_end", "")
    )


def named(warnings: Any) -> list[str]:
    return sorted(f"{each.warning}:{each.about}" for each in warnings)


def test_there_are_enough_profiles_and_each_says_why() -> None:
    assert len(PROFILES) >= 34
    abouts = [path.read_text(encoding="utf-8").partition("\n")[0] for path in PROFILES]
    assert all(about.startswith("# ") for about in abouts)
    assert len(set(abouts)) == len(abouts)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_stage_duties_and_warnings(path: Path) -> None:
    profile = read_profile(path)
    result, items = profile.stage()

    assert sorted(result.stages.possible) == profile.expected["stages"]
    assert set(profile.expected["missing"]) <= set(result.missing)
    assert result.stages.known is None or not result.stages.missing
    assert sorted(each.warning for each in items.warnings) == sorted(profile.expected["stage_warnings"])
    if "duties" in profile.expected:
        said = dict(profile.expected["duties"])
        assert result.duties.known == Duties(FilerStatus(said.pop("status")), **said)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_categories_for_and_against(path: Path) -> None:
    profile = read_profile(path)
    found, warnings = profile.categories()

    verdicts: dict[str, list[str]] = {"include": [], "consider": [], "leave_out": [], "open": []}
    for each in found[1:]:
        verdicts[each.verdict].append(each.category)
    assert (found[0].category, found[0].verdict) == ("security", "always")
    assert {name: sorted(listed) for name, listed in verdicts.items()} == {
        name: sorted(listed) for name, listed in profile.expected["categories"].items()
    }
    assert named(warnings) == sorted(each if ":" in each else f"{each}:" for each in profile.expected["scope_warnings"])
    for each in found:
        assert each.arguments_for or each.verdict in {"leave_out", "open"}
        assert not (each.arguments_for and each.verdict == "leave_out")
        assert each.verdict != "leave_out" or each.arguments_against
        assert bool(each.missing) == bool(each.open_points) == (each.verdict == "open")


@pytest.mark.parametrize(
    "path", [each for each in PROFILES if "[expected.window]" in each.read_text()], ids=lambda path: path.stem
)
def test_type_and_window(path: Path) -> None:
    profile = read_profile(path)
    found = profile.window()
    proposed, *planned = found.plans
    shown = {
        "type": found.types.known,
        "first": str(found.chosen.first),
        "months": found.chosen.months,
        "proposed": named(proposed.warnings),
        "planned": sorted(each for plan in planned for each in named(plan.warnings)),
        "general": named(found.warnings),
    }

    expected = profile.expected["window"]
    assert {name: shown[name] for name in expected} == {
        name: sorted(value) if isinstance(value, list) else value for name, value in expected.items()
    }
