"""Canonical tables: their schema, their Parquet files, and the lineage of each row."""
