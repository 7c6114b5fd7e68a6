"""What stands of the request lists: their lines, what people decided, and the pairs that are proposed now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from twofold.jobs.source_registry import feeds
from twofold.jobs.told_rows import ToldRow, told_rows
from twofold.readiness.anti_patterns.facts import RequestPairFact
from twofold.readiness.near_duplicates.evidence_kinds import evidence_kinds
from twofold.readiness.near_duplicates.merged_list import MergedRequest, Pair, merge
from twofold.readiness.near_duplicates.proposals import ProposedPair, propose
from twofold.readiness.near_duplicates.request import Reader, RequestLine
from twofold.readiness.near_duplicates.scorer import shipped_scorer
from twofold.readiness.near_duplicates.system_names import known_systems
from twofold.readiness.near_duplicates.vocabulary import vocabulary
from twofold.records.workspace import Workspace

SAME, NOT_SAME = "same", "not_same"
_MOST_CAPTURED = 5
"""Pieces of evidence that a request is shown with, the newest first."""


@dataclass(frozen=True, slots=True)
class StandingLists:
    """Lists and lines as they stand (withdrawn lines left out), with each decision by its pair of places."""

    lists: Sequence[ToldRow]
    lines: Sequence[RequestLine]
    decisions: Mapping[Pair, ToldRow]

    def of(self, list_id: str) -> list[RequestLine]:
        """Return the lines of one list, in its order."""
        return [line for line in self.lines if line.list_id == list_id]


def standing_lists(workspace: Workspace) -> StandingLists:
    """Return what stands now."""
    rows = told_rows(workspace, "request_list", "request_list_line", "request_pair_decision")
    lines = sorted(rows["request_list_line"], key=lambda row: (str(row["request_list"]), int(str(row["position"]))))
    return StandingLists(
        lists=rows["request_list"],
        lines=[_line(row) for row in lines if not row["withdrawn"]],
        decisions={
            ordered(f"{row['first_list']}/{row['first_line']}", f"{row['second_list']}/{row['second_line']}"): row
            for row in rows["request_pair_decision"]
        },
    )


def ordered(one: str, other: str) -> Pair:
    """Return two places in one order."""
    return (one, other) if one <= other else (other, one)


def reader_for(workspace: Workspace) -> Reader:
    """Return a reader that knows the systems of the applied scope beside the shipped products."""
    applied = workspace.applied_scope()
    systems = {system.id: system.name for system in applied.scope.systems} if applied else {}
    return Reader(vocabulary(), known_systems()).with_systems(systems)


def proposed_pairs(workspace: Workspace, standing: StandingLists) -> list[ProposedPair]:
    """Return the pairs between every two lists that seem to ask for the same evidence, the likest first."""
    reader = reader_for(workspace)
    found = [
        pair
        for one, other in combinations(sorted(str(each["id"]) for each in standing.lists), 2)
        for pair in propose(standing.of(one), standing.of(other), reader=reader, scorer=shipped_scorer())
    ]
    return sorted(found, key=lambda pair: (-pair.score, pair.first.place, pair.second.place))


def undecided_pairs(workspace: Workspace) -> tuple[list[RequestPairFact], int]:
    """Return the proposed pairs that nobody decided on, and how many lists there are."""
    standing = standing_lists(workspace)
    return [
        RequestPairFact(pair.first.place, pair.second.place, pair.score)
        for pair in proposed_pairs(workspace, standing)
        if ordered(pair.first.place, pair.second.place) not in standing.decisions
    ], len(standing.lists)


def merged_list(workspace: Workspace) -> list[MergedRequest]:
    """Return one list of all: what people confirmed stands together, with the evidence that seems to answer it."""
    standing = standing_lists(workspace)
    confirmed = [pair for pair, row in standing.decisions.items() if row["decision"] == SAME]
    return merge(standing.lines, confirmed, captured_for(workspace, standing.lines))


def captured_for(workspace: Workspace, lines: Sequence[RequestLine]) -> dict[str, list[str]]:
    """Return, for each line by its place, ids of captured evidence of the kind that it asks for, the newest first.

    Evidence that says it speaks for other systems only is left out.
    """
    reader = reader_for(workspace).with_columns(lines)
    by_table: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for evidence in workspace.vault.each_evidence(newest_only=True):
        systems = frozenset(str(system) for system in evidence.provenance.systems)
        for table in feeds(evidence.provenance):
            by_table.setdefault(table, []).append((evidence.evidence_id, systems))
    found: dict[str, list[str]] = {}
    for reading in reader.read_all(lines):
        tables = dict.fromkeys(table for kind in sorted(reading.kinds) for table in evidence_kinds()[kind].tables)
        answers = [
            evidence
            for table in tables
            for evidence, systems in reversed(by_table.get(table, []))
            if not systems or not reading.systems or systems & reading.systems
        ]
        found[reading.line.place] = list(dict.fromkeys(answers))[:_MOST_CAPTURED]
    return found


def _line(row: ToldRow) -> RequestLine:
    texts = {name: str(row[name] or "") for name in ("text", "due", "owner", "system", "period")}
    return RequestLine(str(row["request_list"]), str(row["line"]), **texts)
