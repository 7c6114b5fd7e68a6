"""Twofold: one piece of evidence, two audits."""

__version__ = "0.1.0"
