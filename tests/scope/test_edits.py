"""Edits in the YAML of people: what was asked is written, and every other line stays as it was."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.scope.edits.edit import (
    Edit,
    LabelBegun,
    LabelEnded,
    SystemAdded,
    SystemChanged,
    SystemRetired,
    edits_as_json,
    read_edits,
)
from twofold.scope.edits.written import edited_files
from twofold.scope.load import read_scope

BLOCK = """# yaml-language-server: $schema=../.twofold/scope.schema.json
# Systems.

systems:  # all of them
- id: billing   # the old one
  name: 'Billing'
  layer: application
  owner: 00123  # Ana

  # decided in 2025
  soc2:
  - from: 2025-01-01
    reason: "Part of: the service"
    approver: p-0001
  zone:
- {id: wiki, layer: application}

# People.
people:
- id: no
  name: Nobody
"""
FLOW = """systems:
    - id: billing
      layer: application
      sources: ["github:a/b", "okta:app:B",   # two
                "jira:project:B"]
"""


def edited(text: str, *edits: Edit) -> str:
    content = {"a.yaml": text.encode()}
    written = edited_files(content, edits, reason="because", approver="p-0009", zone="UTC")
    read_scope({**content, **written}, reporting_zone="UTC")
    return written["a.yaml"].decode()


def differing(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the lines that are gone and those that are new."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("edit", "gone", "new"),
    [
        (SystemChanged(system="billing", owner="p-7"), ["  owner: 00123  # Ana"], ["  owner: p-7    # Ana"]),
        (SystemChanged(system="billing", name=""), ["  name: 'Billing'"], []),
        (LabelEnded(system="billing", label="soc2", day=date(2026, 1, 1)), [], ["    to: 2026-01-01"]),
        (SystemRetired(system="billing", day=date(2026, 1, 1)), [], ["    to: 2026-01-01"]),
        (
            LabelBegun(system="billing", label="sso_only", day=date(2026, 1, 1)),
            [],
            ["  sso_only: [{from: 2026-01-01, reason: because, approver: p-0009}]"],
        ),
        (
            SystemAdded(system="erp", layer="database", name="no"),
            [],
            ["- id: erp", "  layer: database", '  name: "no"'],
        ),
    ],
)
def test_only_what_was_asked_is_written(edit: Edit, gone: list[str], new: list[str]) -> None:
    assert differing(BLOCK, edited(BLOCK, edit)) == (gone, new)


def test_line_ends_of_the_file_are_kept() -> None:
    before = BLOCK.replace("\n", "\r\n")
    after = edited(before, SystemChanged(system="wiki", owner="p-7"))
    assert after.count("\n") == after.count("\r\n")


def test_a_label_that_has_not_begun_is_taken_out() -> None:
    after = edited(BLOCK, LabelEnded(system="billing", label="soc2", day=date(2024, 1, 1)))
    assert "soc2" not in after


def test_a_comment_is_never_lost() -> None:
    with pytest.raises(UserError, match="would lose the comment '# two'"):
        edited(FLOW, SystemChanged(system="billing", owner="p-7"))
    hashed = FLOW.replace("   # two", "").replace("okta:app:B", "okta:app: # B")
    assert "okta:app: # B" not in edited(hashed, SystemChanged(system="billing", sources=("okta:app:C",)))


def test_the_first_system_of_a_workspace() -> None:
    written = edited_files({}, [SystemAdded(system="a", layer="application")], reason="r", approver="p", zone="UTC")
    assert list(written) == ["systems.yaml"]
    assert read_scope(written, reporting_zone="UTC").system("a") is not None


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=40).map(str.strip))
def test_any_text_is_read_back_as_it_was_said(text: str) -> None:
    written = edited(BLOCK, SystemChanged(system="billing", name=text))
    system = read_scope({"a.yaml": written.encode()}, reporting_zone="UTC").system("billing")
    assert system is not None
    assert system.name == text


def test_edits_are_kept_as_json() -> None:
    edits: tuple[Edit, ...] = (
        SystemAdded(system="a", layer="database", sources=("x:y",)),
        SystemChanged(system="a", owner=""),
        LabelBegun(system="a", label="soc2", day=date(2026, 1, 1), dependents=()),
        LabelEnded(system="a", label="soc2", day=date(2026, 1, 1)),
        SystemRetired(system="a", day=date(2026, 1, 1)),
    )
    assert read_edits(edits_as_json(edits)) == edits
    assert all(each.subject in each.text for each in edits)
