"""The work of people on the site: calendar, tasks, notices, and the feed of a person's calendar."""
