"""SOC 2 against SOX, side by side, for the company's own controls: what one control means under each, with its numbers.

Pure: a job gives the judgements, the systems in each lens and the verdicts that both lenses gave the same items.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from twofold.catalog.entries import Control
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.verdict import Counts
from twofold.model.outcome import Outcome
from twofold.model.statement import AdviceRule

_FILE = Path(__file__).with_name("framework_comparison.toml")
LENSES = ("soc2", "sox")


@dataclass(frozen=True, slots=True)
class LensAbout:
    """What a framework is to a reader, in our words."""

    lens: str
    name: str
    standard: str
    reader: str
    asks: str
    decides: str
    rule: AdviceRule


@dataclass(frozen=True, slots=True)
class SystemDays:
    """A system and the days, both inclusive, on which it is in a lens; "" = all of the period."""

    system: str
    days: str


@dataclass(frozen=True, slots=True)
class LensPart:
    """What a control means under one lens. `period` and `engagement` are "" where nothing was judged.

    systems: those in the lens inside its period. judgement: None where the control is not judged under it.
    """

    lens: str
    engagement: str
    period: str
    systems: tuple[SystemDays, ...]
    judgement: ControlJudgement | None
    headings: tuple[str, ...]
    """Criteria, or ITGC domains with the control's role in them."""


@dataclass(frozen=True, slots=True)
class PairCount:
    """So many items of a control test have this verdict under SOC 2 and that under SOX; "" = no verdict there."""

    control_test: str
    soc2: str
    soc2_reason: str
    sox: str
    sox_reason: str
    items: int


@dataclass(frozen=True, slots=True)
class ControlCompared:
    """One control under both lenses. evidence: control test -> ids of the pieces that its run relied on.

    attributes: (control test, letter, wording, required by SOC 2, required by SOX).
    """

    control: Control
    parts: Mapping[str, LensPart]
    attributes: tuple[tuple[str, str, str, bool, bool], ...]
    pairs: tuple[PairCount, ...]
    runs: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def lenses(self) -> int:
        """How many lenses have an item of the control that counts."""
        return sum(counts(part) is not None and counts(part).applicable > 0 for part in self.parts.values())  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All controls that were asked for. relevant: whether any system is financially relevant at any time."""

    company: str
    zone: str
    clock: str
    relevant: bool
    controls: tuple[ControlCompared, ...]
    engagements: Mapping[str, str]
    """Lens -> the engagement that is shown for it."""
    systems: tuple[str, ...]
    """Systems of the register, for the question what would make SOX appear."""
    reach: tuple[tuple[str, str], ...] = ()
    """What the conclusions do not reach: an engagement that is shown, and a sentence."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Why the verdicts of items differ: `kind` is scope, period, not required, a kind of attribute, or other."""

    kind: str
    text: str
    items: int


@cache
def about(lens: str) -> LensAbout:
    """Return what a framework is to a reader."""
    body = _raw()["lens"][lens]
    rule = AdviceRule(f"framework.{lens}", body["source"], body["as_of"])
    return LensAbout(lens, body["name"], body["standard"], body["reader"], body["asks"], body["decides"], rule)


@cache
def rule(name: str) -> AdviceRule:
    """Return a rule of framework_comparison.toml by name."""
    body = _raw()["rule"][name]
    return AdviceRule(f"framework.{name}", body["source"], body["as_of"])


def appears() -> tuple[str, AdviceRule]:
    """Return what makes a system financially relevant, and the rule."""
    body = _raw()["appears"]
    return body["text"], AdviceRule("framework.appears", body["source"], body["as_of"])


def kinds() -> Mapping[str, tuple[str, AdviceRule, frozenset[str]]]:
    """Return kind -> its text, its rule, and the attributes (`T-10 G`) of it."""
    return {
        name: (
            body["text"],
            AdviceRule(f"framework.{name}", body["source"], body["as_of"]),
            frozenset(body["attributes"]),
        )
        for name, body in _raw()["kind"].items()
    }


def kind_of(control_test: str, letter: str) -> str:
    """Return the kind of an attribute that only one lens requires, "other" for one that is not listed."""
    return next((name for name, (_, _, held) in kinds().items() if f"{control_test} {letter}" in held), "other")


def counts(part: LensPart) -> Counts | None:
    """Return the counts of all control tests of the control under a lens together, None where none has a result."""
    results = [result.counts for result in part.judgement.results if result.counts] if part.judgement else []
    if not results:
        return None
    return Counts(
        *(
            sum(getattr(each, name) for each in results)
            for name in ("population", "passed", "exceptions", "cannot_test", "not_applicable", "pending")
        )
    )


def sharing(pairs: Sequence[PairCount]) -> dict[str, int]:
    """Return how the items are shared: both, soc2 (only there), sox (only there), neither; together all items."""
    found = Counter({"both": 0, "soc2": 0, "sox": 0, "neither": 0})
    for pair in pairs:
        found[_side(pair)] += pair.items
    return dict(found)


def same_verdict(pairs: Sequence[PairCount]) -> int:
    """Return how many items count under both lenses and come out the same."""
    return sum(pair.items for pair in pairs if _side(pair) == "both" and pair.soc2 == pair.sox)


def differences(compared: ControlCompared) -> tuple[Difference, ...]:
    """Return why verdicts differ, the most items first; an item with several reasons is told at each attribute."""
    found: Counter[tuple[str, str]] = Counter()
    names = {lens: about(lens).name for lens in LENSES}
    for pair in compared.pairs:
        side = _side(pair)
        if side in ("soc2", "sox"):
            other = "sox" if side == "soc2" else "soc2"
            found[_outside(pair, side, names[side], names[other])] += pair.items
        elif side == "both" and pair.soc2 != pair.sox:
            for key in _attributes(compared, pair, names):
                found[key] += pair.items
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Difference(kind, text, items) for (kind, text), items in ordered)


def _outside(pair: PairCount, side: str, name: str, other: str) -> tuple[str, str]:
    reason = pair.sox_reason if side == "soc2" else pair.soc2_reason
    words = {
        "scope": f"the system is not in the scope of {other} on the date",
        "period": f"the date lies outside the period of {other}",
        "": f"{other} does not judge this control test here",
    }
    because = words.get(reason, f"nothing that {other} asks for applies")
    return reason or "not required", f"Count for {name} only, since {because}"


def _attributes(compared: ControlCompared, pair: PairCount, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return a key per attribute that decides the graver verdict and that the other lens does not require."""
    order = [Outcome.EXCEPTION, Outcome.CANNOT_TEST, Outcome.PASS]
    graver = min(LENSES, key=lambda lens: order.index(Outcome(getattr(pair, lens))))
    reason = pair.soc2_reason if graver == "soc2" else pair.sox_reason
    required = {(test, letter): (soc2, sox) for test, letter, _, soc2, sox in compared.attributes}
    wording = {(test, letter): text for test, letter, text, _, _ in compared.attributes}
    found = []
    for part in reason.split(";"):
        letter = part.partition(":")[0]
        soc2, sox = required.get((pair.control_test, letter), (True, True))
        if (soc2, sox) == (True, True):
            continue
        verdict = "Exceptions" if getattr(pair, graver) == Outcome.EXCEPTION else "Cannot be tested"
        words = wording[(pair.control_test, letter)].rstrip(".")
        text = f"{verdict} for {names[graver]} alone, by {letter} of {pair.control_test} ({words})"
        found.append((kind_of(pair.control_test, letter), text))
    return found or [("other", f"Graver for {names[graver]}, by what both require")]


def _side(pair: PairCount) -> str:
    sides = [verdict not in ("", Outcome.NOT_APPLICABLE) for verdict in (pair.soc2, pair.sox)]
    return {(True, True): "both", (True, False): "soc2", (False, True): "sox"}.get((sides[0], sides[1]), "neither")


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
