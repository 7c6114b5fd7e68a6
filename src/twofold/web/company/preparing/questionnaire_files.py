"""A questionnaire comes in as the customer's file, and goes back in the same file with the approved answers in it."""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from twofold.engagement.questionnaire.columns import Role
from twofold.engagement.questionnaire.grid import column_number
from twofold.engagement.questionnaire.library import Level
from twofold.engagement.questionnaire.reading import ReadOptions
from twofold.jobs.questionnaire.exporting import export_questionnaire
from twofold.jobs.questionnaire.importing import Imported, import_questionnaire
from twofold.model.problem import UserError
from twofold.web.acting import acting_name
from twofold.web.company.preparing.files import download, uploaded
from twofold.web.company.preparing.questionnaires import standing_named
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import current

ROLE_TITLES = {
    Role.QUESTION: "question",
    Role.ANSWER: "answer",
    Role.COMMENT: "comment",
    Role.ID: "sender's number",
    Role.SECTION: "section",
    Role.YES: "yes, to tick",
    Role.NO: "no, to tick",
    Role.NA: "n/a, to tick",
}


class ImportForm(forms.Form):
    """What is known about a file, and what to say where it is read wrongly."""

    sender = forms.CharField(max_length=200, required=False)
    title = forms.CharField(max_length=200, required=False)
    identifier = forms.CharField(max_length=80, required=False)
    audience = forms.ChoiceField(choices=[(str(each), str(each)) for each in (Level.PRIVATE, Level.PUBLIC)])
    due_on = forms.DateField(required=False)
    sheet = forms.CharField(max_length=200, required=False)
    header_row = forms.IntegerField(min_value=0, max_value=100_000, required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for role in Role:
            self.fields[str(role)] = forms.CharField(max_length=5, required=False)

    def clean(self) -> dict[str, Any]:
        """Read the columns, given by letters or number."""
        given = super().clean() or {}
        columns = {}
        for role in Role:
            text = given.get(str(role), "")
            try:
                if text:
                    columns[role] = column_number(text)
            except ValueError:
                self.add_error(str(role), f"{text!r} is no column; letters or a number, such as C.")
        given["columns"] = columns
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@needs("answer_questionnaires")
def take_in(request: HttpRequest) -> HttpResponse:
    """Show the form, or take in the file and tell how it was read."""
    form = ImportForm(request.POST or None, initial={"audience": str(Level.PRIVATE)})
    if request.method == "POST" and form.is_valid():
        try:
            taken = imported(request, form.cleaned_data)
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
        else:
            for each in how_read(taken):
                messages.success(request, each)
            return redirect("questionnaire", taken.questionnaire_id)
    status = 400 if form.errors else 200
    values = {"form": form, "roles": ROLE_TITLES, "wrong": any(form[str(role)].value() for role in Role)}
    title = "Take in a questionnaire"
    return page(request, "preparing/questionnaire_import.html", values, at="questionnaires", title=title, status=status)


@require_POST
@needs("approve_answers")
def give_out(request: HttpRequest, questionnaire_id: str) -> HttpResponse:
    """Answer with the sender's own file, filled; with `with_note` a zip of it and the note. What left is captured."""
    try:
        name, content = filled_in(request, questionnaire_id, with_note=request.POST.get("with_note") == "yes")
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("questionnaire", questionnaire_id)
    return download(content, name)


def filled_in(request: HttpRequest, questionnaire_id: str, *, with_note: bool) -> tuple[str, bytes]:
    """Return name and bytes of the sender's file with the approved answers in it; what left is captured.

    with_note: a zip of it and the note. Raises Http404 for an unknown questionnaire, UserError as the job does.
    """
    name = Path(standing_named(questionnaire_id).questionnaire.name)
    with tempfile.TemporaryDirectory(prefix="twofold-answered-") as scratch:
        into = Path(scratch) / f"{name.stem[:55]}-answered{name.suffix}"
        export_questionnaire(
            current().workspace, questionnaire_id, into=into, actor=acting_name(request), at=timezone.now()
        )
        if with_note:
            return f"{name.stem}-answered.zip", _zipped(Path(scratch))
        return into.name, into.read_bytes()


def imported(request: HttpRequest, given: Mapping[str, Any]) -> Imported:
    """Take in the file `file` of the request as an `ImportForm` says; raises UserError as the job does."""
    sheets = tuple(each.strip() for each in given["sheet"].split(";") if each.strip())
    with uploaded(request, "file") as path:
        return import_questionnaire(
            current().workspace,
            path,
            questionnaire_id=given["identifier"] or None,
            options=ReadOptions(sheets, given["columns"], given["header_row"]),
            title=given["title"],
            sender=given["sender"],
            audience=Level(given["audience"]),
            due_on=given["due_on"],
            actor=acting_name(request),
            at=timezone.now(),
        )


def how_read(taken: Imported) -> list[str]:
    """Say how a file was read, a sentence each."""
    read = taken.read
    said = [f"{len(read.questions):,} questions read from {read.form}, kept as {taken.evidence[0]}."]
    for layout in read.layouts.values():
        columns = ", ".join(f"{role} in {column}" for role, column in layout.as_json()["columns"].items())
        said.append(f"{layout.grid}: {layout.how}; {columns}.")
    return [*said, *(f"{part}: not read, {why}." for part, why in read.skipped)]


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, each.name)
    return content.getvalue()
