"""Measure the site under load: `tools/bench/site.py [--evidence N] [--findings N] [--outcomes N] [--seconds N]`.

`--only sqlite` or `--only postgres` measures one database of the two.

50 people each open a page every three seconds, going round all list and detail pages, on SQLite and on PostgreSQL.
Said are the median and the 99th percentile of each page, its queries, the memory of all processes of the server, and
beside them floors of the same run: a page that reads nothing, and one with its session alone. These machines are
noisy, and client and server share the cores; read the ratios and the load that is told. Making the workspace takes
some minutes; `--keep FOLDER` makes it there once and finds it again. Ends with 1 when a page is over a limit.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import httpx
from site_workspace import GROWN, Size, make

from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.jobs.control_tests import latest_runs
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from postgres_server import postgres_programs, postgres_server  # the private server of the tests

PEOPLE = 50
EVERY = 3.0
"""Seconds between two pages of a person."""
MEDIAN, P99 = 0.060, 0.200
"""Limits of a page, in seconds."""
MEMORY = 600.0
"""Limit of all processes of the server, in MiB, with pages that they share counted once."""
PORT = 8974
WARMERS = 8
FLOORS = {"alive", "tokens"}


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer: which page, seconds, status."""

    page: str
    seconds: float
    status: int


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def pages_of(root: Path) -> dict[str, list[str]]:
    """Return the pages to open, each with a few addresses: other rows, other filters, far into long lists."""
    with Workspace.open(root) as workspace:
        numbers = [entry.index for entry in islice(workspace.vault.entries(kind=EntryKind.CAPTURE), 2_000)]
        newest = workspace.vault.size
        outcomes = latest_runs(workspace)[GROWN] / OUTCOMES_FILE
        applied = workspace.applied_scope()
    systems = [each.id for each in applied.scope.systems] if applied else []
    with duckdb.connect(config={"threads": 1}) as session:
        items = [
            row[0]
            for row in session.execute(
                "SELECT item FROM read_parquet(?) USING SAMPLE 200 ROWS (system, 7)", [str(outcomes)]
            ).fetchall()
        ] or session.execute("SELECT item FROM read_parquet(?) LIMIT 200", [str(outcomes)]).fetchall()
    result = f"/results/{GROWN}/"
    return {
        "alive": ["/alive"],
        "tokens": ["/tokens/"],
        "overview": ["/"],
        "systems": ["/systems/"],
        "system": [f"/systems/{each}/" for each in systems[:5]],
        "controls": ["/controls/", "/controls/?family=CM", "/controls/?words=access"],
        "control": [f"/controls/{each}/" for each in ("CM-01", "AC-04", "OP-02")],
        "evidence": ["/evidence/", *(f"/evidence/?before={newest * part // 10}" for part in (9, 5, 1))],
        "evidence, filtered": [
            "/evidence/?source=github",
            "/evidence/?source=okta&kind=system_log&before=60000",
            f"/evidence/?system={systems[0]}",
            "/evidence/?words=000777",
        ],
        "evidence one": [f"/evidence/ev-{each}/" for each in (numbers[30], numbers[900], newest // 2)],
        "results": ["/results/"],
        "result": [result, *(f"{result}?{urlencode({'after': each})}" for each in items[:8])],
        "result, filtered": [
            f"{result}?letter=C&code=exception:stale_approval",
            f"{result}?system={systems[0]}",
            f"{result}?{urlencode({'letter': 'C', 'code': 'pass', 'after': items[9]})}",
        ],
        "result item": [f"{result}item?{urlencode({'id': each})}" for each in items[:8]],
        "findings": ["/findings/", "/findings/?after=90", "/findings/?state=unanswered"],
        "requests": ["/requests/"],
        "inbox": ["/inbox/"],
        "reviews": ["/reviews/"],
    }


@contextmanager
def served(root: Path) -> Iterator[int]:
    """Serve the workspace with the real server; gives its process, ready to answer."""
    command = [sys.executable, "-m", "twofold", "serve", "-w", str(root), "--port", str(PORT)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603  our own command
        try:
            wait(server)
            yield server.pid
        finally:
            server.terminate()


def wait(server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; RuntimeError when it ended, or does not within a minute."""
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/alive", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    msg = "the server does not answer"
    raise RuntimeError(msg)


async def person(number: int, pages: Sequence[tuple[str, str]], cookie: dict[str, str], until: float) -> list[Taken]:
    """Open a page every three seconds, beginning at a moment and a page of one's own."""
    found = []
    base, at = f"http://127.0.0.1:{PORT}", time.monotonic() + EVERY * number / PEOPLE
    async with httpx.AsyncClient(base_url=base, cookies=cookie, timeout=60) as client:
        turn = number * 7
        while at < until:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            name, address = pages[turn % len(pages)]
            started = time.perf_counter()
            answer = await client.get(address)
            found.append(Taken(name, time.perf_counter() - started, answer.status_code))
            turn, at = turn + 1, at + EVERY
    return found


def warm(pages: dict[str, list[str]], sessions: Sequence[str], cookie: str) -> None:
    """Open every address a few times, some at once and each as soon as the one before is there: in every process."""

    async def one(session: str, addresses: Sequence[str]) -> None:
        base = f"http://127.0.0.1:{PORT}"
        async with httpx.AsyncClient(base_url=base, cookies={cookie: session}, timeout=600) as client:
            for address in addresses:
                await client.get(address)

    async def work() -> None:
        every = [address for some in pages.values() for address in some]
        parts = (every[at:] + every[:at] for at in range(0, len(every), -(-len(every) // WARMERS)))
        await asyncio.gather(*(one(session, part) for session, part in zip(sessions, parts, strict=False)))

    asyncio.run(work())


def drive(pages: dict[str, list[str]], sessions: Sequence[str], cookie: str, seconds: float) -> list[Taken]:
    """Let all people work for so many seconds."""
    longest = max(map(len, pages.values()))
    turns = [(name, some[round_ % len(some)]) for round_ in range(longest) for name, some in pages.items()]

    async def work() -> list[Taken]:
        until = time.monotonic() + seconds
        people = (person(number, turns, {cookie: each}, until) for number, each in enumerate(sessions))
        return [taken for each in await asyncio.gather(*people) for taken in each]

    return asyncio.run(work())


def processes(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(each for child in children for each in processes(int(child)))]


def memory(pid: int) -> tuple[float, float]:
    """Return MiB of all processes: resident sizes added up, and with shared pages counted once."""
    resident = shared = 0
    for each in processes(pid):
        lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
        sizes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
        resident, shared = resident + sizes["Rss:"], shared + sizes["Pss:"]
    return resident / 1024, shared / 1024


def worked(pid: int) -> float:
    """Return the CPU seconds of all processes."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = (
        Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split() for each in processes(pid)
    )
    return sum(int(parts[11]) + int(parts[12]) for parts in found) / ticks


def percentile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that so large a part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def measure(root: Path, pages: dict[str, list[str]], seconds: float, name: str) -> bool:
    """Serve, warm up, drive, and say what was found; returns whether all is within the limits."""
    environment = {**os.environ, "TWOFOLD_WORKSPACE": str(root)}
    accounts = [sys.executable, str(Path(__file__).with_name("site_accounts.py")), str(PEOPLE)]
    accounts += [some[0] for some in pages.values()]
    told = subprocess.run(accounts, check=True, stdout=subprocess.PIPE, env=environment)  # noqa: S603  our own script
    known = json.loads(told.stdout)
    with served(root) as pid:
        warm(pages, known["sessions"], known["cookie"])
        before, started = worked(pid), time.monotonic()
        found = drive(pages, known["sessions"], known["cookie"], seconds)
        busy = (worked(pid) - before) / (time.monotonic() - started)
        resident, shared = memory(pid)
    say(f"\n{name}: {len(found)} pages in {seconds:.0f} s, {PEOPLE} people; the server used {busy:.0%} of a core")
    say(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    floor = percentile([each.seconds for each in found if each.page == "alive"], 0.5)
    say(f"{'page':<22}{'opened':>8}{'median ms':>11}{'p99 ms':>9}{'x floor':>9}{'queries':>9}")
    within = shared < MEMORY
    for page, some in pages.items():
        taken = [each.seconds for each in found if each.page == page]
        bad = {each.status for each in found if each.page == page} - {200}
        middle, high = percentile(taken, 0.5), percentile(taken, 0.99)
        fine = not bad and (page in FLOORS or (middle < MEDIAN and high < P99))
        within &= fine
        queries = "/".join(map(str, sorted(set(known["queries"][some[0]]), reverse=True)))
        mark = "" if fine else f"  OVER {bad or ''}"
        say(f"{page:<22}{len(taken):>8}{middle * 1e3:>11.1f}{high * 1e3:>9.1f}{middle / floor:>9.1f}{queries:>9}{mark}")
    rest = [each.seconds for each in found if each.page not in FLOORS]
    say(f"{'all':<22}{len(rest):>8}{percentile(rest, 0.5) * 1e3:>11.1f}{percentile(rest, 0.99) * 1e3:>9.1f}")
    say(f"memory: {resident:.0f} MiB resident in all processes, {shared:.0f} MiB with shared pages counted once")
    return within


def on_postgres(root: Path, stack: ExitStack) -> bool:
    """Let the site's database lie in a private PostgreSQL; False where there is none."""
    programs = postgres_programs()
    if programs is None:
        return False
    url = stack.enter_context(postgres_server(programs))
    settings = root / "twofold.toml"
    text = settings.read_text(encoding="utf-8")
    stack.callback(settings.write_text, text, encoding="utf-8")
    settings.write_text(f'{text}\n[storage]\nsite = "{url}&schema=site"\n', encoding="utf-8")
    return True


def main() -> int:
    """Make or find the workspace, and measure it on both databases."""
    given = argparse.ArgumentParser()
    for name, number in (("evidence", 100_000), ("findings", 5_000), ("outcomes", 10_000_000), ("seconds", 60)):
        given.add_argument(f"--{name}", type=int, default=number)
    for name in ("keep", "base"):
        given.add_argument(f"--{name}", type=Path)
    given.add_argument("--only", choices=("sqlite", "postgres"))
    asked = given.parse_args()
    size = Size(asked.evidence, asked.findings, asked.outcomes)
    with ExitStack() as stack:
        scratch = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="twofold-bench-"))) / "site"
        root = scratch / "workspace"
        if not root.exists():
            make(scratch, size, say, base=asked.base)
        pages = pages_of(root)
        (root / ".twofold" / "site").mkdir(mode=0o700, exist_ok=True)
        within = asked.only == "postgres" or measure(root, pages, asked.seconds, "SQLite")
        if asked.only == "sqlite":
            pass
        elif on_postgres(root, stack):
            within &= measure(root, pages, asked.seconds, "PostgreSQL")
        else:
            say("PostgreSQL is not installed: not measured")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
