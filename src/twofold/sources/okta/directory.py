"""What Okta holds at the moment of the extraction: users, groups, applications, who has which, factors.

A listing shows no history. It says who has a right now, never since when; the System Log says that.
"""

import re
from collections.abc import Iterator
from typing import Any

from twofold.sources.okta.settings import EXCERPT, OktaSettings, account, app_right, group_right
from twofold.tables.rows import Row, SetAside, SourceFile, Value

_STATUS = {
    "STAGED": "disabled",
    "PROVISIONED": "active",
    "ACTIVE": "active",
    "PASSWORD_EXPIRED": "active",
    "LOCKED_OUT": "active",
    "RECOVERY": "active",
    "SUSPENDED": "disabled",
    "DEPROVISIONED": "disabled",
}
"""LOCKED_OUT, RECOVERY and PASSWORD_EXPIRED end by the user's own act, so the account still opens doors."""
_USER_IN_ADDRESS = re.compile(r"/users/([^/?]+)")


def user_rows(record: str, user: dict[str, Any], settings: OktaSettings) -> Iterator[Row | SetAside]:
    """GET /api/v1/users: account."""
    profile: dict[str, Any] = user.get("profile") or {}
    status = str(user.get("status", ""))
    if not user.get("id") or status not in _STATUS:
        yield SetAside(record, f"no user id, or an unknown status {status!r}", repr(user)[:EXCERPT])
        return
    service = str(profile.get("userType") or "").lower() in settings.service_user_types
    try:
        created = settings.instant(user["created"])
    except (KeyError, ValueError) as error:
        yield SetAside(record, f"no creation time ({error})", str(user["id"]))
        return
    values: dict[str, Value] = {
        "id": account(user["id"]),
        "system": settings.system,
        "kind": "service" if service else "human",
        "status": _STATUS[status],
        "username": str(profile.get("login") or ""),
        "email": _verified_email(user, profile),
        "created_at": created,
    }
    yield Row("account", record, values)


def group_rows(record: str, group: dict[str, Any], settings: OktaSettings) -> Iterator[Row | SetAside]:
    """GET /api/v1/groups: access_right. The built-in group Everyone is the default right."""
    name = str((group.get("profile") or {}).get("name") or "")
    if not name:
        yield SetAside(record, "the group has no name", repr(group)[:EXCERPT])
        return
    values: dict[str, Value] = {
        "id": group_right(name),
        "system": settings.group_system(name),
        "class": "privileged" if name in settings.privileged_groups else "normal",
        "is_default": group.get("type") == "BUILT_IN" and name == "Everyone",
    }
    yield Row("access_right", record, values)


def app_rows(record: str, app: dict[str, Any], settings: OktaSettings) -> Iterator[Row | SetAside]:
    """GET /api/v1/apps: access_right."""
    label = str(app.get("label") or "")
    if not label:
        yield SetAside(record, "the application has no label", repr(app)[:EXCERPT])
        return
    values: dict[str, Value] = {
        "id": app_right(label),
        "system": settings.app_system(label),
        "class": "privileged" if label in settings.privileged_apps else "normal",
        "is_default": False,
    }
    yield Row("access_right", record, values)


def member_rows(
    file: SourceFile, record: str, member: dict[str, Any], *, settings: OktaSettings, of: str
) -> Iterator[Row | SetAside]:
    """GET /groups/ID/users or /apps/ID/users: snapshot and snapshot_row, as of the time of the query.

    `of` is group or app. The name comes from the record (key `group` or `app`) or from the parameter of that name. All
    listings of one system that were queried at the same `run_at` make one snapshot; README says why that matters.
    """
    provenance = file.evidence.provenance
    name = str(member.get(of) or provenance.parameters.get(of) or "")
    listed = member.get("users")
    members = listed if isinstance(listed, list) else [member]
    if not name:
        reason = f"the {of} is not named: give the parameter {of}, or the key {of} in the record"
        yield SetAside(record, reason, repr(member)[:EXCERPT])
        return
    system, right = (
        (settings.group_system(name), group_right(name))
        if of == "group"
        else (settings.app_system(name), app_right(name))
    )
    taken_at = provenance.run_at.isoformat()
    snapshot = f"okta:{system}@{taken_at}"
    values: dict[str, Value] = {"id": snapshot, "system": system, "taken_at": taken_at, "origin": "system"}
    yield Row("snapshot", record, values)
    for index, one in enumerate(members):
        place = f"{record}/users/{index}" if isinstance(listed, list) else record
        if not isinstance(one, dict) or not one.get("id"):
            yield SetAside(place, "the member has no user id", repr(one)[:EXCERPT])
            continue
        yield Row("snapshot_row", place, {"snapshot": snapshot, "account": account(one["id"]), "right_id": right})


def factor_rows(
    file: SourceFile, record: str, factor: dict[str, Any], settings: OktaSettings
) -> Iterator[Row | SetAside]:
    """GET /api/v1/users/ID/factors: factor. The user comes from the record, its links, or the parameter `user`."""
    user = factor.get("userId") or file.evidence.provenance.parameters.get("user") or _user_in_links(factor)
    if not user or not factor.get("id") or not factor.get("factorType"):
        yield SetAside(record, "the factor has no id, type or user", repr(factor)[:EXCERPT])
        return
    try:
        enrolled = settings.instant(factor["created"]) if factor.get("created") else None
    except ValueError as error:
        yield SetAside(record, f"the enrolment time cannot be read ({error})", str(factor["id"]))
        return
    values: dict[str, Value] = {
        "id": str(factor["id"]),
        "account": account(user),
        "type": str(factor["factorType"]),
        "status": str(factor.get("status") or "").lower(),
        "enrolled_at": enrolled,
    }
    yield Row("factor", record, values)


def _verified_email(user: dict[str, Any], profile: dict[str, Any]) -> str:
    """Return the primary e-mail, or "" where Okta says that it is not verified."""
    listed = (user.get("credentials") or {}).get("emails")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("type") == "PRIMARY":
            return str(one.get("value") or "") if one.get("status") == "VERIFIED" else ""
    return str(profile.get("email") or "")


def _user_in_links(factor: dict[str, Any]) -> str:
    links: dict[str, Any] = factor.get("_links") or {}
    for name in ("user", "self"):
        link = links.get(name)
        match = _USER_IN_ADDRESS.search(str(link.get("href", ""))) if isinstance(link, dict) else None
        if match:
            return match[1]
    return ""
