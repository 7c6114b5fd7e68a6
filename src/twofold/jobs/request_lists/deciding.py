"""A person says whether two requests ask for the same evidence. The decision is evidence, and the newest counts."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.engagement.questionnaire.delimited import harmless
from twofold.jobs.request_lists.standing import NOT_SAME, SAME, StandingLists, ordered, proposed_pairs, standing_lists
from twofold.jobs.told_rows import GREATEST_FILE, capture_told
from twofold.model.ids import EvidenceId
from twofold.model.problem import Problem, UserError
from twofold.readiness.near_duplicates.proposals import ProposedPair
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.entry import instant_text

_HEADER = ("first", "first_text", "second", "second_text", "score", "why", "heed", "decision", "reason")
_DECISIONS = (SAME, NOT_SAME)


@dataclass(frozen=True, slots=True)
class PairDecision:
    """Two lines by their places, and what is said of them."""

    first: str
    second: str
    decision: str
    reason: str
    where: str


def decide_pairs(
    workspace: Workspace, decisions: Sequence[PairDecision], *, actor: str, at: datetime
) -> tuple[EvidenceId, ...]:
    """Capture decisions, all or none; raises UserError for places that no list has, or two lines of one list."""
    standing = standing_lists(workspace)
    places = {line.place: line for line in standing.lines}
    problems: list[Problem] = []
    rows = []
    scores = {ordered(x.first.place, x.second.place): f"{x.score:.3f}" for x in proposed_pairs(workspace, standing)}
    for each in decisions:
        problems += _faults(each, list(places))
        pair = ordered(each.first, each.second)
        if not problems:
            first, second = places[pair[0]], places[pair[1]]
            rows.append(
                {
                    "first_list": first.list_id,
                    "first_line": first.line_id,
                    "second_list": second.list_id,
                    "second_line": second.line_id,
                    "decision": each.decision,
                    "score": scores.get(pair, ""),
                    "decided_by": actor,
                    "decided_at": instant_text(at),
                    "reason": each.reason,
                }
            )
    if problems:
        raise UserError(problems)
    said = f"Decided on {len(rows)} pairs of requests"
    return capture_told(workspace, {"request_pair_decision": rows}, name="request-pairs", said=said, actor=actor, at=at)


def pairs_text(standing: StandingLists, pairs: Sequence[ProposedPair]) -> str:
    """Return proposed pairs as CSV with a column for the decision; texts that look like formulas are made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for pair in pairs:
        held = standing.decisions.get(ordered(pair.first.place, pair.second.place), {})
        cells = (
            pair.first.place,
            pair.first.text,
            pair.second.place,
            pair.second.text,
            f"{pair.score:.2f}",
            "; ".join(pair.reasons),
            "; ".join(pair.heed),
            str(held.get("decision", "")),
            str(held.get("reason", "") or ""),
        )
        writer.writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def read_decisions(path: Path) -> list[PairDecision]:
    """Read back what `pairs_text` wrote, with decisions filled in; lines without one are passed over."""
    if not path.is_file() or path.stat().st_size > GREATEST_FILE:
        found = "there is no such file" if not path.is_file() else f"it holds {path.stat().st_size:,} bytes"
        raise UserError(Problem(str(path), found, "a file of 'twofold request-lists pairs --into'"))
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig", errors="replace")))
    if missing := [name for name in ("first", "second", "decision") if name not in (reader.fieldnames or ())]:
        raise UserError([Problem(path.name, f"the column {name!r} is missing", ", ".join(_HEADER)) for name in missing])
    decisions = [
        PairDecision(
            first=str(row["first"]).strip(),
            second=str(row["second"]).strip(),
            decision=str(row["decision"]).strip().casefold().replace(" ", "_"),
            reason=str(row.get("reason") or "").strip(),
            where=f"{path.name}, line {reader.line_num}",
        )
        for row in reader
        if str(row["decision"] or "").strip()
    ]
    if not decisions:
        raise UserError(Problem(path.name, "no decision is filled in", "same or not_same in the column decision"))
    return decisions


def _faults(each: PairDecision, places: list[str]) -> list[Problem]:
    problems = [
        Problem(each.where, f"no list has the request {place!r}", "such as soc2-2026/SOC-012", nearest(place, places))
        for place in (each.first, each.second)
        if place not in places
    ]
    if each.decision not in _DECISIONS:
        problems.append(Problem(each.where, f"the decision {each.decision!r}", "same or not_same"))
    if each.first.partition("/")[0] == each.second.partition("/")[0]:
        problems.append(Problem(each.where, "both requests are of one list", "requests of two lists"))
    return problems
