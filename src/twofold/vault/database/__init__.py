"""The database of a log, SQLite or PostgreSQL, behind one small interface (`database.py`)."""
