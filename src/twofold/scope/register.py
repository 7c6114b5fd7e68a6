"""The whole scope: what all files together say, in one order, with the zone in which its days are read."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import Field

from twofold.model.instant import zone_named
from twofold.model.person import same_person
from twofold.scope.change import ChangeType, PipelineAgreement, StandardChange
from twofold.scope.engagement import ControlAssignment, Engagement, ParameterOverride
from twofold.scope.entry import Entry
from twofold.scope.fields import Ordered, Zone
from twofold.scope.people import AccountLink, Birthright, Calendar, Delegation, PersonEntry, RoleAuthority, Roster
from twofold.scope.system import System


class ScopeFile(Entry):
    """One scope file. Every key may stand in any file, once per file; the lists of all files are joined."""

    systems: Annotated[tuple[System, ...], Ordered] = Field(default=(), description="The systems of the company.")
    people: Annotated[tuple[PersonEntry, ...], Ordered] = Field(
        default=(), description="People whom no HR roster lists."
    )
    calendars: Annotated[tuple[Calendar, ...], Ordered] = Field(default=(), description="Working hours of sites.")
    rosters: Annotated[tuple[Roster, ...], Ordered] = Field(
        default=(), description="Who may approve what, from when to when."
    )
    role_authority: Annotated[tuple[RoleAuthority, ...], Ordered] = Field(
        default=(), description="Roles whose title carries a duty, where no dated roster exists."
    )
    delegations: Annotated[tuple[Delegation, ...], Ordered] = Field(default=(), description="Who acts for whom.")
    account_links: Annotated[tuple[AccountLink, ...], Ordered] = Field(
        default=(), description="Which account belongs to whom, where e-mail does not tell."
    )
    birthrights: Annotated[tuple[Birthright, ...], Ordered] = Field(
        default=(), description="Rights that a role gets without a request."
    )
    change_types: Annotated[tuple[ChangeType, ...], Ordered] = Field(
        default=(), description="Types of change ticket and what is asked of them."
    )
    standard_changes: Annotated[tuple[StandardChange, ...], Ordered] = Field(
        default=(), description="Pre-approved kinds of change."
    )
    pipeline_agreements: Annotated[tuple[PipelineAgreement, ...], Ordered] = Field(
        default=(), description="SOX: pipelines that the auditor accepts as independent deployers."
    )
    engagements: Annotated[tuple[Engagement, ...], Ordered] = Field(
        default=(), description="Audits and attestations with their periods."
    )
    controls: Annotated[tuple[ControlAssignment, ...], Ordered] = Field(
        default=(), description="Who owns which control."
    )
    parameters: Annotated[tuple[ParameterOverride, ...], Ordered] = Field(
        default=(), description="Thresholds of control tests that differ from the default."
    )


class Scope(ScopeFile):
    """What the scope files say, checked. Equal to another scope that says the same in other files or order."""

    reporting_zone: Zone = Field(description="IANA zone of all days in the scope.")

    def system(self, system_id: str) -> System | None:
        """Return the system with this id."""
        return next((system for system in self.systems if system.id == system_id), None)

    def engagement(self, engagement_id: str) -> Engagement | None:
        """Return the engagement with this id."""
        return next((engagement for engagement in self.engagements if engagement.id == engagement_id), None)

    def source_mapping(self) -> dict[str, str]:
        """Return `<source>:<object>` -> system id, as normalisers need it."""
        return {name: system.id for system in self.systems for name in sorted(system.sources)}

    def assignment(self, *, control_id: str, system: str, at: datetime) -> ControlAssignment | None:
        """Return who had the control for the system at a time; an entry that names the system wins over a general."""
        held = [entry for entry in self.controls if entry.id == control_id and at in entry.stretch]
        named = [entry for entry in held if system in entry.systems]
        general = [entry for entry in held if not entry.systems]
        return next(iter(named + general), None)

    def horizon(self) -> datetime | None:
        """Return the day after the last engagement ends, the limit for due occurrences; None without engagements."""
        ends = [engagement.period.ends_before for engagement in self.engagements]
        if not ends:
            return None
        return (max(ends).astimezone(zone_named(self.reporting_zone)) + timedelta(days=1)).astimezone(max(ends).tzinfo)

    def as_written(self) -> dict[str, Any]:
        """Return plain values under the keys of the files, defaults left out, `reporting_zone` included."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def canonical_scope_bytes(scope: Scope) -> bytes:
    """Return the scope as JSON with sorted keys: the same scope gives the same bytes, whatever its files look like."""
    return orjson.dumps(scope.as_written(), option=orjson.OPT_SORT_KEYS)


def read_canonical_scope(content: bytes) -> Scope:
    """Read what `canonical_scope_bytes` wrote, for example the scope that was applied last.

    Raises ValueError (orjson, pydantic) for other bytes: they are ours, so this is a fault of the program.
    """
    plain = orjson.loads(content)
    return Scope.model_validate(plain, context={"zone": plain["reporting_zone"]})


def controls_of(scope: Scope | None, *names: str) -> frozenset[str]:
    """Return the controls that a person owns, performs, supplies evidence for or steps in for, at any time.

    names: every name by which the person is known (`known_names`). For separation of duties: who gave a control away
    does not judge what was done while they had it.
    """
    if scope is None:
        return frozenset()
    return frozenset(
        each.id
        for each in scope.controls
        if any(part and same_person(part, name) for part in each.people for name in names)
    )
