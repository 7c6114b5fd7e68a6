from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.scope.export import FILES, MODELINE, export
from twofold.scope.load import read_scope
from twofold.scope.register import Scope, ScopeFile, canonical_scope_bytes, read_canonical_scope

ZONE = "America/New_York"
LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
WORDS = st.one_of(
    st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: bool(text.strip())),
    st.sampled_from(
        ["yes", "NULL", "~", "1", "1.5", "2025-01-01", "a: b", "a #b", "- x", "'", '"', "[x]", "&x", "*", "a\nb"]
    ),
)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True)
PEOPLE = st.sampled_from(["p-1", "00123", "42", "ana"])
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
SPANS = st.lists(DAYS, min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def labels(draw: st.DrawFn, *, financial: bool = False) -> list[dict[str, Any]]:
    if draw(st.booleans()):
        return []
    start, end = draw(SPANS)
    label: dict[str, Any] = {"from": start.isoformat(), "reason": draw(WORDS), "approver": draw(PEOPLE)}
    if draw(st.booleans()):
        label["to"] = end.isoformat()
    if financial and draw(st.booleans()):
        label["dependents"] = draw(st.lists(st.sampled_from(["X", "Y", "no"]), unique=True))
    return [label]


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    ids = draw(st.lists(IDS, max_size=3, unique=True))
    systems = [
        {
            "id": system,
            "name": draw(st.just("") | WORDS),
            "layer": draw(st.sampled_from(["application", "identity"])),
            "owner": draw(st.none() | PEOPLE),
            "log_retention_days": draw(st.none() | st.integers(0, 9999)),
            "soc2": draw(labels()),
            "financially_relevant": draw(labels(financial=True)),
            "serves": [{"system": other} for other in ids if other != system and draw(st.booleans())],
            "sources": [f"github:{system}/{draw(IDS)}"],
            "schedules": [{"activity": "access_review", "cadence": "monthly", "from": draw(DAYS).isoformat()}],
        }
        for system in ids
    ]
    names = draw(st.lists(WORDS.map(str.strip), max_size=3, unique=True))
    value = (
        st.booleans() | st.integers(-9999, 9999) | st.floats(0, 1e6, allow_subnormal=False) | WORDS | st.lists(WORDS)
    )
    plain = {
        "reporting_zone": ZONE,
        "systems": systems,
        "rosters": [
            {"scope": each, "duty": "release", "person": draw(PEOPLE), "from": draw(DAYS).isoformat()}
            for each in ["*", *ids]
            if draw(st.booleans())
        ],
        "change_types": [
            {"id": name, "is_change": draw(st.booleans()), "functional": draw(st.none() | st.booleans())}
            for name in names
        ],
        "delegations": [
            {"from_person": "a", "to_person": "b", "from": "2026-01-01", "recorded_at": "2026-01-03T10:00:00+01:00"}
        ],
        "parameters": [
            {"control_test": "T-03", "name": name, "value": draw(value), "reason": draw(WORDS), "approver": "p"}
            for name in names
        ],
    }
    return Scope.model_validate(plain, context={"zone": ZONE})


@settings(max_examples=150)
@given(scopes())
def test_what_is_exported_loads_as_the_same_scope(scope: Scope) -> None:
    files = {name: text.encode() for name, text in export(scope).items()}
    again = read_scope(files, reporting_zone=ZONE)
    assert again.as_written() == scope.as_written()
    assert again == scope


@pytest.mark.parametrize("value", [0.0015182411365509746, 0.00012345678901234567, 1e-05, 1e17, -0.1])
def test_a_number_is_a_number_again_however_many_digits_it_has(value: float) -> None:
    entry = {"control_test": "T-03", "name": "x", "value": value, "reason": "r", "approver": "p"}
    scope = Scope.model_validate({"reporting_zone": ZONE, "parameters": [entry]}, context={"zone": ZONE})
    files = {name: text.encode() for name, text in export(scope).items()}
    assert read_scope(files, reporting_zone=ZONE).parameters[0].value == value


@settings(max_examples=60)
@given(scopes())
def test_canonical_bytes_hold_the_whole_scope(scope: Scope) -> None:
    content = canonical_scope_bytes(scope)
    assert read_canonical_scope(content) == scope
    assert canonical_scope_bytes(read_canonical_scope(content)) == content


def test_files_and_order_have_no_effect_on_the_scope() -> None:
    one = b"systems:\n- {id: b, layer: database}\n- {id: a, layer: database, name: ''}\nrosters: []\n"
    apart = {"x.yaml": b"systems: [{layer: database, id: a}]\n", "y.yaml": b"systems: [{id: b, layer: database}]\n"}
    first = read_scope({"one.yaml": one}, reporting_zone="UTC")
    second = read_scope(apart, reporting_zone="UTC")
    assert first == second
    assert hash(first) == hash(second)
    assert canonical_scope_bytes(first) == canonical_scope_bytes(second)
    assert export(first) == export(second)
    assert first != read_scope({"one.yaml": one}, reporting_zone="Europe/Berlin")


def test_each_section_is_written_to_one_file() -> None:
    written = [section for sections in FILES.values() for section in sections]
    assert sorted(written) == sorted(ScopeFile.model_fields)


def test_text_is_stable_and_begins_with_the_schema() -> None:
    text = "systems: [{id: a, layer: database, name: 'Müller: \"x\"', serves: []}]"
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")
    head = "# Systems, their dated labels, what they serve and what is due on them."
    assert export(scope) == {
        "systems.yaml": f'{MODELINE}\n{head}\nsystems:\n  - id: a\n    name: "Müller: \\"x\\""\n    layer: database\n'
    }


def test_an_empty_scope_is_exported_too() -> None:
    scope = Scope.model_validate({"reporting_zone": "UTC"}, context={"zone": "UTC"})
    files = {name: text.encode() for name, text in export(scope).items()}
    assert read_scope(files, reporting_zone="UTC") == scope
