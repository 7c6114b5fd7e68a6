"""Rewrites the table [storage] of twofold.toml and nothing else: every other line stays, with its comments."""

import json
import re
import tomllib

from twofold.model.problem import Problem, UserError

_TABLE = re.compile(r"^\s*\[")
_STORAGE = re.compile(r"^\s*\[\s*storage\s*\]\s*(#.*)?$")
_KEY = re.compile(r"""^\s*["']?(database|blobs)["']?\s*=""")


def with_storage(text: str, *, database: str, blobs: str) -> str:
    """Return the settings with log and bytes at these places; "" = in the workspace's own folder, which needs no line.

    Raises UserError where the table is written in a way that cannot be edited line by line.
    """
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if _STORAGE.match(line)), None)
    wanted = {name: value for name, value in (("database", database), ("blobs", blobs)) if value}
    new = [f"{name} = {json.dumps(value)}" for name, value in wanted.items()]
    if start is None:
        lines += ["", "[storage]", *new] if new else []
    else:
        end = next((at for at in range(start + 1, len(lines)) if _TABLE.match(lines[at])), len(lines))
        kept = [line for line in lines[start + 1 : end] if not _KEY.match(line)]
        while kept and not kept[-1].strip() and end == len(lines):
            kept.pop()
        lines[start:end] = [lines[start], *new, *kept]
    edited = "\n".join(lines) + "\n"
    _require(text, edited, wanted)
    return edited


def _require(before: str, after: str, wanted: dict[str, str]) -> None:
    """Read both again: only the table may differ, and it must say what is wanted."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
        site = {name: value for name, value in old.get("storage", {}).items() if name == "site"}
        fine = new.pop("storage", {}) == wanted | site and {**old, "storage": 0} == {**new, "storage": 0}
    except tomllib.TOMLDecodeError:
        fine = False
    if not fine:
        found = "the table [storage] cannot be edited as it is written"
        remedy = "write it as [storage] with one key a line, then run this again"
        raise UserError(Problem("twofold.toml", found, "[storage] with database = and blobs =", remedy))
