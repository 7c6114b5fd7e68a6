"""Saved filters of a list: a name for what stands behind the `?` of its address, for oneself or for everybody."""

from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from twofold.model.problem import Problem, UserError
from twofold.web.guard import needs
from twofold.web.lookup.models import SavedFilter
from twofold.web.problems import told

LISTINGS = ("controls", "evidence", "findings")
"""Pages that have saved filters, by the name of their address."""
_MOST = 50
"""Filters of one person per list."""
_LONGEST_NAME = 80
_LONGEST_QUERY = 2_000


def filters_of(request: HttpRequest, listing: str) -> list[SavedFilter]:
    """Return the filters of a list that the account sees: its own, and those that others share; by name."""
    rows = SavedFilter.objects.filter(listing=listing).select_related("owner")
    mine = request.user.pk
    return [each for each in rows if each.shared or each.owner_id == mine]


@require_POST
@needs("keep_own_account")
def save(request: HttpRequest, listing: str) -> HttpResponse:
    """Save the filter of the form's `query` under its `name`; the same name again replaces one's own."""
    given = {name: request.POST.get(name, "") for name in ("name", "query")}
    try:
        kept = save_filter(request, listing, shared=request.POST.get("shared") == "1", **given)
    except UserError as error:
        query = _plain(given["query"])
        for each in told(error):
            messages.error(request, each)
    else:
        query = kept.query
        messages.success(request, f"Saved as {kept.name}.")
    return redirect(f"{reverse(listing)}?{query}" if query else reverse(listing))


def save_filter(request: HttpRequest, listing: str, *, name: str, query: str, shared: bool) -> SavedFilter:
    """Keep a filter of a list; the same name again replaces one's own. Raises Http404 for a list without filters.

    Raises UserError without a name, without anything filtered, and for one filter too many.
    """
    if listing not in LISTINGS:
        raise Http404
    plain = " ".join(name.replace("\x00", "").split())[:_LONGEST_NAME]
    asked, mine = _plain(query), request.user.pk
    if not plain:
        raise UserError(Problem("name", "A filter needs a name.", ""))
    if not asked:
        found = "Nothing is filtered here: choose something, press Show, then save it."
        raise UserError(Problem("query", found, ""))
    if SavedFilter.objects.filter(owner_id=mine, listing=listing).exclude(name=plain).count() >= _MOST:
        raise UserError(Problem("name", f"You have {_MOST} filters of this list; delete one first.", ""))
    values = {"query": asked, "shared": shared, "made_at": timezone.now()}
    kept, _ = SavedFilter.objects.update_or_create(owner_id=mine, listing=listing, name=plain, defaults=values)
    return kept


@require_POST
@needs("keep_own_account")
def delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Delete one of one's own filters; another person's is not there for this."""
    found = delete_filter(request, filter_id)
    messages.success(request, f"{found.name} is deleted.")
    return redirect(found.listing)


def delete_filter(request: HttpRequest, filter_id: int) -> SavedFilter:
    """Delete one of one's own filters and return what it was; raises Http404 for any other."""
    found = get_object_or_404(SavedFilter, pk=filter_id, owner_id=request.user.pk)
    SavedFilter.objects.filter(pk=found.pk).delete()
    return found


def _plain(query: str) -> str:
    """Return a query as we would write it: names and values again, without what pages."""
    pairs = [(name, value) for name, value in parse_qsl(query[:_LONGEST_QUERY]) if name not in {"before", "after"}]
    return urlencode([(name, value.replace("\x00", "")) for name, value in pairs])[:_LONGEST_QUERY]
