"""The trust page: one self-contained page that loads nothing, and its statements as JSON beside it.

A claim is hidden in the reader's browser on the day after it ended, also where nobody built the page anew.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.engagement.trust_page.claims import ClaimToday
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.pages import TEMPLATES_FOLDER

PAGE_FILE = "index.html"
CLAIMS_FILE = "claims.json"
_SCRIPT = """
const today = new Date().toISOString().slice(0, 10);
for (const claim of document.querySelectorAll("[data-until]")) {
  if (claim.dataset.until && claim.dataset.until < today) claim.remove();
}
for (const section of document.querySelectorAll("section[data-claims]")) {
  if (!section.querySelector("li")) section.remove();
}
document.getElementById("none").hidden = Boolean(document.querySelector("section[data-claims]"));
"""


@dataclass(frozen=True, slots=True)
class TrustPage:
    """What the page says. documents: titles of what is given out under an agreement. Days are local."""

    company: str
    built_on: date
    claims: Sequence[ClaimToday]
    documents: Sequence[str]


def trust_page(page: TrustPage) -> str:
    """Return the page as HTML; only claims that stand today are on it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    standing = [each for each in page.claims if each.said is not None]
    ordered = sorted(standing, key=lambda each: (each.claim.heading, each.claim.claim_id))
    sections = [(heading, list(claims)) for heading, claims in groupby(ordered, key=lambda each: each.claim.heading)]
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    return environment.get_template("trust_page.html.j2").render(
        page=page,
        sections=sections,
        until=min((each.until for each in standing if each.until), default=None),
        note=NOT_AN_OPINION,
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
        script=_SCRIPT,
        script_hash=f"sha256-{digest}",
    )


def claims_json(page: TrustPage) -> bytes:
    """Return the statements of the page, each with its rule, source and data."""
    body = {
        "built_on": page.built_on,
        "company": page.company,
        "claims": [
            {"id": each.claim.claim_id, "as_of": each.as_of, "until": each.until, **asdict(each.said)}
            for each in page.claims
            if each.said is not None
        ],
        "note": NOT_AN_OPINION,
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
