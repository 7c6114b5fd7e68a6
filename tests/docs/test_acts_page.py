"""The page of acts lists every kind with the fields that the code checks, and the flags and states that it knows."""

import re
from pathlib import Path

import pytest

from twofold.engagement.request import TRANSITIONS
from twofold.vault.act_bodies import BODIES
from twofold.vault.entry import EntryKind
from twofold.vault.order import Disorder

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "acts.md").read_text(encoding="utf-8")


def section(kind: str) -> str:
    found = re.search(rf"^### {kind}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, kind
    return found[1]


def fields_of(text: str) -> list[str]:
    table = text.split("|---|---|\n")[1].split("\n\n", maxsplit=1)[0]
    return [name for line in table.splitlines() for name in re.findall(r"`([a-z0-9_]+)`", line.split("|")[1])]


def test_every_kind_has_a_body() -> None:
    assert set(BODIES) == set(EntryKind)


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_the_page_lists_the_fields_of_each_kind(kind: str) -> None:
    assert sorted(fields_of(section(kind))) == sorted(BODIES[kind])


def test_the_page_lists_the_flags() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \|", PAGE.split("## The order of acts")[1], re.MULTILINE)) == set(Disorder)


def test_the_page_lists_the_transitions() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \| ([a-z]+) \| ([a-z]+) \|$", section("request"), re.MULTILINE)
    listed = {(state, act): after for states, act, after in rows for state in states.split(", ")}
    assert listed == {(str(state), str(act)): str(after) for (state, act), after in TRANSITIONS.items()}
