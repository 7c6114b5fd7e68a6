"""The files that a new workspace starts with: SOC 2 only, few systems, every key explained where it stands."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from twofold.scope.settings import FILE, read_settings

_STARTER = Path(__file__).parent / "starter"
_NO_STORAGE = '# [storage]\n# database = "postgresql://user@host/database?schema=acme"'
_LEAP = (2, 29)
_DELETE = "\x7f"


def starter_files(
    *, company: str, reporting_zone: str, starts_on: date, storage: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return path in the workspace -> text: `twofold.toml` and the files of `scope/`.

    storage: keys of [storage] with their values, None = everything is kept in the folder.
    starts_on: first day of labels and of the one engagement, which lasts a year.
    Raises UserError for a name or zone that cannot stand in the settings.
    """
    values = {
        "company": _toml_text(company),
        "zone": _toml_text(reporting_zone),
        "storage": _storage_text(storage or {}),
        "starts_on": starts_on.isoformat(),
        "ends_on": _a_year_later(starts_on).isoformat(),
    }
    files: dict[str, str] = {}
    for path in sorted(each for each in _STARTER.rglob("*") if each.suffix in {".toml", ".yaml"}):
        text = path.read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        files[path.relative_to(_STARTER).as_posix()] = text
        if path.name == FILE:
            read_settings(text.encode())
    return files


def _a_year_later(day: date) -> date:
    """Return the last day of the year that begins with `day`."""
    same = date(day.year + 1, 3, 1) if (day.month, day.day) == _LEAP else day.replace(year=day.year + 1)
    return same - timedelta(days=1)


def _storage_text(storage: Mapping[str, str]) -> str:
    lines = [f'{key} = "{_toml_text(value)}"' for key, value in sorted(storage.items())]
    return "\n".join(["[storage]", *lines]) if lines else _NO_STORAGE


def _toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(letter if letter >= " " and letter != _DELETE else f"\\u{ord(letter):04X}" for letter in escaped)
