"""A system of the register: what it is, whose it is, and which dated labels it carries (audit-domain 8)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from twofold.scope.entry import Dated, DatedFrom, Entry
from twofold.scope.fields import Distinct, Filled, Identifier, Named, Ordered, Person, Text, Whole, Zone, plain_text

LAYERS = ("application", "database", "platform", "identity", "pipeline", "scheduler", "secrets")


class Label(DatedFrom):
    """A dated label: somebody decided it, for a reason."""

    reason: Filled = Field(description="Why the system carries the label.")
    approver: Person = Field(description="HR id of the person who decided it.")


class FinancialLabel(Label):
    """Financially relevant: the system can affect the financial statements (SOX)."""

    dependents: Annotated[tuple[Filled, ...], Distinct] | None = Field(
        default=None,
        description="Controls, reports and interfaces of finance that rely on the system. Left out = not recorded, "
        "counted in. [] = none relies on it, which keeps the system out of SOX.",
    )


class Serving(Dated):
    """This system serves another, so it inherits that one's labels while it does."""

    system: Identifier = Field(description="Id of the system that is served.")


class RequiredCheck(Dated):
    """A check that must succeed before release."""

    name: Filled = Field(description="Name of the check, as the source writes it.")


class Store(Dated):
    """A data store that backups must cover while it is in use."""

    id: Identifier = Field(description="Id of the store, unique in the company.")
    rto_minutes: Whole | None = Field(default=None, description="Target time to recover, in minutes.")
    rpo_minutes: Whole | None = Field(default=None, description="Target data loss, in minutes.")


class Schedule(DatedFrom):
    """A periodic control on the system; each calendar period that ends gives one due occurrence."""

    activity: Annotated[
        Literal[
            "access_review",
            "restore_test",
            "recovery_exercise",
            "risk_assessment",
            "control_monitoring",
            "board_meeting",
            "capacity_review",
            "training",
        ],
        BeforeValidator(plain_text),
    ] = Field(description="What is due.")
    cadence: Annotated[Literal["monthly", "quarterly", "half_yearly", "yearly"], BeforeValidator(plain_text)] = Field(
        description="How often, by calendar periods of the reporting zone."
    )


class System(Entry):
    """A system that controls may rely on."""

    id: Identifier = Field(description="Short id used everywhere else.")
    name: Text = Field(default="", description="What people call it.")
    description: Text = Field(default="", description="What it does, in a sentence or two.")
    data: Annotated[tuple[Filled, ...], Distinct] = Field(
        default=(), description="Categories of data that it holds, for example customer data."
    )
    layer: Annotated[
        Literal["application", "database", "platform", "identity", "pipeline", "scheduler", "secrets"],
        BeforeValidator(plain_text),
    ] = Field(description="What kind of system it is.")
    zone: Zone | None = Field(
        default=None, description="IANA time zone of times that the system writes without one. Empty = unknown."
    )
    owner: Person | None = Field(default=None, description="HR id of the person who answers for the system.")
    log_retention_days: Whole | None = Field(default=None, description="Days the system keeps its own log.")
    soc2: Annotated[tuple[Label, ...], Ordered] = Field(
        default=(), description="Stretches in which the system is inside the SOC 2 boundary."
    )
    financially_relevant: Annotated[tuple[FinancialLabel, ...], Ordered] = Field(
        default=(), description="Stretches in which the system bears on financial reporting. The first one adds SOX."
    )
    sso_only: Annotated[tuple[Label, ...], Ordered] = Field(
        default=(), description="Stretches in which single sign-on was the only way in."
    )
    serves: Annotated[tuple[Serving, ...], Ordered] = Field(
        default=(),
        description="Systems whose SOC 2 and financial labels this one inherits (identity, pipeline, database).",
    )
    sources: Annotated[tuple[Named, ...], Distinct] = Field(
        default=(),
        description="Objects in sources that stand for this system, for example github:acme/billing@production.",
    )
    required_checks: Annotated[tuple[RequiredCheck, ...], Ordered] = Field(
        default=(), description="Checks that must succeed before release."
    )
    stores: Annotated[tuple[Store, ...], Ordered] = Field(
        default=(), description="Data stores that backups must cover."
    )
    schedules: Annotated[tuple[Schedule, ...], Ordered] = Field(
        default=(), description="Periodic controls on the system."
    )
