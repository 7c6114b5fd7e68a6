-- branch_setting: what the names of branch settings say (audit-domain T-14; tables branch_rule and branch_rule_event).
-- One row per name. Rule sets stand beside the classic settings, as `ruleset:<rule set>:<setting>`.
--   origin    the rule set; empty = a classic setting
--   setting   the setting itself
SELECT
    n.name AS name,
    CASE
        WHEN n.name LIKE 'ruleset:%' THEN SUBSTRING(n.name, 9, POSITION(':' IN SUBSTRING(n.name, 9)) - 1)
        ELSE ''
    END AS origin,
    CASE
        WHEN n.name LIKE 'ruleset:%' THEN SUBSTRING(n.name, 9 + POSITION(':' IN SUBSTRING(n.name, 9)))
        ELSE n.name
    END AS setting
FROM (SELECT b.setting AS name FROM branch_rule AS b UNION SELECT e.setting AS name FROM branch_rule_event AS e) AS n
