"""A package as one zip file, and the way back. Names are sorted and times fixed, so equal folders give equal bytes.

Reading refuses what a hostile zip may hold: paths that climb or are absolute, links, a name twice, and bombs.
"""

import shutil
import stat
import zipfile
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.reports.bag import BAGIT, TAG_MANIFEST, is_portable
from twofold.reports.contents import file_name

GREATEST_FILES = 200_000
GREATEST_BYTES = 50 * 2**30
"""Bytes after unpacking."""
GREATEST_RATIO = 200
"""Unpacked to packed; exports of JSON reach about 40."""
_SMALL = 64 * 2**20
"""Below this many bytes the ratio does not matter."""
_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


def zip_package(folder: Path) -> Path:
    """Write `<folder>.zip` beside a package folder and return it; raises UserError when it is there already."""
    target = folder.with_name(f"{folder.name}.zip")
    if target.exists():
        raise UserError(Problem(str(target), "it exists already", "a new file", "remove it or name another folder"))
    partial = target.with_name(f".{target.name}.partial")
    top = file_name(folder.name)
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                entry = zipfile.ZipInfo(f"{top}/{path.relative_to(folder).as_posix()}", _TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as into:
                    shutil.copyfileobj(source, into, _CHUNK)
        partial.rename(target)
    except OSError as error:
        found = f"the zip could not be written ({error.strerror or error})"
        raise UserError(Problem(str(target), found, "nothing was left behind", "see that the disk has room")) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def unzip_package(archive_path: Path, into: Path) -> Path:
    """Unpack a zipped package below `into` and return its folder; raises UserError for anything but a plain package."""
    try:
        with zipfile.ZipFile(archive_path) as archive:
            entries = archive.infolist()
            problems = _zip_problems(archive_path, entries)
            if problems:
                raise UserError(problems[:20])
            for entry in entries:
                _unpack(archive, entry, into)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        # zipfile says RuntimeError for an encrypted entry, NotImplementedError for an unknown packing.
        raise UserError(
            Problem(
                str(archive_path),
                f"it cannot be unpacked, and may be cut off: {error}",
                "a zip made by twofold",
                "ask for it again",
            )
        ) from error
    folder = into / entries[0].filename.split("/")[0]
    if not any((folder / name).is_file() for name in (BAGIT, TAG_MANIFEST)):
        found = "this zip is no audit package"
        raise UserError(Problem(str(archive_path), found, f"one folder with {BAGIT} in it", "check the path"))
    return folder


def _zip_problems(archive_path: Path, entries: list[zipfile.ZipInfo]) -> list[Problem]:
    where = str(archive_path)
    if not entries:
        return [Problem(where, "the zip is empty", "a package")]
    names = [entry.filename for entry in entries]
    total = sum(entry.file_size for entry in entries)
    problems = []
    if len(names) > GREATEST_FILES or total > GREATEST_BYTES:
        problems.append(
            Problem(
                where,
                f"it would unpack to {len(names):,} files and {total:,} bytes",
                f"at most {GREATEST_FILES:,} files and {GREATEST_BYTES:,} bytes",
                "unpack it where you have room and check the folder",
            )
        )
    if total > _SMALL and total > GREATEST_RATIO * archive_path.stat().st_size:
        problems.append(
            Problem(
                where,
                f"it would grow to {total:,} bytes, as a zip bomb does",
                f"at most {GREATEST_RATIO} times its size",
            )
        )
    for entry in entries:
        if not is_portable(entry.filename) or "/" not in entry.filename:
            problems.append(
                Problem(
                    where, f"the name {entry.filename[:200]!r}", "one folder with lower-case names of a-z 0-9 . _ -"
                )
            )
        elif stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(Problem(where, f"{entry.filename} is a link", "plain files"))
    if len(set(names)) != len(names):
        problems.append(Problem(where, "a name stands twice", "each file once"))
    if len({name.split("/")[0] for name in names}) > 1:
        problems.append(Problem(where, "there is more than one folder at the top", "one package"))
    return problems


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path) -> None:
    path = into / entry.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, path.open("xb") as target:
        written = 0
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > entry.file_size:
                msg = f"{entry.filename} is longer than the zip says"
                raise zipfile.BadZipFile(msg)
            target.write(chunk)
