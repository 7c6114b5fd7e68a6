"""Retention over a real workspace: SOX or not, holds, the scope in force, and what the commands after it see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.holds import holds, place_hold, release_hold
from twofold.jobs.normalise import context_for
from twofold.jobs.reading_cache import reading_key
from twofold.jobs.retention import IN_FORCE, apply_policy, delete_due, policy_status, retention_now, retention_plan
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace

from .conftest import AT, INCIDENT, SETTINGS, SIGNATURE, USED, id_of, judged, put

SECOND = timedelta(seconds=1)


def term(workspace: Workspace, evidence: str, at: datetime = AT) -> tuple[str, datetime]:
    found = retention_now(workspace, at=at).standing[evidence].term
    return found.class_name, found.due_at


def delete(workspace: Workspace, *evidence: str, at: datetime, **changed: Any) -> list[str]:
    asked: dict[str, Any] = {
        "all_due": False,
        "reason": "term over",
        "authority": "p-0002",
        "second_person": "p-0003",
        "actor": "p-0001",
        "at": at,
        **changed,
    }
    return [each.evidence_id for each in delete_due(workspace, evidence, **asked)]


def test_what_a_sox_engagement_relied_on_is_kept_seven_years_from_its_period(judged_workspace: Workspace) -> None:
    workspace, used = judged_workspace, id_of(judged_workspace, USED)
    unused = put(workspace, "unused.csv", "id\n", kind="oncall", systems=["wiki"])

    due = datetime(2034, 1, 1, tzinfo=UTC)
    assert term(workspace, used) == ("sox_relied", due)
    assert term(workspace, id_of(workspace, SIGNATURE)) == ("sox_relied", due), "what people said is relied on, too"
    assert term(workspace, unused) == ("other", AT.replace(year=2027))
    with pytest.raises(UserError, match=f"{used}: sox_relied: it is kept until 2034-01-01 00:00:00 UTC"):
        delete(workspace, used, at=due - SECOND)
    assert delete(workspace, used, at=due) == [used]


def test_another_engagement_keeps_it_for_its_own_term(workspace: Workspace) -> None:
    used = put(workspace, "used.csv", systems=["wiki"])
    judged(workspace, "soc2")
    assert term(workspace, used) == ("relied", AT.replace(year=2029)), "judged after the end of the period"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"systems": ["product"], "period_from": "2026-02-01", "period_to": "2026-03-01"}, "sox_relied"),
        ({"systems": ["product"], "period_from": "2026-04-01", "period_to": "2026-05-01"}, "other"),
        ({"systems": ["product"], "period_from": "2026-03-30", "period_to": "2026-05-01"}, "sox_relied"),
        ({"systems": ["wiki"], "period_from": "2026-02-01", "period_to": "2026-03-01"}, "other"),
        ({"systems": ["product"]}, "sox_relied"),
        ({"period_from": "2026-02-01", "period_to": "2026-03-01"}, "sox_relied"),
        ({"systems": ["wiki"]}, "other"),
    ],
    ids=range(7),
)
def test_financially_relevant_systems_make_it_sox(workspace: Workspace, said: dict[str, Any], name: str) -> None:
    assert term(workspace, put(workspace, "a.csv", **said))[0] == name


def test_scope_files_in_force_stay(workspace: Workspace) -> None:
    plan = retention_plan(workspace, at=AT.replace(year=2060))
    assert plan.due == []
    assert plan.held == {IN_FORCE: 1}


def test_a_hold_keeps_what_is_due_until_it_is_released(workspace: Workspace) -> None:
    first = put(workspace, "a.csv", systems=["wiki"])
    far = AT.replace(year=2060)
    place: dict[str, Any] = {"evidence": [], "engagements": [], "reason": "Matter", "authority": "p-0002"}
    hold, count = place_hold(workspace, **place, sources=["csvtable"], everything=False, actor="p-0001", at=AT)
    later = put(workspace, "b.csv", INCIDENT + "INC-2,sev3,wiki,2026-03-02,2026-03-09,2026-03-10\n", systems=["wiki"])
    assert count == 1
    for each in (first, later):
        assert workspace.vault.blobs.locks(workspace.vault.evidence(each).sha256).held
        with pytest.raises(UserError, match=f"the legal hold {hold.hold_id} covers it"):
            delete(workspace, each, at=far)
    second, _ = place_hold(
        workspace, **{**place, "evidence": [later]}, sources=[], everything=False, actor="p-0001", at=AT
    )

    why: dict[str, Any] = {"reason": "settled", "authority": "p-0002", "second_person": "p-0003"}
    release_hold(workspace, hold.hold_id, **why, actor="p-0001", at=AT)
    assert [each.hold_id for each in holds(workspace)] == [second.hold_id, hold.hold_id]
    assert delete(workspace, all_due=True, at=far) == [first]
    with pytest.raises(UserError, match=second.hold_id):
        delete(workspace, later, at=far)


def test_a_hold_on_an_engagement_covers_what_it_begins_to_rely_on(workspace: Workspace) -> None:
    used = put(workspace, "a.csv", systems=["wiki"])
    place_hold(
        workspace,
        evidence=[],
        sources=[],
        engagements=["sox"],
        everything=False,
        reason="Matter",
        authority="p-0002",
        actor="p-0001",
        at=AT,
    )
    sha256 = workspace.vault.evidence(used).sha256
    assert not workspace.vault.blobs.locks(sha256).held
    judged(workspace, "sox")
    assert workspace.vault.blobs.locks(sha256).held
    with pytest.raises(UserError, match="the legal hold hold-"):
        delete(workspace, used, at=AT.replace(year=2060))


def test_deleted_evidence_is_read_no_more(workspace: Workspace) -> None:
    gone = put(workspace, "a.csv", systems=["wiki"])
    kept = put(workspace, "b.csv", INCIDENT.replace("INC-1", "INC-2"), systems=["product"])
    reading = workspace.readings_folder / reading_key(
        workspace.vault.evidence(gone), context_for(workspace.vault.evidence(gone), workspace.applied_scope())
    )
    assert reading.exists()

    delete(workspace, gone, at=AT.replace(year=2028))

    assert not reading.exists()
    assert run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT.replace(year=2028)).read.evidence == (kept,)
    with pytest.raises(UserError, match="deleted on 2028-07-15 by p-0001"):
        workspace.read_evidence(gone)
    assert retention_plan(workspace, at=AT.replace(year=2028)).deleted == 1


def test_an_older_version_does_not_come_back_when_the_newer_is_deleted(workspace: Workspace) -> None:
    put(workspace, "a.csv", systems=["wiki"])
    newer = put(workspace, "a.csv", INCIDENT.replace("INC-1", "INC-2"), systems=["wiki"])
    delete(workspace, newer, at=AT.replace(year=2028))
    assert run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT.replace(year=2028)).read.evidence == ()


def test_years_of_the_settings_count_once_applied(workspace: Workspace) -> None:
    used = put(workspace, "a.csv", systems=["wiki"])
    file = workspace.root / "twofold.toml"
    file.write_text(SETTINGS + "[retention]\nother_years = 4\n", encoding="utf-8")
    with Workspace.open(workspace.root) as opened:
        assert policy_status(opened).differs
        assert term(opened, used)[1].year == 2027
        status = apply_policy(opened, reason="contract", second_person=None, actor="p-0001", at=AT)
        assert not status.differs
        assert term(opened, used)[1].year == 2030
        (deletion,) = delete_due(
            opened,
            [used],
            all_due=False,
            reason="term over",
            authority="p-0002",
            second_person="p-0003",
            actor="p-0001",
            at=AT.replace(year=2030),
        )
        assert opened.vault.entry(deletion.entry).body["policy"] == status.entry
