"""Accounts of the company's site: who may sign in, with which role, and the log of it."""
