-- T-10 by hand for DuckDB, one statement after the other, with all that the rule knows and none of its steps.
-- E() and N() stand for ever and never. Units, pull requests and commits go by numbers of their own.
CREATE TEMP MACRO E() AS TIMESTAMP '0001-01-01';

CREATE TEMP MACRO N() AS TIMESTAMP '9999-12-31';

-- People: whose hand an account was, from f until t.
CREATE TEMP TABLE owner AS
SELECT
    a.id AS account, a.kind IN ('service', 'bot') AS robot,
    CASE WHEN a.kind IN ('service', 'bot') THEN coalesce(a.triggered_by, a.id) ELSE a.id END AS name,
    CASE
        WHEN a.kind IN ('service', 'bot') AND h.kind = 'shared' THEN 'shared' ELSE coalesce(a.kind, 'human')
    END AS kind
FROM account AS a
LEFT JOIN account AS h ON h.id = a.triggered_by
UNION ALL
SELECT DISTINCT l.account, false, l.account, 'human'
FROM account_link AS l ANTI JOIN account AS a ON a.id = l.account;

CREATE TEMP TABLE tie AS
SELECT
    o.account, l.person, l.conflicted, coalesce(l.valid_from, E()) AS f,
    coalesce(CASE WHEN NOT l.conflicted THEN l.valid_to END, N()) AS t
FROM owner AS o
JOIN account_link AS l ON l.account = o.name
WHERE o.kind <> 'shared' AND coalesce(l.valid_from, E()) < coalesce(CASE WHEN NOT l.conflicted THEN l.valid_to END, N())
UNION ALL
SELECT o.account, p.id, a.conflicted OR p.conflicted, E(), N()
FROM (FROM account AS x ANTI JOIN account_link AS l ON l.account = x.id WHERE x.email IS NOT NULL) AS a
JOIN person AS p ON lower(p.email) = lower(a.email)
JOIN owner AS o ON o.name = a.id
WHERE o.kind <> 'shared';

-- The HR ids of one human: an engagement that continues another one under another id. The first id names the human.
CREATE TEMP TABLE human AS
WITH RECURSIVE chain AS (
    SELECT e.person, f.person AS human, 1 AS links
    FROM engagement AS e JOIN engagement AS f ON f.id = e.follows AND f.person <> e.person
    UNION
    SELECT c.person, f.person, c.links + 1
    FROM chain AS c
    JOIN engagement AS e ON e.person = c.human
    JOIN engagement AS f ON f.id = e.follows AND f.person <> e.person
    WHERE c.links < 90
)
SELECT person, min(human) AS human
FROM chain ANTI JOIN (SELECT DISTINCT person AS human FROM chain) AS later USING (human)
GROUP BY person;

CREATE TEMP TABLE hand AS
WITH tied AS (
    SELECT account, count(*) AS n, min(person) AS person, bool_or(conflicted) AS doubtful, min(f) AS f, max(t) AS t
    FROM tie GROUP BY account
),
edge AS (
    SELECT account, moment AS f, lead(moment) OVER (PARTITION BY account ORDER BY moment) AS t
    FROM (
        SELECT DISTINCT account, unnest([f, t]) AS moment
        FROM tie SEMI JOIN (FROM tied WHERE n > 1) AS several USING (account)
    )
)
SELECT x.*, coalesce(h.human, x.person) AS human
FROM (
    SELECT
        account, f, t, CASE WHEN NOT doubtful THEN person END AS person,
        CASE WHEN doubtful THEN 'ambiguous' ELSE 'linked' END AS state
    FROM tied WHERE n = 1
    UNION ALL
    SELECT
        e.account, e.f, e.t,
        CASE WHEN min(l.person) = max(l.person) AND NOT bool_or(l.conflicted) THEN min(l.person) END,
        CASE WHEN min(l.person) = max(l.person) AND NOT bool_or(l.conflicted) THEN 'linked' ELSE 'ambiguous' END
    FROM edge AS e
    JOIN tie AS l ON l.account = e.account AND l.f <= e.f AND e.t <= l.t
    GROUP BY e.account, e.f, e.t
    UNION ALL
    SELECT o.account, E(), N(), NULL, CASE WHEN o.kind = 'shared' THEN 'shared' ELSE 'bot' END
    FROM owner AS o
    WHERE o.kind IN ('shared', 'service', 'bot') AND NOT EXISTS (FROM tied WHERE tied.account = o.account)
) AS x
LEFT JOIN human AS h ON h.person = x.person;

-- Employed from f, surely until t and perhaps until u: a bare day leaves open when it ended on that day.
CREATE TEMP TABLE employed AS
WITH day_over AS (
    SELECT
        *, effective_end_latest + CASE WHEN effective_end < effective_end_latest THEN INTERVAL 1 MICROSECOND ELSE INTERVAL 0 SECOND END AS over,
        last_day_latest + INTERVAL 1 MICROSECOND AS worked
    FROM engagement
)
SELECT
    person, coalesce(started_at, E()) AS f,
    coalesce(greatest(effective_end, least(coalesce(worked, effective_end), over)), worked, N()) AS t,
    coalesce(over, worked, N()) AS u
FROM day_over;

-- Who could use the duties release and uat, and where; delegations count once they were recorded.
CREATE TEMP TABLE mandate AS
WITH own AS (
    SELECT
        r.scope, r.duty, r.right_class, r.person,
        greatest(coalesce(r.valid_from, E()), coalesce(e.f, E())) AS f,
        least(coalesce(r.valid_to, N()), coalesce(e.t, N())) AS t,
        least(coalesce(r.valid_to, N()), coalesce(e.u, N())) AS u
    FROM roster AS r
    LEFT JOIN employed AS e ON e.person = r.person
    WHERE r.duty = 'uat' OR (r.duty = 'release' AND r.right_class IS NULL)
)
SELECT scope, duty, person, f, t, u FROM own WHERE f < u
UNION ALL
SELECT scope, duty, person, f, t, u
FROM (
    SELECT
        o.scope, o.duty, d.to_person AS person,
        greatest(o.f, coalesce(d.valid_from, E()), d.recorded_at_latest, coalesce(e.f, E())) AS f,
        least(o.t, coalesce(d.valid_to, N()), coalesce(e.t, N())) AS t,
        least(o.u, coalesce(d.valid_to, N()), coalesce(e.u, N())) AS u
    FROM delegation AS d
    JOIN own AS o ON o.person = d.from_person AND (d.duty IS NULL OR d.duty = o.duty)
    LEFT JOIN employed AS e ON e.person = d.to_person
)
WHERE f < u;

-- Jobs as they were held: an open one ends with the next that is no cover, and one that ends where a cover begins goes on behind it.
CREATE TEMP TABLE job_held AS
WITH dated AS (
    SELECT
        coalesce(h.human, j.person) AS human, j.person, j.role, j.manager, j.conflicted, coalesce(j.temporary, FALSE) AS cover,
        coalesce(j.valid_from, E()) AS f, j.valid_to
    FROM job AS j
    LEFT JOIN human AS h ON h.person = j.person
),
ended AS (
    SELECT
        d.* EXCLUDE (valid_to),
        coalesce(d.valid_to, (SELECT min(n.f) FROM dated AS n WHERE n.human = d.human AND NOT n.cover AND n.f > d.f), N()) AS t
    FROM dated AS d
),
cover AS (
    SELECT human, f, max(t) OVER (PARTITION BY human, role, island) AS t
    FROM (
        SELECT *, sum(CASE WHEN before >= f THEN 0 ELSE 1 END) OVER (PARTITION BY human, role ORDER BY f, t ROWS UNBOUNDED PRECEDING) AS island
        FROM (
            SELECT *, max(t) OVER (PARTITION BY human, role ORDER BY f, t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM (SELECT DISTINCT human, role, f, t FROM ended WHERE cover)
        )
    )
)
SELECT
    e.human, e.person, e.role, e.manager, e.conflicted, e.f,
    coalesce((SELECT max(c.t) FROM cover AS c WHERE c.human = e.human AND NOT e.cover AND c.f = e.t), e.t) AS t
FROM ended AS e;

CREATE TEMP TABLE superior AS
WITH line AS (
    SELECT j.human, coalesce(m.human, j.manager) AS manager, j.f, j.t
    FROM job_held AS j
    LEFT JOIN human AS m ON m.person = j.manager
    WHERE coalesce(m.human, j.manager) <> j.human
),
second AS (
    SELECT a.human, b.manager, greatest(a.f, b.f) AS f, least(a.t, b.t) AS t
    FROM line AS a JOIN line AS b ON b.human = a.manager
)
FROM line
UNION ALL FROM second WHERE f < t
UNION ALL
SELECT a.human, b.manager, greatest(a.f, b.f), least(a.t, b.t)
FROM second AS a JOIN line AS b ON b.human = a.manager
WHERE greatest(a.f, b.f) < least(a.t, b.t);

-- Commits and the pull requests that brought them.
CREATE TEMP TABLE pull AS
SELECT
    row_number() OVER () AS pull, id, repository, author, head_sha, merge_sha, conflicted,
    created_at, merged_at, merged_at_latest
FROM pull_request;

CREATE TEMP TABLE kept AS
SELECT
    row_number() OVER () AS kept, repository, sha, tree_sha, author, committer, pushed_by,
    coalesce(base_merge, false) AS base_merge,
    conflicted, committed_at, committed_at_latest, coalesce(committed_at, authored_at) AS begins_at,
    coalesce(committed_at, authored_at, pushed_at, TIMESTAMP '9999-12-30') AS acted_at, pushed_at, pushed_at_latest
FROM code_commit;

CREATE TEMP TABLE listed AS
SELECT
    p.pull, p.repository, c.sha, c.sha = p.head_sha AS is_head, c.sha = p.merge_sha AS is_merge,
    p.merged_at IS NOT NULL AS merged
FROM pull_request_commit AS c JOIN pull AS p ON p.id = c.pull_request;

CREATE TEMP TABLE claim AS
SELECT l.*, k.kept
FROM (
    SELECT pull, repository, sha, true AS listed, merged, is_merge FROM listed
    UNION ALL
    SELECT pull, repository, head_sha, true, merged_at IS NOT NULL, head_sha = merge_sha
    FROM pull WHERE head_sha IS NOT NULL AND pull NOT IN (SELECT pull FROM listed WHERE is_head)
    UNION ALL
    SELECT pull, repository, merge_sha, false, merged_at IS NOT NULL, true
    FROM pull
    WHERE merge_sha IS NOT NULL AND merge_sha IS DISTINCT FROM head_sha
        AND pull NOT IN (SELECT pull FROM listed WHERE is_merge)
) AS l
LEFT JOIN kept AS k ON k.repository = l.repository AND k.sha = l.sha;

-- Commits of equal content; hashes find the few candidates.
CREATE TEMP TABLE twin AS
SELECT kept, repository, sha, tree_sha, committed_at, committed_at_latest
FROM kept
SEMI JOIN (
    SELECT hash(repository, tree_sha) AS h FROM kept WHERE tree_sha IS NOT NULL GROUP BY h HAVING count(*) > 1
) AS several ON several.h = hash(repository, tree_sha)
WHERE tree_sha IS NOT NULL;

CREATE TEMP TABLE link AS
SELECT pull, repository, sha, kept, listed FROM claim WHERE merged
UNION ALL
SELECT o.pull, o.repository, o.sha, o.kept, o.listed
FROM claim AS o
WHERE NOT o.merged AND NOT EXISTS (FROM claim AS m WHERE m.merged AND m.repository = o.repository AND m.sha = o.sha)
UNION ALL
SELECT DISTINCT l.pull, c.repository, c.sha, c.kept, false
FROM (FROM twin AS x WHERE x.kept NOT IN (SELECT kept FROM claim WHERE kept IS NOT NULL)) AS c
JOIN twin AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
JOIN claim AS l ON l.kept = o.kept AND l.listed
JOIN pull AS p ON p.pull = l.pull
WHERE c.committed_at <= p.merged_at_latest AND (p.created_at IS NULL OR c.committed_at_latest >= p.created_at);

CREATE TEMP TABLE merged_of_two AS
SELECT kept
FROM kept
SEMI JOIN (
    SELECT repository, sha
    FROM code_commit__parents
    SEMI JOIN (
        SELECT hash(repository, sha) AS h FROM code_commit__parents GROUP BY h HAVING count(*) > 1
    ) AS several ON several.h = hash(repository, sha)
    GROUP BY repository, sha HAVING count(*) > 1
) AS m USING (repository, sha);

-- Deployments and what they brought.
CREATE TEMP TABLE release AS
SELECT
    row_number() OVER () AS release, d.id, d.system, d.repository, coalesce(d.commit_sha, a.commit_sha) AS sha,
    d.digest,
    d.started_at, d.started_at_latest, coalesce(d.completed_at, d.started_at) AS operating_at,
    coalesce(d.completed_at_latest, d.started_at_latest) AS operating_at_latest, d.status, d.actor, d.by_pipeline,
    coalesce(d.kind, 'release') AS kind, d.conflicted, d.status IN ('success', 'inactive') AS served
FROM deployment AS d
LEFT JOIN artefact AS a ON a.digest = d.digest
WHERE d.environment = 'production';

CREATE TEMP TABLE excused AS
WITH line AS (
    -- Only lines in which something may be a rerun.
    SELECT
        release, digest, kind, sha,
        last_value(CASE WHEN served THEN {'digest': digest, 'sha': sha} END IGNORE NULLS) OVER (
            PARTITION BY system, repository ORDER BY started_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS last
    FROM release AS r
    WHERE EXISTS (
        FROM release AS x
        WHERE x.system = r.system AND x.repository IS NOT DISTINCT FROM r.repository
            AND (x.digest IS NOT NULL OR x.kind = 'rerun')
    )
)
SELECT release, 'rerun' AS excuse
FROM line
WHERE last IS NOT NULL AND (
    digest = last.digest
    OR (kind = 'rerun' AND (digest IS NULL OR last.digest IS NULL) AND sha = last.sha)
)
UNION ALL
SELECT DISTINCT p.release, 'automatic_rollback'
FROM (FROM release WHERE kind = 'rollback' AND coalesce(by_pipeline, true)) AS p
JOIN release AS o ON o.system = p.system AND coalesce(o.digest, o.sha) = coalesce(p.digest, p.sha)
WHERE o.served AND o.started_at < p.started_at;

-- Pull requests that were merged after a release and bring back what another one had brought into it.
CREATE TEMP TABLE brought_back AS
WITH held AS (
    SELECT r.release, l.repository, l.sha, l.pull, coalesce(p.merged_at > r.started_at_latest, false) AS later
    FROM (
        FROM link
        SEMI JOIN (
            SELECT hash(repository, sha) AS h FROM link GROUP BY h HAVING count(*) > 1
        ) AS several ON several.h = hash(repository, sha)
    ) AS l
    JOIN change_set AS s ON s.repository = l.repository AND s.sha = l.sha
    JOIN release AS r ON r.id = s.deployment
    JOIN pull AS p ON p.pull = l.pull
)
SELECT DISTINCT h.release, h.repository, h.sha, h.pull
FROM (FROM held WHERE later) AS h
SEMI JOIN (FROM held WHERE NOT later) AS o ON o.release = h.release AND o.repository = h.repository AND o.sha = h.sha;

CREATE TEMP TABLE part AS
SELECT
    r.release, l.pull, s.repository, s.sha, l.kept, k.kept AS loose, s.sha = r.sha AS is_released,
    coalesce(s.sha = p.head_sha, false) OR coalesce(s.sha = p.merge_sha, false) AS has_head,
    b.release IS NOT NULL AS is_back
FROM change_set AS s
JOIN release AS r ON r.id = s.deployment
LEFT JOIN link AS l ON l.repository = s.repository AND l.sha = s.sha
LEFT JOIN pull AS p ON p.pull = l.pull
LEFT JOIN kept AS k ON l.pull IS NULL AND k.repository = s.repository AND k.sha = s.sha
LEFT JOIN brought_back AS b
    ON b.release = r.release AND b.repository = s.repository AND b.sha = s.sha AND b.pull = l.pull;

CREATE TEMP TABLE gap AS
SELECT DISTINCT
    s.system,
    CASE
        WHEN g.table_name IN ('ticket', 'ticket_event', 'approval') THEN 'ticket'
        WHEN g.table_name IN ('pull_request', 'code_commit') THEN 'change'
        ELSE g.table_name
    END AS kind,
    g.table_name = 'code_commit' AS of_commits, coalesce(g.starts_at, E()) AS f, coalesce(g.ends_before, N()) AS t
FROM (SELECT DISTINCT system FROM release) AS s
JOIN source_gap AS g ON g.system = s.system OR g.system = '*'
WHERE g.table_name IN (
    'ticket', 'ticket_event', 'approval', 'pull_request', 'code_commit', 'review', 'check_run', 'artefact'
);

CREATE TEMP TABLE unit AS
WITH brought AS (
    SELECT release, pull, any_value(repository) AS repository, NULL AS sha, bool_or(has_head) AS has_head, NULL AS loose
    FROM part WHERE pull IS NOT NULL GROUP BY release, pull HAVING NOT bool_and(is_back)
    UNION ALL
    SELECT release, NULL, repository, sha, true, loose FROM part WHERE pull IS NULL
),
alone AS (
    -- Deployments of one commit, which only a pull request names: they may have carried more.
    SELECT p.release, any_value(p.repository) AS repository
    FROM part AS p
    SEMI JOIN (FROM part WHERE kept IS NULL AND loose IS NULL) AS x ON x.release = p.release
    GROUP BY p.release
    HAVING count(DISTINCT (p.repository, p.sha)) = 1 AND bool_and(coalesce(p.is_released, false))
        AND bool_and(p.kept IS NULL AND p.loose IS NULL)
),
more AS (
    SELECT a.release, NULL AS pull, a.repository, NULL AS sha, false AS has_head, NULL AS loose
    FROM alone AS a
    JOIN release AS r ON r.release = a.release
    WHERE a.repository IN (SELECT repository FROM kept)
        OR EXISTS (
            FROM gap AS g
            WHERE g.of_commits AND g.system = r.system AND (r.started_at IS NULL OR g.f <= r.started_at_latest)
        )
),
bare AS (
    SELECT release, repository FROM more
    UNION ALL SELECT release, repository FROM release WHERE release NOT IN (SELECT release FROM part)
),
seen AS (
    SELECT DISTINCT r.release
    FROM bare AS b
    JOIN release AS r ON r.release = b.release
    JOIN kept AS h ON h.repository = coalesce(r.repository, b.repository) AND h.sha = r.sha
)
SELECT
    row_number() OVER () AS unit, r.id || coalesce('/' || p.id, '/' || b.sha, '') AS item, r.system,
    r.operating_at, r.operating_at_latest, r.release, b.pull, coalesce(b.repository, r.repository) AS repository,
    coalesce(b.pull, -b.loose) AS maker, b.sha, b.has_head, r.sha AS released, r.digest, r.actor, r.by_pipeline,
    r.started_at, r.started_at_latest, coalesce(p.head_sha, b.sha) AS final, p.merged_at_latest,
    coalesce(p.created_at, k.begins_at) AS begins_at, b.loose,
    CASE
        WHEN r.status = 'failure' THEN 'na:never_served'
        WHEN r.kind = 'vendor' THEN 'na:vendor_update'
        WHEN e.excuse IS NOT NULL THEN 'na:' || e.excuse
        WHEN k.base_merge AND NOT k.conflicted THEN 'na:content_free'
        WHEN r.conflicted OR p.conflicted OR k.conflicted THEN 'cannot_test:conflict'
        WHEN b.pull IS NOT NULL OR b.sha IS NOT NULL THEN NULL
        WHEN r.release IN (FROM seen) THEN 'cannot_test:no_new_commit'
        ELSE 'cannot_test:change_set_unknown'
    END AS settled
FROM release AS r
LEFT JOIN (FROM brought UNION ALL FROM more) AS b ON b.release = r.release
LEFT JOIN pull AS p ON p.pull = b.pull
LEFT JOIN kept AS k ON k.kept = b.loose
LEFT JOIN (SELECT release, max(excuse) AS excuse FROM excused GROUP BY release) AS e ON e.release = r.release;

CREATE TEMP TABLE hole AS
SELECT
    u.unit, bool_or(g.kind = 'ticket') AS ticket, bool_or(g.kind = 'change') AS change,
    bool_or(g.kind = 'review') AS review,
    bool_or(g.kind = 'check_run') AS run, bool_or(g.kind = 'artefact') AS artefact
FROM unit AS u
JOIN gap AS g ON g.system = u.system
    AND (u.started_at IS NULL OR g.f <= u.started_at_latest) AND (u.begins_at IS NULL OR g.t > u.begins_at)
WHERE u.settled IS NULL
GROUP BY u.unit;

-- What is told of the type of tickets whose type was ever changed, and from when to when that may hold.
CREATE TEMP TABLE told AS
WITH event AS (
    SELECT
        e.ticket, e.id, e.old_value, e.new_value, e.conflicted, e.occurred_at_latest AS t,
        CASE WHEN k.migrated_at <= e.occurred_at_latest AND e.occurred_at <= k.migrated_at_latest THEN E() ELSE e.occurred_at END AS f
    FROM ticket_event AS e JOIN ticket AS k ON k.key = e.ticket
    WHERE lower(e.field) IN ('type', 'issuetype')
),
around AS (
    SELECT e.*, max(o.f) FILTER (o.t < e.f) AS since, min(o.t) FILTER (o.f > e.t) AS until
    FROM event AS e JOIN event AS o ON o.ticket = e.ticket
    GROUP BY ALL
)
SELECT ticket, new_value AS type, f, coalesce(until, N()) AS t, conflicted FROM around
UNION ALL
SELECT ticket, old_value, coalesce(since, E()), t, conflicted
FROM around WHERE since IS NULL OR (old_value IS NOT NULL AND NOT conflicted)
UNION ALL
SELECT k.key, k.type, e.f, N(), k.conflicted
FROM (SELECT ticket, max(f) AS f FROM event GROUP BY ticket) AS e JOIN ticket AS k ON k.key = e.ticket;

-- Tickets that a change names, whether it goes as an emergency, and what is asked of the rest.
CREATE TEMP TABLE ticket_of AS
WITH named AS (
    SELECT u.unit, t.value AS ticket
    FROM unit AS u JOIN pull AS p ON p.pull = u.pull JOIN pull_request__tickets AS t ON t.id = p.id
    WHERE u.settled IS NULL
    UNION
    SELECT u.unit, t.value
    FROM code_commit__tickets AS t
    JOIN link AS l ON l.repository = t.repository AND l.sha = t.sha
    JOIN unit AS u ON u.pull = l.pull
    WHERE u.settled IS NULL
    UNION
    SELECT u.unit, t.value
    FROM code_commit__tickets AS t JOIN unit AS u ON u.repository = t.repository AND u.sha = t.sha
    WHERE u.settled IS NULL
),
then_told AS (
    SELECT n.unit, n.ticket, count(DISTINCT t.type) AS types, min(t.type) AS type, bool_or(t.conflicted) AS conflicted
    FROM told AS t JOIN named AS n ON n.ticket = t.ticket JOIN unit AS u ON u.unit = n.unit
    WHERE coalesce(u.started_at_latest >= t.f, true) AND coalesce(u.started_at <= t.t, true)
    GROUP BY n.unit, n.ticket
)
SELECT
    row_number() OVER () AS named, n.unit, n.ticket, t.key IS NOT NULL AS known,
    coalesce(t.conflicted, false) OR coalesce(o.conflicted, false) AS conflicted,
    coalesce(o.types <> 1, false) AS type_unclear, c.id AS type, t.created_at, t.created_at_latest,
    t.migrated_at, t.migrated_at_latest, c.is_change, c.functional
FROM named AS n
LEFT JOIN ticket AS t ON t.key = n.ticket
LEFT JOIN then_told AS o ON o.unit = n.unit AND o.ticket = n.ticket
LEFT JOIN change_type AS c ON c.id = CASE WHEN o.types = 1 THEN o.type WHEN o.types IS NULL THEN t.type END;

CREATE TEMP TABLE emergency AS
WITH event AS (
    SELECT
        ticket, id, occurred_at, occurred_at_latest, lower(field) = 'emergency' AS by_field,
        lower(coalesce(old_value, '')) AS old,
        lower(coalesce(new_value, '')) AS new, new_value IS NULL AS emptied
    FROM ticket_event WHERE lower(field) IN ('emergency', 'type', 'issuetype')
),
flag AS (
    SELECT ticket, occurred_at AS f, occurred_at_latest AS t, false AS of_old
    FROM event
    WHERE (by_field AND NOT emptied AND new NOT IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal'))
        OR (NOT by_field AND contains(new, 'emergency'))
    UNION ALL
    SELECT key, created_at, created_at_latest, false
    FROM ticket
    WHERE contains(lower(type), 'emergency') AND NOT EXISTS (FROM event WHERE event.ticket = key AND NOT by_field)
    UNION ALL
    -- What a first event replaced was there from the creation.
    SELECT k.key, k.created_at, k.created_at_latest, true
    FROM ticket AS k
    JOIN event AS e ON e.ticket = k.key
    WHERE CASE
        WHEN e.by_field THEN e.old NOT IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal')
        ELSE contains(e.old, 'emergency')
    END AND NOT EXISTS (
        FROM event AS b
        WHERE b.ticket = e.ticket AND b.by_field = e.by_field AND b.id <> e.id AND b.occurred_at <= e.occurred_at_latest
    )
),
off AS (
    SELECT ticket, occurred_at AS f
    FROM event
    WHERE (by_field AND new IN ('', 'false', 'no', 'n', '0', 'off', 'none', 'normal'))
        OR (NOT by_field AND contains(old, 'emergency') AND NOT contains(new, 'emergency'))
),
held AS (
    SELECT
        n.unit, f.f, f.t, n.ticket, u.started_at_latest, f.of_old,
        EXISTS (
            FROM off AS o WHERE o.ticket = f.ticket AND (f.f IS NULL OR f.f < o.f) AND o.f <= u.started_at
        ) AS cleared
    FROM flag AS f
    JOIN ticket_of AS n ON n.ticket = f.ticket AND n.known
    JOIN unit AS u ON u.unit = n.unit
)
SELECT unit
FROM held
WHERE NOT (of_old AND cleared)
GROUP BY unit
HAVING arg_min(NOT cleared AND coalesce(f <= started_at_latest, true), (cleared, f IS NULL, f, t, ticket));

CREATE TEMP TABLE live AS
SELECT u.*, e.unit IS NOT NULL AS emergency, q.clock_skew_seconds * INTERVAL '1' SECOND AS skew, q.day_grained
FROM unit AS u
CROSS JOIN parameter AS q
LEFT JOIN emergency AS e ON e.unit = u.unit
WHERE u.settled IS NULL AND u.started_at IS NOT NULL;

CREATE TEMP TABLE put_back AS
SELECT ticket, id, occurred_at AS f, occurred_at_latest AS t, conflicted
FROM ticket_event
WHERE (lower(field) = 'status' AND (
        conflicted
        OR lower(new_value) IN (
            'reopened', 're-opened', 'open', 'to do', 'new', 'draft', 'backlog',
            'rejected', 'declined', 'withdrawn', 'cancelled', 'canceled'
        )
        OR (
            lower(old_value) IN ('done', 'closed', 'resolved', 'completed', 'released', 'deployed', 'live')
            AND lower(new_value) IN ('in progress', 'in development')
        )
    ))
    OR (lower(field) = 'resolution' AND old_value IS NOT NULL AND new_value IS NULL);

-- A and F: authorisations, and edits after them.
CREATE TEMP TABLE authorised AS
WITH listing AS (SELECT DISTINCT id FROM change_type__authorised_states),
word AS (
    SELECT id, lower(value) AS state FROM change_type__authorised_states
),
event AS (
    SELECT
        ticket, id, occurred_at, occurred_at_latest, txn, conflicted, lower(new_value) AS new,
        CASE WHEN NOT conflicted THEN lower(trim(old_value)) END AS came_from
    FROM ticket_event
    WHERE lower(field) = 'status' AND (
        conflicted OR lower(new_value) IN ('approved', 'authorised', 'authorized')
        OR lower(new_value) IN (SELECT state FROM word)
    )
),
by_type AS (
    -- Each type, and none for one that is not told, with whether the event is listed or a plain word counts.
    SELECT
        e.id,
        bool_or(
            CASE
                WHEN t.type IS NULL OR t.conflicted THEN true
                ELSE e.new IN (FROM word SELECT state WHERE id = t.type)
                    OR (e.new IN ('approved', 'authorised', 'authorized') AND t.type NOT IN (FROM listing))
            END
        ) AS perhaps,
        bool_and(
            t.type IS NOT NULL AND NOT t.conflicted AND (
                e.new IN (FROM word SELECT state WHERE id = t.type)
                OR (e.new IN ('approved', 'authorised', 'authorized') AND t.type NOT IN (FROM listing))
            )
        ) AS surely
    FROM told AS t
    JOIN event AS e ON e.ticket = t.ticket AND t.f <= e.occurred_at_latest AND e.occurred_at < t.t
    GROUP BY e.id
),
given AS (
    SELECT
        n.named, 'e' AS source, e.id, e.occurred_at AS f, e.occurred_at_latest AS t, NULL::TIMESTAMP AS ended,
        NULL::TIMESTAMP AS ended_latest, e.txn, e.conflicted OR NOT coalesce(b.surely, true) AS conflicted, e.came_from
    FROM event AS e
    JOIN ticket_of AS n ON n.ticket = e.ticket
    LEFT JOIN by_type AS b ON b.id = e.id
    LEFT JOIN listing AS k ON k.id = n.type
    LEFT JOIN word AS w ON w.id = n.type AND w.state = e.new
    WHERE n.known AND (
        e.conflicted OR coalesce(
            b.perhaps, w.id IS NOT NULL OR (k.id IS NULL AND e.new IN ('approved', 'authorised', 'authorized'))
        )
    )
    UNION ALL
    SELECT
        n.named, 'a', a.id, a.decided_at, a.decided_at_latest, a.withdrawn_at, a.withdrawn_at_latest, a.txn,
        a.conflicted, NULL
    FROM (FROM approval WHERE duty = 'authorise' AND (decision = 'approve' OR conflicted)) AS a
    JOIN ticket_of AS n ON n.ticket = a.subject
    WHERE n.known
),
back AS (
    SELECT ticket, 'e' AS source, id, f, t, conflicted, NULL AS back_to FROM put_back
    UNION ALL
    -- Into a status that waits for a decision: it ends what was given from there.
    SELECT ticket, 'e', id, occurred_at, occurred_at_latest, false, lower(trim(new_value))
    FROM ticket_event
    WHERE lower(field) = 'status' AND NOT conflicted
        AND regexp_matches(lower(new_value), 'approv|authori|review|assess|wait|pending|submit|request')
    UNION ALL
    SELECT subject, 'a', id, decided_at, decided_at_latest, conflicted, NULL
    FROM approval WHERE duty = 'authorise' AND (decision = 'reject' OR conflicted)
),
ended AS (
    SELECT
        g.named, g.source, g.id,
        min(CASE WHEN NOT b.conflicted THEN greatest(b.f, g.f) END) AS f,
        min(CASE WHEN NOT b.conflicted THEN CASE WHEN b.f > g.t THEN b.t ELSE N() END END) AS t,
        min(CASE WHEN b.conflicted THEN greatest(b.f, g.f) END) AS doubt
    FROM back AS b
    JOIN ticket_of AS n ON n.ticket = b.ticket
    JOIN given AS g ON g.named = n.named AND b.t >= g.f AND (b.source, b.id) <> (g.source, g.id)
        AND (b.back_to IS NULL OR b.back_to = g.came_from)
    GROUP BY g.named, g.source, g.id
)
SELECT
    n.unit, n.named, n.ticket, n.type, g.f, g.t, g.txn,
    CASE
        WHEN NOT n.known THEN 10
        WHEN n.conflicted THEN 79
        WHEN n.is_change IS NULL AND (SELECT count(*) FROM change_type) > 0 THEN 77
        WHEN NOT n.is_change THEN 20
        WHEN g.named IS NULL THEN 30
        WHEN g.conflicted THEN 79
        WHEN n.migrated_at <= g.t AND g.f <= n.migrated_at_latest THEN 80
        WHEN g.f > u.started_at_latest + u.skew AND NOT (u.day_grained AND g.f <= u.started_at_latest) THEN 40
        WHEN least(g.ended_latest, e.t) <= u.started_at THEN 35
        WHEN least(g.ended, e.f) <= u.started_at_latest THEN 78
        WHEN e.doubt <= u.started_at_latest THEN 79
        WHEN g.t < u.started_at + u.skew OR u.day_grained THEN 90
        ELSE 78
    END AS rank
FROM ticket_of AS n
JOIN live AS u ON u.unit = n.unit
LEFT JOIN given AS g ON g.named = n.named
LEFT JOIN ended AS e ON e.named = g.named AND e.source = g.source AND e.id = g.id;

-- A ticket is older than its change: it may have been raised, authorised or edited in a gap that ended before the first trace.
CREATE TEMP TABLE hidden AS
SELECT DISTINCT n.unit
FROM (SELECT unit FROM authorised GROUP BY unit HAVING max(rank) < 77) AS a
JOIN ticket_of AS n ON n.unit = a.unit
JOIN live AS u ON u.unit = n.unit
JOIN source_gap AS g ON g.system IN (u.system, '*') AND coalesce(g.starts_at, E()) <= u.started_at_latest
WHERE CASE
    WHEN NOT n.known THEN g.table_name = 'ticket'
    ELSE g.table_name IN ('ticket_event', 'approval') AND coalesce(n.is_change, true)
        AND coalesce(g.ends_before, N()) > coalesce(n.created_at, E())
END;

CREATE TEMP TABLE unseen_edit AS
SELECT DISTINCT a.unit
FROM (SELECT unit, named, max(f) AS f FROM authorised WHERE rank = 90 GROUP BY unit, named) AS a
JOIN unit AS u ON u.unit = a.unit
JOIN source_gap AS g ON g.system IN (u.system, '*') AND g.table_name = 'ticket_event'
WHERE coalesce(g.starts_at, E()) <= u.started_at_latest AND a.f < g.ends_before AND g.ends_before <= u.begins_at;

CREATE TEMP TABLE edited AS
WITH own AS (SELECT id, list(lower(value)) AS fields FROM change_type__material_fields GROUP BY id),
material AS (
    SELECT e.*, lower(e.field) AS name
    FROM ticket_event AS e
    WHERE lower(e.field) IN (
        SELECT lower(value) FROM change_type__material_fields
        UNION ALL SELECT unnest(string_split(lower(q.material_fields), ';')) FROM parameter AS q
    )
),
last AS (
    SELECT
        named, any_value(unit) AS unit, any_value(ticket) AS ticket, any_value(type) AS type, max(f) AS f, max(t) AS t
    FROM authorised
    WHERE rank = 90 AND ticket IN (SELECT ticket FROM material)
    GROUP BY named
)
SELECT
    l.unit,
    max(
        CASE
            WHEN e.conflicted THEN 50
            WHEN lower(translate(coalesce(e.old_value, ''), ' .,-''', ''))
                = lower(translate(coalesce(e.new_value, ''), ' .,-''', '')) THEN 0
            WHEN e.occurred_at > l.t AND e.occurred_at_latest < u.started_at THEN 90
            ELSE 40
        END
    ) AS rank
FROM last AS l
JOIN live AS u ON u.unit = l.unit
JOIN material AS e ON e.ticket = l.ticket AND e.occurred_at_latest >= l.f AND e.occurred_at <= u.started_at_latest
CROSS JOIN parameter AS q
LEFT JOIN own AS o ON o.id = l.type
WHERE list_contains(coalesce(o.fields, string_split(lower(q.material_fields), ';')), e.name)
    AND NOT EXISTS (
        FROM authorised AS s WHERE s.named = l.named AND s.f = l.f AND s.txn = e.txn AND s.txn <> ''
    )
GROUP BY l.unit;

-- B: runs of checks on the deployed content.
CREATE TEMP TABLE asked AS
SELECT DISTINCT s.system, r.name, coalesce(r.valid_from, E()) AS f, coalesce(r.valid_to, N()) AS t
FROM (SELECT DISTINCT system FROM live) AS s
JOIN check_requirement AS r ON r.scope = s.system OR r.scope = '*';

CREATE TEMP TABLE run AS
WITH content AS (
    SELECT unit, repository, released AS sha FROM live WHERE released IS NOT NULL
    UNION ALL
    SELECT u.unit, u.repository, o.sha
    FROM twin AS c
    JOIN live AS u ON u.repository = c.repository AND u.released = c.sha
    JOIN twin AS o ON o.repository = c.repository AND o.tree_sha = c.tree_sha AND o.sha <> c.sha
)
SELECT
    n.unit, r.name, r.completed_at AS f, r.completed_at_latest AS t,
    CASE
        WHEN r.conflicted THEN 95
        WHEN r.conclusion = 'success' THEN 94
        WHEN r.conclusion IN ('skipped', 'neutral') THEN 93
        ELSE 92
    END AS result,
    CASE
        WHEN r.conclusion IS NULL AND NOT r.conflicted THEN 'unfinished'
        WHEN r.completed_at IS NULL THEN 'unknown'
        WHEN r.completed_at_latest < u.started_at + u.skew THEN 'before'
        WHEN r.completed_at > u.started_at_latest + u.skew THEN 'after'
        ELSE 'unclear'
    END AS came,
    a.system IS NULL AS assumed
FROM content AS n
JOIN check_run AS r ON r.sha = n.sha AND coalesce(r.repository, n.repository) = n.repository
JOIN live AS u ON u.unit = n.unit
LEFT JOIN (SELECT DISTINCT system FROM asked) AS a ON a.system = u.system
WHERE a.system IS NULL OR EXISTS (
    FROM asked AS x WHERE x.system = u.system AND x.name = r.name AND x.f <= u.started_at AND u.started_at < x.t
);

CREATE TEMP TABLE tested AS
WITH result AS (
    SELECT
        unit, name, any_value(assumed) AS assumed, bool_or(came = 'before') AS is_before,
        bool_or(came = 'unclear') AS is_unclear,
        bool_or(came = 'unknown') AS is_unknown, max(CASE WHEN came = 'before' THEN f END) AS last_before,
        max(CASE WHEN came = 'after' THEN f END) AS last_after,
        min(CASE WHEN came IN ('before', 'unclear') THEN result END) AS worst,
        max(CASE WHEN came IN ('before', 'unclear') THEN result END) AS best,
        min(CASE WHEN came = 'unknown' THEN result END) AS worst_timeless,
        max(CASE WHEN came = 'unknown' THEN result END) AS best_timeless
    FROM run GROUP BY unit, name
),
last AS (
    SELECT t.unit, t.name, min(r.result) AS worst, max(r.result) AS best
    FROM result AS t JOIN run AS r ON r.unit = t.unit AND r.name = t.name AND r.t >= t.last_before
    WHERE t.worst < t.best AND r.came IN ('before', 'unclear')
    GROUP BY t.unit, t.name
),
good_after AS (
    SELECT t.unit, t.name
    FROM result AS t
    JOIN live AS u ON u.unit = t.unit AND u.emergency
    JOIN run AS r ON r.unit = t.unit AND r.name = t.name AND r.t >= t.last_after
    WHERE r.came = 'after' AND (SELECT tests_may_follow_emergency FROM parameter)
    GROUP BY t.unit, t.name
    HAVING min(r.result) = 94 AND max(r.result) = 94
),
checked AS (
    SELECT
        t.unit, t.assumed,
        CASE
            WHEN t.is_before AND l.worst < l.best AND l.best = 95 THEN 95
            WHEN t.is_before AND l.worst < l.best THEN 50
            WHEN t.is_before AND (
                t.worst_timeless <> coalesce(l.best, t.best) OR t.best_timeless <> coalesce(l.best, t.best)
            ) THEN 49
            WHEN t.is_before THEN coalesce(l.best, t.best)
            WHEN t.is_unclear THEN 50
            WHEN t.is_unknown THEN 49
            WHEN a.unit IS NOT NULL THEN 94
            WHEN t.last_after IS NOT NULL THEN 20
            ELSE 10
        END AS rank
    FROM result AS t
    LEFT JOIN last AS l ON l.unit = t.unit AND l.name = t.name
    LEFT JOIN good_after AS a ON a.unit = t.unit AND a.name = t.name
)
SELECT
    unit, any_value(assumed) AS assumed, count(*) AS names, count(CASE WHEN rank = 94 THEN 1 END) AS succeeded,
    bool_or(rank = 92) AS failed, bool_or(rank = 93) AS skipped, bool_or(rank = 20) AS late,
    bool_or(rank = 10) AS missing,
    bool_or(rank = 95) AS in_conflict, bool_or(rank = 49) AS without_time, bool_or(rank = 50) AS unclear
FROM checked GROUP BY unit;

-- How many checks were asked for when.
CREATE TEMP TABLE demand AS
WITH stretch AS (
    SELECT system, f, lead(f) OVER (PARTITION BY system ORDER BY f) AS t
    FROM (SELECT DISTINCT system, unnest([f, t]) AS f FROM asked)
)
SELECT s.system, s.f, s.t, count(DISTINCT a.name) AS names
FROM stretch AS s JOIN asked AS a ON a.system = s.system AND a.f <= s.f AND s.t <= a.t
GROUP BY s.system, s.f, s.t;

-- Who made a change, and who released it.
CREATE TEMP TABLE maker AS
WITH made AS (
    SELECT
        l.pull AS maker, l.listed, k.repository, k.sha, k.author, k.committer, k.pushed_by, k.acted_at
    FROM link AS l JOIN kept AS k ON k.kept = l.kept
    WHERE NOT k.base_merge AND (l.listed OR k.kept NOT IN (FROM merged_of_two))
    UNION ALL
    SELECT -kept, true, repository, sha, author, committer, pushed_by, acted_at
    FROM kept WHERE NOT base_merge AND kept IN (SELECT loose FROM unit)
),
acted AS (
    SELECT maker, author AS account, true AS wrote, acted_at FROM made WHERE author IS NOT NULL
    UNION ALL
    SELECT m.maker, c.value, true, m.acted_at
    FROM code_commit__coauthors AS c JOIN made AS m ON m.repository = c.repository AND m.sha = c.sha
    UNION ALL
    SELECT maker, committer, false, acted_at
    FROM made WHERE listed AND committer NOT IN ('github:web-flow', 'git:noreply@github.com')
    UNION ALL
    SELECT maker, pushed_by, false, acted_at FROM made WHERE listed AND pushed_by IS NOT NULL
    UNION ALL
    SELECT pull, author, true, coalesce(created_at, merged_at, TIMESTAMP '9999-12-30')
    FROM pull WHERE author IS NOT NULL
)
SELECT
    a.maker, list(h.human) FILTER (h.human IS NOT NULL) AS humans,
    list(a.account) FILTER (h.state IS DISTINCT FROM 'shared') AS accounts,
    list(h.human) FILTER (a.wrote AND h.human IS NOT NULL) AS authors,
    bool_or(coalesce(h.state IN ('ambiguous', 'shared'), true)) AS is_unknown
FROM acted AS a
LEFT JOIN hand AS h ON h.account = a.account AND h.f <= a.acted_at AND a.acted_at < h.t
GROUP BY a.maker;

CREATE TEMP TABLE unseen AS
SELECT pull, bool_or(repository IN (SELECT repository FROM kept)) AS history
FROM claim
WHERE listed AND kept IS NULL AND pull NOT IN (
    SELECT pull FROM claim WHERE is_merge AND kept IS NOT NULL AND kept NOT IN (FROM merged_of_two)
)
GROUP BY pull;

CREATE TEMP TABLE scene AS
SELECT
    u.*, m.humans, m.accounts, m.authors, m.maker IS NULL AND x.pull IS NULL AS nobody,
    coalesce(m.is_unknown, false) OR x.pull IS NOT NULL AS is_unknown,
    CASE WHEN a.unit IS NULL THEN h.human END AS deployer,
    a.unit IS NULL AND h.person IS NULL AND h.state IS DISTINCT FROM 'bot'
        AND NOT (coalesce(u.by_pipeline, false) AND u.actor IS NULL) AS is_lost,
    r.f AS roster_from
FROM live AS u
LEFT JOIN maker AS m ON m.maker = u.maker
LEFT JOIN (
    SELECT u.unit, x.pull
    FROM unseen AS x
    JOIN live AS u ON u.pull = x.pull
    WHERE x.history
        OR EXISTS (FROM gap AS g WHERE g.of_commits AND g.system = u.system AND g.f <= u.started_at_latest)
) AS x ON x.unit = u.unit
LEFT JOIN (
    SELECT DISTINCT u.unit
    FROM live AS u
    JOIN pipeline_agreement AS a ON a.system = u.system
        AND coalesce(a.valid_from, a.agreed_at_latest) <= u.started_at AND u.started_at < coalesce(a.valid_to, N())
    WHERE u.by_pipeline
) AS a ON a.unit = u.unit
LEFT JOIN hand AS h ON h.account = u.actor AND h.f <= u.started_at AND u.started_at < h.t
LEFT JOIN (
    SELECT s.system, min(coalesce(r.valid_from, E())) AS f
    FROM (SELECT DISTINCT system FROM live) AS s
    JOIN roster AS r ON (r.scope = s.system OR r.scope = '*') AND r.duty = 'release'
    GROUP BY s.system
) AS r ON r.system = u.system;

-- C, D, G, H: reviews and decisions, whose they are, and which of them were taken back.
CREATE TEMP TABLE vote AS
SELECT
    row_number() OVER () AS vote, v.*, h.person, h.human, h.state AS hand_state, coalesce(h.human, v.account) AS hand
FROM (
    SELECT
        p.pull, NULL::VARCHAR AS ticket, r.reviewer AS account, r.submitted_at AS f, r.submitted_at_latest AS t,
        r.commit_sha,
        r.dismissed_at AS ended, r.dismissed_at_latest AS ended_latest,
        r.state = 'dismissed' AND r.dismissed_at IS NULL AS ended_unknown, r.conflicted,
        r.state IN ('approved', 'dismissed') OR r.conflicted AS gives,
        r.state = 'changes_requested' OR r.conflicted AS refuses
    FROM review AS r JOIN pull AS p ON p.id = r.pull_request
    WHERE r.state IN ('approved', 'dismissed', 'changes_requested') OR r.conflicted
    UNION ALL
    SELECT
        NULL, subject, approver, decided_at, decided_at_latest, NULL, withdrawn_at, withdrawn_at_latest, false,
        conflicted,
        decision = 'approve' OR conflicted, decision = 'reject' OR conflicted
    FROM approval WHERE duty = 'release'
) AS v
LEFT JOIN hand AS h ON h.account = v.account AND h.f <= v.f AND v.f < h.t;

CREATE TEMP TABLE given AS
WITH back AS (
    SELECT
        g.vote, min(CASE WHEN NOT r.conflicted THEN greatest(r.f, g.f) END) AS f,
        min(CASE WHEN NOT r.conflicted THEN CASE WHEN r.f > g.t THEN r.t ELSE N() END END) AS t,
        min(CASE WHEN r.conflicted THEN greatest(r.f, g.f) END) AS doubt
    FROM (FROM vote WHERE refuses) AS r
    JOIN vote AS g ON g.pull IS NOT DISTINCT FROM r.pull AND g.ticket IS NOT DISTINCT FROM r.ticket
        AND g.hand = r.hand AND g.vote <> r.vote AND r.t >= g.f
    WHERE g.gives
    GROUP BY g.vote
),
reopened AS (
    -- Approvals of tickets that were put back, up to the start of this release.
    SELECT
        u.unit, g.vote, min(CASE WHEN NOT b.conflicted THEN greatest(b.f, g.f) END) AS f,
        min(CASE WHEN NOT b.conflicted THEN CASE WHEN b.f > g.t AND b.t <= u.started_at THEN b.t ELSE N() END END) AS t,
        min(CASE WHEN b.conflicted THEN greatest(b.f, g.f) END) AS doubt
    FROM put_back AS b
    JOIN vote AS g ON g.ticket = b.ticket AND b.t >= g.f
    JOIN ticket_of AS n ON n.ticket = b.ticket
    JOIN live AS u ON u.unit = n.unit AND b.f <= u.started_at_latest AND g.f <= u.started_at_latest
    WHERE g.gives
    GROUP BY u.unit, g.vote
),
row AS (
    SELECT u.unit, v.vote, v.account, v.person, v.human, v.hand_state, v.hand, v.f, v.t, v.commit_sha, v.ended, v.ended_latest,
        v.ended_unknown, v.conflicted, false AS trailer
    FROM vote AS v JOIN live AS u ON u.pull = v.pull
    WHERE v.gives AND NOT u.emergency
    UNION ALL
    SELECT u.unit, v.vote, v.account, v.person, v.human, v.hand_state, v.hand, v.f, v.t, NULL, v.ended, v.ended_latest,
        false, v.conflicted, false
    FROM vote AS v JOIN ticket_of AS n ON n.ticket = v.ticket JOIN live AS u ON u.unit = n.unit
    WHERE v.gives AND NOT u.emergency
    UNION ALL
    SELECT
        u.unit, NULL, r.value, h.person, h.human, h.state, coalesce(h.human, r.value), k.committed_at,
        k.committed_at_latest, k.sha,
        NULL, NULL, false, k.conflicted, true
    FROM code_commit__reviewed_by AS r
    JOIN live AS u ON u.repository = r.repository AND u.sha = r.sha
    JOIN kept AS k ON k.repository = r.repository AND k.sha = r.sha
    LEFT JOIN hand AS h ON h.account = r.value AND h.f <= k.committed_at AND k.committed_at < h.t
    WHERE k.committed_at IS NOT NULL AND NOT u.emergency
)
SELECT
    row_number() OVER () AS given, r.*, least(r.ended, b.f, o.f) AS ended_at, least(r.ended_latest, b.t, o.t) AS ended_at_latest,
    b.t IS NOT NULL AND b.t < coalesce(r.ended_latest, N() + INTERVAL 1 DAY) AND b.t <= coalesce(o.t, N()) AS refused,
    least(b.doubt, o.doubt) AS doubt
FROM row AS r
LEFT JOIN back AS b ON b.vote = r.vote
LEFT JOIN reopened AS o ON o.unit = r.unit AND o.vote = r.vote;

CREATE TEMP TABLE shown AS
SELECT g.given, bool_or(m.f <= g.f AND g.t < m.t) AS sure
FROM given AS g
JOIN live AS u ON u.unit = g.unit
JOIN mandate AS m ON m.person = g.person AND m.duty = 'release' AND (m.scope = u.system OR m.scope = '*')
    AND m.f <= g.t AND g.f < m.u
GROUP BY g.given;

CREATE TEMP TABLE titled AS
SELECT
    g.given,
    bool_or(
        j.f <= g.f AND g.t < j.t AND coalesce(e.f, E()) <= g.f AND g.t < coalesce(e.t, N())
    ) AS sure
FROM given AS g
JOIN scene AS s ON s.unit = g.unit AND (s.roster_from IS NULL OR s.roster_from > g.f)
JOIN job_held AS j ON j.person = g.person AND j.f <= g.t AND g.f < j.t
JOIN role_authority AS r
    ON r.role = j.role AND r.duty = 'release' AND (r.scope = s.system OR r.scope = '*') AND NOT j.conflicted
LEFT JOIN employed AS e ON e.person = g.person
WHERE coalesce(e.f, E()) <= g.t AND g.f < coalesce(e.u, N())
    AND greatest(j.f, coalesce(e.f, E())) < least(j.t, coalesce(e.u, N()))
GROUP BY g.given;

-- Which content they saw: another commit of equal content, or with only clean merges of the base after it.
CREATE TEMP TABLE equal AS
WITH RECURSIVE clean AS (
    SELECT p.pull, p.repository, p.head_sha AS sha
    FROM (FROM kept WHERE base_merge) AS k JOIN pull AS p ON p.repository = k.repository AND p.head_sha = k.sha
    UNION
    SELECT c.pull, c.repository, l.sha
    FROM clean AS c
    JOIN kept AS k ON k.repository = c.repository AND k.sha = c.sha AND k.base_merge
    JOIN code_commit__parents AS p ON p.repository = c.repository AND p.sha = c.sha
    JOIN listed AS l ON l.pull = c.pull AND l.sha = p.value
)
SELECT g.given
FROM given AS g
JOIN live AS u ON u.unit = g.unit
WHERE g.commit_sha <> u.final AND (
    EXISTS (
        FROM twin AS a JOIN twin AS b ON b.repository = a.repository AND b.tree_sha = a.tree_sha
        WHERE a.repository = u.repository AND a.sha = g.commit_sha AND b.sha = u.final
    )
    OR EXISTS (FROM clean AS c WHERE c.pull = u.pull AND c.sha = g.commit_sha)
);

CREATE TEMP TABLE push AS
SELECT
    x.unit, CASE WHEN bool_and(k.pushed_at IS NOT NULL) THEN max(k.pushed_at_latest) END AS latest,
    max(k.pushed_at) AS f
FROM (
    SELECT DISTINCT u.unit, u.pull, u.loose
    FROM given AS g JOIN live AS u ON u.unit = g.unit
    WHERE g.commit_sha IS NULL OR u.final IS NULL
) AS x
JOIN (SELECT pull, kept FROM link WHERE listed UNION ALL SELECT NULL, loose FROM unit WHERE loose IS NOT NULL) AS l
    ON l.pull = x.pull OR l.kept = x.loose
JOIN kept AS k ON k.kept = l.kept
WHERE NOT (k.base_merge AND x.pull IS NOT NULL)
GROUP BY x.unit;

CREATE TEMP TABLE subordinate AS
SELECT DISTINCT x.given
FROM (
    SELECT g.given, g.human, g.f, unnest(s.authors) AS author
    FROM given AS g JOIN scene AS s ON s.unit = g.unit
    WHERE g.person IS NOT NULL
) AS x
JOIN superior AS s ON s.human = x.human AND s.manager = x.author AND s.f <= x.f AND x.f < s.t;

CREATE TEMP TABLE approved AS
WITH fact AS (
    SELECT
        g.unit, g.hand, g.conflicted,
        CASE
            WHEN g.t < s.started_at + s.skew THEN 'before'
            WHEN g.f > s.started_at_latest + s.skew THEN 'after'
            WHEN s.day_grained THEN 'before'
            ELSE 'unclear'
        END AS came,
        CASE
            WHEN g.person IS NULL THEN 'unlinked'
            WHEN w.sure THEN 'roster'
            WHEN NOT w.sure THEN 'unclear'
            WHEN s.roster_from <= g.f THEN 'none'
            WHEN t.sure AND coalesce(s.roster_from > g.t, true) THEN 'title'
            WHEN t.given IS NOT NULL THEN 'title_unclear'
            ELSE 'no_roster'
        END AS authority,
        CASE
            WHEN g.commit_sha IS NULL AND s.merged_at_latest < g.f THEN 'final'
            WHEN s.final IS NULL AND p.f > g.t THEN 'stale'
            WHEN s.final IS NULL THEN 'unknown'
            WHEN g.commit_sha = s.final OR e.given IS NOT NULL THEN 'final'
            WHEN g.commit_sha IS NOT NULL THEN 'stale'
            WHEN p.latest < g.f THEN 'final'
            ELSE 'unknown'
        END AS content,
        CASE
            WHEN list_contains(s.humans, g.human) OR list_contains(s.accounts, g.account) THEN 30
            WHEN g.hand_state = 'bot' OR b.account IS NOT NULL THEN 15
            WHEN g.hand_state = 'shared' THEN 77
            WHEN g.person IS NULL THEN 78
            WHEN s.nobody THEN 75
            WHEN s.is_unknown THEN 76
            ELSE 90
        END AS apart_from_makers,
        CASE
            WHEN g.conflicted THEN 90
            WHEN g.ended_at_latest <= s.started_at THEN CASE WHEN g.refused THEN 40 ELSE 25 END
            WHEN g.doubt <= s.started_at_latest THEN 79
            WHEN g.ended_unknown THEN 70
            WHEN g.ended_at <= s.started_at_latest THEN 73
            ELSE 90
        END AS held,
        CASE
            WHEN g.human = s.deployer THEN 30
            WHEN u.given IS NOT NULL THEN CASE WHEN q.subordinate = 'exception' THEN 31 ELSE 71 END
            WHEN g.person IS NULL THEN 78
            WHEN s.is_lost THEN 77
            ELSE 90
        END AS apart,
        g.trailer AND NOT q.accept_review_trailers AS only_said, q.allow_role_title
    FROM given AS g
    CROSS JOIN parameter AS q
    JOIN scene AS s ON s.unit = g.unit
    LEFT JOIN shown AS w ON w.given = g.given
    LEFT JOIN titled AS t ON t.given = g.given
    LEFT JOIN equal AS e ON e.given = g.given
    LEFT JOIN push AS p ON p.unit = g.unit
    LEFT JOIN subordinate AS u ON u.given = g.given
    LEFT JOIN (FROM owner WHERE robot) AS b ON b.account = g.account
),
ranked AS (
    SELECT
        unit, hand, came, apart,
        CASE
            WHEN conflicted THEN 79
            WHEN apart_from_makers IN (15, 30) THEN apart_from_makers
            WHEN content = 'stale' THEN 35
            WHEN authority = 'none' THEN 33
            WHEN apart_from_makers < 90 THEN apart_from_makers
            WHEN content = 'unknown' THEN 74
            WHEN authority = 'unclear' OR (authority = 'title_unclear' AND allow_role_title) THEN 73
            WHEN authority IN ('no_roster', 'title_unclear') OR (authority = 'title' AND NOT allow_role_title) THEN 72
            WHEN only_said THEN 71
            ELSE 90
        END AS fact,
        CASE
            WHEN came = 'after' THEN 20
            WHEN held < 50 OR held = 79 THEN held
            WHEN came = 'unclear' THEN 73
            ELSE held
        END AS in_force,
        CASE authority
            WHEN 'roster' THEN 90 WHEN 'unlinked' THEN 78 WHEN 'unclear' THEN 73 WHEN 'none' THEN 33 ELSE 72
        END AS by_roster
    FROM fact
),
person AS (
    SELECT
        unit, hand, max(least(fact, in_force)) AS counts,
        max(CASE WHEN fact < 50 THEN 0 WHEN came = 'before' THEN 90 WHEN came = 'unclear' THEN 73 ELSE 20 END)
            AS timely,
        max(CASE WHEN in_force < 50 OR (fact < 50 AND fact <> 33) THEN 0 ELSE least(by_roster, in_force) END)
            AS by_roster,
        max(CASE WHEN least(fact, in_force) < 50 THEN 0 ELSE apart END) AS apart
    FROM ranked GROUP BY unit, hand
)
SELECT
    unit, count(*) FILTER (counts = 90) AS sure, count(*) FILTER (counts >= 50) AS possible,
    max(counts) FILTER (counts < 90) AS best, count(*) FILTER (timely = 90) AS in_time,
    count(*) FILTER (timely >= 50) AS maybe_in_time, count(*) FILTER (timely >= 20) AS at_any_time,
    count(*) FILTER (by_roster = 90) AS rostered, count(*) FILTER (by_roster >= 50) AS maybe_rostered,
    max(by_roster) FILTER (by_roster < 90) AS best_rostered, bool_or(by_roster = 33) AS without_authority,
    count(*) FILTER (apart = 90) AS apart, count(*) FILTER (apart >= 50) AS maybe_apart,
    max(apart) FILTER (apart < 90) AS best_apart, max(apart) FILTER (apart < 50) AS not_apart
FROM person GROUP BY unit;

-- E: what was built, and whether the content to be approved is in it.
CREATE TEMP TABLE built AS
SELECT
    u.unit, a.conflicted, a.commit_sha = u.released OR EXISTS (
        FROM twin AS o JOIN twin AS c ON c.repository = o.repository AND c.tree_sha = o.tree_sha
        WHERE o.repository = u.repository AND o.sha = a.commit_sha AND c.sha = u.released
    ) AS same
FROM (FROM unit WHERE settled IS NULL AND digest IS NOT NULL) AS u JOIN artefact AS a ON a.digest = u.digest;

CREATE TEMP TABLE carried AS
SELECT u.unit
FROM (FROM unit WHERE settled IS NULL AND NOT has_head) AS u
JOIN pull AS p ON p.pull = u.pull
JOIN release AS r ON r.release = u.release
JOIN change_set AS s ON s.deployment = r.id AND s.repository = u.repository AND s.sha IN (p.head_sha, p.merge_sha)
UNION
SELECT u.unit
FROM (FROM unit WHERE settled IS NULL AND NOT has_head) AS u
JOIN twin AS f ON f.repository = u.repository AND f.sha = u.final
JOIN twin AS c ON c.repository = f.repository AND c.tree_sha = f.tree_sha
JOIN part AS p ON p.release = u.release AND p.repository = c.repository AND p.sha = c.sha;

-- I: acceptances by the business.
CREATE TEMP TABLE functional AS
SELECT
    unit, bool_or(coalesce(functional AND NOT conflicted, false)) AS is_functional,
    bool_or(conflicted OR type_unclear OR coalesce(is_change AND functional IS NULL, false)) AS is_open,
    bool_or(coalesce(is_change AND functional IS NOT NULL, false)) AS is_said
FROM ticket_of WHERE known GROUP BY unit;

CREATE TEMP TABLE accepted AS
WITH uat AS (
    SELECT a.*, h.person, h.human, coalesce(h.human, a.approver) AS hand
    FROM (FROM approval WHERE duty = 'uat') AS a
    LEFT JOIN hand AS h ON h.account = a.approver AND h.f <= a.decided_at AND a.decided_at < h.t
),
back AS (
    SELECT
        g.id, min(CASE WHEN NOT r.conflicted THEN greatest(r.decided_at, g.decided_at) END) AS f,
        min(CASE WHEN r.decided_at > g.decided_at_latest AND NOT r.conflicted THEN r.decided_at_latest END) AS t,
        min(CASE WHEN r.conflicted THEN greatest(r.decided_at, g.decided_at) END) AS doubt
    FROM (
        SELECT subject, hand, id, decided_at, decided_at_latest, conflicted
        FROM uat WHERE decision = 'reject' OR conflicted
        UNION ALL SELECT ticket, NULL, NULL, f, t, conflicted FROM put_back
    ) AS r
    JOIN uat AS g ON g.subject = r.subject AND r.decided_at_latest >= g.decided_at
        AND (r.id IS NULL OR (g.hand = r.hand AND g.id <> r.id))
    GROUP BY g.id
),
given AS (
    SELECT
        s.*, a.id, a.approver, a.person, a.human, a.decided_at AS f, a.decided_at_latest AS t, a.withdrawn_at,
        a.withdrawn_at_latest,
        a.conflicted
    FROM uat AS a
    JOIN ticket_of AS n ON n.ticket = a.subject
    JOIN scene AS s ON s.unit = n.unit
    WHERE a.decision = 'approve' OR a.conflicted
),
trace AS (
    -- When the first of an accepted change was there, where every commit of it tells a time.
    SELECT unit, min(f) AS f, min(t) AS t
    FROM (
        SELECT g.unit, p.created_at AS f, r.created_at_latest AS t, false AS unseen
        FROM (SELECT DISTINCT unit, pull FROM given) AS g JOIN pull AS p ON p.pull = g.pull JOIN pull_request AS r ON r.id = p.id
        UNION ALL
        SELECT
            g.unit, least(c.authored_at, c.committed_at, c.pushed_at),
            least(c.authored_at_latest, c.committed_at_latest, c.pushed_at_latest),
            coalesce(c.authored_at, c.committed_at, c.pushed_at) IS NULL
        FROM (
            SELECT DISTINCT g.unit, g.repository, CASE WHEN g.pull IS NULL THEN g.sha ELSE l.sha END AS sha
            FROM given AS g LEFT JOIN listed AS l ON l.pull = g.pull
        ) AS g
        LEFT JOIN code_commit AS c ON c.repository = g.repository AND c.sha = g.sha
    )
    GROUP BY unit
    HAVING NOT bool_or(unseen)
),
business AS (
    SELECT unit, id, bool_or(sure) AS sure
    FROM (
        SELECT g.unit, g.id, m.f <= g.f AND g.t < m.t AS sure
        FROM given AS g
        JOIN mandate AS m ON m.person = g.person AND m.duty = 'uat' AND (m.scope = g.system OR m.scope = '*')
        WHERE m.f <= g.t AND g.f < m.u
        UNION ALL
        SELECT g.unit, g.id, coalesce(j.valid_from, E()) <= g.f AND g.t < coalesce(j.valid_to, N())
        FROM given AS g
        CROSS JOIN parameter AS q
        JOIN job AS j
            ON j.person = g.person AND list_contains(string_split(lower(q.business_units), ';'), lower(j.unit))
        WHERE coalesce(j.valid_from, E()) <= g.t AND g.f < coalesce(j.valid_to, N())
    )
    GROUP BY unit, id
)
SELECT
    g.unit,
    max(
        CASE
            WHEN g.conflicted THEN 79
            WHEN list_contains(g.humans, g.human) OR list_contains(g.accounts, g.approver) THEN 30
            WHEN g.withdrawn_at_latest <= g.started_at OR r.t <= g.started_at THEN 25
            WHEN x.f > g.t + g.skew THEN 22
            WHEN g.f > g.started_at_latest + g.skew AND NOT (g.emergency AND q.tests_may_follow_emergency) THEN 20
            WHEN g.person IS NULL THEN 78
            WHEN b.id IS NULL THEN 28
            WHEN r.doubt <= g.started_at_latest THEN 79
            WHEN g.nobody OR g.is_unknown THEN 77
            WHEN NOT b.sure OR g.withdrawn_at <= g.started_at_latest OR r.f <= g.started_at_latest THEN 73
            WHEN x.t >= g.f + g.skew AND NOT q.day_grained THEN 73
            WHEN g.t < g.started_at + g.skew OR q.day_grained OR (g.emergency AND q.tests_may_follow_emergency) THEN 90
            ELSE 73
        END
    ) AS rank
FROM given AS g
CROSS JOIN parameter AS q
LEFT JOIN business AS b ON b.unit = g.unit AND b.id = g.id
LEFT JOIN back AS r ON r.id = g.id
LEFT JOIN trace AS x ON x.unit = g.unit
GROUP BY g.unit;

CREATE TEMP VIEW by_hand AS
SELECT
    u.item, u.system, u.operating_at, u.operating_at_latest,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN v.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN a.rank = 90 THEN 'pass'
        WHEN a.rank = 80 THEN 'cannot_test:migrated_history'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank = 77 THEN 'cannot_test:type_unknown'
        WHEN a.rank IS NULL THEN CASE WHEN g.change THEN 'cannot_test:source_gap' ELSE 'exception:no_ticket' END
        WHEN g.ticket OR h.unit IS NOT NULL THEN 'cannot_test:source_gap'
        WHEN a.rank = 40 THEN 'exception:authorised_late'
        WHEN a.rank = 35 THEN 'exception:authorisation_withdrawn'
        WHEN a.rank = 30 THEN 'exception:not_authorised'
        WHEN a.rank = 20 THEN 'exception:wrong_ticket_type'
        ELSE 'exception:ticket_not_found'
    END AS A,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN d.names IS NULL AND (t.unit IS NULL OR NOT t.assumed OR NOT q.seen_tests_where_none_named)
            THEN 'cannot_test:no_required_checks'
        WHEN t.assumed AND g.run THEN 'cannot_test:source_gap'
        WHEN t.assumed AND t.succeeded > 0 AND t.succeeded < t.names THEN 'cannot_test:no_required_checks'
        WHEN t.failed THEN 'exception:check_failed'
        WHEN t.skipped THEN 'exception:check_skipped'
        WHEN (t.late OR t.missing OR coalesce(t.names, 0) < d.names) AND g.run THEN 'cannot_test:source_gap'
        WHEN t.missing OR coalesce(t.names, 0) < d.names THEN 'exception:check_missing'
        WHEN t.late THEN 'exception:check_late'
        WHEN t.in_conflict THEN 'cannot_test:conflict'
        WHEN t.without_time THEN 'cannot_test:check_time_unknown'
        WHEN t.unclear THEN 'cannot_test:time_order_unclear'
        ELSE 'pass'
    END AS B,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN v.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN r.sure >= q.approvals_needed THEN 'pass'
        WHEN r.possible >= q.approvals_needed THEN
            CASE r.best
                WHEN 79 THEN 'cannot_test:conflict'
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 77 THEN 'cannot_test:shared_account'
                WHEN 76 THEN 'cannot_test:contributor_unlinked'
                WHEN 75 THEN 'cannot_test:contributor_unknown'
                WHEN 74 THEN 'cannot_test:content_unknown'
                WHEN 73 THEN 'cannot_test:time_order_unclear'
                WHEN 72 THEN 'cannot_test:no_roster'
                WHEN 71 THEN 'cannot_test:trailer_only'
                ELSE 'cannot_test:dismissal_time_unknown'
            END
        WHEN g.review THEN 'cannot_test:source_gap'
        WHEN r.unit IS NULL AND u.pull IS NULL THEN 'exception:no_pull_request'
        WHEN r.unit IS NULL THEN 'exception:no_approval'
        WHEN r.possible > 0 THEN 'exception:too_few_approvals'
        WHEN r.best = 40 THEN 'exception:changes_requested'
        WHEN r.best = 35 THEN 'exception:stale_approval'
        WHEN r.best = 33 THEN 'exception:no_authority'
        WHEN r.best = 30 THEN 'exception:not_independent'
        WHEN r.best = 25 THEN 'exception:approval_withdrawn'
        WHEN r.best = 20 THEN 'exception:no_live_approval'
        ELSE 'exception:approver_not_a_person'
    END AS C,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN v.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN r.in_time >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_in_time >= q.approvals_needed THEN 'cannot_test:time_order_unclear'
        WHEN r.at_any_time >= q.approvals_needed THEN 'exception:approved_late'
        WHEN r.unit IS NOT NULL THEN 'na:no_counting_approval'
        WHEN g.review THEN 'cannot_test:source_gap'
        ELSE 'exception:no_approval'
    END AS D,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN b.conflicted THEN 'cannot_test:conflict'
        WHEN NOT coalesce(b.same, b.unit IS NULL) THEN 'exception:other_commit'
        WHEN NOT u.has_head AND k.unit IS NULL AND u.final IS NULL THEN 'cannot_test:head_unknown'
        WHEN NOT u.has_head AND k.unit IS NULL THEN 'exception:head_not_deployed'
        WHEN u.digest IS NOT NULL AND b.unit IS NULL THEN
            CASE WHEN g.artefact THEN 'cannot_test:source_gap' ELSE 'exception:artefact_unknown' END
        WHEN u.digest IS NULL AND NOT coalesce(u.by_pipeline, true) THEN 'cannot_test:no_digest'
        ELSE 'pass'
    END AS E,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN e.rank = 90 THEN 'exception:material_edit'
        WHEN e.rank = 50 THEN 'cannot_test:conflict'
        WHEN e.rank = 40 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank = 80 THEN 'cannot_test:migrated_history'
        WHEN a.rank = 79 THEN 'cannot_test:conflict'
        WHEN a.rank = 78 THEN 'cannot_test:time_order_unclear'
        WHEN a.rank IS NULL OR a.rank < 90 THEN 'na:nothing_authorised'
        WHEN g.ticket OR y.unit IS NOT NULL THEN 'cannot_test:source_gap'
        ELSE 'pass'
    END AS F,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN v.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN r.rostered >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_rostered >= q.approvals_needed THEN
            CASE r.best_rostered
                WHEN 79 THEN 'cannot_test:conflict'
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 72 THEN 'cannot_test:no_roster'
                WHEN 70 THEN 'cannot_test:dismissal_time_unknown'
                ELSE 'cannot_test:time_order_unclear'
            END
        WHEN r.without_authority THEN 'exception:no_authority'
        ELSE 'na:no_counting_approval'
    END AS G,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN v.emergency THEN 'na:emergency_tested_by_t12'
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN r.apart >= q.approvals_needed THEN 'pass'
        WHEN r.maybe_apart >= q.approvals_needed THEN
            CASE r.best_apart
                WHEN 78 THEN 'cannot_test:approver_unlinked'
                WHEN 77 THEN 'cannot_test:deployer_unlinked'
                ELSE 'cannot_test:subordinate_approved'
            END
        WHEN r.not_apart = 31 THEN 'exception:subordinate_approved'
        WHEN r.not_apart = 30 THEN 'exception:approver_is_deployer'
        ELSE 'na:no_counting_approval'
    END AS H,
    CASE
        WHEN u.settled IS NOT NULL THEN u.settled
        WHEN u.started_at IS NULL THEN 'cannot_test:start_unknown'
        WHEN n.is_said AND NOT n.is_functional AND NOT n.is_open THEN 'na:not_functional'
        WHEN w.rank = 90 THEN 'pass'
        WHEN NOT coalesce(n.is_functional, false) THEN 'cannot_test:functional_unknown'
        WHEN w.rank = 79 THEN 'cannot_test:conflict'
        WHEN w.rank = 78 THEN 'cannot_test:acceptor_unlinked'
        WHEN w.rank = 77 THEN 'cannot_test:contributor_unknown'
        WHEN w.rank = 73 THEN 'cannot_test:time_order_unclear'
        WHEN g.ticket THEN 'cannot_test:source_gap'
        WHEN w.rank = 30 THEN 'exception:accepted_by_contributor'
        WHEN w.rank = 28 THEN 'exception:acceptor_not_business'
        WHEN w.rank = 25 THEN 'exception:acceptance_withdrawn'
        WHEN w.rank = 22 THEN CASE WHEN g.change THEN 'cannot_test:source_gap' ELSE 'exception:accepted_too_early' END
        WHEN w.rank = 20 THEN 'exception:accepted_late'
        ELSE 'exception:no_uat'
    END AS I
FROM unit AS u
CROSS JOIN parameter AS q
LEFT JOIN (SELECT unit, true AS emergency FROM emergency) AS v ON v.unit = u.unit
LEFT JOIN hole AS g ON g.unit = u.unit
LEFT JOIN (SELECT unit, max(rank) AS rank FROM authorised GROUP BY unit) AS a ON a.unit = u.unit
LEFT JOIN hidden AS h ON h.unit = u.unit
LEFT JOIN unseen_edit AS y ON y.unit = u.unit
LEFT JOIN edited AS e ON e.unit = u.unit
LEFT JOIN tested AS t ON t.unit = u.unit
LEFT JOIN demand AS d ON d.system = u.system AND d.f <= u.started_at AND u.started_at < d.t
LEFT JOIN approved AS r ON r.unit = u.unit
LEFT JOIN built AS b ON b.unit = u.unit
LEFT JOIN carried AS k ON k.unit = u.unit
LEFT JOIN functional AS n ON n.unit = u.unit
LEFT JOIN accepted AS w ON w.unit = u.unit
