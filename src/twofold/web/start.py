"""Start the server: bring the site's database up to date, invite the first administrator, then answer requests."""

import sys
from collections.abc import Mapping

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

WORKERS = 2


def start(environment: Mapping[str, str]) -> int:
    """Serve until stopped. The address is in TWOFOLD_SITE_ADDRESS and TWOFOLD_SITE_PORT."""
    address = environment.get("TWOFOLD_SITE_ADDRESS", "127.0.0.1")
    port = int(environment.get("TWOFOLD_SITE_PORT", "8080"))
    # Models can be imported only once the apps are loaded, which is why these stand here.
    from twofold.web.first_start import first_start  # noqa: PLC0415

    for line in first_start(f"http://{address}:{port}"):
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
    server = Server(
        "twofold.web.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=1,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    )
    server.serve()
    return 0
