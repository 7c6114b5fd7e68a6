"""Serve a workspace: `python -m twofold.web`, started by `twofold serve` with the workspace in the environment."""

import os
import sys
from importlib import import_module

from twofold.web.start import start

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "twofold.web.settings")
    import_module("django").setup()
    sys.exit(start(os.environ))
