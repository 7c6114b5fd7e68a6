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
COLLECTED_AFTER = (10_000, 20, 50)
"""When unreachable objects are looked for (`gc.set_threshold`). With Python's own numbers one page in a hundred waits
until all that is kept of the workspace was looked at, which takes longer than the page; with these it is rare, and the
memory stays the same."""


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
        blocking_threads_idle_timeout=600,  # a new thread opens the workspace anew; the longest that may be asked
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
    gc.set_threshold(*COLLECTED_AFTER)
    import_module("twofold.web.wsgi")
    import_module("twofold.web.urls")
    gc.collect()
    gc.freeze()
