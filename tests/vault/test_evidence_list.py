import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, make_entry
from twofold.vault.evidence_list import GREATEST_RANGES, evidence_fields, evidence_numbers


def entry(index: int, body: Mapping[str, Json]) -> Entry:
    return make_entry(index=index, kind="run", at=datetime(2026, 7, 15, tzinfo=UTC), actor="p", body=body)


@given(st.sets(st.integers(0, 500)))
def test_what_is_listed_is_what_was_given(numbers: set[int]) -> None:
    fields = evidence_fields([f"ev-{number}" for number in numbers])
    assert list(evidence_numbers(entry(501, fields))) == sorted(numbers)
    assert fields["evidence_count"] == len(numbers)
    text = "".join(f"ev-{number}\n" for number in sorted(numbers))
    assert fields["evidence_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_too_many_ranges_leave_the_hash() -> None:
    most = [f"ev-{10**9 + 2 * number}" for number in range(GREATEST_RANGES)]
    assert len(orjson.dumps(evidence_fields(most))) < 50_000
    fields = evidence_fields([*most, "ev-1"])
    assert fields["evidence"] is None
    assert list(evidence_numbers(entry(3, fields))) == [0, 1, 2]
    assert list(evidence_numbers(entry(3, {}))) == []
    assert fields["evidence_count"] == GREATEST_RANGES + 1


def test_what_is_no_evidence_id_is_refused() -> None:
    with pytest.raises(ValueError, match="'ev-01' is no evidence id"):
        evidence_fields(["ev-01"])
