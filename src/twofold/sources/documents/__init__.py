"""Documents that are kept as they came."""
