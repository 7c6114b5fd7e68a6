-- duty_overlap: each stretch in which one holder had both functions of a conflict rule in force then (audit-domain T-09).
-- One row per holder, rule and pair of held functions; rows of one holder and rule may overlap.
--   holder, state      as in function_held
--   certain            false: an unlinked account had one side while anybody had the other, and the two may be one person.
--                      Such rows have no side b; where a certain row of the holder and rule lies over them, that one decides
--   valid_from, valid_to   the widest stretch in which both may have been held, half open
--   sure_from, sure_to     the part in which both were held for sure; empty where there is none
WITH ruled AS (
    SELECT
        r.id AS rule,
        r.function_a AS function_a,
        r.function_b AS function_b,
        COALESCE(r.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(r.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM sod_rule AS r
),
both_sides AS (
    SELECT
        a.holder AS holder, a.state AS state, r.rule AS rule,
        a.account AS account_a, a.right_id AS right_a, a.system AS system_a,
        b.account AS account_b, b.right_id AS right_b, b.system AS system_b,
        GREATEST(a.valid_from, b.valid_from, r.valid_from) AS valid_from,
        LEAST(a.valid_to, b.valid_to, r.valid_to) AS valid_to,
        CASE WHEN a.sure_from IS NOT NULL AND b.sure_from IS NOT NULL
            THEN GREATEST(a.sure_from, b.sure_from, r.valid_from) END AS sure_from,
        CASE WHEN a.sure_to IS NOT NULL AND b.sure_to IS NOT NULL THEN LEAST(a.sure_to, b.sure_to, r.valid_to) END AS sure_to
    FROM ruled AS r
    JOIN function_held AS a ON a.function = r.function_a
    JOIN function_held AS b ON b.function = r.function_b AND b.holder = a.holder
),
-- When anybody had a function: the stretches of all holders, merged.
island AS (
    SELECT
        h.function AS function, h.valid_from AS valid_from, h.valid_to AS valid_to,
        CASE
            WHEN h.valid_from <= MAX(h.valid_to) OVER (
                PARTITION BY h.function
                ORDER BY h.valid_from NULLS LAST, h.valid_to NULLS LAST, h.holder NULLS LAST,
                    h.account NULLS LAST, h.right_id NULLS LAST, h.via NULLS LAST
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) THEN 0
            ELSE 1
        END AS begins,
        h.holder AS holder, h.account AS account, h.right_id AS right_id, h.via AS via
    FROM function_held AS h
),
numbered AS (
    SELECT
        i.function AS function, i.valid_from AS valid_from, i.valid_to AS valid_to,
        SUM(i.begins) OVER (
            PARTITION BY i.function
            ORDER BY i.valid_from NULLS LAST, i.valid_to NULLS LAST, i.holder NULLS LAST,
                i.account NULLS LAST, i.right_id NULLS LAST, i.via NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS island
    FROM island AS i
),
anybody AS (
    SELECT n.function AS function, MIN(n.valid_from) AS valid_from, MAX(n.valid_to) AS valid_to
    FROM numbered AS n
    GROUP BY n.function, n.island
),
one_side AS (
    SELECT
        h.holder AS holder, h.state AS state, r.rule AS rule, h.account AS account_a, h.right_id AS right_a, h.system AS system_a,
        GREATEST(h.valid_from, o.valid_from, r.valid_from) AS valid_from,
        LEAST(h.valid_to, o.valid_to, r.valid_to) AS valid_to
    FROM ruled AS r
    JOIN function_held AS h ON h.state = 'unlinked' AND h.function IN (r.function_a, r.function_b)
    JOIN anybody AS o ON o.function = CASE WHEN h.function = r.function_a THEN r.function_b ELSE r.function_a END
)
SELECT
    b.holder AS holder,
    b.state AS state,
    b.rule AS rule,
    TRUE AS certain,
    b.account_a AS account_a,
    b.right_a AS right_a,
    b.system_a AS system_a,
    b.account_b AS account_b,
    b.right_b AS right_b,
    b.system_b AS system_b,
    b.valid_from AS valid_from,
    b.valid_to AS valid_to,
    CASE WHEN b.sure_from < b.sure_to THEN b.sure_from END AS sure_from,
    CASE WHEN b.sure_from < b.sure_to THEN b.sure_to END AS sure_to
FROM both_sides AS b
WHERE b.valid_from < b.valid_to
UNION ALL
SELECT
    o.holder AS holder,
    o.state AS state,
    o.rule AS rule,
    FALSE AS certain,
    o.account_a AS account_a,
    o.right_a AS right_a,
    o.system_a AS system_a,
    CAST(NULL AS STRING) AS account_b,
    CAST(NULL AS STRING) AS right_b,
    CAST(NULL AS STRING) AS system_b,
    o.valid_from AS valid_from,
    o.valid_to AS valid_to,
    CAST(NULL AS TIMESTAMP) AS sure_from,
    CAST(NULL AS TIMESTAMP) AS sure_to
FROM one_side AS o
WHERE o.valid_from < o.valid_to
