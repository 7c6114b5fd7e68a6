"""Anti-patterns in a company's own scope, evidence, log and results: a file each. They ask, they never judge."""
