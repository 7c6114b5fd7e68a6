"""The demonstration company: the same bytes for a seed, the counts asked for, and a key that fits the data."""

import csv
import hashlib
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from twofold.controltests.rule import known_rules
from twofold.jobs.demonstration.generate import GeneratedCompany, generate

CHANGES, PEOPLE, LEAVERS = 400, 180, 40
TESTS = set(known_rules())


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> GeneratedCompany:
    return generate(tmp_path_factory.mktemp("company"), seed=7, changes=CHANGES, people=PEOPLE, leavers=LEAVERS)


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def exported(company: GeneratedCompany, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = orjson.loads((company.folder / "exports" / path).read_bytes())
    return rows


def entries(company: GeneratedCompany) -> list[dict[str, Any]]:
    text = (company.folder / "exports" / "exports.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["file"]
    return found


def keyed(company: GeneratedCompany) -> list[dict[str, str]]:
    return lines(company.folder / "answer_key.csv")


def test_the_same_seed_gives_the_same_bytes(company: GeneratedCompany, tmp_path: Path) -> None:
    generate(tmp_path, seed=7, changes=CHANGES, people=PEOPLE, leavers=LEAVERS)

    assert fingerprints(tmp_path) == fingerprints(company.folder)


def test_another_seed_gives_another_year(company: GeneratedCompany, tmp_path: Path) -> None:
    generate(tmp_path, seed=8, changes=CHANGES, people=PEOPLE, leavers=LEAVERS)

    ours, others = fingerprints(company.folder), fingerprints(tmp_path)
    assert ours["exports/github/commits.json"] != others["exports/github/commits.json"]
    assert ours["scope/systems.yaml"] == others["scope/systems.yaml"]


def test_it_has_as_many_changes_people_and_leavers_as_asked(company: GeneratedCompany) -> None:
    systems = ("billing", "ledger", "payments", "portal", "analytics")
    merged = len(exported(company, "github/pull_requests.json"))
    pushed = sum(
        event["activity_type"] == "push"
        for system in systems
        for event in exported(company, f"github/activity_{system}.json")
    )
    roster = lines(company.folder / "exports/hr/roster.csv")
    ended = {line["person_id"] for line in roster if line["effective_end"]}
    converted = {line["person_id"] for line in roster if line["follows"]}

    assert merged + pushed == CHANGES
    assert len({line["person_id"] for line in roster}) == PEOPLE
    assert len(ended - converted) == LEAVERS


def test_every_export_is_listed_with_its_true_count(company: GeneratedCompany) -> None:
    folder = company.folder / "exports"
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in {".json", ".csv"}}

    assert {entry["path"] for entry in entries(company)} == on_disk
    for entry in entries(company):
        path = folder / entry["path"]
        if entry["source"] == "documents":
            count = 1  # a file that is kept as it came is one record
        else:
            count = len(orjson.loads(path.read_bytes())) if path.suffix == ".json" else len(lines(path))
        assert entry["claimed_count"] == count, entry["path"]
        for column, total in entry.get("totals", {}).items():
            assert int(total) == sum(int(line[column]) for line in lines(path)), entry["path"]
        assert entry["query"]
    totalled = {entry["kind"]: set(entry["totals"]) for entry in entries(company) if "totals" in entry}
    assert totalled == {"transfer": {"source_sum", "target_sum"}}


def test_no_document_number_is_skipped(company: GeneratedCompany) -> None:
    tickets = [issue["key"] for issue in exported(company, "jira/chg_issues.json")]
    incidents = [line["id"] for line in lines(company.folder / "exports/csvtable/incident.csv")]

    assert tickets == [f"CHG-{number}" for number in range(1, len(tickets) + 1)]
    assert incidents == [f"INC-{number}" for number in range(1, len(incidents) + 1)]


def test_every_item_of_the_change_tests_is_in_the_exports(company: GeneratedCompany) -> None:
    deployments = {
        f"{row['url'].split('/repos/')[1]}": row["sha"] for row in exported(company, "github/deployments.json")
    }
    pulls = {
        f"{row['base']['repo']['full_name']}#{row['number']}" for row in exported(company, "github/pull_requests.json")
    }
    for line in keyed(company):
        if line["control_test"] in {"T-10", "T-11", "T-12"}:
            *deployment, last = line["item"].split("/", 4)
            carried = "/".join((*deployment, last)).removeprefix("/".join(deployment[:4]) + "/")
            assert "/".join(deployment[:4]) in deployments
            assert carried in pulls or carried in deployments.values()


def test_every_other_item_of_the_key_is_in_the_exports(company: GeneratedCompany) -> None:
    folder = company.folder / "exports"
    logged = {event["uuid"] for event in exported(company, "okta/system_log.json")}
    logged |= {line["id"] for line in lines(folder / "csvtable/erp_grant_event.csv")}
    engagements = {line["engagement_id"] for line in lines(folder / "hr/roster.csv")}
    incidents = {line["id"] for line in lines(folder / "csvtable/incident.csv")}
    for line in keyed(company):
        match line["control_test"]:
            case "T-01":
                assert line["item"] in logged
            case "T-03":
                assert line["item"].partition("@")[0] in engagements
            case "T-19":
                assert line["item"] in incidents


def test_every_control_test_has_faults_and_a_clean_majority(company: GeneratedCompany) -> None:
    faulty = Counter(line["control_test"] for line in keyed(company) if line["outcome"] == "EXCEPTION")
    totals = lines(company.folder / "answer_key_totals.csv")

    assert set(faulty) == TESTS
    assert {line["control_test"] for line in totals} == TESTS - company.key.uncounted
    for line in totals:
        counted = sum(int(line[name]) for name in ("pass", "exception", "cannot_test", "not_applicable"))
        assert counted == int(line["population"])


def test_the_key_holds_all_planted_kinds(company: GeneratedCompany) -> None:
    planted = {f"{line['control_test']} {line['attribute']} {line['reason']}" for line in keyed(company)}

    assert planted >= {
        "T-10 A no_ticket",
        "T-10 A authorised_late",
        "T-10 B check_failed",
        "T-10 B check_missing",
        "T-10 C not_independent",
        "T-10 C stale_approval",
        "T-10 D approved_late",
        "T-10 C no_authority",
        "T-10 C approver_unlinked",
        "T-10 F material_edit",
        "T-10 C changes_requested",
        "T-10 E other_commit",
        "T-10 I no_uat",
        "T-10 H approver_is_deployer",
        "T-01 A no_request",
        "T-01 A request_used",
        "T-01 D beyond_approved",
        "T-01 E self_approved",
        "T-03 A late",
        "T-03 A reenabled",
        "T-03 A app_account_open",
        "T-03 A no_close_time",
        "T-03 B used_after_end",
        "T-03 C credential_live",
        "T-03 D late_notice",
        "T-05 A absent",
        "T-05 A late",
    }


def test_what_only_sox_asks_for_does_not_touch_the_soc2_verdict(company: GeneratedCompany) -> None:
    missing = [line["item"] for line in keyed(company) if line["reason"] == "no_uat"]
    verdicts = {(x["control_test"], x["item"]): x for x in lines(company.folder / "answer_key_verdicts.csv")}
    found = {(verdicts["T-10", item]["soc2"], verdicts["T-10", item]["sox"]) for item in missing}

    # In both scopes; before analytics became relevant and on the portal; in October 2025, which is SOX only.
    assert found == {("PASS", "EXCEPTION"), ("PASS", "NOT_APPLICABLE"), ("NOT_APPLICABLE", "EXCEPTION")}


def test_the_incomplete_variant_names_what_must_stop(company: GeneratedCompany, tmp_path: Path) -> None:
    holes = generate(tmp_path, seed=7, changes=CHANGES, people=PEOPLE, leavers=LEAVERS, variant="incomplete")
    changed = {
        path for path, digest in fingerprints(tmp_path).items() if fingerprints(company.folder).get(path) != digest
    }

    assert company.stops == ()
    assert {(population, check) for population, check, _ in holes.stops} == {
        ("change_item", "row_count"),
        ("grant", "page_cap"),
        ("incident_opened", "id_gaps"),
        ("incident_opened", "reconciliation"),
        ("engagement_end", "reconciliation"),
    }
    assert len(lines(tmp_path / "answer_key_stops.csv")) == len(holes.stops)
    assert not (tmp_path / "answer_key.csv").exists()
    assert {"exports/okta/system_log.json", "exports/csvtable/incident.csv", "exports/hr/roster.csv"} <= changed
    assert len(exported(holes, "okta/system_log.json")) == 1000


@pytest.mark.parametrize(
    ("changes", "people", "leavers"), [(100, 180, 40), (400, 100, 40), (400, 180, 5), (9999, 180, 40)]
)
def test_numbers_without_room_for_the_faults_are_refused(
    tmp_path: Path, changes: int, people: int, leavers: int
) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        generate(tmp_path, seed=7, changes=changes, people=people, leavers=leavers)

    assert list(tmp_path.iterdir()) == []


def test_no_open_incident_explains_a_change_that_nobody_approved(company: GeneratedCompany) -> None:
    released = {row["url"].split("/repos/")[1]: row for row in exported(company, "github/deployments.json")}
    incidents = lines(company.folder / "exports/csvtable/incident.csv")
    emergencies = {line["item"] for line in keyed(company) if line["control_test"] == "T-12"}
    unapproved = [
        line["item"]
        for line in keyed(company)
        if (line["control_test"], line["attribute"], line["outcome"]) == ("T-10", "D", "EXCEPTION")
        and line["item"] not in emergencies
    ]

    assert unapproved
    for item in unapproved:
        deployment = released["/".join(item.split("/")[:4])]
        system, at = item.split("/")[1], deployment["created_at"]
        assert not [x for x in incidents if system in x["systems"] and x["opened_at"] <= at < x["closed_at"]]
