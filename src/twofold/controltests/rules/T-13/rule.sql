WITH
-- Deployed commits that some source knows after all, whatever the repository.
strange AS (
    SELECT DISTINCT c.deployed_sha AS sha FROM change_unit AS c WHERE c.unknown = 'change_set_unknown'
),
traced AS (
    SELECT k.sha AS sha FROM strange AS s JOIN code_commit AS k ON k.sha = s.sha
    UNION
    SELECT r.merge_sha AS sha FROM strange AS s JOIN pull_request AS r ON r.merge_sha = s.sha
    UNION
    SELECT r.head_sha AS sha FROM strange AS s JOIN pull_request AS r ON r.head_sha = s.sha
),
-- What must match on its own: each change of a deployment (audit-domain 4.2, Unit), by its number there, and each other
-- event, numbered downwards. A deployment of a commit or artefact that no source knows is untraced: built on a laptop, or a
-- tag moved (T-13, traps). What it names may have been made at any time before, so nothing before it may be missing from the
-- sources if that is to count.
part AS (
    SELECT
        p.item AS item,
        c.item_no AS part,
        p.system AS system,
        p.origin AS origin,
        p.kind AS kind,
        p.object AS object,
        p.actor AS actor,
        p.reference AS reference,
        COALESCE(c.started_at, c.completed_at) AS happened_at,
        COALESCE(c.started_at_latest, c.completed_at_latest) AS happened_at_latest,
        CASE
            WHEN c.unknown = 'change_set_unknown' THEN TIMESTAMP '0001-01-01 00:00:00'
            ELSE COALESCE(c.begins_at, c.started_at, c.completed_at)
        END AS begins_at,
        c.excuse AS excuse,
        c.unknown AS unknown,
        CASE
            WHEN c.unknown IS NULL OR c.unknown <> 'change_set_unknown' THEN 'no'
            WHEN w.sha IS NOT NULL THEN 'no'
            WHEN c.deployed_sha IS NOT NULL THEN 'commit'
            WHEN c.digest IS NOT NULL THEN 'artefact'
            ELSE 'no'
        END AS untraced
    FROM population AS p
    JOIN change_unit AS c ON c.deployment = p.item
    LEFT JOIN traced AS w ON w.sha = c.deployed_sha
    WHERE p.origin = 'deployment'
    UNION ALL
    SELECT
        p.item AS item,
        0 - ROW_NUMBER() OVER (ORDER BY p.item) AS part,
        p.system AS system,
        p.origin AS origin,
        p.kind AS kind,
        p.object AS object,
        p.actor AS actor,
        p.reference AS reference,
        p.operating_at AS happened_at,
        p.operating_at_latest AS happened_at_latest,
        p.operating_at AS begins_at,
        CAST(NULL AS STRING) AS excuse,
        CASE WHEN p.conflicted THEN 'conflict' END AS unknown,
        'no' AS untraced
    FROM population AS p
    WHERE p.origin = 'prod_event'
),
-- Explicit keys only: those that pull request and commits name, and the reference of an event, which may be a pull request.
named_key AS (
    SELECT u.part AS part, t.ticket AS named
    FROM part AS u
    JOIN change_ticket AS t ON t.item_no = u.part
    WHERE u.origin = 'deployment'
    UNION
    SELECT p.part AS part, p.reference AS named
    FROM part AS p
    LEFT JOIN pull_request AS r ON r.id = p.reference
    WHERE p.reference IS NOT NULL AND r.id IS NULL
    UNION
    SELECT p.part AS part, t.value AS named
    FROM part AS p
    JOIN pull_request__tickets AS t ON t.id = p.reference
),
-- Missing is not one thing (4.0): where a table is not proven complete at that time, "not found" is no answer.
gap AS (
    SELECT s.system AS system, g.table_name AS table_name, g.starts_at AS starts_at, g.ends_before AS ends_before
    FROM (SELECT DISTINCT p.system AS system FROM population AS p) AS s
    JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
),
part_gap AS (
    SELECT
        u.part AS part,
        MAX(CASE WHEN g.table_name IN ('pull_request', 'pull_request_commit', 'code_commit') THEN 1 ELSE 0 END) AS of_change,
        MAX(CASE WHEN g.table_name = 'artefact' THEN 1 ELSE 0 END) AS of_artefact
    FROM part AS u
    JOIN gap AS g ON g.system = u.system
        AND (g.starts_at IS NULL OR u.happened_at IS NULL OR g.starts_at <= u.happened_at_latest)
        AND (g.ends_before IS NULL OR u.begins_at IS NULL OR g.ends_before > u.begins_at)
    WHERE g.table_name IN ('pull_request', 'pull_request_commit', 'code_commit', 'artefact')
    GROUP BY u.part
),
-- A ticket may have been raised at any time before what names it, so the first gap of tickets decides.
ticket_gap AS (
    SELECT g.system AS system, MIN(COALESCE(g.starts_at, TIMESTAMP '0001-01-01 00:00:00')) AS starts_at
    FROM gap AS g
    WHERE g.table_name = 'ticket'
    GROUP BY g.system
),
-- A standard change by its key; for an event of automation, which names nothing, by kind.
offered AS (
    SELECT n.part AS part, n.named AS standard, 1 AS keyed
    FROM (SELECT DISTINCT s.id AS id FROM standard_change AS s) AS s
    JOIN named_key AS n ON n.named = s.id
    UNION
    SELECT u.part AS part, k.id AS standard, 0 AS keyed
    FROM part AS u
    LEFT JOIN named_key AS n ON n.part = u.part
    JOIN standard_change__kinds AS k ON k.value = u.kind
    WHERE u.origin = 'prod_event' AND n.part IS NULL
),
-- The catalogue entry must be approved, in force then, and its template must cover system, kind and object (T-13, traps).
template AS (
    SELECT
        o.part AS part,
        o.standard AS standard,
        o.keyed AS keyed,
        MAX(CASE
            WHEN s.conflicted THEN 60
            WHEN k.id IS NULL OR y.id IS NULL THEN 34
            WHEN u.happened_at IS NULL THEN 62
            WHEN s.valid_to <= u.happened_at OR s.valid_from > u.happened_at_latest THEN 34
            WHEN s.valid_to <= u.happened_at_latest OR s.valid_from > u.happened_at THEN 62
            WHEN s.object_pattern IS NOT NULL AND u.object IS NULL THEN 63
            WHEN NOT u.object LIKE s.object_pattern THEN 34
            WHEN s.approved_by IS NULL THEN 35
            ELSE 90
        END) AS rank
    FROM offered AS o
    JOIN part AS u ON u.part = o.part
    JOIN standard_change AS s ON s.id = o.standard
    LEFT JOIN standard_change__kinds AS k
        ON k.id = s.id AND k.valid_from IS NOT DISTINCT FROM s.valid_from AND k.value = u.kind
    LEFT JOIN standard_change__systems AS y
        ON y.id = s.id AND y.valid_from IS NOT DISTINCT FROM s.valid_from AND y.value IN (u.system, '*')
    GROUP BY o.part, o.standard, o.keyed
),
-- A company that declares no types of change tickets at all lets every ticket authorise one; T-10 judges the type.
declared AS (
    SELECT COUNT(*) AS types FROM change_type AS c
),
-- The tickets named by events, of which the type was ever changed: which it was at that time (change_ticket says it of releases).
retyped AS (
    SELECT
        n.part AS part,
        n.named AS named,
        CASE WHEN MIN(s.type) = MAX(s.type) THEN MIN(s.type) END AS type,
        MAX(CASE WHEN s.conflicted THEN 1 ELSE 0 END) AS in_conflict
    FROM ticket_type AS s
    JOIN named_key AS n ON n.named = s.ticket
    JOIN part AS u ON u.part = n.part
    WHERE COALESCE(u.happened_at_latest, s.from_at) >= s.from_at AND COALESCE(u.happened_at, s.until_at) <= s.until_at
    GROUP BY n.part, n.named
),
-- What each key leads to. The order of ticket and release is T-10's question; an event of another log has no T-10, so its
-- ticket must have been raised before.
key_rank AS (
    SELECT
        n.part AS part,
        CASE
            WHEN m.rank IS NOT NULL AND t.key IS NULL THEN m.rank
            WHEN t.key IS NULL AND g.starts_at <= COALESCE(u.happened_at_latest, g.starts_at) THEN 64
            WHEN t.key IS NULL THEN 31
            WHEN t.conflicted OR (d.types > 0 AND r.in_conflict = 1) THEN 60
            WHEN c.is_change IS NULL AND d.types > 0 THEN 61
            WHEN NOT c.is_change THEN 32
            WHEN u.origin = 'deployment' THEN 90
            WHEN t.created_at_latest < u.happened_at + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 90
            WHEN t.migrated_at <= t.created_at_latest AND t.created_at <= t.migrated_at_latest THEN 62
            WHEN t.created_at > u.happened_at_latest + q.clock_skew_seconds * INTERVAL '1' SECOND THEN 33
            ELSE 62
        END AS rank
    FROM named_key AS n
    CROSS JOIN parameter AS q
    CROSS JOIN declared AS d
    JOIN part AS u ON u.part = n.part
    LEFT JOIN ticket_gap AS g ON g.system = u.system
    LEFT JOIN ticket AS t ON t.key = n.named
    LEFT JOIN retyped AS r ON r.part = n.part AND r.named = n.named
    LEFT JOIN change_type AS c ON c.id = CASE WHEN r.part IS NULL THEN t.type ELSE r.type END
    LEFT JOIN template AS m ON m.part = n.part AND m.standard = n.named
),
keyed AS (
    SELECT k.part AS part, MAX(k.rank) AS rank FROM key_rank AS k GROUP BY k.part
),
-- Autoscaling, drift controllers and rotation name no key. The template speaks for them if automation did it; a person, or a
-- bot that acted for one, has to name the standard change. Autoscaling is automation by its kind, unless a person is known.
automatic AS (
    SELECT
        m.part AS part,
        MAX(CASE
            WHEN i.state = 'bot' THEN m.rank
            WHEN COALESCE(n.kind, 'human') = 'human' AND n.id IS NOT NULL THEN 30
            WHEN i.state IS NULL AND u.kind = 'autoscaling' THEN m.rank
            WHEN i.state IS NULL AND m.rank >= 60 THEN 65
            ELSE 30
        END) AS rank
    FROM template AS m
    JOIN part AS u ON u.part = m.part
    LEFT JOIN identity AS i
        ON i.account = u.actor AND i.valid_from <= u.happened_at AND u.happened_at < i.valid_to
    LEFT JOIN account AS n ON n.id = u.actor
    WHERE m.keyed = 0
    GROUP BY m.part
),
-- A, per change or event. Within one, the best key counts.
part_code AS (
    SELECT
        u.item AS item,
        u.part AS part,
        CASE
            WHEN u.excuse = 'content_free' THEN '99 na:content_free'
            WHEN u.excuse IS NOT NULL THEN '01 na:' || u.excuse
            WHEN u.untraced = 'commit' AND g.of_change = 1 THEN '55 cannot_test:source_gap'
            WHEN u.untraced = 'artefact' AND g.of_artefact = 1 THEN '55 cannot_test:source_gap'
            WHEN u.untraced <> 'no' THEN '10 exception:unmatched'
            WHEN u.unknown IS NOT NULL THEN '50 cannot_test:' || u.unknown
            ELSE CASE COALESCE(k.rank, a.rank, 30)
                WHEN 90 THEN '90 pass'
                WHEN 65 THEN '56 cannot_test:actor_unknown'
                WHEN 64 THEN '55 cannot_test:source_gap'
                WHEN 63 THEN '54 cannot_test:object_unknown'
                WHEN 62 THEN '53 cannot_test:time_order_unclear'
                WHEN 61 THEN '52 cannot_test:type_not_declared'
                WHEN 60 THEN '51 cannot_test:conflict'
                WHEN 35 THEN '15 exception:standard_not_approved'
                WHEN 34 THEN '14 exception:outside_template'
                WHEN 33 THEN '13 exception:ticket_after'
                WHEN 32 THEN '12 exception:not_a_change_ticket'
                WHEN 31 THEN '11 exception:unknown_ticket'
                ELSE CASE
                    WHEN u.origin = 'deployment' AND g.of_change = 1 THEN '55 cannot_test:source_gap'
                    ELSE '10 exception:unmatched'
                END
            END
        END AS code
    FROM part AS u
    LEFT JOIN keyed AS k ON k.part = u.part
    LEFT JOIN automatic AS a ON a.part = u.part
    LEFT JOIN part_gap AS g ON g.part = u.part
),
-- One unmatched change makes the deployment an exception, however many others match.
matching AS (
    SELECT c.item AS item, SUBSTRING(MIN(c.code), 4) AS code FROM part_code AS c GROUP BY c.item
),
-- B: a named person's explanation of this very item, or a change ticket raised afterwards.
explanation AS (
    SELECT
        e.difference_key AS item,
        p.operating_at AS operating_at,
        p.operating_at_latest AS operating_at_latest,
        e.explained_at AS explained_at,
        e.explained_at_latest AS explained_at_latest,
        e.conflicted AS conflicted
    FROM difference_explanation AS e
    JOIN population AS p ON p.item = e.difference_key
    WHERE e.population = 'release_event'
    UNION ALL
    SELECT
        p.item AS item,
        p.happened_at AS operating_at,
        p.happened_at_latest AS operating_at_latest,
        t.created_at AS explained_at,
        t.created_at_latest AS explained_at_latest,
        t.conflicted AS conflicted
    FROM named_key AS n
    JOIN part AS p ON p.part = n.part
    JOIN ticket AS t ON t.key = n.named
    CROSS JOIN declared AS d
    LEFT JOIN change_type AS c ON c.id = t.type
    WHERE p.origin = 'prod_event' AND (c.is_change OR d.types = 0)
        AND NOT (d.types > 0 AND EXISTS (SELECT 1 FROM ticket_type AS y WHERE y.ticket = n.named))
    UNION ALL
    -- A ticket whose type was changed: since it was raised with a type that may authorise a change, or since it
    -- has one; where no record says since when, at some time while it may have had it. A ticket in conflict itself is settled by A.
    SELECT
        p.item AS item,
        p.happened_at AS operating_at,
        p.happened_at_latest AS operating_at_latest,
        CASE WHEN y.at_creation THEN t.created_at ELSE y.from_at END AS explained_at,
        CASE WHEN y.at_creation THEN t.created_at_latest ELSE COALESCE(y.set_latest, y.until_at) END AS explained_at_latest,
        y.conflicted AS conflicted
    FROM declared AS d
    JOIN ticket_type AS y ON d.types > 0
    JOIN named_key AS n ON n.named = y.ticket
    JOIN part AS p ON p.part = n.part
    JOIN ticket AS t ON t.key = n.named
    LEFT JOIN change_type AS c ON c.id = y.type
    WHERE p.origin = 'prod_event' AND (c.is_change OR y.conflicted)
        AND (y.at_creation OR y.set_latest IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM ticket_type AS s
            WHERE s.ticket = y.ticket AND s.type = y.type AND s.set_latest IS NOT NULL AND s.from_at <= y.until_at
        ))
),
explained AS (
    SELECT
        e.item AS item,
        MIN(CASE
            WHEN e.conflicted THEN '40 cannot_test:conflict'
            WHEN e.explained_at_latest < e.operating_at + q.explain_days * INTERVAL '1' DAY THEN '00 pass'
            WHEN e.explained_at >= e.operating_at_latest + q.explain_days * INTERVAL '1' DAY
                THEN '50 exception:explained_late'
            ELSE '41 cannot_test:time_order_unclear'
        END) AS code
    FROM explanation AS e
    CROSS JOIN parameter AS q
    GROUP BY e.item
),
-- C: what was done about it, as recorded: an answer to the finding of this cause given afterwards, or a look back at the
-- ticket that the event names.
act AS (
    SELECT
        p.item AS item,
        f.given_at_latest AS done_at_latest,
        f.given_at AS done_at,
        f.conflicted AS conflicted
    FROM population AS p
    JOIN matching AS m ON m.item = p.item
    JOIN finding_response AS f
        ON SUBSTRING(f.finding, POSITION('/T-13/' IN f.finding)) = '/T-13/A/' || SUBSTRING(m.code, 11)
    WHERE m.code LIKE 'exception:%'
    UNION ALL
    SELECT
        p.item AS item,
        r.reviewed_at_latest AS done_at_latest,
        r.reviewed_at AS done_at,
        r.conflicted AS conflicted
    FROM part AS p
    JOIN named_key AS n ON n.part = p.part
    JOIN post_review AS r ON r.ticket = n.named
    WHERE p.origin = 'prod_event'
),
corrected AS (
    SELECT
        a.item AS item,
        MIN(CASE
            WHEN a.done_at_latest < p.operating_at THEN '90 none'
            WHEN a.conflicted THEN '40 cannot_test:conflict'
            WHEN a.done_at > p.operating_at_latest THEN '00 pass'
            ELSE '41 cannot_test:time_order_unclear'
        END) AS code
    FROM act AS a
    JOIN population AS p ON p.item = a.item
    GROUP BY a.item
),
answer_gap AS (
    SELECT
        p.item AS item,
        MAX(CASE WHEN g.table_name = 'difference_explanation' THEN 1 ELSE 0 END) AS of_explanation,
        MAX(CASE WHEN g.table_name IN ('finding_response', 'post_review') THEN 1 ELSE 0 END) AS of_act
    FROM population AS p
    CROSS JOIN parameter AS q
    JOIN gap AS g ON g.system = p.system
    WHERE g.table_name IN ('difference_explanation', 'finding_response', 'post_review')
        AND (g.ends_before IS NULL OR g.ends_before > p.operating_at)
        AND (
            g.starts_at IS NULL OR g.starts_at < p.operating_at_latest + INTERVAL '1' DAY
            * CASE WHEN g.table_name = 'difference_explanation' THEN q.explain_days ELSE q.correct_days END
        )
    GROUP BY p.item
)
SELECT
    p.item AS item,
    p.system AS system,
    p.operating_at AS operating_at,
    p.operating_at_latest AS operating_at_latest,
    m.code AS a,
    CASE
        WHEN m.code = 'pass' THEN 'na:matched'
        WHEN m.code LIKE 'na:%' THEN m.code
        WHEN m.code LIKE 'cannot_test:%' THEN 'cannot_test:match_unclear'
        WHEN p.operating_at IS NULL THEN 'cannot_test:time_order_unclear'
        WHEN e.code = '00 pass' THEN 'pass'
        WHEN SUBSTRING(e.code, 1, 2) IN ('40', '41') THEN SUBSTRING(e.code, 4)
        WHEN e.code IS NULL AND q.extracted_at < p.operating_at_latest + q.explain_days * INTERVAL '1' DAY
            THEN 'cannot_test:pending'
        WHEN g.of_explanation = 1 THEN 'cannot_test:source_gap'
        WHEN e.code IS NOT NULL THEN 'exception:explained_late'
        ELSE 'exception:not_explained'
    END AS b,
    CASE
        WHEN m.code = 'pass' THEN 'na:matched'
        WHEN m.code LIKE 'na:%' THEN m.code
        WHEN m.code LIKE 'cannot_test:%' THEN 'cannot_test:match_unclear'
        WHEN p.operating_at IS NULL THEN 'cannot_test:time_order_unclear'
        WHEN c.code = '00 pass' THEN 'pass'
        WHEN SUBSTRING(c.code, 1, 2) IN ('40', '41') THEN SUBSTRING(c.code, 4)
        WHEN q.extracted_at < p.operating_at_latest + q.correct_days * INTERVAL '1' DAY THEN 'cannot_test:pending'
        WHEN g.of_act = 1 THEN 'cannot_test:source_gap'
        ELSE 'exception:no_corrective_act'
    END AS c
FROM population AS p
CROSS JOIN parameter AS q
JOIN matching AS m ON m.item = p.item
LEFT JOIN explained AS e ON e.item = p.item
LEFT JOIN corrected AS c ON c.item = p.item
LEFT JOIN answer_gap AS g ON g.item = p.item
