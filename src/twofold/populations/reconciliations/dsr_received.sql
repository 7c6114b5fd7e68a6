-- Mailboxes, support queue and forms against the request log: somebody asked there and no entry of the log answers it
-- (audit-domain T-31, trap: requests by e-mail to support).
SELECT
    i.id AS difference_key,
    i.channel || ' ' || i.id || ' of ' || CAST(i.received_at AS STRING) AS found,
    'no request in the log' || COALESCE(' (it names ' || i.request || ')', '') AS missing
FROM dsr_intake AS i
WHERE NOT EXISTS (SELECT 1 FROM dsr AS r WHERE r.id = i.request)
