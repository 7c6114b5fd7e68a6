"""Writes a scope back as YAML files, so that what was edited elsewhere can be reviewed as text.

Loading the files gives an equal scope. Order and spelling depend on the content only; comments of the files that the
scope was once read from are not kept, since the scope does not hold them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from twofold.scope.register import Scope

MODELINE = "# yaml-language-server: $schema=../.twofold/scope.schema.json"
FILES: Mapping[str, tuple[str, ...]] = {
    "systems.yaml": ("systems",),
    "people.yaml": ("people", "rosters", "role_authority", "delegations", "account_links", "birthrights"),
    "calendars.yaml": ("calendars",),
    "changes.yaml": ("change_types", "standard_changes", "pipeline_agreements"),
    "engagements.yaml": ("engagements",),
    "controls.yaml": ("controls", "parameters"),
}
"""File -> sections that are written to it."""
_HEADS = {
    "systems.yaml": "Systems, their dated labels, what they serve and what is due on them.",
    "people.yaml": "Who may approve what and from when to when, and which account belongs to whom.",
    "calendars.yaml": "Working hours and days without work.",
    "changes.yaml": "Types of change ticket, pre-approved changes, agreements on pipelines.",
    "engagements.yaml": "Audits and attestations with their review periods; both days are inclusive.",
    "controls.yaml": "Who owns which control, and thresholds that differ from the default.",
}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@()-]*(?: [A-Za-z0-9_./@()-]+)*|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.+Z-]+)?")
_WORDS_WITH_MEANING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
_BASIC_PLANE = 0xFFFF


def export(scope: Scope) -> dict[str, str]:
    """Return file name -> text for every file that has something to say; a scope without entries gives one file."""
    written = scope.as_written()
    texts: dict[str, str] = {}
    for file, sections in FILES.items():
        present = {section: written[section] for section in sections if section in written}
        if present:
            texts[file] = "\n".join([MODELINE, f"# {_HEADS[file]}", *_mapping(present, "")]) + "\n"
    return texts or {"systems.yaml": f"{MODELINE}\n# {_HEADS['systems.yaml']}\nsystems: []\n"}


def _mapping(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{key}:"
            for entry in value:
                first, *rest = _mapping(entry, f"{indent}    ")
                yield f"{indent}  - {first.lstrip()}"
                yield from rest
        else:
            yield f"{indent}{key}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(part) for part in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else repr(value)


def stands_plain(text: str) -> bool:
    """Whether a text can stand in a file without quotes and is read as the same text by every reader of YAML."""
    return _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS_WITH_MEANING


def _quoted(text: str) -> str:
    if stands_plain(text):
        return text
    return f'"{"".join(_letter(letter) for letter in text)}"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04X}" if ord(letter) <= _BASIC_PLANE else f"\\U{ord(letter):08X}"
