"""Findings: exceptions grouped by what went wrong. It tests nothing again."""
