"""What helps people find and keep things: the text index of the evidence, what it stands for, and saved filters."""
