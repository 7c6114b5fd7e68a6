"""The HTML report: self-contained, readable by machines and people, hostile text stays text."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from twofold.reports.contents import PackageContents, ReportContents
from twofold.reports.html_report import html_report
from twofold.vault.canonical import Json
from twofold.vault.entry import make_entry


class Page(HTMLParser):
    """Collects tags with attributes and the visible text; fails on tags that do not nest."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def page(contents: PackageContents) -> Page:
    return Page(html_report(contents, in_package=True))


def test_it_loads_nothing_and_runs_nothing(page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert not str(attributes.get("href", "")).startswith(("http", "//", "javascript"))
    policies = [attributes["content"] for tag, attributes in page.tags if tag == "meta" and "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_hostile_text_stays_text(contents: PackageContents) -> None:
    engagement = contents.engagements[0]
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}'
    findings = tuple(replace(finding, condition=hostile, items=(hostile,)) for finding in engagement.findings)
    judgement = replace(engagement.judgement, auditor=hostile)
    report = ReportContents(
        company=hostile,
        reporting_zone="UTC",
        software="twofold",
        clock=contents.clock,
        engagements=[replace(engagement, findings=findings, judgement=judgement)],
    )
    page = Page(html_report(report, in_package=False))
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert hostile in page.text
    assert "49" not in page.text.split("{{")[0]


def test_it_shows_both_lenses_side_by_side_with_counts(page: Page) -> None:
    assert "SOC 2 Type 2 2025-11-01 to 2026-10-31" in page.text
    assert "SOX 404 ITGC 2025-10-01 to 2026-09-30" in page.text
    row = page.text.split("CM-01 Authorised, tested and approved before release")[1].split("AC-05")[0]
    assert " ".join(row.split()) == "T-10 workbook 60 ✗ not effective 30 1 2 27 ✗ not effective 28 5 2 25"
    assert "did not occur" in page.text
    assert "AC-10 Direct data access" in page.text.split("Without a test by rule")[1]


def test_it_says_what_to_do_why_and_that_it_is_no_opinion(page: Page) -> None:
    for text in (
        "Not an audit opinion",
        "Complete the population of T-05: 1 export ends at a cap.",
        "CC8.1",
        "PC",
        "Cause rush Pattern",
        "not given yet: a named person states it",
        "3 items deviate: The content of G changed after approval.",
        "STOP 1 export ends at a cap",
        "financially relevant 2025-10-01 to still: Feeds revenue <report>",
        "relied on by Revenue report",
        "python3 data/check.py .",
        "Signed by the key in log/key.vkey",
        "example.com/evidence, 308 entries, 8 of them shown, the others as hashes.",
        "No witness has cosigned the log",
        "No authority has dated the log.",
        "Every conclusion is younger than the evidence that it rests on.",
    ):
        assert text in page.text, text


def test_tables_are_accessible_and_links_lead_into_the_package(page: Page, package: Path) -> None:
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables == sum(tag == "caption" for tag, _ in page.tags) == 9
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags
    for tag, attributes in page.tags:
        if tag == "a":
            assert (package / "data" / str(attributes["href"])).is_file(), attributes["href"]


def test_one_judgement_alone_needs_no_package(contents: PackageContents) -> None:
    report = ReportContents(
        company="Acme",
        reporting_zone="UTC",
        software="twofold",
        clock=contents.clock,
        engagements=contents.engagements[:1],
    )
    page = Page(html_report(report, in_package=False))
    assert "SOX" not in page.text
    assert "How to check" not in page.text
    assert not [tag for tag, _ in page.tags if tag == "a"]


def test_acts_of_people_stand_beside_what_they_are_about(contents: PackageContents) -> None:
    judgement = contents.engagements[0].judgement
    engagement, run = judgement.engagement_id, next(iter(judgement.runs.values()))
    acts: list[tuple[str, dict[str, Json]]] = [
        (
            "request",
            {"act": "open", "engagement": engagement, "control": None, "text": "The <roster>", "request": None},
        ),
        ("answer", {"request": "rq-900", "evidence": ["ev-7"], "note": "as asked"}),
        ("request", {"act": "accept", "engagement": engagement, "request": "rq-900", "note": ""}),
        (
            "disposition",
            {"run_id": run, "control_test": "T-03", "item": "e-1", "disposition": "data_error", "reason": "typo"},
        ),
        (
            "disposition",
            {"run_id": "another", "control_test": "T-03", "item": "e-2", "disposition": "confirmed", "reason": "no"},
        ),
        (
            "sign_off",
            {
                "engagement": engagement,
                "control": None,
                "role": "reviewer",
                "conclusion": "not_effective",
                "reason": "seen",
                "judgement_sha256": "",
            },
        ),
        (
            "sign_off",
            {
                "engagement": "another",
                "control": None,
                "role": "reviewer",
                "conclusion": "effective",
                "reason": "elsewhere",
                "judgement_sha256": "",
            },
        ),
    ]
    at = datetime(2026, 7, 15, 6, tzinfo=UTC)
    raws = [
        (900 + number, make_entry(index=900 + number, kind=kind, at=at, actor="p-9", body=body).raw)
        for number, (kind, body) in enumerate(acts)
    ]
    said = replace(contents, log=replace(contents.log, records=[*contents.log.records, *raws]))
    text = Page(html_report(said, in_package=True)).text
    before = Page(html_report(contents, in_package=True)).text
    resting = sum(run in each.judgement.runs.values() for each in contents.engagements)
    assert before.count("p-9, 2026-07-15T06:00:00Z") == 0
    assert text.count("p-9, 2026-07-15T06:00:00Z") == 4 + resting  # the disposition is of a run that both may rest on
    for shown in ("The <roster>", "ev-7: as asked", "T-03 e-1", "data error: typo", "not effective: seen"):
        assert shown in text
    assert "elsewhere" not in text
    assert "e-2" not in text
