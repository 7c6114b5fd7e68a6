"""Completeness records on the site: read by everybody, concluded on by whom the table lets, never for own controls."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twofold.jobs.completeness import population_record, population_records
from twofold.jobs.tables_read import tables_read
from twofold.records.workspace import Workspace

As = Callable[[str], Any]
ADDRESS = "/completeness/incident_opened/"
SIGNED = {"conclusion": "complete", "reason": "Filters read with the head of operations."}


def test_a_record_shows_what_was_asked_and_each_check(as_role: As) -> None:
    listed = as_role("viewer").get("/completeness/").content.decode()
    shown = as_role("viewer").get(ADDRESS).content.decode()

    assert ADDRESS in listed
    for words in ("tracker, all incident", "No filter in the query can hide rows", "A compliance manager or a tester"):
        assert words in shown
    assert as_role("viewer").get("/completeness/no_such_population/").status_code == 404


def test_a_control_test_that_rests_on_another_record_is_marked(as_role: As, monkeypatch: Any) -> None:
    from twofold.web.company import completeness  # noqa: PLC0415  once the web framework is set up

    made = {
        "population_record": lambda *asked: replace(population_record(*asked), differing=("T-19",)),
        "population_records": lambda *asked: [
            replace(each, differing=("T-19",)) for each in population_records(*asked)
        ],
    }
    for name, standing_in in made.items():
        monkeypatch.setattr(completeness, name, standing_in)
    assert "! another record" in as_role("viewer").get("/completeness/").content.decode()
    assert "another record" in as_role("viewer").get(ADDRESS).content.decode()


def test_who_called_a_population_not_complete_is_named(as_role: As, monkeypatch: Any) -> None:
    from twofold.web.company import completeness  # noqa: PLC0415  once the web framework is set up

    waiting = as_role("viewer").get("/completeness/").content.decode()
    made = {
        "population_record": lambda *asked: replace(population_record(*asked), refused_by="p-0001"),
        "population_records": lambda *asked: [
            replace(each, refused_by="p-0001") for each in population_records(*asked)
        ],
    }
    for name, standing_in in made.items():
        monkeypatch.setattr(completeness, name, standing_in)
    listed = as_role("viewer").get("/completeness/").content.decode()
    assert "wait for a person" in waiting
    assert "wait for a person" not in listed
    for page in (listed, as_role("viewer").get(ADDRESS).content.decode()):
        assert "✗ not complete" in page
        assert "nobody yet" not in page


def test_a_person_concludes_and_it_is_evidence(as_role: As, site_workspace: Path) -> None:
    tester = as_role("tester")
    assert tester.post(ADDRESS, {**SIGNED, "reason": ""}).status_code == 400
    assert tester.post(ADDRESS, {**SIGNED, "conclusion": "perhaps"}).status_code == 400

    said = tester.post(ADDRESS, SIGNED, follow=True).content.decode()

    assert re.search(r"Captured as ev-\d+", said)
    wanted = frozenset({"completeness_signature"})
    with Workspace.open(site_workspace) as workspace, tables_read(workspace, wanted) as read:
        rows = read.execute("SELECT population, conclusion, signed_by FROM completeness_signature").fetchall()
    assert ("incident_opened", "complete", "tester@example.com") in rows


def test_a_record_that_changed_since_the_page_was_read_is_not_signed(as_role: As) -> None:
    tester = as_role("tester")
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', tester.get(ADDRESS).content.decode())
    assert shown
    late = tester.post(ADDRESS, {**SIGNED, "seen": "0" * 64})
    assert late.status_code == 400
    assert "the record changed since you read it" in late.content.decode()
    assert tester.post(ADDRESS, {**SIGNED, "seen": shown[1]}).status_code == 302


def test_who_has_a_part_in_the_control_or_no_right_does_not_conclude(as_role: As, monkeypatch: Any) -> None:
    for role in ("administrator", "owner", "executive", "viewer"):
        assert as_role(role).post(ADDRESS, SIGNED).status_code == 403, role

    from twofold.web.company import completeness  # noqa: PLC0415  once the web framework is set up

    monkeypatch.setattr(completeness, "controls_with_a_part", lambda *_, **__: frozenset({"OP-02"}))
    assert "You have a part in OP-02" in as_role("tester").get(ADDRESS).content.decode()
    assert as_role("tester").post(ADDRESS, SIGNED).status_code == 403
