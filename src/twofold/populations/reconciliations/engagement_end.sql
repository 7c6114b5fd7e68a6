-- Identity-provider deactivations against HR: a human account was switched off for good, and neither an employee's nor a
-- contractor's end explains it, under whichever HR id of the human (same_human). The end of an earlier engagement explains nothing
-- once the next one has begun (audit-domain T-03: stops the test until explained).
WITH last_event AS (
    SELECT
        e.account AS account,
        e.kind AS kind,
        e.occurred_at AS occurred_at,
        ROW_NUMBER() OVER (PARTITION BY e.account ORDER BY e.occurred_at DESC, e.id DESC) AS newest
    FROM account_event AS e
    WHERE e.kind IN ('enable', 'activate', 'disable', 'delete')
)
SELECT
    l.account AS difference_key,
    l.account || ' (' || COALESCE(a.username, a.email, '?') || ') was switched off on ' || CAST(l.occurred_at AS STRING) AS found,
    'no employment or contract of its person ended' AS missing
FROM last_event AS l
JOIN account AS a ON a.id = l.account AND COALESCE(a.kind, 'human') = 'human'
JOIN system AS s ON s.id = a.system AND s.layer = 'identity'
WHERE l.newest = 1 AND l.kind IN ('disable', 'delete')
    AND NOT EXISTS (
        SELECT 1
        FROM identity AS i
        JOIN same_human AS h ON h.person = i.person
        JOIN same_human AS o ON o.human = h.human
        JOIN engagement AS g ON g.person = o.person
        WHERE i.account = l.account AND i.valid_from <= l.occurred_at AND l.occurred_at < i.valid_to
            AND COALESCE(g.effective_end, g.last_day) IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM same_human AS s
                JOIN engagement AS n ON n.person = s.person
                WHERE s.human = h.human AND n.id <> g.id AND n.started_at >= COALESCE(g.effective_end, g.last_day)
                    AND n.started_at <= l.occurred_at
            )
    )
