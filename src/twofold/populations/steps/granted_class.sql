-- granted_class: which classes of rights each grant gave (audit-domain 4.0, Authority at the time; T-01, nested groups).
-- One row per item of granted_right and class: that of each right given, normal where the catalogue names none, and any but normal
-- of the rights that it nests, since whoever may not give a privileged right may not give a group that holds one.
SELECT
    g.item AS item,
    COALESCE(r.class, 'normal') AS class
FROM granted_right AS g
LEFT JOIN access_right AS r ON r.id = g.right_id
UNION
SELECT
    g.item AS item,
    n.class AS class
FROM granted_right AS g
JOIN right_content AS c ON c.right_id = g.right_id
JOIN access_right AS n ON n.id = c.holds
WHERE n.class <> 'normal'
