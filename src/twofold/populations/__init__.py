"""Populations: what every occurrence is, whether all of them are there, and the steps that rules share."""
