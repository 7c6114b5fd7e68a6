WITH
-- Use system events, not typed fields (4.0): what the history says of a field goes before what was typed in it. A typed time counts only
-- where the history has no gap; one that lies more than a day before the entry was made proves nothing before that.
-- What was taken out of a field again says nothing more. Where the order of the two is not clear, it perhaps stands: from its moment to
-- the end of time.
emptied AS (
    SELECT e.request AS request, e.field AS field, MAX(e.occurred_at) AS at, MAX(e.occurred_at_latest) AS at_latest
    FROM dsr_event AS e
    WHERE e.new_value IS NULL
    GROUP BY e.request, e.field
),
told AS (
    SELECT
        e.request AS request,
        e.field AS field,
        e.conflicted AS conflicted,
        CASE WHEN e.new_value IS NOT NULL THEN e.occurred_at END AS entered_at,
        CASE WHEN e.new_value IS NOT NULL AND (n.at IS NULL OR n.at <= e.occurred_at_latest) THEN e.occurred_at END AS stands_from,
        CASE
            WHEN e.new_value IS NULL OR n.at > e.occurred_at_latest THEN NULL
            WHEN n.at_latest >= e.occurred_at THEN TIMESTAMP '9999-12-31 00:00:00'
            ELSE e.occurred_at_latest
        END AS stands_from_latest
    FROM dsr_event AS e
    LEFT JOIN emptied AS n ON n.request = e.request AND n.field = e.field
),
history AS (
    SELECT
        e.request AS request,
        MAX(CASE WHEN e.field = 'identity_checked_at' THEN 1 ELSE 0 END) AS tells_check,
        MIN(CASE WHEN e.field = 'identity_checked_at' THEN e.stands_from END) AS checked_at,
        MIN(CASE WHEN e.field = 'identity_checked_at' THEN e.stands_from_latest END) AS checked_at_latest,
        MAX(CASE WHEN e.field = 'answered_at' THEN 1 ELSE 0 END) AS tells_answer,
        MIN(CASE WHEN e.field = 'answered_at' THEN e.entered_at END) AS answer_entered_at,
        MIN(CASE WHEN e.field = 'answered_at' THEN e.stands_from END) AS answered_at,
        MIN(CASE WHEN e.field = 'answered_at' THEN e.stands_from_latest END) AS answered_at_latest,
        MIN(CASE WHEN e.field = 'extension_notice' THEN e.stands_from END) AS noticed_at,
        MIN(CASE WHEN e.field = 'extension_notice' THEN e.stands_from_latest END) AS noticed_at_latest,
        MAX(CASE WHEN e.conflicted AND e.field = 'identity_checked_at' THEN 1 ELSE 0 END) AS check_conflict,
        MAX(CASE WHEN e.conflicted AND e.field = 'answered_at' THEN 1 ELSE 0 END) AS answer_conflict,
        MAX(CASE WHEN e.conflicted AND e.field IN ('status', 'answered_at', 'extension_notice') THEN 1 ELSE 0 END) AS clock_conflict
    FROM told AS e
    GROUP BY e.request
),
people AS (
    SELECT COUNT(*) AS known
    FROM (SELECT a.id AS account FROM account AS a UNION ALL SELECT l.account AS account FROM account_link AS l) AS n
),
reply AS (
    SELECT
        r.id AS request,
        CASE WHEN h.tells_answer = 1 THEN h.answered_at ELSE r.answered_at END AS answered_at,
        CASE
            WHEN h.tells_answer = 1 THEN h.answered_at_latest
            WHEN r.answered_at_latest < r.created_at - INTERVAL '1' DAY THEN r.created_at_latest
            ELSE r.answered_at_latest
        END AS answered_at_latest
    FROM dsr AS r
    LEFT JOIN history AS h ON h.request = r.id
),
-- What came after the answer to the original is no duplicate of it: that answer was none to this.
came_after AS (
    SELECT p.item AS item
    FROM population AS p
    JOIN reply AS y ON y.request = p.original AND y.answered_at_latest < p.operating_at
),
-- Not applicable as a whole: a duplicate, and what a person found to be no request about personal data, with the reason.
request AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.operating_at AS received_at,
        p.operating_at_latest AS received_at_latest,
        p.has_intake AS has_intake,
        r.channel AS channel,
        r.decision AS decision,
        r.refusal_reason AS refusal_reason,
        CASE WHEN h.tells_check = 1 THEN h.checked_at ELSE r.identity_checked_at END AS checked_at,
        CASE
            WHEN h.tells_check = 1 THEN h.checked_at_latest
            WHEN r.identity_checked_at_latest < r.created_at - INTERVAL '1' DAY THEN r.created_at_latest
            ELSE r.identity_checked_at_latest
        END AS checked_at_latest,
        CASE WHEN h.checked_at IS NULL THEN 1 ELSE 0 END AS check_typed,
        CASE WHEN h.tells_answer = 1 THEN h.answer_entered_at ELSE r.answered_at END AS answer_entered_at,
        y.answered_at AS answered_at,
        y.answered_at_latest AS answered_at_latest,
        CASE WHEN h.answered_at IS NULL THEN 1 ELSE 0 END AS answer_typed,
        r.disclosed_at AS disclosed_at,
        r.disclosed_at_latest AS disclosed_at_latest,
        h.noticed_at AS noticed_at,
        h.noticed_at_latest AS noticed_at_latest,
        h.check_conflict AS check_conflict,
        h.answer_conflict AS answer_conflict,
        h.clock_conflict AS clock_conflict,
        CASE
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.original <> p.item AND c.item IS NULL THEN 'na:duplicate'
            WHEN r.not_personal_reason IS NULL OR r.not_personal_by IS NULL OR n.state IN ('bot', 'shared') THEN NULL
            WHEN n.person IS NOT NULL OR k.known = 0 THEN 'na:not_personal'
            ELSE 'cannot_test:decider_unlinked'
        END AS settled
    FROM population AS p
    CROSS JOIN people AS k
    JOIN dsr AS r ON r.id = p.item
    JOIN reply AS y ON y.request = p.item
    LEFT JOIN came_after AS c ON c.item = p.item
    LEFT JOIN history AS h ON h.request = p.item
    LEFT JOIN identity AS n
        ON n.account = r.not_personal_by AND n.valid_from <= p.operating_at AND p.operating_at < n.valid_to
),
-- B: the deadline is the end of a local day, so many days after the day of receipt; without and with an extension.
term AS (
    SELECT 'base' AS kind, q.answer_days AS days FROM parameter AS q
    UNION ALL
    SELECT 'extended' AS kind, q.answer_days + q.extension_days AS days FROM parameter AS q
),
limit_of AS (
    SELECT
        r.item AS item,
        t.kind AS kind,
        COALESCE(
            b.ends_before, CAST(DATE_TRUNC('day', r.received_at) AS TIMESTAMP) + (t.days + 1) * INTERVAL '1' DAY
        ) AS due_at,
        COALESCE(
            d.ends_before, CAST(DATE_TRUNC('day', r.received_at_latest) AS TIMESTAMP) + (t.days + 1) * INTERVAL '1' DAY
        ) AS due_at_latest
    FROM request AS r
    CROSS JOIN term AS t
    LEFT JOIN calendar_day AS a
        ON a.calendar = 'default' AND a.starts_at <= r.received_at AND r.received_at < a.ends_before
    LEFT JOIN calendar_day AS b
        ON b.calendar = 'default' AND b.day = CAST(CAST(CAST(a.day AS DATE) + t.days * INTERVAL '1' DAY AS DATE) AS STRING)
    LEFT JOIN calendar_day AS c
        ON c.calendar = 'default' AND c.starts_at <= r.received_at_latest AND r.received_at_latest < c.ends_before
    LEFT JOIN calendar_day AS d
        ON d.calendar = 'default' AND d.day = CAST(CAST(CAST(c.day AS DATE) + t.days * INTERVAL '1' DAY AS DATE) AS STRING)
),
-- The clock stands still while the person is asked to show who they are, from the history of the status. A pause that begins after
-- the deadline revives nothing. Once the history shows the check, nobody waits for it any more, whatever the status says.
status_event AS (
    SELECT
        e.request AS request,
        LOWER(REPLACE(e.new_value, ' ', '')) AS status,
        e.occurred_at AS starts_at,
        e.occurred_at_latest AS starts_at_latest,
        LEAD(e.occurred_at) OVER (PARTITION BY e.request ORDER BY e.occurred_at NULLS LAST, e.id) AS ends_at,
        LEAD(e.occurred_at_latest) OVER (
            PARTITION BY e.request ORDER BY e.occurred_at NULLS LAST, e.id
        ) AS ends_at_latest
    FROM dsr_event AS e
    WHERE e.field = 'status'
),
pause AS (
    SELECT
        s.request AS request,
        s.starts_at AS starts_at,
        s.starts_at_latest AS starts_at_latest,
        GREATEST(
            s.starts_at_latest, LEAST(COALESCE(s.ends_at, q.extracted_at), COALESCE(h.checked_at, TIMESTAMP '9999-12-31 00:00:00'))
        ) AS ends_at,
        GREATEST(
            s.starts_at,
            LEAST(COALESCE(s.ends_at_latest, q.extracted_at), COALESCE(h.checked_at_latest, TIMESTAMP '9999-12-31 00:00:00'))
        ) AS ends_at_latest
    FROM status_event AS s
    CROSS JOIN parameter AS q
    JOIN history AS h ON h.request = s.request
    WHERE ';' || LOWER(REPLACE(q.pause_states, ' ', '')) || ';' LIKE '%;' || s.status || ';%'
),
-- Lengths of pauses can be added only as numbers: the end counts up and the beginning down, once for the sure length and once for
-- the longest.
pause_edge AS (
    SELECT s.request AS request, s.starts_at_latest AS begins_at, 1 AS is_sure, 1 AS sign, s.ends_at AS at FROM pause AS s
    UNION ALL
    SELECT s.request AS request, s.starts_at_latest AS begins_at, 1 AS is_sure, -1 AS sign, s.starts_at_latest AS at FROM pause AS s
    UNION ALL
    SELECT s.request AS request, s.starts_at AS begins_at, 0 AS is_sure, 1 AS sign, s.ends_at_latest AS at FROM pause AS s
    UNION ALL
    SELECT s.request AS request, s.starts_at AS begins_at, 0 AS is_sure, -1 AS sign, s.starts_at AS at FROM pause AS s
),
-- Seconds since a fixed day, by the usual formula for the number of a day (valid from 1901 to 2099).
pause_second AS (
    SELECT
        e.request AS request,
        e.begins_at AS begins_at,
        e.is_sure AS is_sure,
        e.sign * CAST(
            86400 * (
                367 * EXTRACT(YEAR FROM e.at)
                - FLOOR(7 * (EXTRACT(YEAR FROM e.at) + FLOOR((EXTRACT(MONTH FROM e.at) + 9) / 12.0)) / 4.0)
                + FLOOR(275 * EXTRACT(MONTH FROM e.at) / 9.0) + EXTRACT(DAY FROM e.at)
            )
            + 3600 * EXTRACT(HOUR FROM e.at) + 60 * EXTRACT(MINUTE FROM e.at) + FLOOR(EXTRACT(SECOND FROM e.at)) AS BIGINT
        ) AS seconds
    FROM pause_edge AS e
),
deadline AS (
    SELECT
        l.item AS item,
        l.kind AS kind,
        l.due_at + CAST(COALESCE(SUM(CASE WHEN s.is_sure = 1 THEN s.seconds END), 0) AS BIGINT) * INTERVAL '1' SECOND AS due_at,
        l.due_at_latest
        + CAST(COALESCE(SUM(CASE WHEN s.is_sure = 0 THEN s.seconds END), 0) AS BIGINT) * INTERVAL '1' SECOND AS due_at_latest
    FROM limit_of AS l
    LEFT JOIN pause_second AS s
        ON s.request = l.item AND s.begins_at < CASE WHEN s.is_sure = 1 THEN l.due_at ELSE l.due_at_latest END
    GROUP BY l.item, l.kind, l.due_at, l.due_at_latest
),
-- The deadline that holds: the extended one where the notice was sent in time. An answer that is still missing is compared
-- with the extraction.
timing AS (
    SELECT
        r.item AS item,
        COALESCE(r.answered_at, q.extracted_at) AS reached_at,
        COALESCE(r.answered_at_latest, q.extracted_at) AS reached_at_latest,
        CASE WHEN r.noticed_at_latest < b.due_at THEN x.due_at ELSE b.due_at END AS due_at,
        CASE WHEN r.noticed_at < b.due_at_latest THEN x.due_at_latest ELSE b.due_at_latest END AS due_at_latest,
        CASE WHEN r.noticed_at >= b.due_at_latest THEN x.due_at END AS forfeited_at
    FROM request AS r
    CROSS JOIN parameter AS q
    JOIN deadline AS b ON b.item = r.item AND b.kind = 'base'
    JOIN deadline AS x ON x.item = r.item AND x.kind = 'extended'
),
-- The receipt is known where a message or form shows it, or where the way in records it itself.
tracked AS (
    SELECT DISTINCT r.item AS item
    FROM request AS r
    JOIN dsr_channel AS c ON c.id = r.channel AND NOT c.conflicted
    WHERE (c.tracked_from IS NULL OR c.tracked_from <= r.received_at)
        AND (c.tracked_to IS NULL OR r.received_at_latest < c.tracked_to)
),
-- What the history may not show: up to the answer; where there is none, up to the disclosure (A), or up to the deadline (B), since
-- what came after it is late anyway.
history_gap AS (
    SELECT
        r.item AS item,
        MAX(CASE
            WHEN g.starts_at IS NULL OR g.starts_at < COALESCE(r.answered_at_latest, LEAST(r.disclosed_at_latest, q.extracted_at)) THEN 1
            ELSE 0
        END) AS of_check,
        MAX(CASE
            WHEN g.starts_at IS NULL OR g.starts_at < COALESCE(r.answered_at_latest, LEAST(t.due_at_latest, q.extracted_at)) THEN 1
            ELSE 0
        END) AS of_answer
    FROM request AS r
    CROSS JOIN parameter AS q
    JOIN timing AS t ON t.item = r.item
    JOIN source_gap AS g ON g.system IN (r.system, '*') AND g.table_name = 'dsr_event'
    WHERE g.ends_before IS NULL OR g.ends_before > r.received_at
    GROUP BY r.item
),
-- C: every system that holds personal data when the answer is given, or the one that the request is about. What is left out surely
-- is asked before what is in doubt.
searched AS (
    SELECT
        n.item AS item,
        MAX(CASE WHEN s.value IS NULL AND NOT n.conflicted THEN 1 ELSE 0 END) AS left_out,
        MAX(CASE WHEN s.value IS NULL THEN 1 ELSE 0 END) AS in_doubt
    FROM (
        SELECT r.item AS item, d.system AS system, d.conflicted AS conflicted
        FROM request AS r
        JOIN personal_data_system AS d
            ON (d.valid_from IS NULL OR d.valid_from <= r.answered_at) AND (d.valid_to IS NULL OR r.answered_at < d.valid_to OR d.conflicted)
        WHERE r.system = 'company'
        UNION
        SELECT r.item AS item, r.system AS system, FALSE AS conflicted FROM request AS r WHERE r.system <> 'company'
    ) AS n
    LEFT JOIN dsr__systems_searched AS s ON s.id = n.item AND s.value = n.system
    GROUP BY n.item
),
-- A: the first disclosure, or else the answer that gave something; one that was taken out of the log again perhaps gave it.
disclosure AS (
    SELECT
        r.item AS item,
        COALESCE(r.disclosed_at, CASE WHEN COALESCE(r.decision, '') <> 'refused' THEN r.answer_entered_at END) AS at,
        COALESCE(r.disclosed_at_latest, r.answered_at_latest, TIMESTAMP '9999-12-31 00:00:00') AS at_latest
    FROM request AS r
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    CASE
        WHEN r.settled IS NOT NULL THEN r.settled
        WHEN r.answer_conflict = 1 AND r.disclosed_at IS NULL AND COALESCE(r.decision, '') <> 'refused' THEN 'cannot_test:conflict'
        WHEN d.at IS NULL THEN 'na:nothing_disclosed'
        WHEN r.check_conflict = 1 THEN 'cannot_test:conflict'
        WHEN r.checked_at_latest < d.at
            AND (COALESCE(g.of_check, 0) = 0 OR (r.check_typed = 0 AND r.disclosed_at IS NULL AND r.answer_typed = 0)) THEN 'pass'
        WHEN g.of_check = 1 THEN 'cannot_test:source_gap'
        WHEN r.checked_at IS NULL THEN 'exception:no_identity_check'
        WHEN r.checked_at > d.at_latest THEN 'exception:checked_after_disclosure'
        ELSE 'cannot_test:time_order_unclear'
    END AS a,
    CASE
        WHEN r.settled IS NOT NULL THEN r.settled
        WHEN r.clock_conflict = 1 OR p.receipt_conflict = 1 THEN 'cannot_test:conflict'
        WHEN t.reached_at_latest < t.due_at AND r.answered_at IS NULL THEN 'cannot_test:pending'
        WHEN t.reached_at_latest < t.due_at AND p.has_intake = 0 AND k.item IS NULL THEN 'cannot_test:channel_untracked'
        WHEN t.reached_at_latest < t.due_at AND (COALESCE(g.of_answer, 0) = 0 OR r.answer_typed = 0) THEN 'pass'
        WHEN g.of_answer = 1 THEN 'cannot_test:source_gap'
        WHEN t.reached_at >= t.due_at_latest AND r.answered_at IS NULL THEN 'exception:not_answered'
        WHEN t.reached_at >= t.due_at_latest AND t.reached_at_latest < t.forfeited_at THEN 'exception:extension_late'
        WHEN t.reached_at >= t.due_at_latest THEN 'exception:late'
        ELSE 'cannot_test:time_order_unclear'
    END AS b,
    CASE
        WHEN r.settled IS NOT NULL THEN r.settled
        WHEN r.decision = 'refused' AND r.answered_at IS NOT NULL THEN 'na:refused'
        WHEN r.answer_conflict = 1 AND (r.answered_at IS NULL OR r.system = 'company') THEN 'cannot_test:conflict'
        WHEN r.answered_at IS NULL THEN 'na:not_answered'
        WHEN s.left_out = 1 THEN 'exception:system_left_out'
        WHEN s.in_doubt = 1 THEN 'cannot_test:conflict'
        WHEN EXISTS (
            SELECT 1 FROM source_gap AS x
            WHERE x.table_name = 'personal_data_system' AND x.system IN (p.system, '*') AND p.system = 'company'
                AND (x.starts_at IS NULL OR x.starts_at <= r.answered_at_latest)
                AND (x.ends_before IS NULL OR x.ends_before > r.answered_at)
        ) THEN 'cannot_test:source_gap'
        WHEN s.item IS NULL THEN 'cannot_test:no_register'
        ELSE 'pass'
    END AS c,
    CASE
        WHEN r.settled IS NOT NULL THEN r.settled
        WHEN r.answered_at IS NULL AND r.answer_conflict = 1 THEN 'cannot_test:conflict'
        WHEN r.answered_at IS NULL THEN 'na:not_answered'
        WHEN r.decision IN ('refused', 'partly_refused') AND r.refusal_reason IS NULL THEN 'exception:no_reason'
        WHEN r.decision IN ('refused', 'partly_refused') THEN 'pass'
        WHEN r.decision = 'granted' THEN 'na:not_refused'
        ELSE 'cannot_test:decision_unknown'
    END AS d
FROM population AS p
JOIN request AS r ON r.item = p.item
JOIN timing AS t ON t.item = p.item
JOIN disclosure AS d ON d.item = p.item
LEFT JOIN tracked AS k ON k.item = p.item
LEFT JOIN history_gap AS g ON g.item = p.item
LEFT JOIN searched AS s ON s.item = p.item
