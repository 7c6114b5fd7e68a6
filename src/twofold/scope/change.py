"""What the company asks of changes: types of ticket, pre-approved changes, agreements on pipelines."""

from typing import Annotated

from pydantic import Field

from twofold.scope.entry import DatedFrom, Entry
from twofold.scope.fields import Distinct, Filled, Identifier, Moment, Person, SystemOrAll, Text, Truth


class ChangeType(Entry):
    """What the company asks of one type of change ticket."""

    id: Filled = Field(description="Type, as the ticket tool writes it.")
    is_change: Truth = Field(description="A ticket of this type may authorise a production change.")
    functional: Truth | None = Field(
        default=None,
        description="It changes what the system does for its users, so SOX wants a business user's acceptance.",
    )
    needs_rollback: Truth | None = Field(default=None, description="A change of this type needs a way back (T-16).")
    material_fields: Annotated[tuple[Filled, ...], Distinct] = Field(
        default=(), description="Ticket fields whose edit after approval needs a new approval."
    )
    authorised_states: Annotated[tuple[Filled, ...], Distinct] = Field(
        default=(), description="States that mean authorised to build or release."
    )


class StandardChange(DatedFrom):
    """A pre-approved kind of change, within the limits of its template."""

    id: Identifier = Field(description="Id that a change names.")
    systems: Annotated[tuple[SystemOrAll, ...], Distinct] = Field(description="System ids, or *.")
    kinds: Annotated[tuple[Filled, ...], Distinct] = Field(description="Kinds of change that it covers.")
    object_pattern: Text = Field(
        default="", description="SQL LIKE pattern that the changed object must match; empty = any."
    )
    approved_by: Person = Field(description="HR id of the person who approved it.")


class PipelineAgreement(DatedFrom):
    """The auditor agreed that a pipeline counts as an independent deployer (SOX; audit-domain 10)."""

    system: Identifier = Field(description="System id.")
    agreed_by: Filled = Field(description="Auditor's name.")
    agreed_at: Moment = Field(description="When it was agreed.")
