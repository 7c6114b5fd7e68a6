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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from small_png import small_png

from twofold.jobs.serve import site_environment

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
PICTURES = DOCS / "screens"
ITEM = "brightwater/ledger/deployments/22000726/brightwater/ledger%23451"
FINDING = "/findings/AC-01/T-01/A/no_request/"
SECONDS_TO_START = 120
"""As long a page may take, too: the first look at what is ready computes for a while."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: file name without ending, address, one sentence; who looks, how wide, and whether it is dark."""

    name: str
    path: str
    caption: str
    account: str = "manager"
    width: int = 1280
    dark: bool = False


def chapter(title: str, *screens: Screen) -> tuple[str, tuple[Screen, ...]]:
    """Return screens with their heading."""
    return title, screens


def narrow(name: str, path: str, caption: str) -> Screen:
    """Return a picture as wide as a phone."""
    return Screen(name, path, caption, width=420)


def dark(name: str, path: str, caption: str) -> Screen:
    """Return a picture in dark colours."""
    return Screen(name, path, caption, dark=True)


CHAPTERS = (
    chapter(
        "Overview",
        Screen(
            "overview", "/", "Both clocks, what to do next by effect, what is yours this month, and sources to look at."
        ),
        Screen(
            "coverage", "/#coverage", "Items of each control by week, with empty weeks while they can still be closed."
        ),
        dark("overview-dark", "/", "The overview in dark colours."),
        narrow("overview-narrow", "/", "The overview on a phone."),
    ),
    chapter(
        "Systems and scope",
        Screen("systems", "/systems/", "Systems with their dated labels, owners, sources, and items under each lens."),
        Screen(
            "system",
            "/systems/analytics/",
            "One system: labels and why, control tests that have items of it, its history.",
        ),
        Screen(
            "scope-propose",
            "/systems/analytics/change",
            "A change of scope is proposed, and is planned before it counts.",
        ),
        Screen(
            "scope-change",
            "/scope/changes/1/",
            "The plan of a change: what it moves, what to look at, and who decides.",
        ),
        Screen("scope-history", "/scope/history/", "Every change of scope that was applied, with reason and approver."),
    ),
    chapter(
        "Controls",
        Screen(
            "controls", "/controls/", "Controls with what each lens proposes, filters that are kept, and bulk edit."
        ),
        Screen(
            "control",
            "/controls/CM-01/",
            "One control: its wording, why one piece of evidence serves two audits, results, people.",
        ),
        narrow("control-narrow", "/controls/CM-01/", "A control on a phone."),
    ),
    chapter(
        "Evidence",
        Screen("evidence", "/evidence/", "Evidence by framework, system, owner, period, source and state."),
        Screen(
            "evidence-one",
            "/evidence/ev-12/",
            "One piece: three questions first, then controls that it serves, provenance and proof.",
        ),
        Screen("upload", "/evidence/upload", "Files are dropped, described once, and captured byte for byte."),
    ),
    chapter(
        "Test results",
        Screen("results", "/results/", "Each control test with its newest run and what came of it."),
        Screen(
            "result", "/results/T-10/", "One control test: population, both conclusions, attributes and what came up."
        ),
        dark("result-dark", "/results/T-10/", "A control test in dark colours."),
        Screen(
            "grid",
            "/results/T-10/?lens=soc2-2026&verdict=EXCEPTION#items",
            "Items and their attributes, here those with an exception.",
        ),
        Screen("item", f"/results/T-10/item?id={ITEM}", "One item: both verdicts, and what happened as a timeline."),
        dark("item-dark", f"/results/T-10/item?id={ITEM}", "The timeline of an item in dark colours."),
        Screen(
            "rule",
            "/results/T-10/rule?letter=A&code=exception:no_ticket#clause",
            "The rule as it ran, with the clause of an attribute marked.",
        ),
        Screen("completeness", "/completeness/", "Populations, their checks, and who concluded that each is complete."),
        Screen(
            "completeness-one",
            "/completeness/change_item/",
            "One completeness record: checks, what was asked verbatim, and the conclusion.",
        ),
    ),
    chapter(
        "Access reviews",
        Screen("reviews", "/reviews/", "Reviews of access, newest first."),
        Screen(
            "review",
            "/reviews/ledger-2026q3/",
            "One review: pairs of account and right with last use, peers and decision.",
        ),
    ),
    chapter(
        "Findings and work",
        Screen("findings", "/findings/", "Findings with stage, owner and day."),
        Screen(
            "findings-board",
            "/findings/board",
            "The same as a board; a finding moves by what people say and by a later run.",
        ),
        dark("findings-board-dark", "/findings/board", "The board in dark colours."),
        Screen("finding", FINDING, "One finding: what was found, its answer, repair and retest, under each lens."),
        Screen("calendar", "/calendar/", "What is due, by day."),
        Screen("my-work", "/inbox/", "What waits for the person who looks, the overdue first."),
        narrow("my-work-narrow", "/inbox/", "My work on a phone."),
        Screen(
            "notices", "/inbox/notices", "By which ways notices reach a person, and the address of the calendar feed."
        ),
        Screen("requests", "/requests/", "What auditors ask, of whom, until when, and what was answered."),
        Screen(
            "request-lists",
            "/request-lists/",
            "Request lists of two auditors, merged so that each thing is asked once.",
        ),
    ),
    chapter(
        "Company",
        Screen("people", "/people/", "People of the roster, with joiners and leavers."),
        Screen(
            "person",
            "/people/p-0005/",
            "One person: access, training, policies, and controls that they have a part in.",
        ),
        Screen("roster", "/roster/", "Who may approve what, from when to when."),
        Screen("policies", "/policies/", "Policies with version, approval and acknowledgement."),
        Screen("policy", "/policies/access/", "One policy: versions, structured promises, and who still has to sign."),
        Screen("vendors", "/vendors/", "Vendors with their SOC reports and reviews."),
        Screen(
            "vendor",
            "/vendors/cumulus/",
            "One vendor: report, exceptions, complementary controls, gap and bridge letter.",
        ),
        Screen("training", "/training/", "Who completed which course, and who is late."),
    ),
    chapter(
        "Before an audit",
        Screen("prepare", "/prepare/", "Questions that come before an audit, and where each stands."),
        Screen("interview", "/prepare/interview", "The interview: one question at a time."),
        Screen("readiness", "/prepare/readiness", "How ready the company is, and what keeps it from being so."),
        Screen("soc2-and-sox", "/prepare/soc2-and-sox", "What SOC 2 and SOX ask in common, and where they part."),
        Screen("cost", "/prepare/cost", "Hours and money of an audit, with where each number comes from."),
        Screen("what-if", "/prepare/what-if", "What a change would bring, asked of a copy of the workspace."),
        Screen("auditors", "/prepare/auditors/", "Proposals of auditors side by side."),
        Screen("trust-page", "/prepare/trust-page/", "Claims of the public trust page, each with what it rests on."),
        Screen("questionnaires", "/questionnaires/", "Customers' questionnaires and how far each is."),
        Screen(
            "questionnaire",
            "/questionnaires/globex-2026/",
            "One questionnaire: each question with its drafted answer and evidence.",
        ),
        Screen(
            "answer-library", "/answer-library/", "Approved answers, each with an owner and a day on which it ends."
        ),
    ),
    chapter(
        "Search, help and administration",
        Screen("search", "/search?q=CM-01", "Search over all of it; / or Ctrl+K opens the palette anywhere."),
        Screen("glossary", "/glossary/", "Every word of the site, explained."),
        Screen(
            "accounts",
            "/administration/accounts/",
            "Accounts, invitations, and who may do what.",
            account="administrator",
        ),
        Screen(
            "sign-on",
            "/administration/sign-on/",
            "Single sign-on and provisioning from the company's directory.",
            account="administrator",
        ),
        Screen(
            "account-log",
            "/administration/log/",
            "What happened with accounts: entries of the workspace's log.",
            account="administrator",
        ),
        Screen("security", "/account/2fa/", "Second factors of an account.", account="administrator"),
        Screen("tokens", "/tokens/", "Tokens of programs, with the rights of each and the day on which it ends."),
        Screen("sign-in", "/account/login/", "The way in.", account="nobody"),
    ),
)


def main() -> int:
    """Take the pictures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="what `twofold demo` made; made anew when it is left out")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="pictures to take; the page stays")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = asked.folder or demonstration(Path(scratch) / "demo")
        root = Path(shutil.copytree(made / "workspace", Path(scratch) / "workspace"))
        with served(root, Path(scratch)) as (address, sessions):
            wanted = [each for _, screens in CHAPTERS for each in screens if not asked.only or each.name in asked.only]
            told = photograph(address, sessions, wanted)
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
    """Serve the workspace at a standing clock; give its address, and the cookie of each account."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clock = scratch / "clock"
    clock.mkdir()
    around = {**os.environ, "PYTHONPATH": str(clock)}
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


def photograph(address: str, sessions: Mapping[str, Any], wanted: list[Screen]) -> list[str]:
    """Write the pictures; returns a line for each page that could not be shown."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where pictures are taken

    PICTURES.mkdir(exist_ok=True)
    told = []
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for screen in wanted:
            context = browser.new_context(
                viewport={"width": screen.width, "height": 800},
                color_scheme="dark" if screen.dark else "light",
                reduced_motion="reduce",
            )
            if screen.account in sessions:
                context.add_cookies([{**sessions[screen.account], "url": address}])
            context.set_default_timeout(SECONDS_TO_START * 1000)
            page = context.new_page()
            answer = page.goto(address + screen.path, wait_until="networkidle")
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
