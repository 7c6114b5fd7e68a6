"""Lenses: judge the results of control tests under one framework. A lens reads outcomes, never source rows."""
