"""Jira Cloud (REST v2 and v3) and Jira Data Center: tickets with their change history, access requests, users."""
