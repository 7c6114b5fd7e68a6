-- Loads of converted data against the recorded go-lives: data went into a system and no go-live says so (audit-domain T-34).
SELECT
    v.id AS difference_key,
    'data loaded into ' || v.system || ' at ' || CAST(v.loaded_at AS STRING) AS found,
    'no go-live ' || v.cutover AS missing
FROM conversion AS v
WHERE NOT EXISTS (SELECT 1 FROM cutover AS c WHERE c.id = v.cutover)
