"""`python -m twofold` is the command `twofold`."""

from twofold.cli.main import run

run()
