"""What an audit costs and how long it takes: the company's own counts times figures that somebody gave.

Nothing is invented. Pure: no clock, no file but the dated data beside the code. `figures` reads what was given,
`counting` turns the company's numbers into counts, `estimate` multiplies the two, `compare` sets the result against
what was spent, `timeline` puts the steps on days. Source: audit-domain 2.4, 5.1, 6 and 8.
"""
