"""The page of the estimate: one self-contained file without script; the same estimate gives the same bytes."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.engagement.cost.estimate import ends_text, range_text
from twofold.engagement.cost.quantities import decimal_text
from twofold.engagement.cost.report import (
    HOW_RANGES_ADD,
    CostReport,
    hours_text,
    lines_hours,
    lines_money,
    missing_text,
    money_text,
)
from twofold.model.statement import NOT_AN_OPINION, told_source
from twofold.reports.cost_charts import bars, gantt
from twofold.reports.pages import TEMPLATES_FOLDER

_SWINGS = 15


def cost_page(report: CostReport) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["told_source"] = told_source
    return environment.get_template("cost.html.j2").render(
        report=report,
        note=NOT_AN_OPINION,
        how_ranges_add=HOW_RANGES_ADD,
        range_text=range_text,
        ends_text=ends_text,
        lines_money=lines_money,
        lines_hours=lines_hours,
        decimal_text=decimal_text,
        money_text=money_text,
        missing_text=missing_text,
        hours_text=hours_text,
        sox_money=lines_money(report.estimate.sox),
        chart=gantt(report.steps),
        swings=bars(report.swings[:_SWINGS], {name: each.likely for name, each in report.estimate.money.items()}),
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
    )
