"""The items of a run for readers: each with its attributes, its verdict under each lens, and what it rests on.

Reads the files of the run and of its verdicts; computes no verdict.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from twofold.controltests.rule import reason_sentence
from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE
from twofold.populations.define import ITEM_COLUMNS
from twofold.reports.contents import PackagedEngagement, PackagedRun
from twofold.reports.rows_as_text import reading_session
from twofold.tables.store import quoted

LENS_TITLES = {"soc2": "SOC 2", "sox": "SOX"}
VERDICT_WORDS = {
    "PASS": "pass",
    "EXCEPTION": "exception",
    "CANNOT_TEST": "cannot test",
    "NOT_APPLICABLE": "not applicable",
}
_LENS_REASONS = {
    "scope": "outside scope on the date",
    "period": "outside the review period",
    "not_required": "no attribute required",
}
_PAGE = 5_000
_NO_FACTS = """CREATE TEMP TABLE fact (
    item VARCHAR, attribute VARCHAR, table_name VARCHAR, evidence VARCHAR, record VARCHAR, fact VARCHAR
)"""


_EXCEPTIONS = """CREATE TEMP TABLE exception (
    engagement VARCHAR, item VARCHAR, system VARCHAR, operating_at TIMESTAMP, verdict VARCHAR, letter VARCHAR,
    code VARCHAR, facts VARCHAR, evidence VARCHAR[]
)"""
_RESTED = """CREATE TEMP TABLE rested AS
SELECT item, attribute,
    string_agg(fact || ' [' || concat_ws(' ', table_name, record, evidence) || ']', ' | '
        ORDER BY fact, table_name, record, evidence) AS facts,
    list(DISTINCT evidence ORDER BY evidence) AS evidence
FROM fact WHERE fact IS NOT NULL GROUP BY ALL"""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One item.

    codes: letter -> reason code; empty when the test was stopped. verdicts: engagement id -> (verdict, reason).

    operating_at: UTC without a zone, as the file has it. evidence: ids. extra: further columns of the population.
    """

    item: str
    system: str
    operating_at: datetime | None
    codes: Mapping[str, str]
    verdicts: Mapping[str, tuple[str, str]]
    evidence: tuple[str, ...]
    extra: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One attribute that an item failed, or that could not be tested, under one engagement."""

    engagement_id: str
    lens: str
    item: str
    system: str
    operating_at: datetime | None
    verdict: str
    attribute: str
    code: str
    sentence: str
    facts: str
    evidence: tuple[str, ...]


class RunItems:
    """The items of one run, open for reading; made by `open_items`."""

    def __init__(
        self, session: duckdb.DuckDBPyConnection, run: PackagedRun, engagements: Sequence[PackagedEngagement]
    ) -> None:
        self._session = session
        self._run = run
        self.judging = tuple(each for each in engagements if each.id in run.verdicts)
        """Engagements that have verdicts on this run."""
        self.tested = (run.folder / OUTCOMES_FILE).exists()
        self.letters = tuple(attribute.letter for attribute in run.rule.attributes) if self.tested else ()
        columns = [row[0] for row in session.execute("DESCRIBE population").fetchall()]
        shown = (
            column for column in columns if column not in {*ITEM_COLUMNS, "evidence"} and not column.endswith("_latest")
        )
        self.extra = tuple(shown)
        """Columns beyond those of every population; its own evidence and the later end of times are shown otherwise."""
        self._own_evidence = "evidence" in columns
        self._judged = tuple(each for each in self.judging if self._fill_exceptions(each))

    def grid(self) -> Iterator[GridRow]:
        """Give every item, in the order of the population."""
        verdicts = [f"v{number}" for number in range(len(self.judging))]
        chosen = [
            "p.item, p.system, p.operating_at",
            *(f'o."{letter}"' for letter in self.letters),
            *(f"{name}.verdict, {name}.reason" for name in verdicts),
            "r.evidence",
            "p.evidence" if self._own_evidence else "NULL",
            *(f'p."{name}"' for name in self.extra),
        ]
        ids = "list(DISTINCT evidence ORDER BY evidence) AS evidence"
        rested = f"SELECT item, {ids} FROM fact WHERE evidence <> '' GROUP BY item"  # noqa: S608  our own text
        joins = [f"LEFT JOIN ({rested}) AS r ON r.item = p.item"]
        joins += ["LEFT JOIN outcome AS o ON o.item = p.item"] if self.tested else []
        joins += [
            f"LEFT JOIN read_parquet('{quoted(self._run.verdicts[each.id])}') AS {name} ON {name}.item = p.item"
            for each, name in zip(self.judging, verdicts, strict=True)
        ]
        query = f"SELECT {', '.join(chosen)} FROM population AS p {' '.join(joins)} ORDER BY p.item"  # noqa: S608  letters of a rule and our own paths
        cursor = self._session.execute(query)
        while rows := cursor.fetchmany(_PAGE):
            for row in rows:
                yield self._grid_row(row)

    def exceptions(self) -> Iterator[ExceptionRow]:
        """Give each attribute that fails or cannot be tested where the verdict says so; by engagement, item, letter."""
        for each in self._judged:
            cursor = self._session.execute(
                "SELECT * EXCLUDE (engagement) FROM exception WHERE engagement = ? ORDER BY item, letter", [each.id]
            )
            while rows := cursor.fetchmany(_PAGE):
                for item, system, at, verdict, letter, code, facts, evidence in rows:
                    sentence = reason_sentence(self._run.rule, letter, code)
                    lens = each.judgement.lens
                    ids = tuple(text for text in evidence if text)
                    yield ExceptionRow(each.id, lens, item, system, at, verdict, letter, code, sentence, facts, ids)

    def _fill_exceptions(self, engagement: PackagedEngagement) -> bool:
        """Compute the exceptions of an engagement once; whether there can be any."""
        result = engagement.result(self._run.control.control_id, self._run.rule.control_test)
        if not self.tested or result is None:
            return False
        verdicts = quoted(self._run.verdicts[engagement.id])
        for letter in result.required:
            self._session.execute(
                f"""
                INSERT INTO exception
                SELECT ?, o.item, o.system, o.operating_at, v.verdict, '{letter}', o."{letter}",
                    COALESCE(r.facts, ''), COALESCE(r.evidence, [])
                FROM outcome AS o JOIN read_parquet('{verdicts}') AS v ON v.item = o.item
                LEFT JOIN rested AS r ON r.item = o.item AND r.attribute = '{letter}'
                WHERE v.verdict IN ('EXCEPTION', 'CANNOT_TEST')
                AND (starts_with(o."{letter}", 'exception:') OR starts_with(o."{letter}", 'cannot_test:'))
                """,  # noqa: S608  letters of a rule and our own paths
                [engagement.id],
            )
        return True

    def _grid_row(self, row: tuple[object, ...]) -> GridRow:
        item, system, at = row[:3]
        after_codes = 3 + len(self.letters)
        after_verdicts = after_codes + 2 * len(self.judging)
        pairs = [row[place : place + 2] for place in range(after_codes, after_verdicts, 2)]
        rested, own = row[after_verdicts : after_verdicts + 2]
        evidence = {str(each) for each in rested} if isinstance(rested, list) else set()
        evidence |= {str(own)} if own else set()
        return GridRow(
            item=str(item),
            system=str(system),
            operating_at=at if isinstance(at, datetime) else None,
            codes={letter: str(code) for letter, code in zip(self.letters, row[3:after_codes], strict=True)},
            verdicts={
                each.id: (str(verdict or ""), str(reason or ""))
                for each, (verdict, reason) in zip(self.judging, pairs, strict=True)
            },
            evidence=tuple(sorted(evidence)),
            extra=row[after_verdicts + 2 :],
        )


@contextmanager
def open_items(run: PackagedRun, engagements: Sequence[PackagedEngagement]) -> Iterator[RunItems]:
    """Open the files of a run for reading."""
    with reading_session() as session:
        _view(session, "population", run.folder / POPULATION_FILE)
        if (run.folder / OUTCOMES_FILE).exists():
            _view(session, "outcome", run.folder / OUTCOMES_FILE)
        if run.facts is None:
            session.execute(_NO_FACTS)
        else:
            _view(session, "fact", run.facts)
        session.execute(_EXCEPTIONS)
        session.execute(_RESTED)
        yield RunItems(session, run, engagements)


def decided_by(reason: str) -> str:
    """Say in words what decides a verdict: why it does not count, or the letters of the attributes.

    >>> decided_by("scope"), decided_by("C:stale_approval;D:no_approval")
    ('outside scope on the date', 'C, D')
    """
    return _LENS_REASONS.get(reason) or ", ".join(part.partition(":")[0] for part in reason.split(";") if part)


def _view(session: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    session.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM read_parquet('{quoted(path)}')")  # noqa: S608  our own path
