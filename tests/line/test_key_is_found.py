"""The line on the demonstration company: every planted fault is found with its reason, and none is invented."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from twofold.controltests.rule import known_rules
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.demo import Demonstration
from twofold.jobs.demonstration.answer_key import SILENT_ON
from twofold.model.outcome import ReasonCode
from twofold.records.workspace import Workspace

CONTROLS = {
    "T-01": "AC-01",
    "T-03": "AC-03",
    "T-05": "AC-05",
    "T-10": "CM-01",
    "T-11": "CM-02",
    "T-12": "CM-03",
    "T-13": "CM-04",
    "T-15": "CM-06",
    "T-16": "CM-07",
    "T-19": "OP-02",
    "T-22": "OP-05",
}
"""The control tests whose whole population the key counts, and the control that each serves."""
TESTS = sorted(known_rules())
NAMED_ONLY = sorted(set(TESTS) - set(CONTROLS))
ENGAGEMENTS = {"soc2": "soc2-2026", "sox": "sox-fy2026"}
Code = tuple[str, str]


@pytest.fixture(scope="module")
def company(made: Demonstration) -> Path:
    return made.root / "company"


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def outcomes(company: Path, control_test: str) -> Iterator[tuple[tuple[str, str], Code]]:
    """Yield (item, attribute) with outcome and reason, from the latest run."""
    with Workspace.open(company.parent / "workspace") as workspace:
        file = latest_runs(workspace)[control_test] / "outcomes.parquet"
    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(file)])
    columns = [column[0] for column in found.description or []]
    for row in found.fetchall():
        values = dict(zip(columns, row, strict=True))
        for name, text in values.items():
            if len(name) == 1 and (control_test, name.upper()) not in SILENT_ON:
                code = ReasonCode.parse(text)
                yield (values["item"], name.upper()), (str(code.outcome), code.reason)


def keyed(company: Path, control_test: str) -> Mapping[tuple[str, str], Code]:
    return {
        (line["item"], line["attribute"]): (line["outcome"], line["reason"])
        for line in lines(company / "answer_key.csv")
        if line["control_test"] == control_test
    }


@pytest.mark.parametrize("control_test", TESTS)
def test_every_planted_fault_is_found_with_its_reason(company: Path, control_test: str) -> None:
    planted = keyed(company, control_test)
    found = dict(outcomes(company, control_test))

    assert planted
    assert {where: found.get(where) for where in planted} == planted


@pytest.mark.parametrize("control_test", TESTS)
def test_no_fault_is_invented(company: Path, control_test: str) -> None:
    planted = keyed(company, control_test)
    deviating = {"EXCEPTION", "CANNOT_TEST"} if control_test in CONTROLS else {"EXCEPTION"}
    found = {
        where: code for where, code in outcomes(company, control_test) if code[0] in deviating and where not in planted
    }

    assert found == {}


@pytest.mark.parametrize("control_test", NAMED_ONLY)
def test_a_lens_finds_the_named_items_and_can_test_all_others(company: Path, control_test: str) -> None:
    named = [line for line in lines(company / "answer_key_verdicts.csv") if line["control_test"] == control_test]
    tested = set()
    for lens, engagement in ENGAGEMENTS.items():
        verdicts = [row for file in judged(company, engagement, f"*-{control_test}") for row in file]

        for verdict in ("EXCEPTION", "CANNOT_TEST") if verdicts else ():
            wanted = {line["item"] for line in named if line[lens] == verdict}
            assert {item for item, found in verdicts if found == verdict} == wanted
        tested |= {found for _, found in verdicts}
    assert "PASS" in tested


def judged(company: Path, engagement: str, pattern: str) -> Iterator[list[tuple[str, str]]]:
    """Yield item and verdict, a list per control that the pattern names."""
    with Workspace.open(company.parent / "workspace") as workspace:
        files = sorted((workspace.judgements_folder / engagement).glob(f"{pattern}.parquet"))
    for file in files:
        yield duckdb.connect().execute("SELECT item, verdict FROM read_parquet(?)", [str(file)]).fetchall()


@pytest.mark.parametrize("lens", ENGAGEMENTS)
@pytest.mark.parametrize("control_test", sorted(CONTROLS))
def test_the_verdicts_of_each_lens_add_up_as_the_key_says(company: Path, control_test: str, lens: str) -> None:
    wanted = next(
        line
        for line in lines(company / "answer_key_totals.csv")
        if (line["control_test"], line["lens"]) == (control_test, lens)
    )
    (rows,) = judged(company, ENGAGEMENTS[lens], f"{CONTROLS[control_test]}-{control_test}")
    counts = Counter(str(verdict) for _, verdict in rows)

    assert len(rows) == int(wanted["population"])
    for name in ("pass", "exception", "cannot_test", "not_applicable"):
        assert counts[name.upper()] == int(wanted[name]), name
    verdicts = dict(rows)
    for line in lines(company / "answer_key_verdicts.csv"):
        if line["control_test"] == control_test:
            assert verdicts[line["item"]] == line[lens], line["item"]
