"""What templates of the pages about one's own account ask."""
