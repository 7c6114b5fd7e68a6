"""Facts of the canonical tables: who is who, texts, times of people's acts, pairs of roles, failed tries.

Which columns are looked at is data: `readiness/anti_patterns/looked_at.toml`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from twofold.populations.steps import register_steps
from twofold.readiness.anti_patterns.facts import MomentsFact, SaidFact, TwoRolesFact

_PEOPLE = ("account", "account_link", "engagement", "person")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tables_wanted(looked_at: Mapping[str, Any]) -> frozenset[str]:
    """Return the canonical tables to read."""
    named = {
        each[key]
        for part in ("moments", "two_roles")
        for each in looked_at[part]
        for key in ("table", "join")
        if key in each
    }
    return frozenset({*_PEOPLE, *looked_at["texts"], *looked_at["tries"], *named})


def people(session: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return account, verified e-mail or HR id in lower case -> HR id, where it is one person's at all times."""
    register_steps(session, ["identity"])
    rows = session.execute(
        """
        SELECT LOWER(said), min(person) FROM (
            SELECT id AS said, id AS person FROM person
            UNION SELECT person, person FROM engagement
            UNION SELECT email, id FROM person WHERE email <> ''
            UNION SELECT account, person FROM identity WHERE state = 'linked'
        ) GROUP BY LOWER(said) HAVING count(DISTINCT person) = 1
        """
    ).fetchall()
    return {said: person.casefold() for said, person in rows}


def people_ended(session: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    """Return when the last engagement of a person ended, for people who hold none any more."""
    rows = session.execute(
        """
        SELECT LOWER(person), max(effective_end) FROM engagement
        GROUP BY LOWER(person) HAVING count(*) = count(effective_end)
        """
    ).fetchall()
    return {person: ended.replace(tzinfo=UTC) for person, ended in rows}


def texts_of_people(session: duckdb.DuckDBPyConnection, columns: Mapping[str, list[str]]) -> Iterator[SaidFact]:
    """Give each different text of the columns, with the first row that holds it."""
    for table, (key, *fields) in columns.items():
        for field in fields:
            rows = session.execute(
                f"SELECT trim({field}), min({key}) FROM {table} WHERE trim({field}) <> '' GROUP BY 1 ORDER BY 2, 1"  # noqa: S608  names come from a file of ours
            ).fetchall()
            yield from (SaidFact(f"table: {table} {row}", field, text) for text, row in rows)


def moments(session: duckdb.DuckDBPyConnection, series: Mapping[str, Any]) -> Iterator[MomentsFact]:
    """Give the counted times of each person in a series; a time that is known only to the day is left out."""
    table, at, who = series["table"], series["at"], series["who"] or "''"
    apart = ", ".join(series["apart"]) or "''"
    length = f"epoch_ms({at}) - epoch_ms({series['began']})" if "began" in series else "NULL"
    rows = session.execute(
        f"""
        WITH act AS (
            SELECT COALESCE({who}, '') AS who, concat_ws(' ', {apart}) AS apart, {at} AS moment, {length} AS length
            FROM {table} WHERE {at} IS NOT NULL AND {at}_latest - {at} < INTERVAL 1 MINUTE
        ),
        shared AS (SELECT who, apart, moment, count(*) AS times FROM act GROUP BY ALL),
        same AS (SELECT who, apart, length, count(*) AS times FROM act WHERE length IS NOT NULL GROUP BY ALL),
        most AS (SELECT who, apart, max(times) AS times FROM shared GROUP BY ALL),
        longest AS (SELECT who, apart, max(times) AS times, sum(times) AS total FROM same GROUP BY ALL)
        SELECT
            a.who, a.apart, count(*), any_value(m.times),
            count(*) FILTER (second(a.moment) = 0 AND minute(a.moment) % 15 = 0),
            date_diff('millisecond', min(a.moment), max(a.moment)) / 1000.0,
            COALESCE(any_value(l.times), 0), COALESCE(any_value(l.total), 0)
        FROM act AS a
        JOIN most AS m ON m.who = a.who AND m.apart = a.apart
        LEFT JOIN longest AS l ON l.who = a.who AND l.apart = a.apart
        GROUP BY a.who, a.apart ORDER BY a.who, a.apart
        """  # noqa: S608  names come from a file of ours
    ).fetchall()
    for person, part, count, shared, quarters, span, same, lengths in rows:
        what = f"{series['what']} ({part})" if part else str(series["what"])
        yield MomentsFact(what, table, person, count, shared, quarters, float(span), int(same), int(lengths))


def two_roles(session: duckdb.DuckDBPyConnection, pair: Mapping[str, Any]) -> Iterator[TwoRolesFact]:
    """Give both persons of each row that names two."""
    table, second = pair["table"], f"o.{pair['second']}" if "join" in pair else f"t.{pair['second']}"
    join = f"JOIN {pair['join']} AS o USING ({', '.join(pair['on'])})" if "join" in pair else ""
    rows = session.execute(
        f"""
        SELECT t.{pair["id"]}, t.{pair["first"]}, {second}, min(t.{pair["at"]}) FROM {table} AS t {join}
        WHERE t.{pair["first"]} <> '' AND {second} <> '' AND t.{pair["at"]} IS NOT NULL
        GROUP BY ALL ORDER BY ALL
        """  # noqa: S608  names come from a file of ours
    ).fetchall()
    for row, first, other, at in rows:
        what = f"{pair['what']} {row}"
        yield TwoRolesFact(
            f"table: {table} {row}", what, pair["first_role"], first, pair["second_role"], other, at.replace(tzinfo=UTC)
        )


def failed_tries(session: duckdb.DuckDBPyConnection, columns: Mapping[str, list[str]]) -> dict[str, tuple[int, int]]:
    """Return table -> (tries that failed, all tries that ended)."""
    found = {}
    for table, (column, *words) in columns.items():
        row = session.execute(
            f"SELECT count(*) FILTER (list_contains(?, {column})), count(*) FROM {table} WHERE {column} <> ''",  # noqa: S608  names come from a file of ours
            [words],
        ).fetchone()
        found[table] = (int(row[0]), int(row[1])) if row else (0, 0)
    return found


def extractors(session: duckdb.DuckDBPyConnection) -> dict[str, dict[str, datetime]]:
    """Return table -> who asked its sources -> when last."""
    found: dict[str, dict[str, datetime]] = {}
    rows = session.execute(
        "SELECT table_name, run_by, max(run_at) FROM extraction WHERE run_by <> '' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for table, run_by, run_at in rows:
        found.setdefault(table, {})[run_by] = (run_at or _EPOCH.replace(tzinfo=None)).replace(tzinfo=UTC)
    return found
