-- access_listing_state: whether only the people allowed could change an object when its access was listed (audit-domain T-32 D,
-- T-33 A). One row per object and moment of a listing.
--   state   1 too_wide: an account of somebody who is not allowed under any HR id (same_human); 2 shared: a shared
--           account that is not allowed by its own name; 4 unlinked: an account that belongs to nobody known; 5 not
--           declared: nobody is declared allowed then; 6 unclear: somebody was allowed in a part only of the time in which
--           the listing may lie, or until a moment that two rows give in two ways; 7 limited
WITH
-- Two rows that give one permission two ends leave it open when it ended.
permission AS (
    SELECT
        a.object AS object,
        a.who AS who,
        COALESCE(h.human, a.who) AS human,
        a.conflicted AS conflicted,
        COALESCE(a.valid_from, TIMESTAMP '0001-01-01 00:00:00') AS valid_from,
        COALESCE(CASE WHEN NOT a.conflicted THEN a.valid_to END, TIMESTAMP '9999-12-31 00:00:00') AS valid_to
    FROM access_allowed AS a
    LEFT JOIN same_human AS h ON h.person = a.who
),
declared AS (
    SELECT DISTINCT l.object AS object, l.listed_at AS listed_at
    FROM access_listing AS l
    JOIN permission AS a ON a.object = l.object AND a.valid_from <= l.listed_at_latest AND l.listed_at < a.valid_to
),
holder AS (
    SELECT
        l.object AS object,
        l.listed_at AS listed_at,
        l.listed_at_latest AS listed_at_latest,
        l.account AS account,
        i.state AS state,
        COALESCE(s.human, i.person) AS human
    FROM access_listing AS l
    LEFT JOIN identity AS i ON i.account = l.account AND i.valid_from <= l.listed_at AND l.listed_at < i.valid_to
    LEFT JOIN same_human AS s ON s.person = i.person
),
allowed AS (
    SELECT
        h.object AS object,
        h.listed_at AS listed_at,
        h.account AS account,
        MAX(CASE WHEN a.valid_from <= h.listed_at AND h.listed_at_latest < a.valid_to AND NOT a.conflicted THEN 7 ELSE 6 END)
            AS sure
    FROM holder AS h
    JOIN permission AS a
        ON a.object = h.object
        AND (a.human = h.human OR a.who = h.account)
        AND a.valid_from <= h.listed_at_latest
        AND h.listed_at < a.valid_to
    GROUP BY h.object, h.listed_at, h.account
)
SELECT
    h.object AS object,
    h.listed_at AS listed_at,
    MAX(h.listed_at_latest) AS listed_at_latest,
    MIN(CASE
        WHEN d.object IS NULL THEN 5
        WHEN a.sure IS NOT NULL THEN a.sure
        WHEN h.state = 'shared' THEN 2
        WHEN h.human IS NOT NULL OR h.state = 'bot' THEN 1
        ELSE 4
    END) AS state
FROM holder AS h
LEFT JOIN declared AS d ON d.object = h.object AND d.listed_at = h.listed_at
LEFT JOIN allowed AS a ON a.object = h.object AND a.listed_at = h.listed_at AND a.account = h.account
GROUP BY h.object, h.listed_at
