"""Every case folder of every rule gives what its expected.csv says."""

import os
import shutil
from pathlib import Path

import pytest

from twofold.controltests.rule import RULES_FOLDER
from twofold.jobs.cases import find_cases, found_alone

from .case_batches import batches, failures, in_common, passed_together, read_whole

RULES = sorted(path for path in RULES_FOLDER.iterdir() if path.is_dir())
EVERY_CASE = bool(os.environ.get("TWOFOLD_EVERY_CASE"))
SAMPLED = {"T-05", "T-10", "T-20", "T-24", "T-29", "T-32"}
"""Rules of which cases that passed among others are run alone; with TWOFOLD_EVERY_CASE=1 every case of every rule."""


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_every_case_gives_what_it_expects(folder: Path) -> None:
    assert failures(find_cases([folder])) == {}


@pytest.mark.parametrize(
    "folder", [each for each in RULES if EVERY_CASE or each.name in SAMPLED], ids=lambda folder: folder.name
)
def test_a_case_that_passes_among_others_gives_the_same_alone(folder: Path) -> None:
    """In every item and attribute, also those that expected.csv does not name."""
    folders = find_cases([folder])
    compared = 0
    for batch in batches(map(read_whole, folders if EVERY_CASE else folders[::5]), in_common):
        for number, found in sorted(passed_together(batch).items())[: None if EVERY_CASE else 2]:
            assert found == found_alone(batch[number].case, batch[number].rows)
            compared += 1
    assert compared > 1


WEAKNESS, OLD_WEAKNESS = "web-1/CVE-2026-0001/2026-03-01", "web-1/CVE-2025-0001/2025-11-01"


@pytest.mark.parametrize(
    ("cases", "right", "wrong", "told"),
    [
        (
            ["T-20/acceptance-expired", "T-20/acceptance-a-second-longer"],
            f"{WEAKNESS},B,EXCEPTION,expired",
            f"{WEAKNESS},B,PASS,",
            f"expected.csv, line 3: {WEAKNESS} B: expected PASS, got EXCEPTION expired",
        ),
        (
            ["T-20/acceptance-expired", "T-20/acceptance-a-second-longer"],
            f"{WEAKNESS},B,EXCEPTION,expired",
            f"{WEAKNESS},B,EXCEPTION,overdue",
            f"expected.csv, line 3: {WEAKNESS} B: expected EXCEPTION overdue, got EXCEPTION expired",
        ),
        (
            ["T-20/lens-fixed-before-the-period", "T-20/lens-both-periods"],
            f"{OLD_WEAKNESS},lens:soc2,NOT_APPLICABLE,period",
            f"{OLD_WEAKNESS},lens:soc2,EXCEPTION,",
            f"expected.csv, line 2: {OLD_WEAKNESS} lens:soc2: expected EXCEPTION, got NOT_APPLICABLE period",
        ),
        (
            ["T-09/golden-16-no-conflicts", "T-09/nested-right"],
            "*,control,DID_NOT_OCCUR,",
            "p1,A,PASS,",
            "expected.csv, line 2: no A of item 'p1'; the items are *",
        ),
        (
            ["T-09/nested-right", "T-09/golden-16-no-conflicts"],
            "item,attribute,outcome,reason",
            "item,attribute,outcome,reason\n*,control,DID_NOT_OCCUR,",
            "expected.csv, line 2: no control of item '*'; the items are",
        ),
    ],
)
def test_among_others_a_case_fails_by_its_own_rows(
    cases: list[str], right: str, wrong: str, told: str, tmp_path: Path
) -> None:
    folders = [tmp_path / "T-00" / "cases" / name.partition("/")[2] for name in cases]
    for name, folder in zip(cases, folders, strict=True):
        rule, _, case = name.partition("/")
        shutil.copytree(RULES_FOLDER / rule / "cases" / case, folder)
    (batch,) = batches(map(read_whole, folders), in_common)
    assert len(passed_together(batch)) == len(cases)

    expected = folders[0] / "expected.csv"
    text = expected.read_text(encoding="utf-8")
    assert right in text
    expected.write_text(text.replace(right, wrong), encoding="utf-8")

    ((failed, (said,)),) = failures(folders).items()
    assert failed == f"T-00/{folders[0].name}"
    assert said.startswith(told)
