"""The pages before an audit: each says what the command says, with rule, source and data, and is no opinion."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils.html import escape

from twofold.jobs.advice.advise import advise_stage
from twofold.jobs.advice.said import read_said
from twofold.records.workspace import Workspace
from twofold.scope.advice.questions import Form, questions
from twofold.web.workspace_access import current

As = Callable[[str], Any]
ADVICE = ("stage", "categories", "window", "anti-patterns")
OWN_PAGES = ("readiness", "soc2-and-sox", "cost")


@pytest.mark.parametrize("name", ADVICE)
def test_each_sentence_names_rule_source_and_data(name: str, as_role: As) -> None:
    shown = as_role("executive").get(f"/prepare/{name}").content.decode()
    assert shown.count("Why we say so") == shown.count("Data: ") > 3
    assert "Not an audit opinion" in shown


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_of_its_own_runs_nothing_and_loads_nothing(name: str, as_role: As) -> None:
    answer = as_role("compliance").get(f"/prepare/{name}/page")
    assert answer.status_code == 200
    assert "Not an audit opinion" in answer.content.decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert "<script" not in answer.content.decode()
    assert "audit-domain" not in answer.content.decode()


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_of_its_own_is_shown_inside_the_site(name: str, as_role: As) -> None:
    client = as_role("compliance")
    around, inside = client.get(f"/prepare/{name}"), client.get(f"/prepare/{name}/page")
    shown = around.content.decode()
    assert f'src="/prepare/{name}/page"' in shown
    assert 'aria-label="Site"' in shown
    assert "script-src 'self'" in around.headers["content-security-policy"]
    assert around.headers["content-security-policy"].endswith("frame-src 'self'")
    assert "frame-ancestors 'self'" in inside.headers["content-security-policy"]
    assert inside.headers["x-frame-options"] == "SAMEORIGIN"


def test_the_page_says_what_the_command_says(as_role: As) -> None:
    from django.utils import timezone  # noqa: PLC0415

    shown = as_role("compliance").get("/prepare/stage").content.decode()
    now = current()
    advice = advise_stage(now.workspace, on=None, at=timezone.now())
    said = [*advice.result.why, *advice.items.do_first, *advice.items.do_not_build]
    assert said
    for each in said:
        assert str(escape(each.text)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in shown


def test_it_is_computed_once_until_something_changes(as_role: As, monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.web.company import preparation  # noqa: PLC0415

    client = as_role("compliance")
    first = client.get("/prepare/cost/page").content
    monkeypatch.setattr(preparation, "cost", None)
    assert client.get("/prepare/cost/page").content == first


@pytest.mark.parametrize("role", ["owner", "tester", "viewer"])
def test_who_may_not_see_it(role: str, as_role: As) -> None:
    names = ["", *ADVICE, *OWN_PAGES]
    assert [as_role(role).get(f"/prepare/{name}").status_code for name in names] == [403] * len(names)


def test_the_interview_captures_what_is_new(as_role: As, site_workspace: Path) -> None:
    client = as_role("executive")
    shown = client.get("/prepare/interview").content.decode()
    first = next(each for each in questions().values() if each.form is Form.YES_NO and not each.only_if)
    assert str(escape(first.asks)) in shown.replace("&#39;", "&#x27;").replace("&#34;", "&quot;")
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    said = client.post("/prepare/interview", {first.name: "yes"}, follow=True).content.decode()
    assert re.search(r"Captured as ev-\d+: 1 new", said)
    with Workspace.open(site_workspace) as workspace:
        held = read_said(workspace).current[first.name]
        size = workspace.vault.size
    assert (held.answer, held.answered_by) == ("yes", "executive@example.com")
    assert size > before
    assert "No news" in client.post("/prepare/interview", {first.name: "yes"}, follow=True).content.decode()
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == size


def test_an_answer_that_is_none_is_told_and_nothing_is_captured(as_role: As, site_workspace: Path) -> None:
    client = as_role("compliance")
    day = next(each for each in questions().values() if each.form is Form.DAY)
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    answer = client.post("/prepare/interview", {day.name: "soon"})
    assert answer.status_code == 400
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before
    assert as_role("viewer").get("/prepare/interview").status_code == 403
