"""What each deployment carried: commits reachable from the deployed commit and not from the one live before it.

Source: audit-domain 4.2, *Change set of a deployment*. History is walked as a graph, never by time. Where the deployed
commit is not in the data and a pull request names it (as its merge, its head or one of its commits), the deployment
carries that commit; the step change_unit asks what else it may have carried. A commit that nothing names gives no rows,
and nothing is guessed for it: the control tests answer that they cannot test.

A deployment that names no repository belongs to the one repository in which its commit is known.

Deployments of one system, environment and repository are taken in order of first exposure. What was live before is
the commit that the deployer recorded, where the data hold it, else the last commit that served. A failed deployment
gets its change set and leaves what is live as it was. After a deployment of an unknown commit the last known one stays
the base, so that what the unknown one carried turns up in the next known deployment instead of nowhere.

The first deployment has nothing before it. It carries what is reachable in the data, without commits that are surely
older than the stretch that the deployment log speaks for: those may have been live before the log began, and nobody
can tell.

The walk keeps the set of live commits and stops at it, so a chain of deployments costs about the number of its commits.
Only a rollback or a release branch needs more, which is about the size of the difference between the two commits.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import duckdb

_SERVED = frozenset({"success", "inactive"})
"""Statuses of a deployment that was live; `inactive` is one that another has replaced."""
_UNKNOWN_START = datetime.max  # noqa: DTZ901  DuckDB hands out naive UTC; such deployments come last


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment as the walk needs it."""

    id: str
    group: tuple[str, str, str]
    """System, environment, repository."""
    sha: str
    previous_sha: str
    served: bool


@dataclass(slots=True)
class History:
    """Commits of one repository: each with those parents that the data hold."""

    parents: Mapping[str, Sequence[str]]
    depth: dict[str, int] = field(default_factory=dict)
    """Length of the longest path down to a root: a commit is always deeper than its ancestors."""

    def __post_init__(self) -> None:
        self.depth = _depths(self.parents)

    def reached(self, start: str, *, stop_at: set[str]) -> tuple[set[str], set[str]]:
        """Return commits reachable from `start` outside `stop_at`, and the members of `stop_at` at which it stopped.

        `stop_at` must hold the ancestors of its members, so that nothing behind a stop is missed.
        """
        found: set[str] = set()
        stopped: set[str] = set()
        waiting = [start]
        while waiting:
            sha = waiting.pop()
            if sha in stop_at:
                stopped.add(sha)
            elif sha not in found:
                found.add(sha)
                waiting.extend(self.parents[sha])
        return found, stopped

    def only_in(self, start: str, other: str) -> set[str]:
        """Return commits reachable from `start` and not from `other`, walking no deeper than needed.

        Deeper commits come first, so all that lead to a commit are seen before the commit itself.
        """
        from_other = {start: False}
        from_other[other] = True
        queue = [(-self.depth[sha], sha) for sha in from_other]
        heapq.heapify(queue)
        open_ones = sum(not marked for marked in from_other.values())
        only: set[str] = set()
        while queue and open_ones:
            _, sha = heapq.heappop(queue)
            marked = from_other[sha]
            if not marked:
                only.add(sha)
                open_ones -= 1
            for parent in self.parents[sha]:
                if parent not in from_other:
                    from_other[parent] = marked
                    open_ones += not marked
                    heapq.heappush(queue, (-self.depth[parent], parent))
                elif marked and not from_other[parent]:
                    from_other[parent] = True
                    open_ones -= 1
        return only


@dataclass(slots=True)
class Live:
    """What one environment runs: its commit and all ancestors of it."""

    history: History
    sha: str = ""
    commits: set[str] = field(default_factory=set)

    def carried_by(self, sha: str) -> set[str]:
        """Return what a deployment of `sha` adds to what is live."""
        return self.history.reached(sha, stop_at=self.commits)[0]

    def move_to(self, sha: str) -> None:
        """Make `sha` the live commit."""
        added, stopped = self.history.reached(sha, stop_at=self.commits)
        if self.sha and self.sha not in stopped:
            self.commits -= self.history.only_in(self.sha, sha)
        self.commits |= added
        self.sha = sha


def change_set_rows(session: duckdb.DuckDBPyConnection) -> Iterator[dict[str, str]]:
    """Yield the rows of `change_set` (deployment, repository, sha), in order of deployment and sha.

    The session holds the canonical tables. Deployments of a commit that is known nowhere give no rows.
    """
    histories = _read_histories(session)
    named = _read_named(session)
    begins_at = _log_begins_at(session)
    older = _older_commits(session, begins_at)
    for (_, _, repository), deployments in groupby(_read_deployments(session), key=lambda one: one.group):
        history = histories.get(repository) or History({})
        carried = _carried(deployments, history, older.get(repository, frozenset()), named.get(repository, frozenset()))
        for deployment, shas in carried:
            yield from ({"deployment": deployment, "repository": repository, "sha": sha} for sha in sorted(shas))


def _carried(
    deployments: Iterator[Deployed], history: History, older: frozenset[str], named: frozenset[str]
) -> Iterator[tuple[str, set[str] | frozenset[str]]]:
    live = Live(history)
    served_by_name: set[str] = set()
    for deployment in deployments:
        if deployment.previous_sha in history.parents and deployment.previous_sha != live.sha:
            live.move_to(deployment.previous_sha)
        if deployment.sha not in history.parents:
            if deployment.sha in named and deployment.sha not in served_by_name:
                yield deployment.id, {deployment.sha}
                if deployment.served:
                    served_by_name.add(deployment.sha)
            continue
        carried = live.carried_by(deployment.sha)
        yield deployment.id, carried if live.sha else carried - older
        if deployment.served:
            live.move_to(deployment.sha)


def _read_deployments(session: duckdb.DuckDBPyConnection) -> list[Deployed]:
    rows = session.execute(
        """
        WITH known AS (
            SELECT repository, sha FROM code_commit
            UNION
            SELECT repository, merge_sha FROM pull_request
            UNION
            SELECT repository, head_sha FROM pull_request
            UNION
            SELECT p.repository, c.sha FROM pull_request_commit AS c JOIN pull_request AS p ON p.id = c.pull_request
        ),
        only_home AS (SELECT sha, MIN(repository) AS repository FROM known GROUP BY sha HAVING COUNT(*) = 1)
        SELECT d.id, d.system, d.environment, COALESCE(d.repository, o.repository, ''),
            COALESCE(d.commit_sha, a.commit_sha, ''), COALESCE(d.previous_sha, ''), COALESCE(d.status, ''),
            COALESCE(d.started_at, d.completed_at)
        FROM deployment AS d
        LEFT JOIN artefact AS a ON a.digest = d.digest
        LEFT JOIN only_home AS o ON o.sha = COALESCE(d.commit_sha, a.commit_sha)
        """
    ).fetchall()
    rows.sort(key=lambda row: (*row[1:4], row[7] or _UNKNOWN_START, row[0]))
    return [
        Deployed(id_, (system, environment, repository), sha, previous, status in _SERVED)
        for id_, system, environment, repository, sha, previous, status, _ in rows
    ]


def _read_histories(session: duckdb.DuckDBPyConnection) -> dict[str, History]:
    """Read every repository's commits; parents outside the data are left out."""
    parents: dict[str, dict[str, list[str]]] = {}
    for repository, sha in session.execute("SELECT repository, sha FROM code_commit").fetchall():
        parents.setdefault(repository, {})[sha] = []
    edges = session.execute("SELECT repository, sha, value FROM code_commit__parents").fetchall()
    for repository, sha, parent in edges:
        known = parents[repository]
        if parent in known:
            known[sha].append(parent)
    return {repository: History(known) for repository, known in parents.items()}


def _read_named(session: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Return the commits per repository that a pull request names."""
    rows = session.execute(
        """
        SELECT repository, merge_sha FROM pull_request WHERE merge_sha IS NOT NULL
        UNION
        SELECT repository, head_sha FROM pull_request WHERE head_sha IS NOT NULL
        UNION
        SELECT p.repository, c.sha FROM pull_request_commit AS c JOIN pull_request AS p ON p.id = c.pull_request
        """
    ).fetchall()
    rows.sort()
    return {
        repository: frozenset(sha for _, sha in pairs) for repository, pairs in groupby(rows, key=lambda row: row[0])
    }


def _log_begins_at(session: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return the first moment that the deployment log speaks for, naive UTC; None where no extraction says it."""
    found = session.execute(
        "SELECT MIN(COALESCE(period_from, oldest_available)) FROM extraction WHERE table_name = 'deployment'"
    ).fetchone()
    return None if found is None else found[0]


def _older_commits(session: duckdb.DuckDBPyConnection, begins_at: datetime | None) -> dict[str, frozenset[str]]:
    """Return the commits per repository that were surely made before `begins_at`."""
    if begins_at is None:
        return {}
    rows = session.execute(
        "SELECT repository, sha FROM code_commit WHERE committed_at_latest < ? ORDER BY repository", [begins_at]
    ).fetchall()
    return {
        repository: frozenset(sha for _, sha in pairs) for repository, pairs in groupby(rows, key=lambda row: row[0])
    }


def _depths(parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return each commit's longest path to a root, by peeling off commits whose parents are done."""
    children: dict[str, list[str]] = {}
    missing = {sha: len(found) for sha, found in parents.items()}
    for sha, found in parents.items():
        for parent in found:
            children.setdefault(parent, []).append(sha)
    depth = dict.fromkeys(parents, 0)
    ready = [sha for sha, count in missing.items() if not count]
    while ready:
        parent = ready.pop()
        for child in children.get(parent, ()):
            depth[child] = max(depth[child], depth[parent] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    return depth
