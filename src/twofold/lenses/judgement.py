"""The judgement of one engagement: its controls and its criteria or ITGC domains, as proposed by its lens."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from twofold.lenses.conclusion import Conclusion, ControlJudgement, ControlTestResult
from twofold.lenses.gather import GatheredJudgement
from twofold.lenses.looks import Look, Looks, Place
from twofold.lenses.verdict import Counts


@dataclass(frozen=True, slots=True)
class EngagementJudgement:
    """Everything a lens proposes for an engagement. Times are ISO texts in UTC; `clock` is the newest extraction.

    `gathered` are criteria for SOC 2, ITGC domains for SOX. `runs` is control test -> run id. `reach` says what no
    conclusion reaches: of a Type 1 operation, of data that ends early the rest of the period.
    """

    engagement_id: str
    lens: str
    lens_title: str
    auditor: str
    starts_at: str
    ends_before: str
    clock: str
    tolerable_percent: int
    tolerable_source: str
    benchmark_years: int
    benchmark_source: str
    categories: tuple[str, ...]
    runs: Mapping[str, str]
    controls: tuple[ControlJudgement, ...]
    gathered: tuple[GatheredJudgement, ...]
    reach: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the judgement as plain JSON values."""
        return {**asdict(self), "controls": [control.as_json() for control in self.controls]}


def read_judgement(body: Mapping[str, Any]) -> EngagementJudgement:
    """Read what `as_json` gave."""
    return EngagementJudgement(
        **{
            **body,
            "categories": tuple(body["categories"]),
            "controls": tuple(_control(control) for control in body["controls"]),
            "gathered": tuple(_gathered(each) for each in body["gathered"]),
            "reach": tuple(body.get("reach", ())),
        }
    )


def _control(body: Mapping[str, Any]) -> ControlJudgement:
    return ControlJudgement(
        control_id=body["control_id"],
        title=body["title"],
        results=tuple(_result(result) for result in body["results"]),
        conclusion=Conclusion(body["conclusion"]),
        reasons=tuple(body["reasons"]),
        open_points=tuple(body["open_points"]),
        looks=tuple(body["looks"]),
    )


def _result(body: Mapping[str, Any]) -> ControlTestResult:
    counts = body["counts"]
    return ControlTestResult(
        control_test=body["control_test"],
        run_id=body["run_id"],
        required=tuple(body["required"]),
        counts=None if counts is None else _counts(counts),
        stops=tuple(body["stops"]),
        completeness_signed_by=body["completeness_signed_by"],
        uncovered=tuple(body["uncovered"]),
        by_system={system: _counts(each) for system, each in body["by_system"].items()},
        looks=None if body["looks"] is None else _looks(body["looks"]),
    )


def _looks(body: Mapping[str, Any]) -> Looks:
    named = tuple(Look(**{**each, "place": Place(each["place"])}) for each in body["named"])
    return Looks(**{**body, "named": named})


def _counts(body: Mapping[str, int]) -> Counts:
    return Counts(**{each.name: body[each.name] for each in fields(Counts)})


def _gathered(body: Mapping[str, Any]) -> GatheredJudgement:
    return GatheredJudgement(
        id=body["id"],
        title=body["title"],
        conclusion=Conclusion(body["conclusion"]),
        controls=tuple(body["controls"]),
        reasons=tuple(body["reasons"]),
    )
