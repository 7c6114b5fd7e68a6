"""Two auditors' request lists beside each other: near duplicates with their reasons, what people decided, one list."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.jobs.request_lists.deciding import PairDecision, decide_pairs
from twofold.jobs.request_lists.exporting import write_merged
from twofold.jobs.request_lists.importing import ImportedList, ListOptions, import_list
from twofold.jobs.request_lists.standing import (
    NOT_SAME,
    SAME,
    StandingLists,
    merged_list,
    ordered,
    proposed_pairs,
    standing_lists,
)
from twofold.jobs.told_rows import ToldRow
from twofold.model.problem import UserError
from twofold.readiness.near_duplicates.list_columns import ListRole
from twofold.readiness.near_duplicates.merged_list import MergedRequest, Pair
from twofold.readiness.near_duplicates.proposals import ProposedPair
from twofold.readiness.near_duplicates.request import RequestLine
from twofold.web.acting import acting_name
from twofold.web.company.preparing.acts import captured_as, done, field
from twofold.web.company.preparing.files import download, uploaded
from twofold.web.company.preparing.kept import kept
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

_MOST_DECIDED = 500


ROLE_TITLES = {
    ListRole.TEXT: "request",
    ListRole.ID: "its number",
    ListRole.DUE: "due day",
    ListRole.OWNER: "owner",
    ListRole.SYSTEM: "system",
    ListRole.PERIOD: "period",
}


@dataclass(frozen=True, slots=True)
class Lists:
    """What stands of the lists, the pairs that are proposed, and the list that they make together."""

    standing: StandingLists
    pairs: Sequence[ProposedPair]
    merged: Sequence[MergedRequest]


class ListForm(forms.Form):
    """What is known about a list, and what to say where it is read wrongly."""

    identifier = forms.CharField(max_length=60)
    title = forms.CharField(max_length=200, required=False)
    engagement = forms.CharField(max_length=200, required=False)
    sheet = forms.CharField(max_length=200, required=False)
    header_row = forms.IntegerField(min_value=0, max_value=100_000, required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for role in ListRole:
            self.fields[str(role)] = forms.CharField(max_length=100, required=False)


def lists_today() -> Lists:
    """Return the lists as they stand."""
    return kept(
        "request lists",
        lambda now, _: Lists(
            standing := standing_lists(now.workspace),
            proposed_pairs(now.workspace, standing),
            merged_list(now.workspace),
        ),
    )


@require_safe
@needs("see_requests")
def show(request: HttpRequest) -> HttpResponse:
    """Answer with two lists beside each other, the first two unless the query names others (`first`, `second`)."""
    lists = lists_today()
    ids = [str(each["id"]) for each in lists.standing.lists]
    first = request.GET.get("first", "") if request.GET.get("first") in ids else next(iter(ids), "")
    others = [each for each in ids if each != first]
    second = request.GET.get("second", "") if request.GET.get("second") in others else next(iter(others), "")
    shown = [each for each in lists.pairs if {each.first.list_id, each.second.list_id} == {first, second}]
    waiting = [each for each in shown if _pair(each) not in lists.standing.decisions]
    decided = _decided(lists.standing, first, second)
    taken = {line.place for each in waiting for line in (each.first, each.second)}
    taken |= {line.place for one, other, row in decided if row["decision"] == SAME for line in (one, other)}
    values: dict[str, Any] = {
        "decided": decided,
        "first": first,
        "ids": ids,
        "lists": [(each, len(lists.standing.of(str(each["id"])))) for each in lists.standing.lists],
        "same": SAME,
        "second": second,
        "shared": sum(each.shared for each in lists.merged),
        "merged": len(lists.merged),
        "single": [
            (name, [each for each in lists.standing.of(name) if each.place not in taken]) for name in (first, second)
        ],
        "waiting": waiting,
    }
    return page(request, "preparing/request_lists.html", values, at="requests", title="Request lists of auditors")


@require_POST
@needs("manage_requests")
def decide(request: HttpRequest) -> HttpResponse:
    """Record what the form says of pairs as one act: fields `first-N`, `second-N`, `decision-N`, `reason-N`."""
    said = []
    for number in range(_MOST_DECIDED):
        decision = field(request, f"decision-{number}")
        if decision in {SAME, NOT_SAME}:
            first, second = field(request, f"first-{number}"), field(request, f"second-{number}")
            said.append(PairDecision(first, second, decision, field(request, f"reason-{number}"), "pair"))
    if not said:
        messages.error(request, "Nothing is decided; say of at least one pair whether it is the same.")
        return redirect("request_lists")

    def act(*given: Any) -> str:
        workspace, actor, at = given
        same = sum(each.decision == SAME for each in said)
        evidence = decide_pairs(workspace, said, actor=actor, at=at)
        return f"{same} the same, {len(said) - same} different. {captured_as(evidence)}"

    return done(request, redirect("request_lists"), act)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("manage_requests")
def take_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or take in a list, or a newer file of one, and tell how it was read."""
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            taken = imported(request, form.cleaned_data)
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
        else:
            messages.success(request, how_read(taken))
            return redirect("request_lists")
    now = current()
    values = {
        "engagements": [each.id for each in now.scope.scope.engagements] if now.scope else [],
        "form": form,
        "roles": ROLE_TITLES,
        "wrong": any(form[str(role)].value() for role in ListRole),
    }
    status = 400 if form.errors else 200
    title = "Take in a request list"
    return page(request, "preparing/request_list_import.html", values, at="requests", title=title, status=status)


@require_safe
@needs("see_requests")
def merged(request: HttpRequest) -> HttpResponse:
    """Answer with one list out of all; `only=shared` narrows to what serves several audits."""
    lists = lists_today()
    only = request.GET.get("only", "")
    values = {
        "lines": sum(len(each.lines) for each in lists.merged),
        "only": only,
        "rows": [each for each in lists.merged if only != "shared" or each.shared],
        "shared": sum(each.shared for each in lists.merged),
        "sum": len(lists.merged),
        "titles": {str(each["id"]): str(each["title"]) for each in lists.standing.lists},
    }
    return page(request, "preparing/request_lists_merged.html", values, at="requests", title="Merged request list")


@require_safe
@needs("see_requests")
def merged_file(request: HttpRequest) -> HttpResponse:
    """Answer with the merged list as a workbook, or with `form=csv` as CSV."""
    ending = "csv" if request.GET.get("form") == "csv" else "xlsx"
    return download(merged_bytes(ending), f"merged-requests.{ending}")


def merged_bytes(ending: str) -> bytes:
    """Return the merged list as a file. ending: xlsx or csv."""
    with tempfile.TemporaryDirectory(prefix="twofold-merged-") as scratch:
        path = Path(scratch) / f"merged-requests.{ending}"
        write_merged(lists_today().merged, path)
        return path.read_bytes()


def _pair(pair: ProposedPair) -> Pair:
    return ordered(pair.first.place, pair.second.place)


def _decided(standing: StandingLists, first: str, second: str) -> list[tuple[RequestLine, RequestLine, ToldRow]]:
    """Return what people decided on lines of two lists, also on pairs that nothing proposed: line, line, decision."""
    ours = {line.place: line for line in standing.of(first)}
    theirs = {line.place: line for line in standing.of(second)}
    return [
        (ours[one], theirs[other], row)
        for pair, row in standing.decisions.items()
        for one, other in (pair, pair[::-1])
        if one in ours and other in theirs
    ]


def imported(request: HttpRequest, given: Mapping[str, Any]) -> ImportedList:
    """Take in the file `file` of the request as a `ListForm` says; raises UserError as the job does."""
    columns = {role: given[str(role)] for role in ListRole if given[str(role)]}
    with uploaded(request, "file") as path:
        return import_list(
            current().workspace,
            path,
            list_id=given["identifier"],
            options=ListOptions(given["sheet"] or None, given["header_row"], columns),
            title=given["title"],
            engagement=given["engagement"],
            actor=acting_name(request),
            at=timezone.now(),
        )


def how_read(taken: ImportedList) -> str:
    """Say how a list was read."""
    columns = ", ".join(f"{role} in {column}" for role, column in taken.read.layout.columns.items())
    said = f"{len(taken.read.lines):,} requests read ({columns}). {captured_as(taken.evidence)}"
    if taken.withdrawn:
        said += f" No longer in the list, kept as withdrawn: {', '.join(taken.withdrawn)}."
    if taken.formulas:
        said += f" {taken.formulas:,} cells hold a formula; the stored value was read."
    return said
