"""The line run in a sandbox, before and after a question: the same jobs that really test, judge and apply a scope."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import ControlTestRun, read_run
from twofold.jobs.control_tests import latest_runs, run_control_tests
from twofold.jobs.judge import JudgedEngagement, judge, judged_engagements
from twofold.jobs.progress import ProgressReporter, silent
from twofold.jobs.scope import apply_scope, plan_scope
from twofold.jobs.scope_staging import scope_files
from twofold.jobs.what_if.sandbox import sandboxes_of
from twofold.jobs.what_if.vendors import drop_vendors
from twofold.model.evidence import EvidenceRef
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import SCOPE_SOURCE, Workspace
from twofold.scope.export import export
from twofold.scope.load import load_scope
from twofold.scope.plan import ScopePlan
from twofold.scope.register import Scope
from twofold.scope.what_if.overlay import overlaid
from twofold.scope.what_if.questions import Question, VendorDropped
from twofold.vault.entry import EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.evidence_list import evidence_numbers


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a folder of scope files (None = the scope in force), and questions on top of it.

    control_tests: those to run; all when empty. What is left out is as if it had never been run, before and after.
    """

    folder: Path | None
    questions: tuple[Question, ...]
    control_tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What the line gave for one scope: runs and their folders by control test, judgements by engagement.

    evidence: control test -> the pieces that its run relied on, without the scope files. tables: folder of the tables.
    """

    scope: Scope
    runs: Mapping[str, ControlTestRun]
    folders: Mapping[str, Path]
    judged: Mapping[str, JudgedEngagement]
    evidence: Mapping[str, frozenset[str]]
    tables: Path


@dataclass(frozen=True, slots=True)
class Computed:
    """Both states, the plan from the one to the other, and every piece of evidence by its id."""

    plan: ScopePlan
    before: State
    after: State
    pieces: Mapping[str, EvidenceRef]


@contextmanager
def computed(
    root: Path, asked: Asked, *, actor: str, at: datetime, report: ProgressReporter = silent
) -> Iterator[Computed]:
    """Give both states of the workspace in `root`; they are gone afterwards, and the workspace is as it was.

    Raises UserError for a faulty question or folder, and as the jobs of the line do.
    """
    with sandboxes_of(root) as (one, other):
        applied = one.applied_scope()
        scope = _asked_scope(one, applied.scope if applied else None, asked)
        drops = [each for each in asked.questions if isinstance(each, VendorDropped)]
        drop_vendors(other, drops, actor=actor, at=at)
        run = partial(_state, asked.control_tests, actor=actor, at=at, report=report)
        before = run(one, "before")
        for each in (one, other):
            _write_scope(each.scope_folder, scope, asked)
        plan = plan_scope(one, at=at)
        if plan.changes or plan.first:
            apply_scope(other, reason=_reason(asked), actor=actor, at=at)
        same = not (plan.changes or plan.first or drops)
        after = before if same else run(other, "after")
        pieces = {str(each.evidence_id): each for vault in (one.vault, other.vault) for each in vault.list_evidence()}
        yield Computed(plan, before, after, pieces)


def _asked_scope(sandbox: Workspace, in_force: Scope | None, asked: Asked) -> Scope:
    if asked.folder is not None:
        zone = sandbox.settings.reporting_zone
        base = load_scope(asked.folder, reporting_zone=zone, known_controls=list(load_catalog().controls))
    elif in_force is None:
        expected, remedy = "an applied scope", "run 'twofold scope apply', or ask with --scope FOLDER"
        raise UserError(Problem("what if", "no scope was applied yet", expected, remedy))
    else:
        base = in_force
    return overlaid(base, asked.questions)


def _write_scope(folder: Path, scope: Scope, asked: Asked) -> None:
    """Write the files of the scope that is asked about: those of the folder as they are, where nothing is on top."""
    if asked.folder is not None and all(isinstance(each, VendorDropped) for each in asked.questions):
        files = scope_files(asked.folder)
        contents = {path.relative_to(asked.folder).as_posix(): path.read_bytes() for path in files}
    else:
        contents = {name: text.encode() for name, text in export(scope).items()}
    for name, content in contents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _reason(asked: Asked) -> str:
    questions = " ".join(each.text for each in asked.questions)
    return f"what if: {questions}" if questions else "what if: the scope files as they are edited"


def _state(
    wanted: Sequence[str], sandbox: Workspace, name: str, *, actor: str, at: datetime, report: ProgressReporter
) -> State:
    """Test and judge the sandbox as it stands."""
    applied = sandbox.applied_scope()
    if applied is None or not applied.scope.engagements:
        return _nothing(sandbox)
    run_control_tests(sandbox, wanted, actor=actor, at=at, report=lambda step, *done: report(f"{step} ({name})", *done))
    judge(sandbox, [], actor=actor, at=at)
    folders = latest_runs(sandbox)
    return State(
        scope=applied.scope,
        runs={test: read_run(folder) for test, folder in folders.items()},
        folders=folders,
        judged={each.judgement.engagement_id: each for each in judged_engagements(sandbox)},
        evidence=_evidence(sandbox),
        tables=sandbox.tables_folder,
    )


def _nothing(sandbox: Workspace) -> State:
    """Return the state of a workspace that has nothing to judge."""
    applied = sandbox.applied_scope()
    scope = applied.scope if applied else Scope(reporting_zone=sandbox.settings.reporting_zone)
    return State(scope, {}, {}, {}, {}, sandbox.tables_folder)


def _evidence(sandbox: Workspace) -> dict[str, frozenset[str]]:
    """Return control test -> the evidence of its newest run, as the log says."""
    scope_files = {each.evidence_id for each in sandbox.vault.list_evidence() if each.provenance.source == SCOPE_SOURCE}
    entries = {str(entry.body["control_test"]): entry for entry in sandbox.vault.entries(kind=EntryKind.RUN)}
    return {
        test: frozenset(str(name) for name in map(evidence_id_of, evidence_numbers(entry)) if name not in scope_files)
        for test, entry in entries.items()
    }
