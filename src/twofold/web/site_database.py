"""The site's database: a SQLite file of the workspace, or a schema of PostgreSQL, as Django is told of it."""

from typing import Any

from twofold.records.site_place import SitePlace
from twofold.vault.database.database_location import PostgresLocation

_CONNECT_SECONDS = 10
_SQLITE = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384;",
}


def database_settings(place: SitePlace | None) -> dict[str, Any]:
    """Return Django's settings of the database; without a workspace it is in memory."""
    location = place.postgres if place else None
    if location is not None:
        return _postgres(location)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(place.database) if place else ":memory:",
        "CONN_MAX_AGE": None,
        "OPTIONS": _SQLITE,
    }


def _postgres(location: PostgresLocation) -> dict[str, Any]:
    """Take the URL apart, as libpq would; no password is in it, libpq finds that where it always looks."""
    # Only here, as the package is an extra of its own.
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    parts: dict[str, Any] = dict(conninfo_to_dict(location.url))
    options = f"{parts.pop('options', '')} -c search_path={location.schema},pg_temp".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": _CONNECT_SECONDS, **parts, "options": options},
    }


def make_schema(location: PostgresLocation) -> None:
    """Make the schema where it is missing. Who may not make one can use one that was made for them."""
    from django.db import connection  # noqa: PLC0415  settings are read before

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [location.schema])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE SCHEMA "{location.schema}"')
