-- sod_conflict: every human who held both functions of a conflict rule at one time (audit-domain T-09).
-- It comes from the rights actually held, on all accounts and systems, never from requests or mitigations. An item is one
-- holder, one rule, one system and one stretch:
--   holder   the human, by the first HR id (step same_human); the account where no person is known
--   system   each system on which one of the two functions was held in the stretch: a conflict across two systems is an item
--            on both, so that a lens that holds one of them sees it
--   stretch  an unbroken conflict, cut where a mitigation of this holder and rule, or a test result of its control, begins or
--            ends, where a conflict of unknown beginning is first proven, and where an unlinked account begins or ends
--            to hold both sides itself. So what happened outside a period never
--            decides inside it.
-- Item id: <holder>/<rule>@<system>/<start>, for example p1/pay@erp/2026-03-01T09:00:00; the start is the word unknown where
-- no log gives it.
-- Operating date: the whole stretch, from its start (1970 where unknown) to its last microsecond or the extraction. So a
-- conflict counts in every period that it touches.
-- Second source: the map of rights and functions is compared with the rights in use.
WITH mitigated AS (
    SELECT
        COALESCE(h.human, m.person) AS holder, m.rule AS rule, m.control AS control,
        m.valid_from AS valid_from, m.valid_to AS valid_to
    FROM mitigation AS m
    LEFT JOIN same_human AS h ON h.person = m.person
),
side AS (
    SELECT
        o.holder AS holder, o.state AS state, o.rule AS rule, o.certain AS certain, s.system AS system,
        o.valid_from AS valid_from, LEAST(o.valid_to, q.extracted_at) AS valid_to,
        o.sure_from AS sure_from, LEAST(o.sure_to, q.extracted_at) AS sure_to
    FROM duty_overlap AS o
    CROSS JOIN parameter AS q
    JOIN (
        SELECT a.holder AS holder, a.rule AS rule, a.system_a AS system FROM duty_overlap AS a
        UNION
        SELECT b.holder AS holder, b.rule AS rule, b.system_b AS system FROM duty_overlap AS b WHERE b.system_b IS NOT NULL
    ) AS s ON s.holder = o.holder AND s.rule = o.rule AND (s.system = o.system_a OR s.system = o.system_b)
    WHERE o.valid_from < q.extracted_at
),
begun AS (
    SELECT
        s.holder AS holder, s.state AS state, s.rule AS rule, s.certain AS certain, s.system AS system,
        s.valid_from AS valid_from, s.valid_to AS valid_to, s.sure_from AS sure_from, s.sure_to AS sure_to,
        CASE
            WHEN s.valid_from <= MAX(s.valid_to) OVER (
                PARTITION BY s.holder, s.rule, s.system ORDER BY s.valid_from NULLS LAST, s.valid_to NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0
            ELSE 1
        END AS begins
    FROM side AS s
),
numbered AS (
    SELECT
        b.holder AS holder, b.state AS state, b.rule AS rule, b.certain AS certain, b.system AS system,
        b.valid_from AS valid_from, b.valid_to AS valid_to, b.sure_from AS sure_from, b.sure_to AS sure_to,
        SUM(b.begins) OVER (
            PARTITION BY b.holder, b.rule, b.system
            ORDER BY b.valid_from NULLS LAST, b.valid_to NULLS LAST, b.begins DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS conflict
    FROM begun AS b
),
conflict AS (
    SELECT
        n.holder AS holder, n.rule AS rule, n.system AS system, n.conflict AS conflict,
        MIN(n.state) AS state,
        MAX(CASE WHEN n.certain THEN 0 ELSE 1 END) AS doubtful,
        MIN(n.valid_from) AS starts_at,
        MIN(n.sure_from) AS starts_at_latest,
        MAX(n.valid_to) AS ends_before
    FROM numbered AS n
    GROUP BY n.holder, n.rule, n.system, n.conflict
),
cut AS (
    SELECT c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, c.starts_at AS moment
    FROM conflict AS c
    UNION
    SELECT c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, c.ends_before AS moment
    FROM conflict AS c
    UNION
    SELECT c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, c.starts_at_latest AS moment
    FROM conflict AS c
    WHERE c.starts_at = TIMESTAMP '0001-01-01 00:00:00' AND c.starts_at_latest IS NOT NULL
    UNION
    SELECT c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, e.moment AS moment
    FROM conflict AS c
    JOIN (
        SELECT s.holder AS holder, s.rule AS rule, s.system AS system, s.valid_from AS moment
        FROM side AS s
        WHERE s.certain AND NOT EXISTS (
            SELECT 1 FROM side AS t
            WHERE t.holder = s.holder AND t.rule = s.rule AND t.system = s.system AND t.certain
                AND t.valid_from < s.valid_from AND t.valid_to >= s.valid_from
        )
        UNION
        SELECT s.holder AS holder, s.rule AS rule, s.system AS system, s.valid_to AS moment
        FROM side AS s
        WHERE s.certain AND NOT EXISTS (
            SELECT 1 FROM side AS t
            WHERE t.holder = s.holder AND t.rule = s.rule AND t.system = s.system AND t.certain
                AND t.valid_from <= s.valid_to AND t.valid_to > s.valid_to
        )
    ) AS e ON e.holder = c.holder AND e.rule = c.rule AND e.system = c.system AND e.moment > c.starts_at AND e.moment < c.ends_before
    WHERE c.doubtful = 1
    UNION
    SELECT c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, m.moment AS moment
    FROM conflict AS c
    JOIN (
        SELECT m.holder AS holder, m.rule AS rule, m.valid_from AS moment FROM mitigated AS m
        UNION
        SELECT m.holder AS holder, m.rule AS rule, m.valid_to AS moment FROM mitigated AS m
        UNION
        SELECT m.holder AS holder, m.rule AS rule, t.valid_from AS moment
        FROM mitigated AS m
        JOIN control_result AS t ON t.control = m.control
        UNION
        SELECT m.holder AS holder, m.rule AS rule, t.valid_to AS moment
        FROM mitigated AS m
        JOIN control_result AS t ON t.control = m.control
    ) AS m ON m.holder = c.holder AND m.rule = c.rule AND m.moment > c.starts_at AND m.moment < c.ends_before
),
piece AS (
    SELECT
        c.holder AS holder, c.rule AS rule, c.system AS system, c.conflict AS conflict, c.moment AS starts_at,
        LEAD(c.moment) OVER (
            PARTITION BY c.holder, c.rule, c.system, c.conflict ORDER BY c.moment NULLS LAST
        ) AS ends_before
    FROM cut AS c
),
proven AS (
    SELECT
        p.holder AS holder, p.rule AS rule, p.system AS system, p.starts_at AS starts_at,
        MAX(CASE WHEN s.sure_from < p.ends_before AND s.sure_to > p.starts_at THEN 1 ELSE 0 END) AS sure,
        MAX(CASE WHEN s.certain AND s.valid_from < p.ends_before AND s.valid_to > p.starts_at THEN 1 ELSE 0 END) AS certain
    FROM piece AS p
    JOIN side AS s ON s.holder = p.holder AND s.rule = p.rule AND s.system = p.system
    GROUP BY p.holder, p.rule, p.system, p.starts_at
),
ruled AS (
    SELECT r.id AS rule, MIN(r.evidence) AS evidence, MIN(r.record) AS record, MAX(CASE WHEN r.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM sod_rule AS r
    GROUP BY r.id
)
SELECT
    p.holder || '/' || p.rule || '@' || p.system || '/'
    || CASE
        WHEN p.starts_at = TIMESTAMP '0001-01-01 00:00:00' THEN 'unknown'
        ELSE REPLACE(CAST(p.starts_at AS STRING), ' ', 'T')
    END AS item,
    p.system AS system,
    GREATEST(p.starts_at, TIMESTAMP '1970-01-01 00:00:00') AS operating_at,
    p.ends_before - INTERVAL '1' MICROSECOND AS operating_at_latest,
    p.holder AS holder,
    c.state AS state,
    p.rule AS rule,
    v.certain = 1 AS certain,
    v.sure = 1 AS proven,
    p.starts_at AS starts_at,
    p.ends_before AS ends_before,
    c.starts_at AS conflict_starts_at,
    c.starts_at_latest AS conflict_starts_at_latest,
    r.conflicted = 1 AS conflicted,
    r.evidence AS evidence,
    r.record AS record
FROM piece AS p
JOIN conflict AS c ON c.holder = p.holder AND c.rule = p.rule AND c.system = p.system AND c.conflict = p.conflict
JOIN proven AS v ON v.holder = p.holder AND v.rule = p.rule AND v.system = p.system AND v.starts_at = p.starts_at
JOIN ruled AS r ON r.rule = p.rule
WHERE p.ends_before IS NOT NULL
