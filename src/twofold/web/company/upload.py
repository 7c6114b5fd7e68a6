"""Upload evidence: many files at once, each byte for byte, with who asked what of which system, and a person as owner.

A file's name is data and never a path; nothing in a file is run, unpacked or shown as a page.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from twofold.jobs.capture import CapturedFile, capture
from twofold.jobs.source_registry import SOURCES
from twofold.model.evidence import Provenance, total_pairs
from twofold.model.ids import SystemId
from twofold.model.problem import UserError
from twofold.readiness.near_duplicates.contents import GREATEST_TEXT
from twofold.vault.evidence import CaptureItem
from twofold.web.acting import acting_name
from twofold.web.company.evidence_index import follow
from twofold.web.company.likeness import alike_to_new
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_NAME = 200
_DAY = timedelta(days=1)


class UploadForm(forms.Form):
    """What is known about the files: the same that `twofold capture` asks."""

    source = forms.CharField(max_length=100)
    kind = forms.CharField(max_length=100)
    query = forms.CharField(max_length=4000)
    run_by = forms.CharField(max_length=200)
    run_at = forms.DateTimeField()
    owner = forms.CharField(max_length=200)
    systems = forms.CharField(max_length=2000, required=False)
    claimed_count = forms.IntegerField(min_value=0, required=False)
    totals = forms.CharField(max_length=4000, required=False)
    period_from = forms.DateField(required=False)
    period_to = forms.DateField(required=False)
    although_alike = forms.BooleanField(required=False)

    def clean_totals(self) -> dict[str, str]:
        """Read a total per line, FIELD=TOTAL."""
        try:
            return total_pairs(line for line in self.cleaned_data["totals"].splitlines() if line.strip())
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Check what two fields say together, and source and kind against what can be read."""
        given = super().clean() or {}
        source, kind = given.get("source", ""), given.get("kind", "")
        if source and source not in SOURCES:
            self.add_error("source", "No source is named so; one of " + ", ".join(sorted(SOURCES)) + ".")
        elif source and kind and kind not in SOURCES[source].kinds:
            self.add_error("kind", f"{source} has no kind of that name.")
        first, last = given.get("period_from"), given.get("period_to")
        if first and last and last < first:
            self.add_error("period_to", "The last day lies before the first.")
        if given.get("run_at") and given["run_at"] > timezone.now():
            self.add_error("run_at", "It lies in the future.")
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@needs("upload_evidence")
def show(request: HttpRequest) -> HttpResponse:
    """Show the form, or capture the files as one act and tell what reading them gave."""
    now = current()
    form = UploadForm(request.POST or None)
    files = request.FILES.getlist("files")
    captured = received(request, now, form, files) if request.method == "POST" else None
    if captured is not None:
        for one in captured:
            messages.success(request, _said(one))
        return redirect("evidence")
    values = {
        "form": form,
        "kinds": {name: sorted(source.kinds) for name, source in sorted(SOURCES.items())},
        "systems": [each.id for each in now.scope.scope.systems] if now.scope else [],
    }
    status = 400 if form.errors else 200
    return page(request, "upload.html", values, at="evidence", title="Upload evidence", status=status)


def received(request: HttpRequest, now: Current, form: UploadForm, files: Sequence[Any]) -> list[CapturedFile] | None:
    """Capture the files as one act; None, with the reasons in the form, where it is refused. Nothing is kept then."""
    if not files:
        form.add_error(None, "Choose at least one file.")
    large = [each.name for each in files if (each.size or 0) > settings.TWOFOLD_UPLOAD_BYTES]
    if large:
        limit = settings.TWOFOLD_UPLOAD_BYTES // 1024**2
        form.add_error(None, f"Larger than {limit} MiB, so use twofold capture: {', '.join(map(str, large))}")
    if form.is_valid() and not form.cleaned_data["although_alike"]:
        for each in _alike(now, form.cleaned_data, files):
            form.add_error("although_alike", each)
    if form.is_valid():
        try:
            return _capture(request, now, form.cleaned_data, files)
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
    return None


def _alike(now: Current, given: dict[str, Any], files: Sequence[Any]) -> list[str]:
    """Return a sentence per file that was captured before, or almost the same as one that was; nothing is kept yet."""
    follow(now.workspace)
    found = []
    for file in files:
        digest, head = hashlib.sha256(), bytearray()
        for chunk in file.chunks():
            digest.update(chunk)
            if len(head) <= GREATEST_TEXT:
                head += chunk
        alike = alike_to_new(
            now.workspace,
            source=given["source"],
            kind=given["kind"],
            sha256=digest.hexdigest(),
            content=bytes(head),
        )
        for each in alike[:1]:
            how = "the same bytes as" if each.same_bytes else f"{each.percent}% of its lines are those of"
            found.append(f"{_plain(file.name or '')}: {how} ev-{each.number} {each.name}.")
    return found


def _capture(request: HttpRequest, now: Current, given: dict[str, Any], files: Sequence[Any]) -> list[CapturedFile]:
    zone = ZoneInfo(now.workspace.settings.reporting_zone)
    provenance = Provenance(
        source=given["source"],
        kind=given["kind"],
        run_by=given["run_by"],
        run_at=given["run_at"],
        query=given["query"],
        claimed_count=given["claimed_count"],
        totals=given["totals"],
        period_from=_midnight(given["period_from"], zone),
        period_to=_midnight(given["period_to"], zone, after=_DAY),
        systems=tuple(SystemId(each) for each in given["systems"].replace(",", " ").split()),
        owner=given["owner"],
    )
    with tempfile.TemporaryDirectory(prefix="twofold-upload-") as scratch:
        items = []
        for number, file in enumerate(files):
            path = Path(scratch) / str(number)
            with path.open("wb") as copy:
                for chunk in file.chunks():
                    copy.write(chunk)
            items.append(CaptureItem(path, _plain(file.name or ""), provenance))
        return capture(now.workspace, items, actor=acting_name(request), at=timezone.now())


def _midnight(day: date | None, zone: ZoneInfo, *, after: timedelta = timedelta()) -> datetime | None:
    """Return the local midnight that starts a day, or with `after` the one that ends the last day of a period."""
    return datetime.combine(day + after, time(), zone) if day else None


def _plain(name: str) -> str:
    """Return the last part of a name without control characters; a name is data, but people read it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable()).strip()[-_NAME:] or "file"


def _said(captured: CapturedFile) -> str:
    evidence, reading = captured.evidence, captured.reading
    rows = sum(reading.row_counts.values())
    said = f"{evidence.evidence_id} {evidence.name}: {rows} rows read"
    said += "".join(f", {each.field}: {each.words}" for each in reading.totals if not each.agrees)
    if reading.set_aside:
        said += f", {len(reading.set_aside)} records set aside"
    if evidence.same_bytes_as:
        said += f". The same bytes were captured before: {', '.join(evidence.same_bytes_as)}"
    return said
