"""What the capture's parameters say about this company's Okta, and the names that its objects get."""

from dataclasses import dataclass

from twofold.model.instant import Instant, parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.tables.rows import NormaliseContext, SourceFile

EXCERPT = 120
"""Characters of a record that a SetAside shows."""
_CAUSES = "accessRequestId;ticket;groupRuleId;triggeredByGroupRuleId"


@dataclass(frozen=True, slots=True)
class OktaSettings:
    """Settings of one captured file; `system` is the id of Okta itself in the register."""

    system: str
    zone: str
    privileged_groups: frozenset[str]
    privileged_apps: frozenset[str]
    service_user_types: frozenset[str]
    cause_keys: tuple[str, ...]
    """Keys of debugContext.debugData that may name what caused a change, in order of preference."""
    context: NormaliseContext

    def instant(self, text: object) -> Instant:
        """Read Okta's time; raises ValueError that says what stood there."""
        if not isinstance(text, str):
            msg = f"{text!r} is no ISO 8601 time"
            raise ValueError(msg)  # noqa: TRY004 (callers set the record aside on ValueError, whatever stood there)
        return parse_instant(text, zone=self.zone)

    def group_system(self, name: str) -> str:
        """Return the system that a group opens."""
        return self.context.system_of("okta", f"group:{name}")

    def app_system(self, label: str) -> str:
        """Return the system that an application stands for."""
        return self.context.system_of("okta", f"app:{label}")

    def role_system(self, name: str) -> str:
        """Return the system that an administrator role opens: Okta itself, unless the scope files say otherwise."""
        return self.context.systems.get(f"okta:role:{name}", self.system)


def settings_of(file: SourceFile, context: NormaliseContext) -> OktaSettings:
    """Read the parameters of a capture; raises UserError for an unknown zone."""
    parameters = file.evidence.provenance.parameters
    zone = parameters.get("zone") or context.zone
    try:
        if zone:
            zone_named(zone)
    except ValueError as error:
        where = f"{file.evidence.name}, parameter zone"
        raise UserError(Problem(where, str(error), "", "correct it in exports.toml and capture again")) from error
    return OktaSettings(
        system=parameters.get("system") or "okta",
        zone=zone,
        privileged_groups=frozenset(_parts(parameters.get("privileged_groups", ""))),
        privileged_apps=frozenset(_parts(parameters.get("privileged_apps", ""))),
        service_user_types=frozenset(part.lower() for part in _parts(parameters.get("service_user_types", ""))),
        cause_keys=tuple(_parts(parameters.get("cause_keys") or _CAUSES)),
        context=context,
    )


def account(user_id: object) -> str:
    """Return the account id of an Okta user or other actor."""
    return f"okta:{user_id}"


def group_right(name: str) -> str:
    """Return the access_right id of a group."""
    return f"okta:group:{name}"


def app_right(label: str) -> str:
    """Return the access_right id of an application."""
    return f"okta:app:{label}"


def role_right(name: str) -> str:
    """Return the access_right id of an administrator role."""
    return f"okta:role:{name}"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
