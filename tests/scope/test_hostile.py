from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.model.problem import Problem, UserError
from twofold.scope.load import read_scope
from twofold.scope.starter_files import starter_files

STARTER = starter_files(company="A", reporting_zone="UTC", starts_on=date(2026, 1, 1))
TEXTS = sorted(text for name, text in STARTER.items() if name.endswith(".yaml"))


def problems_without_place(content: bytes) -> list[Problem]:
    """Read a scope, or be refused with problems that have a place; any other exception is a fault of ours."""
    found: tuple[Problem, ...] = ()
    try:
        read_scope({"a.yaml": content}, reporting_zone="America/New_York")
    except UserError as error:
        found = error.problems
    return [problem for problem in found if not problem.where.startswith("scope/a.yaml:")]


@settings(max_examples=80)
@given(st.binary(max_size=60) | st.text("[]{}:,-&*!|>#'\" \n\tab0", max_size=60).map(str.encode))
def test_noise_is_refused_with_a_place(content: bytes) -> None:
    assert problems_without_place(content) == []


@settings(max_examples=80)
@given(
    st.sampled_from(TEXTS),
    st.integers(0, 3000),
    st.integers(0, 40),
    st.sampled_from(["", "~", "[", "x: ", "\t", "9" * 40, "é"]),
)
def test_a_damaged_file_is_refused_with_a_place(text: str, start: int, length: int, put: str) -> None:
    assert problems_without_place((text[:start] + put + text[start + length :]).encode()) == []
