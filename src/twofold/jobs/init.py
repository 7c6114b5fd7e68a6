"""Make a new workspace: settings, starter scope files, a signing key, an empty vault. Nothing is half made."""

import shutil
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from twofold.jobs.signing_key import NewKey, keep_new_key
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER
from twofold.scope.schema import scope_schema
from twofold.scope.settings import load_settings
from twofold.scope.starter_files import starter_files
from twofold.vault.signing.keys import SigningKey
from twofold.vault.store import Vault


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What `init` made: the folder, the files a person edits, and the public key as a C2SP verifier key."""

    root: Path
    files: tuple[str, ...]
    vkey: str


def init_workspace(
    root: Path,
    *,
    company: str,
    reporting_zone: str,
    key: NewKey,
    actor: str,
    at: datetime,
    storage: Mapping[str, str] | None = None,
) -> NewWorkspace:
    """Make a workspace with starter files in an empty or new folder; raises UserError where something lies there.

    company: one line of plain text.

    storage: keys of [storage] in the settings, such as database, with their values; None = all stays in the folder.
    """
    if not company.strip() or not company.isprintable():
        found = "it holds a control character" if company.strip() else "it is empty"
        raise UserError(Problem("--company", found, "the company's name in one line of plain text", "write it again"))
    try:
        zone_named(reporting_zone)
    except ValueError as error:
        raise UserError(Problem("--zone", str(error), "an IANA zone", "for example America/New_York")) from error
    starts_on = at.date().replace(day=1)
    files = starter_files(company=company, reporting_zone=reporting_zone, starts_on=starts_on, storage=storage or {})
    vkey = make_workspace(root, {name: text.encode() for name, text in files.items()}, key=key, actor=actor, at=at)
    return NewWorkspace(root, tuple(sorted(files)), vkey)


def make_workspace(root: Path, files: dict[str, bytes], *, key: NewKey, actor: str, at: datetime) -> str:
    """Make a workspace with these files (`twofold.toml`, `scope/...`), a signing key and an empty vault, in one move.

    Returns the public key. Raises UserError where something lies there, or for a passphrase that is too short.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UserError(
            Problem(str(root), "something lies there already", "an empty or new folder", "name another folder")
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".twofold-init-", dir=root.parent))
    try:
        for name, content in files.items():
            target = building / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        settings = load_settings(building)
        log_id = uuid.uuid4().hex
        signing_key = SigningKey.generate(f"twofold/{log_id[:12]}")
        (building / INNER).mkdir()
        keep_new_key(building / INNER, signing_key, key, log_id=log_id)
        schema = orjson.dumps(scope_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        (building / INNER / "scope.schema.json").write_bytes(schema)
        # The vault comes last: what is made elsewhere, as in PostgreSQL, does not go when this folder does.
        Vault.create(
            building / INNER / "vault",
            origin=signing_key.name,
            log_id=log_id,
            key=signing_key.vkey,
            actor=actor,
            at=at,
            database=settings.database,
            blobs=settings.blobs,
        ).close()
        building.chmod(0o750)
        if root.exists():
            root.rmdir()
        building.rename(root)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return signing_key.vkey
