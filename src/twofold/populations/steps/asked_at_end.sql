-- asked_at_end: whose things are asked for when an engagement ends (audit-domain T-26). One row per engagement that has an end and
-- per engagement asked for: itself, those that it goes on from, one after the other, and any within these that ended without anybody
-- leaving (goes_on in leaving), under whichever HR id. The ends of these ask for nothing themselves. Followed over 90 links, so that
-- a circle in the data ends.
--   ending       the engagement that ends
--   engagement   whose things are asked for
WITH RECURSIVE before_end AS (
    SELECT l.engagement AS ending, l.engagement AS engagement, 0 AS links
    FROM leaving AS l
    UNION ALL
    SELECT b.ending AS ending, e.follows AS engagement, b.links + 1 AS links
    FROM before_end AS b
    JOIN engagement AS e ON e.id = b.engagement
    WHERE e.follows IS NOT NULL AND b.links < 90
)
SELECT b.ending AS ending, b.engagement AS engagement
FROM before_end AS b
UNION
SELECT b.ending AS ending, l.engagement AS engagement
FROM before_end AS b
JOIN engagement AS e ON e.id = b.engagement
JOIN same_human AS w ON w.person = e.person
JOIN same_human AS o ON o.human = w.human
JOIN leaving AS l ON l.person = o.person AND l.goes_on
LEFT JOIN leaving AS x ON x.engagement = e.id
WHERE (e.started_at IS NULL OR e.started_at <= l.started_at) AND (x.ended_at IS NULL OR x.ended_at > l.ended_at_latest)
