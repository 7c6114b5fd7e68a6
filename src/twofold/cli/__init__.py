"""The command line: arguments to jobs, results to text or JSON."""
