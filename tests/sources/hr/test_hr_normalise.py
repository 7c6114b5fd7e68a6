"""HR: roster and job history, their dates and zones, and a BambooHR recording."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.sources.hr.normalise import FEEDS, KINDS
from twofold.tables.schema import canonical_tables

HEAD = (
    "person_id,name,email,engagement_id,type,role,unit,manager_id,site,start_date,"
    "last_day,effective_end,end_entered_at,involuntary,policy_date,follows\n"
)
ANA = "p-1,Ana,ana@example.com,e-1,employee,Engineer,R&D,p-9,New York,2024-03-01,,,,,,\n"
LEAVER = (
    "p-2,Ben,ben@example.com,e-2,Contractor,Analyst,Finance,p-9,Berlin,2024-03-01,2026-03-27,"
    "2026-03-27T16:00:00-04:00,2026-03-28T09:00:00-04:00,yes,2026-04-30,e-0\n"
)
ZONES = {"zone": "America/New_York", "zone:Berlin": "Europe/Berlin"}


def test_a_joiner(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["roster"], HEAD + ANA, parameters=ZONES)
    assert done.table("person") == [{"id": "p-1", "name": "Ana", "email": "ana@example.com"}]
    (engagement,) = done.table("engagement")
    assert (engagement["id"], engagement["person"], engagement["type"]) == ("e-1", "p-1", "employee")
    assert (engagement["last_day"], engagement["effective_end"], engagement["involuntary"]) == (None, None, None)
    # A bare day is the whole local day: midnight to midnight in New York.
    assert engagement["started_at"].earliest == datetime(2024, 3, 1, 5, tzinfo=UTC)
    assert engagement["started_at"].latest == datetime(2024, 3, 2, 4, 59, 59, 999999, tzinfo=UTC)
    (job,) = done.table("job")
    assert (job["role"], job["manager"], job["valid_from"], job["valid_to"]) == (
        "Engineer",
        "p-9",
        datetime(2024, 3, 1, 5, tzinfo=UTC),
        None,
    )


def test_a_leaver_in_the_zone_of_the_site(normalised: Callable[..., Any]) -> None:
    (engagement,) = normalised(KINDS["roster"], HEAD + LEAVER, parameters=ZONES).table("engagement")
    assert engagement["effective_end"].earliest == datetime(2026, 3, 27, 20, tzinfo=UTC)
    assert engagement["effective_end"].is_exact
    assert engagement["last_day"].earliest == datetime(2026, 3, 26, 23, tzinfo=UTC)
    assert engagement["entered_at"].earliest == datetime(2026, 3, 28, 13, tzinfo=UTC)
    assert engagement["policy_date"].text == "2026-04-30"
    assert (engagement["involuntary"], engagement["follows"], engagement["type"]) == (True, "e-0", "contractor")


def test_an_end_without_a_time_is_the_last_day(normalised: Callable[..., Any]) -> None:
    line = "p-3,,,e-3,employee,Engineer,,,,2024-03-01,2026-03-27,0000-00-00,,no,,\n"
    done = normalised(KINDS["roster"], HEAD + line, parameters=ZONES)
    (engagement,) = done.table("engagement")
    assert engagement["effective_end"] == engagement["last_day"]
    assert engagement["effective_end"].text == "2026-03-27"
    # Daylight saving has begun, so New York is four hours behind.
    assert done.table("job")[0]["valid_to"] == datetime(2026, 3, 28, 4, tzinfo=UTC)


def test_without_a_zone_a_day_is_widened(normalised: Callable[..., Any]) -> None:
    (engagement,) = normalised(KINDS["roster"], HEAD + ANA).table("engagement")
    assert engagement["started_at"].earliest == datetime(2024, 2, 29, tzinfo=UTC)
    assert engagement["started_at"].latest == datetime(2024, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)


def test_a_rehire_is_one_person_with_two_engagements(normalised: Callable[..., Any]) -> None:
    first = "p-1,Ana,ana@example.com,e-1,employee,Engineer,,,,2020-03-01,2021-01-31,,,,,\n"
    again = "p-1,Ana,ana@example.com,e-4,employee,Engineer,,,,2024-03-01,,,,,,\n"
    done = normalised(KINDS["roster"], HEAD + first + again, parameters=ZONES)
    assert done.table("person")[0] == done.table("person")[1]
    assert [row["id"] for row in done.table("engagement")] == ["e-1", "e-4"]


def test_roles_come_from_the_history_where_there_is_one(normalised: Callable[..., Any]) -> None:
    apart = normalised(KINDS["roster"], HEAD + ANA, parameters={**ZONES, "job_history": "separate"})
    assert apart.tables() == {"person", "engagement"}
    history = (
        "person_id,role,unit,manager_id,from,to,entered_at\n"
        "p-1,Engineer,R&D,p-9,2024-03-01,2026-02-01,\n"
        "p-1,Manager,R&D,p-8,2026-02-01,,2026-02-10T12:00:00Z\n"
    )
    first, second = normalised(KINDS["job_history"], history, parameters=ZONES).table("job")
    assert first["valid_to"] == second["valid_from"] == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert second["entered_at"].earliest == datetime(2026, 2, 10, 12, tzinfo=UTC)
    assert (second["role"], second["manager"], second["valid_to"]) == ("Manager", "p-8", None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",A,,e-1,employee,,,,,2024-03-01,,,,,,\n", "person_id and engagement_id"),
        ("p-1,A,,,employee,,,,,2024-03-01,,,,,,\n", "person_id and engagement_id"),
        ("p-1,A,,e-1,intern,,,,,2024-03-01,,,,,,\n", "neither employee nor contractor"),
        ("p-1,A,,e-1,employee,,,,,0000-00-00,,,,,,\n", "needs a start_date"),
        ("p-1,A,,e-1,employee,,,,,1970-01-01,,,,,,\n", "before 1990"),
        ("p-1,A,,e-1,employee,,,,,03/01/2024,,,,,,\n", "no ISO 8601"),
        ("p-1,A,,e-1,employee,,,,,2024-03-01,2026-02-30,,,,,\n", "no ISO 8601"),
        ("p-1,A,,e-1,employee,,,,,2024-03-01,,,,perhaps,,\n", "neither true nor false"),
        ("p-1,A,,e-1,employee,,,,,2024-03-01,,,,,,,extra\n", "17 cells under 16 columns"),
        ("p-1,A\n", "2 cells under 16 columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_set_aside_whole(normalised: Callable[..., Any], line: str, reason: str) -> None:
    done = normalised(KINDS["roster"], HEAD + line + ANA, parameters=ZONES)
    assert [one.record for one in done.aside] == ["line 2"]
    assert reason in done.aside[0].reason
    assert [row.record for row in done.rows] == ["line 3"] * 3


@pytest.mark.parametrize(
    "content",
    [
        "",
        "person_id,name\np-1,Ana\n",
        HEAD.replace("unit", "departement") + ANA,
        HEAD.replace("unit", "role") + ANA,
        (HEAD + ANA).encode() + b"p-2,\xff\xfe\n",
    ],
    ids=["empty", "columns missing", "unknown column", "column twice", "not UTF-8"],
)
def test_a_file_of_another_form_is_refused(normalised: Callable[..., Any], content: Any) -> None:
    with pytest.raises(UserError):
        normalised(KINDS["roster"], content)


def test_an_unknown_zone_is_refused_with_its_parameter(normalised: Callable[..., Any]) -> None:
    with pytest.raises(UserError, match="zone:Berlin"):
        normalised(KINDS["roster"], HEAD + ANA, parameters={"zone:Berlin": "Europe/Berlinn"})


def test_an_export_without_lines_has_no_rows(normalised: Callable[..., Any]) -> None:
    done = normalised(KINDS["roster"], HEAD)
    assert (done.rows, done.aside) == ([], [])


def test_formula_like_cells_stay_data(normalised: Callable[..., Any]) -> None:
    line = "p-1,\"=cmd|' /C calc'!A0\",,e-1,employee,,,,,2024-03-01,,,,,,\n"
    assert normalised(KINDS["roster"], HEAD + line).table("person")[0]["name"] == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("line", [",Engineer,,,2024-03-01,,\n", "p-1,,,,2024-03-01,,\n", "p-1,Engineer,,,soon,,\n"])
def test_a_job_that_cannot_be_read(normalised: Callable[..., Any], line: str) -> None:
    done = normalised(KINDS["job_history"], "person_id,role,unit,manager_id,from,to,entered_at\n" + line)
    assert (done.rows, len(done.aside)) == ([], 1)


def employee(**more: Any) -> dict[str, Any]:
    base = {"id": "7", "status": "Active", "hireDate": "2024-03-01", "terminationDate": "0000-00-00"}
    return {**base, "displayName": "Ana", "jobTitle": "Engineer", "employmentHistoryStatus": "Full-Time", **more}


def test_bamboohr_contractors_and_ends(normalised: Callable[..., Any]) -> None:
    listed = {
        "employees": [
            employee(),
            employee(id="8", employmentHistoryStatus="Contractor", status="Inactive", terminationDate="2026-03-27"),
            employee(id="9", status="Inactive"),
            employee(id="10", hireDate="0000-00-00"),
            {"id": "11", "hireDate": "2024-03-01"},
            "nobody",
        ]
    }
    done = normalised(KINDS["bamboohr_report"], listed, parameters={"zone": "UTC"})
    assert [(row["id"], row["type"]) for row in done.table("engagement")] == [
        ("7:2024-03-01", "employee"),
        ("8:2024-03-01", "contractor"),
    ]
    assert [one.record for one in done.aside] == [f"#/employees/{number}" for number in range(2, 6)]
    assert "when the engagement ended is not known" in done.aside[0].reason
    assert all("manager" not in row for row in done.table("job"))


def test_the_bamboohr_recording(normalised: Callable[..., Any], recorded: Callable[[str], Path]) -> None:
    path = recorded("j1-bamboohr") / "__recordings__/iterateEmployees_1570088486/recording.har"
    recording = json.loads(path.read_text(encoding="utf-8"))
    answer = recording["log"]["entries"][0]["response"]["content"]["text"]
    done = normalised(KINDS["bamboohr_report"], answer, parameters={"zone": "America/Denver"})
    assert done.aside == []
    engagements = done.table("engagement")
    # The recording's own description: 103 employees, 17 of them not active.
    assert len(engagements) == len({row["person"] for row in engagements}) == 103
    ended = [row for row in engagements if row["effective_end"] is not None]
    assert len(ended) == 17
    assert {row["person"] for row in ended} >= {"29", "103"}
    assert [row["type"] for row in engagements].count("contractor") == 2
    gone = next(row for row in ended if row["person"] == "29")
    assert gone["effective_end"].text == "2021-03-15"
    assert gone["effective_end"].earliest == datetime(2021, 3, 15, 6, tzinfo=UTC)


def test_each_kind_says_which_tables_it_feeds() -> None:
    assert FEEDS.keys() == KINDS.keys()
    assert {table for fed in FEEDS.values() for table in fed} <= canonical_tables().keys()
