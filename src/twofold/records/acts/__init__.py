"""Acts of people: a verb per file. Each is checked and recorded in one transaction of the log, or it did not happen."""
