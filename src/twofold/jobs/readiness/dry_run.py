"""Dry runs as the log and the newest runs have them: what was drawn, what is missing, and since when it is full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import Rule, load_rule
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun, RunState
from twofold.jobs.normalise import tables_are
from twofold.jobs.readiness.gathering import gather
from twofold.jobs.run_entries import newest_runs
from twofold.jobs.tables_read import tables_read
from twofold.model.instant import parse_instant
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file
from twofold.populations.steps import register_steps, steps_needed
from twofold.readiness.check_files import settings
from twofold.readiness.dry_run import DrawnItem, DryRun
from twofold.records.workspace import Workspace
from twofold.tables.store import TableSet, open_session
from twofold.vault.entry import EntryKind

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ItemNow:
    """What the newest runs say of one item: attributes that cannot be tested, and the evidence behind it."""

    missing: tuple[str, ...]
    evidence: tuple[str, ...]


def dry_runs(workspace: Workspace, *, today: date) -> list[DryRun]:
    """Return every dry run up to the end of the day, in order, with what the newest runs say of its items."""
    gathered = gather(workspace, today=today, window_days=settings()["window_days"].value)
    with tables_read(workspace, frozenset({"dry_run_item", "dry_run_finish"})) as session:
        return dry_runs_in(workspace, session, now=gathered.now, runs=gathered.runs)


def dry_runs_in(
    workspace: Workspace,
    session: duckdb.DuckDBPyConnection,
    *,
    now: datetime,
    runs: Mapping[str, tuple[ControlTestRun, Path]],
) -> list[DryRun]:
    """Return the dry runs from a session that holds their tables; see `dry_runs`."""
    logged = {str(each.evidence_id): each.captured_at for each in workspace.vault.list_evidence()}
    rows = session.execute(
        """
        SELECT i.dry_run, i.control, i.control_test, i.item, i.system, i.position, i.evidence,
            (SELECT COALESCE(list(h.value ORDER BY h.value), []) FROM dry_run_item__held AS h
             WHERE (h.dry_run, h.control, h.control_test, h.item) = (i.dry_run, i.control, i.control_test, i.item)),
            (SELECT COALESCE(list(m.value ORDER BY m.value), []) FROM dry_run_item__missing AS m
             WHERE (m.dry_run, m.control, m.control_test, m.item) = (i.dry_run, i.control, i.control_test, i.item))
        FROM dry_run_item AS i ORDER BY i.dry_run, i.control, i.control_test, i.position
        """
    ).fetchall()
    ended = dict(session.execute("SELECT dry_run, evidence FROM dry_run_finish").fetchall())
    seen = _seen_now(workspace, runs, [(row[2], row[3]) for row in rows if row[8]])
    times = _Times(logged, _run_times(workspace), {test: run.run_id for test, (run, _) in runs.items()})
    found: dict[str, list[DrawnItem]] = {}
    drawn_at: dict[str, datetime] = {}
    for dry_run, control, test, item, system, position, evidence, held, missing in rows:
        if logged[evidence] >= now:
            continue
        drawn_at[dry_run] = logged[evidence]
        full_at, still = times.full_at(drawn_at[dry_run], test, held, missing, seen.get((test, item)))
        found.setdefault(dry_run, []).append(
            DrawnItem(control, test, item, system or "", position, tuple(held), tuple(missing), still, full_at)
        )
    return [
        DryRun(name, drawn_at[name], _ended_at(ended.get(name), logged, now), tuple(found[name]))
        for name in sorted(found, key=lambda each: (drawn_at[each], each))
    ]


def _ended_at(evidence: str | None, logged: Mapping[str, datetime], now: datetime) -> datetime | None:
    return logged[evidence] if evidence and logged[evidence] < now else None


@dataclass(frozen=True, slots=True)
class _Times:
    """Times of the log: of evidence, and of the runs."""

    logged: Mapping[str, datetime]
    run_at: Mapping[str, datetime]
    run_of: Mapping[str, str]

    def full_at(
        self, drawn_at: datetime, test: str, held: Sequence[str], missing: Sequence[str], seen: ItemNow | None
    ) -> tuple[datetime | None, tuple[str, ...]]:
        """Return when the item was full, None while it is open, and what is still missing.

        It is full when the log had the newest evidence that stands behind it and did not at the draw. Where a run
        decides more without new evidence, as after a change of the scope, the run's own time counts.
        """
        if not missing:
            return drawn_at, ()
        if seen is None:
            return None, tuple(missing)
        if seen.missing:
            return None, seen.missing
        fresh = [self.logged[each] for each in seen.evidence if each not in held and self.logged[each] > drawn_at]
        return max(fresh, default=self.run_at.get(self.run_of.get(test, ""), drawn_at)), ()


def _run_times(workspace: Workspace) -> dict[str, datetime]:
    """Return run id -> when the log first got it."""
    known = newest_runs(workspace.vault)
    found: dict[str, datetime] = {}
    for entry in workspace.vault.entries(kind=EntryKind.RUN):
        if str(entry.body["run_id"]) in known:
            found.setdefault(str(entry.body["run_id"]), entry.at)
    return found


def _seen_now(
    workspace: Workspace, runs: Mapping[str, tuple[ControlTestRun, Path]], items: Sequence[_Key]
) -> dict[_Key, ItemNow]:
    """Return what the newest runs say of the items; an item that no run holds is left out."""
    found: dict[_Key, ItemNow] = {}
    for test in sorted({test for test, _ in items}):
        run, folder = runs.get(test, (None, Path()))
        if run is None or run.state is not RunState.TESTED:
            continue
        wanted = sorted({item for each, item in items if each == test})
        found |= {(test, item): seen for item, seen in items_now(workspace, run, folder, wanted).items()}
    return found


def items_now(workspace: Workspace, run: ControlTestRun, folder: Path, items: Sequence[str]) -> dict[str, ItemNow]:
    """Return what a run says of these items, by item; one that it does not hold is left out."""
    rule = load_rule(folder)
    letters = [attribute.letter for attribute in rule.attributes]
    with sql_session() as session:
        rows = session.execute(
            f"SELECT item, {', '.join(letters)} FROM read_parquet(?) WHERE list_contains(?, item)",  # noqa: S608  letters of a rule
            [one_file(folder / OUTCOMES_FILE), list(items)],
        ).fetchall()
    evidence = _evidence_behind(workspace, run, rule, items) if tables_are(workspace.tables_folder, run.tables) else {}
    return {
        row[0]: ItemNow(
            missing=tuple(
                f"{letter} {code.partition(':')[2]}"
                for letter, code in zip(letters, row[1:], strict=True)
                if code.startswith("cannot_test:") and code != "cannot_test:pending"
            ),
            evidence=tuple(evidence.get(row[0], ())),
        )
        for row in rows
    }


def _evidence_behind(
    workspace: Workspace, run: ControlTestRun, rule: Rule, items: Sequence[str]
) -> dict[str, list[str]]:
    """Return item -> ids of the evidence that its attributes rest on, as the rule's facts name it."""
    with open_session(TableSet(workspace.tables_folder, {})) as session:
        register_steps(session, steps_needed(rule.facts_sql))
        set_parameters(session, run.parameters, extracted_at=parse_instant(run.clock).earliest)
        population = workspace.runs_folder / run.run_id / POPULATION_FILE
        session.execute(
            "CREATE TEMP TABLE population AS SELECT * FROM read_parquet(?) WHERE list_contains(?, item)",
            [one_file(population), list(items)],
        )
        rows = session.execute(
            f"""
            SELECT DISTINCT item, evidence FROM ({rule.facts_sql}) AS facts
            WHERE starts_with(evidence, 'ev-') ORDER BY item, evidence
            """  # noqa: S608  the rule's own text
        ).fetchall()
    found: dict[str, list[str]] = {}
    for item, evidence in rows:
        found.setdefault(item, []).append(evidence)
    return found
