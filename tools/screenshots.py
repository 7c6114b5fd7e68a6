"""Takes pictures of each screen, for docs/screens.md: `tools/screenshots.py [FOLDER]`.

FOLDER has what `twofold demo` made, and stays as it is; without it the demonstration company is made anew. The site's
clock stands at the newest entry of its log, so a picture of the same folder changes only when the screen does.
"""

import argparse
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from screens import CHAPTERS, Screen
from small_png import small_png

from twofold.jobs.serve import site_environment

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
PICTURES = DOCS / "screens"
NARROW = 420
SECONDS_TO_START = 120
"""As long a page may take, too: the first look at what is ready computes for a while."""


def main() -> int:
    """Take the pictures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="what `twofold demo` made; made anew when it is left out")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="pictures to take; the page stays")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = asked.folder or demonstration(Path(scratch) / "demo")
        root = Path(shutil.copytree(made / "workspace", Path(scratch) / "workspace"))
        with served(root, Path(scratch)) as (address, made_there):
            wanted = [each for _, screens in CHAPTERS for each in screens if not asked.only or each.name in asked.only]
            told = photograph(address, made_there, wanted)
            told += [
                f"{name}: no picture shows this page, and screens.py gives no reason" for name in made_there["without"]
            ]
    if not asked.only:
        (DOCS / "screens.md").write_text(document(), encoding="utf-8")
    size = sum(each.stat().st_size for each in PICTURES.glob("*.png"))
    sys.stdout.write("".join(f"{each}\n" for each in told) + f"{len(wanted)} pictures; all take {size / 1e6:.1f} MB\n")
    return 1 if told else 0


def demonstration(folder: Path) -> Path:
    """Make the demonstration company; returns its folder."""
    subprocess.run([sys.executable, "-m", "twofold", "demo", str(folder)], check=True)  # noqa: S603  our own program
    return folder


@contextmanager
def served(root: Path, scratch: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Serve the workspace at a standing clock; give its address, and what `screenshots_people.py` says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clock = scratch / "clock"
    clock.mkdir()
    inherited = os.environ.get("PYTHONPATH", "")
    around = {**os.environ, "PYTHONPATH": f"{clock}{os.pathsep}{inherited}" if inherited else str(clock)}
    environment = site_environment(root, address="127.0.0.1", port=port, hosts=(), https=False, environment=around)
    people = [sys.executable, str(HERE / "screenshots_people.py"), str(clock / "sitecustomize.py")]
    made = subprocess.run(people, check=True, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with subprocess.Popen([sys.executable, "-m", "twofold.web"], env=environment) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}", json.loads(made.stdout)
        finally:
            server.terminate()
            server.wait(20)


def wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server takes connections; ends the program when it never does."""
    ends = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < ends and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    sys.exit("the site did not start")


def photograph(address: str, made: Mapping[str, Any], wanted: list[Screen]) -> list[str]:
    """Write the pictures; returns a line for each page that could not be shown."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where pictures are taken

    PICTURES.mkdir(exist_ok=True)
    told = []
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for screen in wanted:
            context = browser.new_context(
                viewport={"width": screen.width, "height": 800 if screen.width > NARROW else 1000},
                color_scheme="dark" if screen.dark else "light",
                reduced_motion="reduce",
            )
            if screen.account in made["cookies"]:
                context.add_cookies([{**made["cookies"][screen.account], "url": address}])
            context.set_default_timeout(SECONDS_TO_START * 1000)
            page = context.new_page()
            answer = page.goto(address + screen.path.format(**made["places"]), wait_until="networkidle")
            if answer is None or answer.status != 200:  # noqa: PLR2004  the status of a page that is there
                told.append(f"{screen.name}: {screen.path} answered {answer.status if answer else 'nothing'}")
            taken = context.new_cdp_session(page).send(
                "Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True}
            )
            (PICTURES / f"{screen.name}.png").write_bytes(small_png(base64.b64decode(taken["data"])))
            context.close()
        browser.close()
    return told


def document() -> str:
    """Return the page that shows the pictures."""
    parts = [
        "# Screens",
        "The company's site over the demonstration company, as `make screenshots` takes it.",
        "[Serve the company's site](howto/serve-the-site.md) says how to start it and who may do what.",
    ]
    for title, screens in CHAPTERS:
        parts.append(f"## {title}")
        for each in screens:
            parts += [each.caption, f"![{each.name.replace('-', ' ')}](screens/{each.name}.png)"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
