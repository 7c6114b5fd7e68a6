"""Search over all of it, saved filters, the glossary, and the log of accounts."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from twofold.vault.entry import EntryKind
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import RowId, acts, cut, next_page, reads
from twofold.web.company.saved_filters import delete_filter, filters_of, save_filter
from twofold.web.company.search import search
from twofold.web.glossary import terms
from twofold.web.lookup.models import SavedFilter
from twofold.web.workspace_access import current

router = Router(tags=["lookup"])
Listing = Literal["controls", "evidence", "findings"]


class HitOut(Schema):
    """One thing that was found. address: path of its page on the site."""

    title: str
    detail: str
    address: str


class HitGroupOut(Schema):
    """What was found of one kind, and whether there is more."""

    kind: str
    title: str
    hits: list[HitOut]


class TermOut(Schema):
    """A word of the glossary."""

    title: str
    words: list[str]
    meaning: str


class SavedFilterOut(Schema):
    """A saved filter: what stands behind the `?` of the list's page. own: it is the caller's."""

    id: int
    listing: str
    name: str
    query: str
    shared: bool
    own: bool
    made_at: datetime


class SavedFilterIn(Schema):
    """A filter, and whether everybody sees it; the same name again replaces one's own."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    query: Annotated[str, Field(min_length=1, max_length=2000)]
    shared: bool = False


class AccountEntryOut(Schema):
    """What happened to an account."""

    entry: int
    at: datetime
    by: str
    act: str
    account: str
    role: str
    detail: str


class AccountEntryPage(Schema):
    """A page of entries, newest first. `next`: the address of the page after it; null at the end."""

    items: list[AccountEntryOut]
    next: str | None


@reads(router, "/search", "see_overview", list[HitGroupOut], "Search over all that the caller may see")
def search_all(
    request: HttpRequest,
    q: Annotated[str, Field(max_length=200)],
    most: Annotated[int, Field(ge=1, le=50)] = 12,
) -> list[HitGroupOut]:
    """Return what was found in groups, at most so many of each."""
    found = search(request, q.replace("\x00", "").strip(), limit=most)
    return [
        HitGroupOut(kind=each.kind, title=each.title, hits=[HitOut.from_orm(hit) for hit in each.hits])
        for each in found
    ]


@reads(router, "/glossary", "see_overview", list[TermOut], "The words of the product")
def glossary(request: HttpRequest) -> list[TermOut]:
    """Return the words with their meaning."""
    del request
    return [TermOut(title=each.title, words=list(each.words), meaning=each.meaning) for each in terms()]


@reads(router, "/filters/{listing}", "keep_own_account", list[SavedFilterOut], "Saved filters of a list")
def list_filters(request: HttpRequest, listing: Listing) -> list[SavedFilterOut]:
    """Return the caller's own filters, and those that others share."""
    return [_filter(request, each) for each in filters_of(request, listing)]


@acts(router, "/filters/{listing}", "keep_own_account", SavedFilterOut, "Save a filter", on=list_filters)
def save_filter_one(request: HttpRequest, listing: Listing, given: SavedFilterIn) -> SavedFilterOut:
    """Save a filter of a list."""
    kept = save_filter(request, listing, name=given.name, query=given.query, shared=given.shared)
    return _filter(request, kept)


def filter_one(request: HttpRequest, filter_id: RowId) -> SavedFilterOut:
    """Return one filter of the caller."""
    return _filter(request, get_object_or_404(SavedFilter, pk=filter_id, owner_id=request.user.pk))


@acts(
    router,
    "/filters/{filter_id}/delete",
    "keep_own_account",
    SavedFilterOut,
    "Delete a filter",
    on=filter_one,
    content="",
    status=200,
)
def delete_filter_one(request: HttpRequest, filter_id: RowId) -> SavedFilterOut:
    """Delete one of the caller's own filters."""
    return _filter(request, delete_filter(request, filter_id))


@reads(router, "/account-log", "see_account_log", AccountEntryPage, "What happened to accounts, newest first")
def account_log(request: HttpRequest, before: RowId | None = None, limit: Limit = 50) -> AccountEntryPage:
    """Return a page of the entries of the log about accounts."""
    entries = list(current().workspace.vault.entries(kind=EntryKind.ACCOUNT))
    found = [each for each in reversed(entries) if before is None or each.index < before]
    rows, link = cut(found[: limit + 1], limit, lambda row: next_page(request, "before", row.index))
    return AccountEntryPage(
        items=[
            AccountEntryOut(
                entry=each.index,
                at=each.at,
                by=each.actor,
                act=each.body["act"],
                account=each.body["account"],
                role=each.body["role"],
                detail=each.body["detail"],
            )
            for each in rows
        ],
        next=link,
    )


def _filter(request: HttpRequest, one: SavedFilter) -> SavedFilterOut:
    return SavedFilterOut(
        id=one.pk or 0,
        listing=one.listing,
        name=one.name,
        query=one.query,
        shared=one.shared,
        own=one.owner_id == request.user.pk,
        made_at=one.made_at,
    )
