"""Make a new workspace: settings, starter scope files, an empty vault. Nothing is half made."""

import shutil
import tempfile
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import INNER
from twofold.scope.schema import scope_schema
from twofold.scope.settings import load_settings
from twofold.scope.starter_files import starter_files
from twofold.vault.store import Vault


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What `init` made: the folder and the files a person edits."""

    root: Path
    files: tuple[str, ...]


def init_workspace(root: Path, *, company: str, reporting_zone: str, actor: str, at: datetime) -> NewWorkspace:
    """Make a workspace with starter files in an empty or new folder; raises UserError where something lies there."""
    try:
        zone_named(reporting_zone)
    except ValueError as error:
        raise UserError(Problem("--zone", str(error), "an IANA zone", "for example America/New_York")) from error
    files = starter_files(company=company, reporting_zone=reporting_zone, starts_on=at.date().replace(day=1))
    make_workspace(root, {name: text.encode() for name, text in files.items()}, actor=actor, at=at)
    return NewWorkspace(root, tuple(sorted(files)))


def make_workspace(root: Path, files: dict[str, bytes], *, actor: str, at: datetime) -> None:
    """Make a workspace with these files (`twofold.toml`, `scope/...`) and an empty vault, in one move."""
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
        load_settings(building)
        log_id = uuid.uuid4().hex
        Vault.create(
            building / INNER / "vault", origin=f"twofold/{log_id[:12]}", log_id=log_id, actor=actor, at=at
        ).close()
        schema = orjson.dumps(scope_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        (building / INNER / "scope.schema.json").write_bytes(schema)
        building.chmod(0o750)
        if root.exists():
            root.rmdir()
        building.rename(root)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
