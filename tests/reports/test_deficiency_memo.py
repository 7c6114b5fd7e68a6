"""The memo of deficiencies: one content in three forms, the same bytes again, and no text of a company is markup."""

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from twofold.findings.deficiency.evaluate import Evaluation, evaluate
from twofold.findings.deficiency.groups import groups_of
from twofold.findings.deficiency.inputs import Judgements
from twofold.findings.deficiency.path import Step
from twofold.reports.deficiency_memo import DeficiencyMemo, in_short, memo_csv, memo_markdown, memo_values
from twofold.reports.pdf.deficiency_memo import deficiency_memo_pdf

from ..findings.deficiency_cases import AT, CALM, EFFECTIVE, ENGAGEMENT, FAILED, ID, case, failed, judged

ODD = "#panic() *bold* <b>x</b> [link](y) \u202e"


def one(name: str, answers: dict[str, str], **changes: Any) -> Evaluation:
    subject = f"{ENGAGEMENT}/{name}"
    return evaluate(case(deficiency_id=subject, control_id=name, **changes), judged(answers, subject=subject))


def memo(*deficiencies: Evaluation) -> DeficiencyMemo:
    given = judged(failed()).given["J_materiality", ENGAGEMENT, ""][0]
    return DeficiencyMemo(
        company="Acme Inc.",
        engagement=ENGAGEMENT,
        ends_on=date(2026, 12, 31),
        as_of=date(2027, 1, 20),
        made_at=AT,
        zone="UTC",
        people={"p-0002": "Bo"},
        inputs={"J_materiality": given, "J_tolerable_rate": None, "J_conclusion_date": None},
        deficiencies=deficiencies,
        groups=groups_of(deficiencies, Judgements()),
        size=5,
        root=b"\x01" * 32,
    )


GOOD = one("AC-01", CALM, dependents=(EFFECTIVE,))
WEAK = one("AC-02", failed("5000000.00 USD"), dependents=(FAILED,))
OPEN = one("AC-03", {})


@pytest.mark.parametrize(
    ("deficiencies", "said"),
    [
        ((), "has no deficiency. No material weakness is open at year end, alone or together with others."),
        ((GOOD,), "has 1 deficiency. No material weakness is open"),
        ((GOOD, OPEN), "has 1 deficiency, 1 unresolved. Nothing is concluded while 4 classes"),
        ((GOOD, WEAK), "has 1 material weakness, 1 deficiency. With a material weakness open at year end internal"),
    ],
)
def test_the_result_in_two_sentences(deficiencies: tuple[Evaluation, ...], said: str) -> None:
    assert said in in_short(memo(*deficiencies))


def test_who_must_be_told_of_what() -> None:
    told = {name: (who, what) for name, who, what in memo_values(memo(GOOD, WEAK, OPEN))["told"]}

    assert told["material weakness"][0].startswith("the audit committee and management, in writing")
    assert told["material weakness"][1].startswith("AC-02, together by ")
    assert told["deficiency"] == ("management, in writing", "AC-01")
    assert told["unresolved, up to material weakness"][1] == "AC-03"


def test_the_table_has_a_line_for_each_deficiency_and_group() -> None:
    made = memo(GOOD, WEAK)
    rows = list(csv.DictReader(io.StringIO(memo_csv(made))))

    assert [row["id"] for row in rows] == [
        *(each.case.deficiency_id for each in made.deficiencies),
        *(each.group_id for each in made.groups),
    ]
    assert {row["class"] for row in rows if row["kind_of_row"] == "group"} == {"material weakness"}


def test_no_text_of_a_company_is_markup() -> None:
    step = Step("9", ODD, ODD, judged(CALM).newest("J_uncorrected", ID))
    made = memo(replace(GOOD, steps=(*GOOD.steps, step)))

    text = memo_markdown(made)
    assert r"\#panic() \*bold\* \<b\>x\</b\> \[link\](y)" in text
    assert "Bo (p-0002), 2026-11-20, ev-2: because" in text
    pdf = deficiency_memo_pdf(made)
    assert pdf.startswith(b"%PDF")
    assert deficiency_memo_pdf(made) == pdf
