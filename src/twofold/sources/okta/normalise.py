"""Okta exports to canonical rows. The kinds are named after the API's collections."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from twofold.sources.okta.directory import app_rows, factor_rows, group_rows, member_rows, user_rows
from twofold.sources.okta.settings import OktaSettings, settings_of
from twofold.sources.okta.system_log import LogReader
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile, Unused

_ObjectReader = Callable[[str, dict[str, Any], OktaSettings], Iterator[Row | SetAside]]


def _listing(read: _ObjectReader, file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    settings = settings_of(file, context)
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
        else:
            yield from read(*found, settings)


def members(of: str, file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Who is in a group or has an application: snapshot, snapshot_row. `of` is group or app."""
    settings = settings_of(file, context)
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
        else:
            yield from member_rows(file, *found, settings=settings, of=of)


def factors(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Which factors users have enrolled: factor."""
    settings = settings_of(file, context)
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
        else:
            yield from factor_rows(file, *found, settings)


def system_log(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
    """GET /api/v1/logs: account_event, grant_event, right_event, sign_in, and access_right for administrator roles."""
    reader = LogReader(settings_of(file, context))
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
        else:
            yield from reader.rows(*found)
    yield from reader.rest()


KINDS: dict[str, Normaliser] = {
    "users": partial(_listing, user_rows),
    "groups": partial(_listing, group_rows),
    "group_members": partial(members, "group"),
    "apps": partial(_listing, app_rows),
    "app_users": partial(members, "app"),
    "factors": factors,
    "system_log": system_log,
}
FEEDS: dict[str, tuple[str, ...]] = {
    "users": ("account",),
    "groups": ("access_right",),
    "group_members": ("snapshot", "snapshot_row"),
    "apps": ("access_right",),
    "app_users": ("snapshot", "snapshot_row"),
    "factors": ("factor",),
    "system_log": ("account_event", "grant_event", "right_event", "sign_in"),
}
"""Tables that an answer speaks for even when it is empty. The log names administrator roles, but does not list them."""
