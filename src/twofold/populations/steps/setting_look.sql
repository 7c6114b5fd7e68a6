-- setting_look: how far each look at a setting is carried (audit-domain 4.3, Automated controls; benchmarking, README of T-07).
-- One row per look and stretch of setting_stretch with its value; half open: valid_from <= t < valid_to. Over all of the stretch
-- the log of changes shows no gap, and no other value. A stretch of a known value in which nobody looked is a row, too.
--   seen_at   the look; empty = the log of changes alone says the value
-- Membership of groups is a matter of accounts and no configuration, so it is left out.
SELECT
    s.system AS system,
    s.object AS object,
    s.setting AS setting,
    s.valid_from AS valid_from,
    s.valid_to AS valid_to,
    t.valid_from AS seen_at
FROM setting_stretch AS s
LEFT JOIN setting_timeline AS t
    ON t.system = s.system AND t.object = s.object AND t.setting = s.setting AND t.is_look
    AND s.valid_from <= t.valid_from AND t.valid_from < s.valid_to AND COALESCE(t.value, '') = COALESCE(s.value, '')
WHERE s.state = 'known' AND s.setting NOT LIKE 'member:%'
