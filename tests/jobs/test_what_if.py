"""What-if equals a real apply on a copy of the workspace, to the row, and leaves the workspace as it was."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from twofold.controltests.run_record import OUTCOMES_FILE, POPULATION_FILE
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.judge import judged_engagements
from twofold.jobs.scope import apply_scope
from twofold.jobs.what_if import states
from twofold.jobs.what_if.ask import ask, told
from twofold.jobs.what_if.states import Asked, computed
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.reports.what_if import WhatIf
from twofold.scope.what_if.questions import read_questions
from twofold.vault.signing import keys

from .what_if_world import AT, SCOPE, TESTS, every_byte, make_world, put, run_line

Edit = Callable[[str], str]
Questions = Mapping[str, tuple[str, ...]]
PORTAL = "  - id: portal\n    layer: application\n    owner: p-0001\n"
RELEVANT = "    financially_relevant: [{from: 2026-04-01, reason: Sold now, approver: p-0001}]\n"
MERGED = """rosters:
  - {scope: billing, duty: authorise, person: p-0002, from: 2026-03-01}
  - {scope: billing, duty: release, person: p-0001, from: 2026-03-01}
"""
ENDED_VENDOR = """id,system,tier,relied_from,relied_to,services
pay-co,billing,critical,2025-01-01,2026-03-01T00:00:00+00:00,payroll
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What the line gave: every row of populations, outcomes and verdicts, every judgement and finding, the runs."""

    rows: dict[str, list[tuple[Any, ...]]]
    judged: dict[str, list[Any]]
    runs: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace that was judged; not to be changed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "ROUNDS", 1_000)
        return make_world(tmp_path_factory.mktemp("asked") / "acme")


@pytest.fixture(scope="module", autouse=True)
def _untouched(world: Path) -> Iterator[None]:
    """See that after all questions no byte of the workspace, and no temporary folder, is there that was not before."""
    before, scratch = every_byte(world), _scratch()
    yield
    assert every_byte(world) == before
    assert _scratch() <= scratch


def _scratch() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("twofold-what-if-*"))


def line_of(folders: Mapping[str, Path], judged: Mapping[str, Path]) -> Line:
    """Read all that a run of the line left; files of a scope have other lines, so where a row came from is left out."""
    files = {f"{test}/{name}": at / name for test, at in folders.items() for name in (POPULATION_FILE, OUTCOMES_FILE)}
    files |= {f"{name}/{path.name}": path for name, folder in judged.items() for path in folder.glob("*.parquet")}
    rows = {}
    for name, path in files.items():
        if path.exists():
            relation = duckdb.read_parquet(str(path))
            columns = [each for each in relation.columns if each not in {"evidence", "record"}]
            rows[name] = sorted(relation.project(*columns).fetchall(), key=repr)
    said = {name: [_judgement(folder), _json(folder / "findings.json")] for name, folder in judged.items()}
    return Line(rows, said, {test: folder.name for test, folder in folders.items()})


def _judgement(folder: Path) -> Any:
    """Return a judgement without the names of its runs, which name the files that were read."""
    judgement = _json(folder / "judgement.json")
    for result in (result for control in judgement["controls"] for result in control["results"]):
        result.pop("run_id")
    return {**judgement, "runs": None}


def _json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def asked(questions: Questions, folder: Path | None = None, tests: tuple[str, ...] = TESTS) -> Asked:
    return Asked(folder, read_questions(questions), tests)


def answered(root: Path, question: Asked) -> tuple[Line, WhatIf]:
    """Ask, and read what the line gave in the sandbox."""
    with computed(root, question, actor="p-0001", at=AT) as found:
        folders = {name: each.folder for name, each in found.after.judged.items()}
        return line_of(found.after.folders, folders), told(found, question)


def really(world: Path, into: Path, edit: Edit, *, vendors: str = "") -> Line:
    """Do it on a copy: edit the scope file as a person would, hand the register in again, apply, test, judge."""
    root = Path(shutil.copytree(world, into / "acme"))
    (root / "scope" / "a.yaml").write_text(edit(SCOPE), encoding="utf-8")
    with Workspace.open(root) as workspace:
        if vendors:
            put(workspace, "vendor", vendors)
        apply_scope(workspace, reason="really", actor="p-0002", at=AT)
        run_line(workspace)
        folders = {each.judgement.engagement_id: each.folder for each in judged_engagements(workspace)}
        return line_of(latest_runs(workspace), folders)


def relevant_and_merged(text: str) -> str:
    """Edit by hand what `FIRST` asks."""
    text = text.replace(PORTAL, PORTAL + RELEVANT).replace("rosters:\n", MERGED)
    old, new = ("lens: sox, starts_on: 2026-01-01, ends_on: 2026", "lens: sox, starts_on: 2025-10-01, ends_on: 2026")
    return text.replace(f"{old}-06-30", f"{new}-05-31")


def category_and_dropped(text: str) -> str:
    """Edit by hand what `SECOND` asks."""
    text = text.replace("categories: [security]", "categories: [security, availability]")
    text = text.replace("type: type2, starts_on: 2026-01-01", "type: type2, starts_on: 2025-09-01")
    text = text.replace("approver: p-0002, dependents", "approver: p-0002, to: 2026-04-01, dependents")
    text = text.replace("    soc2: [{from: 2026-01-01,", "    soc2: [{from: 2026-01-01, to: 2026-04-01,", 1)
    text = text.replace("cadence: quarterly, from: 2026-01-01", "cadence: quarterly, from: 2026-01-01, to: 2026-04-01")
    earlier = "    soc2: [{from: 2025-09-01, to: 2026-01-01, reason: Was sold, approver: p-0001}, {from: 2026-01-01,"
    text = "portal".join(
        [*text.split("portal", 1)[:1], text.split("portal", 1)[1].replace("    soc2: [{from: 2026-01-01,", earlier, 1)]
    )
    year = "  - {id: sox-2026-12-31, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31}\ncontrols:\n"
    return text.replace("controls:\n", year)


FIRST: Questions = {
    "--relevant": ("portal=2026-04-01",),
    "--merge-rosters": ("billing:authorise+billing:release=2026-03-01",),
    "--period": ("sox=2025-10-01..2026-05-31",),
}
SECOND: Questions = {
    "--add-category": ("availability",),
    "--drop-system": ("billing=2026-04-01",),
    "--drop-vendor": ("pay-co=2026-03-01",),
    "--in-boundary": ("portal=2025-09-01",),
    "--period": ("soc2=2025-09-01..2026-06-30",),
    "--fiscal-year": ("2026-01-01..2026-12-31",),
}


@pytest.fixture(scope="module")
def first(world: Path) -> tuple[Line, WhatIf]:
    """Return the answer to the first question."""
    return answered(world, asked(FIRST))


@pytest.fixture(scope="module")
def second(world: Path) -> tuple[Line, WhatIf]:
    """Return the answer to the second question."""
    return answered(world, asked(SECOND))


@pytest.fixture(scope="module")
def real_first(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Return what really doing the first gives."""
    return really(world, tmp_path_factory.mktemp("first"), relevant_and_merged)


def test_relevance_rosters_and_period_equal_a_real_apply_to_the_row(
    first: tuple[Line, WhatIf], real_first: Line
) -> None:
    assert first[0].rows == real_first.rows
    assert first[0].judged == real_first.judged


def test_category_system_vendor_and_year_equal_a_real_apply_to_the_row(
    world: Path, second: tuple[Line, WhatIf], tmp_path: Path
) -> None:
    real = really(world, tmp_path, category_and_dropped, vendors=ENDED_VENDOR)

    assert second[0].rows == real.rows
    assert second[0].judged == real.judged


def test_asked_as_files_even_the_runs_are_those_of_a_real_apply(world: Path, real_first: Line, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(relevant_and_merged(SCOPE), encoding="utf-8")

    line, found = answered(world, asked({}, folder=tmp_path))

    assert line == real_first
    assert found.folder == tmp_path.name


def test_it_tells_what_comes_to_count_and_what_the_past_lacks(first: tuple[Line, WhatIf]) -> None:
    found = first[1]

    assert ("sox", "OP-02", "INC-2", "gained") in {(e.engagement, e.control_id, e.item, e.change) for e in found.items}
    holes = {(each.kind, each.system, each.what) for each in found.holes if each.system == "portal"}
    assert {("roster", "portal", "finance"), ("roster", "portal", "review")} <= holes
    assert ("schedule", "portal", "access_review") in holes
    assert {(each.person, each.first, each.second) for each in found.conflicts} == {
        ("p-0001", "authorise", "release"),
        ("p-0002", "authorise", "release"),
    }
    assert ("OP-02", "portal") in {(each.control_id, each.system) for each in found.owners}
    (reuse,) = found.reuse
    assert reuse.evidence
    assert reuse.relied == reuse.evidence


def test_the_companys_own_figures_give_the_hours_and_the_others_are_missing(first: tuple[Line, WhatIf]) -> None:
    hours = first[1].hours

    (line,) = hours.lines
    assert (line.control_id, line.count, line.low, line.likely, line.high) == ("OP-02", 1, 1 / 3, 0.5, 1.0)
    assert hours.missing == ("hours_per_owner",)


def test_a_gap_says_until_when_it_can_still_be_filled(world: Path) -> None:
    questions = {"--in-boundary": ("portal=2025-05-01",), "--period": ("soc2=2025-05-01..2026-06-30",)}

    found = ask(world, asked(questions, tests=("T-19",)), actor="p-0001", at=AT)

    gaps = {(e.system, e.what, e.starts_on, e.ends_on, e.fillable_until) for e in found.holes if e.kind == "gap"}
    assert gaps == {("portal", "incident", "2025-05-01", "2025-05-31", "")}
    assert {each.what for each in found.holes if each.kind == "stop"} == {"T-19"}


def test_a_category_brings_criteria_and_controls_and_a_year_brings_domains(second: tuple[Line, WhatIf]) -> None:
    found = second[1]
    appear = {(each.engagement, each.id) for each in found.conclusions if each.kind != "control" and not each.before}

    assert {("soc2", each) for each in ("A1.1", "A1.2", "A1.3")} <= appear
    assert {("sox-2026-12-31", each) for each in ("APD", "CO", "PC", "PD")} <= appear
    assert ("soc2", "BC-02", True) in {(each.engagement, each.control_id, each.gained) for each in found.controls}
    assert ("BC-02", "billing") in {(each.control_id, each.system) for each in found.owners}
    assert ("soc2", "BC-02", "billing", "gained") in {
        (each.engagement, each.control_id, each.system, each.change) for each in found.items
    }
    (moved,) = [each for each in found.populations if each.population == "relied_vendor"]
    assert moved.gained == ("pay-co@billing/2026-01-01/2026-02-28",)
    assert moved.lost == ("pay-co@billing/2026-01-01/2026-06-30",)


def test_an_interrupt_in_the_middle_leaves_nothing_behind(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before, scratch = every_byte(world), _scratch()
    monkeypatch.setattr(states, "judge", interrupted)

    with pytest.raises(KeyboardInterrupt):
        ask(world, asked({"--relevant": ("portal=2026-04-01",)}, tests=("T-19",)), actor="p-0001", at=AT)

    assert every_byte(world) == before
    assert _scratch() <= scratch


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ({"--relevant": ("portl=2026-04-01",)}, "there is no system 'portl'"),
        ({"--drop-vendor": ("pay=2026-04-01",)}, "no register names the vendor 'pay'"),
    ],
)
def test_a_name_that_is_not_known_is_refused_before_anything_runs(
    world: Path, questions: Questions, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "run_control_tests", pytest.fail)

    with pytest.raises(UserError, match=message):
        ask(world, asked(questions), actor="p-0001", at=AT)


def test_it_is_refused_while_a_command_computes(world: Path) -> None:
    with (world / ".twofold" / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="in use"):
            ask(world, asked(FIRST), actor="p-0001", at=AT)
