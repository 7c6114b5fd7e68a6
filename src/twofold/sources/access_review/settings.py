"""What both forms of an access review need: the zone of the times, and decisions in one spelling."""

from twofold.model.instant import Instant, parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.tables.rows import NormaliseContext, SourceFile

EXCERPT = 120
"""Characters of a record that a SetAside shows."""
_DECISIONS = {
    "approve": "approve",
    "approved": "approve",
    "certify": "approve",
    "certified": "approve",
    "keep": "approve",
    "revoke": "revoke",
    "revoked": "revoke",
    "remove": "revoke",
    "removed": "revoke",
    "modify": "modify",
    "modified": "modify",
    "": "",
    "unreviewed": "",
    "no response": "",
    "pending": "",
    "none": "",
}


def zone_of(file: SourceFile, context: NormaliseContext) -> str:
    """Return the zone of the file's times; raises UserError where the parameter names none that exists."""
    zone = file.evidence.provenance.parameters.get("zone") or context.zone
    try:
        if zone:
            zone_named(zone)
    except ValueError as error:
        where = f"{file.evidence.name}, parameter zone"
        raise UserError(Problem(where, str(error), "", "correct it in exports.toml and capture again")) from error
    return zone


def decision_of(text: str) -> str:
    """Return approve, revoke, modify or "" (silence, which is no approval); raises ValueError for another word."""
    try:
        return _DECISIONS[text.strip().lower().replace("_", " ")]
    except KeyError as error:
        msg = f"the decision {text!r} is none of approve, revoke, modify or empty"
        raise ValueError(msg) from error


def optional_instant(text: str, *, zone: str) -> Instant | None:
    """Read a time, None where there is none."""
    return parse_instant(text, zone=zone) if text.strip() else None
