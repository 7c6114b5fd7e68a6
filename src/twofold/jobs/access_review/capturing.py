"""How an act of a review is captured, and what every act needs: a review held here, a fitting state, a right clock."""

import csv
import fcntl
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import Concatenate, ParamSpec

from twofold.engagement.access_review import ALLOWED, Review, ReviewAct, ReviewState
from twofold.jobs.access_review.tables import ReviewTables, review_tables
from twofold.jobs.capture import capture
from twofold.model.evidence import ACT_CONNECTOR, EvidenceRef, Provenance
from twofold.model.ids import EvidenceId, SystemId
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER, Workspace
from twofold.tables.csv_records import FIELD_LIMIT
from twofold.vault.entry import instant_text
from twofold.vault.evidence import CaptureItem, index_of
from twofold.vault.evidence_index import EvidenceFilter

Line = Mapping[str, str]
REASON = "reason"
"""Parameter of evidence of an act whose reason stands in none of its lines: a routing, a further record."""
_AFTER_CLOSE = (
    "a completed review is not changed; have access that was kept by mistake removed now under a ticket, and decide on "
    "it in a further review, opened from a new snapshot with 'twofold review open'"
)
_LOCK = "review.lock"
_Given = ParamSpec("_Given")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "campaign": ("id", "system", "snapshot", "started_at", "completed_at"),
    "review_item": ("campaign", "account", "right_id", "reviewer", "decision", "decided_at", "reason"),
    "revoke": ("campaign", "account", "right_id", "ticket", "executed_at"),
    "impact_review": ("campaign", "account", "right_id", "reviewed_at", "reviewed_by", "looked_from", "result"),
}


@dataclass(frozen=True, slots=True)
class ActDone:
    """The review after an act, the evidence that holds the act, and what a person should know about it."""

    review: Review
    evidence: tuple[EvidenceId, ...]
    notes: tuple[str, ...] = ()


def one_at_a_time(
    act: Callable[Concatenate[Workspace, _Given], ActDone],
) -> Callable[Concatenate[Workspace, _Given], ActDone]:
    """Let an act wait for the one that is going on, since what may be done follows from what was. Not to be nested."""

    @wraps(act)
    def alone(workspace: Workspace, /, *args: _Given.args, **kwargs: _Given.kwargs) -> ActDone:
        with (workspace.root / INNER / _LOCK).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return act(workspace, *args, **kwargs)

    return alone


def review_for(tables: ReviewTables, review_id: str, act: ReviewAct, at: datetime) -> Review:
    """Return the review; raises UserError when it is not held here, its state forbids the act, or the clock is off."""
    review = tables.review(review_id)
    if not review.held_here:
        found = f"{review_id} is held in another tool, from which it was exported"
        raise UserError(
            Problem("REVIEW", found, "a review opened here", "act in that tool and capture its export again")
        )
    if act not in ALLOWED[review.state]:
        when = f" since {instant_text(review.completed_at)}" if review.completed_at else ""
        found = f"{review_id} is {review.state}{when}, so '{act}' is not allowed"
        allowed = "one of " + ", ".join(ALLOWED[review.state])
        remedy = _AFTER_CLOSE if review.state is ReviewState.COMPLETED else "it is completed when every pair is decided"
        raise UserError(Problem("REVIEW", found, allowed, remedy))
    snapshot = tables.snapshot(review.snapshot)
    newest = max(review.last_act, snapshot.taken_at_latest if snapshot else review.last_act)
    if at <= newest:
        found = f"the clock of this machine says {instant_text(at)}; snapshot or last act are of {instant_text(newest)}"
        remedy = "run this again, since somebody may have acted meanwhile; if it stays, set the clock right"
        raise UserError(Problem("clock", found, "a later time", remedy))
    return review


def record(
    workspace: Workspace,
    review: Review,
    acts: Mapping[str, Sequence[Line]],
    *,
    said: str,
    actor: str,
    at: datetime,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> ActDone:
    """Capture an act on a review that is there, and return the review as it stands then."""
    evidence = capture_acts(
        workspace,
        acts,
        name=review.review_id,
        system=review.system,
        said=said,
        speaks_from=review.started_at,
        parameters=parameters,
        actor=actor,
        at=at,
    )
    return ActDone(review_now(workspace, review.review_id), evidence)


def capture_acts(  # noqa: PLR0913  what was done, in whose words, by whom
    workspace: Workspace,
    acts: Mapping[str, Sequence[Line]],
    *,
    name: str,
    system: str,
    said: str,
    speaks_from: datetime,
    parameters: Mapping[str, str],
    actor: str,
    at: datetime,
) -> tuple[EvidenceId, ...]:
    """Capture the lines, a file for each canonical table, all or none. Each file has a name of its own, so all stay.

    Raises UserError for a text that no file of evidence could be read with, such as a zero byte.
    """
    cells = [("said", said), *(cell for lines in acts.values() for line in lines for cell in line.items())]
    if problems := [problem for name, text in cells for problem in _text_problems(name, text)]:
        raise UserError(problems)
    with tempfile.TemporaryDirectory(prefix="twofold-review-") as scratch:
        items = []
        for kind, lines in acts.items():
            file = Path(scratch) / f"{name}-{kind}-{at:%Y%m%dT%H%M%S.%f}Z.csv"
            text = io.StringIO()
            writer = csv.DictWriter(text, _COLUMNS[kind], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
            file.write_text(text.getvalue(), encoding="utf-8")
            provenance = Provenance(
                source="csvtable",
                kind=kind,
                run_by=actor,
                run_at=at,
                query=said,
                parameters=dict(parameters),
                connector=ACT_CONNECTOR,
                claimed_count=len(lines),
                paging_proven=True,
                period_from=speaks_from,
                systems=(SystemId(system),),
            )
            items.append(CaptureItem(file, file.name, provenance))
        captured = capture(workspace, items, actor=actor, at=at)
    return tuple(each.evidence.evidence_id for each in captured)


def _text_problems(name: str, text: str) -> Iterator[Problem]:
    """Yield why a text of an act could not be read again from its file."""
    if len(text) > FIELD_LIMIT:
        yield Problem(name, f"a text of {len(text):,} characters", f"at most {FIELD_LIMIT:,}", "say it shorter")
    if "\0" in text or any("\ud800" <= each <= "\udfff" for each in text):
        yield Problem(name, "a character that no text holds", "text", "delete the character")


def captured_acts(workspace: Workspace, review_id: str) -> list[EvidenceRef]:
    """Return the evidence of each act on a review that is held here, in order; also of what a later act took back.

    Files without a line, which only say that nothing was removed or looked at yet, are left out.
    """
    found = (
        each
        for kind in _COLUMNS
        for each in workspace.vault.each_evidence(EvidenceFilter(source="csvtable", kind=kind))
        if re.fullmatch(rf"{re.escape(review_id)}-{kind}-\d{{8}}T\d{{6}}\.\d{{6}}Z\.csv", each.name)
    )
    acts = [each for each in found if each.provenance.connector == ACT_CONNECTOR and each.provenance.claimed_count]
    return sorted(acts, key=lambda each: (each.captured_at, index_of(each.evidence_id) or 0))


def review_now(workspace: Workspace, review_id: str) -> Review:
    """Return a review as it stands now; raises UserError for an id that there is none of."""
    with review_tables(workspace) as tables:
        return tables.review(review_id)
