"""Jobs: one file per step of the line and the commands that run several. The only readers of clock, configuration and actor."""
