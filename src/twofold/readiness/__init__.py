"""Readiness: what an audit would find today, and what to do about it. It reads results and tests nothing again."""
