"""T-10 written by hand for the tables of change_tables.py: as one DuckDB query, with pandas, and in plain Python.

All three give the nine attributes of T-10 in the words of the rule, and `rules.py` compares them with its outcomes
item by item. They know what those tables hold: exact times, nothing in conflict, no gap of a source, one person behind
an account, one ticket and one commit per pull request. So they are much shorter than the rule, and a floor for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from twofold.tables.store import quoted

BY_HAND = """
WITH who AS (SELECT account, person FROM account_link),
emergency AS (SELECT DISTINCT ticket FROM ticket_event WHERE field = 'emergency' AND new_value = 'yes'),
authorised AS (
    SELECT ticket, min(occurred_at) AS authorised_at FROM ticket_event
    WHERE field = 'status' AND new_value = 'Approved' GROUP BY ticket
),
edited AS (
    SELECT e.ticket, max(e.occurred_at) AS edited_at FROM ticket_event AS e
    WHERE e.field = 'description' GROUP BY e.ticket
),
uat AS (
    SELECT a.subject AS ticket, min(a.decided_at) AS decided_at, min(w.person) AS person
    FROM approval AS a LEFT JOIN who AS w ON w.account = a.approver WHERE a.duty = 'uat' GROUP BY a.subject
),
change AS (
    SELECT d.id || '/' || p.id AS item, d.id, d.status, d.started_at, d.by_pipeline, p.id AS pull_request, p.head_sha,
        dep.person AS deployer, d.actor, aut.person AS author, p.author AS account,
        aut.person IS NULL AS author_unknown, t.value AS ticket, k.type, k.key IS NOT NULL AS known,
        e.ticket IS NOT NULL AS emergency, a.authorised_at, x.edited_at, u.decided_at AS uat_at, u.person AS uat_by,
        coalesce(c.build, 0) AS build, coalesce(c.test, 0) AS test, n.manager
    FROM deployment AS d
    JOIN pull_request AS p ON p.merge_sha = d.commit_sha
    LEFT JOIN who AS dep ON dep.account = d.actor
    LEFT JOIN who AS aut ON aut.account = p.author
    LEFT JOIN job AS n ON n.person = aut.person
    LEFT JOIN pull_request__tickets AS t ON t.id = p.id
    LEFT JOIN ticket AS k ON k.key = t.value
    LEFT JOIN emergency AS e ON e.ticket = t.value
    LEFT JOIN authorised AS a ON a.ticket = t.value
    LEFT JOIN edited AS x ON x.ticket = t.value
    LEFT JOIN uat AS u ON u.ticket = t.value
    LEFT JOIN (
        SELECT r.sha,
            max(CASE WHEN r.name <> 'build' THEN 0 WHEN r.completed_at >= g.started_at THEN 1
                WHEN r.conclusion = 'success' THEN 4 WHEN r.conclusion = 'failure' THEN 3 ELSE 2 END) AS build,
            max(CASE WHEN r.name <> 'test' THEN 0 WHEN r.completed_at >= g.started_at THEN 1
                WHEN r.conclusion = 'success' THEN 4 WHEN r.conclusion = 'failure' THEN 3 ELSE 2 END) AS test
        FROM check_run AS r JOIN deployment AS g ON g.commit_sha = r.sha GROUP BY r.sha
    ) AS c ON c.sha = d.commit_sha
),
boss AS (
    SELECT j.person, j.manager AS one, k.manager AS two, l.manager AS three
    FROM job AS j LEFT JOIN job AS k ON k.person = j.manager LEFT JOIN job AS l ON l.person = k.manager
),
on_roster AS (
    SELECT r.person, coalesce(min(e.effective_end), TIMESTAMP '9999-12-31') AS valid_to
    FROM roster AS r JOIN engagement AS e ON e.person = r.person WHERE r.duty = 'release' GROUP BY r.person
),
refused AS (
    SELECT r.pull_request, coalesce(w.person, r.reviewer) AS hand, min(r.submitted_at) AS at
    FROM review AS r LEFT JOIN who AS w ON w.account = r.reviewer
    WHERE r.state = 'changes_requested' GROUP BY r.pull_request, coalesce(w.person, r.reviewer)
),
approval_of AS (
    SELECT c.item, coalesce(w.person, r.reviewer) AS hand, w.person IS NULL AS unlinked,
        o.person IS NOT NULL AND r.submitted_at < o.valid_to AS rostered,
        r.reviewer = c.account OR coalesce(w.person = c.author, false) AS own, c.author_unknown,
        r.commit_sha <> c.head_sha AS stale, r.submitted_at < c.started_at AS before,
        coalesce(least(r.dismissed_at, f.at) <= c.started_at, false) AS ended,
        coalesce(f.at <= c.started_at, false) AS refused,
        coalesce(w.person = c.deployer, false) AS is_deployer,
        NOT c.by_pipeline AND c.deployer IS NULL AS deployer_unlinked,
        coalesce(c.author IN (b.one, b.two, b.three), false) AS is_subordinate
    FROM change AS c
    JOIN review AS r ON r.pull_request = c.pull_request AND r.state = 'approved'
    LEFT JOIN who AS w ON w.account = r.reviewer
    LEFT JOIN on_roster AS o ON o.person = w.person
    LEFT JOIN boss AS b ON b.person = w.person
    LEFT JOIN refused AS f
        ON f.pull_request = c.pull_request AND f.hand = coalesce(w.person, r.reviewer) AND f.at > r.submitted_at
),
ranked AS (
    SELECT item, hand, before, rostered, unlinked,
        CASE WHEN own THEN 30 WHEN stale THEN 35 WHEN NOT unlinked AND NOT rostered THEN 33 WHEN unlinked THEN 78
            WHEN author_unknown THEN 76 ELSE 90 END AS fact,
        CASE WHEN NOT before THEN 20 WHEN ended AND refused THEN 40 WHEN ended THEN 25 ELSE 90 END AS in_force,
        CASE WHEN is_deployer THEN 30 WHEN is_subordinate THEN 71 WHEN unlinked THEN 78 WHEN deployer_unlinked THEN 77
            ELSE 90 END AS apart
    FROM approval_of
),
hands AS (
    SELECT item, hand, max(least(fact, in_force)) AS counts,
        max(CASE WHEN fact < 50 THEN 0 WHEN before THEN 90 ELSE 20 END) AS timely,
        max(CASE WHEN in_force < 50 OR (fact < 50 AND fact <> 33) THEN 0 WHEN unlinked THEN 78 WHEN rostered THEN 90
            ELSE 33 END) AS by_roster,
        max(CASE WHEN least(fact, in_force) < 50 THEN 0 ELSE apart END) AS apart
    FROM ranked GROUP BY item, hand
),
approved AS (
    SELECT item, max(counts) AS counts, max(timely) AS timely, max(by_roster) AS by_roster, max(apart) AS apart
    FROM hands GROUP BY item
)
SELECT c.item,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN emergency THEN 'na:emergency_tested_by_t12'
        WHEN ticket IS NULL THEN 'exception:no_ticket' WHEN NOT known THEN 'exception:ticket_not_found'
        WHEN type = 'Question' THEN 'exception:wrong_ticket_type'
        WHEN authorised_at IS NULL THEN 'exception:not_authorised'
        WHEN authorised_at >= started_at THEN 'exception:authorised_late' ELSE 'pass' END AS A,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN build = 3 OR test = 3 THEN 'exception:check_failed'
        WHEN build = 2 OR test = 2 THEN 'exception:check_skipped'
        WHEN build = 0 OR test = 0 THEN 'exception:check_missing'
        WHEN build = 1 OR test = 1 THEN 'exception:check_late' ELSE 'pass' END AS B,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN emergency THEN 'na:emergency_tested_by_t12'
        WHEN counts = 90 THEN 'pass' WHEN counts = 78 THEN 'cannot_test:approver_unlinked'
        WHEN counts = 76 THEN 'cannot_test:contributor_unlinked' WHEN counts IS NULL THEN 'exception:no_approval'
        WHEN counts = 40 THEN 'exception:changes_requested' WHEN counts = 35 THEN 'exception:stale_approval'
        WHEN counts = 33 THEN 'exception:no_authority' WHEN counts = 30 THEN 'exception:not_independent'
        WHEN counts = 25 THEN 'exception:approval_withdrawn' ELSE 'exception:no_live_approval' END AS C,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN emergency THEN 'na:emergency_tested_by_t12'
        WHEN timely = 90 THEN 'pass' WHEN timely >= 20 THEN 'exception:approved_late'
        WHEN counts IS NOT NULL THEN 'na:no_counting_approval' ELSE 'exception:no_approval' END AS D,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN NOT by_pipeline THEN 'cannot_test:no_digest'
        ELSE 'pass' END AS E,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN type IS NULL OR type = 'Question' OR authorised_at IS NULL
            OR authorised_at >= started_at THEN 'na:nothing_authorised'
        WHEN edited_at > authorised_at AND edited_at <= started_at THEN 'exception:material_edit' ELSE 'pass' END AS F,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN emergency THEN 'na:emergency_tested_by_t12'
        WHEN by_roster = 90 THEN 'pass' WHEN by_roster = 78 THEN 'cannot_test:approver_unlinked'
        WHEN by_roster = 33 THEN 'exception:no_authority' ELSE 'na:no_counting_approval' END AS G,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN emergency THEN 'na:emergency_tested_by_t12'
        WHEN apart = 90 THEN 'pass' WHEN apart = 78 THEN 'cannot_test:approver_unlinked'
        WHEN apart = 77 THEN 'cannot_test:deployer_unlinked' WHEN apart = 71 THEN 'cannot_test:subordinate_approved'
        WHEN apart = 30 THEN 'exception:approver_is_deployer' ELSE 'na:no_counting_approval' END AS H,
    CASE WHEN status = 'failure' THEN 'na:never_served' WHEN type = 'Change' THEN 'na:not_functional'
        WHEN uat_at < started_at AND uat_by <> author THEN 'pass'
        WHEN type IS DISTINCT FROM 'Feature' THEN 'cannot_test:functional_unknown'
        WHEN uat_by = author THEN 'exception:accepted_by_contributor'
        WHEN uat_at < started_at AND uat_by IS NOT NULL THEN 'cannot_test:contributor_unknown'
        ELSE 'exception:no_uat' END AS I
FROM change AS c LEFT JOIN approved USING (item) ORDER BY c.item
"""
"""T-10 in one query. Reads the tables by name."""


def with_duckdb(tables: Path, into: Path) -> None:
    """Write the outcomes of the query to `into`."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB"}) as session:
        session.execute("SET preserve_insertion_order = false")
        session.execute("SET enable_progress_bar = false")
        session.execute(f"SET temp_directory = '{quoted(into)}.spill'")
        for file in tables.glob("*.parquet"):
            session.execute(f"CREATE VIEW {file.stem} AS FROM read_parquet('{quoted(file)}')")
        session.execute(f"COPY ({BY_HAND}) TO '{quoted(into)}' (FORMAT parquet)")


def with_pandas(tables: Path) -> Any:
    """Return a frame of item, A to I; raises ImportError where pandas is not installed."""
    import numpy  # noqa: ICN001, PLC0415  only for this peer
    import pandas  # noqa: ICN001, PLC0415  only for this peer

    session = duckdb.connect(config={"threads": 2})
    session.execute("SET enable_progress_bar = false")

    def read(name: str, columns: str) -> Any:
        chosen = ", ".join(columns.split())
        return session.sql(f"SELECT {chosen} FROM read_parquet('{quoted(tables / name)}.parquet')").df()  # noqa: S608  our own names

    who = read("account_link", "account person").set_index("account")["person"]
    change = read("deployment", "id commit_sha status started_at actor by_pipeline").merge(
        read("pull_request", "id head_sha merge_sha author").rename(columns={"id": "pull", "merge_sha": "commit_sha"}),
        on="commit_sha",
    )
    change["item"] = change["id"] + "/" + change["pull"]
    named = read("pull_request__tickets", "id value").rename(columns={"id": "pull", "value": "key"})
    change = change.merge(named, on="pull", how="left").merge(read("ticket", "key type"), on="key", how="left")
    events = read("ticket_event", "ticket field new_value occurred_at").rename(columns={"ticket": "key"})
    status = (
        events[(events["field"] == "status") & (events["new_value"] == "Approved")].groupby("key")["occurred_at"].min()
    )
    edits = events[events["field"] == "description"].groupby("key")["occurred_at"].max()
    flagged = events[events["field"] == "emergency"]["key"].unique()
    change["authorised"], change["edited"] = change["key"].map(status), change["key"].map(edits)
    uat = read("approval", "subject approver decided_at").drop_duplicates("subject").set_index("subject")
    change["uat_by"], change["uat_at"] = (
        change["key"].map(uat["approver"]).map(who),
        change["key"].map(uat["decided_at"]),
    )
    change["author_is"], change["deployer"] = change["author"].map(who), change["actor"].map(who)
    runs = read("check_run", "sha name conclusion completed_at").merge(
        change[["commit_sha", "started_at"]], left_on="sha", right_on="commit_sha"
    )
    results = {"success": 4, "failure": 3, "skipped": 2}
    runs["rank"] = numpy.where(runs["completed_at"] < runs["started_at"], runs["conclusion"].map(results), 1)
    ranks = runs.pivot_table(index="sha", columns="name", values="rank", aggfunc="max", fill_value=0)
    build, test = (change["commit_sha"].map(ranks[name]).fillna(0) for name in ("build", "test"))
    change = change.merge(_pandas_hands(pandas, numpy, read, who, change), on="item", how="left")
    late = change["authorised"] >= change["started_at"]
    failed, emergency = change["status"] == "failure", change["key"].isin(flagged)
    own_uat = change["uat_by"] == change["author_is"]
    accepted = change["uat_by"].notna() & ~own_uat & (change["uat_at"] < change["started_at"])

    def code(*cases: tuple[Any, str], rest: str, routed: bool = False) -> Any:
        first = [(failed, "na:never_served"), *([(emergency, "na:emergency_tested_by_t12")] if routed else [])]
        every = [*first, *cases]
        return numpy.select([test for test, _ in every], [text for _, text in every], rest)

    def ranked(column: str, words: Mapping[int, str], rest: str) -> Any:
        return code(*((change[column] == rank, text) for rank, text in words.items()), rest=rest, routed=True)

    nothing = change["type"].isna() | (change["type"] == "Question") | change["authorised"].isna() | late
    edited = (change["edited"] > change["authorised"]) & (change["edited"] <= change["started_at"])
    timely = {90: "pass", 20: "exception:approved_late", 0: "na:no_counting_approval"}
    return pandas.DataFrame(
        {
            "item": change["item"],
            "A": code(
                (change["key"].isna(), "exception:no_ticket"),
                (change["type"].isna(), "exception:ticket_not_found"),
                (change["type"] == "Question", "exception:wrong_ticket_type"),
                (change["authorised"].isna(), "exception:not_authorised"),
                (late, "exception:authorised_late"),
                rest="pass",
                routed=True,
            ),
            "B": code(
                ((build == 3) | (test == 3), "exception:check_failed"),  # noqa: PLR2004  ranks
                ((build == 2) | (test == 2), "exception:check_skipped"),  # noqa: PLR2004  ranks
                ((build == 0) | (test == 0), "exception:check_missing"),
                ((build == 1) | (test == 1), "exception:check_late"),
                rest="pass",
            ),
            "C": ranked("counts", _C, "exception:no_approval"),
            "D": ranked("timely", timely, "exception:no_approval"),
            "E": code((~change["by_pipeline"], "cannot_test:no_digest"), rest="pass"),
            "F": code((nothing, "na:nothing_authorised"), (edited, "exception:material_edit"), rest="pass"),
            "G": ranked("roster", _G, _G[0]),
            "H": ranked("apart", _H, _H[0]),
            "I": code(
                (change["type"] == "Change", "na:not_functional"),
                (accepted & change["author_is"].notna(), "pass"),
                (change["type"] != "Feature", "cannot_test:functional_unknown"),
                (change["uat_by"].notna() & own_uat, "exception:accepted_by_contributor"),
                (accepted, "cannot_test:contributor_unknown"),
                rest="exception:no_uat",
            ),
        }
    ).sort_values("item")


def _pandas_hands(pandas: Any, numpy: Any, read: Any, who: Any, change: Any) -> Any:
    """Return by item the ranks of its approvals: counts, timely, roster, apart."""
    wanted = ["item", "pull", "started_at", "head_sha", "author", "author_is", "deployer", "by_pipeline"]
    given = read("review", "pull_request reviewer state submitted_at commit_sha dismissed_at").rename(
        columns={"pull_request": "pull"}
    )
    given["person"] = given["reviewer"].map(who)
    given["hand"] = given["person"].fillna(given["reviewer"])
    refused = (
        given[given["state"] == "changes_requested"].groupby(["pull", "hand"])["submitted_at"].min().rename("refused")
    )
    given = given[given["state"] == "approved"].merge(change[wanted], on="pull")
    given = given.merge(refused.reset_index(), on=["pull", "hand"], how="left")
    roster = read("roster", "duty person").query("duty == 'release'").drop_duplicates("person")
    ends = read("engagement", "person effective_end").set_index("person")["effective_end"]
    end = pandas.to_datetime(given["person"].map(ends))
    rostered = given["person"].isin(roster["person"]) & (end.isna() | (given["submitted_at"] < end))
    boss = read("job", "person manager").set_index("person")["manager"]
    one = given["person"].map(boss)
    two = one.map(boss)
    above = (given["author_is"] == one) | (given["author_is"] == two) | (given["author_is"] == two.map(boss))
    unlinked, before = given["person"].isna(), given["submitted_at"] < given["started_at"]
    taken = (given["refused"] > given["submitted_at"]) & (given["refused"] <= given["started_at"])
    dismissed = pandas.to_datetime(given["dismissed_at"]) <= given["started_at"]
    own = (given["reviewer"] == given["author"]) | (given["person"] == given["author_is"])
    stale = given["commit_sha"] != given["head_sha"]
    tests = [own, stale, unlinked, ~rostered, given["author_is"].isna()]
    fact = numpy.select(tests, [30, 35, 78, 33, 76], 90)
    in_force = numpy.select([~before, taken, dismissed], [20, 40, 25], 90)
    lone = ~given["by_pipeline"] & given["deployer"].isna()
    apart = numpy.select([given["person"] == given["deployer"], above, unlinked, lone], [30, 71, 78, 77], 90)
    held = (in_force >= _COUNTS) & ((fact >= _COUNTS) | (fact == 33))  # noqa: PLR2004  no authority is G's own question
    counts = numpy.minimum(fact, in_force)
    ranks = pandas.DataFrame(
        {
            "item": given["item"],
            "counts": counts,
            "timely": numpy.where(fact < _COUNTS, 0, numpy.where(before, 90, 20)),
            "roster": numpy.where(held, numpy.select([unlinked, rostered], [78, 90], 33), 0),
            "apart": numpy.where(counts >= _COUNTS, apart, 0),
        }
    )
    return ranks.groupby("item", as_index=False).max()


def in_python(tables: Path) -> Iterator[tuple[str, ...]]:
    """Yield (item, A to I) of every deployment, in no order; rows are read into dictionaries, nothing else."""
    rows = _reader(tables)
    company = _Company(rows)
    events = _ticket_events(rows)
    pulls = {
        merge: (id_, head, author) for id_, head, merge, author in rows("pull_request", "id head_sha merge_sha author")
    }
    named = dict(rows("pull_request__tickets", "id value"))
    types = dict(rows("ticket", "key type"))
    uat = {ticket: (account, at) for ticket, account, at in rows("approval", "subject approver decided_at")}
    reviews, checks = defaultdict(list), defaultdict(list)
    for pull, *review in rows("review", "pull_request reviewer state submitted_at commit_sha dismissed_at"):
        reviews[pull].append(review)
    for sha, *check in rows("check_run", "sha name conclusion completed_at"):
        checks[sha].append(check)
    wanted = "id commit_sha status started_at actor by_pipeline"
    for id_, sha, status, started, actor, by_pipeline in rows("deployment", wanted):
        pull, head, account = pulls[sha]
        item = f"{id_}/{pull}"
        if status == "failure":
            yield (item, *["na:never_served"] * 9)
            continue
        ticket = named.get(pull)
        type_ = types.get(ticket)
        authorised, edited, emergency = events.get(ticket, (None, None, False))
        a = _authorised(ticket, type_, authorised, started)
        c, d, g, h = _approved(company, reviews[pull], started, head, account, actor, by_pipeline=by_pipeline)
        if emergency:
            a = c = d = g = h = "na:emergency_tested_by_t12"
        e = "pass" if by_pipeline else "cannot_test:no_digest"
        f = _unedited(type_, authorised, edited, started)
        yield (
            item,
            a,
            _checked(checks[sha], started),
            c,
            d,
            e,
            f,
            g,
            h,
            _accepted(company, type_, uat.get(ticket), started, account),
        )


class _Company:
    """People: whose an account is, who may approve until when, who stands above whom."""

    def __init__(self, rows: Any) -> None:
        self.person: dict[str, str] = dict(rows("account_link", "account person"))
        ends = dict(rows("engagement", "person effective_end"))
        listed = [person for duty, person in rows("roster", "duty person") if duty == "release"]
        self.until = {person: ends[person] or datetime.max for person in listed}  # noqa: DTZ901  DuckDB gives naive UTC
        self.manager: dict[str, str | None] = dict(rows("job", "person manager"))

    def above(self, person: str | None) -> list[str | None]:
        one = self.manager.get(person or "")
        two = self.manager.get(one or "")
        return [one, two, self.manager.get(two or "")]


def _reader(tables: Path) -> Any:
    session = duckdb.connect(config={"threads": 2})
    session.execute("SET enable_progress_bar = false")

    def rows(table: str, columns: str) -> list[tuple[Any, ...]]:
        chosen = ", ".join(columns.split())
        return session.execute(f"SELECT {chosen} FROM read_parquet('{quoted(tables / table)}.parquet')").fetchall()  # noqa: S608  our own names

    return rows


def _ticket_events(rows: Any) -> Mapping[str, tuple[datetime | None, datetime | None, bool]]:
    """Return by ticket: when it was authorised, when its text was last edited, whether it is an emergency."""
    found: dict[str, tuple[datetime | None, datetime | None, bool]] = {}
    for ticket, field, value, at in rows("ticket_event", "ticket field new_value occurred_at"):
        authorised, edited, emergency = found.get(ticket, (None, None, False))
        if field == "status" and value == "Approved":
            authorised = at
        elif field == "description":
            edited = at
        elif field == "emergency":
            emergency = True
        found[ticket] = (authorised, edited, emergency)
    return found


def _authorised(ticket: str | None, type_: str | None, authorised: datetime | None, started: datetime) -> str:
    if ticket is None:
        return "exception:no_ticket"
    if type_ is None:
        return "exception:ticket_not_found"
    if type_ == "Question":
        return "exception:wrong_ticket_type"
    if authorised is None:
        return "exception:not_authorised"
    return "exception:authorised_late" if authorised >= started else "pass"


def _checked(runs: list[Any], started: datetime) -> str:
    early = {name: conclusion for name, conclusion, at in runs if at < started}
    if "failure" in early.values():
        return "exception:check_failed"
    if "skipped" in early.values():
        return "exception:check_skipped"
    if len(runs) < len(("build", "test")):
        return "exception:check_missing"
    return "pass" if len(early) == len(runs) else "exception:check_late"


def _unedited(type_: str | None, authorised: datetime | None, edited: datetime | None, started: datetime) -> str:
    if type_ in (None, "Question") or authorised is None or authorised >= started:
        return "na:nothing_authorised"
    return "exception:material_edit" if edited and authorised < edited <= started else "pass"


def _accepted(company: _Company, type_: str | None, uat: Any, started: datetime, author: str) -> str:
    if type_ == "Change":
        return "na:not_functional"
    by = company.person.get(uat[0]) if uat else None
    known = company.person.get(author)
    accepted = by is not None and by != known and uat[1] < started
    if accepted and known:
        return "pass"
    if type_ != "Feature":
        return "cannot_test:functional_unknown"
    if by is not None and by == known:
        return "exception:accepted_by_contributor"
    return "cannot_test:contributor_unknown" if accepted else "exception:no_uat"


_C = {90: "pass", 78: "cannot_test:approver_unlinked", 76: "cannot_test:contributor_unlinked"}
_C |= {40: "exception:changes_requested", 35: "exception:stale_approval", 33: "exception:no_authority"}
_C |= {30: "exception:not_independent", 25: "exception:approval_withdrawn", 20: "exception:no_live_approval"}
_G = {90: "pass", 78: "cannot_test:approver_unlinked", 33: "exception:no_authority", 0: "na:no_counting_approval"}
_H = {
    90: "pass",
    78: "cannot_test:approver_unlinked",
    77: "cannot_test:deployer_unlinked",
    0: "na:no_counting_approval",
}
_H |= {71: "cannot_test:subordinate_approved", 30: "exception:approver_is_deployer"}
_COUNTS = 50


def _approved(  # noqa: C901, PLR0912  a case for each trouble
    company: _Company, reviews: list[Any], started: datetime, head: str, account: str, actor: str, *, by_pipeline: bool
) -> tuple[str, str, str, str]:
    """Return C, D, G and H from the reviews of one change."""
    person, author = company.person, company.person.get(account)
    deployer = person.get(actor)
    refused = {person.get(by, by): at for by, state, at, _, _ in reviews if state == "changes_requested"}
    best = [0, 0, 0, 0]
    seen = False
    for by, state, at, commit, dismissed in reviews:
        if state != "approved":
            continue
        seen = True
        who = person.get(by)
        rostered = who is not None and at < company.until.get(who, datetime.min)  # noqa: DTZ901  naive UTC
        fact = 76 if author is None else 90
        if by == account or (who is not None and who == author):
            fact = 30
        elif commit != head:
            fact = 35
        elif who is None:
            fact = 78
        elif not rostered:
            fact = 33
        taken_back = refused.get(who or by)
        taken_back = taken_back if taken_back and taken_back > at else None
        in_force = 90
        if at >= started:
            in_force = 20
        elif taken_back and taken_back <= started:
            in_force = 40
        elif dismissed and dismissed <= started:
            in_force = 25
        apart = 90
        if who is not None and who == deployer:
            apart = 30
        elif who is not None and author is not None and author in company.above(who):
            apart = 71
        elif who is None:
            apart = 78
        elif not by_pipeline and deployer is None:
            apart = 77
        roster = 78 if who is None else 90 if rostered else 33
        held = in_force >= _COUNTS and (fact >= _COUNTS or fact == 33)  # noqa: PLR2004  no authority is G's own question
        best = [
            max(best[0], min(fact, in_force)),
            max(best[1], 0 if fact < _COUNTS else 90 if at < started else 20),
            max(best[2], roster if held else 0),
            max(best[3], apart if min(fact, in_force) >= _COUNTS else 0),
        ]
    if not seen:
        return "exception:no_approval", "exception:no_approval", _G[0], _H[0]
    timely = {90: "pass", 20: "exception:approved_late", 0: "na:no_counting_approval"}[best[1]]
    return _C[best[0]], timely, _G[best[2]], _H[best[3]]
