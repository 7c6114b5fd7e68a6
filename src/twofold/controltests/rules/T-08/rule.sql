WITH
item AS (
    SELECT p.item AS item, p.account AS account, p.window_from AS window_from, p.window_to AS window_to
    FROM population AS p
),
-- The lines of the inventory in force in the month, and in which part of it. The owner is the human, whichever HR id is named.
line AS (
    SELECT
        i.item AS item, s.account AS account, COALESCE(h.human, s.owner) AS owner, s.valid_from AS line_from,
        CASE WHEN TRIM(COALESCE(s.purpose, '')) <> '' THEN 1 ELSE 0 END AS has_purpose,
        GREATEST(COALESCE(s.valid_from, i.window_from), i.window_from) AS valid_from,
        LEAST(COALESCE(s.valid_to, i.window_to), i.window_to) AS valid_to
    FROM item AS i
    JOIN service_account AS s
        ON s.account = i.account
        AND (s.valid_from IS NULL OR s.valid_from < i.window_to) AND (s.valid_to IS NULL OR s.valid_to > i.window_from)
    LEFT JOIN same_human AS h ON h.person = s.owner
),
active AS (
    SELECT
        l.item AS item,
        GREATEST(e.valid_from, l.valid_from) AS valid_from, LEAST(GREATEST(e.valid_to, l.valid_from), l.valid_to) AS valid_to,
        LEAST(e.valid_to_latest, l.valid_to) AS valid_to_latest
    FROM line AS l
    JOIN employed_stretch AS e ON e.human = l.owner AND e.valid_from < l.valid_to AND l.valid_from < e.valid_to_latest
),
edge AS (
    SELECT i.item AS item, i.window_from AS moment FROM item AS i
    UNION
    SELECT i.item AS item, i.window_to AS moment FROM item AS i
    UNION
    SELECT l.item AS item, l.valid_from AS moment FROM line AS l
    UNION
    SELECT l.item AS item, l.valid_to AS moment FROM line AS l
    UNION
    SELECT a.item AS item, a.valid_from AS moment FROM active AS a
    UNION
    SELECT a.item AS item, a.valid_to AS moment FROM active AS a
    UNION
    SELECT a.item AS item, a.valid_to_latest AS moment FROM active AS a
),
stretch AS (
    SELECT e.item AS item, e.moment AS valid_from, LEAD(e.moment) OVER (
        PARTITION BY e.item ORDER BY e.moment NULLS LAST
    ) AS valid_to
    FROM edge AS e
),
-- Each stretch: 90 an owner who works here, 42 one who perhaps does (a bare day on which the employment ended), 41 an owner whom HR
-- does not know, 40 one of whose time here HR says two things, 15 one who does not work here then, 14 none.
owned AS (
    SELECT
        s.item AS item, s.valid_from AS valid_from,
        MAX(CASE
            WHEN l.owner IS NULL THEN 14
            WHEN k.conflicted = 1 THEN 40
            WHEN s.valid_from < a.valid_to THEN 90
            WHEN a.human IS NOT NULL THEN 42
            WHEN k.human IS NULL THEN 41
            ELSE 15
        END) AS owner_rank,
        MAX(COALESCE(l.has_purpose, 0)) AS has_purpose,
        COUNT(l.item) AS lines
    FROM stretch AS s
    LEFT JOIN line AS l ON l.item = s.item AND l.valid_from <= s.valid_from AND s.valid_from < l.valid_to
    LEFT JOIN employed_stretch AS a ON a.human = l.owner AND a.valid_from <= s.valid_from AND s.valid_from < a.valid_to_latest
    LEFT JOIN (
        SELECT h.human AS human, MAX(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS conflicted
        FROM engagement AS e
        JOIN same_human AS h ON h.person = e.person
        GROUP BY h.human
    ) AS k ON k.human = l.owner
    WHERE s.valid_to IS NOT NULL
    GROUP BY s.item, s.valid_from
),
inventory AS (
    SELECT
        o.item AS item,
        MIN(o.owner_rank) AS owner_rank,
        MIN(o.has_purpose) AS has_purpose,
        MIN(o.lines) AS lines
    FROM owned AS o
    GROUP BY o.item
),
doubt AS (
    SELECT DISTINCT i.item AS item
    FROM item AS i
    JOIN service_account AS s ON s.account = i.account
    WHERE s.conflicted
),
listed AS (
    SELECT DISTINCT l.item AS item, v.value AS right_id
    FROM line AS l
    JOIN service_account__rights AS v ON v.account = l.account AND v.valid_from IS NOT DISTINCT FROM l.line_from
),
opened AS (
    SELECT l.item AS item, l.right_id AS right_id FROM listed AS l
    UNION
    SELECT l.item AS item, c.holds AS right_id
    FROM listed AS l
    JOIN right_content AS c ON c.right_id = l.right_id
),
-- What the inventory lists: a listed right, what it nests, and a group whose nested rights are all listed.
allowed AS (
    SELECT o.item AS item, o.right_id AS right_id FROM opened AS o
    UNION
    SELECT o.item AS item, c.right_id AS right_id
    FROM opened AS o
    JOIN right_content AS c ON c.holds = o.right_id
    JOIN (SELECT x.right_id AS right_id, COUNT(*) AS nested FROM right_content AS x GROUP BY x.right_id) AS n
        ON n.right_id = c.right_id
    GROUP BY o.item, c.right_id, n.nested
    HAVING COUNT(*) = n.nested
),
listed_client AS (
    SELECT DISTINCT c.account AS account, LOWER(c.value) AS client FROM service_account__clients AS c
),
-- B: a right that no line of the inventory in force then lists.
right_rank AS (
    SELECT
        i.item AS item,
        MIN(CASE
            WHEN l.right_id IS NOT NULL THEN 90
            WHEN r.sure_from < i.window_to AND i.window_from < r.sure_to THEN 10
            ELSE 40
        END) AS rank
    FROM item AS i
    JOIN right_interval AS r ON r.account = i.account AND r.valid_from < i.window_to AND i.window_from < r.valid_to
    LEFT JOIN allowed AS l ON l.item = i.item AND l.right_id = r.right_id
    GROUP BY i.item
),
-- C and D: uses in the month.
used AS (
    SELECT
        i.item AS item,
        MAX(CASE WHEN NOT u.conflicted AND u.method IN ('interactive', 'local_password') THEN 1 ELSE 0 END) AS by_hand,
        MAX(CASE WHEN NOT u.conflicted AND k.account IS NOT NULL AND c.client IS NULL AND u.client IS NOT NULL THEN 1 ELSE 0 END)
        AS elsewhere,
        MAX(CASE WHEN u.conflicted THEN 1 ELSE 0 END) AS conflicted,
        MAX(CASE WHEN u.method IN ('token', 'interactive', 'local_password') THEN 0 ELSE 1 END) AS unknown
    FROM item AS i
    JOIN sign_in AS u ON u.account = i.account AND u.occurred_at >= i.window_from AND u.occurred_at < i.window_to
    LEFT JOIN (SELECT DISTINCT d.account AS account FROM listed_client AS d) AS k ON k.account = u.account
    LEFT JOIN listed_client AS c ON c.account = u.account AND c.client = LOWER(u.client)
    WHERE u.result = 'success' OR u.conflicted
    GROUP BY i.item
),
copied AS (
    SELECT x.item AS item, MAX(x.clients) AS clients
    FROM (
        SELECT i.item AS item, u.credential AS credential, COUNT(DISTINCT LOWER(u.client)) AS clients
        FROM item AS i
        JOIN sign_in AS u ON u.account = i.account AND u.occurred_at >= i.window_from AND u.occurred_at < i.window_to
        LEFT JOIN credential AS s ON s.id = u.credential AND s.kind = 'session'
        WHERE u.result = 'success' AND u.credential IS NOT NULL AND NOT u.conflicted AND s.id IS NULL
        GROUP BY i.item, u.credential
    ) AS x
    GROUP BY x.item
),
-- D: each secret that was live in the month, and whether it grew too old while it was.
secret_rank AS (
    SELECT
        i.item AS item,
        MIN(CASE
            WHEN s.conflicted THEN 40
            WHEN s.created_at IS NULL THEN 41
            WHEN s.created_at_latest + q.max_age_days * INTERVAL '1' DAY < LEAST(COALESCE(s.revoked_at, i.window_to), i.window_to)
                THEN 10
            WHEN s.created_at + q.max_age_days * INTERVAL '1' DAY
                < LEAST(COALESCE(s.revoked_at_latest, i.window_to), i.window_to) THEN 42
            ELSE 90
        END) AS rank
    FROM item AS i
    CROSS JOIN parameter AS q
    JOIN credential AS s
        ON s.account = i.account AND (s.kind <> 'session' OR s.conflicted)
        AND (s.created_at IS NULL OR s.created_at < i.window_to)
        AND (s.conflicted OR s.revoked_at IS NULL OR s.revoked_at_latest > i.window_from)
    GROUP BY i.item
),
-- E: the moments from which a review, or the creation, counts, in three readings: whatever may count, without what is told in two
-- ways, and what surely counts. Before the first of them nothing counts.
looked_at AS (
    SELECT p.account AS account, p.used_from AS moment, p.used_from AS moment_latest, FALSE AS conflicted
    FROM population AS p
    UNION
    SELECT r.account AS account, r.decided_at AS moment, r.decided_at_latest AS moment_latest, r.conflicted AS conflicted
    FROM review_item AS r
    WHERE r.decided_at IS NOT NULL AND (r.decision IN ('approve', 'revoke', 'modify') OR r.conflicted)
),
covered AS (
    SELECT
        v.reading AS reading, o.account AS account,
        CASE WHEN v.reading = 3 THEN o.moment_latest ELSE o.moment END AS valid_from,
        CASE WHEN v.reading = 3 THEN o.moment ELSE o.moment_latest END + q.review_days * INTERVAL '1' DAY AS valid_to
    FROM looked_at AS o
    CROSS JOIN parameter AS q
    JOIN (SELECT 1 AS reading UNION ALL SELECT 2 AS reading UNION ALL SELECT 3 AS reading) AS v
        ON v.reading = 1 OR NOT o.conflicted
    UNION ALL
    SELECT
        v.reading AS reading, p.account AS account,
        TIMESTAMP '0001-01-01 00:00:00' AS valid_from, TIMESTAMP '0001-01-01 00:00:00' AS valid_to
    FROM (SELECT DISTINCT x.account AS account FROM population AS x) AS p
    CROSS JOIN (SELECT 1 AS reading UNION ALL SELECT 2 AS reading UNION ALL SELECT 3 AS reading) AS v
),
unseen AS (
    SELECT
        c.reading AS reading, c.account AS account,
        MAX(c.valid_to) OVER (
            PARTITION BY c.reading, c.account ORDER BY c.valid_from NULLS LAST, c.valid_to NULLS LAST ROWS UNBOUNDED PRECEDING
        ) AS valid_from,
        COALESCE(
            LEAD(c.valid_from) OVER (
                PARTITION BY c.reading, c.account ORDER BY c.valid_from NULLS LAST, c.valid_to NULLS LAST
            ), TIMESTAMP '9999-12-31 00:00:00'
        ) AS valid_to
    FROM covered AS c
),
not_reviewed AS (
    SELECT i.item AS item, MIN(u.reading) AS reading
    FROM item AS i
    JOIN unseen AS u
        ON u.account = i.account AND u.valid_from < u.valid_to AND u.valid_from < i.window_to AND i.window_from < u.valid_to
    GROUP BY i.item
),
-- G: used within the last days before the end of the month.
idle AS (
    SELECT
        i.item AS item,
        MAX(CASE
            WHEN u.conflicted THEN 2
            WHEN u.occurred_at >= i.window_to - q.unused_days * INTERVAL '1' DAY THEN 3
            ELSE 1
        END) AS lately
    FROM item AS i
    CROSS JOIN parameter AS q
    JOIN sign_in AS u ON u.account = i.account AND u.occurred_at < i.window_to
        AND u.occurred_at_latest >= i.window_to - q.unused_days * INTERVAL '1' DAY
    WHERE u.result = 'success' OR u.conflicted
    GROUP BY i.item
),
-- G: closed at the end of the month, also where it was opened again later; perhaps, where two records tell the closing.
shut AS (
    SELECT i.item AS item, MIN(CASE WHEN e.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM item AS i
    JOIN account_event AS e ON e.account = i.account AND e.kind IN ('disable', 'delete')
        AND e.occurred_at_latest < i.window_to
    WHERE EXISTS (
        SELECT 1 FROM account_event AS o
        WHERE o.account = e.account AND o.kind IN ('create', 'enable', 'activate') AND o.occurred_at >= i.window_to
    ) AND NOT EXISTS (
        SELECT 1 FROM account_event AS o
        WHERE o.account = e.account AND o.kind IN ('create', 'enable', 'activate')
            AND (o.occurred_at IS NULL OR (o.occurred_at_latest >= e.occurred_at AND o.occurred_at < i.window_to))
    )
    GROUP BY i.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'account' AND g.starts < p.window_to AND g.ends > p.window_from
            THEN 1 ELSE 0 END) AS of_accounts,
        MAX(CASE WHEN g.table_name = 'engagement' AND g.starts < p.window_to AND g.ends > p.window_from
            THEN 1 ELSE 0 END) AS of_hr,
        MAX(CASE WHEN g.table_name = 'grant_event' AND g.starts < p.window_to AND g.ends > p.window_from
            THEN 1 ELSE 0 END) AS of_grants,
        MAX(CASE WHEN g.table_name = 'sign_in' AND g.starts < p.window_to AND g.ends > p.window_from
            THEN 1 ELSE 0 END) AS of_uses,
        MAX(CASE WHEN g.table_name = 'sign_in' AND g.starts < p.window_to
            AND g.ends > p.window_to - q.unused_days * INTERVAL '1' DAY THEN 1 ELSE 0 END) AS of_late_uses,
        MAX(CASE WHEN g.table_name = 'credential' AND g.starts < p.window_to AND g.ends > p.window_from
            THEN 1 ELSE 0 END) AS of_secrets,
        MAX(CASE WHEN g.table_name = 'review_item' AND g.starts < p.window_to
            AND g.ends > p.window_from - q.review_days * INTERVAL '1' DAY THEN 1 ELSE 0 END) AS of_reviews
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN (
        SELECT
            s.table_name AS table_name, s.system AS system,
            COALESCE(s.starts_at, TIMESTAMP '0001-01-01 00:00:00') AS starts,
            COALESCE(s.ends_before, TIMESTAMP '9999-12-31 00:00:00') AS ends
        FROM source_gap AS s
    ) AS g ON g.system IN (p.system, '*')
    GROUP BY p.item
),
-- What is said of every attribute but F.
before_all AS (
    SELECT
        p.item AS item,
        CASE
            WHEN NOT p.in_system THEN 'na:not_in_system'
            WHEN p.conflicted OR d.item IS NOT NULL THEN 'cannot_test:conflict'
        END AS code
    FROM population AS p
    LEFT JOIN doubt AS d ON d.item = p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN v.owner_rank < 16 AND p.closing_unknown THEN 'cannot_test:closing_unknown'
        WHEN v.owner_rank = 14 THEN 'exception:no_owner'
        WHEN v.owner_rank = 15 AND g.of_hr = 1 THEN 'cannot_test:hr_gap'
        WHEN v.owner_rank = 15 THEN 'exception:owner_left'
        WHEN v.owner_rank = 40 THEN 'cannot_test:conflict'
        WHEN v.owner_rank = 41 THEN 'cannot_test:owner_unknown'
        WHEN v.owner_rank = 42 THEN 'cannot_test:time_unclear'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS a,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN v.has_purpose = 0 AND p.closing_unknown THEN 'cannot_test:closing_unknown'
        WHEN v.has_purpose = 0 THEN 'exception:no_purpose'
        WHEN r.rank IS NOT NULL AND t.item IS NULL THEN 'cannot_test:rights_not_listed'
        WHEN r.rank = 10 THEN 'exception:right_outside_purpose'
        WHEN r.rank = 40 THEN 'cannot_test:rights_unclear'
        WHEN g.of_grants = 1 THEN 'cannot_test:grants_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS b,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN u.by_hand = 1 THEN 'exception:used_by_hand'
        WHEN u.elsewhere = 1 THEN 'exception:used_from_elsewhere'
        WHEN u.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN u.unknown = 1 THEN 'cannot_test:method_unknown'
        WHEN g.of_uses = 1 THEN 'cannot_test:uses_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS c,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN s.rank = 10 AND p.closing_unknown AND COALESCE(y.clients, 0) < 2 THEN 'cannot_test:closing_unknown'
        WHEN s.rank = 10 AND NOT p.closing_unknown THEN 'exception:too_old'
        WHEN y.clients > 1 THEN 'exception:copied'
        WHEN s.rank = 40 THEN 'cannot_test:conflict'
        WHEN s.rank = 41 THEN 'cannot_test:age_unknown'
        WHEN s.rank = 42 THEN 'cannot_test:time_unclear'
        WHEN g.of_secrets = 1 THEN 'cannot_test:secrets_gap'
        WHEN p.is_open THEN 'cannot_test:pending'
        WHEN s.item IS NULL THEN 'na:no_secret'
        ELSE 'pass'
    END AS d,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN n.reading = 1 AND p.closing_unknown THEN 'cannot_test:closing_unknown'
        WHEN n.reading = 1 AND g.of_reviews = 1 THEN 'cannot_test:reviews_gap'
        WHEN n.reading = 1 THEN 'exception:not_reviewed'
        WHEN n.reading = 2 THEN 'cannot_test:conflict'
        WHEN n.reading = 3 THEN 'cannot_test:time_unclear'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS e,
    CASE
        WHEN NOT p.in_system AND g.of_accounts = 1 THEN 'cannot_test:accounts_gap'
        WHEN NOT p.in_system THEN 'exception:not_in_system'
        WHEN b.code IS NOT NULL THEN b.code
        WHEN v.lines = 0 AND p.closing_unknown THEN 'cannot_test:closing_unknown'
        WHEN v.lines = 0 THEN 'exception:not_in_inventory'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'pass'
    END AS f,
    CASE
        WHEN b.code IS NOT NULL THEN b.code
        WHEN i.lately = 3 THEN 'pass'
        WHEN p.used_from > p.window_to - q.unused_days * INTERVAL '1' DAY THEN 'pass'
        WHEN x.in_conflict = 0 OR (p.window_to <= p.operating_at_latest AND NOT p.is_open) THEN 'na:closed'
        WHEN x.in_conflict = 1 OR i.lately = 2 THEN 'cannot_test:conflict'
        WHEN i.lately = 1 THEN 'cannot_test:time_unclear'
        WHEN p.closing_unknown THEN 'cannot_test:closing_unknown'
        WHEN g.of_late_uses = 1 THEN 'cannot_test:uses_gap'
        ELSE 'exception:unused'
    END AS g
FROM population AS p
CROSS JOIN parameter AS q
JOIN before_all AS b ON b.item = p.item
JOIN inventory AS v ON v.item = p.item
LEFT JOIN right_rank AS r ON r.item = p.item
LEFT JOIN (SELECT DISTINCT l.item AS item FROM allowed AS l) AS t ON t.item = p.item
LEFT JOIN used AS u ON u.item = p.item
LEFT JOIN copied AS y ON y.item = p.item
LEFT JOIN secret_rank AS s ON s.item = p.item
LEFT JOIN not_reviewed AS n ON n.item = p.item
LEFT JOIN idle AS i ON i.item = p.item
LEFT JOIN shut AS x ON x.item = p.item
LEFT JOIN gap AS g ON g.item = p.item
