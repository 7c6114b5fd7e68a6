-- One log. `entry` is the truth; every other table can be built from it again.

CREATE TABLE entry (
    idx   INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL CHECK (typeof(bytes) = 'blob')
);

-- Complete subtrees of the Merkle tree: node (level, position) covers 2^level entries from position * 2^level.
CREATE TABLE node (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) WITHOUT ROWID;

-- The size and root after the last append, in one row.
CREATE TABLE head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL
);

-- Indexes for finding entries. Nothing is read from them that the entry itself says.
CREATE TABLE entry_kind (
    kind TEXT NOT NULL,
    idx  INTEGER NOT NULL,
    PRIMARY KEY (kind, idx)
) WITHOUT ROWID;

CREATE TABLE evidence (
    idx     INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL,
    source  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX evidence_by_name ON evidence (source, kind, name, idx);
CREATE INDEX evidence_by_blob ON evidence (sha256, idx);

-- Guards against accidents. Someone with the file can drop them; the Merkle root is what shows a change.
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never deleted'); END;
CREATE TRIGGER entry_is_unchanged BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never changed'); END;
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry
WHEN NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'an entry of the log is only added at its end'); END;
