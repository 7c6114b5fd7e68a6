"""Readiness of the workspace: what is gathered for the checks, and the acts of people around them."""
