"""From the company's numbers to the counts of the estimate: people, controls, occurrences, exports, items.

Nothing is guessed: what cannot be counted yet has no quantity and says what to do. The conventions (rounds of testing,
items of a retest, sample sizes) are dated data in counting.toml.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from twofold.catalog.entries import Frequency
from twofold.engagement.cost.lines import Counted, Counts
from twofold.engagement.cost.quantities import ZERO, Range
from twofold.lenses.occurrences import PER_YEAR
from twofold.model.evidence import Provenance
from twofold.populations.samples.profiles import AUTOMATED, frequency_of, profiles

COUNTING_FILE = Path(__file__).with_name("counting.toml")
_NAMED = {Frequency.YEARLY: "annual", Frequency.QUARTERLY: "quarterly", Frequency.MONTHLY: "monthly"}
_NOT_DONE = ("not effective", "not concluded")
NOT_COUNTED = "not counted yet: run 'twofold test' and 'twofold judge'"


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """One control of the company.

    lenses: those of the engagements that judge it. items_a_year: items that count in any of them, scaled to a year;
    None where nothing was judged. by_hand: whether any of its populations comes from exports made by hand; None where
    nothing was captured. conclusions: lens -> what is proposed. tested: whether a rule tests it.
    """

    control_id: str
    title: str
    frequency: Frequency
    unit: str
    lenses: frozenset[str]
    performers: tuple[str, ...]
    owned: bool
    items_a_year: Fraction | None
    by_hand: bool | None
    tested: bool
    conclusions: Mapping[str, str]
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EngagementNumbers:
    """One engagement. kind: type1, type2 or sox. agreed: control -> sample size that was agreed with the auditor."""

    engagement_id: str
    lens: str
    kind: str
    days: int
    criteria: int
    systems: int
    agreed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExportNumbers:
    """One piece of evidence in force, and the lenses whose control tests read it."""

    evidence_id: str
    by_hand: bool
    lenses: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompanyNumbers:
    """What is counted before any figure, from the applied scope, the evidence in force and the newest judgements."""

    controls: tuple[ControlNumbers, ...]
    engagements: tuple[EngagementNumbers, ...]
    exports: tuple[ExportNumbers, ...]
    connectors: tuple[str, ...]
    tables_by_hand: tuple[str, ...]
    policies: tuple[str, ...] | None
    shared_tests: tuple[str, ...]
    scope: str


def is_by_hand(provenance: Provenance) -> bool:
    """Whether a file was made by hand, by the source that it is of."""
    return provenance.source in _settings()["by_hand"]["sources"]


def count(numbers: CompanyNumbers, *, tools: Iterable[str]) -> Counts:
    """Return the counts of every line that concerns the company. tools: those that a licence was given for."""
    sox_only = [each for each in numbers.controls if each.lenses == {"sox"}]
    others = [each for each in numbers.controls if each.lenses != {"sox"}]
    soc2 = [each for each in numbers.engagements if each.lens == "soc2"]
    sox = [each for each in numbers.engagements if each.lens == "sox"]
    found = {
        "close_gaps": _gaps(others, "soc2"),
        "find_owners": _owners(numbers.controls),
        "rework_policies": _policies(numbers),
        "tool_licences": _tools(tools),
        "keep_connectors": _simple(numbers.connectors, "connector in use", numbers.scope),
        "audit_fees": tuple(_fee(each, numbers) for each in soc2),
        "sox_audit_fees": tuple(_fee(each, numbers) for each in sox),
        "perform_controls": tuple(_performed(each) for each in others),
        "perform_sox_controls": tuple(_performed(each) for each in sox_only),
        **_exports(numbers.exports),
        **_items(numbers),
        "meet_the_auditor": tuple(
            Counted(each.engagement_id, (each.engagement_id, each.kind), Range.exactly(1), "an engagement", _of(each))
            for each in numbers.engagements
        ),
        **(_sox(numbers) if sox else {}),
        "saved_tests": _simple(numbers.shared_tests, "control test judged under both lenses", numbers.scope),
        "build_connectors": _simple(numbers.tables_by_hand, "table exported by hand", numbers.scope),
    }
    return {name: counted for name, counted in found.items() if counted}


def sample_range(control: ControlNumbers, engagement: EngagementNumbers) -> Range | None:
    """Return how many items an auditor will ask for; None where the occurrences are not counted yet."""
    if control.control_id in engagement.agreed:
        return Range.exactly(engagement.agreed[control.control_id])
    frequency = _frequency(control)
    if engagement.kind == "type1" or frequency == AUTOMATED:
        return Range.exactly(1)
    if frequency is None:
        return None
    said = profiles()[_settings()["samples"]["profile"]].by_frequency[frequency]
    if control.items_a_year is None:
        return Range.between(said.low, said.high)
    most = _rounded(control.items_a_year)
    return Range.between(min(said.low, most), min(said.high, most))


def _frequency(control: ControlNumbers) -> str | None:
    """Return how often the control runs, in the names of the sample profiles; None where that must be counted first."""
    if control.frequency is Frequency.AUTOMATED:
        return AUTOMATED
    if control.frequency in _NAMED:
        return _NAMED[control.frequency]
    if control.frequency is Frequency.DAILY:
        return "daily"
    return None if control.items_a_year is None else frequency_of(_rounded(control.items_a_year))


def _performed(control: ControlNumbers) -> Counted:
    people = max(1, len(control.performers))
    named = f"{people} performer{'s' if people > 1 else ''}" if control.performers else "no performer named, so one"
    per_year = control.items_a_year
    basis = f"{named}; counted from what was judged, scaled to a year; {control.unit}"
    if control.frequency in {Frequency.AUTOMATED, Frequency.CONTINUOUS}:
        per_year, basis = Fraction(0), f"runs by configuration ({control.frequency})"
    elif per_year is None and control.frequency in PER_YEAR:
        per_year, basis = Fraction(PER_YEAR[control.frequency]), f"{named}; {control.frequency}, as the catalog says"
    return Counted(
        what=f"{control.control_id} {control.title}",
        applies_to=(control.control_id, str(control.frequency)),
        quantity=None if per_year is None else Range.exactly(per_year * people),
        basis=NOT_COUNTED if per_year is None else basis,
        data=control.data,
    )


def _gaps(controls: Iterable[ControlNumbers], lens: str) -> tuple[Counted, ...]:
    """Return the controls that are not effective or not concluded, and those that nobody judged yet, uncounted."""
    judged = [(each, each.conclusions.get(lens)) for each in controls if lens in each.lenses]
    return tuple(
        _one(control, None if said is None else 1, NOT_COUNTED if said is None else f"proposed: {said}")
        for control, said in judged
        if said is None or said in _NOT_DONE
    )


def _one(control: ControlNumbers, number: int | None, basis: str) -> Counted:
    return Counted(
        what=f"{control.control_id} {control.title}",
        applies_to=(control.control_id,),
        quantity=None if number is None else Range.exactly(number),
        basis=basis,
        data=control.data,
    )


def _owners(controls: Iterable[ControlNumbers]) -> tuple[Counted, ...]:
    return tuple(_one(each, 1, "no owner in the scope files") for each in controls if not each.owned)


def _policies(numbers: CompanyNumbers) -> tuple[Counted, ...]:
    if numbers.policies is None:
        return (Counted("policies", (), None, NOT_COUNTED, (numbers.scope,)),)
    return _simple(numbers.policies, "policy with an exception of T-28", numbers.scope)


def _tools(tools: Iterable[str]) -> tuple[Counted, ...]:
    named = tuple(
        Counted(tool, (tool,), Range.exactly(1), "a licence was given", (f"figure: tool_licence of {tool}",))
        for tool in tools
    )
    return named or (Counted("tools in use", (), None, "no tool was named yet", ("figure: tool_licence",)),)


def _simple(names: Iterable[str], basis: str, scope: str) -> tuple[Counted, ...]:
    return tuple(Counted(name, (), Range.exactly(1), basis, (scope,)) for name in names)


def _of(engagement: EngagementNumbers) -> tuple[str, ...]:
    return (f"scope: engagements/{engagement.engagement_id}",)


def _fee(engagement: EngagementNumbers, numbers: CompanyNumbers) -> Counted:
    """Return one fee with what drives it."""
    controls = [each for each in numbers.controls if engagement.lens in each.lenses]
    sizes = [size for each in controls if (size := sample_range(each, engagement)) is not None]
    low, high = (sum(getattr(each, end) for each in sizes) for end in ("low", "high"))
    deviating = sum(each.conclusions.get(engagement.lens) == "not effective" for each in controls)
    drivers = [
        f"{engagement.kind}, {engagement.days} days",
        f"{engagement.systems} systems",
        f"{len(controls)} controls",
    ]
    if engagement.criteria:
        drivers.insert(1, f"{engagement.criteria} criteria")
    drivers += [f"about {int(low)} to {int(high)} items by convention", f"{deviating} controls not effective now"]
    return Counted(
        what=engagement.engagement_id,
        applies_to=(engagement.engagement_id, engagement.kind),
        quantity=Range.exactly(1),
        basis="; ".join(drivers),
        data=_of(engagement),
    )


def _exports(exports: Iterable[ExportNumbers]) -> dict[str, tuple[Counted, ...]]:
    """Return the lines of exports: the rounds that the most demanding lens asks for, and what the other would add."""
    rounds = {lens: body["exports"] for lens, body in _settings()["rounds"].items()}
    found: dict[str, list[Counted]] = {}
    for each in exports:
        wanted = [rounds[lens] for lens in each.lenses]
        if not wanted:
            continue
        how = "hand" if each.by_hand else "connector"
        basis = f"rounds a year: {', '.join(f'{lens} {rounds[lens]}' for lens in sorted(each.lenses))}"
        numbers = {f"exports_by_{how}": max(wanted), f"saved_by_{how}": sum(wanted) - max(wanted)}
        for name, number in numbers.items():
            if number:
                data = (f"evidence: {each.evidence_id}",)
                found.setdefault(name, []).append(Counted(each.evidence_id, (), Range.exactly(number), basis, data))
    return {name: tuple(counted) for name, counted in found.items()}


def _items(numbers: CompanyNumbers) -> dict[str, tuple[Counted, ...]]:
    """Return the lines of the auditor's items, by hand or through a connector."""
    found: dict[str, list[Counted]] = {"items_by_hand": [], "items_by_connector": []}
    for engagement in numbers.engagements:
        for control in numbers.controls:
            if engagement.lens not in control.lenses:
                continue
            size = sample_range(control, engagement)
            agreed = control.control_id in engagement.agreed
            counted = Counted(
                what=f"{control.control_id} in {engagement.engagement_id}",
                applies_to=(control.control_id,),
                quantity=size,
                basis=NOT_COUNTED if size is None else "agreed with the auditor" if agreed else "by convention (5.1)",
                data=(*_of(engagement), *control.data),
            )
            found["items_by_connector" if control.by_hand is False else "items_by_hand"].append(counted)
    return {name: tuple(counted) for name, counted in found.items()}


def _sox(numbers: CompanyNumbers) -> dict[str, tuple[Counted, ...]]:
    """Return what SOX adds every year."""
    settings = _settings()
    controls = [each for each in numbers.controls if "sox" in each.lenses]
    rounds, people = settings["rounds"]["sox"]["tests"], settings["sox_people"]
    gaps = [each for each in controls if "soc2" not in each.lenses or not _is_gap(each, "soc2")]
    return {
        "sox_walkthroughs": tuple(_one(each, 1, "one a year") for each in controls),
        "sox_tests": tuple(_one(each, rounds, f"{rounds} rounds a year") for each in controls),
        "sox_remediation": _gaps(gaps, "sox"),
        "sox_retests": tuple(_retest(each) for each in controls if _is_gap(each, "sox")),
        "sox_sign_offs": tuple(
            _one(each, people["sign_offs_a_control"], "preparer and reviewer, once a year") for each in controls
        ),
        "sox_certifications": (
            Counted(
                "certifications",
                (),
                Range.exactly(people["certifications_a_year"]),
                "three quarters and the year",
                (numbers.scope,),
            ),
        ),
    }


def _is_gap(control: ControlNumbers, lens: str) -> bool:
    return control.conclusions.get(lens) in _NOT_DONE


def _retest(control: ControlNumbers) -> Counted:
    frequency = _frequency(control)
    size = Range.between(*_settings()["retest"][frequency]) if frequency else None
    return Counted(
        what=f"{control.control_id} {control.title}",
        applies_to=(control.control_id,),
        quantity=size,
        basis=f"minimum operation, {frequency}" if frequency else NOT_COUNTED,
        data=control.data,
    )


def _rounded(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)


def hand_and_connector(counts: Counts) -> dict[str, Range]:
    """Return how many exports and items there are by hand and through a connector, as far as they are counted."""
    names = ("exports_by_hand", "exports_by_connector", "items_by_hand", "items_by_connector")
    found = {}
    for name in names:
        known = [each.quantity for each in counts.get(name, ()) if each.quantity is not None]
        found[name] = sum(known, start=ZERO)
    return found


@cache
def _settings() -> Mapping[str, Any]:
    return tomllib.loads(COUNTING_FILE.read_text(encoding="utf-8"))
