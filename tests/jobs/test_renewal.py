"""Results renewed in the background: one at a time, what they read, and a fault that is told."""

import time

import pytest

from twofold.jobs.in_background import WorkState
from twofold.jobs.renewal import Renewal, newest_renewal, start_renewal, stop_renewal
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

from .conftest import AT, INCIDENT, put


def _over(workspace: Workspace) -> Renewal:
    for _ in range(900):
        found = newest_renewal(workspace.root)
        assert found is not None
        if found.standing.state is not WorkState.RUNNING:
            return found
        time.sleep(0.1)
    pytest.fail("the renewal never ends")


def test_results_are_made_from_what_was_captured_since(judged_workspace: Workspace) -> None:
    assert newest_renewal(judged_workspace.root) is None
    stop_renewal(judged_workspace.root)
    put(judged_workspace, "later.csv", INCIDENT.replace("INC-1", "INC-9"), systems=["wiki"])
    judged = len(list(judged_workspace.vault.entries(kind=EntryKind.JUDGEMENT)))

    start_renewal(judged_workspace.root, actor="p-0002", at=AT)
    with pytest.raises(UserError, match="renewed already"):
        start_renewal(judged_workspace.root, actor="p-0003", at=AT)
    found = _over(judged_workspace)

    assert (found.standing.state, found.standing.problems) == (WorkState.DONE, [])
    assert (found.asked_by, found.asked_at) == ("p-0002", AT)
    judgements = list(judged_workspace.vault.entries(kind=EntryKind.JUDGEMENT))
    assert len(judgements) > judged
    assert judgements[-1].actor == "p-0002"


def test_a_workspace_without_a_scope_says_what_is_missing(workspace: Workspace) -> None:
    (workspace.root / "twofold.toml").write_text("[company]\n")
    start_renewal(workspace.root, actor="p-0002", at=AT)
    found = _over(workspace)

    assert found.standing.state is WorkState.FAILED
    assert "name" in found.standing.problems[0]
    _again(workspace)
    assert _over(workspace).asked_at.hour == AT.hour + 1


def _again(workspace: Workspace) -> None:
    """Start once more; the outcome is written a moment before the process ends and frees its turn."""
    for _ in range(100):
        try:
            return start_renewal(workspace.root, actor="p-0002", at=AT.replace(hour=AT.hour + 1))
        except UserError:
            time.sleep(0.1)
    pytest.fail("the turn is never freed")
