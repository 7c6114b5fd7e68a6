"""What every page's template knows: addresses, static files, and how numbers, days and conclusions are written."""

import re
from datetime import datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from twofold.lenses.conclusion import Conclusion
from twofold.model.statement import NOT_AN_OPINION, told_source
from twofold.web.glossary import Term, term_of

NOTHING = "\N{EN DASH}"
"""Stands where there is no number, and for what does not apply."""
MARKS = {
    "effective": ("ok", "✓"),
    "not effective": ("bad", "✗"),
    "not concluded": ("open", "?"),
    "did not occur": ("none", "○"),
    "PASS": ("ok", "✓"),
    "EXCEPTION": ("bad", "✗"),
    "CANNOT_TEST": ("open", "?"),
    "NOT_APPLICABLE": ("none", NOTHING),
}
"""Conclusion or outcome -> style and mark; the word always stands beside the mark."""
OUTCOME_WORDS = {
    "PASS": "pass",
    "EXCEPTION": "exception",
    "CANNOT_TEST": "cannot test",
    "NOT_APPLICABLE": "not applicable",
}
_ANSWER_NAME = re.compile(r"finding_response/([A-Z]+-\d+)-(T-\d+)-([A-Z]+)-(.+)-\d{8}T\d+\.csv")
LENS_TITLES = {"soc2": "SOC 2", "sox": "SOX"}


def environment(**options: Any) -> Environment:
    """Return the environment that Django's backend asks for; an unknown name in a template is an error."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})  # noqa: S701  the backend sets autoescape
    made.globals |= {
        "conclusions": list(Conclusion),
        "lens_titles": LENS_TITLES,
        "marks": MARKS,
        "not_an_opinion": NOT_AN_OPINION,
        "outcome_words": OUTCOME_WORDS,
        "static": static,
        "term": term,
        "url": address,
    }
    made.filters |= {
        "breakable": breakable,
        "count": count,
        "day": day,
        "evidence_title": evidence_title,
        "moment": moment,
        "shown": shown,
        "size": size,
        "told_source": told_source,
    }
    return made


@pass_context
def term(context: Context, word: str, shown: str = "") -> Markup:
    """Return a word with its help: a button that opens the meaning, without a script. Raises KeyError off the glossary.

    The meanings that a page uses stand once at its end (base.html), in `terms_used`.
    """
    found = term_of(word)
    used: dict[str, Term] = context["terms_used"]
    used[found.slug] = found
    button = '<button type="button" class="term" popovertarget="term-{}">{}</button>'
    return Markup(button).format(found.slug, shown or word)  # noqa: S704  both are escaped by format


def address(name: str, *arguments: object) -> str:
    """Return the address of a page; "#" for an id that no address can hold, such as one with a slash or a line break.

    Ids come from evidence, and a list with an odd one among them must open all the same.
    """
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        if not arguments:
            raise
        return "#"


def breakable(name: str) -> Markup:
    """Return an id that a narrow cell breaks after a slash or a hyphen, and nowhere else.

    >>> str(breakable("a/b-<c>"))
    'a/<wbr>b-<wbr>&lt;c&gt;'
    """
    return Markup("<wbr>").join(re.findall(r"[^/-]*[/-]|[^/-]+", name))


def evidence_title(name: str) -> str:
    """Return the short title of a piece of evidence in a list: what a finding was answered, not its file's long name.

    >>> evidence_title("finding_response/CM-01-T-10-A-no_ticket-20261120T101500000000.csv")
    'Answer to CM-01 T-10 A no ticket'
    >>> evidence_title("hr/roster.csv")
    'hr/roster.csv'
    """
    found = _ANSWER_NAME.fullmatch(name)
    return f"Answer to {' '.join(found.groups())}".replace("_", " ").replace(":", ": ") if found else name


def count(number: int | None) -> str:
    """Return a number with separators; a dash for None.

    >>> count(12345), count(None) == NOTHING
    ('12,345', True)
    """
    return NOTHING if number is None else f"{number:,}"


def day(at: datetime | None, zone: str) -> str:
    """Return the local day of a moment; "" for None."""
    return "" if at is None else at.astimezone(_zone(zone)).strftime("%Y-%m-%d")


def moment(at: datetime | None, zone: str) -> str:
    """Return the local minute of a moment, with the offset; "" for None."""
    if at is None:
        return ""
    local = at.astimezone(_zone(zone))
    return f"{local:%Y-%m-%d %H:%M} {local:%z}"


def shown(cell: object, zone: str) -> str:
    """Return a cell of a canonical table as text: a local midnight as its day, yes and no for a boolean.

    >>> shown(None, "UTC"), shown(True, "UTC"), shown(3, "UTC")
    ('', 'yes', '3')
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        local = cell.astimezone(_zone(zone))
        return f"{local:%Y-%m-%d}" if local.time() == time.min else moment(cell, zone)
    return "" if cell is None else str(cell)


def size(octets: int) -> str:
    """Return a size in the unit that fits.

    >>> size(512), size(2048), size(5_242_880)
    ('512 B', '2.0 KiB', '5.0 MiB')
    """
    if octets < 1024:  # noqa: PLR2004  the unit itself
        return f"{octets} B"
    value = float(octets)
    for unit in ("KiB", "MiB", "GiB"):
        value /= 1024
        if value < 1024:  # noqa: PLR2004  the unit itself
            return f"{value:,.1f} {unit}"
    return f"{value / 1024:,.1f} TiB"


def _zone(name: str) -> tzinfo:
    return ZoneInfo(name)
