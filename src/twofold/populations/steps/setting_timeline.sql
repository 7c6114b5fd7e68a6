-- setting_timeline: what the value of each setting was, and how far that is proven (audit-domain 4.0, Extraction time; T-07).
-- One row per system, object, setting and stretch; half open: valid_from <= t < valid_to.
--   state   known          proven: seen at this moment, or carried by a log of changes without a gap
--           source_gap     the log of changes is not proven complete, so what was seen before and after says nothing
--           contradiction  the log has no gap, yet what it says does not fit what was seen before or after
--           conflict       two records of one change say different things
--           time_unclear   the change is known by its day only, so it happened somewhere in this stretch
--           not_observed   nothing says what the value was
--   value   only where the state is known; empty = not set
--   is_look somebody looked at this very moment, and what was seen counts
-- An observation proves its own moment (one microsecond) and, where the log has no gap, the stretch back and forth to the next
-- change. A change proves its own moment and the value before (where the log names it) and after. What was seen within the
-- uncertainty of a change may be the old or the new value, so it proves its moment only. Such a moment, and one that was seen in
-- two ways, is a row beside the stretch that it lies in; no other rows overlap, except for changes whose times do.
-- Settings of systems: setting_state and setting_event. Protection of branches: branch_rule and branch_rule_event, per system
-- of branch_in_use, with the object <repository>@<branch>; what was seen of one setting at one moment under several names of the
-- repository is one observation. Membership of the groups of mfa_scope, from grant_change and snapshots
-- of the system of the account: the object is the account, the setting member:<right>, the value true or false. An account
-- begins as a member of nothing.
WITH member_kind AS (
    SELECT DISTINCT
        a.id AS account, a.system AS system, f.right_id AS right_id
    FROM mfa_scope AS f
    JOIN account AS a ON a.system = f.system
    WHERE f.right_id <> '*'
),
seen AS (
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting, 'setting_event' AS log_table,
        s.observed_at AS moment, s.observed_at_latest AS moment_latest,
        MIN(s.value) AS value, MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM setting_state AS s
    GROUP BY s.system, s.object, s.setting, s.observed_at, s.observed_at_latest
    UNION ALL
    SELECT
        u.system AS system, u.repository || '@' || u.branch AS object, b.setting AS setting, 'branch_rule_event' AS log_table,
        b.observed_at AS moment, MAX(b.observed_at_latest) AS moment_latest,
        MIN(b.value) AS value,
        CASE
            WHEN MAX(CASE WHEN b.conflicted THEN 1 ELSE 0 END) = 1
                OR MIN(COALESCE(b.value, '')) <> MAX(COALESCE(b.value, '')) THEN 1
            ELSE 0
        END AS conflicted
    FROM branch_rule AS b
    LEFT JOIN repository_now AS m ON m.name = b.repository
    JOIN branch_in_use AS u ON u.repository = COALESCE(m.current_name, b.repository) AND u.branch = b.branch
    GROUP BY u.system, u.repository, u.branch, b.setting, b.observed_at
    UNION ALL
    SELECT
        k.system AS system, k.account AS object, 'member:' || k.right_id AS setting, 'grant_event' AS log_table,
        s.taken_at AS moment, s.taken_at_latest AS moment_latest,
        MAX(CASE WHEN r.account IS NULL THEN 'false' ELSE 'true' END) AS value,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM member_kind AS k
    JOIN snapshot AS s ON s.system = k.system AND s.origin = 'system'
    LEFT JOIN snapshot_row AS r ON r.snapshot = s.id AND r.account = k.account AND r.right_id = k.right_id
    GROUP BY k.system, k.account, k.right_id, s.taken_at, s.taken_at_latest
),
changed AS (
    SELECT
        e.id AS id, e.system AS system, e.object AS object, e.setting AS setting, 'setting_event' AS log_table,
        e.occurred_at AS moment, e.occurred_at_latest AS moment_latest,
        e.old_value AS old_value, e.new_value AS new_value, e.conflicted AS conflicted
    FROM setting_event AS e
    UNION ALL
    SELECT
        e.id AS id, u.system AS system, u.repository || '@' || u.branch AS object, e.setting AS setting,
        'branch_rule_event' AS log_table, e.occurred_at AS moment, e.occurred_at_latest AS moment_latest,
        e.old_value AS old_value, e.new_value AS new_value, e.conflicted AS conflicted
    FROM branch_rule_event AS e
    LEFT JOIN repository_now AS m ON m.name = e.repository
    JOIN branch_in_use AS u ON u.repository = COALESCE(m.current_name, e.repository) AND u.branch = e.branch
    UNION ALL
    SELECT
        e.id AS id, k.system AS system, k.account AS object, 'member:' || k.right_id AS setting, 'grant_event' AS log_table,
        e.occurred_at AS moment, e.occurred_at_latest AS moment_latest,
        CASE WHEN e.action = 'add' THEN 'false' ELSE 'true' END AS old_value,
        CASE WHEN e.action = 'add' THEN 'true' ELSE 'false' END AS new_value,
        e.conflicted AS conflicted
    FROM grant_change AS e
    JOIN member_kind AS k ON k.account = e.account AND k.right_id = e.right_id
    WHERE COALESCE(e.net_change, TRUE) AND e.occurred_at IS NOT NULL
),
-- Where two contents of one change are known, the change is one point whose values nobody knows.
change AS (
    SELECT
        c.id AS id, c.system AS system, c.object AS object, c.setting AS setting, c.log_table AS log_table,
        MIN(c.moment) AS moment, MAX(c.moment_latest) AS moment_latest,
        MIN(c.old_value) AS old_value, MIN(c.new_value) AS new_value,
        MAX(CASE WHEN c.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM changed AS c
    GROUP BY c.id, c.system, c.object, c.setting, c.log_table
),
blurred AS (
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting, s.moment AS moment,
        MAX(CASE WHEN c.moment < c.moment_latest THEN 1 ELSE 0 END) AS inside
    FROM seen AS s
    JOIN change AS c
        ON c.system = s.system AND c.object = s.object AND c.setting = s.setting
        AND c.moment <= s.moment_latest AND s.moment <= c.moment_latest
    GROUP BY s.system, s.object, s.setting, s.moment
),
point AS (
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting, s.log_table AS log_table,
        s.moment AS moment, s.moment AS moment_latest, '' AS id, 0 AS is_change,
        s.value AS before_value, 1 AS before_said, s.value AS after_value, 1 AS after_said, 0 AS conflicted
    FROM seen AS s
    LEFT JOIN blurred AS b
        ON b.system = s.system AND b.object = s.object AND b.setting = s.setting AND b.moment = s.moment
    WHERE s.conflicted = 0 AND b.moment IS NULL
    UNION ALL
    SELECT
        c.system AS system, c.object AS object, c.setting AS setting, c.log_table AS log_table,
        c.moment AS moment, c.moment_latest AS moment_latest, c.id AS id, 1 AS is_change,
        c.old_value AS before_value,
        CASE WHEN c.conflicted = 0 AND c.old_value IS NOT NULL THEN 1 ELSE 0 END AS before_said,
        c.new_value AS after_value, 1 - c.conflicted AS after_said, c.conflicted AS conflicted
    FROM change AS c
    UNION ALL
    SELECT DISTINCT
        x.system AS system, x.object AS object, x.setting AS setting, x.log_table AS log_table,
        TIMESTAMP '0001-01-01 00:00:00' AS moment, TIMESTAMP '0001-01-01 00:00:00' AS moment_latest, '' AS id, 0 AS is_change,
        CAST(NULL AS STRING) AS before_value, 0 AS before_said, CAST(NULL AS STRING) AS after_value, 0 AS after_said,
        0 AS conflicted
    FROM (
        SELECT s.system AS system, s.object AS object, s.setting AS setting, s.log_table AS log_table FROM seen AS s
        UNION
        SELECT c.system AS system, c.object AS object, c.setting AS setting, c.log_table AS log_table FROM change AS c
    ) AS x
    WHERE x.log_table <> 'grant_event'
    UNION ALL
    SELECT
        k.system AS system, k.account AS object, 'member:' || k.right_id AS setting, 'grant_event' AS log_table,
        TIMESTAMP '0001-01-01 00:00:00' AS moment, TIMESTAMP '0001-01-01 00:00:00' AS moment_latest, '' AS id, 0 AS is_change,
        'false' AS before_value, 1 AS before_said, 'false' AS after_value, 1 AS after_said, 0 AS conflicted
    FROM member_kind AS k
),
-- The stretch from each point to the next one.
stretch AS (
    SELECT
        p.system AS system, p.object AS object, p.setting AS setting, p.log_table AS log_table,
        p.moment AS moment, p.moment_latest AS moment_latest, p.is_change AS is_change,
        p.after_value AS left_value, p.after_said AS left_said, p.conflicted AS left_conflicted,
        p.moment_latest + CASE WHEN p.after_said = 1 THEN 1 ELSE 0 END * INTERVAL '1' MICROSECOND AS starts_at,
        COALESCE(LEAD(p.moment) OVER (
            PARTITION BY p.system, p.object, p.setting ORDER BY p.moment NULLS LAST, p.moment_latest NULLS LAST, p.id
        ), TIMESTAMP '9999-12-31 00:00:00') AS ends_before,
        LEAD(p.before_value) OVER (
            PARTITION BY p.system, p.object, p.setting ORDER BY p.moment NULLS LAST, p.moment_latest NULLS LAST, p.id
        ) AS right_value,
        COALESCE(LEAD(p.before_said) OVER (
            PARTITION BY p.system, p.object, p.setting ORDER BY p.moment NULLS LAST, p.moment_latest NULLS LAST, p.id
        ), 0) AS right_said
    FROM point AS p
),
gap AS (
    SELECT
        x.system AS system, g.table_name AS table_name,
        COALESCE(g.starts_at, TIMESTAMP '0001-01-01 00:00:00') AS starts_at,
        COALESCE(g.ends_before, TIMESTAMP '9999-12-31 00:00:00') AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM point AS p) AS x
    JOIN source_gap AS g ON g.system = x.system OR g.system = '*'
    WHERE g.table_name IN ('setting_event', 'branch_rule_event', 'grant_event')
),
holed AS (
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting,
        s.left_value AS left_value, s.left_said AS left_said, s.left_conflicted AS left_conflicted,
        s.right_value AS right_value, s.right_said AS right_said,
        s.starts_at AS starts_at, s.ends_before AS ends_before,
        CASE WHEN MIN(g.starts_at) < s.starts_at THEN s.starts_at ELSE MIN(g.starts_at) END AS gap_from,
        CASE WHEN MAX(g.ends_before) > s.ends_before THEN s.ends_before ELSE MAX(g.ends_before) END AS gap_to
    FROM stretch AS s
    LEFT JOIN gap AS g
        ON g.system = s.system AND g.table_name = s.log_table AND g.starts_at < s.ends_before AND g.ends_before > s.starts_at
    WHERE s.starts_at < s.ends_before
    GROUP BY
        s.system, s.object, s.setting, s.left_value, s.left_said, s.left_conflicted, s.right_value, s.right_said,
        s.starts_at, s.ends_before
),
cut AS (
    SELECT
        h.system AS system, h.object AS object, h.setting AS setting,
        h.starts_at AS valid_from, COALESCE(h.gap_from, h.ends_before) AS valid_to,
        CASE
            WHEN h.left_said = 1 AND h.right_said = 1 AND h.gap_from IS NULL
                AND COALESCE(h.left_value, '') <> COALESCE(h.right_value, '') THEN 'contradiction'
            WHEN h.left_said = 1 OR (h.right_said = 1 AND h.gap_from IS NULL) THEN 'known'
            WHEN h.left_conflicted = 1 THEN 'conflict'
            ELSE 'not_observed'
        END AS state,
        CASE WHEN h.left_said = 1 THEN h.left_value ELSE h.right_value END AS value,
        FALSE AS is_look
    FROM holed AS h
    UNION ALL
    SELECT
        h.system AS system, h.object AS object, h.setting AS setting, h.gap_from AS valid_from, h.gap_to AS valid_to,
        'source_gap' AS state, CAST(NULL AS STRING) AS value, FALSE AS is_look
    FROM holed AS h
    WHERE h.gap_from IS NOT NULL
    UNION ALL
    SELECT
        h.system AS system, h.object AS object, h.setting AS setting, h.gap_to AS valid_from, h.ends_before AS valid_to,
        CASE WHEN h.right_said = 1 THEN 'known' ELSE 'not_observed' END AS state, h.right_value AS value,
        FALSE AS is_look
    FROM holed AS h
    WHERE h.gap_from IS NOT NULL
    UNION ALL
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting, s.moment AS valid_from, s.moment_latest AS valid_to,
        'time_unclear' AS state, CAST(NULL AS STRING) AS value, FALSE AS is_look
    FROM stretch AS s
    UNION ALL
    -- The moment itself, unless another change came at the same moment.
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting, s.moment_latest AS valid_from, s.starts_at AS valid_to,
        'known' AS state, s.left_value AS value, s.is_change = 0 AND s.moment > TIMESTAMP '0001-01-01 00:00:00' AS is_look
    FROM stretch AS s
    WHERE s.ends_before > s.moment_latest
    UNION ALL
    -- What was seen within the uncertainty of a change, or in two ways.
    SELECT
        s.system AS system, s.object AS object, s.setting AS setting,
        s.moment AS valid_from, s.moment + INTERVAL '1' MICROSECOND AS valid_to,
        CASE WHEN s.conflicted = 1 THEN 'conflict' ELSE 'known' END AS state, s.value AS value, s.conflicted = 0 AS is_look
    FROM seen AS s
    LEFT JOIN blurred AS b
        ON b.system = s.system AND b.object = s.object AND b.setting = s.setting AND b.moment = s.moment
    WHERE s.conflicted = 1 OR b.inside = 1
)
SELECT
    c.system AS system,
    c.object AS object,
    c.setting AS setting,
    c.valid_from AS valid_from,
    c.valid_to AS valid_to,
    c.state AS state,
    CASE WHEN c.state = 'known' THEN c.value END AS value,
    c.is_look AS is_look
FROM cut AS c
WHERE c.valid_from < c.valid_to
