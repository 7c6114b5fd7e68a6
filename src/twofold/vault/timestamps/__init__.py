"""RFC 3161 timestamps of checkpoints: the only place below `exports` that uses the network."""
