"""Items of test results found by their id: at its beginning in each run, anywhere in it in runs that are small."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs.control_tests import latest_runs
from twofold.records.workspace import Workspace
from twofold.web.company.result_grid import SMALL
from twofold.web.company.run_files import record_of, rows_of

_SHORTEST = 3
_FROM = "SELECT filename, item, system FROM read_parquet(?, filename = true, union_by_name = true) WHERE"
_NAMED = "lower(item) <> lower($asked), item"
_ANYWHERE = f"{_FROM.replace('?', '$files')} contains(lower(item), lower($asked)) ORDER BY {_NAMED} LIMIT $limit"
_BEGINNING = f"{_FROM} item >= ? AND item < ? LIMIT ?"


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One item of the newest run of a control test."""

    control_test: str
    item: str
    system: str


def found_items(workspace: Workspace, asked: str, *, limit: int) -> Sequence[FoundItem]:
    """Return items whose id has what was typed, in small runs the very id first; what looks like no id finds none."""
    if len(asked) < _SHORTEST or not _looks_like_an_id(asked):
        return []
    runs = {
        str(folder / OUTCOMES_FILE): (test, record_of(folder).population_count <= SMALL)
        for test, folder in sorted(latest_runs(workspace).items())
        if (folder / OUTCOMES_FILE).exists()
    }
    small = [file for file, (_, is_small) in runs.items() if is_small]
    large = [file for file, (_, is_small) in runs.items() if not is_small]
    found = rows_of(_ANYWHERE, {"files": small, "asked": asked, "limit": limit}) if small else []
    if large and len(found) < limit:
        after = asked[:-1] + chr(ord(asked[-1]) + 1)
        found += rows_of(_BEGINNING, [large, asked, after, limit])
    return [FoundItem(runs[file][0], item, system or "") for file, item, system in found[:limit]]


def _looks_like_an_id(asked: str) -> bool:
    """Whether it is one word with a digit or a sign in it, such as INC-2 or billing/41."""
    return not any(each.isspace() for each in asked) and any(not each.isalpha() for each in asked)
