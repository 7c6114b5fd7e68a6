"""Engagements with their review periods, who owns which control, and the parameters that the company set."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from twofold.model.period import ReviewPeriod
from twofold.scope.entry import Dated, Entry
from twofold.scope.fields import Distinct, Filled, Identifier, LocalDay, ParameterValue, Person, Text, fault, plain_text

Category = Annotated[
    Literal["security", "availability", "processing_integrity", "confidentiality", "privacy"],
    BeforeValidator(plain_text),
]


class Engagement(Entry):
    """One audit or attestation. Both days of the file are inclusive; `period` is half open."""

    id: Identifier = Field(description="Id of the engagement.")
    lens: Annotated[Literal["soc2", "sox"], BeforeValidator(plain_text)] = Field(description="soc2 or sox.")
    type: Annotated[Literal["", "type1", "type2"], BeforeValidator(plain_text)] = Field(
        default="", description="SOC 2 only: type1 (design on one day) or type2 (operation over a period)."
    )
    starts_on: LocalDay = Field(description="First day, in the reporting zone.")
    ends_on: LocalDay = Field(description="Last day, in the reporting zone, inclusive.")
    categories: Annotated[tuple[Category, ...], Distinct] = Field(
        default=(), description="SOC 2 only: trust services categories; security always."
    )
    auditor: Text = Field(default="", description="The audit firm, once chosen.")
    service: Text = Field(default="", description="The service that the report describes.")

    @property
    def period(self) -> ReviewPeriod:
        """The review period [starts_at, ends_before) in UTC."""
        return ReviewPeriod(self.starts_on.starts_at, self.ends_on.ends_before)

    @property
    def type_1_day(self) -> str:
        """The day that a Type 1 speaks for, "" for anything else."""
        return self.ends_on.text if self.type == "type1" else ""

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.ends_on.starts_at < self.starts_on.starts_at:
            found = f"it ends ({self.ends_on.text}) before it starts ({self.starts_on.text})"
            fault(found, "the last day on or after the first", key="ends_on")
        return self

    @model_validator(mode="after")
    def _fits_its_lens(self) -> Self:
        if self.lens == "sox":
            if self.type:
                fault("a SOX engagement has no type", "no 'type'", "delete 'type'", key="type")
            if self.categories:
                fault("a SOX engagement has no categories", "no 'categories'", "delete 'categories'", key="categories")
            return self
        if not self.type:
            fault("a SOC 2 engagement without a type", "type: type1 or type: type2", "add 'type'", key="lens")
        if "security" not in self.categories:
            remedy = "add security: every SOC 2 report has it"
            fault("the categories lack security", "categories with security", remedy, key="categories")
        if self.type == "type1" and self.starts_on != self.ends_on:
            fault("a type 1 report speaks for one day", "'starts_on' and 'ends_on' the same day", key="ends_on")
        return self


class ControlAssignment(Dated):
    """Who owns, performs and evidences a control, for a while and for some systems."""

    id: Identifier = Field(description="Control id of the catalog, for example AC-03.")
    owner: Person | None = Field(default=None, description="HR id of the person who answers for the control.")
    performer: Person | None = Field(default=None, description="HR id of the person who performs it.")
    evidence_owner: Person | None = Field(default=None, description="HR id of the person who supplies the evidence.")
    deputy: Person | None = Field(default=None, description="HR id of the person who steps in.")
    systems: Annotated[tuple[Identifier, ...], Distinct] = Field(
        default=(), description="Systems it speaks for; empty = all that no other entry names."
    )

    @property
    def control_id(self) -> str:
        """Id of the control; `id` in the file."""
        return self.id

    @property
    def people(self) -> tuple[str | None, ...]:
        """Who has a part in it; None for a part that nobody has."""
        return self.owner, self.performer, self.evidence_owner, self.deputy


class ParameterOverride(Entry):
    """A threshold of a control test that the company set otherwise than the default, with reason and approver."""

    control_test: Identifier = Field(description="Control test id, for example T-03.")
    name: Filled = Field(description="Name of the parameter.")
    value: ParameterValue = Field(description="Its value.")
    reason: Filled = Field(description="Why, for example the clause of the policy.")
    approver: Person = Field(description="HR id of the person who approved it.")
