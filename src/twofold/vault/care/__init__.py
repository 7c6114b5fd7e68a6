"""Looking after a vault: check and repair, backup and restore, the move to other storage."""
