"""Saved filters: one's own and shared ones, by list; nobody deletes another person's."""

from collections.abc import Callable
from typing import Any

import pytest

from .test_acts import said
from .test_pages import text

As = Callable[[str], Any]


def saved(client: Any, name: str, query: str, **more: str) -> str:
    return said(client, "/filters/controls/save", {"name": name, "query": query, **more})


def test_a_filter_is_kept_for_oneself_and_shared_when_asked(as_role: As) -> None:
    mine, other = as_role("compliance"), as_role("viewer")
    assert "Saved as My incidents" in saved(mine, " My  incidents ", "words=incident&after=9")
    assert 'href="/controls/?words=incident"' in text(mine, "/controls/")
    assert "My incidents" not in text(other, "/controls/")
    saved(mine, "My incidents", "words=incident", shared="1")
    shown = text(other, "/controls/")
    assert shown.count("My incidents") == 1
    assert "of compliance@example.com" in shown
    assert "Delete the filter" not in shown
    assert "My incidents" not in text(other, "/evidence/")


def test_only_its_owner_deletes_it(as_role: As) -> None:
    from twofold.web.lookup.models import SavedFilter  # noqa: PLC0415

    mine, other = as_role("tester"), as_role("compliance")
    saved(mine, "Gone soon", "family=access", shared="1")
    kept = SavedFilter.objects.get(name="Gone soon")
    assert other.post(f"/filters/{kept.pk}/delete").status_code == 404
    assert "Gone soon is deleted" in said(mine, f"/filters/{kept.pk}/delete", {})
    assert mine.get(f"/filters/{kept.pk}/delete").status_code == 405


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [("", "words=a", "needs a name"), ("x", "", "Nothing is filtered"), ("x", "after=1", "Nothing")],
)
def test_a_faulty_filter_is_told(as_role: As, name: str, query: str, words: str) -> None:
    assert words in saved(as_role("viewer"), name, query)


def test_hostile_names_and_queries_stay_data(as_role: As) -> None:
    client = as_role("executive")
    shown = saved(client, "<script>alert(1)</script>", "words=<script>alert(2)</script>&next=//evil.example")
    assert "<script>alert" not in shown
    assert 'href="//evil' not in shown
    assert client.post("/filters/nothing/save", {"name": "a", "query": "b=c"}).status_code == 404


def test_the_list_page_still_narrows_with_a_saved_filter(as_role: As) -> None:
    client = as_role("owner")
    saved(client, "Access controls", "family=access&criterion=CC6.2")
    shown = text(client, "/controls/?family=access&criterion=CC6.2")
    assert 'aria-current="true">Access controls' in shown
    assert "AC-01" in shown
    assert "OP-02" not in shown
