-- repository_now: the name that a repository has now, for each name that it had before (audit-domain T-14, traps).
-- One row per name given up by a rename or a move, over at most three of them. A name that the repository took back later
-- was not given up.
WITH hop AS (
    SELECT e.repository AS name, MAX(e.new_name) AS next_name
    FROM repository_event AS e
    WHERE e.new_name IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM repository_event AS l WHERE l.new_name = e.repository AND l.occurred_at > e.occurred_at
        )
    GROUP BY e.repository
)
SELECT
    a.name AS name,
    COALESCE(c.next_name, b.next_name, a.next_name) AS current_name
FROM hop AS a
LEFT JOIN hop AS b ON b.name = a.next_name
LEFT JOIN hop AS c ON c.name = b.next_name
