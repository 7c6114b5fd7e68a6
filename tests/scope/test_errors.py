from pathlib import Path

import pytest

from twofold.model.problem import Problem, UserError
from twofold.scope.load import load_scope, read_scope

SYSTEM = "systems:\n  - id: billing\n    layer: application\n"
SOC2 = "- {{id: a, lens: soc2, type: {}, starts_on: 2025-01-01, ends_on: 2025-12-31, "
LABEL = "reason: r, approver: p-1"


def problems(**files: str) -> list[Problem]:
    contents = {f"{name}.yaml": text.encode() for name, text in files.items()}
    with pytest.raises(UserError) as caught:
        read_scope(contents, reporting_zone="America/New_York")
    return list(caught.value.problems)


ONE_FAULT = [
    # text, place, found, expected or remedy
    (
        "systems:\n  - id: a\n    layer: application\n    zone: Mars/Base\n",
        "4:11",
        "unknown time zone 'Mars/Base'",
        "IANA",
    ),
    (
        "systems:\n  - id: a\n    layer: application\n    zone: Europe/Berln\n",
        "4:11",
        "Europe/Berln",
        "'Europe/Berlin'",
    ),
    ("systems:\n  - id: a\n    layer: aplication\n", "3:12", "'aplication' is not known as 'layer'", "'application'"),
    ("systems:\n  - id: a\n", "2:5", "'layer' is missing", "add 'layer'"),
    ("systems:\n  - id: a b\n    layer: pipeline\n", "2:9", "'a b' is no id", "letters"),
    ("systems:\n  - id: a\n    layer: pipeline\n    ownr: p-1\n", "4:5", "unknown key 'ownr'", "did you mean 'owner'?"),
    ("sytems: []\n", "1:1", "unknown key 'sytems'", "did you mean 'systems'?"),
    ("systems: {id: a}\n", "1:10", "a mapping where the list of 'systems' belongs", "a list"),
    ("systems: [a]\n", "1:11", "'a' where an entry belongs", "mapping"),
    (SYSTEM + "    soc2: {from: 2025-01-01}\n", "4:11", "a mapping where a list belongs", "a list"),
    (SYSTEM + "    soc2: [{from: 2025-01-01, approver: p-1}]\n", "4:12", "'reason' is missing", "add 'reason'"),
    (SYSTEM + "    soc2: [{from: 2025-01-01, reason: r}]\n", "4:12", "'approver' is missing", "add 'approver'"),
    (SYSTEM + "    soc2: [{from: 2025-01-01, reason: '', approver: p}]\n", "4:39", "the text is empty", "write it out"),
    (SYSTEM + f"    soc2: [{{{LABEL}}}]\n", "4:12", "'from' is missing", "add 'from'"),
    (SYSTEM + f"    soc2: [{{from: 2025-01-32, {LABEL}}}]\n", "4:19", "'2025-01-32' is no day or time", "2026-01-31"),
    (SYSTEM + f"    soc2: [{{from: 1970-01-01, {LABEL}}}]\n", "4:19", "lies before 1990", "the real day"),
    (
        SYSTEM + f"    soc2: [{{from: 2025-01-01, to: 9999-12-31, {LABEL}}}]\n",
        "4:35",
        "too far ahead",
        "leave 'to' out",
    ),
    (
        SYSTEM + f"    soc2: [{{from: 2025-01-01, to: 2999-12-31, {LABEL}}}]\n",
        "4:35",
        "too far ahead",
        "leave 'to' out",
    ),
    (SYSTEM + f"    soc2: [{{from: 2025-01-01, to: 2025-01-01, {LABEL}}}]\n", "4:35", "no later than", "'from' before"),
    (SYSTEM + "    log_retention_days: many\n", "4:25", "'many' is no number", "whole number"),
    (SYSTEM + "    log_retention_days: -1\n", "4:25", "'-1' is no number", "whole number"),
    (SYSTEM + "    sources: [billing]\n", "4:15", "'billing' has no source", "github:"),
    (SYSTEM + "    sources: ['a:b', 'a:b']\n", "4:14", "'a:b' stands twice", "delete"),
    (SYSTEM + "    serves: [{system: biling}]\n", "4:14", "unknown system 'biling'", "did you mean 'billing'?"),
    (SYSTEM + "    serves: [{system: billing}]\n", "4:14", "serves itself", "another"),
    (
        SYSTEM + "    schedules: [{activity: access_review, cadence: weekly, from: 2025-01-01}]\n",
        "4:52",
        "'weekly' is not known as 'cadence'",
        "'quarterly'",
    ),
    (
        SYSTEM + f"    financially_relevant: [{{from: 2025-01-01, {LABEL}, dependents: 3}}]\n",
        "4:85",
        "'3' where a list belongs",
        "a list",
    ),
    (SYSTEM + "  - id: billing\n    layer: database\n", "4:5", "system 'billing' stands twice (first at a.yaml:2)", ""),
    ("change_types: [{id: Change, is_change: no}]\n", "1:40", "'no' is neither true nor false", "true or false"),
    ("rosters: [{scope: '*', duty: relese, person: p, from: 2025-01-01}]\n", "1:30", "'relese'", "'release'"),
    ("rosters: [{scope: erp, duty: release, person: p, from: 2025-01-01}]\n", "1:11", "unknown system 'erp'", "add"),
    ("rosters: [{scope: '*', duty: release, person: Ana B, from: 2025-01-01}]\n", "1:47", "no person id", "HR id"),
    (
        "delegations: [{from_person: p, to_person: p, from: 2025-01-01, recorded_at: 2025-01-01}]\n",
        "1:43",
        "'p' delegates to themselves",
        "two people",
    ),
    ("calendars: [{id: default, zone: UTC, opens: 9am}]\n", "1:45", "'9am' is no time of day", "HH:MM"),
    ("calendars: [{id: default, zone: UTC, opens: '18:00'}]\n", "1:13", "no later than it opens", "before"),
    ("calendars: [{id: default, zone: UTC, country: XX}]\n", "1:47", "no public holidays are known for 'XX'", "ISO"),
    ("calendars: [{id: default, zone: UTC, country: US-XX}]\n", "1:47", "US has no part 'XX'", "NY"),
    ("engagements: [{id: a, lens: hipaa, starts_on: 2025-01-01, ends_on: 2025-12-31}]\n", "1:29", "'hipaa'", "'sox'"),
    (
        "engagements: [{id: a, lens: soc2, starts_on: 2025-01-01, ends_on: 2025-12-31, categories: [security]}]\n",
        "1:29",
        "without a type",
        "type2",
    ),
    (
        "engagements: [{id: a, lens: soc2, type: type3, starts_on: 2025-01-01, ends_on: 2025-12-31}]\n",
        "1:41",
        "'type3' is not known as 'type'",
        "'type2'",
    ),
    (
        "engagements:\n" + SOC2.format("type2") + "categories: [securty]}\n",
        "2:93",
        "'securty' is not known as 'categories'",
        "'security'",
    ),
    (
        "engagements:\n" + SOC2.format("type2") + "categories: [privacy]}\n",
        "2:92",
        "the categories lack security",
        "add security",
    ),
    (
        "engagements:\n" + SOC2.format("type1") + "categories: [security]}\n",
        "2:68",
        "one day",
        "same day",
    ),
    ("engagements: [{id: a, lens: sox, starts_on: 2025-12-31, ends_on: 2025-01-01}]\n", "1:66", "before it starts", ""),
    (
        "engagements: [{id: a, lens: sox, type: type2, starts_on: 2025-01-01, ends_on: 2025-12-31}]\n",
        "1:40",
        "type",
        "",
    ),
    ("engagements: [{id: a, lens: sox, starts_on: Q1, ends_on: 2025-12-31}]\n", "1:45", "'Q1' is no day", "2026"),
    ("parameters: [{control_test: T-03, name: n, value: {a: b}, reason: r, approver: p}]\n", "1:51", "a mapping", ""),
    ("systems: []\nsystems: []\n", "2:1", "key 'systems' stands twice (first on line 1)", "keep one"),
    ("systems:\n\t- id: a\n", "2:1", "a tab indents this line", "spaces"),
    ("systems: [\n", "2:1", "this is not YAML", "look at"),
    ("systems: a: b\n", "1:11", "this is not YAML", "look at"),
    ("systems: []\n---\nrosters: []\n", "2:1", "a second document starts", "delete"),
    ("systems: []\nrosters: &x []\n", "2:10", "an anchor or alias", "plain values"),
    ("systems: !!python/object:os.system []\n", "1:10", "an explicit tag", "delete"),
    ("[a]: 1\n", "1:1", "a key that is no text", "quote"),
    ("- a\n", "1:1", "the file holds no mapping", "begin with"),
    ("", "1:1", "the file is empty", "delete the file"),
    ("# only a remark\n", "1:1", "the file is empty", "delete the file"),
    ("systems: [\x07]\n", "1:11", "control character U+0007", "delete"),
    (SYSTEM + '    name: "a\\x1b[31m"\n', "4:11", "control character U+001B", "delete"),
    ("systems: " + "[" * 40 + "]" * 40, "1:22", "nested too deeply", "levels"),
]


@pytest.mark.parametrize(("text", "place", "found", "other"), ONE_FAULT, ids=range(len(ONE_FAULT)))
def test_one_fault_gives_one_problem_with_its_place(text: str, place: str, found: str, other: str) -> None:
    (problem,) = problems(a=text)
    assert problem.where == f"scope/a.yaml:{place}"
    assert found in problem.found
    assert other in f"{problem.expected} {problem.remedy}"


OVERLAPS = [
    f"    soc2:\n    - {{from: 2025-01-01, to: 2025-06-02, {LABEL}}}\n    - {{from: 2025-06-01, {LABEL}}}\n",
    f"    sso_only:\n    - {{from: 2025-01-01, {LABEL}}}\n    - {{from: 2025-06-01, to: 2025-07-01, {LABEL}}}\n",
    "    required_checks:\n    - {name: unit, from: 2025-01-01}\n    - {name: unit, from: 2025-06-01}\n",
]


@pytest.mark.parametrize("text", OVERLAPS)
def test_overlapping_stretches_name_both_places(text: str) -> None:
    (problem,) = problems(a=SYSTEM + text)
    assert problem.where == "scope/a.yaml:6:7"
    assert "overlaps" in problem.found
    assert "at a.yaml:5" in problem.found


def test_stretches_that_touch_do_not_overlap() -> None:
    text = SYSTEM + f"    soc2: [{{from: 2025-01-01, to: 2025-06-01, {LABEL}}}, {{from: 2025-06-01, {LABEL}}}]\n"
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")
    assert len(scope.systems[0].soc2) == 2


def test_an_account_cannot_belong_to_two_people_at_once() -> None:
    text = "account_links:\n- {account: 'github:ana', person: p-1}\n- {account: 'github:ana', person: p-2}\n"
    (problem,) = problems(a=text)
    assert "two people" in problem.found


def test_two_assignments_of_a_control_may_differ_by_system() -> None:
    text = SYSTEM + "controls:\n- {id: AC-03, owner: p-1}\n- {id: AC-03, owner: p-2, systems: [billing]}\n"
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")
    assert len(scope.controls) == 2
    (problem,) = problems(a=text + "- {id: AC-03, owner: p-3, systems: [billing]}\n")
    assert problem.where == "scope/a.yaml:7:3"


def test_one_object_of_a_source_stands_for_one_system() -> None:
    text = SYSTEM + "    sources: ['github:a/b']\n  - id: erp\n    layer: application\n    sources: ['github:a/b']\n"
    (problem,) = problems(a=text)
    assert problem.where == "scope/a.yaml:5:5"
    assert "stands for 'erp' and for 'billing' (a.yaml:2)" in problem.found


def test_problems_of_all_files_come_together_in_order() -> None:
    found = problems(
        b="systems:\n  - id: erp\n    layer: x\n    owner: [p]\n",
        a="rosters: [{scope: erp, duty: release, person: p}]\n",
        c="\t: x\n",
    )
    assert [problem.where for problem in found] == [
        "scope/a.yaml:1:11",
        "scope/b.yaml:3:12",
        "scope/b.yaml:4:12",
        "scope/c.yaml:1:1",
    ]


def test_the_same_id_in_two_files_is_one_problem() -> None:
    (problem,) = problems(a=SYSTEM, b=SYSTEM)
    assert problem.where == "scope/b.yaml:2:5"


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert any("anchor or alias" in problem.found for problem in problems(a="\n".join(lines)))


def test_a_file_that_is_not_utf8_or_too_large() -> None:
    with pytest.raises(UserError) as caught:
        read_scope({"a.yaml": b"systems:\n  - id: \xff\n", "b.yaml": b" " * 5_000_000}, reporting_zone="UTC")
    text = str(caught.value)
    assert "scope/a.yaml:2:9: byte 0xff is not UTF-8" in text
    assert "scope/b.yaml:1:1: the file has 5,000,000 bytes" in text


def test_unknown_controls_and_persons_are_found_when_the_caller_knows_them(tmp_path: Path) -> None:
    folder = tmp_path / "scope"
    folder.mkdir()
    (folder / "a.yaml").write_text("controls: [{id: AC-3, owner: p-9}]\npeople: [{id: p-1}]\n")
    load_scope(folder, reporting_zone="UTC")
    with pytest.raises(UserError) as caught:
        load_scope(folder, reporting_zone="UTC", known_controls={"AC-03", "CM-01"}, known_persons={"p-0"})
    assert [problem.found for problem in caught.value.problems] == ["unknown control 'AC-3'", "unknown person 'p-9'"]
    assert caught.value.problems[0].remedy == "did you mean 'AC-03'?"


def test_a_folder_without_files_or_a_bad_zone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        load_scope(tmp_path / "scope", reporting_zone="UTC")
    with pytest.raises(UserError, match="no file ending in"):
        load_scope(tmp_path, reporting_zone="UTC")
    with pytest.raises(UserError, match="unknown time zone"):
        read_scope({"a.yaml": b"systems: []"}, reporting_zone="Mars/Base")
