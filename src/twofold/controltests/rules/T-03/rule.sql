WITH
-- Business days: day 0 is the day of the event, and the deadline is the end of day n at the place of work (4.0). A bare day
-- is day 0 as a whole; a wider interval gives an earliest and a latest deadline.
clock AS (
    SELECT
        p.item AS item,
        p.calendar AS calendar,
        CASE WHEN p.clock_at = p.clock_at_latest THEN c.day_zero ELSE c.day_zero_as_a_day END AS day_zero,
        CASE WHEN p.clock_at = p.clock_at_latest THEN k.day_zero ELSE k.day_zero_as_a_day END AS day_zero_latest,
        CASE
            WHEN p.operating_at = p.operating_at_latest THEN e.day_zero
            ELSE e.day_zero_as_a_day
        END AS notice_zero,
        CASE
            WHEN p.operating_at = p.operating_at_latest THEN f.day_zero
            ELSE f.day_zero_as_a_day
        END AS notice_zero_latest
    FROM population AS p
    LEFT JOIN business_clock AS c
        ON c.calendar = p.calendar AND c.valid_from <= p.clock_at AND p.clock_at < c.valid_to
    LEFT JOIN business_clock AS k
        ON k.calendar = p.calendar AND k.valid_from <= p.clock_at_latest AND p.clock_at_latest < k.valid_to
    LEFT JOIN business_clock AS e
        ON e.calendar = p.calendar AND e.valid_from <= p.operating_at AND p.operating_at < e.valid_to
    LEFT JOIN business_clock AS f
        ON f.calendar = p.calendar AND f.valid_from <= p.operating_at_latest AND p.operating_at_latest < f.valid_to
),
deadline AS (
    SELECT
        p.item AS item,
        CASE
            WHEN p.involuntary AND q.sla_hours > 0 THEN p.clock_at + q.sla_hours * INTERVAL '1' HOUR
            ELSE a.ends_before
        END AS due,
        CASE
            WHEN p.involuntary AND q.sla_hours > 0 THEN p.clock_at_latest + q.sla_hours * INTERVAL '1' HOUR
            ELSE b.ends_before
        END AS due_latest,
        n.ends_before AS notice_due,
        m.ends_before AS notice_due_latest
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN clock AS c ON c.item = p.item
    LEFT JOIN calendar_day AS a
        ON a.calendar = c.calendar AND a.is_business AND a.business_number = c.day_zero + q.sla_business_days
    LEFT JOIN calendar_day AS b
        ON b.calendar = c.calendar AND b.is_business AND b.business_number = c.day_zero_latest + q.sla_business_days
    LEFT JOIN calendar_day AS n
        ON n.calendar = c.calendar AND n.is_business AND n.business_number = c.notice_zero + q.notice_business_days
    LEFT JOIN calendar_day AS m
        ON m.calendar = c.calendar AND m.is_business
            AND m.business_number = c.notice_zero_latest + q.notice_business_days
),
-- Transfer or conversion: the next engagement began within the allowed gap and another human approved the access on this system
-- again, for whichever HR id of the one who left. What a robot approved nobody did; an account of nobody known may be any hand.
approved_again AS (
    SELECT p.item AS item, MAX(CASE WHEN w.person IS NULL THEN 0 ELSE 1 END) AS by_another
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN same_human AS h ON h.person = p.person
    JOIN same_human AS o ON o.human = h.human
    JOIN access_request AS r ON r.system = p.system
    JOIN approval AS v ON v.subject = r.id
    LEFT JOIN identity AS i ON i.account = r.beneficiary AND i.valid_from <= r.created_at AND r.created_at < i.valid_to
    LEFT JOIN identity AS w ON w.account = v.approver AND w.valid_from <= v.decided_at AND v.decided_at < w.valid_to
    LEFT JOIN same_human AS n ON n.person = w.person
    WHERE p.horizon <= p.operating_at + q.continuity_days * INTERVAL '1' DAY
        AND (r.beneficiary = o.person OR i.person = o.person)
        AND v.decision = 'approve' AND v.withdrawn_at IS NULL
        AND v.decided_at >= p.operating_at - q.reapproval_days * INTERVAL '1' DAY
        AND v.decided_at_latest <= p.horizon + q.continuity_days * INTERVAL '1' DAY
        AND NOT COALESCE(r.conflicted, FALSE) AND NOT COALESCE(v.conflicted, FALSE)
        AND COALESCE(w.state, 'unlinked') <> 'bot'
        AND COALESCE(n.human <> h.human, TRUE)
    GROUP BY p.item
),
-- Perhaps approved again: nobody can tell where requests or approvals are not proven complete for the time of it.
perhaps_continued AS (
    SELECT DISTINCT p.item AS item
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN source_gap AS g ON g.table_name IN ('access_request', 'approval') AND g.system IN (p.system, '*')
        AND (g.starts_at IS NULL
            OR g.starts_at < LEAST(p.horizon + q.continuity_days * INTERVAL '1' DAY, q.extracted_at))
        AND (g.ends_before IS NULL OR g.ends_before > p.operating_at - q.reapproval_days * INTERVAL '1' DAY)
    WHERE p.horizon <= p.operating_at + q.continuity_days * INTERVAL '1' DAY
),
-- SSO: closing the identity provider closes an application only if single sign-on was proven to be the only way in for as
-- long as the application's own account stayed open, nobody used a local password, and no credential stayed live.
provider AS (
    SELECT
        a.engagement AS engagement,
        CASE
            WHEN MIN(CASE WHEN a.closed_at IS NULL OR a.still_active OR a.conflicted THEN 0 ELSE 1 END) = 1
                THEN MAX(a.closed_at_latest)
        END AS closed_at_latest
    FROM leaver_account AS a
    WHERE a.basis = 'own' AND a.layer = 'identity'
    GROUP BY a.engagement
),
own_account AS (
    SELECT
        p.item AS item,
        p.clock_at AS clock_at,
        p.horizon AS horizon,
        q.extracted_at AS extracted_at,
        d.due AS due,
        d.due_latest AS due_latest,
        a.account AS account,
        a.system AS system,
        a.layer AS layer,
        a.basis AS basis,
        a.conflicted AS conflicted,
        a.untimed AS untimed,
        a.shown_disabled AS shown_disabled,
        a.still_active AS still_active,
        a.reopened_at AS reopened_at,
        a.rights_gone_at AS rights_gone_at,
        a.rights_known AS rights_known,
        LEAST(
            CASE WHEN a.rights_known THEN a.rights_gone_at END,
            CASE WHEN NOT a.still_active THEN a.closed_at END
        ) AS closed_at,
        LEAST(
            CASE WHEN a.rights_known THEN a.rights_gone_at_latest END,
            CASE WHEN NOT a.still_active THEN a.closed_at_latest END
        ) AS closed_at_latest
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN deadline AS d ON d.item = p.item
    JOIN leaver_account AS a ON a.engagement = p.engagement AND a.system = p.system
    WHERE a.basis <> 'entrusted'
),
account_state AS (
    SELECT
        a.item AS item,
        a.account AS account,
        a.basis AS basis,
        a.conflicted AS conflicted,
        a.untimed AS untimed,
        a.shown_disabled AS shown_disabled,
        a.reopened_at AS reopened_at,
        a.clock_at AS clock_at,
        a.due AS due,
        a.due_latest AS due_latest,
        a.horizon AS horizon,
        a.extracted_at AS extracted_at,
        a.closed_at AS closed_at,
        a.closed_at_latest AS closed_at_latest,
        COALESCE(a.rights_gone_at IS NOT NULL AND NOT a.rights_known, FALSE) AS rights_unproven,
        COALESCE(a.layer <> 'identity' AND p.closed_at_latest < a.due, FALSE) AS provider_in_time,
        p.closed_at_latest AS provider_closed_at_latest,
        EXISTS (
            SELECT 1 FROM single_sign_on AS l
            WHERE l.system = a.system AND l.valid_from <= a.clock_at
                AND l.valid_to >= COALESCE(a.closed_at, a.horizon, a.extracted_at)
        ) AND NOT EXISTS (
            SELECT 1 FROM sign_in AS s
            WHERE s.account = a.account AND s.method = 'local_password' AND s.result = 'success'
                AND (a.horizon IS NULL OR s.occurred_at < a.horizon)
        ) AND NOT EXISTS (
            SELECT 1 FROM credential AS c
            WHERE c.account = a.account AND c.system = a.system
                AND (a.horizon IS NULL OR c.created_at IS NULL OR c.created_at < a.horizon)
                AND (c.revoked_at IS NULL OR c.revoked_at_latest >= a.due)
        ) AS only_sso,
        EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name IN ('sign_in', 'credential') AND g.system IN (a.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at < a.due_latest)
                AND (g.ends_before IS NULL OR g.ends_before > a.clock_at)
        ) AS sso_unproven,
        EXISTS (
            SELECT 1 FROM source_gap AS g
            WHERE g.table_name IN ('account_event', 'account') AND g.system IN (a.system, '*')
                AND (g.starts_at IS NULL OR g.starts_at < a.due_latest)
                AND (g.ends_before IS NULL OR g.ends_before > a.clock_at)
        ) AS log_gap,
        NOT EXISTS (SELECT 1 FROM system AS y WHERE y.layer = 'identity') AND EXISTS (
            SELECT 1 FROM leaver_account AS o
            WHERE o.engagement = i.engagement AND o.basis = 'own' AND o.system <> a.system AND o.layer = ''
                AND o.closed_at_latest < a.due AND NOT o.still_active AND NOT o.conflicted
        ) AS provider_unnamed,
        a.still_active AS still_active
    FROM own_account AS a
    JOIN population AS i ON i.item = a.item
    LEFT JOIN provider AS p ON p.engagement = i.engagement
),
-- A, one code per account, with the order of severity in front so that the worst one decides the item.
account_code AS (
    SELECT
        s.item AS item,
        s.account AS account,
        -- Closed before the end is in time whatever the calendar says.
        CASE
            WHEN s.basis = 'ambiguous' THEN '30 cannot_test:account_ambiguous'
            WHEN s.conflicted THEN '31 cannot_test:conflict'
            WHEN s.closed_at_latest < s.clock_at THEN '90 pass'
            WHEN s.due IS NULL OR s.due_latest IS NULL THEN '32 cannot_test:no_calendar'
            WHEN s.closed_at_latest < s.due THEN '90 pass'
            WHEN s.provider_in_time AND s.only_sso AND NOT s.sso_unproven THEN '90 pass'
            WHEN s.provider_in_time AND s.only_sso THEN '33 cannot_test:source_gap'
            WHEN s.only_sso AND s.provider_unnamed THEN '36 cannot_test:provider_unnamed'
            WHEN s.extracted_at < s.due_latest AND s.closed_at IS NULL THEN '50 cannot_test:pending'
            WHEN s.reopened_at IS NOT NULL THEN '10 exception:reenabled'
            WHEN s.provider_in_time AND (s.closed_at IS NULL OR s.closed_at >= s.due_latest)
                AND NOT (s.closed_at IS NULL AND (s.shown_disabled OR s.untimed)) THEN '11 exception:app_account_open'
            WHEN s.closed_at >= s.due_latest THEN '14 exception:late'
            WHEN s.closed_at IS NOT NULL THEN '34 cannot_test:time_order_unclear'
            WHEN s.untimed OR s.shown_disabled THEN '35 cannot_test:no_close_time'
            WHEN s.rights_unproven THEN '33 cannot_test:source_gap'
            WHEN s.still_active THEN '12 exception:not_removed'
            WHEN s.log_gap THEN '33 cannot_test:source_gap'
            WHEN s.horizon < s.due THEN '13 exception:kept_without_approval'
            ELSE '12 exception:not_removed'
        END AS code
    FROM account_state AS s
),
removal AS (
    SELECT
        c.item AS item,
        SUBSTRING(MIN(c.code), 4) AS code
    FROM account_code AS c
    GROUP BY c.item
),
-- When the person could no longer get in: the last of the accounts of this system. Empty while one is open.
shut AS (
    SELECT
        s.item AS item,
        CASE
            WHEN MIN(CASE WHEN c.code = '90 pass' OR s.closed_at IS NOT NULL THEN 1 ELSE 0 END) = 1
                THEN MAX(COALESCE(s.closed_at_latest, s.provider_closed_at_latest))
        END AS shut_at
    FROM account_state AS s
    JOIN account_code AS c ON c.item = s.item AND c.account = s.account
    GROUP BY s.item
),
-- B: uses of any of the person's accounts that reach this system, or of an account of this system, after the end and before
-- the next engagement, unless the account belonged to somebody else by then.
use_after AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN s.occurred_at > p.clock_at_latest AND s.method = 'token' THEN 1 ELSE 0 END) AS by_token,
        MAX(CASE WHEN s.occurred_at > p.clock_at_latest THEN 1 ELSE 0 END) AS surely,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS conflicted
    FROM population AS p
    JOIN leaver_account AS a ON a.engagement = p.engagement AND a.basis = 'own'
    JOIN sign_in AS s ON s.account = a.account AND s.result = 'success'
    LEFT JOIN identity AS i ON i.account = s.account AND i.valid_from <= s.occurred_at AND s.occurred_at < i.valid_to
    JOIN same_human AS h ON h.person = p.person
    LEFT JOIN same_human AS n ON n.person = i.person
    WHERE (s.system = p.system OR a.system = p.system)
        AND s.occurred_at_latest > p.clock_at
        AND (p.horizon IS NULL OR s.occurred_at < p.horizon)
        AND (i.person IS NULL OR n.human = h.human)
    GROUP BY p.item
),
-- C: own credentials, and those of shared and non-human accounts that the person knew when leaving.
credential_code AS (
    SELECT
        p.item AS item,
        CASE
            WHEN c.conflicted THEN '31 cannot_test:conflict'
            WHEN c.revoked_at_latest < p.clock_at THEN '90 pass'
            WHEN d.due IS NULL OR d.due_latest IS NULL THEN '32 cannot_test:no_calendar'
            WHEN c.revoked_at_latest < d.due THEN '90 pass'
            WHEN c.revoked_at >= d.due_latest THEN '11 exception:credential_late'
            WHEN c.revoked_at IS NOT NULL THEN '34 cannot_test:time_order_unclear'
            WHEN q.extracted_at < d.due_latest THEN '50 cannot_test:pending'
            ELSE '10 exception:credential_live'
        END AS code
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN deadline AS d ON d.item = p.item
    JOIN leaver_account AS a ON a.engagement = p.engagement AND a.basis IN ('own', 'entrusted')
    JOIN credential AS c ON c.account = a.account AND (c.system = p.system OR a.system = p.system)
    LEFT JOIN identity AS i ON i.account = c.account AND i.valid_from <= c.created_at AND c.created_at < i.valid_to
    JOIN same_human AS h ON h.person = p.person
    LEFT JOIN same_human AS n ON n.person = i.person
    WHERE (a.basis = 'entrusted' OR i.person IS NULL OR n.human = h.human)
        AND (p.horizon IS NULL OR c.created_at IS NULL OR c.created_at < p.horizon)
        AND (a.basis = 'own' OR c.created_at IS NULL OR c.created_at <= p.clock_at_latest)
    UNION ALL
    SELECT p.item AS item, '40 cannot_test:no_secret_record' AS code
    FROM population AS p
    JOIN leaver_account AS a ON a.engagement = p.engagement AND a.system = p.system AND a.basis = 'entrusted'
    WHERE NOT EXISTS (SELECT 1 FROM credential AS c WHERE c.account = a.account)
),
secret AS (
    SELECT
        c.item AS item,
        SUBSTRING(MIN(c.code), 4) AS code
    FROM credential_code AS c
    GROUP BY c.item
),
account_kind AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN a.basis = 'own' THEN 1 ELSE 0 END) AS has_own,
        MAX(CASE WHEN a.basis = 'ambiguous' THEN 1 ELSE 0 END) AS has_ambiguous
    FROM population AS p
    JOIN leaver_account AS a ON a.engagement = p.engagement AND a.system = p.system
    GROUP BY p.item
),
judged AS (
    SELECT
        p.item AS item,
        p.system AS system,
        p.operating_at AS operating_at,
        p.operating_at_latest AS operating_at_latest,
        CASE
            WHEN p.accounts = 0 THEN 'na:no_account'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.goes_on THEN 'na:still_engaged'
            WHEN t.item IS NOT NULL THEN 'na:continued'
            ELSE COALESCE(r.code, 'na:entrusted_only')
        END AS a,
        CASE
            WHEN p.accounts = 0 THEN 'na:no_account'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.goes_on THEN 'na:still_engaged'
            WHEN t.item IS NOT NULL THEN 'na:continued'
            WHEN u.conflicted = 1 THEN 'cannot_test:conflict'
            WHEN u.by_token = 1 THEN 'exception:token_used_after_end'
            WHEN u.surely = 1 THEN 'exception:used_after_end'
            WHEN k.has_ambiguous = 1 THEN 'cannot_test:account_ambiguous'
            WHEN k.has_own = 0 THEN 'na:entrusted_only'
            WHEN u.item IS NOT NULL AND NOT q.day_grained THEN 'cannot_test:time_order_unclear'
            WHEN r.code = 'cannot_test:pending' THEN 'cannot_test:pending'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'sign_in' AND g.system IN (p.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < COALESCE(h.shut_at, p.horizon, q.extracted_at))
                    AND (g.ends_before IS NULL OR g.ends_before > p.clock_at)
                    AND p.clock_at < COALESCE(h.shut_at, p.horizon, q.extracted_at)
            ) THEN 'cannot_test:source_gap'
            ELSE 'pass'
        END AS b,
        CASE
            WHEN p.accounts = 0 THEN 'na:no_account'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.goes_on THEN 'na:still_engaged'
            WHEN t.item IS NOT NULL THEN 'na:continued'
            WHEN s.code LIKE 'exception:%' THEN s.code
            WHEN k.has_ambiguous = 1 THEN 'cannot_test:account_ambiguous'
            WHEN EXISTS (
                SELECT 1 FROM source_gap AS g
                WHERE g.table_name = 'credential' AND g.system IN (p.system, '*')
                    AND (g.starts_at IS NULL OR g.starts_at < p.clock_at_latest)
                    AND (g.ends_before IS NULL OR g.ends_before > p.clock_at)
            ) THEN 'cannot_test:source_gap'
            ELSE COALESCE(s.code, 'na:no_credential')
        END AS c,
        CASE
            WHEN p.accounts = 0 THEN 'na:no_account'
            WHEN p.conflicted THEN 'cannot_test:conflict'
            WHEN p.goes_on THEN 'na:still_engaged'
            WHEN t.item IS NOT NULL THEN 'na:continued'
            WHEN p.entered_at IS NULL THEN 'cannot_test:no_entry_time'
            WHEN p.entered_at_latest < p.operating_at THEN 'pass'
            WHEN d.notice_due IS NULL OR d.notice_due_latest IS NULL THEN 'cannot_test:no_calendar'
            WHEN p.entered_at_latest < d.notice_due THEN 'pass'
            WHEN p.entered_at >= d.notice_due_latest THEN 'exception:late_notice'
            ELSE 'cannot_test:time_order_unclear'
        END AS d
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN deadline AS d ON d.item = p.item
    LEFT JOIN approved_again AS t ON t.item = p.item AND t.by_another = 1
    LEFT JOIN removal AS r ON r.item = p.item
    LEFT JOIN shut AS h ON h.item = p.item
    LEFT JOIN use_after AS u ON u.item = p.item
    LEFT JOIN secret AS s ON s.item = p.item
    LEFT JOIN account_kind AS k ON k.item = p.item
),
-- What is said in place of an exception where nobody can tell whether the access was approved again.
perhaps_kept AS (
    SELECT
        p.item AS item,
        CASE
            WHEN t.item IS NOT NULL THEN 'cannot_test:reapprover_unlinked'
            WHEN m.item IS NOT NULL THEN 'cannot_test:source_gap'
        END AS code
    FROM population AS p
    LEFT JOIN approved_again AS t ON t.item = p.item
    LEFT JOIN perhaps_continued AS m ON m.item = p.item
)
SELECT
    j.item AS item,
    j.system AS system,
    j.operating_at AS operating_at,
    j.operating_at_latest AS operating_at_latest,
    CASE WHEN j.a LIKE 'exception:%' THEN COALESCE(k.code, j.a) ELSE j.a END AS a,
    CASE WHEN j.b LIKE 'exception:%' THEN COALESCE(k.code, j.b) ELSE j.b END AS b,
    CASE WHEN j.c LIKE 'exception:%' THEN COALESCE(k.code, j.c) ELSE j.c END AS c,
    CASE WHEN j.d LIKE 'exception:%' THEN COALESCE(k.code, j.d) ELSE j.d END AS d
FROM judged AS j
JOIN perhaps_kept AS k ON k.item = j.item
