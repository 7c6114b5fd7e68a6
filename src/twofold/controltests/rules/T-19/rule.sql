WITH
-- Merged duplicates count once: the original is tested with the alerts, reports and follow-ups of every record merged into it.
member AS (
    SELECT DISTINCT p.original AS incident, p.incident AS member
    FROM population AS p
),
-- Reopened: the clock resumes. The stretch from the last closing to the reopening does not count. What is only known to have been
-- closed before it was opened, which cannot be, stood still at most from its opening, and perhaps never.
closing AS (
    SELECT i.id AS incident, i.closed_at AS closed_at, i.closed_at_latest AS closed_at_latest
    FROM incident AS i
    WHERE i.closed_at_latest < i.reopened_at
    UNION ALL
    SELECT i.id AS incident, e.occurred_at AS closed_at, e.occurred_at_latest AS closed_at_latest
    FROM incident AS i
    CROSS JOIN parameter AS q
    JOIN incident_event AS e ON e.incident = i.id AND e.field = 'status' AND e.occurred_at_latest < i.reopened_at
    WHERE ';' || REPLACE(q.closed_states, ' ', '') || ';' LIKE '%;' || LOWER(e.new_value) || ';%'
),
pause AS (
    SELECT
        i.id AS incident,
        LEAST(GREATEST(MAX(c.closed_at), i.opened_at), i.reopened_at) AS starts_at,
        COALESCE(MAX(CASE WHEN c.closed_at_latest >= i.opened_at THEN c.closed_at_latest END), i.reopened_at) AS starts_at_latest,
        i.reopened_at AS ends_before
    FROM closing AS c
    JOIN incident AS i ON i.id = c.incident
    GROUP BY i.id, i.opened_at, i.reopened_at
),
-- B: detection is the earliest alert or report, also as pager and mailbox saw it (a status page is written afterwards); opening
-- the record is at the latest the report.
notice AS (
    SELECT m.incident AS incident, i.detected_at AS noticed_at, i.detected_at_latest AS noticed_at_latest, 1 AS is_alert
    FROM member AS m
    JOIN incident AS i ON i.id = m.member
    UNION ALL
    SELECT m.incident AS incident, i.reported_at AS noticed_at, i.reported_at_latest AS noticed_at_latest, 1 AS is_alert
    FROM member AS m
    JOIN incident AS i ON i.id = m.member
    UNION ALL
    SELECT m.incident AS incident, g.opened_at AS noticed_at, g.opened_at_latest AS noticed_at_latest, 1 AS is_alert
    FROM member AS m
    JOIN pager_incident AS g ON g.incident = m.member AND COALESCE(g.origin, 'pager') <> 'status_page'
    UNION ALL
    SELECT m.incident AS incident, i.opened_at AS noticed_at, i.opened_at_latest AS noticed_at_latest, 0 AS is_alert
    FROM member AS m
    JOIN incident AS i ON i.id = m.member
),
detection AS (
    SELECT
        n.incident AS incident,
        MIN(n.noticed_at) AS detected_at,
        MIN(n.noticed_at_latest) AS detected_at_latest,
        MAX(CASE WHEN n.noticed_at IS NOT NULL THEN n.is_alert ELSE 0 END) AS has_alert
    FROM notice AS n
    GROUP BY n.incident
),
-- Whoever answered one of the records answered the incident.
answer AS (
    SELECT
        m.incident AS incident,
        MIN(i.responded_at) AS responded_at,
        MIN(i.responded_at_latest) AS responded_at_latest
    FROM member AS m
    JOIN incident AS i ON i.id = m.member
    GROUP BY m.incident
),
-- A severity lowered just before the breach: the history says which severities were held, and from when. What stood before
-- the first event was held from the opening; without any event, what stands there now was. Each record has its own history; those
-- of the duplicates are read with that of their original, so that merging lowers nothing.
severity_event AS (
    SELECT
        e.incident AS incident,
        e.old_value AS old_value,
        e.new_value AS new_value,
        e.occurred_at AS occurred_at,
        e.occurred_at_latest AS occurred_at_latest,
        CASE WHEN e.conflicted THEN 1 ELSE 0 END AS conflicted,
        ROW_NUMBER() OVER (
            PARTITION BY e.incident ORDER BY e.occurred_at NULLS LAST, e.occurred_at_latest NULLS LAST, e.id
        ) AS place
    FROM incident_event AS e
    WHERE e.field = 'severity'
),
held_value AS (
    SELECT
        e.incident AS incident,
        0 AS place,
        e.old_value AS severity,
        i.opened_at AS held_at,
        i.opened_at_latest AS held_at_latest,
        e.conflicted AS conflicted
    FROM severity_event AS e
    JOIN incident AS i ON i.id = e.incident
    WHERE e.place = 1 AND e.old_value IS NOT NULL
    UNION ALL
    SELECT
        e.incident AS incident,
        e.place AS place,
        e.new_value AS severity,
        e.occurred_at AS held_at,
        e.occurred_at_latest AS held_at_latest,
        e.conflicted AS conflicted
    FROM severity_event AS e
    WHERE e.new_value IS NOT NULL
    UNION ALL
    SELECT
        i.id AS incident,
        0 AS place,
        i.severity AS severity,
        i.opened_at AS held_at,
        i.opened_at_latest AS held_at_latest,
        CASE WHEN i.conflicted THEN 1 ELSE 0 END AS conflicted
    FROM incident AS i
    WHERE i.severity IS NOT NULL AND NOT EXISTS (SELECT 1 FROM severity_event AS e WHERE e.incident = i.id)
),
held AS (
    SELECT
        m.incident AS incident,
        CASE WHEN m.member = m.incident THEN h.place END AS place,
        CASE
            WHEN LOWER(h.severity) = 'sev1' THEN 1
            WHEN LOWER(h.severity) = 'sev2' THEN 2
            WHEN LOWER(h.severity) = 'sev3' THEN 3
            WHEN LOWER(h.severity) = 'sev4' THEN 4
        END AS level,
        CASE
            WHEN ';' || REPLACE(q.cause_severities, ' ', '') || ';' LIKE '%;' || LOWER(h.severity) || ';%' THEN 1
            ELSE 0
        END AS wants_cause,
        h.held_at AS held_at,
        h.held_at_latest AS held_at_latest,
        h.conflicted AS conflicted,
        MIN(CASE WHEN m.member = m.incident THEN h.place END) OVER (PARTITION BY m.incident) AS first_place
    FROM held_value AS h
    CROSS JOIN parameter AS q
    JOIN member AS m ON m.member = h.incident
),
-- The highest severity (the lowest number) surely and possibly held before the response, and the one held last before it by the
-- record itself (place; a severity of a duplicate has none). Where the severity was set only after the response, the first one
-- counts; none was lowered before it then.
before_response AS (
    SELECT
        h.incident AS incident,
        MAX(h.conflicted) AS conflicted,
        MAX(CASE WHEN h.level IS NULL THEN 1 ELSE 0 END) AS unknown_value,
        MIN(CASE WHEN h.place = h.first_place OR h.held_at_latest < i.responded_at THEN h.level END) AS sure_level,
        MIN(CASE WHEN h.place = h.first_place OR h.held_at < i.responded_at_latest THEN h.level END) AS possible_level,
        MAX(CASE WHEN h.place = h.first_place OR h.held_at_latest < i.responded_at THEN h.place * 10 + h.level END) AS last_level
    FROM held AS h
    JOIN answer AS i ON i.incident = h.incident
    WHERE i.responded_at IS NOT NULL
    GROUP BY h.incident
    UNION ALL
    SELECT
        h.incident AS incident,
        MAX(h.conflicted) AS conflicted,
        MAX(CASE WHEN h.level IS NULL THEN 1 ELSE 0 END) AS unknown_value,
        MIN(h.level) AS sure_level,
        MIN(h.level) AS possible_level,
        MAX(h.place * 10 + h.level) AS last_level
    FROM held AS h
    JOIN answer AS i ON i.incident = h.incident
    WHERE i.responded_at IS NULL
    GROUP BY h.incident
),
response_limit AS (
    SELECT 1 AS level, q.response_minutes_sev1 AS minutes FROM parameter AS q
    UNION ALL
    SELECT 2 AS level, q.response_minutes_sev2 AS minutes FROM parameter AS q
    UNION ALL
    SELECT 3 AS level, q.response_minutes_sev3 AS minutes FROM parameter AS q
    UNION ALL
    SELECT 4 AS level, q.response_minutes_sev4 AS minutes FROM parameter AS q
),
-- Every deadline of B (without any severity the longest time counts), and the response (or, without one, the extraction) on
-- the clock that stood still while closed.
response AS (
    SELECT
        i.incident AS incident,
        d.has_alert AS has_alert,
        b.sure_level AS level,
        COALESCE(b.conflicted, 0) AS conflicted,
        COALESCE(b.unknown_value, 0) AS unknown_value,
        i.responded_at AS responded_at,
        i.responded_at_latest AS responded_at_latest,
        COALESCE(i.responded_at_latest < d.detected_at, FALSE) AS before_detection,
        CASE
            WHEN COALESCE(i.responded_at, q.extracted_at) >= s.ends_before
                THEN COALESCE(i.responded_at, q.extracted_at) - (s.ends_before - s.starts_at)
            WHEN COALESCE(i.responded_at, q.extracted_at) > s.starts_at THEN s.starts_at
            ELSE COALESCE(i.responded_at, q.extracted_at)
        END AS reached_at,
        CASE
            WHEN COALESCE(i.responded_at_latest, q.extracted_at) >= s.ends_before
                THEN COALESCE(i.responded_at_latest, q.extracted_at) - (s.ends_before - s.starts_at_latest)
            WHEN COALESCE(i.responded_at_latest, q.extracted_at) > s.starts_at_latest THEN s.starts_at_latest
            ELSE COALESCE(i.responded_at_latest, q.extracted_at)
        END AS reached_at_latest,
        d.detected_at + t.shortest * INTERVAL '1' MINUTE AS shortest_due,
        d.detected_at + a.minutes * INTERVAL '1' MINUTE AS due,
        d.detected_at_latest + COALESCE(c.minutes, t.longest) * INTERVAL '1' MINUTE AS due_latest,
        d.detected_at_latest + l.minutes * INTERVAL '1' MINUTE AS last_due_latest
    FROM answer AS i
    CROSS JOIN parameter AS q
    CROSS JOIN (SELECT MIN(r.minutes) AS shortest, MAX(r.minutes) AS longest FROM response_limit AS r) AS t
    JOIN detection AS d ON d.incident = i.incident
    LEFT JOIN pause AS s ON s.incident = i.incident
    LEFT JOIN before_response AS b ON b.incident = i.incident
    LEFT JOIN response_limit AS a ON a.level = b.possible_level
    LEFT JOIN response_limit AS c ON c.level = b.sure_level
    LEFT JOIN response_limit AS l ON l.level = b.last_level % 10
),
-- D: the clock of the cause starts with the opening, or when the incident first rose to a severity that wants one; days are
-- added on the wall clock of the default calendar.
cause_start AS (
    SELECT
        i.id AS incident,
        COALESCE(MIN(CASE WHEN h.wants_cause = 1 THEN h.started_at END), i.opened_at) AS started_at,
        COALESCE(MIN(CASE WHEN h.wants_cause = 1 THEN h.started_at_latest END), i.opened_at_latest) AS started_at_latest,
        COALESCE(MAX(h.wants_cause), 0) AS wants_cause,
        COUNT(h.incident) AS severities
    FROM incident AS i
    LEFT JOIN (
        SELECT
            v.incident AS incident,
            v.wants_cause AS wants_cause,
            CASE WHEN v.place = v.first_place THEN o.opened_at ELSE v.held_at END AS started_at,
            CASE WHEN v.place = v.first_place THEN o.opened_at_latest ELSE v.held_at_latest END AS started_at_latest
        FROM held AS v
        JOIN incident AS o ON o.id = v.incident
    ) AS h ON h.incident = i.id
    GROUP BY i.id, i.opened_at, i.opened_at_latest
),
cause_due AS (
    SELECT
        c.incident AS incident,
        c.wants_cause AS wants_cause,
        c.severities AS severities,
        COALESCE(
            b.starts_at + (c.started_at - a.starts_at), c.started_at + q.cause_days * INTERVAL '1' DAY
        ) AS due,
        COALESCE(
            y.starts_at + (c.started_at_latest - x.starts_at), c.started_at_latest + q.cause_days * INTERVAL '1' DAY
        ) AS due_latest
    FROM cause_start AS c
    CROSS JOIN parameter AS q
    LEFT JOIN calendar_day AS a
        ON a.calendar = 'default' AND a.starts_at <= c.started_at AND c.started_at < a.ends_before
    LEFT JOIN calendar_day AS b
        ON b.calendar = 'default'
            AND b.day = CAST(CAST(CAST(a.day AS DATE) + q.cause_days * INTERVAL '1' DAY AS DATE) AS STRING)
    LEFT JOIN calendar_day AS x
        ON x.calendar = 'default' AND x.starts_at <= c.started_at_latest AND c.started_at_latest < x.ends_before
    LEFT JOIN calendar_day AS y
        ON y.calendar = 'default'
            AND y.day = CAST(CAST(CAST(x.day AS DATE) + q.cause_days * INTERVAL '1' DAY AS DATE) AS STRING)
),
-- Use system events, not typed fields: when the cause was first written down, by the history where that has it.
cause_written AS (
    SELECT
        i.id AS incident,
        CASE WHEN i.cause IS NOT NULL THEN COALESCE(e.occurred_at, i.cause_at) END AS written_at,
        CASE WHEN i.cause IS NOT NULL THEN COALESCE(e.occurred_at_latest, i.cause_at_latest) END AS written_at_latest
    FROM incident AS i
    LEFT JOIN (
        SELECT v.incident AS incident, MIN(v.occurred_at) AS occurred_at, MIN(v.occurred_at_latest) AS occurred_at_latest
        FROM incident_event AS v
        WHERE v.field = 'cause' AND v.new_value IS NOT NULL
        GROUP BY v.incident
    ) AS e ON e.incident = i.id
),
cause AS (
    SELECT
        w.incident AS incident,
        w.written_at AS written_at,
        w.written_at_latest AS written_at_latest,
        d.wants_cause AS wants_cause,
        d.severities AS severities,
        d.due AS due,
        d.due_latest AS due_latest,
        CASE
            WHEN COALESCE(w.written_at, q.extracted_at) >= s.ends_before
                THEN COALESCE(w.written_at, q.extracted_at) - (s.ends_before - s.starts_at)
            WHEN COALESCE(w.written_at, q.extracted_at) > s.starts_at THEN s.starts_at
            ELSE COALESCE(w.written_at, q.extracted_at)
        END AS reached_at,
        CASE
            WHEN COALESCE(w.written_at_latest, q.extracted_at) >= s.ends_before
                THEN COALESCE(w.written_at_latest, q.extracted_at) - (s.ends_before - s.starts_at_latest)
            WHEN COALESCE(w.written_at_latest, q.extracted_at) > s.starts_at_latest THEN s.starts_at_latest
            ELSE COALESCE(w.written_at_latest, q.extracted_at)
        END AS reached_at_latest
    FROM cause_written AS w
    CROSS JOIN parameter AS q
    JOIN cause_due AS d ON d.incident = w.incident
    LEFT JOIN pause AS s ON s.incident = w.incident
),
-- E: each follow-up is closed or open inside its date; the worst of them counts.
action_code AS (
    SELECT
        m.incident AS incident,
        CASE
            WHEN a.conflicted THEN '2cannot_test:conflict'
            WHEN a.closed_at IS NULL AND a.due_at IS NULL THEN '1exception:action_undated'
            WHEN a.closed_at IS NULL AND q.extracted_at > a.due_at_latest THEN '1exception:action_overdue'
            WHEN a.closed_at IS NULL OR a.due_at IS NULL THEN '3pass'
            WHEN a.closed_at_latest <= a.due_at_latest THEN '3pass'
            WHEN a.closed_at > a.due_at_latest THEN '1exception:action_late'
            ELSE '2cannot_test:time_order_unclear'
        END AS code
    FROM member AS m
    CROSS JOIN parameter AS q
    JOIN incident_action AS a ON a.incident = m.member
),
action AS (
    SELECT c.incident AS incident, SUBSTR(MIN(c.code), 2) AS code
    FROM action_code AS c
    GROUP BY c.incident
),
-- G: asked where a system that the incident touched was financially relevant when it was opened. The finance roster of the
-- item's own system counts if that system is relevant, else the roster of any relevant system of the incident.
relevant AS (
    SELECT DISTINCT p.incident AS incident, p.system AS system
    FROM population AS p
    JOIN system_label AS l ON l.system = p.system AND l.label = 'fin_relevant'
    WHERE COALESCE(l.dependents, 1) <> 0
        AND (l.valid_from IS NULL OR l.valid_from <= p.operating_at)
        AND (l.valid_to IS NULL OR p.operating_at < l.valid_to)
),
asked AS (
    SELECT p.item AS item, r.system AS system
    FROM population AS p
    JOIN relevant AS r ON r.incident = p.incident
    WHERE r.system = p.system
        OR NOT EXISTS (SELECT 1 FROM relevant AS o WHERE o.incident = p.incident AND o.system = p.system)
),
finance_scope AS (
    SELECT a.item AS item, a.system AS scope
    FROM asked AS a
    UNION
    SELECT a.item AS item, '*' AS scope
    FROM asked AS a
),
finance_person AS (
    SELECT
        i.id AS incident,
        i.finance_at AS answered_at,
        i.finance_at_latest AS answered_at_latest,
        n.person AS person,
        CASE
            WHEN n.person IS NULL AND k.kind IN ('service', 'bot') THEN 'bot'
            WHEN k.kind = 'shared' THEN 'shared'
            ELSE COALESCE(n.state, 'unlinked')
        END AS state
    FROM incident AS i
    LEFT JOIN identity AS n ON n.account = i.finance_by AND n.valid_from <= i.finance_at AND i.finance_at < n.valid_to
    LEFT JOIN account AS k ON k.id = i.finance_by
),
finance AS (
    SELECT
        s.item AS item,
        MAX(CASE WHEN a.valid_from <= f.answered_at AND f.answered_at_latest < a.valid_to THEN 1 ELSE 0 END) AS sure,
        MAX(CASE WHEN a.valid_from <= f.answered_at_latest AND f.answered_at < a.valid_to_latest THEN 1 ELSE 0 END) AS possible,
        MAX(CASE WHEN b.begins_at <= f.answered_at THEN 1 ELSE 0 END) AS roster_known
    FROM finance_scope AS s
    JOIN population AS p ON p.item = s.item
    JOIN finance_person AS f ON f.incident = p.incident
    LEFT JOIN authority AS a ON a.scope = s.scope AND a.duty = 'finance' AND a.person = f.person
    LEFT JOIN roster_start AS b ON b.scope = s.scope AND b.duty = 'finance'
    GROUP BY s.item
),
-- NA for every attribute: a duplicate of a record that is there, and a false alarm with a reason that a person confirmed.
-- One without a reason, without a name or confirmed by a machine is tested like any other incident.
-- Where no source speaks of accounts and persons at all, whoever confirmed is taken at the word of the tracker.
people AS (
    SELECT COUNT(*) AS known FROM identity AS n
),
excuse AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.original <> p.incident THEN 'na:duplicate'
            WHEN i.false_alarm_reason IS NULL OR i.false_alarm_by IS NULL OR n.state = 'bot' THEN NULL
            WHEN n.person IS NOT NULL OR k.known = 0 THEN 'na:false_alarm'
            ELSE 'cannot_test:confirmer_unlinked'
        END AS code
    FROM population AS p
    CROSS JOIN people AS k
    JOIN incident AS i ON i.id = p.incident
    LEFT JOIN identity AS n
        ON n.account = i.false_alarm_by
            AND n.valid_from <= COALESCE(i.closed_at, i.opened_at) AND COALESCE(i.closed_at, i.opened_at) < n.valid_to
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN LOWER(i.severity) IN ('sev1', 'sev2', 'sev3', 'sev4') THEN 'pass'
        WHEN i.severity IS NOT NULL THEN 'cannot_test:unknown_severity'
        WHEN p.is_open AND q.extracted_at <= r.shortest_due THEN 'cannot_test:pending'
        ELSE 'exception:no_severity'
    END AS a,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN r.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN r.unknown_value = 1 THEN 'cannot_test:unknown_severity'
        WHEN r.before_detection THEN 'cannot_test:response_before_detection'
        WHEN r.responded_at IS NULL AND NOT p.is_open THEN 'exception:no_response'
        WHEN r.reached_at > r.due_latest AND r.reached_at <= r.last_due_latest THEN 'exception:severity_lowered'
        WHEN r.reached_at > r.due_latest AND r.responded_at IS NULL THEN 'exception:no_response'
        WHEN r.reached_at > r.due_latest THEN 'exception:slow_response'
        WHEN r.has_alert = 0 THEN 'cannot_test:no_detection'
        WHEN r.responded_at IS NULL AND r.level IS NULL AND r.reached_at > r.shortest_due THEN 'cannot_test:no_severity'
        WHEN r.responded_at IS NULL THEN 'cannot_test:pending'
        WHEN r.reached_at_latest <= r.shortest_due THEN 'pass'
        WHEN EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name = 'incident_event' AND g.system IN (p.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at <= r.responded_at_latest)
                AND (g.ends_before IS NULL OR g.ends_before > p.operating_at)
        ) THEN 'cannot_test:source_gap'
        WHEN r.level IS NULL THEN 'cannot_test:no_severity'
        WHEN r.reached_at_latest <= r.due THEN 'pass'
        ELSE 'cannot_test:time_order_unclear'
    END AS b,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN i.contained_at > i.recovered_at_latest OR i.contained_at_latest < d.detected_at
            OR i.recovered_at_latest < d.detected_at THEN 'exception:out_of_order'
        WHEN p.is_open AND (i.contained_at IS NULL OR i.recovered_at IS NULL OR i.recovered_at <= i.reopened_at_latest)
            THEN 'cannot_test:pending'
        WHEN i.contained_at IS NULL THEN 'exception:not_contained'
        WHEN i.recovered_at IS NULL THEN 'exception:not_recovered'
        WHEN i.recovered_at <= i.reopened_at_latest THEN 'cannot_test:recovery_before_reopening'
        WHEN i.contained_at_latest < i.recovered_at OR q.day_grained THEN 'pass'
        WHEN EXISTS (
            SELECT 1
            FROM incident_event AS e
            JOIN incident_event AS f ON f.incident = e.incident AND f.txn = e.txn
            WHERE e.incident = p.incident AND e.field = 'contained_at' AND f.field = 'recovered_at'
                AND i.contained_at = i.recovered_at AND i.contained_at_latest = i.recovered_at_latest
        ) THEN 'pass'
        ELSE 'cannot_test:time_order_unclear'
    END AS c,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN r.conflicted = 1 THEN 'cannot_test:conflict'
        WHEN c.written_at IS NOT NULL AND c.reached_at_latest <= c.due
            AND (c.wants_cause = 1 OR c.severities = 0 OR r.unknown_value = 1)
            THEN CASE WHEN c.written_at_latest < d.detected_at THEN 'cannot_test:cause_before_detection' ELSE 'pass' END
        WHEN c.wants_cause = 0 AND r.unknown_value = 1 THEN 'cannot_test:unknown_severity'
        WHEN c.severities = 0 THEN 'cannot_test:no_severity'
        WHEN c.wants_cause = 0 AND EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name = 'incident_event' AND g.system IN (p.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at <= c.due_latest)
                AND (g.ends_before IS NULL OR g.ends_before > p.operating_at)
        ) THEN 'cannot_test:source_gap'
        WHEN c.wants_cause = 0 THEN 'na:not_required'
        WHEN i.cause IS NOT NULL AND c.written_at IS NULL THEN 'cannot_test:no_cause_time'
        WHEN c.written_at IS NULL AND c.reached_at > c.due_latest THEN 'exception:no_cause'
        WHEN c.written_at IS NULL THEN 'cannot_test:pending'
        WHEN c.reached_at > c.due_latest THEN 'exception:late_cause'
        ELSE 'cannot_test:time_order_unclear'
    END AS d,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN t.code LIKE 'exception:%' THEN t.code
        WHEN EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name = 'incident_action' AND g.system IN (p.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at <= p.operating_at_latest)
                AND (g.ends_before IS NULL OR g.ends_before > p.operating_at)
        ) THEN 'cannot_test:source_gap'
        ELSE COALESCE(t.code, 'na:no_action')
    END AS e,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN i.notice_decision IN ('required', 'not_required') THEN 'pass'
        WHEN p.is_open THEN 'cannot_test:pending'
        ELSE 'exception:notice_undecided'
    END AS f,
    CASE
        WHEN x.code IS NOT NULL THEN x.code
        WHEN n.item IS NULL AND p.system = '-' THEN 'cannot_test:no_system'
        WHEN n.item IS NULL THEN 'na:no_financial_system'
        WHEN COALESCE(i.finance_effect, '') NOT IN ('yes', 'no') AND p.is_open THEN 'cannot_test:pending'
        WHEN COALESCE(i.finance_effect, '') NOT IN ('yes', 'no') THEN 'exception:finance_effect_missing'
        WHEN i.finance_by IS NULL THEN 'exception:finance_unnamed'
        WHEN y.state = 'shared' THEN 'exception:shared_account'
        WHEN y.state = 'bot' THEN 'exception:not_a_person'
        WHEN i.finance_at IS NULL THEN 'cannot_test:no_finance_time'
        WHEN y.state = 'unlinked' THEN 'cannot_test:finance_unlinked'
        WHEN y.state = 'ambiguous' THEN 'cannot_test:finance_ambiguous'
        WHEN i.finance_at_latest < d.detected_at THEN 'cannot_test:answer_before_detection'
        WHEN n.sure = 1 THEN 'pass'
        WHEN n.possible = 1 THEN 'cannot_test:time_order_unclear'
        WHEN n.roster_known = 1 THEN 'exception:not_finance'
        ELSE 'cannot_test:no_roster'
    END AS g
FROM population AS p
CROSS JOIN parameter AS q
JOIN incident AS i ON i.id = p.incident
JOIN excuse AS x ON x.item = p.item
LEFT JOIN detection AS d ON d.incident = p.incident
LEFT JOIN response AS r ON r.incident = p.incident
LEFT JOIN cause AS c ON c.incident = p.incident
LEFT JOIN action AS t ON t.incident = p.incident
LEFT JOIN finance AS n ON n.item = p.item
LEFT JOIN finance_person AS y ON y.incident = p.incident
