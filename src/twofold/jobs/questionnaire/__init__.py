"""Customers' questions: import, match, answer, approve and export, each act captured as evidence."""
