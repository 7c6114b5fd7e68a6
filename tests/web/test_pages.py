"""What the pages show of a small judged workspace, and what hostile evidence cannot do to them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.model.evidence import Provenance
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem

As = Callable[[str], Any]
AT = datetime(2026, 7, 11, 6, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"


def text(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    shown: str = answer.content.decode().replace("<wbr>", "")
    return shown


def captured(root: Path, name: str, content: bytes, *, owner: str = "", systems: tuple[Any, ...] = ()) -> str:
    """Capture a file and return its evidence id."""
    given = root.parent / "given"
    given.write_bytes(content)
    provenance = Provenance(
        source="csvtable", kind="training", run_by="p", run_at=AT, query=HOSTILE, owner=owner, systems=systems
    )
    with Workspace.open(root) as workspace:
        item = CaptureItem(given, name, provenance)
        return workspace.vault.capture_batch([item], captured_by="p", at=AT)[0].evidence_id


def test_overview_shows_both_clocks_and_the_next_step(as_role: As) -> None:
    shown = text(as_role("viewer"), "/")
    assert "SOC 2 Type 2" in shown
    assert "SOX 404 ITGC" in shown
    assert "2026-01-01 to 2026-06-30" in shown
    assert "OP-02" in shown
    assert "Not an audit opinion" in shown
    assert "week of 2026-03-30: 1 items, 1 with an exception or not testable" in shown


def test_a_system_shows_labels_with_reason_and_its_results(as_role: As) -> None:
    client = as_role("viewer")
    assert "Our product" in text(client, "/systems/")
    shown = text(client, "/systems/product/")
    assert "Invoices" in shown
    assert "OP-02" in shown
    assert client.get("/systems/nothing/").status_code == 404


def test_controls_narrow_by_words_family_and_conclusion(as_role: As) -> None:
    client = as_role("owner")
    every = text(client, "/controls/")
    assert every.count("<tr>") > 40
    assert text(client, "/controls/?words=incident").count("<tr>") < 8
    assert "OP-02" in text(client, "/controls/?conclusion=not+effective")
    assert "No control is like that" in text(client, "/controls/?words=zzzz")
    shown = text(client, "/controls/OP-02/")
    assert "SOX 404 ITGC" in shown
    assert "CC7.3" in shown
    assert client.get("/controls/XX-99/").status_code == 404


def test_a_run_its_items_and_its_rule(as_role: As) -> None:
    client = as_role("tester")
    assert "T-19" in text(client, "/results/")
    shown = text(client, "/results/T-19/")
    assert "INC-1" in shown
    assert "INC-2" in shown
    assert "INC-2" not in text(client, "/results/T-19/?words=inc-1")
    assert "No item is like that" in text(client, "/results/T-19/?system=wiki")
    assert "INC-1" not in text(client, "/results/T-19/?after=INC-1")
    item = text(client, "/results/T-19/item?id=INC-2&rows=1")
    assert "rule.sql:" in item
    assert "exception" in item
    assert client.get("/results/T-19/item?id=none").status_code == 404
    assert "SELECT" in text(client, "/results/T-19/rule")
    assert client.get("/results/T-10/").status_code == 404


def test_a_filter_is_given_apart_from_the_query(as_role: As) -> None:
    client = as_role("tester")
    for name in ("letter", "code", "system", "words", "after"):
        assert client.get("/results/T-19/", {name: "A' OR 1=1 --", "letter": "A"}).status_code == 200


def test_findings_narrow(as_role: As) -> None:
    client = as_role("executive")
    every = text(client, "/findings/")
    assert "OP-02" in every
    assert "No finding is like that" in text(client, "/findings/?control=AC-01")
    assert "No finding is like that" in text(client, "/findings/?stage=closed")


def test_evidence_pages_and_narrows_without_a_count(as_role: As, site_workspace: Path) -> None:
    client = as_role("compliance")
    for number in range(55):
        captured(site_workspace, f"many/{number}.csv", f"a\n{number}\n".encode())
    first = text(client, "/evidence/?words=many")
    assert "many/54.csv" in first
    assert "many/4.csv" not in first
    older = first.split('href="/evidence/?words=many&amp;')[1].split('"')[0]
    assert "many/4.csv" in text(client, f"/evidence/?words=many&{older}")
    assert "many/54.csv" not in text(client, "/evidence/?kind=incident")
    assert "incident.csv" in text(client, "/evidence/?source=csvtable&kind=incident")


def test_the_number_of_queries_is_the_same_for_few_and_many(as_role: As, site_workspace: Path) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client = as_role("compliance")
    addresses = (
        *("/", "/systems/", "/systems/product/", "/controls/", "/controls/OP-02/", "/evidence/", "/findings/"),
        *("/results/", "/results/T-19/", "/results/T-19/item?id=INC-2", "/requests/", "/reviews/", "/inbox/"),
    )
    found = []
    for _ in range(2):
        for address in addresses:
            client.get(address)
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                text(client, address)
            counts.append(len(queries))
        found.append(counts)
        for number in range(20):
            captured(site_workspace, f"more/{number}.csv", b"a\n1\n")
    assert found[0] == found[1]
    assert max(found[0]) <= 12


@pytest.mark.parametrize("name", ["page.html", "picture.svg", f"{HOSTILE}.csv"])
def test_evidence_is_shown_as_text_and_sent_as_a_file(as_role: As, site_workspace: Path, name: str) -> None:
    evidence_id = captured(site_workspace, name, f"{HOSTILE},b\n=cmd(),2\n".encode())
    client = as_role("tester")
    for address in ("/evidence/", f"/evidence/{evidence_id}/"):
        shown = text(client, address)
        assert HOSTILE not in shown
        assert "<script>" not in shown
    answer = client.get(f"/evidence/{evidence_id}/bytes")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"".join(answer.streaming_content) == f"{HOSTILE},b\n=cmd(),2\n".encode()


def test_an_owner_opens_own_evidence_only(as_role: As, site_workspace: Path) -> None:
    own = captured(site_workspace, "own.csv", b"a\n1\n", owner="p-0002")
    others = captured(site_workspace, "others.csv", b"a\n2\n", owner="p-0001")
    client = as_role("owner")
    answer = client.get(f"/evidence/{own}/bytes")
    assert b"".join(answer.streaming_content) == b"a\n1\n"
    assert client.get(f"/evidence/{others}/bytes").status_code == 403
    assert "Your role may not open it" in text(client, f"/evidence/{others}/")
    assert as_role("viewer").get(f"/evidence/{own}/bytes").status_code == 403


def test_every_answer_carries_strict_headers(as_role: As) -> None:
    answer = as_role("viewer").get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    cookie = as_role("stranger").get("/account/login/").cookies["twofold_csrf"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_page_that_is_not_there_says_so_without_a_trace(as_role: As) -> None:
    client = as_role("viewer")
    answer = client.get("/evidence/../../etc/passwd")
    assert answer.status_code == 404
    assert "Traceback" not in answer.content.decode()
    assert client.get("/evidence/ev-999999/").status_code == 404
    assert as_role("stranger").get("/alive").content == b"alive\n"
