"""The scope memo as PDF: what it says, the same bytes again, and text of others that stays text."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.reports.pdf import typeset as made_by
from twofold.reports.pdf.scope_memo import (
    MemoChange,
    MemoProposal,
    MemoVendor,
    ScopeMemo,
    memo_values,
    scope_memo_pdf,
)
from twofold.reports.pdf.typeset import shown
from twofold.scope.load import read_scope
from twofold.scope.plan import plan
from twofold.scope.stretches import Stretch

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
SCOPE = """
systems:
  - id: billing
    name: Billing
    layer: application
    owner: p-0001
    description: Makes invoices
    data: [customer data]
    soc2: [{from: 2026-01-01, to: 2026-06-01, reason: Part of the service, approver: p-0002}]
    financially_relevant: [{from: 2026-03-01, reason: Makes invoices, approver: p-0002, dependents: [Revenue report]}]
  - id: login
    layer: identity
    serves: [{system: billing, from: 2026-01-01}]
  - id: wiki
    layer: application
    financially_relevant: [{from: 2026-01-01, reason: Asked by finance, approver: p-0002, dependents: []}]
engagements:
  - {id: soc2, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-12-31, categories: [security]}
  - {id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31, auditor: A firm}
"""
HOSTILE = '#panic("x") *b* _i_ $x$ `r` <label> @ref \\ "end", [c] // no /* \u202e abc \x07 \U0001f600 \ufffe'


def memo(text: str = "decided", *, proposed: bool = False) -> ScopeMemo:
    """Return a memo in which every text of others is `text`."""
    scope = read_scope({"a.yaml": SCOPE.encode()}, reporting_zone="UTC")
    change = MemoChange(9, AT, text, text, text, [f"In scope for SOC 2: - billing from 2026-06-01 {text}"])
    planned = plan(None, scope, today=AT.date())
    return ScopeMemo(
        company=text,
        scope=scope,
        engagements=scope.engagements,
        in_force=change,
        scope_sha256="a" * 64,
        size=10,
        root=b"r" * 32,
        changes=[change],
        people={"p-0001": text},
        vendors=[MemoVendor(text, "company", Stretch(), text, text)],
        proposal=MemoProposal(3, [text], text, text, AT, planned) if proposed else None,
    )


def words_of(memo: ScopeMemo) -> str:
    """Return what the template shows, without the places where a long word may break."""
    compiler = typst.Compiler(
        (made_by.FOLDER / "scope_memo.typ").read_bytes(),
        root=str(made_by.FOLDER),
        ignore_system_fonts=True,
        sys_inputs={"data": orjson.dumps(made_by.shown_value(memo_values(memo))).decode()},
    )
    made = compiler.compile(format="html")
    assert isinstance(made, bytes)
    page = made.decode()
    return spaced(html.unescape(re.sub(r"<[^>]*>", " ", page)).replace("\u200b", ""))


def spaced(text: str) -> str:
    return " ".join(text.split())


def test_it_says_what_is_in_and_what_is_out_and_why() -> None:
    values: dict[str, Any] = memo_values(memo())
    assert [(each["id"], each["soc2"], each["sox"]) for each in values["systems"]] == [
        ("billing", ["2026-01-01 to 2026-05-31"], ["from 2026-03-01"]),
        ("login", ["2026-01-01 to 2026-05-31"], ["from 2026-03-01"]),
    ]
    out = {(each["system"], each["out_of"]): (each["days"], each["why"]) for each in values["exclusions"]}
    assert out["billing", "SOC 2 (soc2)"] == ("2026-06-01 to 2026-12-31", "Its label ended. Entry 9: decided")
    assert out["billing", "SOX (sox)"] == ("2026-01-01 to 2026-02-28", "Its label begins afterwards: Makes invoices")
    assert out["wiki", "SOX (sox)"] == ("the whole period", "Nothing of finance relies on it: Asked by finance")
    assert out["wiki", "SOC 2 (soc2)"] == ("the whole period", "No label says that it belongs.")
    assert values["labels"][0]["approver"] == "p-0002"
    words = words_of(memo(proposed=True))
    for said in ("Proposed, not in force", "entry 9", "a" * 64, (b"r" * 32).hex(), "Received by the auditor"):
        assert said in words


def test_the_same_memo_gives_the_same_bytes_of_an_archive_format() -> None:
    made = scope_memo_pdf(memo())
    assert made == scope_memo_pdf(memo())
    assert made != scope_memo_pdf(memo(proposed=True))
    assert b"pdfaid:part" in made
    assert b"pdfuaid:part" in made
    assert b"MarkInfo" in made


def test_what_no_font_shows_is_written_as_its_code_point() -> None:
    assert shown("Zürich\tشركة שלום") == "Zürich شركة שלום"
    assert shown("a\u202eb\x07\U0001f600\ue000") == "a[U+202E]b[U+0007][U+1F600][U+E000]"
    assert shown("one\r\ntwo") == "one\ntwo"


@pytest.mark.parametrize("text", [HOSTILE, "w" * 3_000, "שלום עולם مرحبا", "#" * 50, "", "\n\n= Heading\n- list"])
def test_hostile_text_stays_text(text: str) -> None:
    assert scope_memo_pdf(memo(text, proposed=True)).startswith(b"%PDF-")
    words = words_of(memo(text, proposed=True))
    assert spaced(f"Reason: {shown(text)}") in words or not text.strip()


@settings(max_examples=25)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_can_be_filed(text: str) -> None:
    assert scope_memo_pdf(memo(text)).startswith(b"%PDF-")
    assert spaced(shown(text)) in words_of(memo(text))
