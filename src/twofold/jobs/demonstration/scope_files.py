"""The scope files and settings of the demonstration company, as a team would keep them in git."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from twofold.jobs.demonstration.backups import IN_USE_SINCE
from twofold.jobs.demonstration.changes import CHECKS
from twofold.jobs.demonstration.direct_changes import STANDARD_CHANGES
from twofold.jobs.demonstration.governance import ACTIVITIES
from twofold.jobs.demonstration.restores import store_of
from twofold.jobs.demonstration.rights import GROUPS, ROLE_GROUPS
from twofold.jobs.demonstration.systems import COMPANY_WIDE, REPOSITORIES, SINCE, SYSTEMS, System
from twofold.jobs.demonstration.timeline import FIRST_DAY, PERIOD_DAYS, ZONE_NAME, iso, local
from twofold.jobs.demonstration.world import World

Entry = Mapping[str, Any]
COMPANY = "Brightwater Software, Inc."
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_CONTROLS = {
    "AC": ("p-0003", range(1, 12)),
    "CM": ("p-0001", range(1, 9)),
    "PD": ("p-0001", range(1, 3)),
    "OP": ("p-0001", range(1, 10)),
    "VD": ("p-0003", range(1, 3)),
    "HR": ("p-0005", range(1, 4)),
    "EP": ("p-0003", range(1, 2)),
    "GV": ("p-0005", range(1, 5)),
    "BC": ("p-0001", range(1, 3)),
    "PV": ("p-0005", range(1, 4)),
    "NW": ("p-0003", range(1, 2)),
}


def write_scope(folder: Path, world: World) -> None:
    """Write twofold.toml and scope/*.yaml below the folder."""
    scope = folder / "scope"
    scope.mkdir(parents=True, exist_ok=True)
    (folder / "twofold.toml").write_text(
        f'# Settings of this workspace. What is audited stands in scope/*.yaml.\n\n[company]\nname = "{COMPANY}"\n'
        f'reporting_zone = "{ZONE_NAME}"\n',
        encoding="utf-8",
    )
    files = {
        "systems.yaml": _block("systems", (_system(system) for system in SYSTEMS)),
        "calendars.yaml": _block("calendars", [_CALENDAR]),
        "people.yaml": _people(world),
        "changes.yaml": _changes(),
        "engagements.yaml": _flow("engagements", _engagements()),
        "controls.yaml": _flow("controls", _controls()) + "\n" + _flow("parameters", _PARAMETERS),
    }
    for name, text in files.items():
        (scope / name).write_text(text, encoding="utf-8")


_CALENDAR: Entry = {
    "id": "default",
    "zone": ZONE_NAME,
    "opens": "09:00",
    "closes": "17:00",
    "weekend": ["Sat", "Sun"],
    "country": "US",
}
_PARAMETERS: tuple[Entry, ...] = (
    {
        "control_test": "T-03",
        "name": "sla_business_days",
        "value": 1,
        "reason": "Access policy 4.2",
        "approver": "p-0003",
    },
    {
        "control_test": "T-05",
        "name": "grace_days",
        "value": 15,
        "reason": "Access policy 6.1",
        "approver": "p-0003",
    },
)


def _system(system: System) -> Entry:
    entry: dict[str, Any] = {
        "id": system.id,
        "name": system.name,
        "layer": system.layer,
        "zone": "UTC",
        "owner": "p-0004" if system.id == "erp" else "p-0001",
        "log_retention_days": 800,
    }
    if system.soc2:
        entry["soc2"] = [{"from": system.soc2, "reason": "Part of the service or needed for it", "approver": "p-0001"}]
    if system.relevant:
        label = {"from": system.relevant, "reason": "Feeds the financial statements", "approver": "p-0002"}
        entry["financially_relevant"] = [{**label, "dependents": list(system.dependents)}]
    if system.sso_only:
        entry["sso_only"] = [{"from": SINCE, "reason": "Local passwords are switched off", "approver": "p-0003"}]
    if system.serves:
        entry["serves"] = [{"system": served, "from": SINCE} for served in system.serves]
    entry["sources"] = _sources(system)
    if system.repository:
        entry["required_checks"] = [{"name": name, "from": SINCE} for name in CHECKS]
    if system.restores:
        targets = {"rto_minutes": system.rto_minutes, "rpo_minutes": system.rpo_minutes, "from": IN_USE_SINCE}
        entry["stores"] = [{"id": store_of(system.id), **targets}]
    schedules = _schedules(system)
    if schedules:
        entry["schedules"] = schedules
    return entry


def _schedules(system: System) -> list[Entry]:
    """Return what is due on the system; what the company as a whole does belongs to its own system."""
    schedules: list[Entry] = []
    if system.reviews:
        schedules.append({"activity": "access_review", "cadence": "quarterly", "from": FIRST_DAY})
    if system.restores:
        schedules.append({"activity": "restore_test", "cadence": system.restores, "from": FIRST_DAY})
    if system.id == COMPANY_WIDE:
        schedules += [{"activity": what, "cadence": cadence, "from": FIRST_DAY} for what, cadence in ACTIVITIES.items()]
        schedules.append({"activity": "training", "cadence": "quarterly", "from": FIRST_DAY})
    return schedules


def _sources(system: System) -> list[str]:
    sources = [f"okta:group:{right.group}" for right in GROUPS if right.system == system.id]
    if system.layer == "application":
        sources += [f"okta:app:{system.name}", f"jira:component:{system.id}"]
    if system.repository:
        sources += [f"github:{system.repository}@production", f"github:{system.repository}"]
    if system.id == "github":
        sources.append("github:brightwater")
    if system.id == "jira":
        sources.append("jira:project:ACC")
    return sources


def _people(world: World) -> str:
    rosters = [
        {"scope": x.scope, "duty": x.duty, "person": x.person.id, "from": x.since}
        | ({"to": x.until} if x.until else {})
        for x in world.authority.entries
    ]
    links = [
        {"account": f"github:{login}", "person": person.id, "proof": "register"}
        for login, person in sorted(world.second_logins.items())
    ]
    links += [
        {"account": f"erp:{person.erp}", "person": person.id, "proof": "register"}
        for person in world.staff.people
        if person.erp
    ]
    births = [
        {"role": role, "right_id": f"okta:group:{name}", "approved_by": "p-0003", "from": SINCE}
        for role, name in sorted(ROLE_GROUPS.items())
    ]
    titles = [{"scope": "*", "duty": "release", "role": "Engineering Manager"}]
    lent = [
        {
            "from_person": world.authority.holders("billing", "access")[0].id,
            "to_person": world.authority.holders("billing", "access")[1].id,
            "duty": "access",
            "from": date(2026, 7, 6),
            "to": date(2026, 7, 20),
            "recorded_at": iso(local(date(2026, 7, 2), "10:00")),
        }
    ]
    parts = (
        _flow("rosters", rosters),
        _flow("role_authority", titles),
        _flow("delegations", lent),
        _flow("account_links", links),
        _flow("birthrights", births),
    )
    return "\n".join(parts)


def _changes() -> str:
    material = ["description", "risk", "systems"]
    types = [
        {
            "id": name,
            "is_change": True,
            "functional": functional,
            "needs_rollback": True,
            "material_fields": material,
            "authorised_states": ["Approved"],
        }
        for name, functional in (("Change", True), ("Technical change", False))
    ]
    standard = [{**entry, "approved_by": "p-0001", "from": SINCE} for entry in STANDARD_CHANGES]
    for entry in standard:
        if "to" in entry:
            entry["to"] = date.fromisoformat(entry["to"])
    agreed_at = iso(local(date(2025, 9, 15), "15:00"))
    agreements = [
        {"system": system, "agreed_by": "R. Alvarez, Hollis Audit LLP", "agreed_at": agreed_at, "from": SINCE}
        for system in REPOSITORIES
    ]
    return "\n".join(
        (_flow("change_types", types), _flow("standard_changes", standard), _flow("pipeline_agreements", agreements))
    )


def _engagements() -> list[Entry]:
    soc2, sox = PERIOD_DAYS["soc2"], PERIOD_DAYS["sox"]
    return [
        {
            "id": "soc2-2026",
            "lens": "soc2",
            "type": "type2",
            "starts_on": soc2[0],
            "ends_on": soc2[1],
            "categories": ["security", "availability"],
            "auditor": "Example CPA LLP",
            "service": "Brightwater billing platform",
        },
        {
            "id": "sox-fy2026",
            "lens": "sox",
            "starts_on": sox[0],
            "ends_on": sox[1],
            "auditor": "Hollis Audit LLP",
        },
    ]


def _controls() -> list[Entry]:
    return [
        {
            "id": f"{family}-{number:02d}",
            "owner": owner,
            "performer": "p-0006" if family == "AC" else "p-0010",
            "evidence_owner": "p-0005",
            "deputy": "p-0007",
            "from": SINCE,
        }
        for family, (owner, numbers) in _CONTROLS.items()
        for number in numbers
    ]


def _flow(key: str, entries: Iterable[Entry]) -> str:
    """Write a list with one entry a line."""
    return f"{key}:\n" + "".join(f"  - {_value(entry)}\n" for entry in entries)


def _block(key: str, entries: Iterable[Entry]) -> str:
    """Write a list with one key a line."""
    lines = [f"{key}:"]
    for entry in entries:
        written = [f"{name}: {_value(value)}" for name, value in entry.items()]
        lines += [f"  - {written[0]}", *(f"    {line}" for line in written[1:])]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_value(held)}" for name, held in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(held) for held in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED
    return str(value) if plain else orjson.dumps(value).decode()
