"""The estimate of a workspace: counts from scope, evidence and judgements, figures from evidence, none invented."""

import csv
import io
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from twofold.engagement.cost.compare import Against
from twofold.engagement.cost.lines import Bucket
from twofold.engagement.cost.report import CostReport
from twofold.jobs.cost import cost, figures_template, give_actuals, give_figures
from twofold.model.evidence import ACT_CONNECTOR
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.reports.cost_page import cost_page

from .conftest import AT, USED, id_of, put

LATER = AT + timedelta(hours=1)
HEAD = "figure,applies_to,low,likely,high,unit,origin,as_of\n"
RATE = "hourly_rate,,50,60,80,USD per hour,finance,2026-07-01\n"
FEE = "audit_fee,soc2,100,100,100,EUR,offer,2026-07-01\n"


def written(folder: Path, text: str, name: str = "given.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def line(report: CostReport, name: str) -> Fraction:
    (found,) = [each for each in report.estimate.lines if each.kind.name == name]
    return found.quantity.likely


def test_without_a_figure_every_bucket_stands_with_its_counts(judged_workspace: Workspace) -> None:
    report = cost(judged_workspace, [])
    assert report.engagements == ("soc2", "sox")
    assert report.estimate.money == {}
    assert set(report.estimate.missing) >= {"hourly_rate", "audit_fee", "tool_licence", "hours_per_walkthrough"}
    assert line(report, "sox_certifications") == 4
    assert line(report, "audit_fees") == 1
    assert {each.name for each in report.published} == {
        *("linford", "legalclarity_first_year", "strac_boutique", "strac_mid_tier", "strac_big_four"),
    }
    assert all(said.rule.source and said.data for said in report.statements)


def test_items_are_measured_over_the_days_of_what_was_judged(judged_workspace: Workspace) -> None:
    report = cost(judged_workspace, ["sox"])
    incidents = next(each for each in report.numbers.controls if each.control_id == "OP-02")
    assert incidents.items_a_year == Fraction(1 * 365, 365)
    assert incidents.by_hand is True
    assert any(each.startswith("run: run-") for each in incidents.data)
    (export,) = [each for each in report.numbers.exports if each.evidence_id == id_of(judged_workspace, USED)]
    assert (export.by_hand, export.lenses) == (True, frozenset({"sox"}))


def test_sox_stays_away_from_a_company_that_has_none(workspace: Workspace) -> None:
    report = cost(workspace, ["soc2"])
    assert report.estimate.sox == ()
    assert {step.kind for step in report.steps} == {"type2"}
    assert not [each for each in report.estimate.lines if each.kind.name.startswith("saved_")]


def test_figures_are_evidence_and_newer_ones_replace_older(tmp_path: Path, workspace: Workspace) -> None:
    (first,) = give_figures(workspace, written(tmp_path, HEAD + RATE + FEE), actor="p-0001", at=AT)
    assert workspace.vault.evidence(first).provenance.connector == ACT_CONNECTOR
    give_figures(workspace, written(tmp_path, HEAD + FEE.replace("100", "250")), actor="p-0001", at=LATER)

    report = cost(workspace, [])
    given = {figure.key: (figure.value.likely, figure.where.split()[0]) for figure in report.estimate.figures}
    assert given["audit_fee of soc2"][0] == Fraction(250)
    assert given["hourly_rate"] == (Fraction(60), str(first))
    assert report.estimate.money["EUR"].likely == 250
    assert "USD" not in report.estimate.money


def test_a_figure_that_fits_no_more_is_set_aside_and_said(workspace: Workspace) -> None:
    rows = HEAD + RATE + "audit_fee,soc2-2019,1,2,3,EUR,offer,2019-07-01\n"
    put(workspace, "old.csv", rows, kind="cost_figure")
    report = cost(workspace, [])
    assert [figure.key for figure in report.estimate.figures] == ["hourly_rate"]
    (problem,) = report.set_aside
    assert problem.found == "audit_fee applies to 'soc2-2019'"
    assert problem.where.endswith("line 3")


def test_a_file_with_any_fault_captures_nothing(tmp_path: Path, workspace: Workspace) -> None:
    before = workspace.vault.size
    with pytest.raises(UserError) as said:
        give_figures(
            workspace,
            written(tmp_path, HEAD + RATE + "guess,,1,2,3,minutes,x,2026-07-01\n" + "hourly_rate,,9,2,3,EUR,x,never\n"),
            actor="p-0001",
            at=AT,
        )
    assert {each.where for each in said.value.problems} == {"given.csv, line 3", "given.csv, line 4"}
    assert workspace.vault.size == before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "the file is empty"),
        (HEAD, "it holds no row"),
        (HEAD + "hourly_rate,,,,,USD per hour,,2026-07-01\n", "it holds no row"),
        (HEAD + "hourly_rate,,1,2\n", "cells under"),
        (HEAD + 'hourly_rate,,1,2,3,USD per hour,"\x1b[2J",2026-07-01\n', "control character"),
        (HEAD + 'tool_licence,"=cmd()",1,2,3,USD per year,offer,2026-07-01\n', "begins as a formula"),
        ("figure,colour\n", "unknown column"),
        (HEAD + "x" * 1_100_000, "bytes"),
    ],
)
def test_hostile_and_empty_files_are_refused(tmp_path: Path, workspace: Workspace, text: str, found: str) -> None:
    with pytest.raises(UserError, match=found.replace("(", r"\(")):
        give_figures(workspace, written(tmp_path, text), actor="p-0001", at=AT)


def test_a_published_range_is_used_only_where_asked_and_marked(tmp_path: Path, workspace: Workspace) -> None:
    report = cost(workspace, [], published="strac_boutique")
    (fee,) = [figure for figure in report.estimate.figures if figure.published]
    assert (fee.applies_to, fee.where) == ("soc2", "published strac_boutique")
    assert report.estimate.money["USD"].high == 75_000
    give_figures(workspace, written(tmp_path, HEAD + FEE), actor="p-0001", at=AT)
    assert [each for each in cost(workspace, [], published="strac_boutique").estimate.figures if each.published] == []
    with pytest.raises(UserError, match="no published range 'linfrd'"):
        cost(workspace, [], published="linfrd")


def test_the_template_asks_for_every_figure_and_can_be_given_back(tmp_path: Path, workspace: Workspace) -> None:
    text = figures_template(workspace, today=date(2026, 7, 15))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["figure"], row["applies_to"]) for row in rows} >= {("audit_fee", "soc2"), ("weeks_to_report", "soc2")}
    assert ("weeks_to_report", "sox") not in {(row["figure"], row["applies_to"]) for row in rows}
    filled = text.replace("hourly_rate,,,,,USD per hour,,", "hourly_rate,,50,60,80,EUR per hour,finance,")
    give_figures(workspace, written(tmp_path, filled), actor="p-0001", at=AT)
    again = figures_template(workspace, today=date(2026, 8, 1))
    assert "hourly_rate,,50,60,80,EUR per hour,finance,2026-07-15" in again


def test_a_formula_that_came_another_way_is_written_out_as_text(workspace: Workspace) -> None:
    put(workspace, "t.csv", HEAD + "tool_licence,@run,1,2,3,USD per year,=1+1,2026-07-01\n", kind="cost_figure")
    text = figures_template(workspace, today=date(2026, 7, 15))
    assert "tool_licence,'@run,1,2,3,USD per year,'=1+1,2026-07-01" in text


def test_what_was_spent_is_set_against_the_estimate(tmp_path: Path, workspace: Workspace) -> None:
    give_figures(workspace, written(tmp_path, HEAD + FEE), actor="p-0001", at=AT)
    spent = "id,bucket,amount,unit,spent_on,origin\na,audit_fees,120,EUR,2026-07-01,invoice\n"
    give_actuals(workspace, written(tmp_path, spent), actor="p-0001", at=AT)
    (found,) = [each for each in cost(workspace, []).comparisons if each.rows]
    assert (found.bucket, found.unit, found.spent) == (Bucket.AUDIT_FEES, "EUR", Fraction(120))
    assert found.result is Against.ABOVE


def test_what_the_company_tells_is_counted_as_no_export(tmp_path: Path, judged_workspace: Workspace) -> None:
    before = cost(judged_workspace, [])
    give_figures(judged_workspace, written(tmp_path, HEAD + RATE), actor="p-0001", at=LATER)
    after = cost(judged_workspace, [])
    assert after.captured == before.captured
    assert after.numbers.exports == before.numbers.exports
    assert after.as_of == before.as_of


def test_the_page_has_the_same_bytes_each_time_loads_nothing_and_escapes(
    tmp_path: Path, judged_workspace: Workspace
) -> None:
    hostile = 'tool_licence,"<script>alert(1)</script>",1,2,3,USD per year,"<b>offer</b>",2026-07-01\n'
    give_figures(judged_workspace, written(tmp_path, HEAD + RATE + hostile), actor="p-0001", at=LATER)
    page = cost_page(cost(judged_workspace, []))
    assert page == cost_page(cost(judged_workspace, []))
    assert "<script" not in page
    assert "<b>offer" not in page
    assert "&lt;script&gt;" in page
    assert not any(word in page for word in ("http://", "https://", "src=", "@import", "url("))
    assert page.count("<h1>") == 1
    assert 'role="img" aria-labelledby="chart-title chart-text"' in page
    assert "Not an audit opinion" in page


def test_an_unknown_engagement_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="there is no engagement 'soc3'"):
        cost(workspace, ["soc3"])
