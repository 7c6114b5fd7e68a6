"""Makes the workspace that `site.py` serves: the demonstration company, grown to the figures that are asked for.

Evidence is captured by the vault itself, in batches of small files. The run of many outcomes is that of the changes,
each item told many times under an id of its own; the engagements are judged by the real judgement over it. What a
judgement gives are some hundred findings, so their file is filled up with copies under ids of their own: the log
keeps the hash of the file as it was judged.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb
import orjson

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE, RUN_FILE, read_run, write_run
from twofold.jobs.clock import now
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.demo import SEED, demonstrate
from twofold.jobs.judge import FINDINGS_FILE, judge
from twofold.model.evidence import Provenance
from twofold.model.ids import SystemId
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import CaptureItem

GROWN = "T-10"
"""The control test whose run is grown."""
_BATCH = 5_000
_KINDS = (
    ("github", "pull_requests"),
    ("jira", "issues"),
    ("okta", "system_log"),
    ("hr", "people"),
    ("cloud", "settings"),
    ("scanner", "findings"),
)
_FEW_ITEMS = 5
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much the workspace holds."""

    evidence: int
    findings: int
    outcomes: int


def make(into: Path, size: Size, say: Say, *, base: Path | None) -> Path:
    """Make the workspace below the new folder `into`. base: a demonstration to copy, None = make one."""
    if base is None:
        say("making the demonstration company")
        demonstrate(into, seed=SEED, changes=5_000, actor="bench", at=now())
        shutil.rmtree(into / "package")
    else:
        into.mkdir(parents=True)
        shutil.copytree(base, into / "workspace")
    root = into / "workspace"
    with Workspace.open(root) as workspace:
        say(f"capturing {size.evidence:,} files")
        _capture(workspace, size.evidence)
        say(f"growing the run of {GROWN} to {size.outcomes:,} outcomes")
        _grow(workspace, size.outcomes)
        say("judging")
        judge(workspace, [], actor="bench", at=now())
        _fill_findings(workspace, size.findings)
    return root


def _capture(workspace: Workspace, wanted: int) -> None:
    """Capture until the vault holds so many records: small files of six kinds, of each system, over two years."""
    applied = workspace.applied_scope()
    systems = [each.id for each in applied.scope.systems] if applied else []
    people = sorted({each.owner for each in applied.scope.systems if each.owner}) if applied else []
    at = now()
    have = workspace.vault.log.count(EntryKind.CAPTURE)
    for first in range(have, wanted, _BATCH):
        with tempfile.TemporaryDirectory(prefix="twofold-bench-") as scratch:
            items = list(_items(Path(scratch), range(first, min(first + _BATCH, wanted)), systems, people))
            workspace.vault.capture_batch(items, captured_by="bench", at=at)


def _items(scratch: Path, numbers: range, systems: list[SystemId], people: list[str]) -> Iterator[CaptureItem]:
    started = now()
    for number in numbers:
        source, kind = _KINDS[number % len(_KINDS)]
        path = scratch / f"{number}.json"
        path.write_bytes(orjson.dumps({"number": number, "state": "done", "source": source}))
        day = started - timedelta(days=number % 730)
        provenance = Provenance(
            source=source,
            kind=kind,
            run_by="svc-export",
            run_at=started,
            query=f"GET /{kind}?page={number}",
            claimed_count=1,
            period_from=day - timedelta(days=1),
            period_to=day,
            systems=(systems[number % len(systems)],),
            owner=people[number % len(people)],
        )
        yield CaptureItem(path, f"{kind}/{number:06d}.json", provenance)


def _grow(workspace: Workspace, wanted: int) -> None:
    """Put a run in place whose population is that of the newest run, told as often as gives `wanted` items or more."""
    old = latest_runs(workspace)[GROWN]
    run = read_run(old)
    times = -(-wanted // run.population_count)
    fresh = workspace.runs_folder / "growing"
    shutil.copytree(old, fresh, ignore=shutil.ignore_patterns("*.parquet"))
    for name in (OUTCOMES_FILE, POPULATION_FILE):
        grown = f"SELECT * REPLACE (item || '.' || lpad(n::VARCHAR, 5, '0') AS item) FROM read_parquet('{old / name}'), range({times}) AS t(n)"  # noqa: S608, E501  our own paths
        with duckdb.connect(config={"threads": 2}) as session:
            session.execute(f"COPY ({grown} ORDER BY item) TO '{fresh / name}' (FORMAT parquet)")
    made = replace(
        run,
        population_count=run.population_count * times,
        population_sha256=_sha256(fresh / POPULATION_FILE),
        outcomes_sha256=_sha256(fresh / OUTCOMES_FILE),
        counts={letter: {code: n * times for code, n in codes.items()} for letter, codes in run.counts.items()},
    ).identified()
    write_run(made, fresh)
    fresh.rename(workspace.runs_folder / made.run_id)
    body = next(
        dict(entry.body)
        for entry in reversed(list(workspace.vault.entries(kind=EntryKind.RUN)))
        if entry.body["control_test"] == GROWN
    )
    body |= {
        "outcomes_sha256": made.outcomes_sha256,
        "population_sha256": made.population_sha256,
        "run_id": made.run_id,
        "run_sha256": _sha256(workspace.runs_folder / made.run_id / RUN_FILE),
    }
    workspace.vault.append(EntryKind.RUN, body=body, actor="bench", at=now())
    latest = {test: folder.name for test, folder in latest_runs(workspace).items()} | {GROWN: made.run_id}
    (workspace.runs_folder / "latest.json").write_bytes(orjson.dumps(latest, option=orjson.OPT_SORT_KEYS))


def _fill_findings(workspace: Workspace, wanted: int) -> None:
    """Fill the findings of each engagement up with copies of the small ones, so that all together are `wanted`."""
    files = sorted(workspace.judgements_folder.glob(f"*/{FINDINGS_FILE}"))
    for file in files:
        found = orjson.loads(file.read_bytes())
        small = [each for each in found if len(each["items"]) <= _FEW_ITEMS]
        missing = wanted // len(files) - len(found)
        found += [
            {**(told := small[number % len(small)]), "finding_id": f"{told['finding_id']}-{number:05d}"}
            for number in range(missing)
        ]
        file.write_bytes(orjson.dumps(found))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
