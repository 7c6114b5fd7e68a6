"""The HR system: people, when they started and ended, and their roles, from a roster file or BambooHR."""
