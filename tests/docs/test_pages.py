"""Docs that cannot rot: links lead somewhere, calls can be typed, and every command and option is written down."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from twofold.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
COMMAND = typer.main.get_command(app)
EVERYWHERE = {"--help", "--json", "--workspace", "-w"}
_LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)[^)]*\)")
_CALL = re.compile(r"^ +(?:\$ )?(twofold (?:.*\\\n)*.*)$", re.MULTILINE)
_REMARK = re.compile(r" +# .*| \| .*")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with its name in words."""
    held = getattr(command, "commands", None)
    if held is None:
        yield path, command
        return
    for name, each in held.items():
        yield from commands(each, (*path, name))


def parse(words: list[str]) -> None:
    """Read the words as the command would, without running it; raises where one is unknown or missing."""
    command: Any = COMMAND
    rest = words
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(command.name, list(rest)).close()


def calls(page: Path) -> list[str]:
    """Return the calls of twofold in the page's blocks, without remarks and what they are piped into."""
    found = _CALL.findall(page.read_text(encoding="utf-8"))
    return [_REMARK.sub("", call).strip() for call in found]


def test_pages_are_there() -> None:
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    assert {"README.md", "docs/tutorial.md", "docs/line.md", "docs/howto/answer-a-finding.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_calls_can_be_typed(page: Path) -> None:
    for call in calls(page):
        words = shlex.split(call.replace("\\\n", " "))
        try:
            parse(words[1:])
        except (typer.TyperException, KeyError) as error:
            pytest.fail(f"{page.name}: {call}: {error}")


def test_calls_are_found_at_all() -> None:
    assert len(calls(ROOT / "README.md")) > 10
    assert len(calls(ROOT / "docs" / "tutorial.md")) > 8


@pytest.mark.parametrize(
    ("path", "command"), list(commands(COMMAND)), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_is_written_down(path: tuple[str, ...], command: Any) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert f"twofold {' '.join(path)}" in text

    for parameter in command.params:
        assert getattr(parameter, "help", None) or parameter.name == "help", (path, parameter.name)
        for option in parameter.opts:
            if option.startswith("--") and option not in EVERYWHERE:
                shown = command.get_help(command.make_context(command.name, [], resilient_parsing=True))
                assert option in shown, (path, option)


def test_how_tos_are_reachable_from_the_tutorial() -> None:
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")

    for page in sorted((ROOT / "docs" / "howto").glob("*.md")):
        assert f"(howto/{page.name})" in tutorial, page.name


def test_exit_codes_in_the_readme_are_those_of_the_program() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())

    for part in ("0 done", "1 a check did not hold", "2 faulty input", "3 done in part", "130 interrupted"):
        assert part in readme
