"""What SQL compares with a word is a word: another spelling in an export hides no row."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from twofold.controltests.rule import RULES_FOLDER, load_rule
from twofold.populations.completeness import RECONCILIATIONS_FOLDER
from twofold.populations.define import DEFINITIONS_FOLDER, definition_text
from twofold.populations.steps import STEPS, step_text
from twofold.readiness.check_files import known_checks
from twofold.sources.csvtable.normalise import KINDS
from twofold.tables.schema import ColumnType, canonical_tables

NO_WORDS = {
    ("difference_explanation", "population"): "the name of a population, as Twofold prints it",
    ("dsr", "system"): "the id of a system",
    ("measured_value", "system"): "the id of a system",
    ("policy", "system"): "the id of a system",
}
"""Columns that are compared with a literal and are no words, and what they hold."""
WORD = re.compile(r"[a-z][a-z0-9_ -]*")
Place = tuple[str, str]


def texts() -> Iterator[tuple[str, str, str]]:
    """Yield (name, SQL, population that it reads, "" = none) of whatever reads tables."""
    for folder in sorted(path for path in RULES_FOLDER.iterdir() if path.is_dir()):
        population = load_rule(folder).population
        for file in sorted(folder.glob("*.sql")):
            yield f"{folder.name}/{file.stem}", file.read_text("utf-8"), population
    for file in sorted(DEFINITIONS_FOLDER.glob("*.sql")):
        yield f"definitions/{file.stem}", file.read_text("utf-8"), ""
    for file in sorted(RECONCILIATIONS_FOLDER.glob("*.sql")):
        yield f"reconciliations/{file.stem}", file.read_text("utf-8"), file.stem
    for step in STEPS:
        yield f"steps/{step}", step_text(step), ""
    for name, check in known_checks().items():
        if check.sql:
            yield f"readiness/{name}", check.sql, ""


@cache
def scope_of(sql: str) -> Scope:
    scope = build_scope(sqlglot.parse_one(sql, read="duckdb"))
    assert scope is not None
    return scope


class Origins:
    """Follows an expression to the columns of canonical tables whose cells it may give, spelled as they are."""

    def __init__(self, population: str) -> None:
        self.population = population
        self.seen: set[tuple[int, str]] = set()

    def of(self, scope: Scope, given: exp.Expr) -> Iterator[Place]:
        match given.unalias():
            case exp.Column() as column:
                yield from self._column(scope, column)
            case exp.Lower() | exp.Upper() | exp.Predicate() | exp.Subquery():
                return
            case exp.Case() as case:
                branches = [each.args["true"] for each in case.args["ifs"]]
                for branch in (*branches, case.args.get("default")):
                    if branch is not None:
                        yield from self.of(scope, branch)
            case exp.Func() | exp.Paren() | exp.Window() as call:
                for part in (call.this, *call.args.get("expressions", ())):
                    if isinstance(part, exp.Expr):
                        yield from self.of(scope, part)
            case _:
                return

    def _column(self, scope: Scope, column: exp.Column) -> Iterator[Place]:
        inside: Scope | None = scope
        while inside is not None and column.table not in inside.sources:
            inside = inside.parent
        source = inside.sources[column.table] if inside is not None else None
        if isinstance(source, Scope):
            yield from self._selected(source, column.name)
        elif source is not None:
            name, _, values = source.name.partition("__")
            if source.name == "population" and self.population:
                yield from self._selected(scope_of(definition_text(self.population)), column.name)
            elif source.name in STEPS:
                yield from self._selected(scope_of(step_text(source.name)), column.name)
            elif name in canonical_tables():
                yield name, values if values and column.name == "value" else column.name

    def _selected(self, scope: Scope, name: str) -> Iterator[Place]:
        if (id(scope), name) in self.seen:
            return
        self.seen.add((id(scope), name))
        selects = [*_selects(scope)]
        names = selects[0][1].named_selects  # a UNION has the names of its first SELECT
        if name in names:
            for inside, select in selects:
                yield from self.of(inside, select.selects[names.index(name)])


def _selects(scope: Scope) -> Iterator[tuple[Scope, exp.Query]]:
    """Yield the one SELECT of a scope, or each of its UNION."""
    if isinstance(scope.expression, exp.Query) and not scope.set_operation_scopes:
        yield scope, scope.expression
    for each in scope.set_operation_scopes:
        yield from _selects(each)


def compared(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield what a comparison holds against a literal that is a word."""
    match node:
        case exp.In():
            sides = [(node.this, literal) for literal in node.expressions]
        case exp.Case() if node.this is not None:
            sides = [(node.this, each.this) for each in node.args["ifs"]]
        case exp.EQ() | exp.NEQ() | exp.NullSafeEQ() | exp.NullSafeNEQ():
            sides = [(node.left, node.right), (node.right, node.left)]
        case _:
            return
    for side, literal in sides:
        if isinstance(literal, exp.Literal) and literal.is_string and WORD.fullmatch(literal.name):
            yield side


def no_words(scopes: Sequence[Scope], population: str = "") -> set[Place]:
    """Return the columns of text, of tables that are read from CSV files, that the SQL compares with a word."""
    nodes = ((scope, side) for scope in scopes for node in scope.walk() for side in compared(node))
    found = {place for scope, side in nodes for place in Origins(population).of(scope, side)}
    return {each for each in found if each[0] in KINDS and _type(*each) in {ColumnType.TEXT, ColumnType.LIST}}


def folded(scopes: Sequence[Scope], population: str = "") -> set[Place]:
    """Return the columns of words that the SQL puts into lower or upper case."""
    nodes = ((scope, node.this) for scope in scopes for node in scope.find_all(exp.Lower, exp.Upper))
    found = {place for scope, side in nodes for place in Origins(population).of(scope, side)}
    return {each for each in found if _type(*each) is ColumnType.WORD}


def scopes_of(sql: str) -> Sequence[Scope]:
    return traverse_scope(sqlglot.parse_one(sql, read="duckdb"))


def _type(table: str, column: str) -> ColumnType | None:
    held = canonical_tables()[table].column_named.get(column)
    return None if held is None else held.type


def test_what_is_compared_with_a_literal_is_a_word_and_is_in_lower_case_already() -> None:
    """In one test, since every text rests on those below it: among several processes each would read them again."""
    used: set[Place] = set()
    for name, sql, population in texts():
        scopes = scopes_of(sql)
        places = no_words(scopes, population)
        used |= places
        assert (name, places - NO_WORDS.keys(), folded(scopes, population)) == (name, set(), set())
    assert used == NO_WORDS.keys(), "each exception is one"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT d.id AS id FROM deployment AS d WHERE d.actor = 'robot'",
        "SELECT d.id AS id FROM deployment AS d WHERE COALESCE(d.actor, '') NOT IN ('robot')",
        "SELECT CASE d.actor WHEN 'robot' THEN 1 ELSE 0 END AS is_robot FROM deployment AS d",
        "WITH a AS (SELECT '' AS b UNION SELECT d.actor FROM deployment AS d) SELECT 1 FROM a WHERE a.b <> 'robot'",
        "SELECT 1 AS c FROM population AS p WHERE p.actor = 'robot'",
    ],
)
def test_a_comparison_of_a_text_is_seen(sql: str) -> None:
    assert ("deployment", "actor") in no_words(scopes_of(sql), "release_event")
    assert no_words(scopes_of(sql.replace("= 'robot'", "= 'Robot'").replace("d.actor", "LOWER(d.actor)"))) == set()
