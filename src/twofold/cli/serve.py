"""twofold serve: the company's site over the same workspace."""

import os
from pathlib import Path
from typing import Annotated

import typer

from twofold.cli.output import WorkspaceOption, example
from twofold.jobs.serve import serve, site_environment

NAME = "serve"
SHORT_HELP = "Serve the company's site over this workspace."
HELP = (
    "Serve the company's site over this workspace, until stopped with Ctrl-C. The first start prints a one-time link "
    "that makes the first administrator; there is no default password.\n\n"
    + example("twofold serve -w acme", "twofold serve -w acme --https --host audit.example.com")
)
_HERE = Path()
_PORTS = {"min": 1, "max": 65535}


def command(
    workspace: WorkspaceOption = _HERE,
    address: Annotated[str, typer.Option("--address", help="Network address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", **_PORTS)] = 8080,
    host: Annotated[list[str] | None, typer.Option("--host", help="Name that people reach the site by.")] = None,
    https: Annotated[
        bool, typer.Option("--https", help="A proxy in front ends https; cookies are then sent over https only.")
    ] = False,
) -> None:
    """Serve."""
    environment = site_environment(
        workspace, address=address, port=port, hosts=tuple(host or ()), https=https, environment=os.environ
    )
    serve(environment)
