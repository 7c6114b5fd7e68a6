"""Who may decide what, on which system: the rosters of the demonstration company.

The people here stay all year. A fault that needs an expired authority adds its own dated entry.
"""

from dataclasses import dataclass, field
from datetime import date

from twofold.jobs.demonstration.people import Person, Staff
from twofold.jobs.demonstration.systems import SINCE, SYSTEMS


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person holds a duty on a system from one day until another (exclusive)."""

    scope: str
    duty: str
    person: Person
    since: date = SINCE
    until: date | None = None


@dataclass(slots=True)
class Authority:
    """All roster entries, and the people who hold a duty all year."""

    entries: list[RosterEntry] = field(default_factory=list)

    def holders(self, system: str, duty: str) -> list[Person]:
        """Return who holds a duty on a system all year, in order of the roster."""
        return [x.person for x in self.entries if x.scope == system and x.duty == duty and x.until is None]

    def add(self, entry: RosterEntry) -> None:
        """Add an entry."""
        self.entries.append(entry)


def appoint(staff: Staff) -> Authority:
    """Fill the rosters of every system from the cast, a different slice of it for each system."""
    managers = staff.in_role("Engineering Manager")
    seniors = staff.in_role("Senior Engineer")
    products = staff.in_role("Product Manager")
    accountants = staff.in_role("Revenue Accountant")
    leads = staff.in_role("Support Lead")
    officers = staff.in_role("Chief Technology Officer", "Chief Financial Officer", "Controller")
    authority = Authority()
    for index, system in enumerate(SYSTEMS):
        business = leads if system.id == "portal" else accountants[:4]
        duties = {
            "authorise": [products[index % len(products)], products[(index + 1) % len(products)]],
            "release": [managers[index % len(managers)], *_slice(seniors, index * 3, 7)],
            "emergency": [managers[index % len(managers)], managers[(index + 1) % len(managers)]],
            "access": [products[index % len(products)], officers[index % len(officers)]],
            "review": [managers[(index + 2) % len(managers)], managers[(index + 3) % len(managers)]],
            "uat": business,
            "incident": managers[:3],
            "finance": [*officers[1:], *accountants[:2]],
        }
        for duty, people in duties.items():
            for person in people:
                authority.add(RosterEntry(system.id, duty, person))
    officer, compliance = staff.in_role("Chief Information Security Officer")[0], staff.in_role("Compliance Manager")[0]
    for duty, person in (
        *(("policy", officer), ("policy", officers[0]), ("risk", officer), ("security", officer)),
        *(("vendor", compliance), ("logs", staff.in_role("IT Administrator")[0])),
    ):
        authority.add(RosterEntry("*", duty, person))
    return authority


def _slice(people: list[Person], start: int, count: int) -> list[Person]:
    return [people[(start + offset) % len(people)] for offset in range(count)]
