"""Why an item has its verdict under each lens: raw record and hash, each attribute with its reason and clause.

It reads the rule as the run kept it, so an explanation stays true after the rule was changed. It tests nothing again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import Rule, load_rule, reason_sentence
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun, RunState, read_run
from twofold.jobs.clause import clause_of
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import JudgedEngagement, judged_engagements
from twofold.jobs.normalise import tables_are
from twofold.jobs.run_rows import PLACE_COLUMNS, ItemPlace, rows_beside
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.populations.steps import register_steps, steps_needed
from twofold.records.workspace import Workspace
from twofold.tables.raw_record import raw_record
from twofold.tables.store import TableSet, open_session

_NEAR = 5
_ITEM_ROW = "SELECT {} FROM read_parquet(?, file_row_number = true) WHERE item = ?"
_NEAREST = """
SELECT max(jaro_winkler_similarity(lower(item), lower(?))) AS near, item FROM read_parquet(?)
GROUP BY item ORDER BY near DESC, item LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One source row that an attribute rests on, with the evidence it was read from."""

    table: str
    fact: str
    evidence_id: str
    record: str
    sha256: str
    name: str
    raw: str


@dataclass(frozen=True, slots=True)
class AttributeExplained:
    """One attribute of the item: outcome, sentence, the lines of rule.sql that give it, and its facts."""

    letter: str
    wording: str
    code: str
    sentence: str
    clause: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class VerdictExplained:
    """The item's verdict in one engagement, and which attributes that lens requires."""

    engagement: str
    lens: str
    control_id: str
    verdict: str
    reason: str
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one item of one run."""

    item: str
    system: str
    operating_at: str
    control_test: str
    title: str
    run_id: str
    rule_sha256: str
    parameters: Mapping[str, Any]
    attributes: tuple[AttributeExplained, ...]
    verdicts: tuple[VerdictExplained, ...]
    current: bool
    """Whether the tables are still those of the run; if not, facts are left out."""
    place: ItemPlace
    """Where it stands in the files of the run."""

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values; where it stands is no part of it."""
        return {name: value for name, value in asdict(self).items() if name != "place"}


def explain(
    workspace: Workspace,
    item: str,
    *,
    control_test: str = "",
    with_facts: bool = True,
    judged: Sequence[JudgedEngagement] | None = None,
    session: duckdb.DuckDBPyConnection | None = None,
) -> list[Explanation]:
    """Explain the item in every latest run that holds it (or in one control test).

    with_facts: find the source rows too, which asks the whole tables and takes seconds.
    judged, session: the stored judgements and a session, from a caller that keeps them; else they are read and opened.

    Raises UserError, with the nearest item ids, when no run holds it.
    """
    if session is not None:
        return _explain(_Asked(workspace, item, judged, session), control_test=control_test, with_facts=with_facts)
    # One thread, since more cost more than they give for one item.
    with sql_session(threads=1) as own:
        return _explain(_Asked(workspace, item, judged, own), control_test=control_test, with_facts=with_facts)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of one item, and through which session the files of runs and judgements are read."""

    workspace: Workspace
    item: str
    judged: Sequence[JudgedEngagement] | None
    session: duckdb.DuckDBPyConnection

    def row(self, columns: Sequence[str], file: Path) -> tuple[Any, ...] | None:
        """Return these columns of the item, None where the file does not hold it; nothing stays open."""
        query = _ITEM_ROW.format(", ".join(columns))
        return next(iter(self.session.execute(query, [str(file), self.item]).fetchall()), None)

    def beside(self, columns: Sequence[str], file: Path, *, outcomes: Path, place: ItemPlace) -> tuple[Any, ...] | None:
        """Return these columns of the item in a file beside the outcomes, None where it is not there."""
        found = rows_beside(self.session, file, columns, outcomes=outcomes, places=[place])
        return found.get(self.item)

    def holds(self, folder: Path, name: str) -> bool:
        """Whether a file of a run holds the item."""
        file = folder / name
        return file.exists() and self.row(["item"], file) is not None


def _explain(asked: _Asked, *, control_test: str, with_facts: bool) -> list[Explanation]:
    workspace = asked.workspace
    runs = latest_runs(workspace)
    if not runs:
        raise UserError(Problem(str(workspace.root), "no control test was run yet", "runs", "run 'twofold test'"))
    folders = {test: folder for test, folder in runs.items() if not control_test or test == control_test}
    if not folders:
        raise UserError(Problem("--control-test", f"{control_test} was not run", "one of " + ", ".join(sorted(runs))))
    found = [
        each
        for _, folder in sorted(folders.items())
        if (each := _explain_in(asked, folder, with_facts=with_facts)) is not None
    ]
    if not found:
        raise UserError(_not_found(asked, folders))
    return found


def _not_found(asked: _Asked, folders: Mapping[str, Path]) -> Problem:
    """Say which stopped test holds the item, else which ids are near it."""
    item = asked.item
    for test, folder in sorted(folders.items()):
        if asked.holds(folder, POPULATION_FILE):
            stops = "; ".join(read_run(folder).stops)
            found = f"{item!r} is in the population of {test}, which was stopped: {stops}"
            return Problem("ITEM", found, "a tested population", "complete the population, then run twofold test")
    near = _near(folders, item)
    expected = f"an item id such as {', '.join(near)}" if near else "an item of a population"
    return Problem("ITEM", f"no run holds the item {item!r}", expected, "copy the id from a workbook or a finding")


def _near(folders: Mapping[str, Path], item: str) -> list[str]:
    found: list[tuple[float, str]] = []
    for folder in folders.values():
        file = folder / POPULATION_FILE
        if file.exists():
            with sql_session() as session:
                found += session.execute(_NEAREST, [item, str(file), _NEAR]).fetchall()
    return [each for _, each in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:_NEAR]]


def _explain_in(asked: _Asked, folder: Path, *, with_facts: bool) -> Explanation | None:
    """Explain the item in one run; None where the run does not hold it."""
    file = folder / OUTCOMES_FILE
    if not file.exists():
        return None
    workspace, item = asked.workspace, asked.item
    rule = _rule_of(folder)
    letters = [attribute.letter for attribute in rule.attributes]
    row = asked.row([*PLACE_COLUMNS, "CAST(operating_at AS VARCHAR)", *letters], file)
    if row is None:
        return None
    place, operating_at, codes = ItemPlace(*row[:4]), row[4], row[5:]
    run = read_run(folder)
    current = run.state is not RunState.STOPPED and tables_are(workspace.tables_folder, run.tables)
    facts = _facts(workspace, run, rule, item) if current and with_facts else {}
    return Explanation(
        item=item,
        system=place.system or "",
        operating_at=operating_at or "",
        control_test=run.control_test,
        title=run.title,
        run_id=run.run_id,
        rule_sha256=run.rule_sha256,
        parameters=run.parameters,
        attributes=tuple(
            AttributeExplained(
                letter=attribute.letter,
                wording=attribute.wording,
                code=code,
                sentence=reason_sentence(rule, attribute.letter, code),
                clause=clause_of(rule.sql, letter=attribute.letter, code=code),
                facts=tuple(facts.get(attribute.letter, ())),
            )
            for attribute, code in zip(rule.attributes, codes, strict=True)
        ),
        verdicts=tuple(_verdicts(asked, run, file, place)),
        current=current,
        place=place,
    )


@lru_cache(maxsize=50)
def _rule_of(folder: Path) -> Rule:
    """Return the rule that a run kept; its folder is named by its content, so a server reads it once."""
    return load_rule(folder)


def _facts(workspace: Workspace, run: ControlTestRun, rule: Rule, item: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    with open_session(TableSet(workspace.tables_folder, {})) as session:
        register_steps(session, steps_needed(rule.facts_sql))
        set_parameters(session, run.parameters, extracted_at=parse_instant(run.clock).earliest)
        population = workspace.runs_folder / run.run_id / POPULATION_FILE
        session.execute(
            "CREATE TEMP TABLE population AS SELECT * FROM read_parquet(?) WHERE item = ?", [str(population), item]
        )
        columns = "attribute, table_name, fact, evidence, record"
        query = f"SELECT {columns} FROM ({rule.facts_sql}) AS facts WHERE item = ? ORDER BY ALL"  # noqa: S608  the rule's own text
        rows = session.execute(query, [item]).fetchall()
    for letter, table, fact, evidence, record in rows:
        found.setdefault(letter, []).append(_fact(workspace, table, fact, evidence or "", record or ""))
    return found


def _fact(workspace: Workspace, table: str, fact: str, evidence: str, record: str) -> Fact:
    if not evidence.startswith("ev-"):
        return Fact(table, fact, evidence, record, "", "", "")
    known = workspace.vault.evidence(evidence)
    raw = raw_record(workspace.vault.blob_path(known.sha256), record)
    return Fact(table, fact, evidence, record, known.sha256, known.name, raw)


def _verdicts(asked: _Asked, run: ControlTestRun, outcomes: Path, place: ItemPlace) -> Sequence[VerdictExplained]:
    found = []
    for judged in judged_engagements(asked.workspace) if asked.judged is None else asked.judged:
        for control in judged.judgement.controls:
            for result in control.results:
                if result.run_id != run.run_id:
                    continue
                file = judged.folder / f"{control.control_id}-{result.control_test}.parquet"
                if not file.exists():
                    continue
                row = asked.beside(["verdict", "reason"], file, outcomes=outcomes, place=place)
                if row:
                    lens, engagement = judged.judgement.lens, judged.judgement.engagement_id
                    found.append(
                        VerdictExplained(engagement, lens, control.control_id, row[0], row[1], result.required)
                    )
    return found
