"""What the company says of itself, of its promises and of its buyers, for `twofold advise`."""

from datetime import date

from twofold.jobs.demonstration.timeline import local
from twofold.jobs.demonstration.world import Row, TableExport, World

_ANSWERED_ON = date(2026, 11, 12)
_ANSWERS = {
    "reporting_company": "yes",
    "first_sale_day": "2024-06-12",
    "annual_reports": "2",
    "float_usd": "410000000",
    "revenue_usd": "152000000",
    "src_eligible": "no",
    "filer_status_before": "non_accelerated",
    "debt_over_limit": "no",
    "fiscal_year_end": "09-30",
    "money_near": "revenue;billing;payments",
    "regulated_data": "yes",
    "public_customers": "yes",
    "larger_accounts": "yes",
    "simple_finance": "no",
    "blocked_deals": "yes",
    "report_needed_by": "2027-01-31",
    "last_report": "type2",
    "last_report_end": "2025-10-31",
    "finance_owner": "yes",
    "formal_reviews": "yes",
    "outage_stops_work": "yes",
    "confidential_data": "yes",
    "personal_data": "yes",
    "privacy_role": "customers_do",
}
_OLDER = ("float_usd", "355000000", date(2026, 4, 20))
"""An answer that was followed by another."""
_PROMISES = (
    ("c-1", "Northwind Retail", "availability", "99.9% uptime in each month", "MSA 2025, schedule B"),
    ("c-2", "Tailspin Toys", "confidentiality", "Price lists are kept confidential", "MSA 2025, clause 9"),
)
_REQUESTS = (
    ("r-1", "Northwind Retail", "type2;availability", "Your SOC 2 Type 2, please", "12-31", True, "billing"),
    ("r-2", "Contoso Health", "sox", "We need your SOX before we sign", "", "", "payments"),
    ("r-3", "Fabrikam Group", "soc1;type2", "Our auditor wants a SOC 1", "06-30", True, "billing"),
)


def answer_and_promise(world: World) -> None:
    """Export the interview with one changed answer, the promises and the requests."""
    officer = world.staff.by_id("p-0005").id
    given = [(name, text, _ANSWERED_ON) for name, text in _ANSWERS.items()]
    answers: list[Row] = [
        {"question": name, "answered_at": local(day, "10:00"), "answer": text, "answered_by": officer}
        for name, text, day in [_OLDER, *given]
    ]
    promises: list[Row] = [
        {"id": name, "customer": customer, "category": category, "promise": text, "document": document}
        for name, customer, category, text, document in _PROMISES
    ]
    requests: list[Row] = [
        {
            "id": name,
            "customer": customer,
            "asks": asks,
            "words": words,
            "fiscal_year_end": year_end,
            "public_company": public,
            "system": system,
        }
        for name, customer, asks, words, year_end, public, system in _REQUESTS
    ]
    world.tables += [
        TableExport("interview_answer", answers, "Interview with the compliance officer, all answers"),
        TableExport("customer_promise", promises, "Register of promises to customers"),
        TableExport("buyer_request", requests, "Sales notes: what buyers asked for"),
    ]
