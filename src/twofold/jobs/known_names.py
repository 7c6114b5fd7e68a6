"""Under which names the registers know one human: HR ids that go on from each other, accounts, e-mail addresses.

For separation of duties (docs/decisions/0020): whoever signs with the name of an account, or under a new HR id, is who
performed the control under the old one.
"""

from collections.abc import Collection

import duckdb

from twofold.jobs.normalise import tables_now
from twofold.model.person import same_person
from twofold.model.problem import Problem, UserError
from twofold.populations.steps import register_steps
from twofold.records.workspace import Workspace
from twofold.tables.store import TableSet, open_session

NAME_TABLES = ("account", "account_link", "engagement", "job", "person")
"""What the session of `known_names` holds."""


def known_names(session: duckdb.DuckDBPyConnection, names: Collection[str]) -> dict[str, frozenset[str]]:
    """Return each name with every HR id of its human; a name that no register knows is there alone.

    An account counts for everybody to whom it was ever linked, so of a shared one each is a name: parts in a control
    are asked for at any time, too. Capitals and spaces around make no other name.
    """
    register_steps(session, ("same_human",))
    rows = session.execute(
        """
        WITH said AS (
            SELECT l.account AS name, l.person AS person FROM account_link AS l
            UNION
            SELECT a.id AS name, p.id AS person FROM account AS a JOIN person AS p ON lower(p.email) = lower(a.email)
            UNION
            SELECT p.email AS name, p.id AS person FROM person AS p
            UNION
            SELECT h.person AS name, h.person AS person FROM same_human AS h
        )
        SELECT g.name, list(DISTINCT s.person), list(DISTINCT o.person)
        FROM (SELECT unnest($1) AS name) AS g
        JOIN said AS s ON lower(trim(s.name)) = lower(trim(g.name))
        LEFT JOIN same_human AS h ON h.person = s.person
        LEFT JOIN same_human AS o ON o.human = h.human
        GROUP BY g.name
        """,
        [sorted(set(names))],
    ).fetchall()
    found = {name: frozenset({name}) for name in names}
    return found | {name: frozenset({name, *persons, *same} - {None}) for name, persons, same in rows}


def names_in(workspace: Workspace, names: Collection[str]) -> dict[str, frozenset[str]]:
    """Return `known_names` by the tables of the newest test; each name alone where nothing was tested yet."""
    if not tables_now(workspace.tables_folder):
        return {name: frozenset({name}) for name in names}
    with open_session(TableSet(workspace.tables_folder, {}), wanted=NAME_TABLES) as session:
        return known_names(session, names)


def need_other_human(workspace: Workspace, name: str | None, others: Collection[str], *, where: str, why: str) -> None:
    """Raise UserError where the registers know `name` and one of the others as one human.

    Equal names, and none at all, are for the act to refuse. where: what gave the name.
    """
    if not (name and name.strip()):
        return
    different = [each for each in others if each and not same_person(each, name)]
    known = names_in(workspace, [name, *different]) if different else {}
    for other in different:
        if known[name] & known[other]:
            found = f"{name!r} and {other!r} are names of one human"
            raise UserError(Problem(where, found, why, "let somebody else do it"))
