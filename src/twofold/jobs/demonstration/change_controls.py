"""What surrounds a change: protection of branches (T-14), tests of requirements (T-15), ways back (T-16).

The faults alter changes that are clean otherwise, and say so in the key.
"""

from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.changes import MINUTE, Change
from twofold.jobs.demonstration.planted_changes import ticket_of
from twofold.jobs.demonstration.systems import BY_ID, REPOSITORIES
from twofold.jobs.demonstration.timeline import local, local_day
from twofold.jobs.demonstration.world import Row, TableExport, World

SOX = ("sox",)
WAY_BACK = "Deploy the artefact before again; the migration has a script that undoes it."
_NO_WAY_BACK = (("billing", date(2026, 3, 2)), ("portal", date(2026, 8, 3)))
_SAYS_NOTHING = (("ledger", date(2026, 6, 1)),)
_REWRITTEN = (("payments", date(2026, 2, 2)),)
_NOT_LINKED = (("billing", date(2025, 12, 1)), ("payments", date(2026, 7, 6)))
_AUDIT_LOG = "Organisation audit log, action:protected_branch since 2025-09-01, all pages"


def control_changes(world: World) -> None:
    """Give every ticket its way back, link the tests, and export the log of branch protection."""
    for repository in world.repositories.values():
        for change in repository.changes:
            if change.ticket is not None:
                change.ticket.custom["rollback_plan"] = WAY_BACK
    _plan_no_way_back(world)
    _link_tests(world)
    _protect_branches(world)


def _clean_after(world: World, system: str, day: date, *, functional: bool = False) -> Change:
    """Return the first change of a system from a day on that no other fault touches."""
    faulty = {line.item for line in world.key.lines if line.control_test == "T-10"}
    return next(
        change
        for change in world.repositories[system].changes
        if not change.alone
        and change.ticket is not None
        and (change.functional or not functional)
        and local_day(change.slot_at) >= day
        and change.item not in faulty
    )


def _plan_no_way_back(world: World) -> None:
    for system, day in _NO_WAY_BACK:
        change = _clean_after(world, system, day)
        ticket_of(change).custom["rollback_plan"] = None
        why = "The field for the way back was empty when the release started."
        world.key.exception(("T-16", change.item, "A"), "no_plan", why)
    for system, day in _SAYS_NOTHING:
        change = _clean_after(world, system, day)
        ticket_of(change).custom["rollback_plan"] = "N/A"
        world.key.exception(("T-16", change.item, "C"), "says_nothing", "The way back says no more than N/A.")
    for system, day in _REWRITTEN:
        change = _clean_after(world, system, day)
        at = change.release.started_at - MINUTE
        ticket_of(change).edit("rollback_plan", "Restore the table.", WAY_BACK, at, change.author)
        why = "The way back was rewritten a minute before the release, after every approval."
        world.key.exception(("T-16", change.item, "B"), "edited_after_approval", why)


def _link_tests(world: World) -> None:
    missing = {_clean_after(world, system, day, functional=True).item for system, day in _NOT_LINKED}
    rows: list[Row] = []
    for repository in world.repositories.values():
        for change in repository.changes:
            if change.item in missing:
                why = "No test is linked to the ticket of a functional change."
                world.key.exception(("T-15", change.item, "E"), "not_linked", why, lenses=SOX)
            elif change.ticket is not None and change.functional:
                rows.append({"requirement": change.ticket.key, "check_name": "unit"})
    query = "Test management, report 'Tests by requirement', no filter"
    world.tables.append(TableExport("requirement_test", rows, query, ("requirement", "check_name")))


def _protect_branches(world: World) -> None:
    """Record who switched protection off: an administrator for ten minutes, and whoever let a stale approval stand."""
    events: list[Row] = []
    admin = world.staff.in_role("IT Administrator")[0]
    at = local(date(2026, 5, 7), "18:10")
    _switch(events, "billing", "enforce_admins", admin.okta, (at, at + 10 * MINUTE))
    why = "Administrators were not bound by the protection of the branch for ten minutes."
    world.key.plant(_month("billing", at), {"A": "bad_interval", "B": "stale_approval_kept"}, why)
    for change in world.stale_kept:
        starts_at, ends_at = change.slot_at - timedelta(hours=1), change.release.completed_at
        _switch(events, change.system, "dismiss_stale_reviews", admin.okta, (starts_at, ends_at))
        why = "Stale approvals were kept for some hours, in which a change went out on one."
        world.key.plant(_month(change.system, starts_at), {"B": "stale_approval_kept"}, why)
    world.tables.append(TableExport("branch_rule_event", events, _AUDIT_LOG))
    columns = ("id", "repository", "branch", "occurred_at", "actor", "reason")
    world.tables.append(TableExport("bypass_event", [], _AUDIT_LOG, columns))
    columns = ("id", "repository", "kind", "new_name", "occurred_at", "actor")
    query = "Organisation audit log, action:repo since 2025-09-01, all pages"
    world.tables.append(TableExport("repository_event", [], query, columns))
    branches: list[Row] = [
        {"system": name, "repository": BY_ID[name].repository, "branch": "main", "valid_from": date(2025, 10, 1)}
        for name in REPOSITORIES
    ]
    world.tables.append(TableExport("release_branch", branches, "Release handbook, list of release branches"))


def _switch(events: list[Row], system: str, setting: str, actor: str, times: tuple[datetime, datetime]) -> None:
    for number, (at, value) in enumerate(zip(times, ("false", "true"), strict=True)):
        events.append(
            {
                "id": f"br-{len(events) + 1}",
                "repository": BY_ID[system].repository,
                "branch": "main",
                "setting": setting,
                "old_value": ("true", "false")[number],
                "new_value": value,
                "occurred_at": at,
                "actor": f"okta:{actor}",
            }
        )


def _month(system: str, at: datetime) -> KeyItem:
    name = f"{system}/{BY_ID[system].repository}@main/{local_day(at):%Y-%m}"
    return KeyItem("T-14", name, (system,), at)
