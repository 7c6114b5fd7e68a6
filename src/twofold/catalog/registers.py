"""Reads the registers that controls refer to: criteria, principles, ITGC domains, families, control tests.

Each entry is checked where it stands: unknown reference, duplicate id, missing field, wrong count. Nothing is
dropped quietly; an entry at fault is reported and still kept, so that it causes no second, misleading report.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from twofold.catalog.entries import (
    Category,
    Criterion,
    Family,
    ItgcDomain,
    KnownControlTest,
    Principle,
    Series,
)
from twofold.catalog.toml_table import TomlTable, read_toml
from twofold.model.ids import ControlTestId, CriterionId
from twofold.model.problem import Problem

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Registers:
    """What controls may refer to, each by id."""

    categories: dict[str, Category]
    series: dict[str, Series]
    criteria: dict[CriterionId, Criterion]
    principles: dict[int, Principle]
    domains: dict[str, ItgcDomain]
    families: dict[str, Family]
    control_tests: dict[ControlTestId, KnownControlTest]


def read_registers(root: Path, problems: list[Problem]) -> Registers:
    """Read the five register files below `root`; faults go to `problems`."""

    def read(name: str, *tables: str) -> TomlTable | None:
        file = read_toml(root / name, problems)
        if file:
            file.allow_only(*tables)
        return file

    principles = _principles(read("coso_principles.toml", "principle"))
    criteria_file = read("criteria.toml", "category", "series", "criterion")
    categories = _categories(criteria_file)
    series = _series(criteria_file, categories)
    return Registers(
        categories=categories,
        series=series,
        criteria=_criteria(criteria_file, series, principles),
        principles=principles,
        domains=_domains(read("itgc_domains.toml", "domain"), principles),
        families=_families(read("families.toml", "family")),
        control_tests=_control_tests(read("control_tests.toml", "control_test")),
    )


def _entries(file: TomlTable | None, name: str, *fields: str) -> tuple[TomlTable, ...]:
    entries = file.tables(name) if file else ()
    for entry in entries:
        entry.allow_only(*fields)
    return entries


def _new(entry: TomlTable, key: Key, taken: Iterable[Key], noun: str) -> Key:
    if key in taken:
        entry.report(
            "id",
            found=f"{noun} {key!r} is defined twice",
            expected="each id once in the file",
            remedy="delete one of the two, or give it its own id",
        )
    return key


def _categories(file: TomlTable | None) -> dict[str, Category]:
    categories: dict[str, Category] = {}
    for entry in _entries(file, "category", "id", "title", "always"):
        key = _new(entry, entry.text("id"), categories, "category")
        categories[key] = Category(key, entry.text("title"), entry.yes_or_no("always"))
    return categories


def _series(file: TomlTable | None, categories: dict[str, Category]) -> dict[str, Series]:
    every: dict[str, Series] = {}
    for entry in _entries(file, "series", "id", "title", "category", "count"):
        key = _new(entry, entry.text("id"), every, "series")
        category = entry.text("category")
        entry.refer("category", found=category, valid=categories, noun="category")
        every[key] = Series(key, entry.text("title"), category, entry.whole("count"))
    return every


def _criteria(
    file: TomlTable | None, series: dict[str, Series], principles: dict[int, Principle]
) -> dict[CriterionId, Criterion]:
    criteria: dict[CriterionId, Criterion] = {}
    for entry in _entries(file, "criterion", "id", "series", "title", "principle", "adds_to_principle"):
        key = _new(entry, CriterionId(entry.text("id")), criteria, "criterion")
        name = entry.text("series")
        if entry.refer("series", found=name, valid=series, noun="series") and not key.startswith(f"{name}."):
            entry.report("id", found=f"criterion {key!r} in series {name!r}", expected=f"an id that begins {name}.")
        own, added = entry.optional_whole("principle"), entry.optional_whole("adds_to_principle")
        for field, number in (("principle", own), ("adds_to_principle", added)):
            if number is not None:
                entry.refer(field, found=number, valid=principles, noun="COSO principle")
        category = series[name].category if name in series else ""
        number = added if own is None else own
        criteria[key] = Criterion(key, entry.text("title"), name, category, number, added is not None)
    _count_criteria(file, series, criteria)
    return criteria


def _count_criteria(file: TomlTable | None, series: dict[str, Series], criteria: dict[CriterionId, Criterion]) -> None:
    for entry in file.tables("series") if file else ():
        declared = series.get(str(entry.values.get("id")))
        if declared is None:
            continue
        present = sum(criterion.series == declared.series_id for criterion in criteria.values())
        if present != declared.count:
            entry.report(
                "count",
                found=f"series {declared.series_id} has {present} criteria",
                expected=f"{declared.count}, as its count says",
                remedy="add or delete the [[criterion]] that is missing or too many",
            )


def _principles(file: TomlTable | None) -> dict[int, Principle]:
    principles: dict[int, Principle] = {}
    for entry in _entries(file, "principle", "id", "title", "component"):
        key = _new(entry, entry.whole("id"), principles, "COSO principle")
        principles[key] = Principle(key, entry.text("title"), entry.text("component"))
    return principles


def _domains(file: TomlTable | None, principles: dict[int, Principle]) -> dict[str, ItgcDomain]:
    domains: dict[str, ItgcDomain] = {}
    for entry in _entries(file, "domain", "id", "title", "question", "principle", "topics"):
        key = _new(entry, entry.text("id"), domains, "ITGC domain")
        principle = entry.whole("principle")
        entry.refer("principle", found=principle, valid=principles, noun="COSO principle")
        domains[key] = ItgcDomain(key, entry.text("title"), entry.text("question"), principle, entry.texts("topics"))
    return domains


def _families(file: TomlTable | None) -> dict[str, Family]:
    families: dict[str, Family] = {}
    for entry in _entries(file, "family", "id", "title"):
        key = _new(entry, entry.text("id"), families, "family")
        families[key] = Family(key, entry.text("title"))
    return families


def _control_tests(file: TomlTable | None) -> dict[ControlTestId, KnownControlTest]:
    control_tests: dict[ControlTestId, KnownControlTest] = {}
    for entry in _entries(file, "control_test", "id", "title"):
        key = _new(entry, ControlTestId(entry.text("id")), control_tests, "control test")
        control_tests[key] = KnownControlTest(key, entry.text("title"))
    return control_tests
