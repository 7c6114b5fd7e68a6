"""Samples in the log of the small company: each act as the software would record it, and what a test changes in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any, Protocol

import duckdb

from twofold.engagement.sample import Sample, rebuild, sample_id_of
from twofold.populations.samples.evaluation import evaluate
from twofold.populations.samples.frozen import FrozenPopulation, freeze, unit_line
from twofold.populations.samples.selection import Method, Plan, draw, next_units, seed_of, units_by_stratum
from twofold.reports.contents import PackageContents, PackagedSample
from twofold.vault.entry import Entry, instant_text

CONTROL, TEST = "CM-01", "T-10"
FIVE = Plan(Method.RANDOM, 5)
NONCE = "8 dice: 4 1 6 6 2 3 5 1"
IDLE = "NOT_APPLICABLE"


class Log(Protocol):
    """A log in memory."""

    entries: list[Entry]

    def append(self, kind: str, body: dict[str, Any]) -> Entry: ...


@dataclass
class SampleMaker:
    """Makes samples of CM-01 by T-10. Each act takes `changed`: fields of its body that are not what they must be."""

    log: Log
    contents: PackageContents
    engagement: str = "soc2-2026"
    populations: dict[str, FrozenPopulation] = field(default_factory=dict)

    def agree(self, **changed: Any) -> Entry:
        """Record what was agreed."""
        body = {
            "agreed_with": "R. Auditor",
            "confidence": "90",
            "control": CONTROL,
            "engagement": self.engagement,
            "expected": "0",
            "extension": 2,
            "reason": "planning meeting",
            "size": 5,
            "tolerable": "40",
        }
        return self.log.append("sample_agreement", body | changed)

    def freeze(
        self,
        days: tuple[int, int] = (0, 365),
        *,
        plan: Plan | None = FIVE,
        nonce: str = "",
        leave: int = 0,
        idle: bool = False,
        **changed: Any,
    ) -> str:
        """Freeze the items that count, in a slice of the period, `leave` of them left away; return the sample's id.

        plan: None for every unit. idle: the items that do not apply, too.
        """
        judged = next(each for each in self.contents.engagements if each.id == self.engagement)
        starts_at, ends_before = (
            datetime.fromisoformat(judged.judgement.starts_at) + timedelta(days=each) for each in days
        )
        lines, left = self._units(starts_at, ends_before)
        beside = [unit_line(item, system, at) for item, system, at, verdict, _ in self._verdicts() if verdict == IDLE]
        population = freeze([*lines[: len(lines) - leave], *(beside if idle else [])])
        recorded = [each for each in self.log.entries if each.kind == "judgement"]
        plan = plan or Plan(Method.RANDOM, len(population.lines))
        body = {
            "by": str(plan.by) if plan.by else None,
            "control": CONTROL,
            "control_test": TEST,
            "ends_before": instant_text(ends_before),
            "engagement": self.engagement,
            "judgement": next(each.index for each in recorded if each.body["engagement"] == self.engagement),
            "left_out": [[reason, left.count(reason)] for reason in sorted(set(left))],
            "method": str(plan.method),
            "nonce_sha256": sha256(nonce.encode()).hexdigest() if nonce else None,
            "root": population.root.hex(),
            "run_id": judged.judgement.runs[TEST],
            "size": plan.size,
            "starts_at": instant_text(starts_at),
            "units": len(population.lines),
        }
        name = sample_id_of(self.log.append("sample_freeze", body | changed).index)
        self.populations[name] = population
        return name

    def draw(self, name: str, plan: Plan | None = None, *, again: str = "", **changed: Any) -> Entry:
        """Draw with a nonce of this sample's own, NONCE where the freeze has the hash of one, or one said `again`.

        plan: another one than the freeze says.
        """
        sample, population = self.sample(name), self.populations[name]
        plan = plan or sample.frozen_plan
        nonce = again or (NONCE if sample.nonce_sha256 else f"{NONCE} for {name}")
        about = {"engagement": sample.engagement, "control": CONTROL, "control_test": TEST}
        seed = seed_of(**about, root=population.root, nonce=nonce)
        agreed = [each for each in self.log.entries if each.kind == "sample_agreement"]
        body = {
            "agreement": next(
                (each.index for each in reversed(agreed) if each.body["engagement"] == self.engagement), None
            ),
            "by": str(plan.by) if plan.by else None,
            "method": str(plan.method),
            "nonce": nonce,
            "positions": draw(population, seed, plan),
            "sample": name,
            "seed": seed.hex(),
            "size": plan.size,
        }
        return self.log.append("sample_draw", body | changed)

    def replace(self, name: str, **changed: Any) -> Entry:
        """Replace the first unit that counts."""
        gone = self.sample(name).projected[0].position
        return self._change(name, "replace", self._next(name, 1, gone), gone, changed)

    def extend(self, name: str, units: int, **changed: Any) -> Entry:
        """Draw further units."""
        return self._change(name, "extend", self._next(name, units, None), None, changed)

    def target(self, name: str, positions: list[int], **changed: Any) -> Entry:
        """Name units."""
        return self._change(name, "target", positions, None, changed)

    def evaluate(self, name: str, *, further: Sequence[int] = (), hide: bool = False, **changed: Any) -> Entry:
        """Evaluate by the verdicts and what a person found; `hide` leaves every deviation out."""
        sample, population = self.sample(name), self.populations[name]
        verdicts = {item: verdict for item, _, _, verdict, _ in self._verdicts()}
        counted = {each.position for each in sample.projected}
        found = {each for each in sample.taken if verdicts[population.unit(each).item] in {"EXCEPTION", "CANNOT_TEST"}}
        deviations = [] if hide else sorted((found & counted) | set(further))
        replaced = sorted((found | sample.found_by_people) & sample.left)
        result, other = (
            evaluate(
                size=len(counted) + len(more),
                deviations=len(deviations) + len(more),
                population=sample.units,
                risk=Fraction(1, 10),
                tolerable=Fraction(2, 5),
                strata=units_by_stratum(population, sample.frozen_plan, [*counted, *more]),
            )
            for more in ([], replaced)
        )
        body = {
            "confidence": "90",
            "deviations": deviations,
            "further": [*further],
            "judgement": sample.judgement,
            "limit": f"{float(result.limit * 100):.6f}".rstrip("0").rstrip("."),
            "limit_items": result.limit_items,
            "limit_items_with_replaced": other.limit_items,
            "limit_with_replaced": f"{float(other.limit * 100):.6f}".rstrip("0").rstrip("."),
            "note": "",
            "planned": 0,
            "replaced": replaced,
            "sample": name,
            "supports": result.supports,
            "supports_with_replaced": other.supports,
            "tolerable": "40",
            "units": len(counted),
        }
        return self.log.append("sample_result", body | changed)

    def sample(self, name: str) -> Sample:
        """Return a sample as it is now."""
        return rebuild(self.log.entries).by_id[name]

    def packaged(self) -> list[PackagedSample]:
        """Return all samples as a package holds them."""
        shown = rebuild(self.log.entries).by_id
        return [PackagedSample(each, self.populations[name]) for name, each in shown.items()]

    def _change(self, name: str, act: str, positions: list[int], gone: int | None, changed: dict[str, Any]) -> Entry:
        body = {
            "act": act,
            "evidence": [],
            "positions": positions,
            "reason": f"why it was: {act}",
            "replaced": gone,
            "sample": name,
        }
        return self.log.append("sample_change", body | changed)

    def _next(self, name: str, count: int, like: int | None) -> list[int]:
        sample = self.sample(name)
        assert sample.plan is not None
        seed = bytes.fromhex(sample.seed)
        return next_units(self.populations[name], seed, sample.plan, taken=sample.taken, count=count, like=like)

    def _verdicts(self) -> list[tuple[str, str, datetime | None, str, str]]:
        run = next(each for each in self.contents.runs if each.control.control_id == CONTROL)
        query = "SELECT item, system, operating_at, verdict, reason FROM read_parquet(?)"
        with duckdb.connect() as session:
            return session.execute(query, [str(run.verdicts[self.engagement])]).fetchall()

    def _units(self, starts_at: datetime, ends_before: datetime) -> tuple[list[bytes], list[str]]:
        """Return the lines of the items that count in a slice, and of the others the reasons."""
        lines, left = [], []
        for item, system, at, verdict, reason in self._verdicts():
            assert at is not None
            if verdict == IDLE:
                left.append(reason if reason in {"scope", "period"} else "not applicable")
            elif not starts_at.replace(tzinfo=None) <= at < ends_before.replace(tzinfo=None):
                left.append("slice")
            else:
                lines.append(unit_line(item, system, at))
        return lines, left
