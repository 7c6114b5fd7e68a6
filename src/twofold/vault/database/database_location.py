"""Where a log lies when it lies in PostgreSQL: a URL without a password, and the schema inside that database.

`postgresql://user@host:port/database?schema=acme`; what else stands after the question mark goes to libpq as it is.
A password is refused here, since the URL is kept in a settings file and shown in messages.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

SCHEMES = ("postgresql", "postgres")
DEFAULT_SCHEMA = "twofold"
PASSWORD_WAYS = "the environment variable PGPASSWORD, the file ~/.pgpass, or a service file named by ?service="  # noqa: S105 - a help text

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_RESERVED = re.compile(r"pg_.*|public|information_schema")


@dataclass(frozen=True, slots=True)
class PostgresLocation:
    """A database and a schema in it. `url` is for libpq: without the schema, and never with a password."""

    url: str
    schema: str

    def __str__(self) -> str:
        return f"{self.url} schema {self.schema}"


def read_location(text: str) -> PostgresLocation:
    """Read the URL of a log in PostgreSQL; raises ValueError that says what is wrong and never quotes a password."""
    try:
        parts = urlsplit(text)
        queries = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        msg = "it is not a URL such as postgresql://user@host/database?schema=acme"
        raise ValueError(msg) from error
    if parts.scheme not in SCHEMES:
        msg = "it does not begin with postgresql://"
        raise ValueError(msg)
    user_info = parts.netloc.rpartition("@")[0]
    if ":" in user_info or any(name in {"password", "sslpassword"} for name, _ in queries):
        msg = f"it holds a password, which must not be kept here; use {PASSWORD_WAYS}"
        raise ValueError(msg)
    schemas = [value for name, value in queries if name == "schema"]
    schema = schemas[0] if schemas else DEFAULT_SCHEMA
    if len(schemas) > 1 or not _SCHEMA.fullmatch(schema) or _RESERVED.fullmatch(schema):
        msg = f"the schema {schema[:80]!r} is no name of lower-case letters, digits and _ that a log can have alone"
        raise ValueError(msg)
    query = urlencode([(name, value) for name, value in queries if name != "schema"])
    url = f"postgresql://{parts.netloc}{parts.path}{'?' if query else ''}{query}"
    return PostgresLocation(url, schema)
