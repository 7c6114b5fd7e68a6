"""Near duplicates: two requests that one piece of evidence answers, and two files that say almost the same. Pure."""
