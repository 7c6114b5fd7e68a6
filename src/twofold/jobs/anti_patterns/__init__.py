"""Gathers the facts that the anti-patterns look at, from the scope, the log, the vault, the tables and the runs."""
