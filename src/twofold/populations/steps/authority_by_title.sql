-- authority_by_title: whose job title carried which duty, when (audit-domain 4.0, Authority at the time). It stands in for a
-- dated roster where there is none and the rule's parameter allows it; a rule asks for the roster first, and one that perhaps had
-- begun by then (roster_start) leaves it open what a title was worth.
-- The time of a job with such a title (job_held: one without an end ends where the next one begins), cut to the stretches in which the person's employment was active. Half open. Stretches may
-- overlap; ask with EXISTS. A person without any row in engagement is judged by the job alone. A job in conflict carries nothing.
--   scope, duty, role  as in role_authority
--   valid_to           surely until then: valid_from <= t < valid_to. Not after valid_from where nothing is sure
--   valid_to_latest    perhaps until then, as in engagement_time
WITH held AS (
    SELECT
        t.scope AS scope,
        t.duty AS duty,
        t.role AS role,
        j.person AS person,
        GREATEST(j.valid_from, COALESCE(e.valid_from, TIMESTAMP '0001-01-01 00:00:00')) AS valid_from,
        LEAST(j.valid_to, COALESCE(e.valid_to, TIMESTAMP '9999-12-31 00:00:00')) AS valid_to,
        LEAST(j.valid_to, COALESCE(e.valid_to_latest, TIMESTAMP '9999-12-31 00:00:00')) AS valid_to_latest
    FROM role_authority AS t
    JOIN job_held AS j ON j.role = t.role AND NOT j.conflicted
    LEFT JOIN engagement_time AS e ON e.person = j.person
)
SELECT
    h.scope AS scope,
    h.duty AS duty,
    h.role AS role,
    h.person AS person,
    h.valid_from AS valid_from,
    h.valid_to AS valid_to,
    h.valid_to_latest AS valid_to_latest
FROM held AS h
WHERE h.valid_from < h.valid_to_latest
