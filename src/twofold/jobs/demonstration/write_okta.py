"""Okta's answers for the demonstration company: users, groups, applications, System Log."""

from datetime import datetime, timedelta
from typing import Any

from twofold.jobs.demonstration.access import HR_SYNC, AccessBook, AccountEvent, GrantEvent
from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.leavers import Departures
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.rights import DEFAULT_GROUP, GROUPS
from twofold.jobs.demonstration.systems import SYSTEMS
from twofold.jobs.demonstration.timeline import (
    FIRST_DAY,
    INTRODUCED_ON,
    LAST_DAY,
    iso_milliseconds,
    local,
    working_days,
)
from twofold.jobs.demonstration.world import World

Json = dict[str, Any]
APPS = tuple((system.name, system.id) for system in SYSTEMS if system.layer == "application")
SIGN_INS = 10_000
_EVENT_TYPES = {
    "create": "user.lifecycle.create",
    "activate": "user.lifecycle.activate",
    "enable": "user.lifecycle.reactivate",
    "disable": "user.lifecycle.deactivate",
}


def export_okta(folder: ExportFolder, world: World, book: AccessBook, departures: Departures) -> None:
    """Add every Okta answer to the exports."""
    closed = _closed_accounts(book)
    people = [_user(person, closed=f"okta:{person.okta}" in closed) for person in world.staff.people]
    people.append(_service_user())
    types = {"service_user_types": "Service"}
    folder.add_json(
        "okta/users.json", "users", "GET /api/v1/users?limit=200&search=status pr", people, parameters=types
    )
    privileged = ";".join(right.group for right in GROUPS if right.kind == "privileged")
    groups = [
        {
            "id": f"00g{index:017d}",
            "type": "BUILT_IN" if right.group == DEFAULT_GROUP else "OKTA_GROUP",
            "profile": {"name": right.group},
        }
        for index, right in enumerate(GROUPS)
    ]
    parameters = {"privileged_groups": privileged}
    folder.add_json("okta/groups.json", "groups", "GET /api/v1/groups?limit=200", groups, parameters=parameters)
    apps = [{"id": f"0oa{i:017d}", "label": label, "status": "ACTIVE"} for i, (label, _) in enumerate(APPS)]
    folder.add_json("okta/apps.json", "apps", "GET /api/v1/apps?limit=200", apps)
    events = [_grant(event) for event in book.grants if event.right.in_okta]
    events += [_lifecycle(event) for event in book.account_events if event.account.startswith("okta:")]
    events += _sign_ins(world, book, departures)
    events.sort(key=lambda event: (event["published"], event["uuid"]))
    folder.add_json(
        "okta/system_log.json",
        "system_log",
        "GET /api/v1/logs?since=2025-09-01T00:00:00Z&until=2026-11-20T00:00:00Z&sortOrder=ASCENDING&limit=1000",
        events,
        # The ERP lets people in by password too; its own log speaks for it.
        systems=tuple(system.id for system in SYSTEMS if system.id != "erp"),
    )


def _closed_accounts(book: AccessBook) -> set[str]:
    last: dict[str, AccountEvent] = {}
    for event in sorted(book.account_events, key=lambda event: event.at):
        last[event.account] = event
    return {account for account, event in last.items() if event.kind == "disable"}


def _user(person: Person, *, closed: bool) -> Json:
    created_at = local(max(person.first_day, INTRODUCED_ON), "07:30")
    return {
        "id": person.okta,
        "status": "DEPROVISIONED" if closed else "ACTIVE",
        "created": iso_milliseconds(created_at),
        "profile": {
            "login": person.email,
            "email": person.email,
            "firstName": person.given,
            "lastName": person.family,
            "userType": "Staff",
        },
    }


def _service_user() -> Json:
    return {
        "id": HR_SYNC,
        "status": "ACTIVE",
        "created": "2025-09-01T09:00:00.000Z",
        "profile": {
            "login": "svc-hr-sync",
            "email": None,
            "firstName": "HR",
            "lastName": "Sync",
            "userType": "Service",
        },
    }


def _grant(event: GrantEvent) -> Json:
    kind = f"group.user_membership.{event.action}"
    group = {"id": f"00g{event.right.group}", "type": "UserGroup", "displayName": event.right.group}
    debug: Json = {}
    if event.request is not None:
        debug["accessRequestId"] = event.request.key
    if event.rule:
        debug["triggeredByGroupRuleId"] = event.rule
    return _event(event.id, kind, event.at, event.actor, [_target(event.person), group], debug)


def _lifecycle(event: AccountEvent) -> Json:
    okta_id = event.account.removeprefix("okta:")
    target = {"id": okta_id, "type": "User", "alternateId": "", "displayName": ""}
    return _event(event.id, _EVENT_TYPES[event.kind], event.at, event.actor, [target], {})


def _sign_ins(world: World, book: AccessBook, departures: Departures) -> list[Json]:
    """Sign-ins of people while their account is open, spread over working days, and the planted ones."""
    draw = Draw(world.seed, "sign-ins")
    stretches = _open_stretches(world, book)
    days = working_days(FIRST_DAY, LAST_DAY)
    people = [person for person in world.staff.people if person.id in stretches]
    events = []
    for _ in range(SIGN_INS * min(len(people), 400) // 400):
        person = draw.one_of(people)
        at = local(draw.one_of(days), "08:00") + draw.minutes(0, 540)
        starts_at, ends_before = stretches[person.id]
        if starts_at <= at < ends_before:
            events.append(_sign_in(draw, person, at, app=draw.one_of((*APPS, None))))
    events += [_sign_in(draw, person, at, app=None) for person, at in departures.sign_ins]
    return events


def _open_stretches(world: World, book: AccessBook) -> dict[str, tuple[datetime, datetime]]:
    """Return per person when sign-ins are unremarkable: from the first day to the end of the first engagement."""
    far = local(LAST_DAY, "23:00") + timedelta(days=1)
    first_close = {event.account: event.at for event in reversed(book.account_events) if event.kind == "disable"}
    stretches = {}
    for person in world.staff.people:
        ends = [far, first_close.get(f"okta:{person.okta}", far)]
        first = person.engagements[0]
        if first.ended_at is not None and len(person.engagements) == 1:
            ends.append(first.ended_at)
        stretches[person.id] = (local(person.first_day, "08:30"), min(ends))
    return stretches


def _sign_in(draw: Draw, person: Person, at: datetime, *, app: tuple[str, str] | None) -> Json:
    text = draw.sha1()
    uuid = f"{text[:8]}-{text[8:12]}-11f1-{text[12:16]}-{text[16:28]}"
    kind, targets = "user.session.start", list[Json]()
    if app is not None:
        kind = "user.authentication.sso"
        targets = [{"id": f"0oa{app[1]}", "type": "AppInstance", "displayName": app[0]}]
    return _event(uuid, kind, at, f"okta:{person.okta}", targets, {"factor": "OKTA_VERIFY_PUSH"})


def _event(uuid: str, kind: str, at: datetime, actor: str, target: list[Json], debug: Json) -> Json:
    return {
        "uuid": uuid,
        "published": iso_milliseconds(at),
        "eventType": kind,
        "outcome": {"result": "SUCCESS"},
        "actor": {"id": actor.removeprefix("okta:"), "type": "User"},
        "target": target,
        "transaction": {"type": "WEB", "id": f"tx{uuid[:18]}"},
        "debugContext": {"debugData": debug},
    }


def _target(person: Person) -> Json:
    return {"id": person.okta, "type": "User", "alternateId": person.email, "displayName": person.name}
