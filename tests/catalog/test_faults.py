"""A catalog with a fault does not load, and the message says file, line, what was found and what to do."""

import re
import shutil
from pathlib import Path

import pytest

from twofold.catalog.load import SHIPPED, load_catalog
from twofold.model.problem import Problem, UserError

CM01, AC01 = "controls/CM-01.toml", "controls/AC-01.toml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    copy = tmp_path / "catalog"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def problems_of(root: Path) -> tuple[Problem, ...]:
    with pytest.raises(UserError) as caught:
        load_catalog(root)
    return caught.value.problems


def edit(root: Path, name: str, old: str, new: str) -> None:
    file = root / name
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old!r}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(root: Path, name: str, marker: str) -> int:
    lines = (root / name).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(marker))


def test_an_unchanged_copy_loads(root: Path) -> None:
    assert load_catalog(root) == load_catalog()


@pytest.mark.parametrize(
    ("name", "old", "new", "at", "found", "remedy"),
    [
        (CM01, '["CC8.1"]', '["CC8.1", "CC8.2"]', "criteria", "no criterion 'CC8.2'", "CC8.1"),
        (CM01, '["CC8.1"]', '[\n  "CC8.1",\n  "CC66.1",\n]', '  "CC66.1"', "no criterion 'CC66.1'", "CC6.1"),
        (CM01, '["CC8.1"]', '["CC8.1", "CC8.1"]', "criteria", "'CC8.1' stands twice", ""),
        (CM01, '["CC8.1"]', "[]", "criteria", "'criteria' is empty", ""),
        (CM01, '["CC8.1"]', '"CC8.1"', "criteria", "'criteria' is 'CC8.1'", ""),
        (CM01, '["CC8.1"]', '["CC8.1", 7]', "criteria", "7 in 'criteria'", ""),
        (CM01, '["CC8.1"]', '["CC6.8"]', "criteria", "does not map to CC8.1", 'add "CC8.1"'),
        (CM01, '"change_and_development"', '"change"', "family", "no family 'change'", "change_and_development"),
        (CM01, 'PC = "key"', 'PCX = "key"', "PCX", "no ITGC domain 'PCX'", "PC"),
        (CM01, 'PC = "key"', 'PC = "keys"', "PC", "no PC word 'keys'", "key"),
        (CM01, '[itgc]\nPC = "key"\n', "", "id", "no ITGC domain, although", "add the domain"),
        (CM01, 'sox_use = "itgc"', 'sox_use = "icfr"', "sox_use", "no sox_use word 'icfr'", ""),
        (CM01, '["T-10"]', '["T-10", "T-35"]', "control_tests", "no control test 'T-35'", "T-3"),
        (CM01, '["T-10"]', '["T-10", "T-11"]', "control_tests", "no lens requires an attribute of T-11", ""),
        (CM01, '"E", "F"]', '"E", "X"]', 'T-10 = ["A", "B", "C", "D", "E", "X"]', "no attribute 'X'", ""),
        (CM01, 'A = "An', 'AA = "An', "AA", "the attribute 'AA'", ""),
        (CM01, 'T-10 = ["A", "B", "C", "D", "E", "F"]', 'T-01 = ["A"]', "T-01", "'T-01'", "T-10"),
        (CM01, 'T-10 = ["A", "B", "C", "D", "E", "F"]', "T-10 = []", "T-10 = []", "'T-10' is empty", ""),
        (CM01, "[lens.sox]", "[lens.sax]", "[lens.sax]", "unknown field 'sax'", "sox"),
        (CM01, "[lens.sox]\n", "[lens.soc1]\n", "[lens.soc2]", "[lens.sox] is missing", ""),
        (CM01, 'frequency = "every_event"', 'frequency = "often"', "frequency", "no frequency word 'often'", ""),
        (CM01, "evidence = [", "evidance = [", "evidance", "unknown field 'evidance'", "evidence"),
        (CM01, 'population_unit = "each', '#"each', "id", "'population_unit' is missing", "population_unit"),
        (CM01, 'soc2 = "An', '#"An', "[risk]", "'soc2' is missing", "add 'soc2'"),
        (CM01, 'title = "Authorised', 'title = " " # "', "title", "'title' is ' '", ""),
        (CM01, '[itgc]\nPC = "key"\n', 'itgc = "PC"\n', "itgc", "'itgc' is 'PC'", ""),
        ("controls/HR-01.toml", 'A = "A joiner', '#"', "T-25", "no attribute 'A'", ""),
        ("controls/HR-01.toml", '[lens.soc2]\nT-25 = ["A", "B"]', "[lens.soc2]", "[lens.soc2]", "no required", ""),
        (
            "controls/HR-01.toml",
            "[attributes]",
            "[atributes]",
            "[atributes]",
            "unknown field 'atributes'",
            "attributes",
        ),
        ("criteria.toml", "count = 8\n", "", "[[series]]", "'count' is missing", ""),
        ("criteria.toml", 'id = "CC8.1"', 'id = "CC9.9"', 'id = "CC9.9"', "'CC9.9' in series 'CC8'", ""),
        ("criteria.toml", "adds_to_principle = 12", 'adds_to_principle = "12"', "adds_to", "is '12'", ""),
        (CM01, 'title = "Authorised', 'title = Authorised"', "title", "not valid TOML", ""),
        (CM01, 'id = "CM-01"', 'id = "CM-99"', "id", "control 'CM-99' in the file CM-01.toml", "rename the file"),
        (CM01, 'id = "CM-01"', 'id = "CM-02"', "id", "control 'CM-02' is defined twice", "set the id to 'CM-01'"),
        (CM01, 'id = "CM-01"', 'id = "CM1"', "id", "the control id 'CM1'", ""),
        (CM01, 'title = "Auth', 'title = "A"\ntitle = "Auth', 'title = "Auth', "not valid TOML: Cannot overwrite", ""),
        ("controls/AC-02.toml", '"Role change"', '"User provisioning"', "title", "the title repeats", ""),
        (
            "controls/OP-03.toml",
            "[attributes]",
            '[itgc]\nCO = "key"\n[attributes]',
            "[itgc]",
            "sox_use is 'soc2_only'",
            "",
        ),
        ("controls/OP-03.toml", "[risk]", '[lens.sox]\nT-20 = ["A"]\n[risk]', "[lens.soc2]", "[lens.sox] is there", ""),
        ("criteria.toml", 'id = "CC8.1"', 'id = "CC7.5"', 'id = "CC7.5"', "CC7.5", ""),
        (
            "criteria.toml",
            "adds_to_principle = 12",
            "adds_to_principle = 18",
            "adds_to_principle = 18",
            "no COSO principle '18'",
            "",
        ),
        ("criteria.toml", "count = 8", "count = 9", "count = 9", "series CC6 has 8 criteria", ""),
        (
            "criteria.toml",
            'category = "security"',
            'category = "secure"',
            'category = "secure"',
            "'secure'",
            "security",
        ),
        ("criteria.toml", 'series = "CC9"', 'series = "CC91"', 'series = "CC91"', "no series 'CC91'", "CC9"),
        ("criteria.toml", "always = true", 'always = "true"', 'always = "true"', "'always' is 'true'", ""),
        ("itgc_domains.toml", "principle = 11", "principle = 0", "principle = 0", "no COSO principle '0'", ""),
        ("coso_principles.toml", "id = 17", 'id = "17"', 'id = "17"', "'id' is '17'", ""),
        (
            "families.toml",
            "[[family]]",
            "[[famly]]",
            "[[famly]]",
            "unknown field 'famly'",
            "family",
        ),
        ("control_tests.toml", 'id = "T-02"', 'id = "T-01"', 'id = "T-01"', "'T-01' is defined twice", "delete"),
    ],
)
def test_fault_is_reported_where_it_stands(
    root: Path, name: str, old: str, new: str, at: str, found: str, remedy: str
) -> None:
    edit(root, name, old, new)

    matching = [problem for problem in problems_of(root) if found in problem.found and remedy in problem.remedy]

    assert matching
    lines = (root / name).read_text(encoding="utf-8").split("\n")
    places = {f"{root / name}:{number}" for number, line in enumerate(lines, start=1) if line.startswith(at)}
    assert {problem.where for problem in matching} & places
    assert all(problem.expected for problem in matching)


def test_by_hand_needs_its_reason(root: Path) -> None:
    edit(root, "controls/AC-10.toml", "by_hand_because", "frequency_note")

    assert [problem.found for problem in problems_of(root)] == ["the field 'by_hand_because' is missing"]


def test_by_hand_reason_beside_a_rule(root: Path) -> None:
    edit(root, CM01, "lens_difference", 'by_hand_because = "No rule."\nlens_difference')

    (problem,) = problems_of(root)

    assert problem.where == f"{root / CM01}:{line_of(root, CM01, 'by_hand_because')}"


def test_one_wording_for_a_letter_of_a_control_test(root: Path) -> None:
    edit(root, "controls/NW-01.toml", 'D = "The', 'A = "The')
    edit(root, "controls/NW-01.toml", '["D", "E"]', '["A", "E"]')

    (problem,) = problems_of(root)

    assert problem.where == f"{root / 'controls/NW-01.toml'}:{line_of(root, 'controls/NW-01.toml', 'A = ')}"
    assert "attribute A of T-07" in problem.found
    assert f"at {root / 'controls/AC-07.toml'}:{line_of(root, 'controls/AC-07.toml', 'A = ')}" in problem.found


def test_an_empty_register(root: Path) -> None:
    (root / "families.toml").write_text("# nothing yet\n", encoding="utf-8")

    (problem,) = problems_of(root)

    assert problem.where == f"{root / 'families.toml'}:1"
    assert problem.found == "no list of tables 'family'"


def test_second_definition_names_the_first(root: Path) -> None:
    shutil.copy(root / AC01, root / "controls" / "AB-01.toml")

    (problem,) = [problem for problem in problems_of(root) if "defined twice" in problem.found]

    assert problem.where == f"{root / 'controls' / 'AB-01.toml'}:1"
    assert f"first at {root / AC01}:1" in problem.found


def test_all_faults_of_all_files_come_together(root: Path) -> None:
    edit(root, CM01, '["CC8.1"]', '["CC8.1", "CC9.9"]')
    edit(root, AC01, '["T-01"]', '["T-77"]')
    edit(root, "criteria.toml", "count = 8", "count = 7")

    found = " ".join(problem.found for problem in problems_of(root))

    assert re.search(r"series CC6 has 8.*'T-77'.*'CC9\.9'", found)


def test_bytes_that_are_no_text(root: Path) -> None:
    file = root / CM01
    file.write_bytes(file.read_bytes() + b"# \xff\n")

    (problem,) = problems_of(root)

    assert problem.where == f"{file}:{len(file.read_bytes().splitlines())}"
    assert "UTF-8" in problem.found


def test_a_register_that_is_missing_hides_no_other_fault_behind_noise(root: Path) -> None:
    (root / "families.toml").unlink()

    (problem,) = problems_of(root)

    assert problem.where == f"{root / 'families.toml'}:1"
    assert "No such file" in problem.found


def test_a_folder_without_controls(root: Path) -> None:
    shutil.rmtree(root / "controls")

    assert [problem.found for problem in problems_of(root)] == ["no control"]


def test_deep_nesting_is_a_problem_not_a_crash(root: Path) -> None:
    (root / CM01).write_text("id = " + "[" * 5000, encoding="utf-8")

    (problem,) = problems_of(root)

    assert problem.where.startswith(f"{root / CM01}:")


def test_windows_line_ends_keep_lines(root: Path) -> None:
    file = root / CM01
    edit(root, CM01, 'family = "change_and_development"', 'family = "x"')
    line = line_of(root, CM01, "family")
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert problems_of(root)[0].where == f"{file}:{line}"
