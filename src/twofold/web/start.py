"""Start the server: prepare in a process of its own, then answer requests with a few workers."""

import gc
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from twofold.web.company.work.background import send_in_background

WORKERS = 2
THREADS = 2
"""Of each worker: so that a page that takes seconds does not hold up the next one."""


def start(environment: Mapping[str, str]) -> int:
    """Serve until stopped. The address is in TWOFOLD_SITE_ADDRESS and TWOFOLD_SITE_PORT."""
    address = environment.get("TWOFOLD_SITE_ADDRESS", "127.0.0.1")
    port = int(environment.get("TWOFOLD_SITE_PORT", "8080"))
    prepare = [sys.executable, "-m", "twofold.web", "prepare", f"http://{address}:{port}"]
    done = subprocess.run(prepare, check=False, env=dict(environment))  # noqa: S603  our own module
    if done.returncode:
        return done.returncode
    _load()
    server = Server(
        "twofold.web.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    stop = threading.Event()
    send_in_background(environment, stop)
    server.serve()
    stop.set()
    return 0


def _load() -> None:
    """Load the pages before workers are made, so that they share that memory. No connection is opened by it."""
    import_module("twofold.web.wsgi")
    import_module("twofold.web.urls")
    gc.collect()
    gc.freeze()
