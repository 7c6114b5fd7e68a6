-- roster_start: from when on a dated roster exists for a scope and duty (audit-domain 4.0, Authority at the time).
-- From then on a person who is not on it had no authority; before it, and without any row, nobody can tell.
SELECT
    r.scope AS scope,
    r.duty AS duty,
    MIN(COALESCE(r.valid_from, TIMESTAMP '0001-01-01 00:00:00')) AS begins_at
FROM roster AS r
GROUP BY r.scope, r.duty
