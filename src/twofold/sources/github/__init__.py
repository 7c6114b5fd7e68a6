"""GitHub: pull requests, reviews, commits, checks, deployments, branch protection, people and pushes."""
