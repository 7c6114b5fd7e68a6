"""The form that tells one row: its fields are the columns of the table, and what is sent is captured as evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from twofold.jobs.programme.tellable import TELLABLE, Tellable
from twofold.jobs.programme.telling import Told, tell_row
from twofold.model.instant import parse_boundary, zone_named
from twofold.model.problem import UserError
from twofold.tables.schema import Column, ColumnType, Table, TableKind, canonical_tables, child_table
from twofold.web.acting import acting_name
from twofold.web.company.programme.reading import Reading, Row, kept_place, reading
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.templating import address
from twofold.web.workspace_access import Current, current

_SUBJECTS = (
    (("engagement", "job", "leave"), "people", "person", "person"),
    (("policy",), "policies", "policy", "id"),
    (
        ("policy_version", "policy_review", "policy_number", "acknowledgement", "signing_duty"),
        "policies",
        "policy",
        "policy",
    ),
    (("measured_value",), "policies", "", ""),
    (("vendor",), "vendors", "vendor", "id"),
    (("soc_report", "bridge", "vendor_review", "vendor_contract", "vendor_issue"), "vendors", "vendor", "vendor"),
    (("report_exception", "cuec", "subservice", "reliance_period"), "vendors", "", ""),
    (("training", "required_course"), "training", "", ""),
)
"""Tables, the entry of the navigation that they belong to, the detail page, and the column with its id."""
_KINDS = {
    ColumnType.TEXT: "",
    ColumnType.WORD: "",
    ColumnType.INTEGER: "a whole number",
    ColumnType.BOOLEAN: "yes or no",
    ColumnType.INSTANT: "a day, or a day and time such as 2026-03-14T09:30",
    ColumnType.BOUNDARY: "a day, which begins at local midnight",
    ColumnType.LIST: "several, separated by ;",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column as the form shows it. `fixed`: part of the key of a known row, which a change must not touch."""

    name: str
    label: str
    help: str
    type: str
    value: str
    required: bool
    fixed: bool
    choices: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("tell_facts")
def show(request: HttpRequest, table: str) -> HttpResponse:
    """Show the form, filled with the known row that the query names, or capture what is sent."""
    if table not in TELLABLE:
        raise Http404
    now, schema, tellable = current(), canonical_tables()[table], TELLABLE[table]
    zone = now.workspace.settings.reporting_zone
    asked = request.POST if request.method == "POST" else request.GET
    given = {column.name: asked.get(column.name, "").strip()[:4000] for column in schema.columns}
    known = known_row(now, schema, given, zone)
    faults: list[str] = []
    if request.method == "POST":
        try:
            done = tell(request, table, given, because=request.POST.get("because", ""))
        except UserError as error:
            faults = [f"{_place(each.where)}: {text}" for each, text in zip(error.problems, told(error), strict=True)]
        else:
            messages.success(
                request,
                f"Captured as {done.evidence.evidence_id}. Control tests read it at their next run.",
            )
            return redirect(_address(table, done.line))
    elif known is not None:
        given = texts_of(schema, known, zone)
    listed, detail, column = _subject(table)
    values = {
        "about": schema.about,
        "back": (listed, reverse(listed)),
        "because": asked.get("because", ""),
        "faults": faults,
        "fields": list(_fields(schema, tellable, given, changes=known is not None)),
        "known": known,
        "subject": (detail, given[column]) if detail and known is not None and given[column] else None,
        "table": table,
        "whole_file": known is not None and schema.kind is TableKind.FACT,
    }
    verb = "Change" if known is not None else "Add"
    title = f"{verb}: {tellable.title}"
    return page(request, "programme/tell.html", values, at=listed, title=title, status=400 if faults else 200)


def tell(request: HttpRequest, table: str, given: Mapping[str, str], *, because: str) -> Told:
    """Capture one row that the person of the account states; raises UserError as the job does."""
    workspace = current().workspace
    kept, at = kept_place(workspace), timezone.now()
    return tell_row(workspace, table, given, reason=because, actor=acting_name(request), kept=kept, at=at)


def _subject(table: str) -> tuple[str, str, str]:
    return next((listed, detail, column) for tables, listed, detail, column in _SUBJECTS if table in tables)


def _address(table: str, line: Mapping[str, str]) -> str:
    """Return where the told row can be seen."""
    listed, detail, column = _subject(table)
    if table == "required_course":
        return reverse("course") + "?" + urlencode({"name": line["course"]})
    found = address(detail, line[column]) if detail else "#"
    return reverse(listed) if found == "#" else found


def _place(where: str) -> str:
    return where.replace("_", " ")


def known_row(now: Current, schema: Table, given: Mapping[str, str], zone: str) -> Row | None:
    """Return the row that holds now under the key that was given; None without one, or without a whole key."""
    key: list[object] = []
    for name in schema.key:
        column, text = schema.column_named[name], given[name]
        if column.required and not text:
            return None
        try:
            key.append(
                (parse_boundary(text, zone=zone) if column.type is ColumnType.BOUNDARY else text) if text else None
            )
        except ValueError:
            return None
    where = " AND ".join(f"{name} IS NOT DISTINCT FROM ?" for name in schema.key)
    with reading(now) as tables:
        row = tables.one(f"SELECT * FROM {schema.name} WHERE {where}", *key)  # noqa: S608  names come from the schema
        if row is None:
            return None
        lists = {
            column.name: _values(tables, child_table(schema.name, column.name), where, key)
            for column in schema.list_columns
        }
    return {**row, **lists}


def _values(tables: Reading, child: str, where: str, key: list[object]) -> list[str]:
    query = f"SELECT value FROM {child} WHERE {where} ORDER BY value"  # noqa: S608  names come from the schema
    return [row["value"] for row in tables.rows(query, *key)]


def texts_of(schema: Table, row: Row, zone: str) -> dict[str, str]:
    """Return the cells of a row as the form writes them."""
    return {column.name: _text(column, row, zone) for column in schema.columns}


def _text(column: Column, row: Row, zone: str) -> str:
    cell = row[f"{column.name}_text"] if column.type is ColumnType.INSTANT else row[column.name]
    if column.type is ColumnType.LIST:
        return ";".join(cell)
    if isinstance(cell, datetime):
        local = cell.astimezone(zone_named(zone))
        return local.date().isoformat() if local.time() == time.min else local.isoformat()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)


def _fields(schema: Table, tellable: Tellable, given: Mapping[str, str], *, changes: bool) -> Iterator[Field]:
    for column in schema.columns:
        choices = tellable.choices.get(column.name, ())
        value = given[column.name]
        shown = tuple((each, each.replace("_", " ")) for each in choices)
        if column.type is ColumnType.BOOLEAN:
            shown = (("true", "yes"), ("false", "no"))
        if shown and value and value not in dict(shown):
            shown = (*shown, (value, value))
        makes_it = tellable.makes_id and column.name == "id"
        yield Field(
            name=column.name,
            label=column.name.replace("_", " "),
            help="; ".join(each for each in (column.about, _how(column, makes_it=makes_it)) if each),
            type="date" if column.type is ColumnType.BOUNDARY and len(value) in {0, len("2026-01-01")} else "text",
            value=value,
            required=column.required and not makes_it,
            fixed=changes and column.name in schema.key,
            choices=shown,
        )


def _how(column: Column, *, makes_it: bool) -> str:
    return "empty = one is made" if makes_it else _KINDS[column.type]
