"""Okta: users, groups, applications, factors and the System Log, as its management API gives them."""
