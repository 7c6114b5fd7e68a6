"""Any canonical table as a documented CSV file."""
