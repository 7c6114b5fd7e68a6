"""Why an item has its verdict under each lens: raw record and hash, each attribute with its reason and the clause of the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import Rule, reason_sentence, rule_named
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, ControlTestRun, RunState, read_run
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import judged_engagements
from twofold.jobs.normalise import tables_now
from twofold.model.instant import parse_instant
from twofold.model.problem import Problem, UserError
from twofold.populations.steps import register_steps, steps_needed
from twofold.records.workspace import Workspace
from twofold.tables.raw_record import raw_record
from twofold.tables.store import TableSet, open_session, quoted

_NEAR = 5


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

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as plain JSON values."""
        return asdict(self)


def explain(workspace: Workspace, item: str, *, control_test: str = "") -> list[Explanation]:
    """Explain the item in every latest run that holds it (or in one control test).

    Raises UserError, with the nearest item ids, when no run holds it.
    """
    runs = latest_runs(workspace)
    if not runs:
        raise UserError(Problem(str(workspace.root), "no control test was run yet", "runs", "run 'twofold test'"))
    folders = {test: folder for test, folder in runs.items() if not control_test or test == control_test}
    if not folders:
        raise UserError(Problem("--control-test", f"{control_test} was not run", "one of " + ", ".join(sorted(runs))))
    found = [_explain_in(workspace, item, folder) for _, folder in sorted(folders.items()) if _holds(folder, item)]
    if not found:
        near = ", ".join(_near(folders, item)) or "none like it"
        raise UserError(Problem("ITEM", f"no run holds the item {item!r}", f"for example {near}", "copy the id from 'twofold status' or a workbook"))
    return found


def _holds(folder: Path, item: str) -> bool:
    file = folder / OUTCOMES_FILE
    if not file.exists():
        return False
    row = duckdb.execute(f"SELECT count(*) FROM read_parquet('{quoted(file)}') WHERE item = ?", [item]).fetchone()  # noqa: S608  our own path
    return bool(row and row[0])


def _near(folders: Mapping[str, Path], item: str) -> list[str]:
    found: list[tuple[float, str]] = []
    for folder in folders.values():
        file = folder / POPULATION_FILE
        if file.exists():
            query = f"SELECT jaro_winkler_similarity(item, ?) AS near, item FROM read_parquet('{quoted(file)}') ORDER BY near DESC, item LIMIT {_NEAR}"  # noqa: S608  our own path
            found += duckdb.execute(query, [item]).fetchall()
    return [each for _, each in sorted(found, key=lambda pair: (-pair[0], pair[1]))[:_NEAR]]


def _explain_in(workspace: Workspace, item: str, folder: Path) -> Explanation:
    run = read_run(folder)
    rule = rule_named(run.control_test, where=str(folder))
    letters = ", ".join(attribute.letter for attribute in rule.attributes)
    row = duckdb.execute(
        f"SELECT system, CAST(operating_at AS VARCHAR), {letters} FROM read_parquet('{quoted(folder / OUTCOMES_FILE)}') WHERE item = ?",  # noqa: S608  letters of a rule
        [item],
    ).fetchone()
    if row is None:
        msg = f"{item} left {folder}"
        raise RuntimeError(msg)
    current = _is_current(workspace, run, rule)
    facts = _facts(workspace, run, rule, item) if current else {}
    return Explanation(
        item=item,
        system=row[0],
        operating_at=row[1] or "",
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
                clause=_clause(rule.sql, code, attribute.letter),
                facts=tuple(facts.get(attribute.letter, ())),
            )
            for attribute, code in zip(rule.attributes, row[2:], strict=True)
        ),
        verdicts=tuple(_verdicts(workspace, run, item)),
        current=current,
    )


def _is_current(workspace: Workspace, run: ControlTestRun, rule: Rule) -> bool:
    if rule.sha256 != run.rule_sha256 or run.state is RunState.STOPPED:
        return False
    return tables_now(workspace.tables_folder) == dict(run.tables)


def _facts(workspace: Workspace, run: ControlTestRun, rule: Rule, item: str) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    with open_session(TableSet(workspace.tables_folder, {})) as session:
        register_steps(session, steps_needed(rule.facts_sql))
        set_parameters(session, run.parameters, extracted_at=parse_instant(run.clock).earliest)
        population = workspace.runs_folder / run.run_id / POPULATION_FILE
        literal = item.replace("'", "''")
        session.execute(f"CREATE TEMP TABLE population AS SELECT * FROM read_parquet('{quoted(population)}') WHERE item = '{literal}'")  # noqa: S608  quoted just now
        rows = session.execute(
            f"SELECT attribute, table_name, fact, evidence, record FROM ({rule.facts_sql}) AS facts WHERE item = ? ORDER BY ALL",  # noqa: S608  the rule's own text
            [item],
        ).fetchall()
    for letter, table, fact, evidence, record in rows:
        found.setdefault(letter, []).append(_fact(workspace, table, fact, evidence or "", record or ""))
    return found


def _fact(workspace: Workspace, table: str, fact: str, evidence: str, record: str) -> Fact:
    if not evidence.startswith("ev-"):
        return Fact(table, fact, evidence, record, "", "", "")
    known = workspace.vault.evidence(evidence)
    raw = raw_record(workspace.vault.blob_path(known.sha256), record)
    return Fact(table, fact, evidence, record, known.sha256, known.name, raw)


def _clause(sql: str, code: str, letter: str) -> tuple[str, ...]:
    """Return the numbered lines of rule.sql that give the code, those that stand in the attribute's own expression first."""
    lines = sql.splitlines()
    hits = [number for number, line in enumerate(lines, 1) if f"'{code}'" in line]
    ends = [number for number, line in enumerate(lines, 1) if line.strip().rstrip(",").upper().endswith(f" AS {letter}")]
    if ends:
        hits.sort(key=lambda number: min((end - number for end in ends if end >= number), default=len(lines)))
    return tuple(f"rule.sql:{number}  {lines[number - 1].strip()}" for number in hits[:1])


def _verdicts(workspace: Workspace, run: ControlTestRun, item: str) -> Sequence[VerdictExplained]:
    found = []
    for judged in judged_engagements(workspace) if workspace.judgements_folder.exists() else ():
        for control in judged.judgement.controls:
            for result in control.results:
                file = judged.folder / f"{control.control_id}-{result.control_test}.parquet"
                if result.run_id != run.run_id or not file.exists():
                    continue
                row = duckdb.execute(f"SELECT verdict, reason FROM read_parquet('{quoted(file)}') WHERE item = ?", [item]).fetchone()  # noqa: S608  our own path
                if row:
                    lens, engagement = judged.judgement.lens, judged.judgement.engagement_id
                    found.append(VerdictExplained(engagement, lens, control.control_id, row[0], row[1], result.required))
    return found
