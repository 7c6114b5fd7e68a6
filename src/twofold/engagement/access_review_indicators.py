"""Pace and bulk approval of a review, as indicators for a reader and never a verdict (audit-domain T-05, traps).

What stands out is a question to the reviewer: T-05 does not read any of this. Thresholds with date and source are in
`access_review_indicators.toml`.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from twofold.engagement.access_review import Decision, ReviewItem

_FEW_TIMES = "fewer than two decisions at times known to the second"
THRESHOLDS_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on an indicator stands out: below or above a number. The last two say what is counted at all."""

    about: str
    unit: str
    as_of: date
    source: str
    below: int | None = None
    above: int | None = None
    within_seconds: int = 0
    at_least_decisions: int = 0

    def reached(self, value: float) -> bool:
        """Whether the value stands out."""
        return (self.below is not None and value < self.below) or (self.above is not None and value > self.above)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number about a review; `value` None where too little was decided. `detail` names who or what it is about."""

    name: str
    value: float | None
    stands_out: bool
    detail: str
    threshold: Threshold


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Return every threshold by the name of its indicator; `about` names its own numbers."""
    raw: Mapping[str, Mapping[str, Any]] = tomllib.loads(THRESHOLDS_FILE.read_text(encoding="utf-8"))
    return {name: Threshold(**{**body, "about": body["about"].format_map(body)}) for name, body in raw.items()}


def indicators(items: Iterable[ReviewItem]) -> list[Indicator]:
    """Return every indicator, in the order of the file. Items without a decision are left out.

    Pace is of decisions whose time is known to the second; what was decided is counted with any time or none.
    """
    decided = [each for each in items if each.decision is not None]
    timed = [each for each in decided if each.decided_at is not None and each.to_the_second]
    by_reviewer = _by_reviewer(
        sorted(timed, key=lambda item: (_at(item), item.pair, item.reviewer, str(item.decision)))
    )
    found = {
        "median_seconds": _median_seconds(by_reviewer),
        "longest_run": _longest_run(by_reviewer, thresholds()["longest_run"]),
        "share_approved": _share_approved(decided),
        "largest_burst": _largest_burst(by_reviewer, thresholds()["largest_burst"]),
        "reviewers_without_revoke": _without_revoke(_by_reviewer(decided), thresholds()["reviewers_without_revoke"]),
    }
    return [
        Indicator(name, value, value is not None and thresholds()[name].reached(value), detail, thresholds()[name])
        for name, (value, detail) in found.items()
    ]


Found = tuple[float | None, str]
ByReviewer = Mapping[str, Sequence[ReviewItem]]


def _by_reviewer(items: Sequence[ReviewItem]) -> ByReviewer:
    found: dict[str, list[ReviewItem]] = {}
    for each in items:
        found.setdefault(each.reviewer, []).append(each)
    return found


def _at(item: ReviewItem) -> datetime:
    if item.decided_at is None:
        msg = f"{item.pair} has no time"
        raise ValueError(msg)
    return item.decided_at


def _median_seconds(by_reviewer: ByReviewer) -> Found:
    """Return the median over all gaps between two decisions of one reviewer."""
    gaps = [
        (_at(after) - _at(before)).total_seconds() for said in by_reviewer.values() for before, after in pairwise(said)
    ]
    return (float(median(gaps)), f"over {len(gaps):,} gaps") if gaps else (None, _FEW_TIMES)


def _longest_run(by_reviewer: ByReviewer, threshold: Threshold) -> Found:
    within = timedelta(seconds=threshold.within_seconds)
    longest, who = 0, ""
    for reviewer, said in by_reviewer.items():
        run, last = 0, None
        for item in said:
            if item.decision is not Decision.APPROVE:
                run, last = 0, None
                continue
            run = run + 1 if last is not None and _at(item) - last <= within else 1
            last = _at(item)
            if run > longest:
                longest, who = run, reviewer
    return (float(longest), f"by {who}") if who else (None, "nothing was approved at a time known to the second")


def _share_approved(decided: Sequence[ReviewItem]) -> Found:
    approved = sum(each.decision is Decision.APPROVE for each in decided)
    if not decided:
        return None, "nothing was decided"
    return 100 * approved / len(decided), f"{approved:,} of {len(decided):,}"


def _largest_burst(by_reviewer: ByReviewer, threshold: Threshold) -> Found:
    """Return the most decisions that one reviewer made in any stretch of the seconds given, as percent of all."""
    within = timedelta(seconds=threshold.within_seconds)
    total = sum(len(said) for said in by_reviewer.values())
    most, who = 0, ""
    for reviewer, said in by_reviewer.items():
        first = 0
        for last, item in enumerate(said):
            while _at(item) - _at(said[first]) > within:
                first += 1
            if last - first + 1 > most:
                most, who = last - first + 1, reviewer
    if total <= 1:
        return None, _FEW_TIMES
    return 100 * most / total, f"{most:,} of {total:,} by {who}"


def _without_revoke(by_reviewer: ByReviewer, threshold: Threshold) -> Found:
    many = {name: said for name, said in by_reviewer.items() if len(said) >= threshold.at_least_decisions}
    silent = sorted(name for name, said in many.items() if all(each.decision is Decision.APPROVE for each in said))
    if not many:
        return None, f"nobody made {threshold.at_least_decisions} decisions"
    return float(len(silent)), ", ".join(silent) or "none"
