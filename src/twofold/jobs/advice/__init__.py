"""Advice before an audit on a workspace: what was said, what the runs show, and the advice computed from both."""
