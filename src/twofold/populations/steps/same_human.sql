-- same_human: which HR ids are one human being (audit-domain T-02, "contractor turned employee: new HR id, same person").
-- One row per HR id of engagement or job. An engagement that continues another one (follows) under another id makes the two
-- ids one human, who carries the first id of the chain. Followed over 90 links, so that a circle in the data ends.
WITH RECURSIVE chain AS (
    SELECT e.person AS person, f.person AS human, 1 AS links
    FROM engagement AS e
    JOIN engagement AS f ON f.id = e.follows AND f.person <> e.person
    UNION ALL
    SELECT DISTINCT c.person AS person, f.person AS human, c.links + 1 AS links
    FROM chain AS c
    JOIN engagement AS e ON e.person = c.human
    JOIN engagement AS f ON f.id = e.follows AND f.person <> e.person
    WHERE c.links < 90
)
SELECT k.person AS person, COALESCE(MIN(c.human), k.person) AS human
FROM (SELECT e.person AS person FROM engagement AS e UNION SELECT j.person AS person FROM job AS j) AS k
LEFT JOIN chain AS c ON c.person = k.person
    AND NOT EXISTS (SELECT 1 FROM chain AS d WHERE d.person = c.human)
GROUP BY k.person
