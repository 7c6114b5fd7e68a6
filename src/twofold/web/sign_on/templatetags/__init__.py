"""What templates of the sign-in pages ask."""
