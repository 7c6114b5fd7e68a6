"""People, roster, policies, vendors, training on the site: read from evidence, told as evidence, personal by right."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from twofold.jobs.capture import capture
from twofold.jobs.tables_read import tables_read
from twofold.model.evidence import ACT_CONNECTOR, Provenance
from twofold.model.session import new_database
from twofold.records.workspace import Workspace
from twofold.scope.stretches import Stretch
from twofold.vault.evidence import CaptureItem

As = Callable[[str], Any]
AT = datetime(2026, 7, 11, 6, tzinfo=UTC)
TABLES = {
    "account": "id,system,kind,status,email\nokta:ana,okta,human,active,\nokta:bo,okta,human,active,\n",
    "engagement": "id,person,type,started_at,effective_end\ne-1,p-0001,employee,2025-01-01,\n"
    "e-2,p-0002,employee,2025-01-01,2026-05-01\n",
    "job": "person,role,unit,manager,valid_from\np-0001,Controller,Finance,,2025-01-01\n"
    "p-0002,Engineer,Engineering,p-0001,2025-01-01\n",
    "policy": "id,title,acknowledge_days\naccess,Access policy,30\n",
    "policy_number": "policy,version,document,measure,bound,value,unit\naccess,1,,leaver_removal,at_most,1,day\n",
    "policy_version": "policy,version,approved_by,approved_at,effective_at\n"
    "access,1,okta:bo,2026-01-02T09:00:00Z,2026-01-03\n",
    "measured_value": "id,measure,value,unit,holds_from\nm-1,leaver_removal,3,day,2026-01-03\n",
    "training": "id,person,course,completed_at\nt-1,p-0001,Security,2025-02-01\n",
    "vendor": "id,name,system,tier,relied_from,services\npaylane,Paylane,product,critical,2026-01-01,cards\n"
    "cumulus,Cumulus,product,low,2026-01-01,\n",
    "soc_report": "id,vendor,kind,type,starts_at,ends_before,opinion,cuecs_listed\n"
    "r-1,paylane,soc1,2,2025-07-01,2026-04-01,unqualified,1\n",
    "cuec": "report,id,own_control\nr-1,C1,\n",
    "bridge": "id,vendor,starts_at,ends_before,signed_by,signer_role\n"
    "b-1,paylane,2026-04-01,2026-06-01,Head of Trust,management\n",
    "sign_in": "id,account,system,occurred_at,result\ns-1,okta:bo,product,2026-06-01T08:00:00Z,success\n",
}
ON_A_DAY = """
CREATE TABLE person (id VARCHAR, name VARCHAR);
CREATE TABLE job (person VARCHAR, role VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP);
CREATE TABLE roster (scope VARCHAR, duty VARCHAR, person VARCHAR, valid_from TIMESTAMP);
CREATE TABLE authority AS
SELECT 'billing' AS scope, 'release' AS duty, CAST(NULL AS VARCHAR) AS right_class, person, 'roster' AS basis,
    CAST(since AS TIMESTAMP) AS valid_from, CAST(until AS TIMESTAMP) AS valid_to
FROM (VALUES
    ('stays', '2025-01-01', '9999-12-31'),
    ('left that morning', '2025-01-01', '2026-03-31 18:00:00'),
    ('left before', '2025-01-01', '2026-03-31 15:00:00'),
    ('nothing is sure', '2026-04-01 08:00:00', '2026-04-01')
) AS v (person, since, until);
CREATE TABLE authority_by_title AS
SELECT scope, 'access' AS duty, 'lead' AS role, person, valid_from, valid_to FROM authority
"""


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory, site: str, site_workspace: Path) -> Path:
    """Return a workspace with a few rows of each table, read once; not to be changed."""
    from twofold.jobs.control_tests import require_applied_scope  # noqa: PLC0415
    from twofold.jobs.normalise import normalise  # noqa: PLC0415

    del site
    folder = tmp_path_factory.mktemp("programme")
    root = Path(shutil.copytree(site_workspace, folder / "acme"))
    items = []
    for name, text in TABLES.items():
        file = folder / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        provenance = Provenance(
            source="csvtable", kind=name, run_by="p-0001", run_at=AT, query="all", parameters={"zone": "UTC"}
        )
        items.append(CaptureItem(file, file.name, provenance))
    with Workspace.open(root) as workspace:
        capture(workspace, items, actor="p-0001", at=AT)
        with workspace.computing("normalise"):
            normalise(workspace, require_applied_scope(workspace))
    return root


@pytest.fixture
def ana(site: str) -> Iterator[None]:
    """Make the compliance manager Ana; the owner is Bo (p-0002)."""
    from twofold.web.accounts.models import Member  # noqa: PLC0415

    del site
    Member.objects.filter(user__username="compliance@example.com").update(person="p-0001")
    yield
    Member.objects.filter(user__username="compliance@example.com").update(person="")


@pytest.fixture
def shown(told_once: Path, as_role: As, ana: None) -> Iterator[As]:
    """Serve the workspace, for tests that change nothing."""
    from django.test import override_settings  # noqa: PLC0415

    del ana
    with override_settings(WORKSPACE=told_once):
        yield as_role


@pytest.fixture
def programme(told_once: Path, as_role: As, ana: None, tmp_path: Path) -> Iterator[As]:
    """Serve a copy of one's own."""
    from django.test import override_settings  # noqa: PLC0415

    del ana
    root = Path(shutil.copytree(told_once, tmp_path / "acme"))
    with override_settings(WORKSPACE=root):
        yield as_role


def text(client: Any, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    shown: str = answer.content.decode()
    return shown


def tell(client: Any, table: str, **given: str) -> str:
    answer = client.post(f"/tell/{table}/", given, follow=True)
    shown: str = answer.content.decode()
    return shown


def rows(root: Path, table: str) -> list[tuple[Any, ...]]:
    with Workspace.open(root) as workspace, tables_read(workspace, frozenset({table})) as session:
        return session.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()  # noqa: S608  a name of the test


def served() -> Path:
    from django.conf import settings  # noqa: PLC0415

    return Path(str(settings.WORKSPACE))


def test_people_with_all_that_is_known_and_less_for_a_viewer(shown: As) -> None:
    found = text(shown("compliance"), "/people/")
    assert "Controller" in found
    assert "overdue since 2026-02-01" in found, "a training of 2025 stood twelve months"
    assert "after the end" in found, "Bo signed in after leaving"
    assert "Controller" in text(shown("compliance"), "/people/?words=controller&state=works")
    assert "Nobody is like that" in text(shown("compliance"), "/people/?words=zzz")
    assert "Bo" not in text(shown("compliance"), "/people/?after=p-0002").split("<tbody>")[1]
    person = text(shown("compliance"), "/people/p-0002/")
    assert "okta:bo" in person
    assert "e-2" in person
    assert "Every version" in person
    assert "finance on every system" in person
    viewer = shown("viewer")
    assert "Controller" in text(viewer, "/people/")
    for hidden in ("overdue", "Finance", "2025-01-01"):
        assert hidden not in text(viewer, "/people/").split("<main")[1]
    assert "okta:bo" not in text(viewer, "/people/p-0002/")
    assert "okta:bo" in text(shown("owner"), "/people/p-0002/"), "one's own record is one's own to see"
    assert "okta:ana" not in text(shown("owner"), "/people/p-0001/")
    text(viewer, "/people/p-none/", status=404)


def test_who_could_approve_on_a_day(shown: As) -> None:
    client = shown("viewer")
    asked = "/roster/?duty=finance&system=product&on="
    assert "all day" in text(client, f"{asked}2026-03-14")
    assert "nobody" in text(client, f"{asked}2026-06-14"), "Bo had left by then"
    assert "is no day" in text(client, f"{asked}14-March")
    assert "left 2026-05-01" in text(shown("compliance"), "/roster/")
    found = text(client, "/roster/")
    assert "has left" in found
    assert "left 2026-05-01" not in found
    assert "finance on every system: <span" in found, "a gap since Bo left"
    assert "No line is like that" in text(client, "/roster/?duty=uat")


@pytest.mark.usefixtures("shown")
def test_who_surely_could_approve_on_a_part_of_the_local_day_is_named() -> None:
    from twofold.web.company.programme.reading import Reading  # noqa: PLC0415
    from twofold.web.company.programme.roster import who_could  # noqa: PLC0415

    asked = {"duty": "release", "system": "billing", "class": ""}
    with new_database(threads=1, memory="256MB") as session:
        session.execute(ON_A_DAY)
        found = who_could(Reading(session, Path()), asked, date(2026, 4, 1), ZoneInfo("Asia/Tokyo"))
        by_title = asked | {"duty": "access"}
        titled = who_could(Reading(session, Path()), by_title, date(2026, 4, 1), ZoneInfo("Asia/Tokyo"))["by_title"]
    assert {row["person"]: row["role"] for row in titled} == {"stays": "lead", "left that morning": "lead"}
    assert {row["person"]: row["all_day"] for row in found["named"]} == {"stays": True, "left that morning": False}


def test_a_policy_with_promises_and_acknowledgements(shown: As) -> None:
    found = text(shown("compliance"), "/policies/")
    assert "version 1" in found
    assert "0 of 1" in found
    assert "not on the roster" in found
    found = text(shown("compliance"), "/policies/access/")
    assert "not kept" in found
    assert "AC-03" in found
    assert ">Ana</a>" in found.split("Missing")[1]
    assert "Who is missing is personal data" in text(shown("viewer"), "/policies/access/")
    text(shown("viewer"), "/policies/none/", status=404)


def test_a_person_acknowledges_once_and_only_the_version_in_force(programme: As) -> None:
    client = programme("compliance")
    refused = client.post("/policies/access/sign", {"version": "0"}, follow=True).content.decode()
    assert "Version 1 is in force now" in refused
    assert programme("viewer").post("/policies/access/sign", {"version": "1"}).status_code == 403
    assert client.post("/policies/none/sign", {"version": "1"}).status_code == 404
    assert (
        "Your acknowledgement is captured"
        in client.post("/policies/access/sign", {"version": "1"}, follow=True).content.decode()
    )
    assert "1</b> of <b>1</b>" in text(client, "/policies/access/")
    again = client.post("/policies/access/sign", {"version": "1"}, follow=True).content.decode()
    assert "captured as" not in again


def test_a_vendor_and_how_far_its_reports_reach(shown: As) -> None:
    found = text(shown("viewer"), "/vendors/")
    assert "30 days open" in found, "the letter ends with May, the period with June"
    assert "1 of 1" in found
    assert "Cumulus" not in text(shown("viewer"), "/vendors/?tier=critical")
    found = text(shown("viewer"), "/vendors/paylane/")
    assert "unmapped" in found
    assert "A bridge letter" in found
    assert "Add a report" not in found
    text(shown("viewer"), "/vendors/none/", status=404)


def test_days_in_no_report_and_no_letter() -> None:
    from twofold.web.company.programme.cover import cover  # noqa: PLC0415

    def day(month: int, number: int = 1) -> datetime:
        return datetime(2026, month, number, tzinfo=UTC)

    report = {"kind": "soc2", "type": 2, "starts_at": day(1), "ends_before": day(3)}
    letter = {"signed_by": "Cy", "signer_role": "Management", "starts_at": day(3), "ends_before": day(3, 16)}
    found = cover("2026", Stretch(day(1), day(5)), [report], [letter], "UTC")
    assert (found.days, found.bridged_days, found.open_days) == (120, 15, 46)
    unsigned = {**letter, "signer_role": "auditor"}
    assert cover("2026", Stretch(day(1), day(5)), [report], [unsigned], "UTC").open_days == 61
    assert cover("2026", Stretch(day(1), day(2)), [{**report, "type": 1}], [], "UTC").open_days == 31
    assert cover("2026", Stretch(day(1), day(2)), [report], [], "UTC").gaps == ()


def test_training_by_state(shown: As) -> None:
    found = text(shown("compliance"), "/training/")
    assert "since 2026-02-01" in found
    assert "Nobody is like that" in text(shown("compliance"), "/training/?state=away")
    assert "2025-02-01" in text(shown("compliance"), "/training/course?name=Security")
    assert "2025-02-01" not in text(shown("viewer"), "/training/course?name=Security")
    text(shown("viewer"), "/training/course?name=none", status=404)


def test_a_told_row_is_evidence_that_the_next_reading_takes(programme: As) -> None:
    client = programme("compliance")
    assert "Captured as ev-" in tell(client, "cuec", report="r-1", id="C1", own_control="AC-03", because="mapped it")
    assert [row[:3] for row in rows(served(), "cuec")] == [("r-1", "C1", "AC-03")]
    with Workspace.open(served()) as workspace:
        newest = workspace.vault.list_evidence()[-1]
    assert (
        newest.provenance.query == "told on screen by p-0001: duty that a report leaves to us r-1 C1, because mapped it"
    )
    assert newest.provenance.connector == ACT_CONNECTOR
    assert newest.provenance.period_from == newest.provenance.period_to, "it proves nothing about what else there is"
    shown = text(client, "/vendors/paylane/")
    assert "AC-03</a>" in shown
    assert "told on screen" in shown
    assert "<b>AC-03</b>" in shown, "the history says what changed"


def test_a_changed_fact_is_a_new_version_of_its_file(programme: As) -> None:
    client = programme("compliance")
    key = {"id": "paylane", "system": "product", "relied_from": "2026-01-01"}
    form = text(client, "/tell/vendor/?id=paylane&system=product&relied_from=2026-01-01")
    assert 'value="cards"' in form
    assert "every other line as it was" in form
    changed = {**key, "name": "Paylane", "tier": "low", "services": "cards", "because": "tiered anew"}
    assert "Captured as ev-" in tell(client, "vendor", **changed)
    found = {row[0]: (row[3], row[-1]) for row in rows(served(), "vendor")}
    assert found == {"paylane": ("low", False), "cumulus": ("low", False)}, "no conflict, and the other line stays"
    with Workspace.open(served()) as workspace:
        newest = workspace.vault.list_evidence()[-1]
    assert (newest.name, newest.version) == ("vendor.csv", 2)


@pytest.mark.parametrize(
    ("table", "given", "expected"),
    [
        ("bridge", {"vendor": "paylane", "starts_at": "2026-05-01", "ends_before": "2026-04-01"}, "is not after"),
        ("bridge", {"vendor": "nobody", "starts_at": "2026-04-01", "ends_before": "2026-05-01"}, "nothing is known of"),
        ("bridge", {"vendor": "paylane", "starts_at": "soon", "ends_before": "2026-05-01"}, "no ISO 8601 day"),
        ("training", {"person": "p-0001", "course": "Security"}, "a row about themselves"),
        ("training", {"person": "p-0002"}, "course: it is empty"),
        ("training", {"id": "t-1", "person": "p-0002", "course": "X", "because": "x"}, "it happens once"),
        ("cuec", {"report": "r-1", "id": "C1", "own_control": "XX-1", "because": "x"}, "there is no control"),
        ("cuec", {"report": "r-1", "id": "C1", "own_control": "AC-03"}, "no reason is given"),
        ("cuec", {"report": "r-1", "id": "C1", "because": "x"}, "says what is known already"),
        ("policy", {"id": "x", "title": "=cmd()"}, "begins as a formula"),
        ("vendor", {"id": "x", "system": "product", "relied_from": "2026-01-01", "name": "\x07"}, "control character"),
    ],
)
def test_what_is_refused_is_told_and_captures_nothing(
    shown: As, table: str, given: dict[str, str], expected: str
) -> None:
    client = shown("compliance")
    with Workspace.open(served()) as workspace:
        before = workspace.vault.size
    answer = client.post(f"/tell/{table}/", given)
    assert answer.status_code == 400
    assert expected in answer.content.decode().replace("&#39;", "'")
    with Workspace.open(served()) as workspace:
        assert workspace.vault.size == before


def test_only_who_may_tells_rows_of_known_tables(shown: As) -> None:
    assert shown("owner").post("/tell/vendor_review/", {}).status_code == 403
    assert shown("compliance").get("/tell/ticket/").status_code == 404


def test_odd_ids_of_evidence_break_no_page(programme: As) -> None:
    client = programme("compliance")
    assert "Captured as ev-" in tell(client, "policy", id="odd/one", title="<script>alert(1)</script>")
    version = {"policy": "odd/one", "version": "1", "approved_by": "x/y", "effective_at": "2026-01-03"}
    assert "Captured as ev-" in tell(client, "policy_version", **version)
    shown = text(client, "/policies/")
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown
    report = {"id": "r/2", "vendor": "paylane", "kind": "soc2", "reviewed_by": "a/b"}
    assert "Captured as ev-" in tell(client, "soc_report", **report)
    assert "r/2" in text(client, "/vendors/paylane/")
    assert client.get("/tell/vendor/?id=x&relied_from=%00&system=").status_code == 200
    assert client.get("/roster/?after=%00&duty='&system=%ff&on=9999-12-31").status_code == 200
    assert client.get("/people/?words=%25&after=%f0").status_code == 200


def test_what_the_programme_has_due_stands_in_calendar_work_and_feed(shown: As) -> None:
    """Paylane's letter ends on 31 May; Ana signs by 2 February and was to be trained again by then."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from twofold.web.company.work.feed import make_feed  # noqa: PLC0415

    manager, viewer = shown("compliance"), shown("viewer")
    work = text(manager, "/inbox/")
    lines = ("Sign Access policy, version 1", "Yearly training", "Review the policy: Access policy", "no report or")
    assert [line for line in lines if line not in work] == []
    assert "! to sign" in work or "✗ overdue" in work
    assert "Sign Access policy" not in text(viewer, "/inbox/"), "nobody of the roster is behind this account"
    may = text(viewer, "/calendar/?month=2026-05")
    assert "Paylane: no report or letter covers what comes after this day" in may.partition("2026-05-31")[2]
    february = text(viewer, "/calendar/?month=2026-02")
    assert "Signatures under access: 1 person" in february
    assert "Training of 1 person" in february
    assert "Yearly training" not in text(viewer, "/calendar/?month=2026-02&person=p-0001"), "it is hers to know"
    assert "Yearly training" in text(manager, "/calendar/?month=2026-02&person=me")
    user = User.objects.get(username="compliance@example.com")
    feed = text(manager, f"/calendar/feed/{make_feed(user.pk, at=timezone.now())}.ics")
    assert "SUMMARY:overdue: Sign Access policy\\, version 1" in feed
    assert "SUMMARY:soc2-2026: the period ends" in feed
