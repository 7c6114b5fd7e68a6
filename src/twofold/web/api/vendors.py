"""Vendors: how far their reports reach, what they leave to us, reviews, contracts, issues."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from twofold.web.api.operation import next_page, reads
from twofold.web.api.people import Id, RowOut, VersionOut, Words, versions_out
from twofold.web.company.days import in_utc
from twofold.web.company.programme.reading import reading
from twofold.web.company.programme.vendors import details_of_vendor, page_of_vendors
from twofold.web.workspace_access import current

router = Router(tags=["vendors"])


class GapOut(Schema):
    """Time that no report speaks for. left: days that letters of the vendor's management leave open, too."""

    first: datetime
    last: datetime
    days: int
    left: int
    advice: str


class CoverOut(Schema):
    """A stretch to answer for, and its gaps. open_days: in no report and no letter; bridged_days: in a letter only."""

    title: str
    first: datetime
    last: datetime
    days: int
    open_days: int
    bridged_days: int
    gaps: list[GapOut]


class VendorOut(Schema):
    """A vendor. duties: what its reports leave to us; unmapped: of these, those that no control of ours takes up."""

    id: str
    name: str | None
    systems: str | None
    tier: str | None
    services: str | None
    relied_now: bool
    no_report_reason: str | None
    duties: int
    unmapped: int
    issues: int
    review: RowOut | None
    covers: list[CoverOut]
    reports: list[RowOut]


class VendorPage(Schema):
    """A page of vendors by id. `next`: the address of the page after it; null at the end."""

    items: list[VendorOut]
    next: str | None


class VendorOneOut(Schema):
    """One vendor; rows as their tables have them. duties: of its reports; providers: those that it relies on."""

    id: str
    relied: list[RowOut]
    covers: list[CoverOut]
    reports: list[RowOut]
    letters: list[RowOut]
    exceptions: list[RowOut]
    duties: list[RowOut]
    providers: list[RowOut]
    reviews: list[RowOut]
    contracts: list[RowOut]
    issues: list[RowOut]
    lists: dict[str, list[str]]
    history: list[VersionOut]


@reads(router, "/vendors", "see_programme", VendorPage, "Vendors, by id")
def list_vendors(request: HttpRequest, words: Words = "", tier: Words = "", after: Id = "") -> VendorPage:
    """Return a page."""
    now = current()
    with reading(now) as tables:
        found = page_of_vendors(tables, now, {"words": words, "tier": tier, "after": after}, timezone.now())
    items = [
        VendorOut(
            **{**row, "review": _aware(row["review"])},
            covers=[CoverOut.from_orm(each) for each in found["covers"][row["id"]]],
            reports=found["reports"].get(row["id"], []),
        )
        for row in found["rows"]
    ]
    return VendorPage(items=items, next=next_page(request, "after", found["after"]) if found["after"] else None)


@reads(router, "/vendors/{vendor_id}", "see_programme", VendorOneOut, "One vendor")
def vendor_one(request: HttpRequest, vendor_id: Id) -> VendorOneOut:
    """Return one vendor; 404 for an unknown one."""
    del request
    now = current()
    with reading(now) as tables:
        found = details_of_vendor(tables, now, vendor_id)
    covers = [CoverOut.from_orm(each) for each in found["covers"]]
    return VendorOneOut(id=vendor_id, **{**found, "covers": covers, "history": versions_out(found["history"])})


def _aware(row: dict[str, Any] | None) -> RowOut | None:
    return {name: in_utc(cell) for name, cell in row.items()} if row else None
