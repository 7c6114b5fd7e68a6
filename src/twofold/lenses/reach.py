"""How far a judgement reaches: a Type 1 says nothing of operation, and data that ends before its period is interim.

Source: audit-domain 6 (Type 1: as of one date, the opinion is on description and design, no tests in detail) and 2.4
(interim tests of operation, then roll-forward to the end of the year).
"""

from collections.abc import Mapping
from dataclasses import replace

from twofold.lenses.conclusion import Conclusion, ControlJudgement
from twofold.model.instant import parse_instant
from twofold.model.period import ReviewPeriod


def limit_type_1(judged: Mapping[str, ControlJudgement], day: str) -> dict[str, ControlJudgement]:
    """Return the judgements as a Type 1 can have them; `day` is the day that it speaks for, "" for any other report.

    What passed on one day is not proposed as effective: that word is about operation. What deviated stays as it is,
    since it speaks against the design or against its being in place, with a point that says how far it reaches.
    """
    return {control_id: _as_of(judgement, day) if day else judgement for control_id, judgement in judged.items()}


def reach_of(period: ReviewPeriod, *, day: str, clocks: Mapping[str, str]) -> tuple[str, ...]:
    """Return what every reader of the conclusions should know first, () where they reach over the whole period.

    `day` as in `limit_type_1`; `clocks`: control test -> newest extraction of its run, an ISO text.
    """
    found = []
    if day:
        found.append(
            f"Type 1, as of {day}: operation over a period is not tested, so no control is proposed as effective. "
            "A named person concludes on description and design."
        )
    early: dict[str, list[str]] = {}
    for test, clock in sorted(clocks.items()):
        if parse_instant(clock).earliest < period.ends_before:
            early.setdefault(clock, []).append(test)
    for clock, tests in sorted(early.items()):
        whose = "" if len(tests) == len(clocks) else f" of {', '.join(tests)}"
        ends = f"{parse_instant(clock).earliest:%Y-%m-%d %H:%M} UTC"
        found.append(
            f"Interim: the data{whose} ends at {ends}, before the period does, so the conclusions reach no further. "
            "Test and judge again after its end."
        )
    return tuple(found)


def _as_of(judgement: ControlJudgement, day: str) -> ControlJudgement:
    if not judgement.results:
        return judgement
    if judgement.conclusion is Conclusion.EFFECTIVE:
        reason = f"Type 1, as of {day}: what passed on one day shows no operation; a named person concludes on design"
        return replace(judgement, conclusion=Conclusion.NOT_CONCLUDED, reasons=(*judgement.reasons, reason))
    point = f"Type 1, as of {day}: operation is not tested, so this speaks of design and of what was in place"
    return replace(judgement, open_points=(*judgement.open_points, point))
