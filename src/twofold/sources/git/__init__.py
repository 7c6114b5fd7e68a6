"""Git: the commit history of a repository, read from the repository itself."""
