"""Reads a repository's history with git and writes it as JSON Lines, one commit a line, ready to be captured.

It changes nothing and runs nothing that the repository brings: no hook, alias, pager, mail map or file-system monitor,
and no replaced or grafted commit. It refuses a shallow clone, whose history is cut off without a sign.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NoReturn

import orjson

from twofold.model.problem import Problem, UserError

_FIELDS = {
    "sha": "%H",
    "parents": "%P",
    "tree": "%T",
    "author_name": "%an",
    "author_email": "%ae",
    "author_date": "%aI",
    "committer_name": "%cn",
    "committer_email": "%ce",
    "commit_date": "%cI",
    "message": "%B",
}
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
    "log.mailmap=false",
    "i18n.logOutputEncoding=UTF-8",
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
_CHUNK = 1 << 16


def git_history(repository: Path, rev: str = "HEAD") -> Iterator[bytes]:
    """Yield one line of JSON for each commit that `rev` reaches, parents before children.

    Raises UserError where git, the repository or the revision is missing, or the clone is shallow; it may come late,
    so the caller keeps no output of a call that raised.
    """
    git = shutil.which("git")
    if git is None:
        _refuse("git", "the command git was not found", "git 2.24 or newer on PATH", "install git")
    if rev.startswith("-") or not rev:
        _refuse("git", f"{rev!r} is no revision", "a branch, tag or commit", "name a branch, for example main")
    command = [git, "--no-pager", *(part for setting in _SETTINGS for part in ("-c", setting)), "-C", str(repository)]
    shallow = b"".join(_output([*command, "rev-parse", "--is-shallow-repository"])).strip()
    if shallow != b"false":
        found = "the clone is shallow, so its history is cut off"
        _refuse(str(repository), found, "a full clone", "run git fetch --unshallow and read it again")
    form = "%x00".join(_FIELDS.values())
    arguments = ["log", "--reverse", "--topo-order", "--no-show-signature", "--no-notes", "--no-color", "-z"]
    yield from _lines(_output([*command, *arguments, f"--format=tformat:{form}", "--end-of-options", rev, "--"]))


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Cut git's answer, fields and commits separated by NUL, into commits."""
    rest = b""
    fields: list[bytes] = []
    for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\0")
        for value in complete:
            fields.append(value)
            if len(fields) == len(_FIELDS):
                yield _line(fields)
                fields = []


def _line(fields: list[bytes]) -> bytes:
    values: dict[str, object] = {
        name: value.decode("utf-8", "replace") for name, value in zip(_FIELDS, fields, strict=True)
    }
    values["parents"] = str(values["parents"]).split()
    values["message"] = str(values["message"]).rstrip("\n")
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _output(command: list[str]) -> Iterator[bytes]:
    """Yield what the command prints; raises UserError with its own words where it fails."""
    with subprocess.Popen(  # noqa: S603  an argument list without a shell, the revision behind --end-of-options
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_ENVIRONMENT
    ) as process:
        yield from _chunks(process.stdout)
        complaint = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
        if process.wait() != 0:
            _refuse("git", complaint, "a repository and a revision in it", "check both and run it again as its owner")


def _chunks(stream: IO[bytes] | None) -> Iterator[bytes]:
    while stream is not None and (chunk := stream.read(_CHUNK)):
        yield chunk


def _refuse(where: str, found: str, expected: str, remedy: str) -> NoReturn:
    raise UserError(Problem(where, found, expected, remedy))
