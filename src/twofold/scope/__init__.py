"""Scope: systems, dated labels, people's duties and engagements, read from text files that a team reviews in git.

It never reads evidence, never reads the clock, and never writes below `.twofold`: callers in jobs do.
"""
