"""A private PostgreSQL for tests: its own data folder, one Unix socket, no TCP, gone at the end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "fsync": "on",
    "max_wal_size": "256MB",
    "autovacuum": "off",
    "logging_collector": "off",
}
USER = "twofold_test"
_START_SECONDS = 30


def postgres_programs() -> Path | None:
    """Return the folder of initdb and postgres, None where PostgreSQL is not installed."""
    found = [shutil.which("initdb"), *(str(path) for path in sorted(_DEBIAN.glob("*/bin/initdb"), reverse=True))]
    for program in filter(None, found):
        folder = Path(program).resolve().parent
        if (folder / "postgres").exists():
            return folder
    return None


@contextmanager
def postgres_server(programs: Path) -> Iterator[str]:
    """Start a server; gives the URL of an empty database in it."""
    folder = Path(tempfile.mkdtemp(prefix="twofold-pg-", dir="/tmp"))
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    try:
        if account is not None:  # PostgreSQL refuses to run as root
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run(
            account,
            str(programs / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        )
        server = _start(account, programs, folder)
        try:
            url = f"postgresql://{USER}@/postgres?host={folder}"
            _wait(programs, folder, server)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for connections that are still open
            server.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(account: pwd.struct_passwd | None, programs: Path, folder: Path) -> subprocess.Popen[bytes]:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **_as(account))


def _wait(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", USER]
    while subprocess.run(ready, check=False).returncode:
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError((folder / "log").read_text(encoding="utf-8", errors="replace"))
        time.sleep(0.05)


def _run(account: pwd.struct_passwd | None, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False, cwd="/", **_as(account))
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
