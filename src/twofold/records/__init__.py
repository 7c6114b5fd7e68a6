"""The workspace of one company, and every act on it as a verb with its log entry."""
