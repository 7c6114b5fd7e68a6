-- T-33: files of end users on which finance relies were in the inventory, reviewed, tied out and limited (audit-domain 4.3, T-33).
-- Reads the population euc_use_in_control and the steps access_listing_state and identity.
WITH
-- The version used, as the store kept it. Two versions are alike when their formulas and macros are; data may differ.
used AS (
    SELECT
        p.item AS item,
        v.content_hash AS content_hash,
        v.formula_hash AS formula_hash,
        COALESCE(v.macro_hash, '-') AS macro_hash
    FROM population AS p
    JOIN euc_version AS v ON v.file = p.file AND v.content_hash = p.content_hash
),
linked AS (
    SELECT p.item AS item, COUNT(*) AS links, SUM(CASE WHEN f.id IS NULL THEN 1 ELSE 0 END) AS outside
    FROM population AS p
    JOIN euc_version__links AS l ON l.file = p.file AND l.content_hash = p.content_hash
    LEFT JOIN euc_file AS f ON f.id = l.value
    GROUP BY p.item
),
alike AS (
    SELECT
        p.item AS item,
        v.content_hash AS content_hash,
        v.saved_at AS saved_at,
        v.saved_at_latest AS saved_at_latest,
        v.saved_by AS saved_by
    FROM population AS p
    JOIN used AS u ON u.item = p.item
    JOIN euc_version AS v
        ON v.file = p.file
        AND (
            v.content_hash = u.content_hash
            OR (v.formula_hash = u.formula_hash AND COALESCE(v.macro_hash, '-') = u.macro_hash)
        )
),
-- Who brought these formulas in: whoever saved the first version that has them, of which several may have been the first.
changed_by AS (
    SELECT a.item AS item, a.saved_by AS account, i.state AS state, i.person AS person
    FROM alike AS a
    JOIN (SELECT x.item AS item, MIN(x.saved_at_latest) AS first_at FROM alike AS x GROUP BY x.item) AS f
        ON f.item = a.item AND a.saved_at <= f.first_at
    LEFT JOIN identity AS i ON i.account = a.saved_by AND i.valid_from <= a.saved_at AND a.saved_at < i.valid_to
),
-- Reviews of such a version, beside each who may have brought the formulas in. came: 9 before the use, 6 unclear, 2 after it.
-- hand: 10 another person; 1 to 3 exceptions; 4 to 9 what keeps that from being known.
looked AS (
    SELECT
        a.item AS item,
        a.content_hash AS content_hash,
        r.reviewed_at AS reviewed_at,
        r.reviewed_at_latest AS reviewed_at_latest,
        CASE WHEN r.conflicted THEN 'conflict' WHEN r.result = 'ok' THEN 'good' ELSE 'bad' END AS kind,
        CASE WHEN r.reviewed_at_latest < p.operating_at THEN 9 WHEN r.reviewed_at > p.operating_at_latest THEN 2 ELSE 6 END AS came,
        CASE
            WHEN r.reviewer IS NULL THEN 4
            WHEN i.state = 'shared' THEN 2
            WHEN i.state = 'bot' THEN 3
            WHEN r.reviewer = c.account OR i.person = c.person THEN 1
            WHEN i.person IS NULL THEN 5
            WHEN c.account IS NULL THEN 6
            WHEN c.state = 'shared' THEN 7
            WHEN c.person IS NULL AND COALESCE(c.state, 'unlinked') <> 'bot' THEN 8
            ELSE 10
        END AS hand
    FROM alike AS a
    JOIN population AS p ON p.item = a.item
    JOIN euc_review AS r ON r.file = p.file AND r.content_hash = a.content_hash
    JOIN changed_by AS c ON c.item = a.item
    LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.reviewed_at AND r.reviewed_at < i.valid_to
),
review AS (
    SELECT
        l.item AS item,
        l.reviewed_at AS reviewed_at,
        l.reviewed_at_latest AS reviewed_at_latest,
        l.kind AS kind,
        l.came AS came,
        CASE WHEN MIN(l.hand) = MAX(l.hand) THEN MIN(l.hand) ELSE 9 END AS hand
    FROM looked AS l
    GROUP BY l.item, l.content_hash, l.reviewed_at, l.reviewed_at_latest, l.kind, l.came
),
reviewed AS (
    SELECT
        r.item AS item,
        MAX(CASE WHEN r.kind = 'good' THEN r.came END) AS came,
        MAX(CASE WHEN r.kind = 'good' AND r.came = 6 THEN 1 ELSE 0 END) AS perhaps_good,
        MAX(CASE WHEN r.kind = 'bad' AND r.came = 6 THEN 1 ELSE 0 END) AS perhaps_bad,
        MAX(CASE WHEN r.kind = 'good' AND r.came = 9 THEN r.hand END) AS hand,
        MAX(CASE WHEN r.kind = 'good' AND r.came = 9 THEN r.reviewed_at END) AS good_at,
        MAX(CASE WHEN r.kind = 'good' AND r.came = 9 THEN r.reviewed_at_latest END) AS good_at_latest,
        MAX(CASE WHEN r.kind = 'bad' AND r.came = 9 THEN r.reviewed_at END) AS bad_at,
        MAX(CASE WHEN r.kind = 'bad' AND r.came = 9 THEN r.reviewed_at_latest END) AS bad_at_latest,
        MAX(CASE WHEN r.kind = 'conflict' AND r.came > 2 THEN r.reviewed_at_latest END) AS doubt_at_latest
    FROM review AS r
    GROUP BY r.item
),
tied AS (
    SELECT
        t.use AS item,
        MAX(CASE WHEN t.conflicted THEN 1 ELSE 0 END) AS in_conflict,
        MAX(CASE WHEN t.file_total <> t.source_total AND NOT t.conflicted THEN 1 ELSE 0 END) AS differs,
        MAX(CASE WHEN t.file_total IS NULL OR t.source_total IS NULL THEN 1 ELSE 0 END) AS missing
    FROM euc_tie_out AS t
    GROUP BY t.use
),
listed AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN l.listed_at_latest <= p.operating_at THEN l.listed_at END) AS listed_at,
        MAX(CASE WHEN l.listed_at_latest > p.operating_at THEN 1 ELSE 0 END) AS perhaps
    FROM population AS p
    JOIN access_listing_state AS l ON l.object = p.file AND l.listed_at <= p.operating_at_latest
    GROUP BY p.item
),
gap AS (
    SELECT
        p.item AS item,
        MAX(CASE
            WHEN g.table_name = 'access_listing'
                AND (g.ends_before IS NULL OR g.ends_before > p.operating_at - q.listing_valid_days * INTERVAL '1' DAY) THEN 1
            ELSE 0
        END) AS of_listing,
        MAX(CASE WHEN g.table_name = 'euc_version' THEN 1 ELSE 0 END) AS of_version,
        MAX(CASE WHEN g.table_name = 'euc_review' THEN COALESCE(g.ends_before, TIMESTAMP '9999-12-31 00:00:00') END) AS of_review_until
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON (g.system = p.system OR g.system = '*')
        AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest)
    GROUP BY p.item
),
-- A tie-out may be made after the use, so a gap of any later time hides it. A gap without an end says that the data end there;
-- it hides one only where they do not reach past the use.
tie_gap AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    JOIN source_gap AS g ON (g.system = p.system OR g.system = '*')
        AND (g.ends_before > p.operating_at OR (g.ends_before IS NULL AND COALESCE(g.starts_at <= p.operating_at_latest, TRUE)))
    WHERE g.table_name = 'euc_tie_out'
),
-- A file that is scored simple but holds macros or links is not below the threshold.
settled AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted OR f.conflicted OR w.file IS NOT NULL THEN 'cannot_test:conflict'
            WHEN p.control IS NULL THEN 'na:no_control'
            WHEN f.id IS NULL AND x.content_hash IS NOT NULL THEN 'exception:saved_under_a_new_name'
            WHEN f.id IS NULL THEN 'exception:not_in_inventory'
            WHEN f.complexity < q.complexity_threshold AND u.macro_hash = '-' AND l.item IS NULL THEN 'na:below_threshold'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN euc_file AS f ON f.id = p.file
    LEFT JOIN used AS u ON u.item = p.item
    LEFT JOIN linked AS l ON l.item = p.item
    LEFT JOIN (SELECT DISTINCT v.file AS file FROM euc_version AS v WHERE v.conflicted) AS w ON w.file = p.file
    LEFT JOIN (
        SELECT DISTINCT v.content_hash AS content_hash
        FROM euc_version AS v
        JOIN euc_file AS k ON k.id = v.file
    ) AS x ON x.content_hash = p.content_hash
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN (x.state IS NULL OR x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at) AND g.of_listing = 1
            THEN 'cannot_test:source_gap'
        WHEN v.perhaps = 1 AND (x.state IS NULL OR x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at)
            THEN 'cannot_test:time_order_unclear'
        WHEN x.state IS NULL THEN 'exception:access_not_listed'
        WHEN x.listed_at + q.listing_valid_days * INTERVAL '1' DAY <= p.operating_at THEN 'exception:listing_too_old'
        WHEN x.state = 1 THEN 'exception:access_too_wide'
        WHEN x.state = 2 THEN 'exception:shared_account'
        WHEN x.state = 4 THEN 'cannot_test:account_unlinked'
        WHEN x.state = 5 THEN 'cannot_test:nobody_declared'
        WHEN x.state = 6 THEN 'cannot_test:time_order_unclear'
        ELSE 'pass'
    END AS a,
    CASE
        WHEN s.code IS NOT NULL THEN s.code
        WHEN p.content_hash IS NULL THEN 'cannot_test:version_unknown'
        WHEN u.item IS NULL AND g.of_version = 1 THEN 'cannot_test:source_gap'
        WHEN u.item IS NULL THEN 'exception:version_not_in_history'
        WHEN l.outside > 0 THEN 'exception:links_outside_inventory'
        WHEN r.bad_at >= COALESCE(r.good_at_latest, r.bad_at) THEN CASE
            WHEN r.doubt_at_latest >= r.bad_at THEN 'cannot_test:conflict'
            WHEN r.perhaps_good = 1 THEN 'cannot_test:time_order_unclear'
            WHEN g.of_review_until > r.bad_at THEN 'cannot_test:source_gap'
            ELSE 'exception:review_not_ok'
        END
        WHEN r.bad_at_latest >= r.good_at THEN 'cannot_test:time_order_unclear'
        WHEN r.doubt_at_latest >= r.good_at THEN 'cannot_test:conflict'
        WHEN r.came = 9 AND r.perhaps_bad = 1 THEN 'cannot_test:time_order_unclear'
        WHEN r.came = 9 THEN 'pass'
        WHEN r.came = 6 THEN 'cannot_test:time_order_unclear'
        WHEN r.doubt_at_latest IS NOT NULL THEN 'cannot_test:conflict'
        WHEN g.of_review_until IS NOT NULL THEN 'cannot_test:source_gap'
        WHEN r.came = 2 THEN 'exception:reviewed_after_use'
        ELSE 'exception:not_reviewed'
    END AS b,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN r.hand IS NULL THEN 'na:no_review'
        WHEN r.hand = 10 THEN 'pass'
        WHEN r.hand < 4 AND r.doubt_at_latest IS NOT NULL THEN 'cannot_test:conflict'
        WHEN r.hand = 9 THEN 'cannot_test:time_order_unclear'
        WHEN r.hand = 8 THEN 'cannot_test:changer_unlinked'
        WHEN r.hand = 7 THEN 'cannot_test:changer_shared'
        WHEN r.hand = 6 THEN 'cannot_test:changer_unknown'
        WHEN r.hand = 5 THEN 'cannot_test:reviewer_unlinked'
        WHEN r.hand = 4 THEN 'cannot_test:reviewer_unknown'
        WHEN r.hand = 3 THEN 'exception:not_a_person'
        WHEN r.hand = 2 THEN 'exception:shared_account'
        ELSE 'exception:reviewed_by_the_changer'
    END AS c,
    CASE
        WHEN s.code IS NOT NULL THEN REPLACE(s.code, 'exception:', 'na:')
        WHEN t.differs = 1 THEN 'exception:totals_differ'
        WHEN t.in_conflict = 1 THEN 'cannot_test:conflict'
        WHEN t.missing = 1 THEN 'cannot_test:total_missing'
        WHEN t.item IS NOT NULL THEN 'pass'
        WHEN e.item IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'exception:no_tie_out'
    END AS d
FROM population AS p
CROSS JOIN parameter AS q
JOIN settled AS s ON s.item = p.item
LEFT JOIN used AS u ON u.item = p.item
LEFT JOIN linked AS l ON l.item = p.item
LEFT JOIN reviewed AS r ON r.item = p.item
LEFT JOIN tied AS t ON t.item = p.item
LEFT JOIN listed AS v ON v.item = p.item
LEFT JOIN access_listing_state AS x ON x.object = p.file AND x.listed_at = v.listed_at
LEFT JOIN gap AS g ON g.item = p.item
LEFT JOIN tie_gap AS e ON e.item = p.item
