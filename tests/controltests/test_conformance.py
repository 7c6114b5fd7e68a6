"""What every rule, population, step and reconciliation must hold, whatever it tests."""

import re
from functools import cache
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import RULES_FOLDER, load_rule
from twofold.populations.completeness import RECONCILIATIONS_FOLDER, population_register
from twofold.populations.define import DEFINITIONS_FOLDER, ITEM_COLUMNS, definition_text
from twofold.populations.steps import STEPS_FOLDER, step_text, steps_needed

FOLDERS = sorted(path for path in RULES_FOLDER.iterdir() if path.is_dir())
TEXTS = sorted(
    [
        *RULES_FOLDER.glob("*/*.sql"),
        *DEFINITIONS_FOLDER.glob("*.sql"),
        *STEPS_FOLDER.glob("*.sql"),
        *RECONCILIATIONS_FOLDER.glob("*.sql"),
    ]
)
CODE = re.compile(r"(?<![a-z_])(?:exception|na|cannot_test):[a-z][a-z0-9_]*")
WORD = re.compile(r"[a-z][a-z0-9_]*")
LITERAL = re.compile(r"'([^']*)'")
NOT_PORTABLE = re.compile(
    r"\b(FILTER\s*\(|QUALIFY\b|EXCLUDE\b|GROUP BY ALL\b|ORDER BY ALL\b|STRING_AGG\b|LIST\s*\(|VARCHAR\b)", re.IGNORECASE
)
"""VARCHAR without a length is none to Spark; STRING is text to both engines."""
FRAMEWORK = re.compile(r"\b(SOX|SOC ?2|ITGC|AICPA|PCAOB)\b", re.IGNORECASE)
COMMENT = re.compile(r"--[^\n]*")
FACT_COLUMNS = ["item", "attribute", "table_name", "evidence", "record", "fact"]


NEVER_NULL = re.compile(r"is_\w+|id|item|closes|begins")
"""Keys and flags: columns of an order that are not told where NULL stands."""


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@cache
def query_in(path: Path) -> exp.Query:
    """Return the one query of a text; the tree is shared, and is read only."""
    (statement,) = sqlglot.parse(path.read_text(encoding="utf-8"), read="duckdb", error_level=ErrorLevel.RAISE)
    assert isinstance(statement, exp.Query)
    return statement


@pytest.mark.parametrize("path", [path for path in TEXTS if path.stem != "facts"], ids=name_of)
def test_an_order_says_where_null_stands(path: Path) -> None:
    """DuckDB puts NULL last where nothing is said, Spark first. The facts of a rule are computed on DuckDB alone."""
    here = [*query_in(path).find_all(exp.Ordered)]
    if not here:
        return
    there = [*sqlglot.parse_one(path.read_text(encoding="utf-8"), read="spark").find_all(exp.Ordered)]
    unsaid = [
        one.this.sql()
        for one, other in zip(here, there, strict=True)
        if one.args.get("nulls_first") != other.args.get("nulls_first") and not _never_null(one.this)
    ]
    assert unsaid == []


def _never_null(each: exp.Expr) -> bool:
    match each:
        case exp.Add():
            return _never_null(each.left) and _never_null(each.right)
        case exp.Case():
            values = [each.args.get("default"), *(when.args["true"] for when in each.args["ifs"])]
            return all(value is not None and value.find(exp.Column) is None for value in values)
        case _:
            return isinstance(each, exp.Coalesce) or NEVER_NULL.fullmatch(each.name) is not None


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_a_text_is_portable_sql(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n"), "without it, a comment at the end would swallow what follows"
    statement = query_in(path)
    assert NOT_PORTABLE.search(COMMENT.sub("", text)) is None
    for recursive in (each for each in statement.find_all(exp.With) if each.recursive):
        assert not [union for union in recursive.find_all(exp.Union) if union.args["distinct"] and _reads_itself(union)]
    spark = statement.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)
    assert isinstance(sqlglot.parse_one(spark, read="spark", error_level=ErrorLevel.RAISE), exp.Query)


def _reads_itself(union: exp.Union) -> bool:
    """Tell whether the union is the body of a part that reads itself: Spark takes UNION ALL there only."""
    part = union.parent
    return isinstance(part, exp.CTE) and part.alias in {table.name for table in union.find_all(exp.Table)}


@pytest.mark.parametrize("path", [path for path in TEXTS if path.parent != RECONCILIATIONS_FOLDER], ids=name_of)
def test_a_text_chooses_named_columns_and_no_order(path: Path) -> None:
    tree = query_in(path)
    assert not list(tree.find_all(exp.Limit)), "a limit without an order gives other rows each time"
    selects = [select for select in tree.find_all(exp.Select) if not select.find_ancestor(exp.Exists)]
    assert not [select for select in selects if any(isinstance(each, exp.Star) for each in select.expressions)]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_rule_folder_is_whole(folder: Path) -> None:
    rule = load_rule(folder)
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")
    assert list((folder / "cases").glob("*/case.toml")), "at least one case"
    assert rule.control_test == folder.name
    assert rule.population in population_register()
    assert query_in(folder / "facts.sql").named_selects == FACT_COLUMNS
    letters = [attribute.letter.lower() for attribute in rule.attributes]
    assert query_in(folder / "rule.sql").named_selects == [*ITEM_COLUMNS, *letters]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_reason_is_declared_and_every_declared_reason_is_given(folder: Path) -> None:
    rule = load_rule(folder)
    read = [rule.sql, definition_text(rule.population)]
    read += [step_text(name) for name in steps_needed(*read)]
    literals = {text for each in read for text in LITERAL.findall(COMMENT.sub("", each))}
    given = {match[0] for text in LITERAL.findall(COMMENT.sub("", rule.sql)) for match in CODE.finditer(text)}
    declared = {code for attribute in rule.attributes for code in attribute.reasons}
    assert given - declared == set(), "given by rule.sql and not declared in rule.toml"
    # A rule may put a code together: 'na:' || excuse, where the word is a literal of it, its population or a step.
    prefixes = {
        prefix for prefix in ("exception", "cannot_test", "na") if any(text.endswith(f"{prefix}:") for text in literals)
    }
    words = {word for text in literals for word in WORD.findall(text)}
    composed = {code for code in declared if code.partition(":")[0] in prefixes and code.partition(":")[2] in words}
    assert declared - given - composed == set(), "declared in rule.toml and given nowhere in rule.sql"
    for attribute in rule.attributes:
        assert all(sentence.strip().endswith(".") for sentence in attribute.reasons.values())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_rule_and_the_catalog_name_the_same_attributes(folder: Path) -> None:
    rule = load_rule(folder)
    controls = load_catalog().controls_for_test(rule.control_test)
    asked = {
        letter
        for control in controls
        for lens in control.lenses
        for letter in control.required_attributes(lens=lens, control_test_id=rule.control_test)
    }
    named = {letter for control in controls for letter in control.attributes}
    tested = {attribute.letter for attribute in rule.attributes}
    assert asked
    assert asked - tested == set(), "a lens asks for what the rule does not test"
    assert tested - named == set(), "the rule tests what no control names"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_rule_knows_no_framework_and_explains_its_parameters(folder: Path) -> None:
    rule = load_rule(folder)
    for name in ("rule.sql", "rule.toml", "facts.sql"):
        text = (folder / name).read_text(encoding="utf-8")
        # A dated label of a system is data, as 'fin_relevant' is.
        assert FRAMEWORK.search(text.replace("'soc2'", "")) is None
    for parameter in rule.parameters:
        assert parameter.about
        assert parameter.source
        assert rule.parameter_values({}, where="defaults")[parameter.name] == parameter.default
        used = re.search(rf"\b{parameter.name}\b", rule.sql + rule.facts_sql)
        assert used, f"{parameter.name} changes nothing"
