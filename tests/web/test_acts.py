"""What people do on the site: each act by the right role, never by whom it concerns, and recorded like any other."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from twofold.jobs.control_tests import latest_runs
from twofold.jobs.tables_read import tables_read
from twofold.records.acts.disposition import dispositions
from twofold.records.acts.sign_off import sign_offs
from twofold.records.workspace import Workspace
from twofold.scope.load import read_scope
from twofold.scope.register import controls_of

As = Callable[[str], Any]
ITEM = {"item": "INC-2"}


def said(client: Any, address: str, given: dict[str, Any]) -> str:
    """Post, follow where it leads, and return the page."""
    answer = client.post(address, given, follow=True)
    assert answer.status_code in {200, 400}, answer.status_code
    shown: str = answer.content.decode()
    return shown


@pytest.fixture
def owner_has_the_control(site: str, site_workspace: Path) -> None:
    """Give control OP-02 to the person of the account of role owner (p-0002)."""
    from twofold.jobs.scope import apply_scope  # noqa: PLC0415

    from .test_pages import AT  # noqa: PLC0415

    del site
    scope = site_workspace / "scope" / "controls.yaml"
    if not scope.exists():
        scope.write_text("controls:\n  - {id: OP-02, owner: p-0002, performer: p-0001, from: 2025-01-01}\n")
        with Workspace.open(site_workspace) as workspace:
            apply_scope(workspace, reason="owners", actor="p-0001", at=AT)


def test_a_confirmed_outcome_is_recorded_at_once(as_role: As, site_workspace: Path) -> None:
    shown = said(as_role("tester"), "/results/T-19/dispose", {**ITEM, "kind": "confirmed"})
    assert "The outcome stays as it is" in shown
    with Workspace.open(site_workspace) as workspace:
        newest = dispositions(workspace.vault)[-1]
    assert (newest.item, newest.kind.value, newest.given_by) == ("INC-2", "confirmed", "tester@example.com")
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    said(as_role("tester"), "/results/T-19/dispose", {"item": "no-such-item", "kind": "confirmed"})
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before


def test_softer_than_the_rule_waits_for_a_second_person(as_role: As, site_workspace: Path) -> None:
    from twofold.web.company.models import ProposedDisposition  # noqa: PLC0415

    tester, second = as_role("tester"), as_role("compliance")
    softer = {**ITEM, "kind": "data_error"}
    assert "say why" in said(tester, "/results/T-19/dispose", softer)
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    assert "until a second person agrees" in said(
        tester, "/results/T-19/dispose", {**softer, "reason": "the zone was lost"}
    )
    proposal = ProposedDisposition.objects.get()
    assert tester.post(f"/dispositions/{proposal.pk}/agree").status_code == 403
    assert as_role("viewer").post(f"/dispositions/{proposal.pk}/agree").status_code == 403
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before
    assert "the zone was lost" in second.get("/inbox/").content.decode()
    assert "Recorded as entry" in said(second, f"/dispositions/{proposal.pk}/agree", {})
    with Workspace.open(site_workspace) as workspace:
        newest = dispositions(workspace.vault)[-1]
    assert (newest.given_by, newest.second_person) == ("tester@example.com", "compliance@example.com")
    assert second.post(f"/dispositions/{proposal.pk}/agree").status_code == 404


def test_of_two_who_agree_at_once_one_is_recorded(
    as_role: As, site_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twofold.web.company.models import ProposedDisposition  # noqa: PLC0415

    said(as_role("tester"), "/results/T-19/dispose", {**ITEM, "kind": "scope_error", "reason": "a drill"})
    proposal = ProposedDisposition.objects.get()
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size

    def somebody_else_is_quicker(workspace: Workspace) -> dict[str, Path]:
        ProposedDisposition.objects.all().delete()
        return latest_runs(workspace)

    monkeypatch.setattr("twofold.web.company.disposing.latest_runs", somebody_else_is_quicker)
    shown = said(as_role("compliance"), f"/dispositions/{proposal.pk}/agree", {})
    assert "a moment ago" in shown
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before


def test_who_gave_a_control_away_has_no_right_over_it_and_still_does_not_judge_it(site: str) -> None:
    from twofold.web.acting import controls_held  # noqa: PLC0415  the site is set up first

    del site
    held = b"controls: [{id: CM-01, deputy: p-1, to: 2026-11-25}, {id: CM-01, owner: p-2, from: 2026-11-25}]"
    scope = read_scope({"scope/a.yaml": held}, reporting_zone="UTC")
    at = datetime(2026, 11, 26, tzinfo=UTC)
    assert [controls_held(scope, person, at=at) for person in ("p-1", "p-2")] == [frozenset(), {"CM-01"}]
    assert [controls_of(scope, person) for person in ("p-1", "P-2 ", "p-3")] == [{"CM-01"}, {"CM-01"}, frozenset()]


def test_a_declined_proposal_records_nothing(as_role: As, site_workspace: Path) -> None:
    from twofold.web.company.models import ProposedDisposition  # noqa: PLC0415

    said(as_role("tester"), "/results/T-19/dispose", {**ITEM, "kind": "scope_error", "reason": "a drill"})
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    said(as_role("executive"), f"/dispositions/{ProposedDisposition.objects.get().pk}/decline", {})
    assert not ProposedDisposition.objects.exists()
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before


@pytest.mark.usefixtures("owner_has_the_control")
def test_nobody_softens_or_signs_a_control_that_they_have_a_part_in(as_role: As) -> None:
    from twofold.web.accounts.models import Member  # noqa: PLC0415
    from twofold.web.company.models import ProposedDisposition  # noqa: PLC0415

    tester, executive = as_role("tester"), as_role("executive")
    given = {**ITEM, "kind": "scope_error", "reason": "a drill"}
    Member.objects.filter(user__username="tester@example.com").update(person="p-0001")
    try:
        assert "somebody else softens it" in said(tester, "/results/T-19/dispose", given)
        assert not ProposedDisposition.objects.exists()
    finally:
        Member.objects.filter(user__username="tester@example.com").update(person="")
    said(tester, "/results/T-19/dispose", given)
    proposal = ProposedDisposition.objects.get()
    Member.objects.filter(user__username="executive@example.com").update(person="p-0002")
    try:
        assert executive.post(f"/dispositions/{proposal.pk}/agree").status_code == 403
        assert executive.post("/controls/OP-02/sign-off", {}).status_code == 403
    finally:
        Member.objects.filter(user__username="executive@example.com").update(person="")
        proposal.delete()


def test_a_sign_off_needs_a_preparer_and_another_reviewer(as_role: As, site_workspace: Path) -> None:
    given = {"engagement": "soc2-2026", "conclusion": "not_effective", "reason": "INC-2 was late"}
    compliance, executive = as_role("compliance"), as_role("executive")
    address = "/controls/OP-02/sign-off"
    assert "nobody" in said(executive, address, {**given, "role": "reviewer"}).lower()
    assert "Signed: entry" in said(compliance, address, {**given, "role": "preparer"})
    assert "Signed: entry" not in said(compliance, address, {**given, "role": "reviewer"})
    shown = said(executive, address, {**given, "role": "reviewer"})
    assert "Signed: entry" in shown
    assert "INC-2 was late" in shown
    with Workspace.open(site_workspace) as workspace:
        assert [each.role.value for each in sign_offs(workspace.vault)] == ["preparer", "reviewer"]
    assert "Say for which engagement" in said(compliance, address, {})


@pytest.mark.usefixtures("owner_has_the_control")
def test_an_owner_answers_findings_of_own_controls(as_role: As, site_workspace: Path) -> None:
    from twofold.web.workspace_access import current  # noqa: PLC0415

    owner = as_role("owner")
    owner.get("/")
    finding = next(each for each in current().findings if each.control_id == "OP-02")
    address = f"/findings/answer?id={finding.finding_id}"
    given = {"cause": "The page went to a phone that was off", "response": "Two phones", "owner": "p-0002"}
    assert "Enter a valid date" in said(owner, address, {**given, "due_on": "soon"})
    assert "Captured as ev-" in said(owner, address, {**given, "due_on": "2026-09-01"})
    with Workspace.open(site_workspace) as workspace, tables_read(workspace, frozenset({"finding_response"})) as read:
        rows = read.execute("SELECT finding, cause, given_by FROM finding_response").fetchall()
    assert (finding.finding_id, given["cause"], "p-0002") in rows
    assert owner.get("/findings/answer?id=none").status_code == 404


def test_a_request_from_asked_to_accepted(as_role: As, site_workspace: Path) -> None:
    manager, owner = as_role("compliance"), as_role("owner")
    given = {"engagement": "soc2-2026", "text": "The incident list", "assigned_to": "p-0002", "due_on": "2026-08-01"}
    assert "rq-" in said(manager, "/requests/add", given)
    shown = manager.get("/requests/").content.decode()
    request_id = re.findall(r"<h2>(rq-\d+) ", shown)[-1]
    with Workspace.open(site_workspace) as workspace:
        evidence_id = next(workspace.vault.each_evidence()).evidence_id
    assert as_role("tester").post(f"/requests/{request_id}/answer", {"evidence": evidence_id}).status_code == 403
    assert "is answered" in said(owner, f"/requests/{request_id}/answer", {"evidence": evidence_id})
    assert "recorded" in said(manager, f"/requests/{request_id}/return", {"note": "the year before, please"})
    assert "the year before" in owner.get("/requests/").content.decode()
    assert "is answered" in said(owner, f"/requests/{request_id}/answer", {"evidence": evidence_id})
    assert "recorded" in said(manager, f"/requests/{request_id}/accept", {})
    assert "recorded" not in said(manager, f"/requests/{request_id}/withdraw", {})
    assert manager.post(f"/requests/{request_id}/burn").status_code == 404
    assert owner.post("/requests/rq-99999/answer").status_code == 404
    assert "there is no engagement" in said(manager, "/requests/add", {**given, "engagement": "none"})
    assert "Say for which" in said(manager, "/requests/add", {})


UPLOAD = {
    "source": "csvtable",
    "kind": "incident",
    "query": "tracker, all incidents",
    "run_by": "p-0001",
    "run_at": "2026-07-10T06:00",
    "owner": "p-0001",
    "period_from": "2026-01-01",
    "period_to": "2026-06-30",
    "claimed_count": "1",
}
LINE = b"id,severity,systems,opened_at,responded_at,closed_at\nINC-9,sev3,product,2026-03-02,2026-03-09,2026-03-10\n"


def test_totals_that_the_source_showed_are_captured_and_shown(as_role: As, site_workspace: Path) -> None:
    file = SimpleUploadedFile("pages.csv", b"id,incident,opened_at\nPD-77,,2026-03-02T10:00:00Z\n")
    given = {**UPLOAD, "kind": "pager_incident", "totals": "minutes=12.50\n\nfees = -3\n", "files": file}
    shown = said(as_role("tester"), "/evidence/upload", given)
    assert "minutes: no record has the field &#39;minutes&#39;, the source said 12.50" in shown
    with Workspace.open(site_workspace) as workspace:
        newest = workspace.vault.list_evidence()[-1]
    assert newest.provenance.totals == {"minutes": "12.50", "fees": "-3"}
    page = as_role("tester").get(f"/evidence/{newest.evidence_id}/").content.decode()
    assert "<dt>Totals claimed</dt><dd>fees -3, minutes 12.50</dd>" in page


def test_many_files_are_captured_as_one_act(as_role: As, site_workspace: Path) -> None:
    files = [SimpleUploadedFile(f"{number}.csv", LINE + b"\n" * number) for number in range(3)]
    shown = said(as_role("tester"), "/evidence/upload", {**UPLOAD, "files": files})
    assert shown.count("1 rows read") == 3
    with Workspace.open(site_workspace) as workspace:
        newest = workspace.vault.list_evidence()[-1]
    assert newest.captured_by == "tester@example.com"
    assert str(newest.provenance.period_to) == "2026-07-01 00:00:00+00:00"
    given = {**UPLOAD, "although_alike": "1", "files": SimpleUploadedFile("again.csv", LINE)}
    again = said(as_role("tester"), "/evidence/upload", given)
    assert "same bytes were captured before" in again


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "nothing"}, "no kind of that name"),
        ({"source": "nothing"}, "No source is named so"),
        ({"owner": ""}, "This field is required"),
        ({"run_at": "2099-01-01T00:00"}, "It lies in the future"),
        ({"period_to": "2025-01-01"}, "before the first"),
        ({"claimed_count": "-1"}, "greater than or equal to 0"),
        ({"totals": "minutes"}, "is not FIELD=TOTAL"),
        ({"totals": "minutes=1,000"}, "expected a decimal such as 1234567.89"),
        ({"files": []}, "Choose at least one file"),
    ],
)
def test_a_faulty_upload_writes_nothing(as_role: As, site_workspace: Path, changed: dict[str, Any], words: str) -> None:
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    given = {**UPLOAD, "files": [SimpleUploadedFile("a.csv", LINE)], **changed}
    assert words in said(as_role("compliance"), "/evidence/upload", given)
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../../etc/passwd", LINE),
        ("C:\\evil\\a.csv", LINE),
        ("<img src=x onerror=alert(1)>.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"),
        ("bomb.zip", b"PK\x05\x06" + bytes(18)),
        ("nul\x00l.csv", b"\x00\x01\x02"),
        ("", LINE),
    ],
)
def test_hostile_files_do_nothing(as_role: As, site_workspace: Path, name: str, content: bytes) -> None:
    client = as_role("compliance")
    given = {**UPLOAD, "although_alike": "1", "files": [SimpleUploadedFile(name or "x", content)]}
    shown = said(client, "/evidence/upload", given)
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "<svg onload" not in shown
    with Workspace.open(site_workspace) as workspace:
        newest = workspace.vault.list_evidence()[-1]
    assert not set(newest.name) & {"/", "\\", "\x00"}
    page = client.get(f"/evidence/{newest.evidence_id}/").content.decode()
    assert "<script>alert" not in page
    assert "<svg onload" not in page
    assert not (site_workspace.parent / "etc").exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_copied(as_role: As, site_workspace: Path) -> None:
    from django.test import override_settings  # noqa: PLC0415

    with override_settings(TWOFOLD_UPLOAD_BYTES=10):
        shown = said(
            as_role("compliance"), "/evidence/upload", {**UPLOAD, "files": [SimpleUploadedFile("large.csv", LINE)]}
        )
    assert "use twofold capture: large.csv" in shown
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.list_evidence()[-1].name != "large.csv"


@pytest.mark.parametrize("role", ["executive", "viewer", "administrator"])
def test_who_may_not_act_is_refused_each_act(role: str, as_role: As) -> None:
    client = as_role(role)
    refused = ["/evidence/upload", "/requests/add", "/results/T-19/dispose", "/findings/answer?id=x"]
    if role != "executive":
        refused += ["/controls/OP-02/sign-off", "/dispositions/1/agree"]
    assert [client.post(each).status_code for each in refused] == [403] * len(refused)


def test_after_a_new_run_an_old_proposal_is_looked_at_anew(as_role: As) -> None:
    from twofold.web.company.models import ProposedDisposition  # noqa: PLC0415

    said(as_role("tester"), "/results/T-19/dispose", {**ITEM, "kind": "scope_error", "reason": "a drill"})
    proposal = ProposedDisposition.objects.get()
    proposal.run_id = "run-0000000000000000"
    proposal.save()
    shown = said(as_role("compliance"), f"/dispositions/{proposal.pk}/agree", {})
    assert "look at the item anew" in shown
    assert not ProposedDisposition.objects.exists()
