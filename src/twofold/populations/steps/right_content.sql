-- right_content: the rights that a right nests, four levels deep (audit-domain T-01 and T-05, nested groups).
-- One row per right and right inside it; a right is not listed inside itself.
WITH one AS (
    SELECT c.id AS right_id, c.value AS holds FROM access_right__contains AS c
),
two AS (
    SELECT o.right_id AS right_id, o.holds AS holds FROM one AS o
    UNION
    SELECT o.right_id AS right_id, n.holds AS holds FROM one AS o JOIN one AS n ON n.right_id = o.holds
),
four AS (
    SELECT t.right_id AS right_id, t.holds AS holds FROM two AS t
    UNION
    SELECT t.right_id AS right_id, n.holds AS holds FROM two AS t JOIN two AS n ON n.right_id = t.holds
)
SELECT f.right_id AS right_id, f.holds AS holds FROM four AS f WHERE f.right_id <> f.holds
