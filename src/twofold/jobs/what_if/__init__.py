"""What if: the line run on a changed scope in a temporary copy of the workspace. The workspace itself is only read."""
