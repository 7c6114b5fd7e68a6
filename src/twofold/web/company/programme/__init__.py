"""People, approver roster, policies, vendors and training: lists, details, and a form to tell one row as evidence."""
