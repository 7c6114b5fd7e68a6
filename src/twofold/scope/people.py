"""Who may act: people, rosters, delegations, links of accounts, rights that come with a role, working hours."""

from typing import Annotated, Literal, Self

import holidays
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from twofold.scope.entry import Dated, DatedFrom, Entry
from twofold.scope.fields import (
    Clock,
    Distinct,
    Filled,
    Holiday,
    Identifier,
    Moment,
    Named,
    Person,
    SystemOrAll,
    Text,
    Zone,
    fault,
    plain_text,
)
from twofold.scope.nearest import nearest

_DutyName = Literal[
    "authorise",
    "release",
    "access",
    "review",
    "emergency",
    "uat",
    "incident",
    "vendor",
    "finance",
    "policy",
    "risk",
    "logs",
    "security",
]
Duty = Annotated[_DutyName, BeforeValidator(plain_text)]
OptionalDuty = Annotated[Literal["", _DutyName], BeforeValidator(plain_text)]
RightClass = Annotated[Literal["", "normal", "privileged", "sensitive"], BeforeValidator(plain_text)]
Proof = Annotated[Literal["verified_email", "immutable_id", "saml", "register"], BeforeValidator(plain_text)]
Weekday = Annotated[Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], BeforeValidator(plain_text)]


class PersonEntry(Entry):
    """A person whom no HR roster lists, for example a board member or a contractor."""

    id: Person = Field(description="HR id.")
    name: Text = Field(default="", description="Name.")
    email: Text = Field(default="", description="Verified company e-mail.")


class Roster(DatedFrom):
    """A person may approve something on a system, from a day to a day. Never read as of today for the past."""

    scope: SystemOrAll = Field(description="System id, or * for every system.")
    duty: Duty = Field(description="What the person may do.")
    right_class: RightClass = Field(default="", description="Class of right it is limited to; empty = any.")
    person: Person = Field(description="HR id.")


class RoleAuthority(Entry):
    """A role whose title carries a duty; used only where no dated roster exists and the parameter allows it."""

    scope: SystemOrAll = Field(description="System id, or * for every system.")
    duty: Duty = Field(description="What the role may do.")
    role: Filled = Field(description="Role as the HR roster writes it.")


class Delegation(DatedFrom):
    """One person acts for another for a while; it counts from the moment it was recorded (audit-domain 4.0)."""

    from_person: Person = Field(description="HR id of the person who delegates.")
    to_person: Person = Field(description="HR id of the person who acts.")
    duty: OptionalDuty = Field(default="", description="One duty of the roster; empty = all.")
    recorded_at: Moment = Field(description="When the delegation was written down.")

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if self.from_person == self.to_person:
            fault(f"'{self.to_person}' delegates to themselves", "two people", key="to_person")
        return self


class AccountLink(Dated):
    """An account belongs to a person, as a register proves."""

    account: Named = Field(description="The account, for example github:ana.")
    person: Person = Field(description="HR id.")
    proof: Proof = Field(default="register", description="How the link is known.")


class Birthright(DatedFrom):
    """A right that a role gets without a request, as approved."""

    role: Filled = Field(description="Role as the HR roster writes it.")
    right_id: Named = Field(description="Right, for example okta:group:engineering.")
    approved_by: Person = Field(description="HR id of the person who approved it.")


def _country(value: str) -> str:
    country, _, part = value.partition("-")
    supported = holidays.list_supported_countries()
    if value and country not in supported:
        fault(
            f"no public holidays are known for '{country}'",
            "an ISO code such as US or DE-BY",
            nearest(country, supported),
        )
    if part and part not in supported[country]:
        fault(f"{country} has no part '{part}'", f"one of {', '.join(supported[country])}")
    return value


class Calendar(Entry):
    """Working hours of a site; `default` serves where a site has none."""

    id: Identifier = Field(description="Site, as the HR roster writes it; default where a site has none.")
    zone: Zone = Field(description="IANA time zone.")
    opens: Clock = Field(default="09:00", description="Start of the working day, HH:MM in quotes.")
    closes: Clock = Field(default="17:00", description="End of the working day, HH:MM in quotes.")
    weekend: Annotated[tuple[Weekday, ...], Distinct] = Field(
        default=("Sat", "Sun"), description="Days of the week without work."
    )
    country: Annotated[Text, AfterValidator(_country)] = Field(
        default="", description="Adds the public holidays of a country or a part of it, for example US or DE-BY."
    )
    holidays: Annotated[tuple[Holiday, ...], Distinct] = Field(default=(), description="More days without work.")

    @model_validator(mode="after")
    def _has_working_time(self) -> Self:
        if self.opens >= self.closes:
            fault(
                f"it closes ({self.closes}) no later than it opens ({self.opens})",
                "'opens' before 'closes'",
                key="closes",
            )
        if len(self.weekend) == len(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            fault("no day of the week is a working day", "at least one working day", key="weekend")
        return self
