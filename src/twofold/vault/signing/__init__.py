"""Keys, signed notes, checkpoints, cosignatures, SSH signatures, and proofs that end in a signed checkpoint."""
