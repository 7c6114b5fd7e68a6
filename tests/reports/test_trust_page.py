"""The trust page: self-contained, escaped, and only with claims that stand."""

import base64
import hashlib
import json
import re
from datetime import date

from twofold.engagement.questionnaire.facts import FactState, SourceFact
from twofold.engagement.questionnaire.library import Level
from twofold.engagement.trust_page.claims import Claim, claim_today
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.trust_page import TrustPage, claims_json, trust_page

TODAY = date(2026, 11, 25)
FACTS = {"control:AC-06": SourceFact("control:AC-06", FactState.HOLDS, "ok", "AC-06", TODAY, date(2027, 1, 1))}


def claim(name: str, text: str, level: Level = Level.PUBLIC) -> Claim:
    return Claim(name, "Access", text, level, ("control:AC-06",))


CLAIMS = [
    claim_today(each, FACTS, TODAY)
    for each in (
        claim("a", "A <script>alert(1)</script> & more"),
        claim("b", "PRIVATE WORDS", Level.PRIVATE),
        claim("c", "INTERNAL WORDS", Level.INTERNAL),
    )
]
PAGE = TrustPage("Acme <Inc.>", TODAY, CLAIMS, ["Report & letter"])


def test_text_stays_text_and_nothing_internal_is_said() -> None:
    html = trust_page(PAGE)

    assert "<script>alert(1)" not in html
    assert "A &lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    for each in ("PRIVATE WORDS", "INTERNAL WORDS"):
        assert each not in html
        assert each.encode() not in claims_json(PAGE)


def test_the_page_has_its_days_and_the_note_and_loads_nothing() -> None:
    html = trust_page(PAGE)

    assert html.count(NOT_AN_OPINION) == 2
    assert 'data-until="2027-01-01"' in html
    assert "Built on 2026-11-25, to be built anew by 2027-01-01." in html
    assert not re.search(r'(?:src|href)="(?!claims\.json)', html)


def test_the_policy_of_the_page_allows_its_own_script_alone() -> None:
    html = trust_page(PAGE)

    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert "default-src 'none'" in html


def test_each_statement_has_rule_and_data() -> None:
    body = json.loads(claims_json(PAGE))

    assert [each["id"] for each in body["claims"]] == ["a"]
    assert body["claims"][0]["data"] == ["control: AC-06"]
    assert body["claims"][0]["rule"]["source"]
    assert body["note"] == NOT_AN_OPINION


def test_a_page_without_a_claim_says_so() -> None:
    assert '<p id="none">No statement holds today.' in trust_page(TrustPage("Acme", TODAY, [], []))
