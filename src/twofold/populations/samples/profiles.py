"""Sample sizes by how often a control runs, from several sources as dated data (audit-domain 5.1, profiles.toml)."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twofold.model.problem import Problem, UserError

PROFILES_FILE = Path(__file__).with_name("profiles.toml")
MANY_A_DAY = "many_a_day"
AUTOMATED = "automated"


@dataclass(frozen=True, slots=True)
class SizeRange:
    """How many items one source says; low = high where it gives one number."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One source: frequency -> range, and sizes by the number of occurrences where it gives them."""

    name: str
    title: str
    source: str
    as_of: date
    by_frequency: Mapping[str, SizeRange]
    by_count: Sequence[tuple[int | None, int]]
    """(at most so many occurrences, size); size 0 = every one, None = any number."""


@dataclass(frozen=True, slots=True)
class ProfileSize:
    """What one profile says of a control; `range` is None where the source is silent."""

    profile: Profile
    range: SizeRange | None


@cache
def profiles() -> MappingProxyType[str, Profile]:
    """Return every profile by name."""
    return MappingProxyType({name: _profile(name, body) for name, body in _raw()["profiles"].items()})


@cache
def frequencies() -> MappingProxyType[str, int]:
    """Return the named frequencies with their occurrences a year, rarest first."""
    return MappingProxyType(_raw()["frequency"])


def frequency_of(occurrences_a_year: int) -> str:
    """Return the frequency that so many occurrences a year amount to: the next one up, `many_a_day` beyond daily.

    An on-event control has no frequency of its own; it is derived from the yearly count (audit-domain 5.1).
    """
    return next((name for name, most in frequencies().items() if occurrences_a_year <= most), MANY_A_DAY)


def profile_sizes(*, frequency: str = "", occurrences: int | None = None) -> list[ProfileSize]:
    """Return what every profile says, by frequency, or by the number of occurrences in a year.

    A profile that has sizes by count uses them where no frequency is named: they are of controls on occurrence. Never
    more than there are occurrences.
    Raises UserError for an unknown frequency, or when neither is given.
    """
    known = [*frequencies(), MANY_A_DAY, AUTOMATED]
    if frequency not in known and (frequency or occurrences is None):
        raise UserError(Problem("--frequency", f"{frequency!r} is no frequency", "one of " + ", ".join(known)))
    named = frequency or frequency_of(occurrences or 0)
    by_count = not frequency
    return [ProfileSize(profile, _said(profile, named, occurrences, by_count)) for profile in profiles().values()]


def _said(profile: Profile, frequency: str, occurrences: int | None, by_count: bool) -> SizeRange | None:
    if by_count and occurrences is not None and profile.by_count:
        size = next(size for most, size in profile.by_count if most is None or occurrences <= most)
        size = min(size or occurrences, occurrences)
        return SizeRange(size, size)
    found = profile.by_frequency.get(frequency)
    if found is None or occurrences is None:
        return found
    return SizeRange(min(found.low, occurrences), min(found.high, occurrences))


@cache
def _raw() -> Mapping[str, Any]:
    return tomllib.loads(PROFILES_FILE.read_text(encoding="utf-8"))


def _profile(name: str, body: Mapping[str, Any]) -> Profile:
    known = [*frequencies(), MANY_A_DAY, AUTOMATED]
    return Profile(
        name=name,
        title=body["title"],
        source=body["source"],
        as_of=date.fromisoformat(body["as_of"]),
        by_frequency=MappingProxyType({each: SizeRange(*body[each]) for each in known if each in body}),
        by_count=tuple((row.get("most"), row["size"]) for row in body.get("by_count", ())),
    )
