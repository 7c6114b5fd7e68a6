"""People, approver roster, policies, vendors and training: read as they stand now, and told by a person as evidence."""
