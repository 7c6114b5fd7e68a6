"""CSV exports of the demonstration company: HR roster, access reviews, and the documented CSV for everything else."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from twofold.jobs.demonstration.access import AccessBook, Holding
from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.incidents import IncidentBook
from twofold.jobs.demonstration.leavers import Departures
from twofold.jobs.demonstration.people import Engagement, Person
from twofold.jobs.demonstration.restores import RestoreBook
from twofold.jobs.demonstration.reviews import IN_OKTA, Campaign, campaign_id, impact_rows
from twofold.jobs.demonstration.rights import ERP_ROLES
from twofold.jobs.demonstration.timeline import INTRODUCED_ON, ZONE_NAME, iso, iso_offset, local
from twofold.jobs.demonstration.world import Row, World


def export_hr(folder: ExportFolder, world: World) -> None:
    """Add the roster, one line per engagement, and the job history."""
    roster, history = [], []
    for person in world.staff.people:
        for number, engagement in enumerate(person.engagements):
            roster.append(
                {
                    "person_id": person.id,
                    "name": person.name,
                    "email": person.email,
                    "engagement_id": engagement.id,
                    "type": engagement.type,
                    "start_date": engagement.started_on.isoformat(),
                    "last_day": engagement.last_day.isoformat() if engagement.last_day else "",
                    "effective_end": _local(engagement.ended_at),
                    "end_entered_at": _local(engagement.entered_at),
                    "involuntary": engagement.involuntary if engagement.ended_at else "",
                    "follows": engagement.follows,
                }
            )
            continues = number > 0 and person.engagements[number - 1].ended_at is None
            if not continues:
                history += _jobs(person, engagement)
    parameters = {"zone": ZONE_NAME, "job_history": "separate"}
    folder.add_csv("hr/roster.csv", "roster", "Report 'All engagements', no filter", roster, parameters=parameters)
    parameters = {"zone": ZONE_NAME}
    query = "Report 'Job history', no filter"
    folder.add_csv("hr/job_history.csv", "job_history", query, history, parameters=parameters)


def _jobs(person: Person, engagement: Engagement) -> list[Row]:
    """Return the jobs of an engagement, two where the person moved."""
    job = {"person_id": person.id, "role": person.role, "unit": person.unit, "manager_id": person.manager}
    dates = {
        "from": engagement.started_on.isoformat(),
        "to": engagement.last_day.isoformat() if engagement.last_day else "",
    }
    if person.moved_on is None:
        return [job | dates]
    moved_on = person.moved_on.isoformat()
    return [{**job, "role": person.former_role, **dates, "to": moved_on}, {**job, **dates, "from": moved_on}]


def export_reviews(folder: ExportFolder, book: AccessBook, campaigns: list[Campaign], lookers: list[Person]) -> None:
    """Add the Okta auditor reports, a set per quarter, and the documented CSV set of the other reviews."""
    in_okta = [campaign for campaign in campaigns if campaign.system in IN_OKTA]
    for due in sorted({campaign.due for campaign in in_okta}):
        quarter = [campaign for campaign in in_okta if campaign.due == due]
        name = f"access_review/okta_{due.isoformat()}"
        _okta_reports(folder, book, quarter, name)
    others = [campaign for campaign in campaigns if campaign.system not in IN_OKTA]
    _documented(folder, book, others)
    _table(folder, "impact_review", impact_rows(campaigns, lookers), "Access tool, report 'Impact reviews'")


def export_operations(
    folder: ExportFolder, world: World, incidents: IncidentBook, restores: RestoreBook, departures: Departures
) -> None:
    """Add incidents, restores, tokens, on-call entries, look backs, artefacts and direct changes."""
    rows = [incident.row for incident in incidents.incidents]
    _table(folder, "incident", rows, "Incident tracker, export 'All incidents'")
    events, actions, pages = [], [], []
    for incident in incidents.incidents:
        for number, event in enumerate(incident.history):
            events.append({"id": f"{incident.id}-e{number}", "incident": incident.id, **event})
        if incident.action:
            actions.append({"id": f"{incident.id}-a1", "incident": incident.id, **incident.action})
        opened_at = incident.row["detected_at"]
        page = {"id": f"PD-{incident.id[4:]}", "origin": "pager", "incident": incident.id, "opened_at": opened_at}
        pages.append(page)
    _table(folder, "incident_event", events, "Incident tracker, export 'Field history'")
    _table(folder, "incident_action", actions, "Incident tracker, export 'Follow-ups'")
    _table(folder, "pager_incident", pages, "Pager, GET /incidents?since=2025-09-01&until=2026-11-20&limit=100")
    _table(folder, "backup", restores.backups, "Backup service, job list")
    _table(folder, "restore_test", restores.tests, "Restore test register, all rows")
    _table(folder, "credential", departures.tokens, "Identity provider, list of API tokens with revocations")
    _table(folder, "oncall", world.oncall, "On-call tool, export 'Final schedule'")
    looks = [{"ticket": ticket.key, **row} for ticket, row in world.post_reviews]
    _table(folder, "post_review", looks, "Change board, minutes as table")
    _table(folder, "artefact", world.artefacts, "Registry, GET /v2/builds")
    _table(folder, "prod_event", world.prod_events, "Control plane, database and ERP audit logs, human writes")


def export_world_tables(folder: ExportFolder, world: World) -> None:
    """Add what the subjects left in the world, each table under its own name."""
    for each in world.tables:
        totals = {column: str(sum(row[column] for row in each.rows)) for column in each.totalled}
        more = {"columns": each.columns, "since": each.since, "totals": totals}
        _table(folder, each.table, each.rows, each.query, name=each.name, **more)


def export_erp(folder: ExportFolder, world: World, book: AccessBook, departures: Departures) -> None:
    """Add the ERP's own accounts, rights, grants and sign-ins."""
    closed = {e.account for e in book.account_events if e.account.startswith("erp:") and e.kind == "disable"}
    closed |= departures.purged
    accounts = [
        {
            "id": f"erp:{person.erp}",
            "system": "erp",
            "kind": "human",
            "status": "disabled" if f"erp:{person.erp}" in closed else "active",
            "username": person.erp,
            "created_at": local(max(person.first_day, INTRODUCED_ON), "12:00"),
        }
        for person in world.staff.people
        if person.erp
    ]
    _table(folder, "account", accounts, "ERP, report 'Users'", name="erp_account", systems=("erp",))
    rights = [{"id": x.id, "system": x.system, "class": x.kind, "is_default": False} for x in ERP_ROLES]
    _table(folder, "access_right", rights, "ERP, report 'Roles'", name="erp_access_right", systems=("erp",))
    events = [
        {"id": e.id, "account": e.account, "kind": e.kind, "occurred_at": e.at, "actor": e.actor}
        for e in book.account_events
        if e.account.startswith("erp:")
    ]
    query = "ERP, audit trail of users"
    _table(folder, "account_event", events, query, name="erp_account_event", systems=("erp",))
    sign_ins = [
        {
            "id": f"erp-login-{number}",
            "account": f"erp:{person.erp}",
            "system": "erp",
            "occurred_at": at,
            "result": "success",
            "method": "local_password",
            "factors": "totp",
        }
        for number, (person, at) in enumerate(departures.erp_sign_ins, 1)
    ]
    _table(folder, "sign_in", sign_ins, "ERP, log of log-ins", name="erp_sign_in", systems=("erp",))
    grants = [
        {
            "id": e.id,
            "account": f"erp:{e.person.erp}",
            "right_id": e.right.id,
            "action": e.action,
            "occurred_at": e.at,
            "actor": e.actor,
            "cause": e.request.key if e.request else "",
            "net_change": e.net_change,
        }
        for e in book.grants
        if not e.right.in_okta
    ]
    query = "ERP, audit trail of role assignments"
    _table(folder, "grant_event", grants, query, name="erp_grant_event", systems=("erp",))


def _okta_reports(folder: ExportFolder, book: AccessBook, campaigns: list[Campaign], name: str) -> None:
    launch = [_okta_line(campaign, holding) for campaign in campaigns for holding in campaign.launch]
    after = [_okta_line(campaign, holding) for campaign in campaigns for holding in campaign.completion(book)]
    query = "Okta auditor reporting package, report"
    reports = {"scope": launch, "access_at_launch": launch, "access_at_completion": after}
    for report, rows in reports.items():
        folder.add_csv(f"{name}/{report}.csv", f"okta_{report}", f"{query} '{report}'", rows)
    actions = []
    for campaign in campaigns:
        for decision in campaign.decisions:
            removed = decision.executed_at
            actions.append(
                {
                    **_okta_line(campaign, decision.holding),
                    "reviewItem.reviewerId": decision.reviewer.okta,
                    "reviewItem.reviewerEmail": decision.reviewer.email,
                    "reviewItem.decision": decision.decision.upper() or "UNREVIEWED",
                    "reviewItem.decided": iso(decision.decided_at),
                    "reviewItem.remediationStatus": "Success" if removed else "",
                    "reviewItem.remediated": iso(removed),
                }
            )
    folder.add_csv(f"{name}/actions.csv", "okta_actions", f"{query} 'actions'", actions)


def _okta_line(campaign: Campaign, holding: Holding) -> Row:
    return {
        "campaign.id": campaign.id,
        "campaign.started": iso(campaign.started_at),
        "campaign.ended": iso(campaign.completed_at),
        "reviewItem.principalUserId": holding.person.okta,
        "reviewItem.principalUserEmail": holding.person.email,
        "reviewItem.resourceType": "Group",
        "reviewItem.resourceName": holding.right.group,
    }


def _documented(folder: ExportFolder, book: AccessBook, campaigns: list[Campaign]) -> None:
    heads, pairs, decisions, removals = [], [], [], []
    for campaign in campaigns:
        started, completed = campaign.started_at, campaign.completed_at
        before, after = f"{campaign.id}-before", f"{campaign.id}-after"
        heads.append(
            {
                "campaign_id": campaign_id(campaign),
                "system": campaign.system,
                "snapshot_id": before,
                "started_at": iso(started),
                "completed_at": iso(completed),
            }
        )
        pairs += [_pair(campaign, before, started, holding) for holding in campaign.launch]
        pairs += [_pair(campaign, after, completed, holding) for holding in campaign.completion(book)]
        for decision in campaign.decisions:
            line = {"campaign_id": campaign.id, "account": decision.holding.account}
            line["right_id"] = decision.holding.right.id
            who = {"reviewer": f"okta:{decision.reviewer.okta}", "decision": decision.decision}
            decisions.append({**line, **who, "decided_at": iso(decision.decided_at)})
            if decision.decision == "revoke":
                removals.append({**line, "ticket": "", "executed_at": iso(decision.executed_at)})
    query = "Access tool, export of all reviews since 2025-10-01, report"
    reports = {"campaigns": heads, "snapshot": pairs, "decisions": decisions, "revocations": removals}
    for kind, rows in reports.items():
        folder.add_csv(f"access_review/{kind}.csv", kind, f"{query} '{kind}'", rows)


def _pair(campaign: Campaign, snapshot: str, at: datetime, holding: Holding) -> Row:
    return {
        "snapshot_id": snapshot,
        "system": campaign.system,
        "taken_at": iso(at),
        "origin": "system",
        "account": holding.account,
        "right_id": holding.right.id,
    }


def _table(
    folder: ExportFolder,
    table: str,
    rows: Iterable[Mapping[str, object]],
    query: str,
    *,
    name: str = "",
    **provenance: Any,
) -> None:
    written = [{key: _cell(value) for key, value in row.items()} for row in rows]
    folder.add_csv(f"csvtable/{name or table}.csv", table, query, written, **provenance)


def _cell(value: object) -> object:
    return iso(value) if isinstance(value, datetime) else value


def _local(moment: datetime | None) -> str:
    return iso_offset(moment).replace(".000", "") if moment else ""
