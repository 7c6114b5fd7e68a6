-- engagement_end: everybody who left, per system on which the person had an account (audit-domain T-03).
-- An item is one ended engagement (employment or contract) and one system on which an account of the person, under whichever
-- HR id (same_human), was open at some time of that engagement or after it. Several accounts on one system are one item; all of them must pass.
-- An account counts on the system that it belongs to. Two engagements of one person are judged each on its own.
-- Item id: <engagement id>@<system>. A person without any account gives one item <engagement id> on the system "-",
-- which no lens holds, so that the population still adds up to all ends.
-- Operating date: when the engagement ended (effective_end, else the last day worked).
-- Second source: deactivations in the identity provider. One that no end explains stops the test; it is no item.
WITH reached AS (
    SELECT
        a.engagement AS engagement,
        a.system AS system,
        COUNT(*) AS accounts
    FROM leaver_account AS a
    GROUP BY a.engagement, a.system
)
SELECT
    CASE WHEN r.system IS NULL THEN l.engagement ELSE l.engagement || '@' || r.system END AS item,
    COALESCE(r.system, '-') AS system,
    l.ended_at AS operating_at,
    l.ended_at_latest AS operating_at_latest,
    l.engagement AS engagement,
    l.person AS person,
    l.type AS type,
    CAST(COALESCE(r.accounts, 0) AS BIGINT) AS accounts,
    l.clock_at AS clock_at,
    l.clock_at_latest AS clock_at_latest,
    l.entered_at AS entered_at,
    l.entered_at_latest AS entered_at_latest,
    l.involuntary AS involuntary,
    l.horizon AS horizon,
    l.goes_on AS goes_on,
    l.calendar AS calendar,
    l.conflicted OR l.perhaps_goes_on AS conflicted,
    l.evidence AS evidence,
    l.record AS record
FROM leaving AS l
LEFT JOIN reached AS r ON r.engagement = l.engagement
