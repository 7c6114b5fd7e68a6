-- euc_use_in_control: every use of a file for a booking or a control (audit-domain T-33).
-- An item is one use of one file, whether the file is in the inventory or not: a copy saved under a new name is an item too.
-- Item id: the id of the use.
-- Operating date: when it was used.
-- Second source: none; the use is recorded with the booking or the control that relied on the file.
SELECT
    u.id AS item,
    u.system AS system,
    u.used_at AS operating_at,
    u.used_at_latest AS operating_at_latest,
    u.file AS file,
    u.control AS control,
    u.content_hash AS content_hash,
    u.conflicted AS conflicted,
    u.evidence AS evidence,
    u.record AS record
FROM euc_use AS u
