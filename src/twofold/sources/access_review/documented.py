"""The documented CSV set of any tool or spreadsheet: campaigns, snapshot, decisions, revocations.

Accounts, rights and systems are written as in the canonical tables: okta:00u1, okta:group:billing-admins, billing.
"""

from collections.abc import Callable, Iterator, Sequence

from twofold.model.instant import parse_instant
from twofold.sources.access_review.settings import EXCERPT, decision_of, optional_instant, zone_of
from twofold.tables.csv_records import read_csv
from twofold.tables.rows import NormaliseContext, Row, SetAside, SourceFile, Value

Line = dict[str, str]


def campaigns(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """One line for each review of one system: campaign."""
    zone = zone_of(file, context)

    def row(record: str, line: Line) -> Iterator[Row]:
        values: dict[str, Value] = {
            "id": line["campaign_id"],
            "system": line["system"],
            "snapshot": line.get("snapshot_id", ""),
            "started_at": parse_instant(line["started_at"], zone=zone),
            "completed_at": optional_instant(line.get("completed_at", ""), zone=zone),
        }
        yield Row("campaign", record, values)

    yield from _lines(file, ("campaign_id", "system", "started_at"), ("snapshot_id", "completed_at"), row)


def snapshot(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """One line for each account and right at one moment: snapshot, snapshot_row.

    A line with neither account nor right says that the system was looked at and nobody had access.
    """
    zone = zone_of(file, context)

    def row(record: str, line: Line) -> Iterator[Row]:
        if line["origin"] not in {"system", "roster", "spreadsheet"}:
            msg = f"origin {line['origin']!r} is none of system, roster, spreadsheet"
            raise ValueError(msg)
        if bool(line["account"]) != bool(line["right_id"]):
            msg = "a line names both account and right_id, or neither"
            raise ValueError(msg)
        values: dict[str, Value] = {
            "id": line["snapshot_id"],
            "system": line["system"],
            "taken_at": parse_instant(line["taken_at"], zone=zone),
            "origin": line["origin"],
            "query_hash": line.get("query_hash", ""),
            "expands_nested": line.get("expands_nested", ""),
        }
        yield Row("snapshot", record, values)
        if line["account"]:
            pair: dict[str, Value] = {
                "snapshot": line["snapshot_id"],
                "account": line["account"],
                "right_id": line["right_id"],
            }
            yield Row("snapshot_row", record, pair)

    required = ("snapshot_id", "system", "taken_at", "origin", "account", "right_id")
    yield from _lines(file, required, ("query_hash", "expands_nested"), row, may_be_empty=("account", "right_id"))


def decisions(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """One line for each account and right put before a reviewer: review_item."""
    zone = zone_of(file, context)

    def row(record: str, line: Line) -> Iterator[Row]:
        values: dict[str, Value] = {
            "campaign": line["campaign_id"],
            "account": line["account"],
            "right_id": line["right_id"],
            "reviewer": line["reviewer"],
            "decision": decision_of(line["decision"]),
            "decided_at": optional_instant(line["decided_at"], zone=zone),
        }
        yield Row("review_item", record, values)

    required = ("campaign_id", "account", "right_id", "reviewer", "decision", "decided_at")
    yield from _lines(file, required, (), row, may_be_empty=("reviewer", "decision", "decided_at"))


def revocations(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """One line for each removal that a decision asked for: revoke. An empty executed_at is a removal not done."""
    zone = zone_of(file, context)

    def row(record: str, line: Line) -> Iterator[Row]:
        values: dict[str, Value] = {
            "campaign": line["campaign_id"],
            "account": line["account"],
            "right_id": line["right_id"],
            "ticket": line.get("ticket", ""),
            "executed_at": optional_instant(line["executed_at"], zone=zone),
        }
        yield Row("revoke", record, values)

    required = ("campaign_id", "account", "right_id", "executed_at")
    yield from _lines(file, required, ("ticket",), row, may_be_empty=("executed_at",))


def _lines(
    file: SourceFile,
    required: Sequence[str],
    optional: Sequence[str],
    rows: Callable[[str, Line], Iterator[Row]],
    *,
    may_be_empty: Sequence[str] = (),
) -> Iterator[Row | SetAside]:
    """Yield the rows of each line; a line with an empty required cell or an unreadable value is set aside whole."""
    for found in read_csv(file.path, required=required, optional=optional):
        if isinstance(found, SetAside):
            yield found
            continue
        record, line = found
        empty = [name for name in required if not line[name] and name not in may_be_empty]
        if empty:
            yield SetAside(record, f"{', '.join(empty)} is empty", ",".join(line.values())[:EXCERPT])
            continue
        try:
            ready = list(rows(record, line))
        except ValueError as error:
            yield SetAside(record, str(error), ",".join(line.values())[:EXCERPT])
            continue
        yield from ready
