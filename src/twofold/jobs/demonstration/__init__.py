"""The demonstration company: a year of raw vendor exports with planted faults, and the answer key."""
