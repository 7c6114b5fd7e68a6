from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest

from twofold.model.instant import parse_instant
from twofold.tables.rows import Row, Value
from twofold.tables.typed_rows import CellError, TypedRow, typed_row

DEPLOYMENT: Mapping[str, Value] = {"id": "d1", "system": "billing", "environment": "production", "status": "success"}
LINK: Mapping[str, Value] = {"account": "github:ana", "person": "p-1"}


def fitted(table: str, values: Mapping[str, Value], *, zone: str = "UTC") -> TypedRow:
    return typed_row(Row(table, "line 2", values), zone=zone)


def deployment(**more: Value) -> TypedRow:
    return fitted("deployment", {**DEPLOYMENT, **more})


def test_an_instant_becomes_its_interval_and_its_spelling() -> None:
    cells = fitted("deployment", {**DEPLOYMENT, "completed_at": "2026-04-02"}, zone="Europe/Berlin").cells
    assert cells["completed_at"] == datetime(2026, 4, 1, 22, tzinfo=UTC)
    assert cells["completed_at_latest"] == datetime(2026, 4, 2, 22, tzinfo=UTC) - timedelta(microseconds=1)
    assert cells["completed_at_text"] == "2026-04-02"
    assert deployment(completed_at=parse_instant("2026-04-02T10:00:00Z")).cells["completed_at"] == datetime(
        2026, 4, 2, 10, tzinfo=UTC
    )


def test_a_boundary_is_one_moment_in_utc() -> None:
    offset = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    for given, zone in (("2026-01-01", "UTC"), ("2025-12-31T19:00:00", "America/New_York"), (offset, "Asia/Tokyo")):
        cells = fitted("account_link", {**LINK, "valid_from": given}, zone=zone).cells
        assert cells["valid_from"] == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(CellError, match=r"account_link\.valid_from: .* has no zone"):
        fitted("account_link", {**LINK, "valid_from": datetime(2026, 1, 1)})  # noqa: DTZ001  that is the fault


@pytest.mark.parametrize(("given", "expected"), [("true", True), (" FALSE ", False), (True, True), (False, False)])
def test_a_boolean_is_true_or_false(given: Value, expected: bool) -> None:
    assert deployment(by_pipeline=given).cells["by_pipeline"] is expected


@pytest.mark.parametrize(("given", "expected"), [("0", 0), (" 42 ", 42), (-7, -7), ("9223372036854775807", 2**63 - 1)])
def test_an_integer_has_at_most_64_bits(given: Value, expected: int) -> None:
    row = fitted("store", {"id": "s", "system": "billing", "rto_minutes": given})
    assert row.cells["rto_minutes"] == expected


def test_a_list_is_sorted_without_repeats_or_empty_values() -> None:
    ticket: dict[str, Value] = {"key": "CHG-1", "type": "Change"}
    assert fitted("ticket", {**ticket, "systems": " b; a;;b "}).lists["systems"] == ["a", "b"]
    assert fitted("ticket", {**ticket, "systems": ["b", "a", "b"]}).lists["systems"] == ["a", "b"]
    assert "systems" not in fitted("ticket", {**ticket, "systems": ""}).lists


def test_a_word_is_kept_without_blanks_and_in_lower_case() -> None:
    spelled = deployment(environment=" Production\t", status="SUCCESS")
    assert (spelled.cells["environment"], spelled.cells["status"]) == ("production", "success")
    assert spelled.digest == deployment().digest
    with pytest.raises(CellError, match=r"deployment\.status is empty"):
        deployment(status=" ")


def test_text_stays_as_it_is_and_an_empty_cell_is_none() -> None:
    row = deployment(repository=' =HYPERLINK("x")\n"\'; ', actor="  ", kind=None)
    assert row.cells["repository"] == ' =HYPERLINK("x")\n"\'; '
    assert "actor" not in row.cells
    assert "kind" not in row.cells


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"completed_at": "02.04.2026"}, ["deployment.completed_at", "'02.04.2026'", "ISO 8601 day or time"]),
        ({"completed_at": "1970-01-01T00:00:00Z"}, ["deployment.completed_at", "1970", "default value"]),
        ({"by_pipeline": "yes"}, ["deployment.by_pipeline", "'yes'", "neither true nor false"]),
        ({"colour": "red"}, ["deployment has no column colour"]),
        ({"status": " "}, ["deployment.status is empty"]),
    ],
)
def test_a_fault_names_the_column_what_stood_there_and_what_is_expected(
    more: Mapping[str, Value], told: list[str]
) -> None:
    with pytest.raises(CellError) as fault:
        deployment(**more)
    assert all(each in str(fault.value) for each in told)


@pytest.mark.parametrize("given", ["4.5", "1_000", "٣", "9223372036854775808", "1" * 5000, True, "many"])
def test_what_is_no_whole_number_is_refused(given: Value) -> None:
    with pytest.raises(CellError, match=r"store\.rto_minutes: .* no whole number of at most 64 bits"):
        fitted("store", {"id": "s", "system": "billing", "rto_minutes": given})


def test_an_unknown_table_and_a_row_without_its_key_are_refused() -> None:
    with pytest.raises(CellError, match="'tickets' is no canonical table"):
        fitted("tickets", {"key": "CHG-1"})
    with pytest.raises(CellError, match=r"deployment\.id is empty"):
        fitted("deployment", {name: value for name, value in DEPLOYMENT.items() if name != "id"})


def test_the_hash_sees_values_and_not_their_spelling_or_order() -> None:
    base = deployment(completed_at="2026-04-02T10:00:00Z")
    assert base.digest == deployment(completed_at="2026-04-02T12:00:00+02:00").digest
    turned = dict(reversed({**DEPLOYMENT, "completed_at": "2026-04-02T10:00:00Z"}.items()))
    assert base.digest == fitted("deployment", turned).digest
    assert base.digest != deployment(completed_at="2026-04-02T10:00:01Z").digest
    assert base.digest != deployment().digest
    ticket: dict[str, Value] = {"key": "CHG-1", "type": "Change"}
    assert (
        fitted("ticket", {**ticket, "systems": "a;b"}).digest == fitted("ticket", {**ticket, "systems": "b;a"}).digest
    )
    assert fitted("ticket", {**ticket, "systems": "a;b"}).digest != fitted("ticket", {**ticket, "systems": "a"}).digest
