"""The words every step uses. No input or output happens here."""
