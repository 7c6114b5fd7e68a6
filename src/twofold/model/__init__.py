"""The words every step uses, and the SQL session it computes in. No file is read or written here."""
