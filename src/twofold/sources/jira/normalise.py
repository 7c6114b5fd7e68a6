"""Jira exports to canonical rows: tickets, their events, decisions on them, access requests, accounts.

It refuses to take a shortened history for a whole one: an issue whose changelog is missing or cut off is set aside,
so that "no approval found" can never rest on it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from twofold.model.instant import Instant
from twofold.sources.jira.history import EXCERPT, NO, Change, changes_in, decisions_in, instant_of, migrated_at
from twofold.sources.jira.requests import access_request, field_value
from twofold.sources.jira.settings import JiraSettings, settings_of
from twofold.sources.jira.systems import systems_of
from twofold.sources.jira.values import account_of, text_of
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile, Unused, Value

_KEY_IN_ADDRESS = re.compile(r"/issue/([A-Z][A-Z0-9_]+-[1-9][0-9]*)/")


def issues(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Change tickets with their embedded changelog: ticket, ticket_event, approval (authorise and uat)."""
    settings = settings_of(file, context, approved_parameter="authorised_states")
    for found in read_records(file.path, list_keys=("issues",)):
        if isinstance(found, SetAside):
            yield found
            continue
        record, issue = found
        if problem := _not_an_issue(record, issue):
            yield problem
            continue
        yield from _ticket(record, issue, settings=settings, context=context)
        yield from _shortened(record, issue, settings)


def requests(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Access requests kept as issues: access_request, approval (access)."""
    settings = settings_of(file, context, approved_parameter="approved_states")
    for found in read_records(file.path, list_keys=("issues",)):
        if isinstance(found, SetAside):
            yield found
            continue
        record, issue = found
        if problem := _not_an_issue(record, issue):
            yield problem
            continue
        yield from access_request(record, issue, settings=settings, context=context)
        yield from _shortened(record, issue, settings)


def changelogs(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
    """Pages of GET /issue/KEY/changelog, or of the bulk answer: ticket_event, approval (authorise and uat).

    The ticket's key comes from the page (`key`), its address, or the parameter `ticket`. A page that tells nothing new
    (empty, or read before) is unused.
    """
    settings = settings_of(file, context, approved_parameter="authorised_states")
    told = file.evidence.provenance.parameters.get("ticket", "")
    changes: defaultdict[str, dict[str, Change]] = defaultdict(dict)
    entries: defaultdict[str, set[str]] = defaultdict(set)
    totals: dict[str, int] = {}
    for found in read_records(file.path, list_keys=("issueChangeLogs",)):
        if isinstance(found, SetAside):
            yield found
            continue
        record, page = found
        key = str(page.get("key") or page.get("issueKey") or told)
        if not key and (match := _KEY_IN_ADDRESS.search(str(page.get("self", "")))):
            key = match[1]
        listed = _histories_of(page)
        if not key or listed is None:
            reason = "no list of histories" if key else "no ticket key: name it in the page or as parameter ticket"
            yield SetAside(record, reason, repr(page)[:EXCERPT])
            continue
        place, histories = listed
        entries[key] |= {str(history.get("id")) for history in histories if isinstance(history, dict)}
        totals[key] = max(totals.get(key, 0), _count(page.get("total")))
        tells_new = False
        for change in changes_in(histories, record=f"{record}{place}", settings=settings):
            if isinstance(change, Change):
                tells_new |= changes[key].setdefault(change.id, change) is change
            else:
                tells_new = True
                yield change
        if not tells_new:
            yield Unused(record)
    for key in sorted(entries):
        listed_changes = list(changes[key].values())
        yield from (change.row(key) for change in listed_changes)
        yield from decisions_in(listed_changes, subject=key, duty="authorise", settings=settings)
        if len(entries[key]) < totals[key]:
            yield SetAside("#", f"changelog truncated: {len(entries[key])} of {totals[key]}", key)


def users(file: SourceFile, _: NormaliseContext) -> Iterator[Row | SetAside]:
    """GET /users/search (Cloud) or /user/search (Data Center): account."""
    system = file.evidence.provenance.parameters.get("system") or "jira"
    for found in read_records(file.path, list_keys=("values",)):
        if isinstance(found, SetAside):
            yield found
            continue
        record, user = found
        account = account_of(user)
        if not account or not isinstance(user.get("active"), bool):
            yield SetAside(record, "no account id, or no statement whether it is active", repr(user)[:EXCERPT])
            continue
        kinds = {"app": "bot", "atlassian": "human", "customer": "human"}
        values: dict[str, Value] = {
            "id": account,
            "system": system,
            "kind": kinds.get(str(user.get("accountType")), ""),
            "status": "active" if user["active"] else "disabled",
            "username": str(user.get("name") or user.get("displayName") or ""),
            "email": str(user.get("emailAddress") or ""),
        }
        yield Row("account", record, values)


KINDS: dict[str, Normaliser] = {
    "issues": issues,
    "changelogs": changelogs,
    "access_requests": requests,
    "users": users,
}
FEEDS: dict[str, tuple[str, ...]] = {
    "issues": ("ticket", "ticket_event", "approval"),
    "changelogs": ("ticket_event", "approval"),
    "access_requests": ("access_request", "approval"),
    "users": ("account",),
}


def _ticket(
    record: str, issue: dict[str, Any], *, settings: JiraSettings, context: NormaliseContext
) -> Iterator[Row | SetAside]:
    fields: dict[str, Any] = issue["fields"]
    key = str(issue["key"])
    try:
        created = instant_of(fields["created"], zone=settings.zone)
    except (KeyError, ValueError) as error:
        yield SetAside(record, f"no creation time ({error})", key)
        return
    changes: list[Change] = []
    for change in changes_in(
        (issue.get("changelog") or {}).get("histories"),
        record=f"{record}/changelog/histories",
        settings=settings,
    ):
        if isinstance(change, Change):
            changes.append(change)
        else:
            yield change
    values: dict[str, Value] = {
        "key": key,
        "type": text_of(fields.get("issuetype")),
        "systems": systems_of(issue, context),
        "risk": text_of(field_value(issue, "risk", settings)),
        "created_at": created,
        "reporter": account_of(fields.get("reporter")),
        "status": text_of(fields.get("status")),
        "rollback_plan": text_of(field_value(issue, "rollback_plan", settings)),
        "migrated_at": migrated_at(changes, created_at=created, settings=settings),
    }
    yield Row("ticket", record, values)
    if flag := _flag_at_creation(record, issue, changes=changes, created=created, settings=settings):
        yield flag.row(key)
    yield from (change.row(key) for change in changes)
    yield from decisions_in(changes, subject=key, duty="authorise", settings=settings)


def _flag_at_creation(
    record: str, issue: dict[str, Any], *, changes: list[Change], created: Instant, settings: JiraSettings
) -> Change | None:
    """Return the event that Jira does not record: the emergency flag chosen when the ticket was created.

    It is known only from a whole history: the value before the first change, or today's value if none changed it.
    """
    if any(_shortened(record, issue, settings)) or settings.history_apart:
        return None
    flags = sorted((one for one in changes if one.field == "emergency"), key=lambda one: one.at.earliest)
    value = flags[0].old if flags else text_of(field_value(issue, "emergency", settings))
    if not value or value.strip().lower() in NO:
        return None
    fields: dict[str, Any] = issue["fields"]
    txn = f"{issue.get('id') or issue['key']}:created"
    actor = account_of(fields.get("creator") or fields.get("reporter"))
    return Change(f"{txn}:emergency", txn, "emergency", "", value, created, actor, record)


def _not_an_issue(record: str, issue: dict[str, Any]) -> SetAside | None:
    fields = issue.get("fields")
    if not issue.get("key") or not isinstance(fields, dict):
        return SetAside(record, "no issue: it needs key and fields", repr(issue)[:EXCERPT])
    if not text_of(fields.get("issuetype")):
        return SetAside(record, "the issue has no issuetype; export it with all fields", str(issue["key"]))
    return None


def _shortened(record: str, issue: dict[str, Any], settings: JiraSettings) -> Iterator[SetAside]:
    """Yield a SetAside where the embedded changelog is missing or cut off, unless it was captured apart."""
    if settings.history_apart:
        return
    key = str(issue["key"])
    changelog = issue.get("changelog")
    if not isinstance(changelog, dict) or not isinstance(changelog.get("histories"), list):
        yield SetAside(record, "no changelog: export with expand=changelog", key)
        return
    held, total = len(changelog["histories"]), _count(changelog.get("total"))
    if held < total:
        yield SetAside(record, f"changelog truncated: {held} of {total}", key)


def _histories_of(page: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """Return where the histories stand in a page, and the list; a record that is one history is its own page."""
    if "items" in page and "created" in page:
        return "", [page]
    for name in ("values", "histories", "changeHistories"):
        if isinstance(page.get(name), list):
            return f"/{name}", page[name]
    return None


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
