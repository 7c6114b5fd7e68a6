"""Samples: how many items, which ones, and what their results say. Exact figures, and draws that anybody can repeat."""
