"""Notices to people: what is due and what came in, by e-mail, webhook or Slack. Titles and links, nothing else."""
