"""Captured evidence, kept byte for byte, and the append-only log that says so.

Start at `store.py` (the `Vault`), then `log.py` and `entry.py`. Folders: `tree` (Merkle tree and tiles), `signing`,
`timestamps`, `database` (SQLite, PostgreSQL), `blobs` (folder, S3), `opening` (start-up guards), `retention`, and
`care` (fsck, backup, move). Layout and forms: docs/formats/vault.md.
"""
