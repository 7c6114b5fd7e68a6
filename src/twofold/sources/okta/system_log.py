"""The System Log: what happened to accounts and rights, and who signed in.

Only events that changed something, or tried to sign in, become rows. Event types outside the lists below speak about
other things (policies, devices, rate limits) and are counted as unused, as are changes that failed or were skipped.
An event of a listed type that cannot be read is set aside.
"""

from collections.abc import Iterator
from typing import Any

from twofold.model.instant import Instant
from twofold.sources.okta.settings import EXCERPT, OktaSettings, account, app_right, group_right, role_right
from twofold.tables.rows import Row, SetAside, Unused, Value

LIFECYCLE = {
    "user.lifecycle.create": "create",
    "user.lifecycle.activate": "activate",
    "user.lifecycle.reactivate": "enable",
    "user.lifecycle.unsuspend": "enable",
    "user.lifecycle.suspend": "disable",
    "user.lifecycle.deactivate": "disable",
    "user.lifecycle.delete.completed": "delete",
}
MEMBERSHIP = {
    "group.user_membership.add": ("UserGroup", "add"),
    "group.user_membership.remove": ("UserGroup", "remove"),
    "application.user_membership.add": ("AppInstance", "add"),
    "application.user_membership.remove": ("AppInstance", "remove"),
}
DELETED = {"group.lifecycle.delete": "UserGroup", "application.lifecycle.delete": "AppInstance"}
PRIVILEGE = {"user.account.privilege.grant": "add", "user.account.privilege.revoke": "remove"}
TOKEN = {"system.api_token.create": "key_create", "system.api_token.revoke": "key_revoke"}
SIGN_IN = frozenset({"user.session.start", "user.authentication.sso"})
READ = frozenset({*LIFECYCLE, *MEMBERSHIP, *DELETED, *PRIVILEGE, *TOKEN, *SIGN_IN})
_ROLE_TARGETS = frozenset({"role", "adminrole", "adminroletarget", "custom_role"})
_CAUSE_TARGETS = frozenset({"accessrequest", "access_request", "grouprule", "rule"})
_SIGN_IN_RESULT = {"SUCCESS": "success", "ALLOW": "success", "FAILURE": "failure", "DENY": "failure"}
_NOTHING_CHANGED = frozenset({"FAILURE", "SKIPPED", "DENY"})


class LogReader:
    """Reads the events of one file in order. It remembers who made a token, since a revocation does not say."""

    def __init__(self, settings: OktaSettings) -> None:
        self._settings = settings
        self._token_owner: dict[str, str] = {}
        self._revoked: list[tuple[str, str, dict[str, Value]]] = []

    def rows(self, record: str, event: dict[str, Any]) -> Iterator[Row | SetAside | Unused]:
        """Yield the rows of one event."""
        kind = str(event.get("eventType", ""))
        if not kind:
            yield SetAside(record, "no log event: it has no eventType", repr(event)[:EXCERPT])
            return
        if kind not in READ:
            yield Unused(record)
            return
        result = str((event.get("outcome") or {}).get("result") or "")
        try:
            at = self._settings.instant(event.get("published"))
            uuid = str(event["uuid"])
            if kind in SIGN_IN:
                yield self._sign_in(record, event, at=at, uuid=uuid, result=result)
            elif result in _NOTHING_CHANGED:
                yield Unused(record)
            elif result != "SUCCESS":
                yield SetAside(record, f"the outcome {result!r} does not say whether {kind} took effect", uuid)
            else:
                yield from self._change(record, event, at=at, uuid=uuid, kind=kind)
        except (KeyError, ValueError) as error:
            reason = f"the event has no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)
            yield SetAside(record, f"{kind}: {reason}", repr(event.get("uuid"))[:EXCERPT])

    def rest(self) -> Iterator[Row]:
        """Yield the revocations of tokens, with the owner where the file holds the token's creation."""
        for record, token, values in self._revoked:
            owner = self._token_owner.get(token)
            yield Row("account_event", record, {**values, "account": owner} if owner else values)

    def _change(
        self, record: str, event: dict[str, Any], *, at: Instant, uuid: str, kind: str
    ) -> Iterator[Row | SetAside]:
        shared: dict[str, Value] = {"occurred_at": at, "actor": _actor(event), "txn": _txn(event)}
        if kind in TOKEN:
            yield from self._token(record, event, shared=shared, uuid=uuid, kind=kind)
            return
        if kind in DELETED:
            right = _right(event, DELETED[kind])
            yield Row("right_event", record, {**shared, "id": uuid, "right_id": right, "kind": "delete"})
            return
        user = account(_target(event, "User")["id"])
        if kind in LIFECYCLE:
            values = {**shared, "id": uuid, "account": user, "kind": LIFECYCLE[kind]}
            yield Row("account_event", record, values)
            return
        granted = {**shared, "account": user, "cause": self._cause(event)}
        if kind in PRIVILEGE:
            yield from self._privileges(record, event, granted=granted, uuid=uuid, action=PRIVILEGE[kind])
            return
        target_type, action = MEMBERSHIP[kind]
        right = _right(event, target_type)
        yield Row("grant_event", record, {**granted, "id": uuid, "right_id": right, "action": action})

    def _privileges(
        self, record: str, event: dict[str, Any], *, granted: dict[str, Value], uuid: str, action: str
    ) -> Iterator[Row | SetAside]:
        """One grant_event for each role named, and the role itself: no listing has it."""
        names = _roles(event)
        if not names:
            yield SetAside(record, "the event names no administrator role", uuid)
        for name in names:
            right = role_right(name)
            yield Row(
                "access_right",
                record,
                {"id": right, "system": self._settings.role_system(name), "class": "privileged", "is_default": False},
            )
            yield Row("grant_event", record, {**granted, "id": f"{uuid}:{name}", "right_id": right, "action": action})

    def _token(
        self, record: str, event: dict[str, Any], *, shared: dict[str, Value], uuid: str, kind: str
    ) -> Iterator[Row]:
        token = str(_target(event, "Token")["id"])
        owner = _actor(event)
        values: dict[str, Value] = {**shared, "id": uuid, "account": owner, "kind": TOKEN[kind]}
        if TOKEN[kind] == "key_create":
            self._token_owner[token] = owner
            yield Row("account_event", record, values)
        else:
            self._revoked.append((record, token, values))

    def _sign_in(self, record: str, event: dict[str, Any], *, at: Instant, uuid: str, result: str) -> Row | SetAside:
        if result not in _SIGN_IN_RESULT:
            return SetAside(record, f"the outcome {result!r} does not say whether the sign-in worked", uuid)
        system = self._settings.system
        if event["eventType"] == "user.authentication.sso":
            system = self._settings.app_system(str(_target(event, "AppInstance")["displayName"]))
        context: dict[str, Any] = event.get("authenticationContext") or {}
        values: dict[str, Value] = {
            "id": uuid,
            "account": _actor(event),
            "system": system,
            "occurred_at": at,
            "result": _SIGN_IN_RESULT[result],
            "method": "interactive",
            "factors": str(_debug(event).get("factor") or context.get("credentialType") or ""),
        }
        return Row("sign_in", record, values)

    def _cause(self, event: dict[str, Any]) -> str:
        debug = _debug(event)
        named = next((str(debug[key]) for key in self._settings.cause_keys if debug.get(key)), "")
        if named:
            return named
        for target in _targets(event):
            if str(target.get("type", "")).lower() in _CAUSE_TARGETS:
                return str(target.get("displayName") or target.get("id") or "")
        return ""


def _actor(event: dict[str, Any]) -> str:
    """Return the acting account; a sign-in with an unknown name has no id, so the name that was tried stands for it."""
    actor: dict[str, Any] = event.get("actor") or {}
    found = actor.get("id")
    if not found or found == "unknown":
        found = actor["alternateId"]
    return account(found)


def _targets(event: dict[str, Any]) -> list[dict[str, Any]]:
    listed = event.get("target")
    return [target for target in listed if isinstance(target, dict)] if isinstance(listed, list) else []


def _target(event: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the first target of a type; raises ValueError where there is none."""
    for target in _targets(event):
        if target.get("type") == kind:
            return target
    msg = f"no target of type {kind}"
    raise ValueError(msg)


def _right(event: dict[str, Any], kind: str) -> str:
    """Return the right of the first target of a type, UserGroup or AppInstance; raises as `_target` does."""
    name = str(_target(event, kind)["displayName"])
    return group_right(name) if kind == "UserGroup" else app_right(name)


def _roles(event: dict[str, Any]) -> list[str]:
    """Return the administrator roles that an event grants or revokes, each once."""
    debug = _debug(event)
    told = str(debug.get("privilegeGranted") or debug.get("privilegeRevoked") or "")
    if told:
        return sorted({part.strip() for part in told.split(",") if part.strip()})
    roles = (target for target in _targets(event) if str(target.get("type", "")).lower() in _ROLE_TARGETS)
    return sorted({str(target["displayName"]) for target in roles if target.get("displayName")})


def _debug(event: dict[str, Any]) -> dict[str, Any]:
    found = (event.get("debugContext") or {}).get("debugData")
    return found if isinstance(found, dict) else {}


def _txn(event: dict[str, Any]) -> str:
    return str((event.get("transaction") or {}).get("id") or "")
