"""The rights of the demonstration company: Okta groups with the system that each opens, and ERP roles."""

from dataclasses import dataclass

from twofold.jobs.demonstration.systems import REPOSITORIES

DEFAULT_GROUP = "Everyone"
ROLE_GROUPS = {"Engineer": "engineering", "Support Agent": "support-desk", "Finance Analyst": "finance-erp"}
"""Role -> the group that it gets without a request."""


@dataclass(frozen=True, slots=True)
class Right:
    """A right: its identifier on the line, the system it opens, its class."""

    id: str
    system: str
    kind: str = "normal"

    @property
    def group(self) -> str:
        """Name of the Okta group; the ERP's roles have none."""
        return self.id.removeprefix("okta:group:")

    @property
    def in_okta(self) -> bool:
        """Whether Okta grants it."""
        return self.id.startswith("okta:")


def _groups() -> list[Right]:
    groups = [
        Right(f"okta:group:{DEFAULT_GROUP}", "okta"),
        Right("okta:group:okta-users", "okta"),
        Right("okta:group:okta-admins", "okta", "privileged"),
        Right("okta:group:engineering", "github"),
        Right("okta:group:support-desk", "portal"),
        Right("okta:group:finance-erp", "erp"),
        Right("okta:group:billing-db-admin", "billing-db", "privileged"),
    ]
    for system in REPOSITORIES:
        groups.append(Right(f"okta:group:{system}-read", system))
        groups.append(Right(f"okta:group:{system}-admin", system, "privileged"))
    return sorted(groups, key=lambda right: right.id)


GROUPS = tuple(_groups())
ERP_ROLES = (
    Right("erp:role:inquiry", "erp"),
    Right("erp:role:journal-entry", "erp", "sensitive"),
    Right("erp:role:period-close", "erp", "privileged"),
)
JIRA_USERS = Right("jira:group:jira-users", "jira")
RIGHTS = {right.id: right for right in (*GROUPS, *ERP_ROLES)}


def group(name: str) -> Right:
    """Return the right of an Okta group."""
    return RIGHTS[f"okta:group:{name}"]
