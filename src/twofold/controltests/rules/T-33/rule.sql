-- T-33: files of end users on which finance relies were in the inventory, reviewed, tied out and limited (audit-domain 4.3, T-33).
-- Reads the population euc_use_in_control and the steps access_listing_state, identity and same_human.
WITH
-- Each version, as the store kept it. Two of a file are alike when their formulas and macros are; data may differ.
version AS (
    SELECT
        v.file AS file,
        v.content_hash AS content_hash,
        COALESCE(v.formula_hash || ' ' || COALESCE(v.macro_hash, '-'), v.content_hash) AS formulas,
        COALESCE(v.macro_hash, '-') AS macro_hash,
        v.saved_at AS saved_at,
        v.saved_at_latest AS saved_at_latest,
        v.saved_by AS saved_by
    FROM euc_version AS v
),
used AS (
    SELECT p.item AS item, v.formulas AS formulas, v.macro_hash AS macro_hash
    FROM population AS p
    JOIN version AS v ON v.file = p.file AND v.content_hash = p.content_hash
),
linked AS (
    SELECT p.item AS item, COUNT(*) AS links, SUM(CASE WHEN f.id IS NULL THEN 1 ELSE 0 END) AS outside
    FROM population AS p
    JOIN euc_version__links AS l ON l.file = p.file AND l.content_hash = p.content_hash
    LEFT JOIN euc_file AS f ON f.id = l.value
    GROUP BY p.item
),
-- Who brought which formulas in: whoever saved the first version that has them, of which several may have been the first.
first_saved AS (
    SELECT v.file AS file, v.formulas AS formulas, MIN(v.saved_at) AS saved_at, MIN(v.saved_at_latest) AS saved_at_latest
    FROM version AS v
    GROUP BY v.file, v.formulas
),
-- The changes that a version used came by: of its own formulas, and of those that came before them, surely or perhaps.
change_of AS (
    SELECT
        p.item AS item,
        c.formulas AS formulas,
        c.saved_at AS saved_at,
        c.saved_at_latest AS saved_at_latest,
        CASE WHEN c.formulas = u.formulas THEN 'last' WHEN c.saved_at_latest < l.saved_at THEN 'before' ELSE 'perhaps' END AS place
    FROM population AS p
    JOIN used AS u ON u.item = p.item
    JOIN first_saved AS l ON l.file = p.file AND l.formulas = u.formulas
    JOIN first_saved AS c ON c.file = p.file AND c.saved_at <= l.saved_at_latest
),
-- Reviews of the file, beside each who may have brought these formulas in. came: 9 before the use, 6 unclear, 2 after it. holds:
-- the version reviewed has the change, 2 surely, 1 perhaps. hand: 20 another human; 1 to 3 exceptions; 4 to 9 what keeps that from
-- being known.
looked AS (
    SELECT
        c.item AS item,
        c.formulas AS formulas,
        c.place AS place,
        c.saved_at AS changed_at,
        w.formulas AS reviewed_formulas,
        r.content_hash AS content_hash,
        r.reviewed_at AS reviewed_at,
        r.reviewed_at_latest AS reviewed_at_latest,
        COALESCE(h.human, i.person) AS reviewer,
        CASE WHEN r.conflicted THEN 'conflict' WHEN r.result = 'ok' THEN 'good' ELSE 'bad' END AS kind,
        CASE WHEN r.reviewed_at_latest < p.operating_at THEN 9 WHEN r.reviewed_at > p.operating_at_latest THEN 2 ELSE 6 END AS came,
        CASE
            WHEN w.formulas = c.formulas OR w.saved_at > c.saved_at_latest THEN 2
            WHEN w.saved_at_latest >= c.saved_at THEN 1
            ELSE 0
        END AS holds,
        CASE
            WHEN r.reviewer IS NULL THEN 4
            WHEN i.state = 'shared' THEN 2
            WHEN i.state = 'bot' THEN 3
            WHEN r.reviewer = v.saved_by OR COALESCE(h.human, i.person) = COALESCE(g.human, n.person) THEN 1
            WHEN i.person IS NULL THEN 5
            WHEN v.saved_by IS NULL THEN 6
            WHEN n.state = 'shared' THEN 7
            WHEN n.person IS NULL AND COALESCE(n.state, 'unlinked') <> 'bot' THEN 8
            ELSE 20
        END AS hand
    FROM change_of AS c
    JOIN population AS p ON p.item = c.item
    JOIN version AS v ON v.file = p.file AND v.formulas = c.formulas AND v.saved_at <= c.saved_at_latest
    LEFT JOIN identity AS n ON n.account = v.saved_by AND n.valid_from <= v.saved_at AND v.saved_at < n.valid_to
    LEFT JOIN same_human AS g ON g.person = n.person
    JOIN euc_review AS r ON r.file = p.file
    JOIN version AS w ON w.file = r.file AND w.content_hash = r.content_hash
    LEFT JOIN identity AS i ON i.account = r.reviewer AND i.valid_from <= r.reviewed_at AND r.reviewed_at < i.valid_to
    LEFT JOIN same_human AS h ON h.person = i.person
),
compared AS (
    SELECT
        l.item AS item,
        l.formulas AS formulas,
        l.place AS place,
        l.changed_at AS changed_at,
        l.reviewed_formulas AS reviewed_formulas,
        l.content_hash AS content_hash,
        l.reviewed_at AS reviewed_at,
        l.reviewed_at_latest AS reviewed_at_latest,
        l.reviewer AS reviewer,
        l.kind AS kind,
        l.came AS came,
        l.holds AS holds,
        CASE WHEN MIN(l.hand) = MAX(l.hand) THEN MIN(l.hand) ELSE 9 END AS hand
    FROM looked AS l
    GROUP BY l.item, l.formulas, l.place, l.changed_at, l.reviewed_formulas, l.content_hash, l.reviewed_at, l.reviewed_at_latest,
        l.reviewer, l.kind, l.came, l.holds
),
-- Reviews of the version used or of one alike, beside each change. accepted: how far somebody else had looked before at a change
-- that other formulas followed, in its own or in a later version, as hand says it; 11 in conflict.
judged AS (
    SELECT
        c.item AS item,
        c.content_hash AS content_hash,
        c.reviewed_at AS reviewed_at,
        c.reviewed_at_latest AS reviewed_at_latest,
        c.kind AS kind,
        c.came AS came,
        c.place AS place,
        c.changed_at AS changed_at,
        c.hand AS hand,
        MAX(CASE
            WHEN m.kind = 'conflict' THEN 11
            WHEN m.came = 9 AND m.holds = 2 THEN CASE WHEN m.reviewer <> c.reviewer THEN 20 ELSE m.hand END
            WHEN m.hand > 3 THEN 9
        END) AS accepted
    FROM compared AS c
    JOIN used AS u ON u.item = c.item AND u.formulas = c.reviewed_formulas
    LEFT JOIN compared AS m ON m.item = c.item AND m.formulas = c.formulas AND m.reviewed_formulas <> c.reviewed_formulas
        AND m.kind <> 'bad' AND m.came > 2 AND m.holds > 0
    GROUP BY c.item, c.formulas, c.content_hash, c.reviewed_at, c.reviewed_at_latest, c.kind, c.came, c.place, c.changed_at, c.hand
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
-- Who made a change that nobody else had accepted before is no other person for it.
review AS (
    SELECT
        c.item AS item,
        c.reviewed_at AS reviewed_at,
        c.reviewed_at_latest AS reviewed_at_latest,
        c.kind AS kind,
        c.came AS came,
        MIN(CASE
            WHEN c.place = 'last' THEN c.hand
            WHEN c.accepted = 20 THEN 20
            WHEN c.place = 'perhaps' AND c.hand < 20 THEN 9
            WHEN c.hand = 1 AND c.accepted > 3 THEN c.accepted
            WHEN c.hand = 1 AND g.of_review_until > c.changed_at THEN 10
            ELSE c.hand
        END) AS hand
    FROM judged AS c
    LEFT JOIN gap AS g ON g.item = c.item
    GROUP BY c.item, c.content_hash, c.reviewed_at, c.reviewed_at_latest, c.kind, c.came
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
        WHEN r.hand = 20 THEN 'pass'
        WHEN r.hand = 11 OR (r.hand < 4 AND r.doubt_at_latest IS NOT NULL) THEN 'cannot_test:conflict'
        WHEN r.hand = 10 THEN 'cannot_test:source_gap'
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
