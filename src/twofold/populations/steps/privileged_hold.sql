-- privileged_hold: which rights carry privileged power, from when to when (audit-domain T-04, privileged right catalogue).
-- One row per right that can be given and privileged right in it (itself, or nested in it); half open. Privileged is what
-- the catalogue names for that time, the class privileged, and any right that lets its holder give rights.
--   right_id   the right that is given
--   power      the privileged right that it is or holds
WITH power AS (
    SELECT
        k.right_id AS right_id,
        COALESCE(k.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(k.valid_to, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM privileged_right AS k
    UNION
    SELECT
        r.id AS right_id, TIMESTAMP '0001-01-01 00:00:00' AS valid_from, TIMESTAMP '9999-12-31 00:00:00' AS valid_to
    FROM access_right AS r
    WHERE r.class = 'privileged' OR r.grants_rights
)
SELECT p.right_id AS right_id, p.right_id AS power, p.valid_from AS valid_from, p.valid_to AS valid_to FROM power AS p
UNION
SELECT c.right_id AS right_id, p.right_id AS power, p.valid_from AS valid_from, p.valid_to AS valid_to
FROM power AS p
JOIN right_content AS c ON c.holds = p.right_id
