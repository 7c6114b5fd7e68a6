"""The people of the demonstration company: a cast that stays all year, and staff who join and leave.

A person has accounts in Okta and Jira, in GitHub when they write software, and in the ERP when they
work in finance or administer it. Identifiers count up in the order in which HR registered the people.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.timeline import FIRST_DAY, LAST_DAY, local, working_days

DOMAIN = "brightwater.example"
_GIVEN = (
    *("Ana", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas"),
    *("Keiko", "Liam", "Maya", "Noor", "Oscar", "Priya", "Quinn", "Rosa", "Sven", "Tara"),
    *("Umar", "Vera", "Wes", "Xenia", "Yusuf", "Zoe", "Amir", "Bella", "Chen", "Dana"),
)
_FAMILY = (
    *("Adler", "Brooks", "Castro", "Diaz", "Eriksen", "Foster", "Gupta", "Hansen", "Ito"),
    *("Jensen", "Khan", "Lopez", "Moreno", "Nguyen", "Okafor", "Patel", "Quist", "Rossi"),
    *("Silva", "Tanaka", "Ueda", "Vogel", "Walker", "Xu", "Young", "Zhang"),
)

_CAST = (
    ("Chief Technology Officer", 1, "Engineering"),
    ("Chief Financial Officer", 1, "Finance"),
    ("Chief Information Security Officer", 1, "Security"),
    ("Controller", 1, "Finance"),
    ("Compliance Manager", 1, "Security"),
    ("IT Administrator", 4, "IT"),
    ("Engineering Manager", 6, "Engineering"),
    ("Senior Engineer", 20, "Engineering"),
    ("Site Reliability Engineer", 6, "Engineering"),
    ("Product Manager", 6, "Product"),
    ("Revenue Accountant", 8, "Finance"),
    ("Support Lead", 3, "Support"),
    ("People Partner", 2, "People"),
)
LAST_START = date(2026, 9, 30)
CAST_SIZE = sum(count for _, count, _ in _CAST)
_STAFF = (
    ("Engineer", "Engineering"),
    ("Support Agent", "Support"),
    ("Engineer", "Engineering"),
    ("Account Executive", "Sales"),
    ("Finance Analyst", "Finance"),
)
WRITES_SOFTWARE = frozenset({"Engineering Manager", "Senior Engineer", "Site Reliability Engineer", "Engineer"})
USES_THE_ERP = frozenset({"Controller", "Revenue Accountant", "Finance Analyst", "IT Administrator"})


@dataclass(slots=True)
class Engagement:
    """One stretch of work for the company, as HR records it."""

    id: str
    type: str
    started_on: date
    last_day: date | None = None
    ended_at: datetime | None = None
    entered_at: datetime | None = None
    involuntary: bool = False
    follows: str = ""


@dataclass(slots=True)
class Person:
    """One human being with engagements and the names of the accounts held ("" = none)."""

    id: str
    given: str
    family: str
    role: str
    unit: str
    manager: str
    engagements: list[Engagement] = field(default_factory=list)
    okta: str = ""
    jira: str = ""
    github: str = ""
    erp: str = ""
    former_role: str = ""
    """The role before `moved_on`, of a person who changed job."""
    moved_on: date | None = None

    @property
    def name(self) -> str:
        """Name as people say it."""
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        """Company e-mail, unique by construction."""
        return f"{self.given}.{self.family}@{DOMAIN}".lower()

    @property
    def first_day(self) -> date:
        """First day of the first engagement."""
        return self.engagements[0].started_on


@dataclass(slots=True)
class Staff:
    """Everyone, with the groups that other parts draw from."""

    people: list[Person]
    leavers: list[Person]
    joiners: list[Person]
    """Joined inside the year and stay."""

    def in_role(self, *roles: str) -> list[Person]:
        """Return the people of the cast and staff who stay all year and hold one of the roles."""
        gone = {person.id for person in (*self.leavers, *self.joiners)}
        return [person for person in self.people if person.role in roles and person.id not in gone]

    def steady(self) -> list[Person]:
        """Return everyone who is there all year."""
        gone = {person.id for person in (*self.leavers, *self.joiners)}
        return [person for person in self.people if person.id not in gone]

    def by_id(self, person_id: str) -> Person:
        """Return the person with that HR id."""
        return self.people[int(person_id.removeprefix("p-")) - 1]


def hire_staff(draw: Draw, *, people: int, leavers: int) -> Staff:
    """Invent everyone: the cast, staff who stay, `leavers` who leave and an eighth as many again who join."""
    everyone: list[Person] = []
    for role, count, unit in _CAST:
        for _ in range(count):
            everyone.append(_person(draw, len(everyone), role, unit))
    while len(everyone) < people:
        role, unit = _STAFF[len(everyone) % len(_STAFF)]
        everyone.append(_person(draw, len(everyone), role, unit))
    managers = [person.id for person in everyone if person.role == "Engineering Manager"]
    for person in everyone[CAST_SIZE:]:
        person.manager = draw.one_of(managers) if person.unit == "Engineering" else "p-0002"
    staff = everyone[CAST_SIZE:]
    leaving = sorted(staff[:: max(1, len(staff) // leavers)][:leavers], key=lambda person: person.id)
    gone = {person.id for person in leaving}
    joining = [person for person in staff if person.id not in gone][-max(8, people // 9) :]
    _set_first_days(draw, everyone, joining)
    _set_last_days(draw, leaving)
    return Staff(everyone, leaving, joining)


def _person(draw: Draw, index: int, role: str, unit: str) -> Person:
    given = _GIVEN[index % len(_GIVEN)]
    family = _FAMILY[(index + index // len(_GIVEN)) % len(_FAMILY)]
    login = f"{given}-{family}".lower()
    person = Person(f"p-{index + 1:04d}", given, family, role, unit, "p-0001")
    person.okta = draw.token("00u", 20)
    person.jira = draw.token("712020:", 31)
    person.github = login if role in WRITES_SOFTWARE else ""
    person.erp = f"{given[0]}{family}{index + 1}".lower() if role in USES_THE_ERP else ""
    return person


def _set_first_days(draw: Draw, everyone: list[Person], joining: list[Person]) -> None:
    days = working_days(FIRST_DAY, LAST_DAY)
    new = {person.id for person in joining}
    for index, person in enumerate(everyone):
        start = FIRST_DAY - timedelta(days=draw.whole(120, 2000))
        if person.id in new:
            # Nobody joins in the last month: the quarter of their first training would end after the year.
            start = min(days[5 + (index * 17) % (len(days) - 20)], LAST_START)
        kind = "contractor" if index >= CAST_SIZE and index % 9 == 0 else "employee"
        person.engagements.append(Engagement(f"e-{index + 1:04d}-1", kind, start))


def _set_last_days(draw: Draw, leaving: list[Person]) -> None:
    """Spread the last days over the year, the first in October 2025 and the last in October 2026."""
    days = working_days(FIRST_DAY, LAST_DAY)[6:-6]
    for index, person in enumerate(leaving):
        end(person, days[index * (len(days) - 1) // max(1, len(leaving) - 1)], notice_days=draw.whole(5, 20))
        person.engagements[-1].involuntary = index % 7 == 0


def end(person: Person, last_day: date, *, notice_days: int) -> None:
    """Let the latest engagement end at the close of a working day, entered in HR some days before."""
    current = person.engagements[-1]
    ended_at = local(last_day, "17:00")
    entered_at = local(last_day - timedelta(days=notice_days), "10:30")
    person.engagements[-1] = replace(current, last_day=last_day, ended_at=ended_at, entered_at=entered_at)
