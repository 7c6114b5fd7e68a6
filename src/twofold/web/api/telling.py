"""Rows that a person tells about people, policies, vendors and training: captured as evidence, one row at a time."""

from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from twofold.jobs.programme.tellable import TELLABLE
from twofold.model.problem import Problem, UserError
from twofold.tables.schema import Table, canonical_tables
from twofold.web.api.operation import acts, reads
from twofold.web.company.programme.tell import known_row, tell, texts_of
from twofold.web.workspace_access import current

router = Router(tags=["telling"])
TableName = Annotated[str, Field(max_length=60)]
Cell = Annotated[str, Field(max_length=4000)]


class ColumnOut(Schema):
    """A column of a table. choices: the words that control tests know; [] = any text of its type."""

    name: str
    type: str
    about: str
    required: bool
    key: bool
    choices: list[str]


class TellableOut(Schema):
    """A table whose rows can be told. about_person: the column with the person, who cannot tell it themselves."""

    table: str
    title: str
    kind: str
    about: str
    about_person: str
    makes_id: bool
    columns: list[ColumnOut]


class RowIn(Schema):
    """One row: column -> text as in the CSV form. because: needed where a known row changes."""

    row: Annotated[dict[Annotated[str, Field(max_length=60)], Cell], Field(min_length=1, max_length=60)]
    because: Annotated[str, Field(max_length=4000)] = ""


class KeyIn(Schema):
    """The key of a row: column -> text as in the CSV form."""

    row: Annotated[dict[Annotated[str, Field(max_length=60)], Cell], Field(min_length=1, max_length=60)]


class KnownOut(Schema):
    """The row that holds now under a key, as the form writes it; null without one."""

    row: dict[str, str] | None


class ToldOut(Schema):
    """What was captured. changed: a row with this key was known before."""

    evidence: str
    row: dict[str, str]
    changed: bool


@reads(router, "/tellable", "tell_facts", list[TellableOut], "Tables whose rows can be told")
def list_tellable(request: HttpRequest) -> list[TellableOut]:
    """Return the tables with their columns."""
    del request
    return [_tellable(canonical_tables()[name]) for name in TELLABLE]


@reads(router, "/tellable/{table}", "tell_facts", TellableOut, "One table whose rows can be told")
def tellable_one(request: HttpRequest, table: TableName) -> TellableOut:
    """Return one table; 404 for one that is not told row by row."""
    del request
    return _tellable(_named(table))


@acts(router, "/tellable/{table}/known", "tell_facts", KnownOut, "Look a row up by its key", status=200)
def known_row_one(request: HttpRequest, table: TableName, given: KeyIn) -> KnownOut:
    """Return the row that holds now; nothing is captured."""
    del request
    now, schema = current(), _named(table)
    zone = now.workspace.settings.reporting_zone
    row = known_row(now, schema, _whole(schema, given.row), zone)
    return KnownOut(row=texts_of(schema, row, zone) if row else None)


@acts(router, "/tellable/{table}/rows", "tell_facts", ToldOut, "Tell a row")
def tell_row(request: HttpRequest, table: TableName, given: RowIn) -> ToldOut:
    """Capture one row as evidence, which control tests read at their next run; never one about oneself."""
    done = tell(request, table, _whole(_named(table), given.row), because=given.because)
    return ToldOut(evidence=done.evidence.evidence_id, row=dict(done.line), changed=done.changed)


def _named(table: str) -> Table:
    if table not in TELLABLE:
        raise Http404
    return canonical_tables()[table]


def _whole(schema: Table, row: dict[str, str]) -> dict[str, str]:
    """Return a text for each column; raises UserError for a name that is no column."""
    unknown = sorted(set(row) - set(schema.column_named))
    if unknown:
        expected = "a column of " + ", ".join(schema.column_named)
        raise UserError([Problem(each, f"{schema.name} has no column {each!r}", expected) for each in unknown])
    return {column.name: row.get(column.name, "").strip() for column in schema.columns}


def _tellable(schema: Table) -> TellableOut:
    one = TELLABLE[schema.name]
    return TellableOut(
        table=schema.name,
        title=one.title,
        kind=schema.kind.value,
        about=schema.about,
        about_person=one.about_person,
        makes_id=one.makes_id,
        columns=[
            ColumnOut(
                name=each.name,
                type=each.type.value,
                about=each.about,
                required=each.required and not (one.makes_id and each.name == "id"),
                key=each.name in schema.key,
                choices=list(one.choices.get(each.name, ())),
            )
            for each in schema.columns
        ],
    )
