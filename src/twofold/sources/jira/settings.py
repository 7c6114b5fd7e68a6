"""What the capture's parameters say about this company's Jira: custom fields, states that decide, the import time."""

from collections.abc import Mapping
from dataclasses import dataclass

from twofold.model.instant import Instant, parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.tables.rows import NormaliseContext, SourceFile

_DEFAULT_REJECTED = "Rejected;Declined"
_DEFAULT_WITHDRAWN = "Reopened;Withdrawn;Cancelled;Canceled"
_OWN_FIELDS = ("emergency", "uat", "risk", "rollback_plan")
"""Fields that rules know by these names whatever the company calls them."""


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """Settings of one captured file. States are compared without regard to case."""

    zone: str
    fields: Mapping[str, str]
    """Role of a custom field ("risk") -> its id or display name, lower case."""
    approved: frozenset[str]
    rejected: frozenset[str]
    withdrawn: frozenset[str]
    """States that take an approval back: the rejected ones, and those of a ticket that starts again."""
    history_apart: bool
    """The full histories were captured beside this file, as kind changelogs."""
    migrated_at: Instant | None

    def canonical_field(self, name: str, field_id: str) -> str | None:
        """Return the role of a custom field by its id or display name; None if no parameter names it."""
        spellings = {name.strip().lower(), field_id.strip().lower()}
        return next((role for role in _OWN_FIELDS if self.fields.get(role) in spellings), None)


def settings_of(file: SourceFile, context: NormaliseContext, *, approved_parameter: str) -> JiraSettings:
    """Read the parameters of a capture; raises UserError for an unknown zone or an unreadable import time."""
    parameters = file.evidence.provenance.parameters
    zone = parameters.get("zone") or context.zone
    problems: list[Problem] = []
    migrated: Instant | None = None
    try:
        if zone:
            zone_named(zone)
        if text := parameters.get("migrated_at", ""):
            migrated = parse_instant(text, zone=zone)
    except ValueError as error:
        problems.append(
            Problem(f"{file.evidence.name}, parameters", str(error), "", "correct it in exports.toml and capture again")
        )
    if problems:
        raise UserError(problems)
    rejected = _states(parameters.get("rejected_states") or _DEFAULT_REJECTED)
    return JiraSettings(
        zone=zone,
        fields={
            name.removeprefix("field_"): text.strip().lower()
            for name, text in parameters.items()
            if name.startswith("field_") and text.strip()
        },
        approved=_states(parameters.get(approved_parameter) or "Approved"),
        rejected=rejected,
        withdrawn=rejected | _states(parameters.get("withdrawn_states") or _DEFAULT_WITHDRAWN),
        history_apart=parameters.get("history") == "changelogs",
        migrated_at=migrated,
    )


def _states(text: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in text.split(";") if part.strip())
