"""The four reports of Okta's auditor reporting package: scope, access at launch, access at completion, actions.

A campaign of Okta may cover several systems of the register; a review is of one system, so it becomes one campaign for
each: `<campaign id>:<system>`. The reports carry no time of their own: the launch and the completion come from their
columns or from the parameters `started_at` and `completed_at`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from twofold.model.instant import Instant, parse_instant
from twofold.model.problem import Problem, UserError
from twofold.sources.access_review.okta_columns import SPELLINGS, columns_in, require
from twofold.sources.access_review.settings import EXCERPT, decision_of, optional_instant, zone_of
from twofold.tables.csv_records import read_csv
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile, Unused, Value

_PAIR = ("campaign_id", "user_id", "resource_type", "resource_name")
_TYPES = {"group": "group", "application": "app", "app": "app"}
_REMEDIATED = frozenset({"success", "succeeded", "complete", "completed", "remediated", "closed", "done"})


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a report, its columns under our names."""

    record: str
    cell: dict[str, str]
    campaign: str
    account: str
    right_id: str
    system: str


def scope(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside | Unused]:
    """Campaign scope: campaign, one for each system in it, built from the snapshot at launch.

    Its further lines are unused: the pairs put before a reviewer come from the actions, with what became of them.
    """
    reader = _Reader(file, context)
    lines, aside = reader.lines(_PAIR)
    yield from aside
    first: dict[str, _Line] = {}
    for line in lines:
        if first.setdefault(line.campaign, line) is not line:
            yield Unused(line.record)
    for campaign, line in sorted(first.items()):
        values: dict[str, Value] = {
            "id": campaign,
            "system": line.system,
            "snapshot": f"{campaign}:launch",
            "started_at": reader.moment("started_at", line.cell, wanted=True),
            "completed_at": reader.moment("completed_at", line.cell, wanted=False),
        }
        yield Row("campaign", line.record, values)


def access(at: str, file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Resource access at launch or at completion: snapshot, snapshot_row. `at` is launch or complete."""
    reader = _Reader(file, context)
    lines, aside = reader.lines(_PAIR)
    yield from aside
    moment = "started_at" if at == "launch" else "completed_at"
    seen: set[str] = set()
    for line in lines:
        snapshot = f"{line.campaign}:{at}"
        if snapshot not in seen:
            seen.add(snapshot)
            taken = reader.moment("taken_at", line.cell, wanted=False) or reader.moment(moment, line.cell, wanted=True)
            yield Row("snapshot", line.record, _snapshot(snapshot, line.system, taken))
        pair: dict[str, Value] = {"snapshot": snapshot, "account": line.account, "right_id": line.right_id}
        yield Row("snapshot_row", line.record, pair)
    yield from reader.empty_systems(at, moment, seen)


def actions(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Campaign actions: review_item, and revoke for each decision that asked for a removal or change."""
    reader = _Reader(file, context)
    lines, aside = reader.lines((*_PAIR, "decision", "decided_at"))
    yield from aside
    by_email = {line.cell["user_email"].lower(): line.account for line in lines if line.cell["user_email"]}
    for line in lines:
        try:
            decision = decision_of(line.cell["decision"])
            decided_at = optional_instant(line.cell["decided_at"], zone=reader.zone)
            remediated_at = optional_instant(line.cell["remediated_at"], zone=reader.zone)
        except ValueError as error:
            yield SetAside(line.record, str(error), ",".join(line.cell.values())[:EXCERPT])
            continue
        pair: dict[str, Value] = {"campaign": line.campaign, "account": line.account, "right_id": line.right_id}
        reviewer = _reviewer(line.cell, by_email)
        yield Row(
            "review_item", line.record, {**pair, "reviewer": reviewer, "decision": decision, "decided_at": decided_at}
        )
        if decision in {"revoke", "modify"}:
            done = line.cell["remediation"].strip().lower() in _REMEDIATED
            yield Row(
                "revoke",
                line.record,
                {**pair, "ticket": line.cell["ticket"], "executed_at": remediated_at if done else None},
            )


class _Reader:
    """Reads one report: its columns, its lines, and the moments that columns or parameters give."""

    def __init__(self, file: SourceFile, context: NormaliseContext) -> None:
        self._file = file
        self._context = context
        self._parameters = file.evidence.provenance.parameters
        self.zone = zone_of(file, context)

    def lines(self, needed: Sequence[str]) -> tuple[list[_Line], list[SetAside]]:
        """Return the report's lines and those that cannot be read; raises UserError for missing columns."""
        lines: list[_Line] = []
        aside: list[SetAside] = []
        columns: dict[str, str] | None = None
        for found in read_csv(self._file.path, required=()):
            if isinstance(found, SetAside):
                aside.append(found)
                continue
            record, cells = found
            if columns is None:
                columns = columns_in(cells)
                require(columns, needed, where=f"{self._file.evidence.name}:1")
            cell = {name: cells.get(columns.get(name, ""), "") for name in SPELLINGS}
            try:
                lines.append(self._line(record, cell))
            except ValueError as error:
                aside.append(SetAside(record, str(error), ",".join(cells.values())[:EXCERPT]))
        return lines, aside

    def moment(self, name: str, cell: dict[str, str], *, wanted: bool) -> Instant | None:
        """Return a moment of the campaign from its column, else the parameter; raises UserError where it is wanted."""
        text = cell.get(name) or self._parameters.get(name, "")
        where = f"{self._file.evidence.name}, {name}"
        if not text:
            if wanted:
                remedy = f'add {name} = "..." to the parameters in exports.toml (Okta shows it on the campaign\'s page)'
                raise UserError(Problem(where, "neither a column nor a parameter says when", "a time", remedy))
            return None
        try:
            return parse_instant(text, zone=self.zone)
        except ValueError as error:
            raise UserError(Problem(where, str(error), "an ISO 8601 time", "give it as a parameter")) from error

    def empty_systems(self, at: str, moment: str, seen: set[str]) -> Iterator[Row]:
        """Yield a snapshot without rows for each resource of the parameter `resources` that nobody had access to."""
        campaign = self._parameters.get("campaign_id", "")
        named = [part.strip() for part in self._parameters.get("resources", "").split(";") if part.strip()]
        for system in sorted({self._context.system_of("okta", name) for name in named}):
            snapshot = f"{campaign}:{system}:{at}"
            if campaign and snapshot not in seen:
                yield Row("snapshot", "#", _snapshot(snapshot, system, self.moment(moment, {}, wanted=True)))

    def _line(self, record: str, cell: dict[str, str]) -> _Line:
        kind = _TYPES.get(cell["resource_type"].lower())
        if kind is None:
            msg = f"the resource type {cell['resource_type']!r} is neither Group nor Application"
            raise ValueError(msg)
        empty = [name for name in _PAIR if not cell[name]]
        if empty:
            msg = f"{', '.join(empty)} is empty"
            raise ValueError(msg)
        right = f"okta:{kind}:{cell['resource_name']}"
        system = self._context.system_of("okta", f"{kind}:{cell['resource_name']}")
        return _Line(
            record=record,
            cell=cell,
            campaign=f"{cell['campaign_id']}:{system}",
            account=f"okta:{cell['user_id']}",
            right_id=f"{right}:{cell['entitlement']}" if cell["entitlement"] else right,
            system=system,
        )


def _snapshot(snapshot: str, system: str, taken_at: Instant | None) -> dict[str, Value]:
    return {"id": snapshot, "system": system, "taken_at": taken_at, "origin": "system", "expands_nested": True}


def _reviewer(cell: dict[str, str], by_email: dict[str, str]) -> str:
    """Return the account that decided, else the one that was asked.

    The report may name the reviewer by e-mail only. It is looked up among the users of the same report; a reviewer who
    is not among them stays under the e-mail, for a register link to say who it is.
    """
    email = cell["reviewer_email"].strip().lower()
    if cell["reviewer_id"]:
        return f"okta:{cell['reviewer_id']}"
    if email:
        return by_email.get(email, f"okta:{email}")
    return f"okta:{cell['original_reviewer_id']}" if cell["original_reviewer_id"] else ""


KINDS: dict[str, Normaliser] = {
    "okta_scope": scope,
    "okta_access_at_launch": partial(access, "launch"),
    "okta_access_at_completion": partial(access, "complete"),
    "okta_actions": actions,
}
