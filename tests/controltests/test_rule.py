import re
from datetime import timedelta
from pathlib import Path

import pytest

from twofold.controltests.rule import (
    CONFLICT,
    RULES_FOLDER,
    ParameterValue,
    known_rules,
    load_rule,
    reason_sentence,
    rule_named,
)
from twofold.model.problem import UserError
from twofold.populations.completeness import Window

TOML = """
id = "T-99"
version = "1"
title = "Title"
objective = "Objective."
population = "incident_opened"

[attributes.A]
wording = "It holds"
[attributes.A.exception]
not_held = "It did not hold."

[attributes.B]
wording = "It was seen"

[parameters.days]
type = "integer"
default = 5
unit = "days"
runs = "after"
about = "How long"
source = "convention"
minimum = 1
maximum = 10

[parameters.word]
type = "text"
default = "it's"
unit = ""
about = "A word"
source = "convention"

[parameters.strict]
type = "boolean"
default = false
unit = ""
about = "Whether"
source = "convention"
"""
SQL = """
WITH named AS (SELECT i.id AS id FROM incident AS i)
SELECT p.item AS item FROM population AS p CROSS JOIN parameter AS q JOIN named AS n ON n.id = p.item
"""
FACTS = "SELECT p.item AS item FROM population AS p"


def folder_of(tmp_path: Path, *, toml: str = TOML, sql: str = SQL, facts: str = FACTS) -> Path:
    folder = tmp_path / "T-99"
    folder.mkdir()
    for name, text in (("rule.toml", toml), ("rule.sql", sql), ("facts.sql", facts)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_folder_becomes_a_rule(tmp_path: Path) -> None:
    rule = load_rule(folder_of(tmp_path))
    assert (rule.control_test, rule.population) == ("T-99", "incident_opened")
    assert [attribute.letter for attribute in rule.attributes] == ["A", "B"]
    assert reason_sentence(rule, "A", "exception:not_held") == "It did not hold."
    assert reason_sentence(rule, "A", "pass") == ""
    with pytest.raises(KeyError):
        rule.attribute("Z")


def test_the_hash_covers_each_text_of_the_folder(tmp_path: Path) -> None:
    hashes = set()
    for number, text in enumerate(({}, {"toml": TOML + "\n"}, {"sql": SQL + "\n"}, {"facts": FACTS + "\n"})):
        (tmp_path / str(number)).mkdir()
        hashes.add(load_rule(folder_of(tmp_path / str(number), **text)).sha256)
    assert len(hashes) == 4


def test_parameters_are_defaults_or_what_was_set(tmp_path: Path) -> None:
    rule = load_rule(folder_of(tmp_path))
    assert rule.parameter_values({}, where="scope") == {"days": 5, "word": "it's", "strict": False}
    given: dict[str, ParameterValue] = {"days": 10, "word": "", "strict": True}
    assert rule.parameter_values(given, where="scope") == given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"days": 0}, "days = 0"),
        ({"days": 11}, "expected: 1 to 10"),
        ({"days": True}, "a integer"),
        ({"days": "5"}, "days = '5'"),
        ({"strict": 1}, "a boolean"),
        ({"strict": "true"}, "a boolean"),
        ({"word": 3}, "a text"),
        ({"weeks": 3}, "T-99 has no parameter 'weeks'"),
    ],
)
def test_a_parameter_of_another_type_or_outside_its_range_is_refused(
    tmp_path: Path, given: dict[str, str | int | bool], told: str
) -> None:
    rule = load_rule(folder_of(tmp_path))
    with pytest.raises(UserError) as fault:
        rule.parameter_values(given, where="the scope")
    assert told in str(fault.value)
    assert str(fault.value).startswith("the scope:")


def test_all_faults_of_parameters_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as fault:
        load_rule(folder_of(tmp_path)).parameter_values({"days": 99, "weeks": 1, "word": 1}, where="scope")
    assert len(fault.value.problems) == 3


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"toml": "id = "}, r"rule\.toml"),
        ({"toml": TOML.replace('version = "1"', "")}, "lacks 'version'"),
        ({"toml": TOML.replace("not_held", "Not-Held")}, "no reason code"),
        ({"toml": TOML.replace("attributes.B", "attributes.ab")}, "attribute 'ab'"),
        ({"toml": TOML.replace('"boolean"', '"float"')}, "parameter strict of type 'float'"),
        ({"toml": TOML.replace('runs = "after"\n', "")}, "parameter days with the unit 'days' and runs = ''"),
        ({"toml": TOML.replace('runs = "after"', 'runs = "later"')}, "and runs = 'later'"),
        (
            {"toml": TOML.replace('unit = ""', 'unit = ""\nruns = "after"', 1)},
            "parameter word with the unit '' and runs",
        ),
        ({"toml": TOML.replace('"after"', '"after"\nfollows = ["weeks"]')}, "parameter days follows weeks"),
    ],
)
def test_a_faulty_folder_is_refused_with_the_file(tmp_path: Path, texts: dict[str, str], told: str) -> None:
    with pytest.raises(UserError, match=told):
        load_rule(folder_of(tmp_path, **texts))


@pytest.mark.parametrize(
    ("unit", "value", "words", "days"),
    [
        ("days", 5, "5 days", 5),
        ("days", 0, None, None),
        ("business days", 5, "5 business days", 17),
        ("business days", 0, "0 business days", 7),
        ("months", 3, "3 months", 93),
        ("hours", 36, "36 hours", 1.5),
        ("minutes", 720, "720 minutes", 0.5),
        ("seconds", 43200, "43200 seconds", 0.5),
        ("days of 24 hours", 2, "2 days of 24 hours", 2),
    ],
)
def test_a_window_is_as_long_as_it_can_be_by_the_calendar(
    tmp_path: Path, unit: str, value: int, words: str | None, days: float | None
) -> None:
    rule = load_rule(folder_of(tmp_path, toml=TOML.replace('unit = "days"', f'unit = "{unit}"')))
    windows = rule.windows({"days": value, "word": "", "strict": False})
    expected = [] if words is None or days is None else [Window("T-99", "days", words, timedelta(days=days))]
    assert windows == expected


def test_a_window_that_follows_another_begins_where_that_ends() -> None:
    rule = rule_named("T-31", where="test")
    windows = {each.parameter: each for each in rule.windows(rule.parameter_values({"answer_days": 45}, where="test"))}
    assert (windows["answer_days"].words, windows["answer_days"].length) == ("45 days", timedelta(days=45))
    extended = windows["extension_days"]
    assert (extended.words, extended.length) == ("45 days, then 60 days", timedelta(days=105))


def test_every_parameter_of_a_time_says_whether_it_runs_after_the_event() -> None:
    """The reader of rules refuses those in units that it knows, so no other unit may be one of time."""
    for rule in known_rules().values():
        for each in rule.parameters:
            assert bool(each.runs) == bool(re.search("second|minute|hour|day|week|month|year", each.unit)), each


def test_what_is_pending_while_a_parameter_lasts_runs_after_the_event() -> None:
    """A line of SQL that says pending and compares with the extraction has the parameters that exports wait for."""
    for rule in known_rules().values():
        pending = [line for line in rule.sql.splitlines() if "cannot_test:pending" in line and "q.extracted_at" in line]
        named = {name for line in pending for name in re.findall(r"\bq\.([a-z_0-9]+)", line)}
        for each in rule.parameters:
            assert each.name not in named or each.runs != "before", (rule.control_test, each.name)


def test_a_missing_text_is_refused_with_the_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "facts.sql").unlink()
    with pytest.raises(UserError, match=r"facts\.sql: cannot be read"):
        load_rule(folder)


def test_an_unknown_control_test_is_refused_with_its_place() -> None:
    with pytest.raises(UserError, match=r"case\.toml: there is no control test 'T-00'"):
        rule_named("T-00", where="case.toml")


def test_folders_of_rules_bear_the_id_of_their_control_test() -> None:
    for path in RULES_FOLDER.glob("*/rule.toml"):
        found = re.search(r'^id = "(.*)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert found is not None
        assert found[1] == path.parent.name


def test_every_attribute_declares_that_records_in_conflict_may_decide() -> None:
    for rule in known_rules().values():
        assert all(CONFLICT in attribute.reasons for attribute in rule.attributes), rule.control_test
