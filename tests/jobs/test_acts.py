"""What people say in answer to us: it reaches the judgement, the newest counts, and it makes no source newer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from twofold.jobs.capture import capture
from twofold.jobs.control_tests import run_control_tests
from twofold.jobs.exports_file import Place, provenance_of
from twofold.jobs.init import make_workspace
from twofold.jobs.judge import JudgedEngagement, judge
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
SETTINGS = b'[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n'
SCOPE = b"""
systems:
  - id: product
    name: Our product
    layer: application
    owner: p-0001
    financially_relevant: [{from: 2026-01-01, reason: Invoices, approver: p-0002, dependents: [Revenue report]}]
engagements: [{id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-06-30}]
"""
INCIDENT = "id,severity,systems,opened_at,responded_at,closed_at\nINC-1,sev3,product,2026-03-02,2026-03-09,2026-03-10\n"
SIGNED = "population,conclusion,signed_by,signed_at\nincident_opened,{},p-0001,{}\n"
ANSWER = "finding,cause,response,owner,due_on,given_by,given_at\n{},{},Repaired,p-0001,2026-09-01,p-0001,{}\n"
FINDING = "OP-02/T-19/B/slow_response"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"twofold.toml": SETTINGS, "scope/a.yaml": SCOPE}
    make_workspace(tmp_path / "acme", files, key=NewKey("a passphrase of tests"), actor="p-0001", at=AT)
    with Workspace.open(tmp_path / "acme") as workspace:
        apply_scope(workspace, reason="first", actor="p-0001", at=AT)
    put(tmp_path / "acme", "incident", INCIDENT, run_at="2026-07-10T06:00:00Z")
    return tmp_path / "acme"


def put(root: Path, kind: str, text: str, *, run_at: str) -> None:
    path = root.parent / f"{kind}-{len(list(root.parent.iterdir()))}.csv"
    path.write_text(text, encoding="utf-8")
    entry = {
        "path": path.name,
        "source": "csvtable",
        "kind": kind,
        "query": "all",
        "run_by": "p-0001",
        "run_at": run_at,
    }
    with Workspace.open(root) as workspace:
        item = CaptureItem(path, path.name, provenance_of(entry, place=Place("test"), zone="UTC"))
        capture(workspace, [item], actor="p-0001", at=AT)


def judged(root: Path) -> tuple[str, JudgedEngagement]:
    with Workspace.open(root) as workspace:
        clock = run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).read.clock.isoformat()
        return clock, judge(workspace, [], actor="p-0001", at=AT)[0]


def signers(engagement: JudgedEngagement) -> Sequence[str]:
    return [
        each.completeness_signed_by
        for control in engagement.judgement.controls
        for each in control.results
        if each.run_id
    ]


def test_the_newest_signature_counts_and_can_be_withdrawn(root: Path) -> None:
    assert signers(judged(root)[1]) == [""]

    put(
        root, "completeness_signature", SIGNED.format("complete", "2026-07-11T06:00:00Z"), run_at="2026-07-11T06:00:00Z"
    )
    assert signers(judged(root)[1]) == ["p-0001"]

    put(
        root,
        "completeness_signature",
        SIGNED.format("not_complete", "2026-07-12T06:00:00Z"),
        run_at="2026-07-12T06:00:00Z",
    )
    assert signers(judged(root)[1]) == [""]


@pytest.mark.parametrize("words", ["not complete", "Not_Complete", " NOT COMPLETE "])
def test_a_refusal_counts_however_it_is_spelled(root: Path, words: str) -> None:
    put(root, "completeness_signature", SIGNED.format(words, "2026-07-12T06:00:00Z"), run_at="2026-07-12T06:00:00Z")
    (stops,) = {each.stops for control in judged(root)[1].judgement.controls for each in control.results if each.run_id}
    assert stops == ("p-0001 concluded that the population incident_opened is not complete",)


def test_a_conclusion_that_is_none_is_set_aside(root: Path) -> None:
    put(root, "completeness_signature", SIGNED.format("nearly", "2026-07-12T06:00:00Z"), run_at="2026-07-12T06:00:00Z")
    with Workspace.open(root) as workspace:
        (told,) = run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).read.set_aside
    assert told.reason == "completeness_signature.conclusion: 'nearly' is neither complete nor not_complete"


def test_a_signature_of_a_moment_that_has_not_come_outranks_none(root: Path) -> None:
    ahead = SIGNED.format("complete", "2099-01-01T06:00:00Z")
    put(root, "completeness_signature", ahead, run_at="2026-07-11T06:00:00Z")
    with Workspace.open(root) as workspace:
        (told,) = run_control_tests(workspace, ["T-19"], actor="p-0001", at=AT).read.set_aside
    assert told.reason == "completeness_signature.signed_at: 2099-01-01T06:00:00Z had not come when this was captured"
    assert signers(judged(root)[1]) == [""]

    now = SIGNED.format("not_complete", "2026-07-12T06:00:00Z")
    put(root, "completeness_signature", now, run_at="2026-07-12T06:00:00Z")
    found = judged(root)[1].judgement.controls
    assert any(each.stops for control in found for each in control.results if each.run_id)


def test_the_newest_answer_counts(root: Path) -> None:
    for day, cause in (("11", "Old"), ("12", "New")):
        moment = f"2026-07-{day}T06:00:00Z"
        put(root, "finding_response", ANSWER.format(FINDING, cause, moment), run_at=moment)

    finding = next(each for each in judged(root)[1].findings if each.finding_id == FINDING)

    assert (finding.cause, finding.response, finding.owner) == ("New", "Repaired", "p-0001")


def test_an_answer_does_not_move_the_clock_of_the_data(root: Path) -> None:
    before = judged(root)[0]

    put(root, "finding_response", ANSWER.format(FINDING, "New", "2026-07-14T06:00:00Z"), run_at="2026-07-14T06:00:00Z")

    assert before.startswith("2026-07-10")
    assert judged(root)[0] == before
