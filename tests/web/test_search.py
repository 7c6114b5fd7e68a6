"""The search over all of it, its suggestions for the command palette, and the help on words of the glossary."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import twofold.web
from twofold.web.glossary import term_of, terms

from .test_pages import captured, text

As = Callable[[str], Any]
TEMPLATES = Path(twofold.web.__file__).parent / "company" / "templates"


@pytest.mark.parametrize(
    ("asked", "group", "found"),
    [
        ("product", "Systems", "Our product"),
        ("OP-02", "Controls", "OP-02"),
        ("CC7.3", "Criteria and domains", "CC7.3"),
        ("T-19", "Control tests", "T-19"),
        ("inc-2", "Items of test results", "INC-2"),
        ("incident.csv", "Evidence", "incident.csv"),
        ("exception", "Glossary", "An item that does not meet an attribute"),
        ("access reviews", "Pages", "/reviews/"),
        ("bo", "People", "p-0002"),
    ],
)
def test_everything_is_found_by_its_words(as_role: As, asked: str, group: str, found: str) -> None:
    shown = text(as_role("compliance"), f"/search?q={asked}")
    assert f">{group}</h2>" in shown
    assert found in shown.split(f">{group}</h2>")[1].split("</section>")[0]


def test_an_exact_id_comes_first(as_role: As) -> None:
    told = as_role("compliance").get("/search/suggest", {"q": "inc-2"}).json()
    assert told["groups"][0]["hits"][0]["title"] == "INC-2"


def test_a_finding_is_found_once_for_both_lenses(as_role: As) -> None:
    shown = text(as_role("viewer"), "/search?q=op-02 item deviates")
    group = shown.split(">Findings</h2>")[1].split("</section>")[0]
    address = re.findall(r'href="(/findings/OP-02/T-19/[^"]+)"', group)
    assert address
    assert len(address) == len(set(address))


def test_what_a_role_may_not_see_is_not_found(as_role: As) -> None:
    assert ">People</h2>" in text(as_role("tester"), "/search?q=Ana")
    assert ">People</h2>" not in text(as_role("viewer"), "/search?q=Ana")
    assert "Accounts" in text(as_role("administrator"), "/search?q=accounts")
    assert "/administration/accounts/" not in text(as_role("viewer"), "/search?q=accounts")


@pytest.mark.parametrize(
    "asked", ["", "   ", '"', "a" * 5_000, "') OR 1=1 --", "*", "NEAR(a b)", "AND", "%00", "\u202e", "ev-"]
)
def test_any_text_may_be_asked(as_role: As, asked: str) -> None:
    client = as_role("viewer")
    assert client.get("/search", {"q": asked}).status_code == 200
    assert client.get("/search/suggest", {"q": asked}).status_code == 200
    assert client.get("/evidence/", {"words": asked}).status_code == 200


def test_hostile_names_stay_text(as_role: As, site_workspace: Path) -> None:
    captured(site_workspace, "<img src=x onerror=alert(1)>zebra.csv", b"a\n1\n")
    assert "<img" not in text(as_role("viewer"), "/search?q=zebra")
    answer = as_role("viewer").get("/search/suggest?q=zebra")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["groups"][0]["hits"][0]["title"].startswith("<img")


def test_words_are_found_by_their_beginning_and_a_new_capture_at_once(as_role: As, site_workspace: Path) -> None:
    client = as_role("viewer")
    assert "Evidence</h2>" not in text(client, "/search?q=quokka")
    captured(site_workspace, "north/quokka_list.csv", b"a\n1\n")
    for asked in ("quok", "QUOKKA list", "list north", "quokka_list.csv"):
        assert "quokka_list.csv" in text(client, f"/search?q={asked}")
    assert "quokka_list.csv" not in text(client, "/search?q=uokka")


def test_suggestions_begin_with_the_pages(as_role: As) -> None:
    groups = as_role("viewer").get("/search/suggest").json()["groups"]
    assert [each["title"] for each in groups] == ["Pages"]
    assert {"title": "Controls", "detail": "Programme", "address": "/controls/"} in groups[0]["hits"]


def test_the_number_of_queries_of_a_search_is_fixed(as_role: As, site_workspace: Path) -> None:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client, counts = as_role("viewer"), []
    for number in range(2):
        text(client, "/search?q=a")
        with CaptureQueriesContext(connection) as queries:
            text(client, "/search?q=a")
        counts.append(len(queries))
        for at in range(15):
            captured(site_workspace, f"about/{number}/{at}.csv", b"a\n1\n")
    assert counts[0] == counts[1] <= 12


def test_each_word_with_help_stands_in_the_glossary(as_role: As) -> None:
    used = {
        word
        for file in TEMPLATES.rglob("*.html")
        for word in re.findall(r"\bterm\(\"([^\"]+)\"", file.read_text(encoding="utf-8"))
    }
    assert len(used) > 10
    assert all(term_of(word).meaning for word in used)
    with pytest.raises(KeyError):
        term_of("a word that nobody explains")
    shown = text(as_role("viewer"), "/results/")
    assert 'popovertarget="term-exception"' in shown
    assert shown.count('id="term-exception"') == 1


def test_the_glossary_is_the_file_of_the_docs(as_role: As) -> None:
    shown = text(as_role("viewer"), "/glossary/")
    lines = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    told = [line.split("|")[1].strip() for line in lines if line.startswith("|")][2:]
    assert sorted(told) == sorted(each.title for each in terms())
    assert all(f'id="{each.slug}"' in shown for each in terms())
    assert len({each.slug for each in terms()}) == len(terms())
