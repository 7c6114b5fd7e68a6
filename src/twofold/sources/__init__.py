"""Sources: one folder per system, with what it exports, how its bytes become canonical rows, and a README."""
