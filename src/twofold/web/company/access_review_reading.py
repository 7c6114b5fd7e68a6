"""What pages about access reviews read: a page of pairs with their context, and sums that are kept until an act."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from twofold.engagement.access_review import Progress, Review, progress, progress_by_reviewer
from twofold.engagement.access_review_history import was_changed
from twofold.engagement.access_review_indicators import Indicator, indicators
from twofold.jobs.access_review.comparing import Comparison, RemovalShown, compare, removals_shown
from twofold.jobs.access_review.history import History, history_of
from twofold.jobs.access_review.kept_pairs import kept_pairs
from twofold.model.sql_path import one_file
from twofold.records.site_place import SitePlace
from twofold.web.company.days import in_utc
from twofold.web.company.run_files import session_of_files
from twofold.web.workspace_access import Current

PAGE = 100
"""Pairs of one page."""
VIEWS = {"application": "by application", "person": "by person", "flat": "one list"}
_KEYS = {
    "application": "concat_ws(chr(1), application, right_id, account)",
    "person": "concat_ws(chr(1), COALESCE(person, '~' || account), account, right_id)",
    "flat": "concat_ws(chr(1), account, right_id)",
}
"""What each view is ordered by: a page goes on after the last key of the page before. No name holds what divides it."""
_GROUPS = {"application": "application", "person": "COALESCE(person, '~' || account)", "flat": "''"}
ONLY = {
    "undecided": ("undecided", "decision IS NULL"),
    "wrong": ("judged wrong", "decision IN ('revoke', 'modify')"),
    "risky": ("privileged or sensitive", "right_class <> 'normal'"),
    "money": ("can change financial data", "changes_money"),
    "unused": ("not used in 90 days", "(last_use IS NULL OR last_use < began_at - INTERVAL 90 DAY)"),
    "nobody": ("of nobody known", "person IS NULL"),
    "alone": ("held by few peers", "peers >= 4 AND holders * 4 <= peers"),
}
"""Filter -> its words, its condition."""
Found = TypeVar("Found")
_KEPT: dict[tuple[object, ...], Any] = {}
_MOST_KEPT = 40
_LOCK = threading.RLock()
"""Held while something is made, which may ask for something else: so it is made once and not once per thread."""


@dataclass(frozen=True, slots=True)
class PairPage:
    """One page of pairs, in order of the view; `after`: the key that the next page begins after, "" on the last."""

    pairs: Sequence[Mapping[str, Any]]
    after: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of one review that stand above its pairs. persons: reviewer -> HR id behind the account.

    bulk: pairs whose decision was given with others at once.
    """

    whole: Progress
    reviewers: Sequence[Progress]
    persons: Mapping[str, str]
    indicators: Sequence[Indicator]
    bulk: int


def page_of_pairs(now: Current, review_id: str, view: str, asked: Mapping[str, str]) -> PairPage:
    """Return a page of the pairs of a review. asked: reviewer, only, words and after."""
    where, given = ["campaign = ?"], [review_id]
    if asked["reviewer"]:
        where.append("reviewer = ?")
        given.append(asked["reviewer"])
    if asked["only"] in ONLY:
        where.append(ONLY[asked["only"]][1])
    if asked["words"]:
        where.append("contains(lower(concat_ws(' ', account, username, right_id, name, person, role)), lower(?))")
        given.append(asked["words"])
    key = _KEYS[view]
    query = f"""
        SELECT *, {key} AS key, {_GROUPS[view]} AS heading FROM read_parquet(?)
        WHERE {" AND ".join(where)} AND {key} > ? ORDER BY key LIMIT {PAGE + 1}
    """  # noqa: S608  texts of ours; what people typed is given apart
    rows = _rows(now, query, given, asked["after"])
    return PairPage(rows[:PAGE], str(rows[PAGE - 1]["key"]) if len(rows) > PAGE else "")


def sums_of(now: Current, review: Review) -> Sums:
    """Return the counts of a review, read once until an act."""
    return once(
        now,
        ("sums", review.review_id),
        lambda: Sums(
            progress("", review.items.values()),
            progress_by_reviewer(review),
            _persons(now, review.review_id),
            indicators(review.items.values()),
            _bulk(now, review.review_id),
        ),
    )


def changed_pairs(now: Current, review: Review) -> History:
    """Return the history of each pair that was routed on, or decided on more than once."""
    return once(
        now,
        ("history", review.review_id),
        lambda: {pair: acts for pair, acts in history_of(now.workspace, review).items() if was_changed(acts)},
    )


def removals_of(now: Current, review: Review) -> Sequence[RemovalShown]:
    """Return the queue of access that has to go; nothing is read where nothing was judged wrong."""
    if not review.judged_wrong:
        return ()
    return once(now, ("removals", review.review_id), lambda: removals_shown(now.workspace, review.review_id))


def comparison_of(now: Current, review_id: str, other: str | None) -> Comparison:
    """Compare a review with the one before (None), or with `today`; raises UserError where there is none."""
    return once(now, ("compare", review_id, other), lambda: compare(now.workspace, review_id, other=other))


def once(now: Current, about: tuple[object, ...], make: Callable[[], Found]) -> Found:
    """Return what was made over the same log, or make it."""
    key = (now.root, now.newest, *about)
    with _LOCK:
        if key not in _KEPT:
            if len(_KEPT) >= _MOST_KEPT:
                _KEPT.clear()
            _KEPT[key] = make()
        found: Found = _KEPT[key]
    return found


def _persons(now: Current, review_id: str) -> dict[str, str]:
    query = "SELECT DISTINCT reviewer, reviewer_person FROM read_parquet(?) WHERE campaign = ?"
    rows = _rows(now, query, [review_id])
    return {row["reviewer"]: row["reviewer_person"] for row in rows if row["reviewer_person"]}


def _bulk(now: Current, review_id: str) -> int:
    query = "SELECT count(*) AS n FROM read_parquet(?) WHERE campaign = ? AND in_bulk"
    return int(_rows(now, query, [review_id])[0]["n"])


def _rows(now: Current, query: str, given: Sequence[object], *more: object) -> list[dict[str, Any]]:
    file = once(now, ("pairs",), lambda: kept_pairs(now.workspace, SitePlace(now.workspace.root).folder))
    if not Path(file).exists():  # another process made it anew and removed this one
        file = kept_pairs(now.workspace, SitePlace(now.workspace.root).folder)
    cursor = session_of_files().execute(query, [one_file(file), *given, *more])
    names = [each[0] for each in cursor.description or ()]
    return [{name: in_utc(cell) for name, cell in zip(names, row, strict=True)} for row in cursor.fetchall()]
