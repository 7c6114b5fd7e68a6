"""Where the site keeps what is its own: accounts and sessions, and the secret that signs its cookies."""

import os
import secrets
from pathlib import Path

_FOLDER = Path(".twofold") / "site"


class SitePlace:
    """The folder `.twofold/site` of a workspace. It holds nothing that an audit relies on."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace / _FOLDER

    @property
    def database(self) -> Path:
        """SQLite file with accounts, sessions and the index that lists are read from."""
        return self.folder / "site.sqlite3"

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
