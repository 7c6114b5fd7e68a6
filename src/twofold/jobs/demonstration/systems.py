"""The register of the demonstration company: its systems, their dated labels and what they serve.

The same table feeds the scope files and the answer key, so that the key knows the scope on each day
without reading the files back.
"""

from dataclasses import dataclass
from datetime import date, datetime

from twofold.jobs.demonstration.timeline import FIRST_DAY, local_day

SINCE = date(2025, 1, 1)
COMPANY_WIDE = "company"
"""The system of policies, training, vendors and all else that belongs to the company as a whole."""
ANALYTICS_RELEVANT_FROM = date(2026, 4, 1)


@dataclass(frozen=True, slots=True)
class System:
    """One system. soc2 and relevant are first days of the label, None = never; serves hands labels on."""

    id: str
    name: str
    layer: str
    soc2: date | None = None
    relevant: date | None = None
    sso_only: bool = True
    serves: tuple[str, ...] = ()
    repository: str = ""
    sources: tuple[str, ...] = ()
    reviews: bool = False
    restores: str = ""
    """Cadence of restore tests; empty = none."""
    dependents: tuple[str, ...] = ()
    rto_minutes: int = 240
    rpo_minutes: int = 60


def _application(system_id: str, name: str, *, relevant: date | None, dependents: tuple[str, ...] = ()) -> System:
    return System(
        system_id,
        name,
        "application",
        soc2=FIRST_DAY,
        relevant=relevant,
        repository=f"brightwater/{system_id}",
        reviews=True,
        restores="quarterly" if relevant == FIRST_DAY else "half_yearly",
        dependents=dependents,
    )


SYSTEMS = (
    _application(
        "billing", "Billing engine", relevant=FIRST_DAY, dependents=("Revenue report", "Invoice completeness")
    ),
    _application("ledger", "Ledger sync to the ERP", relevant=FIRST_DAY, dependents=("Journal interface",)),
    _application("payments", "Payments gateway", relevant=FIRST_DAY, dependents=("Cash reconciliation",)),
    _application("portal", "Customer portal", relevant=None),
    _application(
        "analytics", "Revenue analytics", relevant=ANALYTICS_RELEVANT_FROM, dependents=("Deferred revenue report",)
    ),
    System(
        "erp",
        "Finance ERP",
        "application",
        soc2=FIRST_DAY,
        relevant=FIRST_DAY,
        sso_only=False,
        reviews=True,
        restores="quarterly",
        dependents=("General ledger", "Close checklist"),
    ),
    System(
        "okta",
        "Okta",
        "identity",
        reviews=True,
        serves=("billing", "ledger", "payments", "portal", "analytics", "erp"),
    ),
    System("github", "GitHub", "pipeline", serves=("billing", "ledger", "payments", "portal", "analytics")),
    System("jira", "Jira", "platform"),
    System(
        COMPANY_WIDE,
        "What belongs to no single system",
        "platform",
        soc2=FIRST_DAY,
        relevant=FIRST_DAY,
        sso_only=False,
        dependents=("Entity-level controls",),
    ),
    System(
        "billing-db",
        "Billing database",
        "database",
        serves=("billing",),
        reviews=True,
        restores="half_yearly",
        rto_minutes=120,
    ),
)
BY_ID = {system.id: system for system in SYSTEMS}
REPOSITORIES = tuple(system.id for system in SYSTEMS if system.repository)
"""Systems whose changes come through a GitHub repository."""


def in_scope(system_id: str, lens: str, moment: datetime) -> bool:
    """Return whether a system counts under a lens at a moment, by its own label or one of the systems it serves."""
    system = BY_ID.get(system_id)
    if system is None:
        return False
    since = system.soc2 if lens == "soc2" else system.relevant
    if since is not None and since <= local_day(moment):
        return True
    return any(in_scope(served, lens, moment) for served in system.serves)
