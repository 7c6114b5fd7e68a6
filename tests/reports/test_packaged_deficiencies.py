"""Deficiencies in a package: three files that say the same, the page, the same bytes again, and what is refused."""

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from twofold.findings.deficiency.evaluate import evaluate
from twofold.findings.deficiency.groups import groups_of
from twofold.findings.deficiency.inputs import Judgements
from twofold.model.evidence import Provenance
from twofold.model.problem import UserError
from twofold.reports.contents import PackageContents
from twofold.reports.deficiency_memo import DeficiencyMemo
from twofold.reports.package import write_package

from ..findings.deficiency_cases import AT, ENGAGEMENT, FAILED, W, case, failed, judged
from ..second_opinion.opinions import opinions
from .conftest import CLOCK, HOSTILE, KEY, MadeLog, build_company, capture

SOX = "SOX FY2026"
PLACE = "data/engagements/sox-fy2026"


def memo(contents: PackageContents, given: Judgements, answers: Mapping[str, bool]) -> DeficiencyMemo:
    """Evaluate a deficiency per control. answers: control -> whether it is judged, as what failed because of it."""
    found = [
        evaluate(
            case(
                deficiency_id=f"{SOX}/{control}",
                control_id=control,
                dependents=(FAILED,),
                engagement_id=SOX,
                control_title=HOSTILE,
            ),
            given if answered else Judgements(),
        )
        for control, answered in answers.items()
    ]
    return DeficiencyMemo(
        company=contents.company,
        engagement=SOX,
        ends_on=date(2026, 9, 30),
        as_of=date(2026, 11, 20),
        made_at=AT,
        zone="UTC",
        people={},
        inputs={"J_materiality": given.newest("J_materiality", SOX), "J_conclusion_date": None},
        deficiencies=found,
        groups=groups_of(found, Judgements()),
        size=contents.log.checkpoint.size,
        root=contents.log.checkpoint.root,
    )


def judgements_of(log: MadeLog, folder: Path, contents: PackageContents) -> tuple[PackageContents, Judgements]:
    """Capture one file of judgements; return the contents with it, and the judgements of CM-01."""
    file = folder / "judgements.csv"
    file.write_text("judgement,subject\n", encoding="utf-8")
    provenance = Provenance(source="csvtable", kind="deficiency_judgement", run_by="p-0002", run_at=CLOCK, query="-")
    held = capture(log, file, "judgements.csv", provenance)
    made = judged(failed("5000000.00 USD"), subject=f"{SOX}/CM-01").given
    given = {
        (name, SOX if subject == ENGAGEMENT else subject, about): [
            replace(each, captured=held.record.evidence_id) for each in several
        ]
        for (name, subject, about), several in made.items()
    }
    return replace(contents, evidence=[*contents.evidence, held], log=log.packaged()), Judgements(given)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[PackageContents, Judgements]:
    """Give contents with one judged deficiency and one that waits."""
    folder = tmp_path_factory.mktemp("evaluated")
    contents, log = build_company(folder, 20)
    contents, given = judgements_of(log, folder, contents)
    return replace(contents, deficiencies={SOX: memo(contents, given, {"CM-01": True, "CM-03": False})}), given


@pytest.fixture(scope="module")
def evaluated(company: tuple[PackageContents, Judgements], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the package of it."""
    return write_package(company[0], tmp_path_factory.mktemp("out") / "package", key=KEY).folder


def test_json_table_and_memo_say_the_same(evaluated: Path, company: tuple[PackageContents, Judgements]) -> None:
    body: dict[str, Any] = json.loads((evaluated / PLACE / "deficiencies.json").read_bytes())
    with (evaluated / PLACE / "deficiencies.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    told = (evaluated / PLACE / "deficiencies-memo.md").read_text(encoding="utf-8")

    assert body["evaluated_as_of"] == "2026-11-20"
    assert body["inputs"]["J_materiality"]["value"] == "1000000.00 USD"
    assert [each["class"] for each in body["deficiencies"]] == ["material weakness", "unresolved"]
    for row, each in zip(table, body["deficiencies"], strict=True):
        assert (row["id"], row["control_id"], row["class"]) == (each["id"], each["control"], each["class"])
        assert (row["to_be_told"], row["at_year_end"]) == (each["to_be_told"], each["at_year_end"])
        assert row["in_words"] == f"'{each['in_words']}", "a spreadsheet must not run a title"
        assert f"{each['id']} {HOSTILE}: {each['class']}" in told
    assert table[1]["still_possible"] == "deficiency to material weakness"
    assert body["groups"]
    assert all(f"### {each['id']}: {each['class']}" in told for each in body["groups"])
    held = {each.record.evidence_id for each in company[0].evidence}
    assert {step["given"]["evidence"] for step in body["deficiencies"][0]["steps"] if step["given"]} <= held


def test_the_page_has_a_table_of_classes(evaluated: Path) -> None:
    page = (evaluated / "data/index.html").read_text(encoding="utf-8")
    part = page.partition("<h3>Deficiencies (2)</h3>")[2].partition("<h3>")[0]
    assert part.count('scope="row"') == 2
    assert "✗ material weakness" in part
    assert "? unresolved" in part
    assert f"{W}" in part
    assert "<script>alert" not in part
    assert page.count("<h3>Deficiencies") == 1, "SOC 2 has none"
    assert "deficiencies-memo.md" in (evaluated / "data/readme.md").read_text(encoding="utf-8")


def test_three_checkers_accept_it(evaluated: Path) -> None:
    assert not any(opinions(evaluated).values())


def test_equal_contents_give_equal_bytes(
    evaluated: Path, company: tuple[PackageContents, Judgements], tmp_path: Path
) -> None:
    again = write_package(company[0], tmp_path / "again", key=KEY).folder
    assert (again / "tagmanifest-sha256.txt").read_bytes() == (evaluated / "tagmanifest-sha256.txt").read_bytes()


def test_an_engagement_without_a_deficiency_says_so(
    company: tuple[PackageContents, Judgements], tmp_path: Path
) -> None:
    contents, given = company
    none = replace(contents, deficiencies={SOX: memo(contents, given, {})})
    folder = write_package(none, tmp_path / "none", key=KEY).folder
    body = json.loads((folder / PLACE / "deficiencies.json").read_bytes())
    assert (body["deficiencies"], body["groups"]) == ([], [])
    assert len((folder / PLACE / "deficiencies.csv").read_text(encoding="utf-8").splitlines()) == 1
    assert "has no deficiency" in (folder / PLACE / "deficiencies-memo.md").read_text(encoding="utf-8")
    assert "has no deficiency" in (folder / "data/index.html").read_text(encoding="utf-8")


def test_a_judgement_that_is_not_among_the_contents_is_refused(
    company: tuple[PackageContents, Judgements], tmp_path: Path
) -> None:
    contents, _ = company
    with pytest.raises(UserError, match=r"SOX FY2026: judgements ev-\d+ are not among the contents"):
        write_package(replace(contents, evidence=contents.evidence[:-1]), tmp_path / "new", key=KEY)
    assert not (tmp_path / "new").exists()
