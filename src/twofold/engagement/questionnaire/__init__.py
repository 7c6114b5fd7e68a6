"""Customers' questionnaires: reading the file, matching to the library, drafting with sources, states, filling in."""
