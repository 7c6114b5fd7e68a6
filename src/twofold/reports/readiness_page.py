"""The page of a readiness review: one self-contained file without script, from the review's JSON form.

A mark and a word stand beside each colour, so that colour is never the only sign. The same review gives the same bytes.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.model.statement import told_source
from twofold.reports.pages import TEMPLATES_FOLDER

MARKS = {
    "ok": ("ok", "✓"),
    "gap": ("bad", "✗"),
    "cannot tell": ("open", "?"),
    "nothing": ("none", "·"),
    "not tested": ("none", "-"),
}
"""State -> style and sign."""
SHOWN_LINES = 12
SHOWN_FIXES = 25


def readiness_page(review: Mapping[str, Any]) -> str:
    """Return the page for what `review_json` gives."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["told_source"] = told_source
    spent = [each for each in review["freshness"] if each["left_days"] < 0 or each["alert"]]
    return environment.get_template("readiness.html.j2").render(
        review=review,
        marks=MARKS,
        shown_lines=SHOWN_LINES,
        shown_fixes=SHOWN_FIXES,
        spent=spent,
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
    )
