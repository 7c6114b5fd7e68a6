"""Webhook deliveries: many messages about one object become the one row that its last state gives.

A record is `{"event": name, "payload": object}`: the X-GitHub-Event header and the body. Deliveries may be repeated and
out of order. It refuses to decide by the order of arrival: the object's own times decide. An event that no table needs,
and a delivery whose object a later one tells better, count as unused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from twofold.model.instant import Instant, instant_from_epoch
from twofold.sources.github.checks import check_run_rows
from twofold.sources.github.deployments import deployment_rows
from twofold.sources.github.fields import (
    BotRows,
    Object,
    Reading,
    ReadRecord,
    UnreadableError,
    account,
    inner,
    required,
    rows_or_set_aside,
    text,
)
from twofold.sources.github.pull_requests import pull_request_rows, review_rows
from twofold.sources.github.pushes import is_release_branch, pushed_object
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Unused, Value

_EXCERPT = 120


@dataclass(slots=True)
class _Latest:
    """The newest state of one object, and where it was told."""

    order: str
    place: str
    record: Object
    statuses: dict[str, Object] = field(default_factory=dict)


@dataclass(slots=True)
class _Inbox:
    """What the deliveries told, by event and by object."""

    objects: dict[tuple[str, str], _Latest] = field(default_factory=dict)

    def keep(self, event: str, key: str, order: str, place: str, record: Object) -> _Latest:
        """Keep the record if its order is not before what is known of the object."""
        known = self.objects.get((event, key))
        if known is None:
            known = self.objects[(event, key)] = _Latest(order, place, record)
        elif order >= known.order:
            known.order, known.place, known.record = order, place, record
        return known

    def of(self, event: str) -> Iterator[tuple[str, Object]]:
        """Yield place and record of each object, in the order of first mention."""
        return ((known.place, known.record) for (kind, _), known in self.objects.items() if kind == event)


def webhooks(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
    """Read deliveries: pull_request, review, check_run, deployment and prod_event rows."""
    reading, inbox = Reading(file, context), _Inbox()
    unused: dict[str, None] = {}
    for found in read_records(file.path):
        if isinstance(found, SetAside):
            yield found
            continue
        place, delivery = found
        try:
            _deliver(delivery, place, inbox)
            unused[place] = None
        except UnreadableError as error:
            yield SetAside(place, str(error), repr(delivery)[:_EXCERPT])
    for found_row in _object_rows(inbox, reading):
        unused.pop(found_row.record, None)
        yield found_row
    yield from (Unused(place) for place in unused)


def _object_rows(inbox: _Inbox, reading: Reading) -> Iterator[Row | SetAside | Unused]:
    """Yield what each object's last state gives."""
    bots = BotRows()
    for known in inbox.objects.values():
        if known.statuses:
            known.record = {**known.record, "statuses": list(known.statuses.values())}
    merged = {
        text(record, "merge_commit_sha")
        for _, record in inbox.of("pull_request")
        if record.get("merged_at") is not None
    }
    readers: dict[str, ReadRecord] = {
        "pull_request": pull_request_rows,
        "review": review_rows,
        "check_run": check_run_rows,
        "status": check_run_rows,
        "deployment": deployment_rows,
        "push": lambda record, place, reading: _push_rows(record, place, reading, merged),
    }
    for event, read in readers.items():
        for place, record in inbox.of(event):
            yield from rows_or_set_aside(read, record, place, reading, bots)


def _deliver(delivery: Object, place: str, inbox: _Inbox) -> None:
    """Put what one delivery tells into the inbox."""
    event, payload = required(delivery, "event"), inner(delivery, "payload")
    repository = text(inner(payload, "repository"), "full_name")
    match event:
        case "pull_request":
            record = inner(payload, "pull_request")
            key = f"{repository}#{required(record, 'number')}"
            inbox.keep("pull_request", key, text(record, "updated_at"), place, record)
        case "pull_request_review":
            record = inner(payload, "review")
            seen_at = text(inner(payload, "pull_request"), "updated_at")
            if text(payload, "action") == "dismissed":
                # GitHub gives no time of dismissal; the pull request was updated by it.
                record = {**record, "dismissed_at": seen_at}
            inbox.keep("review", required(record, "id"), seen_at, place, record)
        case "check_run":
            record = inner(payload, "check_run")
            order = text(record, "completed_at") or text(record, "started_at")
            finished = "2" if record.get("conclusion") else "1"
            inbox.keep("check_run", required(record, "id"), finished + order, place, record)
        case "status":
            record = {**payload, "url": f"https://api.github.com/repos/{repository}/statuses/{text(payload, 'sha')}"}
            inbox.keep("status", required(record, "id"), text(record, "updated_at"), place, record)
        case "deployment" | "deployment_status":
            _deliver_deployment(payload, place, inbox)
        case "push":
            key = f"{repository} {required(payload, 'ref')} {required(payload, 'before')} {required(payload, 'after')}"
            inbox.keep("push", key, "", place, payload)
        case _:
            return


def _deliver_deployment(payload: Object, place: str, inbox: _Inbox) -> None:
    record = inner(payload, "deployment")
    known = inbox.keep("deployment", required(record, "id"), text(record, "updated_at"), place, record)
    if status := inner(payload, "deployment_status"):
        known.statuses[required(status, "id")] = status


def _push_rows(record: Object, place: str, reading: Reading, merged: set[str]) -> Iterator[Row]:
    """Yield prod_event for a push to a release branch that no merged pull request of the same file explains."""
    repository = inner(record, "repository")
    ref, after = required(record, "ref"), required(record, "after")
    branch = ref.removeprefix("refs/heads/")
    if branch == ref or record.get("deleted") is True or after in merged:
        return
    if not is_release_branch(branch, reading, text(repository, "default_branch")):
        return
    name = required(repository, "full_name")
    values: dict[str, Value] = {
        "id": f"github:push:{name}:{branch}:{after}",
        "system": reading.system(name),
        "kind": "push",
        "occurred_at": _pushed_at(repository),
        "actor": account(record, "sender"),
        "object": pushed_object(name, branch, after, forced=record.get("forced") is True),
    }
    yield Row("prod_event", place, values)


def _pushed_at(repository: Object) -> Instant:
    """Return when the server received the push: in this event alone a number of seconds since 1970."""
    seconds = repository.get("pushed_at")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        msg = f"repository.pushed_at holds {seconds!r}, seconds since 1970 are expected"
        raise UnreadableError(msg)
    try:
        return instant_from_epoch(seconds * 1000)
    except ValueError as error:
        msg = f"repository.pushed_at: {error}"
        raise UnreadableError(msg) from error
