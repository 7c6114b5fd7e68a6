"""Every pair of every review with what a reviewer has to know, kept as Parquet, so that a page reads a page of them.

Nothing in it is said anywhere else: it is made from evidence, scope and the last reading, and may be deleted.
Whose an account was, and which role that person had, is asked of the moment at which the review began.
"""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from twofold.jobs.access_review.tables import TABLES, ReviewTables, review_tables
from twofold.jobs.programme.kept_tables import evidence_feeding, kept
from twofold.model.sql_path import one_file
from twofold.populations.steps import register_steps
from twofold.records.workspace import Workspace
from twofold.scope.labels import FIN_RELEVANT, effective_labels
from twofold.tables.schema import canonical_tables
from twofold.tables.store import make_view, quoted

PAIRS = "review_pair.parquet"
_LATE = datetime(9999, 12, 31, tzinfo=UTC)
_EARLY = datetime(1, 1, 1, tzinfo=UTC)
_QUERY = """
WITH pair AS (
    SELECT
        i.campaign, i.account, i.right_id, COALESCE(i.reviewer, '') AS reviewer,
        CASE WHEN lower(i.decision) IN ('approve', 'revoke', 'modify') THEN lower(i.decision) END AS decision,
        i.decision AS word, i.decided_at, i.reason, i.evidence, i.conflicted, c.system AS reviewed,
        COALESCE(c.started_at, c.extracted_at) AS began_at,
        contains(COALESCE(e.parameters, ''), '"decided_in_bulk"') AS in_bulk,
        COALESCE(r.system, c.system) AS application, COALESCE(r.class, 'normal') AS right_class,
        COALESCE(r.read_only, FALSE) AS read_only
    FROM review_item AS i
    JOIN campaign AS c ON c.id = i.campaign
    LEFT JOIN access_right AS r ON r.id = i.right_id
    LEFT JOIN extraction AS e ON e.id = i.evidence AND e.table_name = 'review_item'
), owned AS (
    SELECT p.*, h.person, h.state AS hand, COALESCE(a.status, CASE WHEN a.id IS NULL THEN 'unknown' ELSE 'active' END)
            AS status, a.kind AS account_kind, a.username
    FROM pair AS p
    LEFT JOIN identity AS h ON h.account = p.account AND h.valid_from <= p.began_at AND p.began_at < h.valid_to
    LEFT JOIN account AS a ON a.id = p.account
), employed AS (
    SELECT o.campaign, o.person,
        arg_max(j.role, COALESCE(j.valid_from, TIMESTAMP '0001-01-01')) AS role
    FROM (SELECT DISTINCT campaign, person, began_at FROM owned WHERE person IS NOT NULL) AS o
    JOIN job AS j ON j.person = o.person AND COALESCE(j.valid_from, TIMESTAMP '0001-01-01') <= o.began_at
    GROUP BY o.campaign, o.person
), known AS (
    SELECT o.*, e.role, p.name
    FROM owned AS o
    LEFT JOIN employed AS e ON e.campaign = o.campaign AND e.person = o.person
    LEFT JOIN person AS p ON p.id = o.person
), peer AS (
    SELECT campaign, role, count(DISTINCT person) AS peers FROM known WHERE role IS NOT NULL GROUP BY campaign, role
), holder AS (
    SELECT campaign, role, right_id, count(DISTINCT person) AS holders
    FROM known WHERE role IS NOT NULL GROUP BY campaign, role, right_id
), nested AS (
    SELECT right_id, string_agg(holds, ', ' ORDER BY holds) AS holds FROM right_content GROUP BY right_id
)
SELECT
    k.*, v.person AS reviewer_person, n.holds, w.peers, g.holders, u.last_use, s.last_seen,
    NOT k.read_only AND EXISTS (
        SELECT 1 FROM financial AS f
        WHERE f.system = k.application AND f.first <= k.began_at AND k.began_at < f.last
    ) AS changes_money
FROM known AS k
LEFT JOIN identity AS v ON v.account = k.reviewer AND v.valid_from <= k.began_at AND k.began_at < v.valid_to
LEFT JOIN nested AS n ON n.right_id = k.right_id
LEFT JOIN peer AS w ON w.campaign = k.campaign AND w.role = k.role
LEFT JOIN holder AS g ON g.campaign = k.campaign AND g.role = k.role AND g.right_id = k.right_id
LEFT JOIN used AS u ON u.account = k.account AND u.system = k.application
LEFT JOIN (SELECT account, max(last_use) AS last_seen FROM used GROUP BY account) AS s ON s.account = k.account
ORDER BY k.campaign, k.account, k.right_id
"""
"""`last_use` is of the application that the right opens, `last_seen` of the account anywhere. `decision` is one that
T-05 takes for one, `word` what the source says."""


def kept_pairs(workspace: Workspace, folder: Path) -> Path:
    """Return the file of pairs of this moment, below `folder`; raises UserError without a scope."""
    speaking = evidence_feeding(workspace, TABLES)
    return kept(workspace, folder, "reviews", speaking, lambda made: _make(workspace, made)) / PAIRS


def _make(workspace: Workspace, made: Path) -> None:
    made.mkdir()
    with review_tables(workspace) as tables:
        session = tables.session
        register_steps(session, ["identity", "right_content"])
        make_view(session, "job", canonical_tables()["job"].physical, workspace.tables_folder)
        _make_used(session, workspace.tables_folder / "sign_in.parquet")
        _make_financial(tables)
        session.execute(f"COPY ({_QUERY}) TO '{quoted(made / PAIRS)}' (FORMAT parquet)")


def _make_used(session: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Make `used`: the last sign-in that worked of each account on each system, as the last reading gives sign-ins."""
    session.execute("CREATE TEMP TABLE used (account VARCHAR, system VARCHAR, last_use TIMESTAMP)")
    if file.exists():
        query = """
            INSERT INTO used SELECT account, system, max(occurred_at) FROM read_parquet(?)
            WHERE result = 'success' GROUP BY account, system
        """
        session.execute(query, [one_file(file)])


def _make_financial(tables: ReviewTables) -> None:
    """Make `financial`: which system counts for the financial statements, from when to when."""
    tables.session.execute("CREATE TEMP TABLE financial (system VARCHAR, first TIMESTAMP, last TIMESTAMP)")
    for each in effective_labels(tables.applied.scope):
        if each.label == FIN_RELEVANT and each.counts:
            first, last = each.stretch.first or _EARLY, each.stretch.last or _LATE
            stretch = [moment.astimezone(UTC).replace(tzinfo=None) for moment in (first, last)]
            tables.session.execute("INSERT INTO financial VALUES (?, ?, ?)", [each.system, *stretch])
