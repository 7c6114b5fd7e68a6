-- request_coverage: which rights a request covers (audit-domain T-01, "granted rights within approved", and nested groups).
-- One row per request and right that it lists, that a listed right nests, or that is a group whose nested rights are all among these.
WITH opened AS (
    SELECT l.id AS request, l.value AS right_id FROM access_request__rights AS l
    UNION
    SELECT l.id AS request, c.holds AS right_id
    FROM access_request__rights AS l
    JOIN right_content AS c ON c.right_id = l.value
),
content AS (
    SELECT c.right_id AS right_id, COUNT(*) AS nested FROM right_content AS c GROUP BY c.right_id
)
SELECT o.request AS request, o.right_id AS right_id FROM opened AS o
UNION
SELECT o.request AS request, c.right_id AS right_id
FROM opened AS o
JOIN right_content AS c ON c.holds = o.right_id
JOIN content AS n ON n.right_id = c.right_id
GROUP BY o.request, c.right_id, n.nested
HAVING COUNT(*) = n.nested
