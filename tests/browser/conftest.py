"""The site as a real process, and a real browser that may reach nothing but it."""

import base64
import hashlib
import hmac
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.records.acts.sample import all_samples
from twofold.records.workspace import Workspace

from ..cli.conftest import _must, make_applied, write_export
from ..cli.test_review import ACCOUNTS, ALL, RIGHTS, Desk, in_process
from ..conftest import free_ports

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync",),
)
PASSWORD = "a long password of tests"  # noqa: S105  of an account made here
SECONDS_TO_START = 60
WHO_DOES_WHAT = """
people: [{id: p-0003, name: Cy}, {id: p-0004, name: Dee}, {id: p-0005, name: Eve}]
controls: [{id: OP-02, owner: p-0003, from: 2025-01-01}, {id: AC-05, owner: p-0002, from: 2025-01-01}]
account_links:
  - {account: "okta:eve", person: p-0005, from: 2025-01-01}
  - {account: "product:ana", person: p-0001, from: 2025-01-01}
  - {account: "product:cy", person: p-0003, from: 2025-01-01}
rosters:
  - {scope: product, duty: review, person: p-0001, from: 2025-01-01}
  - {scope: product, duty: review, person: p-0005, from: 2025-01-01}
"""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small judged workspace with a snapshot of access, in which each person has a part."""
    from twofold.vault.signing import keys  # noqa: PLC0415  beside the setting that it is given

    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TWOFOLD_KEY_PASSPHRASE", "a passphrase of tests")
        patched.setattr(keys, "ROUNDS", 1_000)
        root = make_applied(folder / "acme")
        (root / "scope" / "who.yaml").write_text(WHO_DOES_WHAT, encoding="utf-8")
        _must("scope", "apply", "--reason", "who does what", "-w", root)
        _must("capture", write_export(folder / "exports"), "-w", root)
        desk = Desk(in_process, root, folder, patched)
        desk.capture("csvtable", "access_right", RIGHTS, "2026-03-25T07:00:00Z")
        desk.capture("csvtable", "account", ACCOUNTS, "2026-03-25T07:00:00Z")
        yesterday = datetime.fromtimestamp(time.time() - 86_400, UTC)
        desk.snapshot("newest", yesterday.isoformat(timespec="seconds"), ALL)
        _must("test", "T-19", "-w", root)
        _must("judge", "-w", root)
        _evaluated_sample(root)
    return root


def _evaluated_sample(root: Path) -> None:
    """Freeze twice and draw from the first: a unit was replaced and one was named, and something is to be asked."""

    def sample(act: str, *arguments: str) -> str:
        _must("sample", act, *arguments, "-w", root)
        with Workspace.open(root) as workspace:
            return next(iter(all_samples(workspace.vault).by_id), "")

    about = ("sox-fy2026", "OP-02", "--control-test", "T-19", "--size", "2")
    name = sample("freeze", *about)
    sample("freeze", *about)
    sample("draw", name, "--nonce", "8 dice: 4 1 6 6 2 3 5 1")
    sample("replace", name, "INC-2", "--because", "void", "--reason", "a drill")
    sample("target", name, "INC-1", "--reason", "the longest of the year")
    sample("evaluate", name, "--confidence", "90", "--tolerable", "92", "--expected", "0")


@pytest.fixture(scope="session")
def site(served: Path) -> Iterator[tuple[str, str]]:
    """Serve the workspace; give its address and the one-time link of the first start."""
    root, folder = served, served.parent
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "twofold", "serve", "-w", str(root), "--port", str(port)]
    said = folder / "said"
    with said.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=dict(os.environ)) as server:
        try:
            yield f"http://localhost:{port}", _link(said, server).replace("127.0.0.1", "localhost")
        finally:
            server.terminate()
            server.wait(20)


def _link(said: Path, server: "subprocess.Popen[bytes]") -> str:
    ends = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < ends and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/welcome/\S+", said.read_text())
        if found and _listens(int(found[1])):
            return found[0]
        time.sleep(0.1)
    pytest.fail(f"the site did not start: {said.read_text()}")


def _listens(port: int) -> bool:
    """Whether the server takes connections: the link is told before its workers are there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the browser of this machine."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where there is a browser

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in(site: tuple[str, str], browser: Any) -> Any:
    """Go through the first start as an administrator: password, authenticator app; return what the browser keeps."""
    address, link = site
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.fill("#id_email", "ada@example.com")
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    page.click("button[type=submit]")
    page.goto(address + "/account/2fa/totp/activate/")
    say_password_again(page)
    page.fill("#id_code", totp(page.input_value("#authenticator_secret"), at=time.time()))
    page.click("main button[type=submit]")
    page.goto(address + "/")
    assert page.title().startswith("Overview")
    kept = context.storage_state()
    context.close()
    return kept


def say_password_again(page: Any) -> None:
    """Say the password where the site asks for it once more, which it does some minutes after the sign-in."""
    if "reauthenticate" in page.url:
        page.fill("input[type=password]", PASSWORD)
        page.click("main button[type=submit]")


def totp(secret: str, *, at: float) -> str:
    """Return the code that an authenticator app shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


Opened = Callable[..., Any]


@pytest.fixture
def opened(site: tuple[str, str], browser: Any, signed_in: Any) -> Iterator[Opened]:
    """Return a function that opens a page of the site; it fails when the page complains or asks another machine."""
    contexts = []
    told: list[str] = []

    def open_page(path: str, *, width: int = 1280) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, storage_state=signed_in))
        page = contexts[-1].new_page()
        _listen(page, site[0], told)
        page.goto(site[0] + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert told == []


@pytest.fixture(scope="module")
def one_tab(site: tuple[str, str], browser: Any, signed_in: Any) -> Iterator[tuple[Any, list[str]]]:
    """Give one page for tests that only look, and what it told: a context of its own costs as much as some pages."""
    with browser.new_context(storage_state=signed_in) as context:
        told: list[str] = []
        page = context.new_page()
        _listen(page, site[0], told)
        yield page, told


@pytest.fixture
def looked_at(site: tuple[str, str], one_tab: tuple[Any, list[str]]) -> Iterator[Opened]:
    """Return a function that goes to a page of the site in that tab; it fails as `opened` does."""
    page, told = one_tab
    told.clear()

    def go(path: str) -> Any:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(site[0] + path)
        return page

    yield go
    assert told == []


def _listen(page: Any, address: str, told: list[str]) -> None:
    """Note what a page complains of, and what it asks of other machines."""
    page.on("console", lambda said: told.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda asked: None if asked.url.startswith((address, "data:")) else told.append(asked.url))
