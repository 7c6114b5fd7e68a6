import tomllib
from datetime import UTC, datetime
from pathlib import Path

import twofold
from twofold.model.instant import Instant
from twofold.scope.load import read_scope
from twofold.scope.rows import FactRow, scope_rows

EVERYTHING = """
systems:
  - id: billing
    name: Billing
    layer: application
    zone: UTC
    owner: p-1
    log_retention_days: 90
    soc2: [{from: 2025-01-01, to: 2026-05-01, reason: r, approver: p-1}]
    financially_relevant: [{from: 2025-10-01, reason: f, approver: p-2, dependents: []}]
    sso_only: [{from: 2025-01-01, reason: s, approver: p-1}]
    sources: ["okta:app:Billing", "github:acme/billing@production"]
    required_checks: [{name: unit, from: 2025-01-01}]
    stores: [{id: db, rto_minutes: 240}]
    schedules: [{activity: access_review, cadence: quarterly, from: 2025-10-01}]
people: [{id: 00012, name: Ana}]
calendars: [{id: default, zone: America/New_York, country: US, holidays: ["2026-03-02"]}]
rosters: [{scope: billing, duty: release, person: p-7, from: 2025-01-01, to: 2026-06-01}]
role_authority: [{scope: "*", duty: release, role: Manager}]
delegations: [{from_person: a, to_person: b, from: 2026-01-01, recorded_at: 2026-01-03T10:00:00Z}]
account_links: [{account: "github:ana", person: p-1}]
birthrights: [{role: Engineer, right_id: "okta:group:eng", approved_by: p-1, from: 2025-01-01}]
change_types: [{id: Change, is_change: true, material_fields: [risk], authorised_states: [Approved]}]
standard_changes: [{id: STD-1, systems: [billing], kinds: [patch], approved_by: p-1, from: 2025-01-01}]
pipeline_agreements: [{system: billing, agreed_by: Auditor, agreed_at: 2025-01-01, from: 2025-01-01}]
engagements: [{id: sox, lens: sox, starts_on: 2025-10-01, ends_on: 2026-09-30}]
"""
SCHEMA = Path(twofold.__file__).parent / "tables" / "schema"


def rows() -> list[FactRow]:
    scope = read_scope({"systems.yaml": EVERYTHING.encode()}, reporting_zone="America/New_York")
    return list(scope_rows(scope))


def one(table: str) -> FactRow:
    (row,) = (row for row in rows() if row.table == table)
    return row


def test_tables_and_columns_are_those_of_the_schema() -> None:
    schema = {name: body for file in SCHEMA.glob("*.toml") for name, body in tomllib.loads(file.read_text()).items()}
    kinds = {"text": str, "integer": int, "boolean": bool, "instant": Instant, "boundary": datetime, "list": list}
    for row in rows():
        columns = schema[row.table]["columns"]
        assert set(row.values) <= set(columns), row.table
        for name, about in columns.items():
            kind = about.split()[0]
            value = row.values.get(name)
            if kind.endswith("!"):
                assert value is not None, (row.table, name)
            assert value is None or isinstance(value, kinds[kind.rstrip("!")]), (row.table, name)


def test_every_fact_table_of_the_scope_gets_rows() -> None:
    expected = "system system_label person roster role_authority delegation calendar standard_change change_type"
    expected += " check_requirement pipeline_agreement birthright account_link store due_occurrence"
    assert {row.table for row in rows()} == set(expected.split())


def test_days_are_local_midnights_in_utc_and_half_open() -> None:
    row = one("roster")
    assert row.values["valid_from"] == datetime(2025, 1, 1, 5, tzinfo=UTC)
    assert row.values["valid_to"] == datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert row.record == "systems.yaml:18"
    assert one("account_link").values["valid_from"] is None


def test_no_dependent_is_zero_and_only_financial_labels_count_them() -> None:
    by_label = {row.values["label"]: row for row in rows() if row.table == "system_label"}
    assert by_label["fin_relevant"].values["dependents"] == 0
    assert "dependents" not in by_label["soc2"].values
    assert by_label["sso_only"].record == "systems.yaml:11"


def test_a_number_as_person_id_keeps_its_zeros() -> None:
    assert one("person").values["id"] == "00012"


def test_instants_keep_their_spelling() -> None:
    recorded = one("delegation").values["recorded_at"]
    assert isinstance(recorded, Instant)
    assert (recorded.text, recorded.is_exact) == ("2026-01-03T10:00:00Z", True)
    agreed = one("pipeline_agreement").values["agreed_at"]
    assert isinstance(agreed, Instant)
    assert agreed.earliest == datetime(2025, 1, 1, 5, tzinfo=UTC)


def test_a_calendar_has_its_own_days_and_those_of_the_country() -> None:
    days = one("calendar").values["holidays"]
    assert isinstance(days, list)
    assert {"2026-03-02", "2025-12-25", "2026-07-03", "2027-01-01"} <= set(days)
    assert days == sorted(days)


def test_due_occurrences_end_with_the_last_engagement_unless_told() -> None:
    assert sum(row.table == "due_occurrence" for row in rows()) == 4
    scope = read_scope({"a.yaml": EVERYTHING.encode()}, reporting_zone="America/New_York")
    longer = list(scope_rows(scope, horizon=datetime(2027, 1, 2, tzinfo=UTC)))
    assert sum(row.table == "due_occurrence" for row in longer) == 5


def test_sources_map_to_systems() -> None:
    scope = read_scope({"a.yaml": EVERYTHING.encode()}, reporting_zone="UTC")
    assert scope.source_mapping() == {"github:acme/billing@production": "billing", "okta:app:Billing": "billing"}


def test_an_engagement_includes_both_days() -> None:
    scope = read_scope({"a.yaml": EVERYTHING.encode()}, reporting_zone="America/New_York")
    engagement = scope.engagement("sox")
    assert engagement is not None
    assert engagement.period.starts_at == datetime(2025, 10, 1, 4, tzinfo=UTC)
    assert engagement.period.ends_before == datetime(2026, 10, 1, 4, tzinfo=UTC)


def test_the_entry_that_names_the_system_wins() -> None:
    text = EVERYTHING + (
        "controls: [{id: AC-03, owner: p-1}, {id: AC-03, owner: p-2, systems: [billing], from: 2026-01-01}]\n"
    )
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")

    def owner(system: str, year: int) -> str | None:
        at = datetime(year, 6, 1, tzinfo=UTC)
        found = scope.assignment(control_id="AC-03", system=system, at=at)
        return found.owner if found else None

    assert (owner("billing", 2026), owner("billing", 2025), owner("erp", 2026)) == ("p-2", "p-1", "p-1")
    assert scope.assignment(control_id="AC-04", system="billing", at=datetime(2026, 1, 1, tzinfo=UTC)) is None
