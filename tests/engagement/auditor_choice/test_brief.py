"""The brief: bands and closed words only, every sentence with rule and data, and refused where free text tells."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.engagement.auditor_choice.brief import BriefNumbers, band, make_brief, tells, tells_text
from twofold.engagement.auditor_choice.identifying import Name
from twofold.engagement.auditor_choice.proposal import Need
from twofold.model.statement import NOT_AN_OPINION

NEED = Need(
    engagement="soc2-2026",
    asked="type2",
    categories=frozenset({"security", "processing_integrity"}),
    other_auditors=frozenset({"Hollis Audit LLP"}),
    sox_in_scope=True,
    industry="retail",
    report_by=date(2027, 2, 26),
    first_audit=True,
)
NUMBERS = BriefNumbers(
    first=date(2025, 11, 1),
    last=date(2026, 10, 31),
    criteria=36,
    layers={"application": 7, "database": 1},
    both=3,
    people=312,
    controls=40,
    tested=36,
    populations={"Access": 5312},
    connector=12,
    hand=120,
    vendors=3,
    sox_year_end=date(2026, 9, 30),
)
NAMES = [
    Name("company", "Period Software Inc."),
    Name("system", "company"),
    Name("system", "access"),
    Name("system", "database"),
    Name("system", "quarry"),
    Name("person", "Ana Díaz"),
    Name("person", "p-0312"),
    Name("firm", "Hollis Audit LLP"),
]


def test_the_brief_tells_bands_types_and_days() -> None:
    text = make_brief(NEED, NUMBERS).text
    assert "- Asked for: a SOC 2 report of type 2." in text
    assert "- Categories: security, processing integrity; 36 criteria." in text
    assert "- Period: 2025-11-01 to 2026-10-31, 365 days." in text
    assert "- Systems in scope by layer: application 5 to 9, database 1." in text
    assert "- People with a role or an account: 250 to 499." in text
    assert "Access five to twenty thousand" in text
    assert "to the end of September" in text
    assert NOT_AN_OPINION in text
    assert not any(number in text for number in ("312", "5312", "5,312"))


def test_every_sentence_is_bound_to_a_rule_and_to_data_that_names_nobody() -> None:
    for line in make_brief(NEED, NUMBERS, note="A note.").lines:
        assert line.statement.rule.source
        assert line.statement.data
        assert "quarry" not in "".join(line.statement.data)


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(NUMBERS, people=None, vendors=None, populations={}, sox_year_end=None, both=0)
    names = [line.name for line in make_brief(replace(NEED, industry="", report_by=None, first_audit=None), bare).lines]
    assert names == ["intro", "report", "categories", "period", "systems", "controls", "evidence", "no_sox"]


def test_names_that_the_shipped_wording_holds_tell_nothing_there() -> None:
    assert tells(make_brief(NEED, NUMBERS, note="Nothing else."), NAMES) == []


@pytest.mark.parametrize(
    "note", ["our database", "the Company", "Access", "Period", "quarry", "Hollis", "ana", "{people}"]
)
def test_the_same_names_in_free_text_do_tell(note: str) -> None:
    found = tells(make_brief(NEED, NUMBERS, note=note), NAMES)
    assert ([each.place for each in found] == ["note: note"]) is (note != "{people}")


@settings(max_examples=10)
@given(
    name=st.sampled_from(NAMES),
    before=st.text(st.characters(categories=("Ll", "Zs")), max_size=8),
    slot=st.sampled_from(["note", "industry"]),
)
def test_any_name_put_into_any_free_text_is_caught(name: Name, before: str, slot: str) -> None:
    text = f"{before} {name.text.lower()}"
    if slot == "note":
        brief = make_brief(NEED, NUMBERS, note=text)
    else:
        brief = make_brief(replace(NEED, industry=text), NUMBERS)
    assert f"{slot}: {slot}" in {each.place for each in tells(brief, NAMES)}


def test_a_text_that_somebody_changed_is_checked_line_by_line() -> None:
    brief = make_brief(NEED, NUMBERS)
    assert tells_text(brief.text, brief, NAMES) == []
    (found,) = tells_text(f"{brief.text}\nRegards, Ana", brief, NAMES)
    assert (found.telling.found, found.telling.line) == ("Ana", brief.text.count("\n") + 2)


@given(number=st.integers(0, 10**7))
def test_bands_grow_with_the_number(number: int) -> None:
    bands = [band(each) for each in (0, 1, 3, 7, 15, 30, 70, 150, 300, 700, 2_000, 10_000, 50_000)]
    assert len(set(bands)) == len(bands)
    assert bands.index(band(number)) <= bands.index(band(number + 1))
