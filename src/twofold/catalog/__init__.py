"""Criteria, ITGC domains, controls and the crosswalk between them, as text files with checked references."""
