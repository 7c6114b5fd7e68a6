"""Questions answered in the background: one at a time, stopped, died, kept; the workspace is not touched."""

import hashlib
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.jobs.in_background import WorkState
from twofold.jobs.what_if.kept import KeptQuestion, KeptRun, kept_run, kept_runs, start, stop
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


def _question(**asked: list[str]) -> KeptQuestion:
    questions = {f"--{option.replace('_', '-')}": texts for option, texts in asked.items()}
    return KeptQuestion(questions, ["wiki becomes financially relevant."], ["T-19"], "p-0001", AT)


def _over(root: Path, run_id: str) -> KeptRun:
    for _ in range(600):
        found = kept_run(root, run_id)
        assert found is not None
        if found.standing.state is not WorkState.RUNNING:
            return found
        time.sleep(0.1)
    pytest.fail("the question is never answered")


def _hashes(root: Path) -> dict[str, str]:
    own = (".twofold/site/", ".sqlite3-")  # folder of the questions; what the database keeps while it is open
    files = (each for each in root.rglob("*") if each.is_file() and not any(part in str(each) for part in own))
    return {each.as_posix(): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def test_a_question_is_answered_and_the_workspace_stays(judged_workspace: Workspace) -> None:
    root = judged_workspace.root
    before = _hashes(root)
    run_id = start(root, _question(relevant=["wiki=2026-04-01"]))
    with pytest.raises(UserError, match="another question"):
        start(root, _question(relevant=["wiki=2026-05-01"]))
    found = _over(root, run_id)
    assert (found.standing.state, found.standing.problems) == (WorkState.DONE, [])
    titles = [each["title"] for each in found.answer()["sections"]]
    assert titles[0] == "The question"
    assert "wiki" in (found.folder / "memo.md").read_text()
    assert _hashes(root) == before
    assert [each.run_id for each in kept_runs(root)] == [run_id]
    assert kept_run(root, "../../vault") is None


def test_faulty_questions(judged_workspace: Workspace) -> None:
    root = judged_workspace.root
    with pytest.raises(UserError, match="nothing is asked"):
        start(root, _question())
    with pytest.raises(UserError, match="no day"):
        start(root, _question(relevant=["wiki=soon"]))
    found = _over(root, start(root, _question(relevant=["none=2026-04-01"])))
    assert found.standing.state is WorkState.FAILED
    assert "there is no system 'none'" in found.standing.problems[0]


@pytest.mark.parametrize(("how", "state"), [(signal.SIGTERM, WorkState.STOPPED), (signal.SIGKILL, WorkState.DIED)])
def test_a_question_that_is_stopped_or_dies(how: int, state: WorkState, judged_workspace: Workspace) -> None:
    root = judged_workspace.root
    run_id = start(root, _question(relevant=["wiki=2026-04-01"]))
    lock = root / ".twofold" / "site" / "what-if" / "lock"
    found = kept_run(root, run_id)
    while found is not None and not found.standing.step and found.standing.state is WorkState.RUNNING:
        time.sleep(0.02)
        found = kept_run(root, run_id)
    if how == signal.SIGTERM:
        stop(root, run_id)
    else:
        os.kill(int(lock.read_text().split()[1]), how)
    assert _over(root, run_id).standing.state is state
    stop(root, run_id)
    assert kept_runs(root)[0].standing.state is state
