"""One page of the grid of a run's items, and the filters that narrow it. It pages through ten million outcomes.

Outcomes lie in order of item in blocks of rows, and each block says what its columns hold: a page that starts after an
item, or asks for a rare reason, reads the blocks that can have it. No page counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE
from twofold.jobs.run_rows import PLACE_COLUMNS, ItemPlace, columns_of, rows_beside
from twofold.model.outcome import Outcome, ReasonCode
from twofold.web.company.days import day_of, start_of_day
from twofold.web.company.run_files import record_of, rows_of, rule_of, session_of_files
from twofold.web.workspace_access import Current

SMALL = 50_000
"""Items of a run up to which a part of an id is looked for; in larger runs an id is found by its beginning."""
FILTERS = ("letter", "outcome", "code", "system", "person", "week", "lens", "verdict", "words", "after")
OUTCOMES = {"exception": "exception", "cannot_test": "cannot test", "na": "not applicable", "pass": "pass"}
"""How the codes of an outcome begin -> its word."""
VERDICTS = {each.value: each.value.lower().replace("_", " ") for each in Outcome}
_PERSON_COLUMNS = ("actor", "merged_by", "person", "account", "human", "holder")
_WEEK = timedelta(days=7)


_CANDIDATES = 1_000
"""Items that are taken from another file at a time, where outcomes are narrowed as well."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One item: `cells` is (outcome, reason, code) per attribute, `verdicts` a word per engagement."""

    item: str
    system: str
    operating_at: Any
    cells: tuple[tuple[str, str, str], ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Items that another file chooses, in order; go_on: the item after which it has more, "" where it has none."""

    items: list[str]
    go_on: str


@dataclass(frozen=True, slots=True)
class GridPage:
    """One page of rows, and the item after which the next one begins: "" where there is none."""

    rows: tuple[GridRow, ...]
    after: str


def engagements_of(now: Current, control_test: str) -> list[dict[str, Any]]:
    """Return each judged control of the test: its verdict file, what its lens requires, and the systems that count."""
    return [
        {
            "id": each.judgement.engagement_id,
            "title": each.judgement.lens_title,
            "control_id": control.control_id,
            "conclusion": control.conclusion.value,
            "required": result.required,
            "systems": sorted(result.by_system),
            "counts": result.counts,
            "file": now.workspace.judgements_folder
            / each.judgement.engagement_id
            / f"{control.control_id}-{control_test}.parquet",
        }
        for each in now.judged
        for control in each.judgement.controls
        for result in control.results
        if result.control_test == control_test and result.counts is not None
    ]


def page_of_grid(now: Current, folder: Path, control_test: str, asked: Mapping[str, str], *, limit: int) -> GridPage:
    """Return one page in order of item; unknown filters narrow nothing.

    A person or a verdict stands in another file than the outcomes: the first items there that fit are found, and then
    their outcomes. A page may so hold fewer rows than `limit` while more follow; `after` says whether they do.
    """
    letters = [each.letter for each in rule_of(folder).attributes]
    engagements = engagements_of(now, control_test)
    where, given = _narrowed(now, folder, letters, asked)
    most = _CANDIDATES if where else limit + 1
    chosen = _chosen_elsewhere(now, folder, engagements, asked, most=most)
    where.append("o.item > ?")
    given.append(asked.get("after", ""))
    if chosen is not None:
        where.append("o.item BETWEEN ? AND ? AND list_contains(?, o.item)")
        given += [chosen.items[0], chosen.items[-1], chosen.items] if chosen.items else ["", "", []]
    outcomes = folder / OUTCOMES_FILE
    columns = ", ".join(f"o.{each}" for each in (*PLACE_COLUMNS, *letters))
    query = f"""
        SELECT {columns} FROM read_parquet(?, file_row_number = true) AS o
        WHERE {" AND ".join(where)} ORDER BY o.item LIMIT {limit + 1}
    """  # noqa: S608  letters of the rule; what people typed is given apart
    found = rows_of(query, [str(outcomes), *given])
    after = found[limit - 1][0] if len(found) > limit else chosen.go_on if chosen is not None else ""
    found = found[:limit]
    places = [ItemPlace(*row[: len(PLACE_COLUMNS)]) for row in found]
    verdicts = [_verdicts(each["file"], outcomes, places) for each in engagements]
    rows = [
        GridRow(
            place.item,
            place.system or "",
            place.operating_at,
            tuple(cell_of(code) for code in row[len(PLACE_COLUMNS) :]),
            tuple(each.get(place.item, "") for each in verdicts),
        )
        for place, row in zip(places, found, strict=True)
    ]
    return GridPage(tuple(rows), after)


def person_columns(folder: Path) -> list[str]:
    """Return the columns of a run's population that name a person or an account."""
    if not (folder / POPULATION_FILE).exists():
        return []
    names = columns_of(session_of_files(), folder / POPULATION_FILE)
    return [each for each in _PERSON_COLUMNS if each in names]


def monday_of(text: str) -> date | None:
    """Return the Monday of the week that a day, written as YYYY-MM-DD, lies in; None for anything else."""
    day = day_of(text)
    return None if day is None else day - timedelta(days=day.weekday())


def _narrowed(
    now: Current, folder: Path, letters: Sequence[str], asked: Mapping[str, str]
) -> tuple[list[str], list[Any]]:
    """Return conditions on the outcomes, and what is given to them; a letter is written only if the rule has it."""
    where: list[str] = []
    given: list[Any] = []
    letter, words = asked.get("letter", ""), asked.get("words", "")
    wanted = [letter] if letter in letters else list(letters)
    if asked.get("code") and letter in letters:
        where.append(f"o.{letter} = ?")
        given.append(asked["code"])
    elif asked.get("outcome") in OUTCOMES:
        where.append("(" + " OR ".join(f"starts_with(o.{each}, ?)" for each in wanted) + ")")
        given += [asked["outcome"]] * len(wanted)
    if asked.get("system"):
        where.append("o.system = ?")
        given.append(asked["system"])
    if monday := monday_of(asked.get("week", "")):
        where.append("o.operating_at >= ? AND o.operating_at < ?")
        zone = now.workspace.settings.reporting_zone
        given += [start_of_day(day, zone).replace(tzinfo=None) for day in (monday, monday + _WEEK)]
    if words:
        small = record_of(folder).population_count <= SMALL
        where.append("contains(lower(o.item), lower(?))" if small else "starts_with(o.item, ?)")
        given.append(words)
    return where, given


def _chosen_elsewhere(
    now: Current, folder: Path, engagements: Sequence[Mapping[str, Any]], asked: Mapping[str, str], *, most: int
) -> _Chosen | None:
    """Return the first items, in order, that a person or a verdict chooses; None where neither is asked for."""
    after = asked.get("after", "")
    file = next((each["file"] for each in engagements if each["id"] == asked.get("lens")), None)
    verdict = asked.get("verdict", "") if file is not None and file.exists() else ""
    columns = person_columns(folder) if asked.get("person") else []
    if not columns and verdict not in VERDICTS:
        return None
    if not columns:
        query = f"SELECT item FROM read_parquet(?) WHERE verdict = ? AND item > ? ORDER BY item LIMIT {most}"  # noqa: S608  a number of ours
        items = [item for (item,) in rows_of(query, [str(file), verdict, after])]
        return _Chosen(items, items[-1] if len(items) == most else "")
    names = _accounts_of(now, asked["person"])
    some = " OR ".join(f"{each} IN ({', '.join('?' * len(names))})" for each in columns)
    most = max(most, _CANDIDATES)
    query = f"SELECT item FROM read_parquet(?) WHERE ({some}) AND item > ? ORDER BY item LIMIT {most}"  # noqa: S608  columns of ours
    given = [str(folder / POPULATION_FILE), *(names * len(columns)), after]
    items = [item for (item,) in rows_of(query, given)]
    go_on = items[-1] if len(items) == most else ""
    if verdict in VERDICTS and items:
        query = "SELECT item FROM read_parquet(?) WHERE verdict = ? AND item BETWEEN ? AND ? AND list_contains(?, item)"
        fitting = rows_of(f"{query} ORDER BY item", [str(file), verdict, items[0], items[-1], items])
        items = [item for (item,) in fitting]
    return _Chosen(items, go_on)


def _accounts_of(now: Current, person: str) -> list[str]:
    """Return what a person may stand as: what was typed, the HR ids of that name, and the accounts that are linked."""
    typed = person.strip()
    ids = [typed, *(each for each, name in now.people.items() if name.lower() == typed.lower())]
    file = now.workspace.tables_folder / "account_link.parquet"
    if not file.exists():
        return ids
    rows = rows_of("SELECT DISTINCT account FROM read_parquet(?) WHERE list_contains(?, person)", [str(file), ids])
    return [*ids, *(account for (account,) in rows)]


def _verdicts(file: Path, outcomes: Path, places: Sequence[ItemPlace]) -> dict[str, str]:
    if not file.exists():
        return {}
    found = rows_beside(session_of_files(), file, ["verdict"], outcomes=outcomes, places=places)
    return {item: verdict for item, (verdict,) in found.items()}


@lru_cache(maxsize=2_000)
def cell_of(code: str) -> tuple[str, str, str]:
    """Return outcome, reason and code of a cell of the grid."""
    parsed = ReasonCode.parse(code)
    return parsed.outcome.value, parsed.reason, code
