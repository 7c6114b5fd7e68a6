"""Gathers the scope memo of a workspace: of the scope in force, or of one change that is proposed."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.scope import read_scope_files
from twofold.jobs.scope_change import TO_BE_APPROVED, ScopeChange, plan_change, write_change
from twofold.jobs.scope_history import ScopeApply, scope_history
from twofold.jobs.tables_read import tables_read
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.records.workspace import Workspace
from twofold.reports.pdf.scope_memo import MemoChange, MemoProposal, MemoVendor, ScopeMemo
from twofold.scope.engagement import Engagement
from twofold.scope.nearest import nearest
from twofold.scope.plan_text import plan_lines
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, moment_text

_TABLES = frozenset({"vendor", "soc_report", "subservice"})
_VENDORS = """
SELECT vendor.id, coalesce(vendor.name, vendor.id), vendor.system, vendor.relied_from, vendor.relied_to,
    vendor.no_report_reason,
    (SELECT string_agg(services.value, ', ' ORDER BY services.value) FROM vendor__services AS services
        WHERE services.id = vendor.id AND services.system = vendor.system
            AND services.relied_from = vendor.relied_from)
FROM vendor ORDER BY 2, 3, 4
"""
_REPORTS = """
SELECT report.vendor, report.kind, report.type, report.ends_before,
    (SELECT string_agg(concat(below.provider, ' (', replace(coalesce(below.method, 'not said'), '_', ' '), ')'), ', '
            ORDER BY below.provider) FROM subservice AS below WHERE below.report = report.id)
FROM soc_report AS report ORDER BY report.ends_before NULLS FIRST, report.id
"""
_KINDS = {"soc1": "SOC 1", "soc2": "SOC 2", "soc3": "SOC 3"}


def scope_memo(workspace: Workspace, *, engagement: str = "") -> ScopeMemo:
    """Return the memo of the scope in force. engagement: id of the one it is about; all when empty.

    Raises UserError where no scope was applied, and for an engagement that the scope does not name.
    """
    applied = require_applied_scope(workspace)
    engagements = _engagements(applied.scope, engagement)
    history = scope_history(workspace)
    return ScopeMemo(
        company=workspace.settings.company,
        scope=applied.scope,
        engagements=engagements,
        in_force=_memo_change(history[-1]),
        scope_sha256=history[-1].scope_sha256,
        size=applied.entry_index + 1,
        root=workspace.vault.root(applied.entry_index + 1),
        changes=_changes_in(history, engagements),
        people=people_named(workspace),
        vendors=_vendors(workspace),
    )


def proposed_memo(
    workspace: Workspace, change: ScopeChange, *, number: int, proposed_at: datetime, engagement: str = ""
) -> ScopeMemo:
    """Return the memo of the scope as a change would leave it; raises UserError as `plan_change` does."""
    memo = scope_memo(workspace)
    planned = plan_change(workspace, change, at=proposed_at)
    with tempfile.TemporaryDirectory(prefix="twofold-scope-") as scratch:
        folder = Path(scratch) / workspace.scope_folder.name
        write_change(workspace, change, folder, approver=TO_BE_APPROVED)
        scope = read_scope_files(workspace, folder)
    return replace(
        memo,
        scope=scope,
        engagements=_engagements(scope, engagement),
        people={**memo.people, TO_BE_APPROVED: "whoever approves the change"},
        proposal=MemoProposal(
            number=number,
            sentences=change.told(memo.people),
            reason=change.reason,
            proposed_by=change.proposed_by,
            proposed_at=proposed_at,
            plan=planned.plan,
        ),
    )


def _engagements(scope: Scope, wanted: str) -> Sequence[Engagement]:
    if not wanted:
        return scope.engagements
    found = scope.engagement(wanted)
    if found is None:
        names = [each.id for each in scope.engagements]
        expected = "one of " + (", ".join(names) or "(none)")
        raise UserError(Problem("--engagement", f"there is no engagement {wanted!r}", expected, nearest(wanted, names)))
    return [found]


def _changes_in(history: Sequence[ScopeApply], engagements: Sequence[Engagement]) -> list[MemoChange]:
    """Return the applies, the first left out, that fall into a period or change what holds in one.

    A scope is often written before and after its period, so that every apply after the first is shown while an
    engagement is open; those before the first period began are preparation.
    """
    starts = min((each.period.starts_at for each in engagements), default=None)
    return [_memo_change(each) for each in history[1:] if starts is None or each.at >= starts]


def _memo_change(apply: ScopeApply) -> MemoChange:
    lines = None if apply.plan is None else plan_lines(apply.plan)
    return MemoChange(apply.entry, apply.at, apply.actor, apply.second_person, apply.reason, lines)


def people_named(workspace: Workspace) -> Mapping[str, str]:
    """Return HR id -> name, of the roster that was read last."""
    file = workspace.tables_folder / "person.parquet"
    if not file.exists():
        return {}
    query = "SELECT id, name FROM read_parquet(?) WHERE name IS NOT NULL"
    with sql_session() as session:
        return dict(session.execute(query, [str(file)]).fetchall())


def _vendors(workspace: Workspace) -> list[MemoVendor]:
    """Return the vendors that the registers name now; the newest report on each is the one that ends last."""
    zone = workspace.settings.reporting_zone
    with tables_read(workspace, _TABLES) as session:
        rows = session.execute(_VENDORS).fetchall()
        reports = {vendor: _report(said, zone) for vendor, *said in session.execute(_REPORTS).fetchall()}
    return [
        MemoVendor(
            name=name,
            system=system,
            stretch=Stretch.of(_utc(relied_from), _utc(relied_to)),
            services=services or "",
            report=reports.get(vendor) or (f"None asked: {no_report}" if no_report else "No report was handed over."),
        )
        for vendor, name, system, relied_from, relied_to, no_report, services in rows
    ]


def _report(said: Sequence[Any], zone: str) -> str:
    """Say a report of `_REPORTS`: kind, number of its type, end, and the providers that it relies on."""
    kind, number, ends_before, below = said
    title = _KINDS.get(kind, kind) + (f" Type {number}" if number else "")
    ends = _utc(ends_before)
    until = f" to {moment_text(ends, zone=zone, inclusive=True)}" if ends else ""
    return f"{title}{until}{f'; it relies on {below}' if below else ''}."


def _utc(naive: datetime | None) -> datetime | None:
    return naive.replace(tzinfo=UTC) if naive else None
