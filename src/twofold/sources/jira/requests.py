"""Access requests kept as Jira issues: who asks for which rights for whom, and who decided when."""

from collections.abc import Iterator
from typing import Any

from twofold.model.instant import Instant, parse_instant
from twofold.sources.jira.history import EXCERPT, Change, changes_in, decisions_in, instant_of
from twofold.sources.jira.settings import JiraSettings
from twofold.sources.jira.systems import systems_of
from twofold.sources.jira.values import account_of, text_of, texts_of
from twofold.tables.rows import NormaliseContext, Row, SetAside, Value


def access_request(
    record: str, issue: dict[str, Any], *, settings: JiraSettings, context: NormaliseContext
) -> Iterator[Row | SetAside]:
    """Yield the access_request row of an issue and its access decisions.

    An issue without a beneficiary, with several, or without a system is set aside: it cannot be matched to a grant.
    """
    fields = issue.get("fields") or {}
    key = str(issue["key"])
    beneficiaries = texts_of(field_value(issue, "beneficiary", settings))
    system = _system(issue, settings=settings, context=context)
    try:
        created = instant_of(fields["created"], zone=settings.zone)
    except (KeyError, ValueError) as error:
        yield SetAside(record, f"no creation time ({error})", key)
        return
    if len(beneficiaries) != 1 or not system:
        found = f"{len(beneficiaries)} beneficiaries and {'a' if system else 'no'} system"
        yield SetAside(record, f"an access request needs one beneficiary and a system; found {found}", key)
        return
    values: dict[str, Value] = {
        "id": key,
        "beneficiary": beneficiaries[0],
        "system": system,
        "rights": texts_of(field_value(issue, "rights", settings)),
        "created_at": created,
        "requester": account_of(fields.get("reporter")),
        "same_as": text_of(field_value(issue, "same_as", settings)),
    }
    yield Row("access_request", record, values)
    typed = _typed_on(record, issue, settings)
    if isinstance(typed, SetAside):
        yield typed
        typed = None
    histories = (issue.get("changelog") or {}).get("histories")
    changes: list[Change] = []
    for change in changes_in(histories, record=f"{record}/changelog/histories", settings=settings):
        if isinstance(change, Change):
            changes.append(change)
        else:
            yield change
    status = [change for change in changes if change.field == "status"]
    yield from decisions_in(status, subject=key, duty="access", settings=settings, typed_on=typed)


def _typed_on(record: str, issue: dict[str, Any], settings: JiraSettings) -> Instant | SetAside | None:
    text = text_of(field_value(issue, "typed_date", settings))
    if not text:
        return None
    try:
        return parse_instant(text, zone=settings.zone)
    except ValueError as error:
        return SetAside(record, f"the typed approval date cannot be read ({error})", text[:EXCERPT])


def _system(issue: dict[str, Any], *, settings: JiraSettings, context: NormaliseContext) -> str:
    named = text_of(field_value(issue, "system", settings))
    if not named:
        return next(iter(systems_of(issue, context)), "")
    return named if named in context.systems.values() else context.system_of("jira", f"component:{named}")


def field_value(issue: dict[str, Any], role: str, settings: JiraSettings) -> Any:
    """Return the value of the field that plays a role, by the id or by the display name of its parameter."""
    wanted = settings.fields.get(role)
    fields: dict[str, Any] = issue.get("fields") or {}
    if not wanted:
        return None
    names: dict[str, Any] = issue.get("names") or {}
    spelled = {str(name).strip().lower(): field_id for field_id, name in names.items()}
    lowered = {name.lower(): name for name in fields}
    return fields.get(lowered.get(spelled.get(wanted, wanted).lower(), ""))
