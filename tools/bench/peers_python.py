"""T-10 in plain Python: the second opinion of the tests, which knows every trap, asked about each deployment in turn.

It shares no line with the rule. It was written to be read, and looks a row up by going through all of them. So it is
given, for each deployment, only the rows that a chain of keys leads to from there; dictionaries find these, and the
time grows with the number of deployments, not with its square. What it asks several times of one deployment is kept.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

import duckdb
from tests.second_opinion.rules import approvals, changes, steps, t_10
from tests.second_opinion.rules.records import Record, Records
from tests.second_opinion.rules.steps import EVER

from twofold.controltests.rule import ParameterValue
from twofold.tables.schema import ColumnType, Table, canonical_tables, child_table

LETTERS = t_10.LETTERS
SMALL = ("check_requirement", "source_gap", "change_type", "pipeline_agreement", "role_authority")
"""Tables of the company that are small: every deployment gets them whole."""
READ = (
    *SMALL,
    *("deployment", "change_set", "artefact", "code_commit", "pull_request", "pull_request_commit", "review"),
    *("ticket", "ticket_event", "approval", "check_run", "account", "account_link", "person", "job", "engagement"),
    *("roster", "delegation"),
)
_ASKED_AGAIN = {
    changes: ("commit_owners", "tickets_named"),
    steps: ("hand", "mandates", "superiors"),
    approvals: ("contributors",),
}
"""Functions of the second opinion that it asks the same of a deployment several times."""
Codes = Mapping[str, Mapping[str, str]]
"""Item -> letter -> reason code."""


def in_python(session: duckdb.DuckDBPyConnection, parameters: Mapping[str, ParameterValue]) -> Iterator[Codes]:
    """Yield the codes of each production deployment's items; the session holds the canonical tables."""
    index = _Index(Records({name: _rows(session, canonical_tables()[name]) for name in READ}))
    clock = datetime.max  # noqa: DTZ901  T-10 does not ask the clock
    with _remembering():
        for row in index.production:
            world, alone = index.world(row)
            found = t_10.outcomes(world, clock, parameters)
            if alone:
                yield found
            else:
                own = {change.item for change in changes.changes(world) if change.deployment["id"] == row["id"]}
                yield {item: codes for item, codes in found.items() if item in own}


@contextmanager
def _remembering() -> Iterator[None]:
    """Let the second opinion keep what it has found out about the deployment that it is asked about."""
    with ExitStack() as stack:
        for home, names in _ASKED_AGAIN.items():
            for name in names:
                kept = _kept(getattr(home, name))
                for module in (approvals, changes, t_10):
                    if hasattr(module, name):
                        stack.enter_context(patch.object(module, name, kept))
        yield


def _kept(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with its answers about the last records kept; a change is known by its item."""
    about: list[Any] = [None, {}]

    def answer(records: Records, *given: Any) -> Any:
        if about[0] is not records:
            about[:] = records, {}
        key = tuple(getattr(each, "item", each) for each in given)
        if key not in about[1]:
            about[1][key] = ask(records, *given)
        return about[1][key]

    return answer


class _Index:
    """Dictionaries over all rows, and from them the rows that one deployment is judged by."""

    def __init__(self, records: Records) -> None:
        self.production = [row for row in records["deployment"] if row["environment"] == "production"]
        self._small = {name: records[name] for name in SMALL}
        self._change_set = records.by("change_set", "deployment")
        self._artefact = records.by("artefact", "digest")
        self._commit = {(row["repository"], row["sha"]): row for row in records["code_commit"]}
        self._by_tree = _grouped(records["code_commit"], lambda row: (row["repository"], row["tree_sha"]))
        self._some_commit = {row["repository"]: row for row in records["code_commit"]}
        self._pull = {row["id"]: row for row in records["pull_request"]}
        self._listed = records.by("pull_request_commit", "pull_request")
        self._claims: dict[Any, set[str]] = defaultdict(set)
        for row in records["pull_request"]:
            shas = [row["head_sha"], row["merge_sha"], *(each["sha"] for each in self._listed.get(row["id"], ()))]
            for sha in shas:
                self._claims[row["repository"], sha].add(row["id"])
        self._review = records.by("review", "pull_request")
        self._ticket = records.by("ticket", "key")
        self._event = records.by("ticket_event", "ticket")
        self._approval = records.by("approval", "subject")
        self._run = records.by("check_run", "sha")
        self._account = records.by("account", "id")
        self._link = records.by("account_link", "account")
        self._email = _grouped(records["person"], lambda row: (row["email"] or "").lower())
        self._job = records.by("job", "person")
        self._engagement = records.by("engagement", "person")
        self._roster = records.by("roster", "person")
        self._lent = records.by("delegation", "to_person")
        self._first: dict[Any, Record] = {}
        for row in records["roster"]:
            key = row["scope"], row["duty"]
            earliest = self._first.setdefault(key, row)
            if (row["valid_from"] or EVER) < (earliest["valid_from"] or EVER):
                self._first[key] = row
        self._before = self._lines()
        self._by_content = _grouped(self.production, lambda row: (row["system"], row["digest"] or self._sha(row)))

    def world(self, row: Record) -> tuple[Records, bool]:
        """Return the rows that a deployment is judged by, and whether it is the only deployment in them."""
        deployments = [row, *self._compared(row)]
        sets = self._change_set.get(row["id"], [])
        built = [each for one in deployments for each in self._artefact.get(one["digest"], ())]
        wanted = {(each["repository"], each["sha"]) for each in sets}
        wanted |= {(row["repository"], self._sha(row))} | {(row["repository"], each["commit_sha"]) for each in built}
        commits, pulls = self._component(wanted)
        reviews = [each for name in pulls for each in self._review.get(name, ())]
        known = {key: self._commit[key] for key in commits if key in self._commit}
        some = [self._some_commit[name] for name, _ in commits if name in self._some_commit]
        known |= {(each["repository"], each["sha"]): each for each in some}
        requests = [self._pull[name] for name in pulls]
        keys = {key for each in (*requests, *known.values()) for key in each["tickets"]}
        approvals = [each for key in sorted(keys) for each in self._approval.get(key, ())]
        accounts = {row["actor"], *(each["author"] for each in requests), *(each["reviewer"] for each in reviews)}
        accounts |= {each["approver"] for each in approvals}
        for each in known.values():
            accounts |= {each["author"], each["committer"], each["pushed_by"], *each["coauthors"], *each["reviewed_by"]}
        tables: dict[str, Sequence[Record]] = {
            **self._small,
            **self._people(accounts),
            "deployment": deployments,
            "change_set": sets,
            "artefact": built,
            "code_commit": list(known.values()),
            "pull_request": requests,
            "pull_request_commit": [each for name in pulls for each in self._listed.get(name, ())],
            "review": reviews,
            "ticket": [each for key in keys for each in self._ticket.get(key, ())],
            "ticket_event": [each for key in keys for each in self._event.get(key, ())],
            "approval": approvals,
            "check_run": [each for sha in {sha for _, sha in commits} for each in self._run.get(sha, ())],
        }
        return Records(tables), len(deployments) == 1

    def _component(self, wanted: set[Any]) -> tuple[set[Any], list[str]]:
        """Return commits and pull requests that hang together with some commits: by key, and by equal content."""
        commits: set[Any] = set()
        pulls: dict[str, None] = {}
        while wanted:
            commits |= wanted
            names = {name for key in wanted for name in self._claims.get(key, ()) if name not in pulls}
            pulls |= dict.fromkeys(sorted(names))
            found = {(each["repository"], each["sha"]) for key in wanted for each in self._equal(key)}
            for name in names:
                request = self._pull[name]
                shas = {request["head_sha"], request["merge_sha"]}
                shas |= {each["sha"] for each in self._listed.get(name, ())}
                shas |= {each["commit_sha"] for each in self._review.get(name, ())}
                found |= {(request["repository"], sha) for sha in shas}
            wanted = found - commits
        return commits, list(pulls)

    def _equal(self, key: Any) -> Iterable[Record]:
        row = self._commit.get(key)
        if row is None or row["tree_sha"] is None:
            return ()
        return self._by_tree[row["repository"], row["tree_sha"]]

    def _people(self, names: set[str | None]) -> dict[str, Sequence[Record]]:
        accounts = [each for name in names for each in self._account.get(name, ())]
        started = {each["triggered_by"] for each in accounts} - names - {None}
        accounts += [each for name in started for each in self._account.get(name, ())]
        links = [each for name in names | started for each in self._link.get(name, ())]
        mailed = [each for row in accounts if row["email"] for each in self._email.get(row["email"].lower(), ())]
        persons = {each["person"] for each in links} | {each["id"] for each in mailed}
        line, level = set(persons), persons
        for _ in range(3):
            level = {each["manager"] for name in level for each in self._job.get(name, ())}
            line |= level
        lent = [each for name in persons for each in self._lent.get(name, ())]
        lenders = persons | {each["from_person"] for each in lent}
        return {
            "account": accounts,
            "account_link": links,
            "person": mailed,
            "job": [each for name in line for each in self._job.get(name, ())],
            "engagement": [each for name in lenders for each in self._engagement.get(name, ())],
            "roster": [*self._first.values(), *(each for name in lenders for each in self._roster.get(name, ()))],
            "delegation": lent,
        }

    def _compared(self, row: Record) -> list[Record]:
        """Return the deployments that tell whether one is a rerun or a rollback."""
        found = {}
        before = self._before.get(row["id"])
        if before is not None and (row["digest"] is not None or row["kind"] == "rerun"):
            found[before["id"]] = before
        if row["kind"] == "rollback":
            found |= {each["id"]: each for each in self._by_content[row["system"], row["digest"] or self._sha(row)]}
        found.pop(row["id"], None)
        return list(found.values())

    def _lines(self) -> dict[str, Record]:
        """Return deployment -> what served last before it in the line of its system and repository."""
        found: dict[str, Record] = {}
        lines = _grouped(self.production, lambda row: (row["system"], row["repository"]))
        for line in lines.values():
            last: Record | None = None
            line.sort(key=lambda each: (each["started_at"] is None, each["started_at"] or (), each["id"]))
            for row in line:
                if last is not None:
                    found[row["id"]] = last
                last = row if row["status"] in changes.SERVED else last
        return found

    def _sha(self, row: Record) -> str | None:
        if row["commit_sha"]:
            return str(row["commit_sha"])
        return next((each["commit_sha"] for each in self._artefact.get(row["digest"], ())), None)


def _rows(session: duckdb.DuckDBPyConnection, table: Table) -> list[Record]:
    """Return the rows of a table as the second opinion has them, without their evidence."""
    lists: dict[str, dict[Any, list[str]]] = {}
    for column in table.list_columns:
        lists[column.name] = defaultdict(list)
        values = f"SELECT {', '.join(table.key)}, value FROM {child_table(table.name, column.name)} ORDER BY value"  # noqa: S608  names come from the schema
        for *key, value in session.execute(values).fetchall():
            lists[column.name][tuple(key)].append(value)
    stored, instants = [], []
    for column in table.columns:
        if column.type is ColumnType.INSTANT:
            instants.append(column.name)
            stored += [column.name, f"{column.name}_latest"]
        elif column.type is not ColumnType.LIST:
            stored.append(column.name)
    found: list[Record] = []
    query = f"SELECT {', '.join(stored)}, conflicted FROM {table.name} ORDER BY {', '.join(table.key)}"  # noqa: S608  names come from the schema
    chosen = session.execute(query)
    while rows := chosen.fetchmany(10_000):
        for values in rows:
            row = dict(zip([*stored, "conflicted"], values, strict=True))
            for name in instants:
                latest = row.pop(f"{name}_latest")
                row[name] = None if row[name] is None else (row[name], latest)
            if lists:
                key = tuple(row[name] for name in table.key)
                row |= {name: tuple(each.get(key, ())) for name, each in lists.items()}
            found.append(row)
    return found


def _grouped(rows: Iterable[Record], key: Any) -> dict[Any, list[Record]]:
    found: dict[Any, list[Record]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
