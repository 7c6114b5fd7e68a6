"""Advice before an audit: stage and posture, categories, type and window, the reply to a customer.

Pure: no I/O, and the day is passed in. Rules are dated TOML with their source (`rules/`, `filer.toml`,
`interview.toml`); each sentence is a `Statement`.
Source: audit-domain 6 and 8.
"""
