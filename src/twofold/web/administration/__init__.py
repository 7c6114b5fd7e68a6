"""Pages about accounts: for administrators, and the page behind an invitation."""
