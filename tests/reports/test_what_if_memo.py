"""The memo of a question: every sentence bound, nothing of others is markup, the same bytes again."""

from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.what_if import (
    UNKNOWN,
    ControlGained,
    DutyConflict,
    Hole,
    HourLine,
    Hours,
    ItemChange,
    OwnerMissing,
    Reuse,
    WhatIf,
    what_if_dict,
)
from twofold.reports.what_if_memo import memo_sections
from twofold.reports.what_if_pages import memo_html, memo_markdown
from twofold.scope.load import read_scope
from twofold.scope.plan import plan
from twofold.scope.register import Scope

BEFORE = "systems: [{id: a, layer: application}]"
AFTER = "systems: [{id: a, layer: application, financially_relevant: [{from: 2026-04-01, reason: r, approver: p}]}]"
EVIL = "x|@boss <b>**[y](http://z)**"


def scope(text: str) -> Scope:
    return read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")


def asked() -> WhatIf:
    """Return an answer with something of each kind, with hostile text where files of others give it."""
    return WhatIf(
        questions=("a becomes financially relevant from 2026-04-01.",),
        folder="",
        clock=datetime(2026, 7, 10, tzinfo=UTC).isoformat(),
        plan=plan(scope(BEFORE), scope(AFTER), today=date(2026, 7, 15)),
        periods={"sox": "2026-01-01 to 2026-12-31"},
        controls=(ControlGained("sox", "sox", "OP-02", "Incident response", gained=True, by_hand=False),),
        items=(
            ItemChange("sox", "OP-02", "T-19", "a", EVIL, "gained", "NOT_APPLICABLE", "scope", "EXCEPTION", "B:late"),
        ),
        populations=(),
        conclusions=(),
        reuse=(Reuse("sox", ("ev-1", "ev-2", "ev-3"), ("ev-1", "ev-2"), (("incident", ("T-19",)),)),),
        holes=(
            Hole("gap", "sox", "a", "deployment", "2026-04-01", "2026-04-30", "not_extracted", "2026-09-01"),
            Hole("gap", "sox", "a", "incident", "2026-04-01", "2026-04-30", "not_extracted", "2026-09-01"),
            Hole("gap", "sox", "a", "ticket", "2026-04-01", "2026-04-30", "retention"),
            Hole("gap", "sox", "a", "push", "2026-04-01", "2026-04-30", "not_extracted", UNKNOWN),
            Hole("roster", "sox", "a", "finance", "2026-04-01", "2026-07-09", "T-19"),
            Hole("schedule", "sox", "a", "access_review", "2026-04-01", "2026-07-09", "AC-05"),
        ),
        conflicts=(DutyConflict(EVIL, "a", "authorise", "release", "2026-05-01", "authorise_and_release", ""),),
        owners=(OwnerMissing("sox", "OP-02", "a"), OwnerMissing("sox", "", "a")),
        hours=Hours(
            (HourLine("Show", "OP-02", 2, "minutes_item_by_hand", 1, 2, 4, "s", date(2026, 1, 1)),), ("hourly",)
        ),
        runs={"T-19": ("run-1", "run-2")},
    )


def test_every_sentence_has_a_rule_a_source_and_data() -> None:
    said = [each for section in memo_sections(asked()) for each in section.statements]

    assert len(said) > 15
    assert all(each.rule.source and each.data for each in said)


def test_the_memo_says_each_kind_of_change() -> None:
    text = memo_markdown(asked()).replace("\\", "")

    for sentence in (
        "1 control comes to count for sox: OP-02.",
        "3 pieces of evidence already captured serve what is newly asked for; 2 of 3 (66%) are relied on already",
        "nothing proves deployment, incident complete from 2026-04-01 to 2026-04-30: no export speaks for it.",
        "It can still be exported, until 2026-09-01 at the latest.",
        "It cannot be filled backwards: the source has deleted it",
        "How long the system keeps its log is not recorded",
        "nobody was on the roster for finance from 2026-04-01 to 2026-07-09",
        "no access review was scheduled from 2026-04-01 to 2026-07-09, so AC-05 has no occurrence",
        "comes to hold both authorise and release on a from 2026-05-01.",
        "sox: nobody owns OP-02 on a.",
        "sox: the system a has no owner.",
        "Show: 2 times, 2.0 hours (1.0 to 4.0).",
        "the company has given no figure: hourly.",
        "Nothing was written",
        NOT_AN_OPINION,
    ):
        assert sentence in text, sentence


def test_what_says_the_same_of_several_is_one_sentence() -> None:
    gaps = tuple(Hole("gap", "sox", system, "deployment", "2026-04-01", "", "retention") for system in ("b", "a"))
    stops = tuple(Hole("stop", "sox", "", test, "", "", "late") for test in ("T-11", "T-10"))
    lost = replace(asked().items[0], control_test="T-10", change="lost", before="PASS", after="", after_reason="")
    found = replace(
        asked(), holes=(*gaps, *stops), items=(lost,), runs={"T-10": ("r-1", "r-2"), "T-11": ("r-3", "r-4")}
    )

    said = {each.text for section in memo_sections(found) for each in section.statements}

    assert "sox, a, b: nothing proves deployment complete from 2026-04-01: the source had deleted it before it was" in (
        next(each for each in said if "deployment" in each)
    )
    assert "sox: T-10, T-11 stopped, since the population is not proven (late)." in said
    assert (
        "2 control tests would be stopped, since what is asked is not proven complete: T-10, T-11."
        " So 1 item would be lost that counted before." in said
    )


def test_text_of_others_is_no_markup_no_link_and_no_mention() -> None:
    markdown, page = memo_markdown(asked()), memo_html(asked())

    assert "@boss" not in markdown
    assert "<b>" not in markdown.replace("\\<b\\>", "")
    assert "http://" not in markdown
    assert "<b>**" not in page


def test_the_same_answer_gives_the_same_bytes() -> None:
    assert memo_markdown(asked()) == memo_markdown(asked())
    assert memo_html(asked()) == memo_html(asked())


def test_a_big_answer_still_fits_a_comment_on_a_pull_request() -> None:
    item = asked().items[0]
    items = tuple(replace(item, system=f"system-{n:03}", item=f"INC-{n}") for n in range(200))
    holes = tuple(replace(asked().holes[0], system=f"system-{n:03}") for n in range(100))

    text = memo_markdown(replace(asked(), items=items, holes=holes))

    assert len(text) < 65_000
    assert "140 more rows stand in the JSON output" in text


def test_the_page_is_whole_html_that_loads_nothing() -> None:
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)
            assert not {name for name, _ in attrs} & {"src", "href", "onclick"}

    Reader().feed(memo_html(asked()))

    assert "script" not in seen
    assert seen.count("table") == 1


def test_json_holds_every_item_and_says_that_nothing_was_written() -> None:
    sections = memo_sections(asked())
    values = what_if_dict(asked(), tuple((section.title, each) for section in sections for each in section.statements))

    assert values["items"][0]["item"] == EVIL
    assert values["written"] == "nothing"
    assert values["note"] == NOT_AN_OPINION
    assert all(each["source"] for each in values["memo"])
