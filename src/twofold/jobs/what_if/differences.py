"""What differs between two states of the line: items, populations, controls and conclusions."""

import filecmp
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from twofold.catalog.catalog import Catalog
from twofold.controltests.run_record import POPULATION_FILE
from twofold.jobs.judge import JudgedEngagement
from twofold.jobs.what_if.counting import counting_controls
from twofold.jobs.what_if.states import State
from twofold.model.outcome import Outcome
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.reports.what_if import ConclusionChange, ControlGained, ItemChange, PopulationMoved

_NO_VERDICTS = "(SELECT '' AS item, '' AS system, '' AS verdict, '' AS reason WHERE false)"
_NO_ITEMS = "(SELECT '' AS item WHERE false)"


def item_changes(catalog: Catalog, before: State, after: State) -> tuple[ItemChange, ...]:
    """Return every item whose verdict under a lens changes, of every engagement, control and control test.

    Items of a control that comes to count are gained, also where they were judged before, and the other way round.
    """
    found: list[ItemChange] = []
    with sql_session() as session:
        for engagement in sorted({*before.judged, *after.judged}):
            was, now = (_counting_files(catalog, state, engagement) for state in (before, after))
            for name in sorted({*was, *now}):
                found += _changes_of(session, engagement, name, was.get(name), now.get(name))
    return tuple(sorted(found))


def population_changes(before: State, after: State) -> tuple[PopulationMoved, ...]:
    """Return every population that has other items."""
    tests: dict[str, list[str]] = {}
    for test, run in sorted({**before.runs, **after.runs}.items()):
        tests.setdefault(run.population, []).append(test)
    found = []
    with sql_session() as session:
        for population, names in sorted(tests.items()):
            files = [_population_file(state, names[0]) for state in (before, after)]
            if files[0] and files[1] and filecmp.cmp(files[0], files[1], shallow=False):
                continue
            counts = [_count(session, file) for file in files]
            gained, lost = _only_in(session, files[1], files[0]), _only_in(session, files[0], files[1])
            if gained or lost:
                found.append(PopulationMoved(population, tuple(names), counts[0], counts[1], gained, lost))
    return tuple(found)


def control_changes(catalog: Catalog, before: State, after: State) -> tuple[ControlGained, ...]:
    """Return every control that comes to count for an engagement, or no longer does."""
    found = []
    for engagement in sorted({*before.judged, *after.judged}):
        was, now = (counting_controls(catalog, state, engagement) for state in (before, after))
        for control_id in sorted({*was, *now}):
            if (control_id in was) != (control_id in now):
                control = catalog.control(control_id)
                by_hand = not {**was, **now}[control_id].results
                lens = (after.judged.get(engagement) or before.judged[engagement]).judgement.lens
                found.append(ControlGained(engagement, lens, control_id, control.title, control_id in now, by_hand))
    return tuple(found)


def conclusion_changes(before: State, after: State) -> tuple[ConclusionChange, ...]:
    """Return every control, criterion and ITGC domain whose proposed conclusion changes, appears or goes."""
    found: list[ConclusionChange] = []
    for engagement in sorted({*before.judged, *after.judged}):
        was, now = before.judged.get(engagement), after.judged.get(engagement)
        said = [{} if each is None else _conclusions(each) for each in (was, now)]
        for key in sorted({*said[0], *said[1]}):
            first, second = said[0].get(key), said[1].get(key)
            if (first and first[1]) != (second and second[1]):
                title, _, served = second or first or ("", "", True)
                kind, name = key
                earlier, later = (each[1] if each else "" for each in (first, second))
                found.append(ConclusionChange(engagement, kind, name, title, earlier, later, served))  # type: ignore[arg-type]
    return tuple(found)


def _conclusions(judged: JudgedEngagement) -> dict[tuple[str, str], tuple[str, str, bool]]:
    """Return (kind, id) -> (title, conclusion, whether a control of the company serves it)."""
    judgement = judged.judgement
    heading = "criterion" if judgement.lens == "soc2" else "domain"
    controls = {("control", each.control_id): (each.title, each.conclusion.value, True) for each in judgement.controls}
    return controls | {
        (heading, each.id): (each.title, each.conclusion.value, bool(each.controls)) for each in judgement.gathered
    }


def _counting_files(catalog: Catalog, state: State, engagement: str) -> dict[str, Path]:
    """Return the verdict files of the controls that count for an engagement, by `<control>-<control test>`."""
    judged = state.judged.get(engagement)
    if judged is None:
        return {}
    controls = counting_controls(catalog, state, engagement)
    return {
        path.stem: path for path in judged.folder.glob("*.parquet") if path.stem[: path.stem.index("-T-")] in controls
    }


def _changes_of(
    session: duckdb.DuckDBPyConnection, engagement: str, name: str, was: Path | None, now: Path | None
) -> Iterator[ItemChange]:
    """Yield the changes between two verdict files; `name` is `<control>-<control test>`, as in `AC-03-T-03`."""
    if was and now and filecmp.cmp(was, now, shallow=False):
        return
    control_id, control_test = name[: name.index("-T-")], name[name.index("-T-") + 1 :]
    rows = session.execute(
        f"""
        SELECT COALESCE(n.system, b.system), COALESCE(n.item, b.item), COALESCE(b.verdict, ''), COALESCE(b.reason, ''),
            COALESCE(n.verdict, ''), COALESCE(n.reason, '')
        FROM {_relation(was, _NO_VERDICTS)} AS b
        FULL JOIN {_relation(now, _NO_VERDICTS)} AS n ON n.item = b.item AND n.system IS NOT DISTINCT FROM b.system
        WHERE b.verdict IS DISTINCT FROM n.verdict
        ORDER BY ALL
        """  # noqa: S608  our own files
    ).fetchall()
    for system, item, before, before_reason, after, after_reason in rows:
        counted, counts = (verdict not in ("", Outcome.NOT_APPLICABLE) for verdict in (before, after))
        if counted or counts:
            change = "changed" if counted and counts else "gained" if counts else "lost"
            yield ItemChange(
                *(engagement, control_id, control_test, system or "", item),
                change,  # type: ignore[arg-type]  # one of the three
                *(before, before_reason, after, after_reason),
            )


def _population_file(state: State, control_test: str) -> Path | None:
    folder: Mapping[str, Path] = state.folders
    file = folder[control_test] / POPULATION_FILE if control_test in folder else None
    return file if file and file.exists() else None


def _count(session: duckdb.DuckDBPyConnection, file: Path | None) -> int:
    row = session.execute(f"SELECT count(*) FROM {_relation(file, _NO_ITEMS)}").fetchone()  # noqa: S608  our own file
    return int(row[0]) if row else 0


def _only_in(session: duckdb.DuckDBPyConnection, this: Path | None, other: Path | None) -> tuple[str, ...]:
    query = f"""
        SELECT DISTINCT item FROM {_relation(this, _NO_ITEMS)}
        EXCEPT SELECT item FROM {_relation(other, _NO_ITEMS)} ORDER BY item
        """  # noqa: S608  our own files
    return tuple(item for (item,) in session.execute(query).fetchall())


def _relation(file: Path | None, empty: str) -> str:
    if file is None:
        return empty
    path = one_file(file).replace("'", "''")
    return f"read_parquet('{path}')"
