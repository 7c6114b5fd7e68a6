-- One log. `entry` is the truth about acts; tile, entry_kind and evidence can be built from it again.

CREATE TABLE entry (
    idx   INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL CHECK (typeof(bytes) = 'blob')
);

-- Tiles of the Merkle tree as C2SP tlog-tiles has them: up to 256 hashes side by side, the last tile of a level partial.
CREATE TABLE tile (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hashes   BLOB NOT NULL CHECK (typeof(hashes) = 'blob' AND length(hashes) BETWEEN 32 AND 8192),
    PRIMARY KEY (level, position)
);

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

-- Each index gives the captures that it finds in the order of the log, so that a page of them is read without sorting.
CREATE TABLE evidence (
    idx     INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL,
    source  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX evidence_by_source ON evidence (source, idx);
CREATE INDEX evidence_by_kind ON evidence (kind, idx);
CREATE INDEX evidence_by_name ON evidence (name, kind, source, idx);
CREATE INDEX evidence_by_blob ON evidence (sha256, idx);

-- Statements about the log, made or received after its entries: signed checkpoints, cosignatures, timestamps.
CREATE TABLE checkpoint (
    size    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (size, note)
);

CREATE TABLE cosignature (
    size        INTEGER NOT NULL,
    line        TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (size, line)
);

CREATE TABLE timestamp_request (
    id          INTEGER PRIMARY KEY,
    size        INTEGER NOT NULL,
    note_sha256 TEXT NOT NULL,
    authority   TEXT NOT NULL,
    request     BLOB NOT NULL,
    response    BLOB,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    problem     TEXT NOT NULL DEFAULT ''
);

-- Keys of row commitments. They never stand in the log, and go when the committed bytes go.
CREATE TABLE table_key (
    commitment TEXT PRIMARY KEY,
    key        BLOB NOT NULL
);

-- At most one row: where the log was moved to. Nothing is appended here from then on.
CREATE TABLE moved (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    location TEXT NOT NULL,
    moved_at TEXT NOT NULL
);

-- Guards against accidents. Someone with the file can drop them; the Merkle root is what shows a change.
CREATE TRIGGER entry_is_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never deleted'); END;
CREATE TRIGGER entry_is_unchanged BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry of the log is never changed'); END;
CREATE TRIGGER entry_comes_next BEFORE INSERT ON entry
WHEN NEW.idx <> (SELECT COALESCE(MAX(idx) + 1, 0) FROM entry)
BEGIN SELECT RAISE(ABORT, 'an entry of the log is only added at its end'); END;
CREATE TRIGGER entry_is_elsewhere BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM moved)
BEGIN SELECT RAISE(ABORT, 'this log was moved'); END;
CREATE TRIGGER checkpoint_is_kept BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;
CREATE TRIGGER checkpoint_is_unchanged BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
