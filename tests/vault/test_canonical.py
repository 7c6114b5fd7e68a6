"""Canonical JSON: equal to RFC 8785 for all that is allowed, and nothing else is allowed."""

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.canonical import NotCanonicalError, canonical_bytes
from twofold.vault.entry import GREATEST_ENTRY, make_entry, read_entry

from .conftest import AT

JCS = Path(__file__).parents[2] / ".." / "shared" / "data" / "merkle-vectors" / "rfc8785-jcs" / "testdata"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


@given(VALUES)
def test_allowed_values_are_written_as_rfc_8785_says(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.skipif(not JCS.is_dir(), reason="the RFC 8785 files are not here")
def test_the_rfc_8785_files_are_matched_or_refused() -> None:
    refused = {
        "french.json": "not ASCII",
        "structures.json": "float",
        "values.json": "float",
        "weird.json": "not ASCII",
    }
    for path in sorted((JCS / "input").glob("*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        if path.name in refused:
            with pytest.raises(NotCanonicalError, match=refused[path.name]):
                canonical_bytes(value)
        else:
            assert canonical_bytes(value) == (JCS / "output" / path.name).read_bytes().strip()
    values = json.loads((JCS / "input" / "values.json").read_text(encoding="utf-8"))
    kept = {key: values[key] for key in ("string", "literals")}
    assert canonical_bytes(kept) in (JCS / "output" / "values.json").read_bytes().replace(
        b'"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],', b""
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"rate": 0.5}, r"\$\.rate: a float"),
        ({"n": 2**53}, r"\$\.n: the integer"),
        ({"né": 1}, "not ASCII"),
        ({1: 1}, "not ASCII"),
        ({"a": [1, {"b": b"x"}]}, r"\$\.a\[1\]\.b: a bytes"),
        ({"a": "\ud800"}, "lone surrogate at character 1"),
        ({"at": AT}, "a datetime"),
    ],
)
def test_everything_else_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(NotCanonicalError, match=message):
        canonical_bytes(value)


def test_nesting_has_an_end() -> None:
    value: Any = []
    for _ in range(40):
        value = [value]
    with pytest.raises(NotCanonicalError, match="nested deeper"):
        canonical_bytes(value)


def test_an_entry_reads_back_as_it_was_written() -> None:
    entry = make_entry(index=7, kind="run", at=AT, actor="p-0001", body={"test": "T-10"})
    want = b'{"actor":"p-0001","at":"2026-07-15T06:00:00.000000Z","body":{"test":"T-10"},"index":7,"kind":"run"}'
    assert entry.raw == want
    assert read_entry(want) == entry


def test_an_entry_fits_a_tile_bundle() -> None:
    with pytest.raises(NotCanonicalError, match=f"at most {GREATEST_ENTRY:,}"):
        make_entry(index=7, kind="run", at=AT, actor="p-0001", body={"text": "x" * GREATEST_ENTRY})


@pytest.mark.parametrize(("kind", "actor"), [("Run", "p"), ("run it", "p"), ("run", " ")])
def test_an_entry_has_a_kind_and_an_actor(kind: str, actor: str) -> None:
    with pytest.raises(ValueError, match=r"kind|actor"):
        make_entry(index=0, kind=kind, at=AT, actor=actor, body={})


def test_an_entry_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="no zone"):
        make_entry(index=0, kind="run", at=AT.replace(tzinfo=None), actor="p", body={})
