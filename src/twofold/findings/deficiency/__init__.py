"""How severe a deficiency is under SOX: stages 0 to 6 as pure functions over facts and named judgements.

Source: audit-domain 2.5 and 2.6. Software computes facts and applies the rules; each judgement is a named person's,
with date and reason. What nobody judged yet is asked for by name and never assumed: the result is then a span of
classes that are still possible.
"""
