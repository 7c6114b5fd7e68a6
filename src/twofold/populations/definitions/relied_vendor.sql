-- relied_vendor: every vendor that a system relies on, in every stretch that it must be answered for (audit-domain T-24).
-- An item is one vendor, one system (or `company`) and one needed stretch: a row of reliance_period, cut to the time of the
-- reliance. The rows of the system itself are used; a system without any takes those of `company`.
-- Item id: <vendor>@<system>/<first local day>/<last local day>, for example payroll-co@billing/2026-01-01/2026-12-31. A local
-- day is found from its midnight by adding 13 and a half hours (its last day by taking off 10 and a half from the end), which
-- is right for zones from UTC-10:30 to UTC+13:30.
-- Of rows that come to the same local days, as where a short reliance lies inside a fiscal year and inside an examination period,
-- or begins on the first day of one by the clock of another zone, one item is made, on the earliest moment of reliance.
-- A reliance that no row of reliance_period meets is an item too, <vendor>@<system>/<first local day> on the whole reliance:
-- nobody laid down when it is to be answered for.
-- Operating date: the last microsecond of the needed stretch; without one, the whole time of the reliance.
-- Second source: payments to suppliers would be one; none is read.
WITH reliance AS (
    SELECT
        v.id AS vendor,
        v.system AS system,
        COALESCE(w.system, 'company') AS period_of,
        v.tier AS tier,
        v.entity AS entity,
        v.no_report_reason AS no_report_reason,
        v.relied_from AS relied_from,
        COALESCE(v.relied_to, TIMESTAMP '9999-12-30 00:00:00') AS relied_to,
        v.conflicted AS conflicted,
        v.evidence AS evidence,
        v.record AS record
    FROM vendor AS v
    LEFT JOIN (SELECT DISTINCT d.system AS system FROM reliance_period AS d) AS w ON w.system = v.system
),
cut AS (
    SELECT
        r.vendor AS vendor,
        r.system AS system,
        r.relied_from AS relied_from,
        GREATEST(d.starts_at, r.relied_from) AS starts_at,
        LEAST(d.ends_before, r.relied_to) AS ends_before,
        COALESCE(d.relied_at, d.ends_before) AS relied_at,
        d.conflicted AS conflicted
    FROM reliance AS r
    JOIN reliance_period AS d ON d.system = r.period_of AND d.starts_at < r.relied_to AND r.relied_from < d.ends_before
),
needed AS (
    SELECT
        c.vendor AS vendor,
        c.system AS system,
        c.relied_from AS relied_from,
        CAST(c.starts_at + INTERVAL '810' MINUTE AS DATE) AS first_day,
        CAST(c.ends_before - INTERVAL '630' MINUTE AS DATE) AS last_day,
        MIN(c.starts_at) AS starts_at,
        MAX(c.ends_before) AS ends_before,
        MIN(c.relied_at) AS relied_at,
        BOOL_OR(c.conflicted) AS conflicted
    FROM cut AS c
    GROUP BY c.vendor, c.system, c.relied_from, CAST(c.starts_at + INTERVAL '810' MINUTE AS DATE),
        CAST(c.ends_before - INTERVAL '630' MINUTE AS DATE)
)
SELECT
    r.vendor || '@' || r.system
    || '/' || CAST(COALESCE(n.first_day, CAST(r.relied_from + INTERVAL '810' MINUTE AS DATE)) AS STRING)
    || COALESCE('/' || CAST(n.last_day AS STRING), '') AS item,
    r.system AS system,
    COALESCE(n.ends_before - INTERVAL '1' MICROSECOND, r.relied_from) AS operating_at,
    COALESCE(n.ends_before, r.relied_to) - INTERVAL '1' MICROSECOND AS operating_at_latest,
    r.vendor AS vendor,
    r.relied_from AS relied_from,
    n.starts_at AS starts_at,
    n.ends_before AS ends_before,
    n.relied_at AS relied_at,
    r.tier AS tier,
    r.entity AS entity,
    r.no_report_reason AS no_report_reason,
    COALESCE(r.conflicted OR n.conflicted, FALSE) AS conflicted,
    r.evidence AS evidence,
    r.record AS record
FROM reliance AS r
LEFT JOIN needed AS n ON n.vendor = r.vendor AND n.system = r.system AND n.relied_from = r.relied_from
