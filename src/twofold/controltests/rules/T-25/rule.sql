WITH
-- When the first training was due. Who goes on from an earlier engagement is no joiner: what was due then stays due. Trainings and
-- leaves are those of the human, under whichever HR id.
due AS (
    SELECT
        p.item AS item,
        COALESCE(h.human, p.person) AS human,
        p.starts_at AS starts_at,
        p.due_at AS due_at,
        LEAST(p.due_at, p.works_until) AS ends_before,
        p.started_at_latest + q.joiner_days * INTERVAL '1' DAY AS first_due,
        GREATEST(
            p.starts_at,
            p.works_from,
            CASE
                WHEN p.follows IS NULL THEN COALESCE(p.started_at_latest + q.joiner_days * INTERVAL '1' DAY, p.starts_at)
                ELSE COALESCE(e.started_at_latest + q.joiner_days * INTERVAL '1' DAY, p.starts_at)
            END
        ) AS tested_from
    FROM population AS p
    CROSS JOIN parameter AS q
    LEFT JOIN engagement AS e ON e.id = p.follows
    LEFT JOIN same_human AS h ON h.person = p.person
),
-- Every completion with the human behind it. A shared account or a bot names nobody.
completion AS (
    SELECT
        t.id AS training,
        COALESCE(h.human, t.person, n.person) AS human,
        t.person IS NULL AND COALESCE(n.state, 'unlinked') IN ('unlinked', 'ambiguous') AS is_unlinked,
        t.course AS course,
        t.version AS version,
        t.completed_at AS completed_at,
        t.completed_at_latest AS completed_at_latest,
        t.employer AS employer,
        t.conflicted AS conflicted
    FROM training AS t
    LEFT JOIN identity AS n
        ON n.account = t.account AND n.valid_from <= COALESCE(t.completed_at, TIMESTAMP '0001-01-01 00:00:00')
            AND COALESCE(t.completed_at, TIMESTAMP '9999-12-30 00:00:00') < n.valid_to
    LEFT JOIN same_human AS h ON h.person = COALESCE(t.person, n.person)
),
-- Where nothing is declared, every course counts. A course counts in a version that was asked for at the time.
graded AS (
    SELECT
        c.training AS training,
        MAX(CASE
            WHEN r.version <> COALESCE(c.version, '') OR c.completed_at < r.valid_from OR c.completed_at >= r.valid_to THEN 1
            ELSE 2
        END) AS grade
    FROM completion AS c
    JOIN required_course AS r ON r.course = c.course
    GROUP BY c.training
    UNION ALL
    SELECT c.training AS training, 2 AS grade
    FROM completion AS c
    WHERE NOT EXISTS (SELECT 1 FROM required_course AS r)
),
-- Training for an old employer: said so, or completed long before any engagement of the person, or after all of them.
served AS (
    SELECT DISTINCT c.training AS training
    FROM completion AS c
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.human = c.human
    JOIN engagement AS e ON e.person = h.person
    WHERE (e.started_at IS NULL OR e.started_at - q.pre_start_days * INTERVAL '1' DAY <= c.completed_at)
        AND (
            COALESCE(e.effective_end_latest, e.last_day_latest) IS NULL
            OR c.completed_at <= COALESCE(e.effective_end_latest, e.last_day_latest)
        )
),
known AS (
    SELECT
        c.human AS human,
        c.completed_at AS completed_at,
        c.completed_at_latest AS completed_at_latest,
        c.completed_at + q.valid_months * INTERVAL '1' MONTH AS good_until,
        c.completed_at_latest + q.valid_months * INTERVAL '1' MONTH AS good_until_latest,
        CASE
            WHEN c.conflicted THEN 'conflict'
            WHEN c.employer IS NOT NULL THEN 'other_employer'
            WHEN g.grade = 1 THEN 'old_version'
            WHEN c.is_unlinked THEN 'unlinked'
            WHEN c.completed_at IS NULL THEN 'no_date'
            WHEN s.training IS NULL THEN 'other_employer'
            ELSE 'counts'
        END AS standing
    FROM completion AS c
    CROSS JOIN parameter AS q
    JOIN graded AS g ON g.training = c.training
    LEFT JOIN served AS s ON s.training = c.training
),
-- What an item could rest on: completions of the person that reach into its stretch, undated ones, and those told in two ways.
near AS (
    SELECT d.item AS item, k.standing AS standing
    FROM due AS d
    JOIN known AS k ON k.human = d.human
    WHERE k.completed_at IS NULL OR k.standing = 'conflict' OR (k.completed_at < d.ends_before AND k.good_until_latest > d.tested_from)
    UNION ALL
    SELECT d.item AS item, 'conflict' AS standing
    FROM due AS d
    JOIN same_human AS h ON h.human = d.human
    JOIN leave AS l ON l.person = h.person AND l.conflicted
),
doubt AS (
    SELECT
        n.item AS item,
        MAX(CASE WHEN n.standing = 'conflict' THEN 1 ELSE 0 END) AS conflicts,
        MAX(CASE WHEN n.standing = 'no_date' THEN 1 ELSE 0 END) AS undated,
        MAX(CASE WHEN n.standing = 'old_version' THEN 1 ELSE 0 END) AS old_versions,
        MAX(CASE WHEN n.standing = 'other_employer' THEN 1 ELSE 0 END) AS elsewhere,
        MAX(CASE WHEN n.standing = 'counts' THEN 1 ELSE 0 END) AS counting
    FROM near AS n
    GROUP BY n.item
),
-- An unlinked completion may be anybody's: one that reaches into the stretch, or has no date, leaves it open. Read in order of time, once.
timeline AS (
    SELECT
        COALESCE(k.completed_at, TIMESTAMP '0001-01-01 00:00:00') AS at_time,
        1 AS place,
        CAST(NULL AS STRING) AS item,
        COALESCE(k.good_until_latest, TIMESTAMP '9999-12-30 00:00:00') AS good_until
    FROM known AS k
    WHERE k.standing = 'unlinked'
    UNION ALL
    SELECT d.ends_before AS at_time, 0 AS place, d.item AS item, CAST(NULL AS TIMESTAMP) AS good_until
    FROM due AS d
),
unlinked AS (
    SELECT
        t.item AS item,
        MAX(t.good_until) OVER (
            ORDER BY t.at_time NULLS LAST, t.place NULLS LAST, t.item ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS good_until
    FROM timeline AS t
),
-- B: the tested days minus the time after each completion and the time of long leave with as many days after it as a joiner has.
-- Where policy counts by years of training, a completion in the year covers all of that year and nothing else.
away AS (
    SELECT
        d.item AS item,
        l.valid_from AS starts_at,
        COALESCE(l.valid_to + q.joiner_days * INTERVAL '1' DAY, d.due_at) AS ends_before
    FROM due AS d
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.human = d.human
    JOIN leave AS l ON l.person = h.person AND NOT l.conflicted
),
kind AS (
    SELECT 'sure' AS kind UNION ALL SELECT 'perhaps' AS kind
),
frame AS (
    SELECT d.item AS item, k.kind AS kind, d.tested_from AS starts_at, LEAST(d.ends_before, q.extracted_at) AS ends_before
    FROM due AS d
    CROSS JOIN parameter AS q
    CROSS JOIN kind AS k
),
stretch AS (
    SELECT
        d.item AS item,
        k.kind AS kind,
        CASE
            WHEN q.by_year THEN d.starts_at
            WHEN k.kind = 'perhaps' OR q.day_grained THEN c.completed_at
            ELSE c.completed_at_latest
        END AS starts_at,
        CASE
            WHEN q.by_year THEN d.due_at
            WHEN k.kind = 'perhaps' OR q.day_grained THEN c.good_until_latest
            ELSE c.good_until
        END AS ends_before
    FROM due AS d
    CROSS JOIN parameter AS q
    CROSS JOIN kind AS k
    JOIN known AS c ON c.human = d.human AND c.standing = 'counts'
    WHERE NOT q.by_year OR (c.completed_at >= d.starts_at AND c.completed_at_latest < d.due_at)
        OR (k.kind = 'perhaps' AND c.completed_at_latest >= d.starts_at AND c.completed_at < d.due_at)
    UNION ALL
    SELECT a.item AS item, k.kind AS kind, a.starts_at AS starts_at, a.ends_before AS ends_before
    FROM away AS a
    CROSS JOIN kind AS k
    UNION ALL
    SELECT f.item AS item, f.kind AS kind, f.ends_before AS starts_at, f.ends_before AS ends_before
    FROM frame AS f
),
laid AS (
    SELECT
        s.item AS item,
        s.kind AS kind,
        s.starts_at AS starts_at,
        MAX(s.ends_before) OVER (
            PARTITION BY s.item, s.kind ORDER BY s.starts_at NULLS LAST, s.ends_before NULLS LAST
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
    FROM stretch AS s
),
open_days AS (
    SELECT
        f.item AS item,
        MAX(CASE WHEN f.kind = 'perhaps' THEN 1 ELSE 0 END) AS surely,
        MIN(CASE WHEN f.kind = 'perhaps' THEN GREATEST(f.starts_at, COALESCE(l.reached, f.starts_at)) END) AS first_open
    FROM frame AS f
    JOIN laid AS l ON l.item = f.item AND l.kind = f.kind
    WHERE GREATEST(f.starts_at, COALESCE(l.reached, f.starts_at)) < LEAST(l.starts_at, f.ends_before)
    GROUP BY f.item
),
-- A training that is missing helps A only if it came by the first due date, and B only if it came before the first open day.
silent AS (
    SELECT
        d.item AS item,
        MAX(CASE WHEN g.starts_at IS NULL OR g.starts_at <= d.first_due THEN 1 ELSE 0 END) AS of_first,
        MAX(CASE WHEN g.starts_at IS NULL OR g.starts_at <= CASE WHEN q.by_year THEN d.due_at ELSE o.first_open END THEN 1 ELSE 0 END)
            AS of_days
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN due AS d ON d.item = p.item
    LEFT JOIN open_days AS o ON o.item = p.item
    JOIN source_gap AS g
        ON g.table_name = 'training' AND g.system IN (p.system, '*')
            AND (g.ends_before IS NULL OR g.ends_before > d.tested_from - q.valid_months * INTERVAL '1' MONTH)
    GROUP BY d.item
),
wholly_away AS (
    SELECT DISTINCT d.item AS item
    FROM due AS d
    JOIN away AS a ON a.item = d.item AND a.starts_at <= d.tested_from AND d.ends_before <= a.ends_before
),
-- A: a completion that still stands when the first training is due.
first_one AS (
    SELECT
        d.item AS item,
        MAX(CASE WHEN k.completed_at_latest <= d.first_due AND k.good_until_latest > d.first_due THEN 1 ELSE 0 END) AS in_time,
        MAX(CASE WHEN k.completed_at <= d.first_due AND k.good_until_latest > d.first_due THEN 1 ELSE 0 END) AS perhaps_in_time,
        MAX(CASE WHEN k.completed_at > d.first_due THEN 1 ELSE 0 END) AS later
    FROM due AS d
    JOIN known AS k ON k.human = d.human AND k.standing = 'counts'
    GROUP BY d.item
),
away_when_due AS (
    SELECT DISTINCT d.item AS item
    FROM due AS d
    JOIN away AS a ON a.item = d.item AND a.starts_at <= d.first_due AND d.first_due < a.ends_before
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.starts_at IS NULL THEN 'exception:not_scheduled'
        WHEN p.follows IS NOT NULL THEN 'na:continued'
        WHEN p.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN p.ended_at < d.first_due THEN 'na:short_engagement'
        WHEN d.first_due < p.starts_at OR d.first_due >= p.due_at THEN 'na:due_in_another_year'
        WHEN w.item IS NOT NULL THEN 'na:long_leave'
        WHEN o.in_time = 1 THEN 'pass'
        WHEN o.perhaps_in_time = 1 THEN 'cannot_test:time_order_unclear'
        WHEN d.first_due > q.extracted_at THEN 'cannot_test:pending'
        WHEN x.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN x.undated = 1 THEN 'cannot_test:no_date'
        WHEN u.good_until > d.tested_from THEN 'cannot_test:account_unlinked'
        WHEN g.of_first = 1 THEN 'cannot_test:source_gap'
        WHEN o.later = 1 THEN 'exception:late'
        WHEN x.old_versions = 1 THEN 'exception:old_version'
        WHEN x.elsewhere = 1 THEN 'exception:other_employer'
        ELSE 'exception:absent'
    END AS a,
    CASE
        WHEN p.conflicted THEN 'cannot_test:conflict'
        WHEN p.starts_at IS NULL THEN 'exception:not_scheduled'
        WHEN d.tested_from >= d.ends_before THEN 'na:not_due'
        WHEN y.item IS NOT NULL THEN 'na:long_leave'
        WHEN q.by_year AND d.ends_before < p.due_at AND n.item IS NOT NULL THEN 'na:left_in_the_year'
        WHEN n.item IS NULL AND d.ends_before > q.extracted_at THEN 'cannot_test:pending'
        WHEN n.item IS NULL THEN 'pass'
        WHEN n.surely = 0 THEN 'cannot_test:time_order_unclear'
        WHEN q.by_year AND p.due_at > q.extracted_at THEN 'cannot_test:pending'
        WHEN x.conflicts = 1 THEN 'cannot_test:conflict'
        WHEN x.undated = 1 THEN 'cannot_test:no_date'
        WHEN u.good_until > d.tested_from THEN 'cannot_test:account_unlinked'
        WHEN g.of_days = 1 THEN 'cannot_test:source_gap'
        WHEN x.old_versions = 1 THEN 'exception:old_version'
        WHEN x.elsewhere = 1 THEN 'exception:other_employer'
        WHEN x.counting = 1 THEN 'exception:ran_out'
        ELSE 'exception:absent'
    END AS b
FROM population AS p
CROSS JOIN parameter AS q
LEFT JOIN due AS d ON d.item = p.item
LEFT JOIN first_one AS o ON o.item = p.item
LEFT JOIN away_when_due AS w ON w.item = p.item
LEFT JOIN wholly_away AS y ON y.item = p.item
LEFT JOIN open_days AS n ON n.item = p.item
LEFT JOIN doubt AS x ON x.item = p.item
LEFT JOIN unlinked AS u ON u.item = p.item
LEFT JOIN silent AS g ON g.item = p.item
