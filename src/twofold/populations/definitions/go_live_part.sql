-- go_live_part: every go-live, and every object of data that was converted for one (audit-domain T-34).
-- An item is one cutover (each wave of a project is one of its own), or one converted object.
-- Item id: the id of the cutover; for a converted object <cutover>/<conversion>.
-- Operating date: the cutover; for an object whose cutover is not in the data, its load.
-- Second source: conversions, which come from the load and name a cutover.
SELECT
    c.id AS item,
    c.system AS system,
    c.cutover_at AS operating_at,
    c.cutover_at_latest AS operating_at_latest,
    'cutover' AS origin,
    c.id AS cutover,
    c.project AS project,
    CAST(NULL AS STRING) AS conversion,
    c.significant AS significant,
    c.conflicted AS conflicted,
    c.evidence AS evidence,
    c.record AS record
FROM cutover AS c
UNION ALL
SELECT
    v.cutover || '/' || v.id AS item,
    v.system AS system,
    COALESCE(c.cutover_at, v.loaded_at) AS operating_at,
    COALESCE(c.cutover_at_latest, v.loaded_at_latest) AS operating_at_latest,
    'conversion' AS origin,
    v.cutover AS cutover,
    c.project AS project,
    v.id AS conversion,
    c.significant AS significant,
    v.conflicted AS conflicted,
    v.evidence AS evidence,
    v.record AS record
FROM conversion AS v
LEFT JOIN cutover AS c ON c.id = v.cutover
