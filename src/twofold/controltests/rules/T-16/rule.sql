-- T-16: a way back existed before the release (audit-domain 4.2, T-16).
-- Reads the population change_item and the steps change_ticket, change_approval and ticket_authorisation. Codes are ranked by
-- their first character: over several tickets the lowest decides.
WITH
-- A pipeline with automatic rollback, proven before the release and in force at its start: 3 sure, 2 perhaps by its times, 1 perhaps,
-- as two contents of it are known.
automatic AS (
    SELECT
        p.item AS item,
        MAX(CASE
            WHEN r.conflicted THEN 1
            WHEN r.proven_at_latest < p.started_at
                AND COALESCE(r.valid_from, p.started_at) <= p.started_at
                AND p.started_at_latest < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') THEN 3
            ELSE 2
        END) AS state
    FROM population AS p
    JOIN (
        SELECT s.system AS system, x.proven_at AS proven_at, x.proven_at_latest AS proven_at_latest,
            x.conflicted AS conflicted,
            CASE WHEN NOT x.conflicted THEN x.valid_from END AS valid_from,
            CASE WHEN NOT x.conflicted THEN x.valid_to END AS valid_to
        FROM (SELECT DISTINCT v.system AS system FROM population AS v) AS s
        JOIN pipeline_rollback AS x ON x.system = s.system OR x.system = '*'
    ) AS r
        ON r.system = p.system
        AND r.proven_at <= p.started_at_latest
        AND COALESCE(r.valid_from, p.started_at) <= p.started_at_latest
        AND p.started_at < COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00')
    GROUP BY p.item
),
-- The tickets of a change and whether their type needs a way back.
asked AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.pull_request AS pull_request,
        p.started_at AS started_at,
        p.started_at_latest AS started_at_latest,
        t.ticket AS ticket,
        t.created_at AS created_at,
        t.created_at_latest AS created_at_latest,
        CASE
            WHEN t.conflicted THEN 'conflict'
            WHEN c.needs_rollback THEN 'yes'
            WHEN NOT c.needs_rollback THEN 'no'
            ELSE 'unknown'
        END AS needed
    FROM population AS p
    JOIN change_ticket AS t ON t.item = p.item
    LEFT JOIN change_type AS c ON c.id = t.type
    WHERE t.known AND COALESCE(t.is_change, TRUE)
),
needed AS (
    SELECT
        a.item AS item,
        MAX(CASE WHEN a.needed = 'yes' THEN 1 ELSE 0 END) AS some_need,
        MAX(CASE WHEN a.needed = 'conflict' THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN a.needed = 'unknown' THEN 1 ELSE 0 END) AS not_said
    FROM asked AS a
    GROUP BY a.item
),
-- Edits of the field, against the start of the release. An edit that carries the time of an import proves no order.
edit AS (
    SELECT
        a.item AS item,
        a.ticket AS ticket,
        e.id AS id,
        e.new_value AS new_value,
        e.txn AS txn,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        CASE
            WHEN e.conflicted THEN 'conflict'
            WHEN t.migrated_at <= e.occurred_at_latest AND e.occurred_at <= t.migrated_at_latest THEN 'migrated'
            WHEN e.occurred_at_latest < a.started_at THEN 'before'
            ELSE 'unclear'
        END AS came,
        MAX(e.occurred_at) OVER (PARTITION BY a.item, a.ticket) AS newest_at
    FROM asked AS a
    CROSS JOIN parameter AS q
    JOIN ticket AS t ON t.key = a.ticket
    JOIN ticket_event AS e ON e.ticket = a.ticket AND e.field = LOWER(q.rollback_field)
    WHERE e.occurred_at <= a.started_at_latest
),
-- What the last edit before the release left in the field.
edited AS (
    SELECT
        e.item AS item,
        e.ticket AS ticket,
        MAX(CASE WHEN e.came = 'conflict' THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN e.came = 'migrated' THEN 1 ELSE 0 END) AS migrated,
        MAX(CASE WHEN e.came = 'unclear' THEN 1 ELSE 0 END) AS unclear,
        SUM(CASE WHEN e.occurred_at_latest >= e.newest_at THEN 1 ELSE 0 END) AS perhaps_last,
        MAX(CASE WHEN e.occurred_at_latest >= e.newest_at THEN e.new_value END) AS plan,
        MAX(CASE WHEN e.occurred_at_latest >= e.newest_at THEN e.txn END) AS txn,
        MAX(e.occurred_at) AS edited_at,
        MAX(e.occurred_at_latest) AS edited_at_latest
    FROM edit AS e
    GROUP BY e.item, e.ticket
),
-- Without an edit before the release: what the first edit of all replaced, else what the field holds now.
first_edit AS (
    SELECT x.ticket AS ticket, MIN(x.old_value) AS plan, COUNT(*) AS perhaps_first
    FROM (
        SELECT
            e.ticket AS ticket,
            e.old_value AS old_value,
            e.occurred_at AS occurred_at,
            MIN(e.occurred_at_latest) OVER (PARTITION BY e.ticket) AS first_at
        FROM ticket_event AS e
        CROSS JOIN parameter AS q
        WHERE e.field = LOWER(q.rollback_field)
    ) AS x
    WHERE x.occurred_at <= x.first_at
    GROUP BY x.ticket
),
gap AS (
    SELECT
        a.item AS item,
        a.ticket AS ticket,
        MAX(CASE WHEN g.table_name = 'ticket_event' THEN 1 ELSE 0 END) AS of_edit
    FROM asked AS a
    JOIN (
        SELECT s.system AS system, x.table_name AS table_name, x.starts_at AS starts_at, x.ends_before AS ends_before
        FROM (SELECT DISTINCT v.system AS system FROM population AS v) AS s
        JOIN source_gap AS x ON x.system = s.system OR x.system = '*'
        WHERE x.table_name IN ('ticket_event', 'approval', 'review')
    ) AS g
        ON g.system = a.system
        AND (g.starts_at IS NULL OR g.starts_at <= a.started_at_latest)
        AND (g.ends_before IS NULL OR a.created_at IS NULL OR g.ends_before > a.created_at)
    GROUP BY a.item, a.ticket
),
-- What the field held when the release started, since when, and what keeps that from being known.
held AS (
    SELECT
        a.item AS item,
        a.ticket AS ticket,
        a.started_at AS started_at,
        a.started_at_latest AS started_at_latest,
        COALESCE(g.of_edit, 0) AS of_edit,
        g.item IS NOT NULL AS of_any,
        e.item IS NOT NULL AS was_edited,
        e.txn AS txn,
        CASE WHEN e.item IS NULL THEN a.created_at ELSE e.edited_at END AS edited_at,
        CASE WHEN e.item IS NULL THEN a.created_at_latest ELSE e.edited_at_latest END AS edited_at_latest,
        CASE WHEN e.item IS NOT NULL THEN e.plan WHEN f.ticket IS NOT NULL THEN f.plan ELSE k.rollback_plan END AS plan,
        CASE
            WHEN e.in_conflict = 1 THEN '2cannot_test:conflict'
            WHEN e.migrated = 1 THEN '3cannot_test:migrated_history'
            WHEN e.unclear = 1 OR e.perhaps_last > 1 OR (e.item IS NULL AND f.perhaps_first > 1) THEN '4cannot_test:time_order_unclear'
        END AS trouble
    FROM asked AS a
    JOIN ticket AS k ON k.key = a.ticket
    LEFT JOIN edited AS e ON e.item = a.item AND e.ticket = a.ticket
    LEFT JOIN first_edit AS f ON f.ticket = a.ticket
    LEFT JOIN gap AS g ON g.item = a.item AND g.ticket = a.ticket
    WHERE a.needed = 'yes'
),
stated AS (
    SELECT
        h.item AS item,
        h.ticket AS ticket,
        TRANSLATE(LOWER(h.plan), ' .,:/-_' || CHR(9) || CHR(10) || CHR(13), '') AS letters,
        CASE
            WHEN h.trouble IS NOT NULL THEN h.trouble
            WHEN h.of_edit = 1 AND NOT h.was_edited THEN '5cannot_test:source_gap'
            WHEN TRIM(h.plan) <> '' THEN '8pass'
            WHEN h.of_edit = 1 THEN '5cannot_test:source_gap'
            ELSE '1exception:no_plan'
        END AS code
    FROM held AS h
),
blank AS (
    SELECT DISTINCT TRANSLATE(LOWER(x.text), ' .,:/-_' || CHR(9) || CHR(10) || CHR(13), '') AS letters
    FROM field_template AS x
    CROSS JOIN parameter AS q
    WHERE LOWER(x.field) = LOWER(q.rollback_field)
),
-- B: approvals that stood when the release started: those for release, and where a change has none the ticket's authorisation.
-- 9 the plan was there before, 7 in conflict, 6 imported, 5 unclear, 1 the plan was edited afterwards.
for_release AS (
    SELECT
        a.item AS item,
        a.approved_at AS approved_at,
        a.approved_at_latest AS approved_at_latest,
        a.conflicted AS conflicted
    FROM change_approval AS a
    JOIN population AS p ON p.item = a.item
    WHERE a.duty = 'release'
        AND a.approved_at <= p.started_at_latest
        AND NOT a.ended_unknown
        AND COALESCE(a.ended_at > p.started_at_latest, TRUE)
),
approval_rank AS (
    SELECT
        h.item AS item,
        h.ticket AS ticket,
        CASE
            WHEN r.conflicted THEN 7
            WHEN h.edited_at_latest < r.approved_at AND r.approved_at_latest < h.started_at THEN 9
            WHEN h.edited_at > r.approved_at_latest THEN 1
            ELSE 5
        END AS rank
    FROM held AS h
    JOIN for_release AS r ON r.item = h.item
    UNION ALL
    SELECT
        h.item AS item,
        h.ticket AS ticket,
        CASE
            WHEN t.conflicted THEN 7
            WHEN t.migrated THEN 6
            WHEN (h.edited_at_latest < t.authorised_at OR h.txn = t.txn) AND t.authorised_at_latest < h.started_at THEN 9
            WHEN h.edited_at > t.authorised_at_latest THEN 1
            ELSE 5
        END AS rank
    FROM held AS h
    JOIN ticket_authorisation AS t ON t.ticket = h.ticket
    LEFT JOIN (SELECT DISTINCT x.item AS item FROM for_release AS x) AS r ON r.item = h.item
    WHERE r.item IS NULL AND t.authorised_at <= h.started_at_latest AND COALESCE(t.ended_at > h.started_at_latest, TRUE)
),
approved AS (
    SELECT a.item AS item, a.ticket AS ticket, MAX(a.rank) AS rank FROM approval_rank AS a GROUP BY a.item, a.ticket
),
ticket_code AS (
    SELECT
        s.item AS item,
        s.code AS a,
        CASE
            WHEN s.code = '1exception:no_plan' THEN '9na:no_plan'
            WHEN s.code <> '8pass' THEN s.code
            WHEN h.edited_at IS NULL THEN '6cannot_test:edit_time_unknown'
            WHEN r.rank = 9 AND h.of_edit = 0 THEN '8pass'
            WHEN r.rank = 7 THEN '2cannot_test:conflict'
            WHEN r.rank = 6 THEN '3cannot_test:migrated_history'
            WHEN r.rank = 5 THEN '4cannot_test:time_order_unclear'
            WHEN h.of_any THEN '5cannot_test:source_gap'
            WHEN r.rank = 1 THEN '1exception:edited_after_approval'
            ELSE '9na:no_approval'
        END AS b,
        CASE
            WHEN s.code = '1exception:no_plan' THEN '9na:no_plan'
            WHEN s.code <> '8pass' THEN s.code
            WHEN b.letters IS NOT NULL THEN '0exception:template_text'
            WHEN POSITION(';' || s.letters || ';' IN ';;' || TRANSLATE(LOWER(q.empty_words), ' .,:/-_', '') || ';') > 0
                THEN '1exception:says_nothing'
            ELSE '8pass'
        END AS c
    FROM stated AS s
    CROSS JOIN parameter AS q
    JOIN held AS h ON h.item = s.item AND h.ticket = s.ticket
    LEFT JOIN approved AS r ON r.item = s.item AND r.ticket = s.ticket
    LEFT JOIN blank AS b ON b.letters = s.letters
),
item_code AS (
    SELECT t.item AS item, MIN(t.a) AS a, MIN(t.b) AS b, MIN(t.c) AS c FROM ticket_code AS t GROUP BY t.item
),
settled AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.excuse IS NOT NULL THEN 'na:' || p.excuse
            WHEN p.unknown IS NOT NULL THEN 'cannot_test:' || p.unknown
            WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown'
            WHEN n.some_need = 1 THEN NULL
            WHEN n.in_conflict = 1 THEN 'cannot_test:conflict'
            WHEN n.item IS NULL OR n.not_said = 1 THEN 'cannot_test:type_unknown'
            ELSE 'na:type_needs_none'
        END AS code
    FROM population AS p
    LEFT JOIN needed AS n ON n.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN u.state = 3 OR k.a = '8pass' THEN 'pass'
        WHEN u.state = 2 THEN 'cannot_test:proof_time_unclear'
        WHEN u.state = 1 THEN 'cannot_test:conflict'
        ELSE SUBSTRING(k.a, 2)
    END AS a,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN u.state = 3 THEN 'na:built_in'
        WHEN u.state = 2 AND k.b <> '8pass' THEN 'cannot_test:proof_time_unclear'
        WHEN u.state = 1 AND k.b <> '8pass' THEN 'cannot_test:conflict'
        ELSE SUBSTRING(k.b, 2)
    END AS b,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN u.state = 3 THEN 'na:built_in'
        WHEN u.state = 2 AND k.c <> '8pass' THEN 'cannot_test:proof_time_unclear'
        WHEN u.state = 1 AND k.c <> '8pass' THEN 'cannot_test:conflict'
        ELSE SUBSTRING(k.c, 2)
    END AS c
FROM population AS p
JOIN settled AS s ON s.item = p.item
LEFT JOIN item_code AS k ON k.item = p.item
LEFT JOIN automatic AS u ON u.item = p.item
