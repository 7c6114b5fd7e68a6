"""The completeness and accuracy record of a population (IPE) as a readable page."""

from collections.abc import Mapping, Sequence
from typing import Any

from twofold.tables.control_totals import ControlTotal

CHECK_TITLES = {
    "not_extracted": "Every table of the population was exported",
    "query_filters": "No filter in the query can hide rows",
    "row_count": "Rows agree with the count of the source",
    "control_total": "Sums agree with the totals of the source",
    "page_cap": "No export ends at a page or cap",
    "set_aside": "Every record could be read",
    "period_coverage": "The review period is covered",
    "systems_covered": "Exports speak for every system in scope",
    "early_extraction": "Exported after the period and the windows that follow it",
    "duplicates": "Duplicates and conflicts",
    "dates": "Every item has a time",
    "empty_months": "No month is empty",
    "id_gaps": "Ids run without gaps",
    "reconciliation": "Agrees with the second source",
}
RESULT_WORDS = {"ok": "OK", "note": "Note", "stop": "STOP"}
EXTRACTION_FIELDS = (
    ("evidence_id", "Evidence"),
    ("table", "Feeds"),
    ("environment", "Environment"),
    ("query", "Query, verbatim"),
    ("parameters", "Parameters"),
    ("run_by", "Run by"),
    ("run_at", "Run at"),
    ("period", "Speaks for"),
    ("rows", "Rows"),
    ("claimed_rows", "Count of the source"),
    ("totals", "Totals of the source"),
    ("page_size", "Page size of the source"),
    ("paging_proven", "Last page shown to be reached"),
    ("set_aside", "Records that could not be read"),
    ("oldest_available", "Oldest record that the source held"),
    ("systems", "Systems"),
    ("file_hash", "SHA-256 of the file"),
)
"""Field of an extraction in completeness.json -> heading."""


def check_rows(record: Mapping[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """Return a row per check: what was checked, result, found, expected, details."""
    return [
        (
            CHECK_TITLES.get(check["code"], str(check["code"]).replace("_", " ")),
            RESULT_WORDS.get(check["result"], str(check["result"])),
            check["found"],
            check["expected"],
            "\n".join(check.get("details", ())),
        )
        for check in record["checks"]
    ]


def extraction_rows(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return a row per extraction under the headings of `EXTRACTION_FIELDS`."""
    return [tuple(_said(field, each.get(field)) for field, _ in EXTRACTION_FIELDS) for each in record["extractions"]]


def _said(field: str, value: Any) -> str:
    if field == "totals":
        return "; ".join(f"{total['field']}: {ControlTotal(**total).words}" for total in value or ()) or "none stated"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "all"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not given" if value is None else str(value)


def completeness_page(record: Mapping[str, Any]) -> str:
    """Return the record as Markdown. Text of the source stands in code blocks, so that it stays text."""
    lines = [
        f"# Completeness and accuracy: {record['title']}",
        "",
        f"Population `{record['population']}`. Conclusion of the checks: **{record['conclusion']}**.",
        f"Second source: {record['second_source']}.",
        "",
        "A named person still concludes on this record; see the judgement for who signed it.",
        "",
        "## Checks",
        "",
    ]
    for title, result, found, expected, details in check_rows(record):
        lines += [f"- **{result}** {title}. Found: {_inline(found)}. Complete would be: {_inline(expected)}."]
        lines += [f"    - {_inline(detail)}" for detail in details.splitlines()]
    lines += ["", "## Exports that feed it", ""]
    for row in extraction_rows(record):
        lines += [f"### {_inline(row[0])}, {_inline(row[1])}", "", *_block(row), ""]
    return "\n".join(lines).rstrip() + "\n"


def _block(row: Sequence[str]) -> list[str]:
    body = [f"    {heading}: {text}" for (_, heading), text in zip(EXTRACTION_FIELDS, row, strict=True)]
    return [
        line for text in body for line in (text.splitlines()[0], *(f"        {each}" for each in text.splitlines()[1:]))
    ]


def _inline(text: str) -> str:
    """Keep Markdown and HTML in a source's text from being read as such."""
    return "".join(f"\\{letter}" if letter in "\\`*_<>[]#|" else letter for letter in " ".join(text.split()))
