"""The package as written: layout, determinism, and refusals."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.reports.contents import PackageContents, file_name
from twofold.reports.package import write_package
from twofold.reports.zipped import zip_package
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.signing.keys import SigningKey

from .conftest import build_sampled


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in folder.rglob("*") if path.is_file()}


def test_equal_input_gives_equal_bytes_of_every_file(key: SigningKey, tmp_path: Path) -> None:
    packages = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_package(build_sampled(tmp_path / name, 60), tmp_path / name / "package", key=key)
        packages.append(tmp_path / name / "package")
    assert tree(packages[0]) == tree(packages[1])
    assert file_hash(zip_package(packages[0])) == file_hash(zip_package(packages[1]))


def test_names_are_portable_and_originals_are_data(package: Path) -> None:
    for place in tree(package):
        assert re.fullmatch(r"[a-z0-9._/-]+", place), place
    with (package / "data/evidence.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["name"] == "Deployments März.json"
    assert rows[0]["query"].startswith("GET /repos")
    assert rows[1]["file"].endswith(".txt"), "a page of HTML must not open as one"
    assert (package / "data" / rows[0]["file"]).read_bytes() == b'[{"id": 1}]'


def test_the_bag_names_size_and_files(package: Path) -> None:
    info = (package / "bag-info.txt").read_text(encoding="utf-8")
    files = [path for path in (package / "data").rglob("*") if path.is_file()]
    assert f"Payload-Oxum: {sum(path.stat().st_size for path in files)}.{len(files)}\n" in info
    assert (package / "bagit.txt").read_bytes() == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def test_exceptions_carry_condition_facts_and_evidence(package: Path) -> None:
    with (package / "data/controls/cm-01/t-10/exceptions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    stale = [row for row in rows if row["code"] == "exception:stale_approval" and row["attribute"] == "C"]
    assert stale
    assert stale[0]["condition"] == "The content of C changed after approval."
    assert stale[0]["facts"].startswith("approved for commit abc, released def [deployment line")
    assert re.fullmatch("[0-9a-f]{64}", stale[0]["evidence_sha256"])
    soc2 = {row["attribute"] for row in rows if row["lens"] == "soc2"}
    assert soc2 == {"C"}, "SOC 2 does not require G"
    assert "G" in {row["attribute"] for row in rows if row["lens"] == "sox"}


def test_a_formula_in_a_csv_is_text(package: Path) -> None:
    text = (package / "data/controls/cm-01/t-10/population.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK" in text
    assert "\n=HYPERLINK" not in text
    assert '\n"=HYPERLINK' not in text


def test_it_refuses_to_overwrite_and_leaves_nothing_behind(
    contents: PackageContents, key: SigningKey, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="it exists already"):
        write_package(contents, tmp_path / "taken", key=key)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"other bytes")
    evidence = [replace(contents.evidence[0], path=damaged), *contents.evidence[1:]]
    with pytest.raises(UserError, match="not those that were captured"):
        write_package(replace(contents, evidence=evidence), tmp_path / "new", key=key)
    assert {path.name for path in tmp_path.iterdir()} == {"taken", "damaged"}


def test_it_refuses_contents_that_do_not_fit(contents: PackageContents, key: SigningKey, tmp_path: Path) -> None:
    def refused(changed: PackageContents) -> str:
        with pytest.raises(UserError) as caught:
            write_package(changed, tmp_path / "new", key=key)
        return str(caught.value)

    log = contents.log
    index, raw = log.records[1]
    edited = [log.records[0], (index, raw.replace(b"svc", b"abc")), *log.records[2:]]
    assert "entry 1 is not the leaf of the log" in refused(replace(contents, log=replace(log, records=edited)))
    cut = dict(list(log.tiles.items())[:-1])
    assert "do not give the checkpoint" in refused(replace(contents, log=replace(log, tiles=cut)))
    unnamed = replace(log, records=log.records[1:])
    assert "entry 0, which names the log and its key, is missing" in refused(replace(contents, log=unnamed))
    assert "evidence ev-2 is not among the contents" in refused(replace(contents, evidence=contents.evidence[:1]))
    assert "neither among the contents nor withheld" in refused(replace(contents, evidence=contents.evidence[:1]))
    other = replace(contents.evidence[0], record=replace(contents.evidence[0].record, name="renamed"))
    assert "the log has no such capture" in refused(replace(contents, evidence=[other, *contents.evidence[1:]]))
    changed = replace(contents.runs[0], definition_sql="SELECT 1")
    assert "CM-01/T-10: its rule was changed after the run" in refused(replace(contents, runs=[changed]))
    judged = contents.engagements[0]
    judged_again = replace(judged, judgement=replace(judged.judgement, auditor="Somebody else"))
    found = refused(replace(contents, engagements=[judged_again, *contents.engagements[1:]]))
    assert "it is not the judgement that the log records last" in found
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_another_log_is_refused(contents: PackageContents, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="of another log"):
        write_package(contents, tmp_path / "new", key=SigningKey.generate("example.com/other"))
    assert list(tmp_path.iterdir()) == []


def test_names_that_would_climb_are_made_plain() -> None:
    assert file_name("../../etc/passwd") == "etc-passwd"
    assert file_name("SOX FY 2026") == "sox-fy-2026"
    assert file_name("..") == "unnamed"


def test_a_folder_that_cannot_be_written_is_told_without_traceback(
    contents: PackageContents, key: SigningKey, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="the package could not be written"):
        write_package(contents, tmp_path / "file" / "package", key=key)
