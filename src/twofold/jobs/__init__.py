"""Jobs: a file per step of the line, and those that run several. Only they read clock, configuration and actor."""
