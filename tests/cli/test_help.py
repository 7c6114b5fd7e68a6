"""Help, misuse, version and completion, as a stranger meets them."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from twofold import __version__
from twofold.cli.main import app
from twofold.cli.output import EXIT_CODES_HELP

Call = Callable[..., Any]
SOURCE = Path(__file__).parents[2] / "src"
ROOT = typer.main.get_command(app)
COMMANDS = ["init", "capture", "test", "judge", "status", "explain", "package", "verify", "cases", "demo"]
CALLS = [*([name] for name in COMMANDS), ["scope", "plan"], ["scope", "apply"], ["scope", "export"]]
CALLS += [["dispose"], ["sign-off"], ["answer"], ["order"]]
CALLS += [["request", each] for each in ("add", "list", "accept", "return", "withdraw")]
CALLS += [["retention", each] for each in ("plan", "delete", "policy")]
CALLS += [["hold", each] for each in ("place", "release", "list")]
CALLS += [["checkpoint"], ["key", "show"], ["key", "export"], ["key", "rotate"]]
CALLS += [["witness", each] for each in ("key", "cosign", "accept", "proof")]
CALLS += [["timestamp", "send"], ["timestamp", "list"]]
CALLS += [["cost"], *(["auditors", each] for each in ("need", "brief", "questions", "import", "shortlist", "decide"))]
CALLS += [["anti-patterns"]]
CALLS += [["request-lists", each] for each in ("import", "show", "pairs", "confirm", "reject", "decide", "merged")]
CALLS += [["what-if"], ["explain-framework"]]
CALLS += [["interview"], *(["advise", each] for each in ("stage", "categories", "window", "bridge", "reply"))]
CALLS += [["readiness"], ["readiness", "confirm"], ["readiness", "dry-run"]]
CALLS += [["questionnaire", each] for each in ("import", "list", "show", "match", "answer", "assign", "mine", "ready")]
CALLS += [["questionnaire", each] for each in ("approve", "return", "export")]
CALLS += [["questionnaire", "library", each] for each in ("list", "add", "show", "expire")]
CALLS += [["deficiency", each] for each in ("list", "show", "judge", "groups", "reliance", "memo")]
CALLS += [["trust-page", each] for each in ("claim", "list", "build", "document", "grant", "copy", "revoke", "log")]
_EXAMPLE = re.compile(r"^ *\$ (twofold (?:.*\\\n)*.*)", re.MULTILINE)


def parse(arguments: list[str]) -> None:
    """Read the arguments as the command would, without running it; raises where one is unknown or missing."""
    command: Any = ROOT
    context: Any = None
    while hasattr(command, "commands") and arguments and not arguments[0].startswith("-"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    context = command.make_context(command.name, list(arguments), parent=context)
    context.close()


def test_a_command_reads_no_file_of_another() -> None:
    program = "import sys; from twofold.cli.main import main; main(['serve', '--help']); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    read = {name for name in said.stdout.split() if name.startswith("twofold.cli.")}

    assert read == {"twofold.cli.main", "twofold.cli.output", "twofold.cli.serve"}


def test_no_arguments_give_the_help(call: Call) -> None:
    said = call()

    assert said.code == 0
    assert said.out.startswith("Usage: twofold ")
    for name in [*COMMANDS, "scope"]:
        assert re.search(rf"^  {name} +[A-Z].*\.$", said.out, re.MULTILINE), name
    assert call("scope").out.startswith("Usage: twofold scope ")


@pytest.mark.parametrize("arguments", CALLS, ids=" ".join)
def test_each_help_shows_examples_that_can_be_typed(call: Call, arguments: list[str]) -> None:
    said = call(*arguments, "--help")

    examples = _EXAMPLE.findall(said.out)
    assert said.code == 0
    assert examples
    assert " ".join(EXIT_CODES_HELP.split()) in " ".join(said.out.split())
    for each in examples:
        words = shlex.split(each.replace("\\\n", " "))
        assert words[1 : 1 + len(arguments)] == arguments
        parse(words[1:])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["statsu"], "twofold: No such command 'statsu'. Did you mean 'status'?\n  next:     twofold --help\n"),
        (
            ["scope", "pln"],
            "twofold scope: No such command 'pln'. Did you mean 'plan'?\n  next:     twofold scope --help\n",
        ),
        (["status", "--jsn"], "twofold status: No such option: --jsn"),
        (["init", "x"], "twofold init: Missing option '--company'."),
        (["capture"], "twofold capture: Missing argument"),
        (["demo", "x", "--changes", "5"], "twofold demo: Invalid value for '--changes'"),
        (["demo", "x", "--seed", "many"], "twofold demo: Invalid value for '--seed'"),
    ],
    ids=" ".join,
)
def test_misuse_is_said_shortly(call: Call, arguments: list[str], message: str) -> None:
    said = call(*arguments)

    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(message)
    assert said.err.count("\n") == 2
    assert "--help\n" in said.err


def test_version(call: Call) -> None:
    assert call("--version").out == f"twofold {__version__}\n"


@pytest.mark.parametrize(
    ("shell", "part"), [("bash", "complete -o default -F _twofold_completion twofold"), ("zsh", "#compdef twofold")]
)
def test_completion_scripts(shell: str, part: str) -> None:
    assert part in _run({"_TWOFOLD_COMPLETE": f"source_{shell}"})


def test_completion_knows_commands_and_options() -> None:
    found = _run({"_TWOFOLD_COMPLETE": "complete_bash", "COMP_WORDS": "twofold s", "COMP_CWORD": "1"}).split()
    assert sorted(found) == ["sample", "scope", "serve", "sign-off", "status"]
    options = _run({"_TWOFOLD_COMPLETE": "complete_bash", "COMP_WORDS": "twofold capture --p", "COMP_CWORD": "2"})
    assert {"--period-from", "--period-to", "--parameter", "--page-size"} <= set(options.split())
    shown = _run({"_TWOFOLD_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "twofold st"})
    assert '"status":"Show the result in ten seconds."' in shown


def _run(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "twofold"]
    everything = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    ended = subprocess.run(command, capture_output=True, text=True, env=everything, timeout=60, check=True)
    return ended.stdout
