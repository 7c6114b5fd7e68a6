"""Captured evidence, kept byte for byte, and the append-only log that says so.

Start at `store.py` (the `Vault`). The layout on disk and the form of an entry: docs/formats/vault.md.
"""
