"""Splitting a SELECT at its WITH changes nothing of what it says."""

import re
from pathlib import Path

import duckdb
import pytest

from twofold.controltests.rule import RULES_FOLDER
from twofold.controltests.with_parts import WithPart, split_select
from twofold.populations.completeness import RECONCILIATIONS_FOLDER
from twofold.populations.define import DEFINITIONS_FOLDER
from twofold.populations.steps import STEPS_FOLDER

TEXTS = sorted(
    [
        *RULES_FOLDER.glob("*/rule.sql"),
        *DEFINITIONS_FOLDER.glob("*.sql"),
        *STEPS_FOLDER.glob("*.sql"),
        *RECONCILIATIONS_FOLDER.glob("*.sql"),
    ]
)
SPACE_OR_COMMENT = re.compile(r"\s+|--[^\n]*")


def test_parts_are_found_and_comments_are_not() -> None:
    split = split_select(
        "-- WITH x\nWITH a AS (SELECT ')' AS t -- )\n), b AS (SELECT t AS u FROM a)\nSELECT u FROM b\n"
    )
    assert split.parts == (WithPart("a", "SELECT ')' AS t \n"), WithPart("b", "SELECT t AS u FROM a"))
    assert split.last == "SELECT u FROM b\n"
    assert split.words == {"SELECT", "AS", "t", "u", "FROM", "a", "b"}


def test_a_select_without_parts_stays_as_it_is() -> None:
    split = split_select("SELECT 1 AS one")
    assert (split.parts, split.last, list(split.read_often())) == ((), "SELECT 1 AS one", [])
    assert split.with_computed({}, last="SELECT 2 AS two") == "SELECT 2 AS two"


@pytest.mark.parametrize("text", ["WITH a(x) AS (SELECT 1) SELECT 1", "WITH a AS (SELECT (1) SELECT 1"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"parenthesis|is not"):
        split_select(text)


def test_only_what_is_read_more_than_once_is_computed_once() -> None:
    text = (
        "WITH a AS (SELECT 1 AS n), b AS (SELECT n FROM a), c AS (SELECT b.n FROM a JOIN b ON b.n = 1) SELECT n FROM c"
    )
    split = split_select(text)
    assert [part.name for part in split.read_often()] == ["a", "b"]  # b once for reading, once for its column
    assert split.with_computed({"a": "held"}, last="SELECT n FROM b") == (
        "WITH a AS (SELECT * FROM held), b AS (SELECT n FROM a) SELECT n FROM b"
    )


def test_a_part_may_bear_the_name_of_the_table_that_it_reads() -> None:
    text = "WITH t AS (SELECT t.n + 1 AS n FROM t), u AS (SELECT n FROM t) SELECT t.n AS n FROM t JOIN u ON u.n = t.n"
    assert _computed(text, "CREATE TABLE t AS SELECT 1 AS n") == [(2,)]


def test_a_part_may_be_read_by_its_name_in_double_quotes() -> None:
    text = 'WITH revoke AS (SELECT 1 AS n), a AS (SELECT r.n AS n FROM "revoke" AS r) SELECT x.n FROM a AS x, a AS y'
    assert _computed(text, "SELECT 1") == [(1,)]


def test_a_part_that_reads_itself_goes_on_doing_so() -> None:
    text = """
    WITH RECURSIVE chain AS (SELECT 1 AS n UNION ALL SELECT c.n + 1 AS n FROM chain AS c WHERE c.n < 4)
    SELECT a.n AS n FROM chain AS a JOIN chain AS b ON b.n = a.n + 2 ORDER BY 1
    """
    assert _computed(text, "SELECT 1") == [(1,), (2,)]


def _computed(text: str, before: str) -> list[tuple[int, ...]]:
    """Compute the parts that are read often, then the rest, as the engine of Spark does; return the rows."""
    with duckdb.connect() as session:
        session.execute(before)
        split = split_select(text)
        computed: dict[str, str] = {}
        for part in split.read_often():
            statement = split.with_computed(computed, last=f"SELECT * FROM {part.name}")  # noqa: S608  a name of ours
            session.execute(f"CREATE TABLE held_{part.name} AS {statement}")
            computed[part.name] = f"held_{part.name}"
        assert computed
        return session.execute(split.with_computed(computed, last=split.last)).fetchall()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_text_of_ours_is_the_sum_of_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    split = split_select(text)
    parts = ", ".join(f"{part.name} AS ({part.body})" for part in split.parts)
    whole = f"WITH {'RECURSIVE ' * split.recursive}{parts} {split.last}" if parts else split.last
    assert SPACE_OR_COMMENT.sub("", whole) == SPACE_OR_COMMENT.sub("", text)
