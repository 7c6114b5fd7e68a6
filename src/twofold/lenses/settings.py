"""Settings of the lenses, from settings.toml: which label is the scope, which rate is still tolerable, and more."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SETTINGS_FILE = Path(__file__).with_name("settings.toml")


@dataclass(frozen=True, slots=True)
class LensSettings:
    """One lens. `label` is the dated label of a system that puts it in scope; `tolerable_percent` whole percent."""

    lens: str
    title: str
    label: str
    deviation_word: str
    tolerable_percent: int
    tolerable_source: str
    change_tests: tuple[str, ...]
    """Control tests that must hold for a system before a test of one configuration reaches over the period."""
    benchmark_years: int
    """After so many years a look that is carried on is told as a doubt."""
    benchmark_source: str


@cache
def lens_settings() -> Mapping[str, LensSettings]:
    """Return the settings by lens, SOC 2 first."""
    raw = tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    return {
        lens: LensSettings(lens=lens, **{**body, "change_tests": tuple(body["change_tests"])})
        for lens, body in raw.items()
    }
