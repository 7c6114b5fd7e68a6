"""Start the site over a workspace, in a process of its own: the web framework is loaded there and nowhere else."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.records.site_place import SitePlace, site_location
from twofold.records.workspace import Workspace

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def site_environment(
    root: Path, *, address: str, port: int, hosts: tuple[str, ...], https: bool, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment of the site's process; raises UserError without a workspace, or for an unsafe address.

    hosts: names that people reach the site by, beside localhost. https: a proxy in front ends https and says so.
    Where nothing else is said, memory comes from two arenas: a process with many threads else keeps far more of it.
    """
    with Workspace.open(root) as workspace:
        if site_location(workspace.settings) is not None and find_spec("psycopg") is None:
            remedy = "pip install 'twofold[postgres]'"
            raise UserError(Problem("[storage]", "the package psycopg is missing", "psycopg 3", remedy))
    if address not in LOOPBACK and not https:
        raise UserError(
            Problem(
                "--address",
                f"{address} can be reached from other machines, without https",
                "127.0.0.1, or --https behind a proxy that ends https",
                "put a proxy with a certificate in front and name its host: --https --host audit.example.com",
            )
        )
    SitePlace(root).make()
    return {
        "MALLOC_ARENA_MAX": "2",
        **environment,
        "DJANGO_SETTINGS_MODULE": "twofold.web.settings",
        "TWOFOLD_SITE_ADDRESS": address,
        "TWOFOLD_SITE_HOSTS": ",".join(hosts),
        "TWOFOLD_SITE_HTTPS": "1" if https else "",
        "TWOFOLD_SITE_PORT": str(port),
        "TWOFOLD_WORKSPACE": str(root.resolve()),
    }


def serve(environment: Mapping[str, str]) -> None:
    """Become the site's process; does not return."""
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "twofold.web"], dict(environment))  # noqa: S606  our own module
