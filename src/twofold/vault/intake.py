"""Opens what a person hands over (a file, a folder or a .zip) as a list of plain files with their names.

Refused: archives that unpack to far more than they hold, paths that climb out, absolute paths, links that
leave the folder, links and encrypted files in archives, and names that differ only in case. Every limit is
checked on the bytes as they come out, since what an archive says about itself proves nothing. A name inside
an archive is data: the unpacked files are numbered. This module captures nothing.
"""

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.names import name_fault, shown

CHUNK = 1024 * 1024
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Other methods can unpack a few bytes into gigabytes in one step, past any check."""


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """How much one folder or archive may hold."""

    files: int = 100_000
    unpacked_bytes: int = 64 * 1024**3
    ratio: int = 200
    """Bytes unpacked for each byte of the archive file; text exports seldom pass 50, deflate can reach 1,032."""
    ratio_from_bytes: int = 64 * 1024**2
    """The ratio counts from here on; less does no harm."""


@dataclass(frozen=True, slots=True)
class IntakeFile:
    """A plain file to capture: where it can be read, and its name (with slashes) in the folder or archive."""

    path: Path
    name: str


DEFAULT_LIMITS = IntakeLimits()


def open_intake(path: Path, *, into: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> list[IntakeFile]:
    """List the plain files of `path`, in order of name; an archive is unpacked to numbered files in `into`.

    `into` must be empty or not there yet; a file or folder leaves it alone. Only a name that ends in .zip is
    taken for an archive, so that a workbook stays one file. Raises UserError with everything that is wrong;
    then nothing is left in `into`.
    """
    try:
        if path.is_dir():
            return _folder_files(path, limits)
        if not path.is_file():
            raise UserError(Problem(shown(str(path)), "there is no such file or folder", "a file, a folder or a .zip"))
        if path.suffix.lower() != ".zip":
            return _accepted(path, [IntakeFile(path, path.name)], _name_problems(str(path.parent), [path.name]))
        return _archive_files(path, into, limits)
    except zipfile.BadZipFile as error:
        raise UserError(_not_readable(path, str(error))) from error
    except OSError as error:
        raise UserError(Problem(shown(str(path)), f"could not be read ({error.strerror or error})")) from error


def _folder_files(folder: Path, limits: IntakeLimits) -> list[IntakeFile]:
    root = folder.resolve()
    found: list[IntakeFile] = []
    problems: list[Problem] = []
    for path in _walk(folder, problems):
        name = path.relative_to(folder).as_posix()
        if len(found) >= limits.files:
            raise UserError(_too_many(folder, limits))
        if path.is_file() and not path.resolve().is_relative_to(root):
            problems.append(Problem(shown(str(path)), "the link leads out of the folder", "files of the folder itself"))
        elif not path.is_file():
            problems.append(
                Problem(shown(str(path)), "this is no plain file (a link, a device or a pipe)", "a plain file")
            )
        else:
            found.append(IntakeFile(path, name))
    problems += _name_problems(str(folder), [file.name for file in found])
    return _accepted(folder, found, problems)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Give everything below a folder but its folders; a link to a folder is given, not followed."""

    def note(error: OSError) -> None:
        problems.append(Problem(shown(str(error.filename)), f"the folder could not be read ({error.strerror})"))

    for top, folders, files in os.walk(folder, onerror=note):
        folders.sort()
        yield from (Path(top, name) for name in folders if Path(top, name).is_symlink())
        yield from (Path(top, name) for name in sorted(files))


def _archive_files(path: Path, into: Path, limits: IntakeLimits) -> list[IntakeFile]:
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise UserError(Problem(str(into), "the folder to unpack to is not empty", "an empty folder"))
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > limits.files:
            raise UserError(_too_many(path, limits))
        problems = [problem for member in members for problem in _member_problems(path, member)]
        problems += _name_problems(str(path), [_member_name(member) for member in members])
        if problems:
            raise UserError(problems)
        return _accepted(path, _unpack(path, archive, members, into, limits), [])


def _unpack(
    path: Path, archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], into: Path, limits: IntakeLimits
) -> list[IntakeFile]:
    found = [IntakeFile(into / f"{number:06d}", _member_name(member)) for number, member in enumerate(members)]
    left, kept = _bytes_allowed(path.stat().st_size, limits), False
    try:
        for member, file in zip(members, found, strict=True):
            with archive.open(member) as source, file.path.open("xb") as target:
                while chunk := source.read(min(CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        raise UserError(_bomb(path, limits))
                    target.write(chunk)
        kept = True
    except (zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(_not_readable(path, str(error))) from error
    finally:
        if not kept:
            for file in found:
                file.path.unlink(missing_ok=True)
    return found


def _bytes_allowed(archive_size: int, limits: IntakeLimits) -> int:
    """Measure against the file as it lies there: members that share bytes do not make the archive larger."""
    return min(limits.unpacked_bytes, max(limits.ratio_from_bytes, limits.ratio * archive_size))


def _member_name(member: zipfile.ZipInfo) -> str:
    return member.orig_filename.replace("\\", "/")


def _member_problems(path: Path, member: zipfile.ZipInfo) -> list[Problem]:
    name = _member_name(member)
    where = f"{shown(path.name)}: {shown(name)}"
    parts = name.split("/")
    mode = member.external_attr >> 16
    faults = []
    if name.startswith("/") or parts[0].endswith(":"):
        faults.append(("the path is absolute", "paths inside the archive"))
    if ".." in parts:
        faults.append(("the path climbs out of the archive", "paths without '..'"))
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        faults.append(("this is a link or a device, not a file", "plain files"))
    if member.flag_bits & _ENCRYPTED:
        faults.append(("the file is encrypted", "an archive without a password"))
    if member.compress_type not in _METHODS:
        faults.append(("the file is packed by an unusual method", "deflate, the usual method, or none"))
    remedy = "unpack it yourself and capture the folder"
    return [Problem(where, found, expected, remedy) for found, expected in faults]


def _name_problems(where: str, names: Sequence[str]) -> list[Problem]:
    """Find names that cannot be kept, and names that are one name on a system that ignores case."""
    problems, seen, folded_seen = [], set[str](), dict[str, str]()
    for name in names:
        if fault := name_fault(name):
            problems.append(Problem(f"{shown(where)}: {shown(name)}", fault, "a readable name", "rename the file"))
            continue
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if (other := folded_seen.setdefault(folded, name)) != name:
            found, expected = f"{name!r} and {other!r} differ only in case", "one name for one file"
            problems.append(Problem(shown(where), found, expected, "rename one of them"))
        elif name in seen:
            problems.append(Problem(shown(where), f"{name!r} is there more than once", "one name for one file"))
        seen.add(name)
    return problems


def _accepted(path: Path, found: list[IntakeFile], problems: list[Problem]) -> list[IntakeFile]:
    if not problems and not found:
        problems = [Problem(shown(str(path)), "there is no file in it", "at least one file")]
    if problems:
        raise UserError(problems)
    return sorted(found, key=lambda file: file.name)


def _too_many(path: Path, limits: IntakeLimits) -> Problem:
    found, expected = f"it holds more than {limits.files:,} files", "fewer files at a time"
    return Problem(shown(str(path)), found, expected, "capture it in parts")


def _bomb(path: Path, limits: IntakeLimits) -> Problem:
    found = f"it unpacks to far more than its {path.stat().st_size:,} bytes promise; unpacking was stopped"
    expected = f"at most {limits.ratio} times its size, and {limits.unpacked_bytes:,} bytes"
    return Problem(shown(str(path)), found, expected, "unpack it yourself and capture the folder")


def _not_readable(path: Path, found: str) -> Problem:
    return Problem(shown(str(path)), f"the archive could not be read ({found})", "a whole .zip file", "make it again")
