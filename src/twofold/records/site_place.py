"""Where the site keeps what is its own: accounts and sessions, and the secret that signs its cookies.

Its database is a SQLite file in the workspace, or a schema of PostgreSQL: where the log is, unless `site` of the
settings names another place. A password stands in no setting; libpq finds it where it always looks.
"""

import os
import secrets
from pathlib import Path

from twofold.scope.settings import SITE_HERE, Settings, load_settings
from twofold.vault.database.database_location import PostgresLocation, read_location

_FOLDER = Path(".twofold") / "site"
_SUFFIX = "_site"
_LONGEST_NAME = 63
"""Characters of a name in PostgreSQL."""


class SitePlace:
    """The folder `.twofold/site` of a workspace. It holds nothing that an audit relies on."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.folder = workspace / _FOLDER

    @property
    def database(self) -> Path:
        """SQLite file with accounts, sessions and the index that lists are read from."""
        return self.folder / "site.sqlite3"

    @property
    def postgres(self) -> PostgresLocation | None:
        """The schema of PostgreSQL that stands for the file; None where the file it is."""
        return site_location(load_settings(self.workspace))

    def make(self) -> None:
        """Make the folder, for its owner only."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def secret(self) -> str:
        """Return the secret that signs cookies; made once, readable by its owner only, never shown or logged."""
        self.make()
        path = self.folder / "secret"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            made = secrets.token_urlsafe(48)
            file.write(made)
        return made


def site_location(settings: Settings) -> PostgresLocation | None:
    """Return the schema of the site's database, None = a SQLite file; beside a log it is a schema of its own.

    >>> print(site_location(Settings("Acme", "UTC", database="postgresql://app@db/evidence?schema=acme")))
    postgresql://app@db/evidence schema acme_site
    """
    if settings.site == SITE_HERE or not (settings.site or settings.database):
        return None
    if settings.site:
        return read_location(settings.site)
    log = read_location(settings.database)
    return PostgresLocation(log.url, log.schema[: _LONGEST_NAME - len(_SUFFIX)] + _SUFFIX)
