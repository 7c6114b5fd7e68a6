"""What is looked at before a vault is opened: that its parts belong together, and that no second history begins."""
