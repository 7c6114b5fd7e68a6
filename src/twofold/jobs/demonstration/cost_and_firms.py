"""What the company tells of its cost, and the proposals of audit firms that it asked. Figures and firms are made up."""

from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.world import Row

_KNOWN_ON = "2026-11-13"
_JUDGED, _SHEET = "judged by the compliance manager", "time sheets of the third quarter"
_FIGURES = (
    ("minutes_perform", "", "2", "3", "6", "minutes", _JUDGED),
    ("minutes_perform", "daily", "0", "0", "1", "minutes", _JUDGED),
    ("minutes_perform", "AC-05", "45", "90", "180", "minutes", _SHEET),
    ("minutes_export_by_hand", "", "10", "20", "45", "minutes", _SHEET),
    ("minutes_export_by_connector", "", "1", "2", "5", "minutes", _SHEET),
    ("minutes_item_by_hand", "", "15", "30", "60", "minutes", _SHEET),
    ("minutes_item_by_connector", "", "2", "3", "5", "minutes", _SHEET),
    ("minutes_sign_off", "", "10", "15", "30", "minutes", _JUDGED),
    ("hours_per_gap", "", "4", "10", "30", "hours", _JUDGED),
    ("hours_per_walkthrough", "", "2", "3", "6", "hours", _JUDGED),
    ("hours_per_test", "", "2", "4", "8", "hours", _JUDGED),
    ("hours_per_audit", "soc2-2026", "20", "30", "50", "hours", _SHEET),
    ("hourly_rate", "", "70", "85", "110", "USD per hour", "finance, cost of an hour in 2026"),
    ("tool_licence", "Ticket tool", "9000", "9000", "9500", "USD per year", "order of January"),
    ("audit_fee", "soc2-2026", "38000", "42000", "52000", "USD", "engagement letter, with its limits for extra work"),
    ("weeks_to_report", "soc2-2026", "5", "7", "9", "weeks", "engagement letter"),
)
"""Figure, applies to, low, likely, high, unit, origin. Some are left out, so that the estimate asks for them."""
_SPENT = (
    ("spent-1", "internal_time", "412.5", "hours", "2026-09-30", _SHEET, "evidence, walkthroughs and tests"),
    ("spent-2", "tooling", "9000", "USD", "2026-01-15", "invoice of the ticket tool", ""),
    ("spent-3", "audit_fees", "21000", "USD", "2026-11-06", "first invoice of the audit firm", ""),
)
_NEED = {
    "engagement": "soc2-2026",
    "industry": "financial technology",
    "budget_low": "25000",
    "budget_high": "55000",
    "currency": "USD",
    "start_by": "2026-12-15",
    "report_by": "2027-02-26",
    "first_audit": "false",
    "several_products": "true",
    "regulated_data": "true",
    "sox_ahead": "true",
}
_SOUND: Row = {
    "engagement": "soc2-2026",
    "stated_on": _KNOWN_ON,
    "licensed": "true",
    "licence_id": "made-up 1",
    "licence_state": "New York",
    "licence_until": "2028-12-31",
    "peer_review_on": "2025-06-30",
    "peer_review_result": "pass",
    "designed_controls": "false",
    "tool_advice": "false",
    "financial_interest": "false",
    "audits_financials": "false",
    "tests_for_management": "false",
    "staff_ties": "false",
    "types": "type1;type2",
    "categories": "security;availability",
    "industries": "financial technology;software",
    "earliest_start": "2026-12-01",
    "report_on": "2027-02-12",
    "capacity": "true",
    "fee_low": "38000",
    "fee_high": "52000",
    "currency": "USD",
    "first_timers": "true",
    "remediation_time": "true",
    "several_products": "true",
    "regulated_data": "true",
    "full_population": "true",
    "itgc_knowledge": "false",
    "reuse": "false",
    "works_with_auditor": "true",
    "references_named": "2",
}
_FIRMS: tuple[Row, ...] = (
    {"firm": "Example CPA LLP", **_SOUND},
    {
        "firm": "Hollis Audit LLP",
        **_SOUND,
        "audits_financials": "true",
        "types": "type2;sox",
        "itgc_knowledge": "true",
        "reuse": "true",
        "fee_low": "50000",
        "fee_high": "70000",
        "references_named": "1",
    },
    {
        "firm": "Sample & Finch CPAs",
        **_SOUND,
        "staff_ties": "",
        "capacity": "",
        "full_population": "",
        "fee_low": "30000",
    },
    {
        "firm": "Northgate Assurance PC",
        **_SOUND,
        "peer_review_on": "2022-05-31",
        "fee_low": "18000",
        "fee_high": "26000",
    },
    {"firm": "Quickseal Attest LLC", **_SOUND, "tool_advice": "true", "fee_low": "9000", "fee_high": "14000"},
)
"""The last two drop out: an old peer review, and a firm that the vendor of a tool pays, the cheapest of all."""


def export_cost_and_firms(folder: ExportFolder) -> None:
    """Add the company's figures, what it spent, what it needs of a firm, and the firms' proposals."""
    names = ("figure", "applies_to", "low", "likely", "high", "unit", "origin")
    figures = [{**dict(zip(names, row, strict=True)), "as_of": _KNOWN_ON} for row in _FIGURES]
    names = ("id", "bucket", "amount", "unit", "spent_on", "origin", "about")
    spent = [dict(zip(names, row, strict=True)) for row in _SPENT]
    told = {"cost_figure": figures, "cost_actual": spent, "auditor_need": [_NEED], "firm_proposal": list(_FIRMS)}
    for table, rows in told.items():
        folder.add_csv(f"csvtable/{table}.csv", table, f"Register of the compliance manager, {table}", rows)
