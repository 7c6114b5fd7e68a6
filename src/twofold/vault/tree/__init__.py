"""The Merkle tree of the log: hashes, proofs, tiles. Pure functions; nothing here reads storage."""
