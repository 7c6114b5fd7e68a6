"""Access reviews: the four reports of Okta's auditor reporting package, and documented CSV files of any tool."""
