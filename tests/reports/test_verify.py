"""The check of a package: any change of any byte, any file added, removed or swapped is found and named."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import duckdb
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.model.problem import UserError
from twofold.reports.bag import INFO, MANIFEST, TAG_MANIFEST, seal
from twofold.reports.verify import Step, StepState, is_whole, verify_package
from twofold.reports.zipped import zip_package


def faults(steps: list[Step]) -> str:
    return "\n".join(fault for step in steps for fault in step.faults)


def failed(steps: list[Step]) -> list[int]:
    return [step.number for step in steps if step.state is StepState.FAILED]


@pytest.fixture(scope="module")
def victim(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy that each test changes and mends again."""
    return shutil.copytree(package, tmp_path_factory.mktemp("victim") / "package")


def every_file(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def reseal(bag: Path) -> None:
    """Make the manifests again, as somebody who hides a change would."""
    lines = [line.split(": ", 1) for line in (bag / INFO).read_text(encoding="utf-8").splitlines()]
    seal(bag, {name: text for name, text in lines if name != "Payload-Oxum"})


def test_a_whole_package_passes_every_step_as_folder_and_zip(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    for path in (copy, zip_package(copy)):
        steps = verify_package(path)
        assert is_whole(steps), faults(steps)
        assert [step.number for step in steps] == list(range(1, 14))
        assert str(steps[4]) == " 5 passed: every file has the bytes of the manifest"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_changed_byte_is_found_and_its_file_named(victim: Path, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(every_file(victim)))
    path = victim / place
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1)) if whole else 0
    changed = bytearray(whole or b"\0")
    changed[at] ^= data.draw(st.integers(1, 255)) if whole else 0
    try:
        path.write_bytes(bytes(changed))
        found = faults(verify_package(victim))
        assert place in found
    finally:
        path.write_bytes(whole)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_removed_added_or_swapped_file_is_found_and_named(victim: Path, data: st.DataObject) -> None:
    place, other = data.draw(st.lists(st.sampled_from(every_file(victim)), min_size=2, max_size=2, unique=True))
    act = data.draw(st.sampled_from(["remove", "add", "swap"]))
    first, second = (victim / place).read_bytes(), (victim / other).read_bytes()
    added = (victim / place).with_name("added.csv")
    try:
        if act == "remove":
            (victim / place).unlink()
            expected = [place]
        elif act == "add":
            added.write_bytes(first)
            expected = [added.relative_to(victim).as_posix()]
        else:
            (victim / place).write_bytes(second)
            (victim / other).write_bytes(first)
            expected = [] if first == second else [place, other]
        found = faults(verify_package(victim))
        assert all(name in found for name in expected)
    finally:
        added.unlink(missing_ok=True)
        (victim / place).write_bytes(first)
        (victim / other).write_bytes(second)


def test_without_the_manifest_or_the_form_file_it_still_answers(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / MANIFEST).unlink()
    steps = verify_package(copy)
    assert f"{MANIFEST}: it is missing" in faults(steps)
    assert steps[-1].state is StepState.NOT_CHECKED
    shutil.rmtree(copy / "data")
    assert "data: the folder is missing" in faults(verify_package(copy))


def test_a_link_is_refused(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / "data/readme.md").unlink()
    (copy / "data/readme.md").symlink_to("/etc/passwd")
    assert "data/readme.md: it is a link or device" in faults(verify_package(copy))


def test_changed_evidence_is_found_though_the_manifests_were_made_again(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = next((copy / "data/evidence").glob("*.json"))
    path.write_bytes(b'[{"id": 2}]')
    reseal(copy)
    steps = verify_package(copy)
    assert failed(steps) == [6]
    assert path.name in faults(steps)


def test_a_changed_record_or_log_entry_is_found(package: Path, tmp_path: Path) -> None:
    for place, numbers in (("data/evidence/records.jsonl", [7]), ("data/log/entries.jsonl", [7, 8])):
        copy = shutil.copytree(package, tmp_path / str(len(place)))
        text = (copy / place).read_bytes()
        (copy / place).write_bytes(text.replace(b"svc-collector", b"svc-somebody0", 1))
        reseal(copy)
        steps = verify_package(copy)
        assert failed(steps) == numbers
        assert place in faults(steps)


def test_a_log_cut_short_and_a_foreign_checkpoint_are_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    entries = copy / "data/log/entries.jsonl"
    entries.write_bytes(b"".join(entries.read_bytes().splitlines(keepends=True)[:-1]))
    reseal(copy)
    assert "it speaks of 4 entries; the package has 3" in faults(verify_package(copy))


def test_changed_outcomes_counts_and_rules_are_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    folder = copy / "data/controls/cm-01/t-10"
    outcomes = folder / "outcomes.parquet"
    with duckdb.connect() as session:
        session.execute(
            f"COPY (SELECT * REPLACE ('pass' AS C) FROM '{outcomes}') TO '{tmp_path}/new.parquet' (FORMAT parquet)"  # noqa: S608  our own paths
        )
    shutil.copyfile(tmp_path / "new.parquet", outcomes)
    (folder / "rule.sql").write_text("SELECT 1\n")
    reseal(copy)
    steps = verify_package(copy)
    assert failed(steps) == [10, 11, 13]
    found = faults(steps)
    assert "data/controls/cm-01/t-10/outcomes.parquet: its hash is not the one in run.json" in found
    assert "the counts of attribute C are not those of outcomes.parquet" in found
    assert "rule.sql: rule.toml, rule.sql and facts.sql are not the rule that was run" in found
    assert "outcomes.csv: row" in found


def test_a_run_record_and_a_judgement_that_were_rewritten_are_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = copy / "data/controls/cm-01/t-10/run.json"
    run = orjson.loads(path.read_bytes())
    run["parameters"]["skew_minutes"] = 60
    path.write_bytes(orjson.dumps(run))
    judgement = copy / "data/engagements/soc2-2026/judgement.json"
    body = orjson.loads(judgement.read_bytes())
    counts = body["controls"][0]["results"][0]["counts"]
    counts["passed"], counts["exceptions"] = counts["passed"] + counts["exceptions"], 0
    judgement.write_bytes(orjson.dumps(body))
    reseal(copy)
    steps = verify_package(copy)
    assert failed(steps) == [10, 12]
    assert "its run id does not follow from its content" in faults(steps)
    assert "its counts for CM-01 are not those of the verdict file" in faults(steps)


def test_a_csv_row_that_was_changed_or_dropped_is_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = copy / "data/controls/cm-01/t-10/population.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    reseal(copy)
    assert failed(verify_package(copy)) == [13]
    path.write_bytes(b"".join([*lines, lines[-1]]))
    reseal(copy)
    assert "it has more rows than the Parquet file" in faults(verify_package(copy))


def test_a_missing_judgement_or_run_is_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    shutil.rmtree(copy / "data/controls/cm-03")
    reseal(copy)
    found = faults(verify_package(copy))
    assert "data/controls/cm-03/t-12/run.json: it cannot be read as a run" in found
    assert "of CM-03 is not in the package" in found


def test_tag_manifest_in_another_spelling_is_refused(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = copy / TAG_MANIFEST
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert TAG_MANIFEST in faults(verify_package(copy))


def hostile_zip(path: Path, entries: dict[str, bytes], *, link: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name == link:
                entry.external_attr = 0o120777 << 16
            archive.writestr(entry, body)
    return path


@pytest.mark.parametrize(
    ("entries", "link", "message"),
    [
        ({"p/../../evil.txt": b"x"}, "", "the name 'p/../../evil.txt'"),
        ({"/p/evil.txt": b"x"}, "", "the name '/p/evil.txt'"),
        ({"p\\evil.txt": b"x"}, "", "one folder with lower-case names"),
        ({"evil.txt": b"x"}, "", "the name 'evil.txt'"),
        ({"p/.hidden": b"x"}, "", "the name 'p/.hidden'"),
        ({"p/link": b"/etc/passwd"}, "p/link", "p/link is a link"),
        ({"p/a.txt": b"x", "q/b.txt": b"x"}, "", "more than one folder"),
        ({"p/bomb.csv": b"\0" * (70 * 2**20)}, "", "as a zip bomb does"),
        ({}, "", "the zip is empty"),
        ({"p/a.txt": b"x"}, "", "this is no package"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, entries: dict[str, bytes], link: str, message: str) -> None:
    path = hostile_zip(tmp_path / "hostile.zip", entries, link=link)
    with pytest.raises(UserError) as caught:
        verify_package(path)
    assert message in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["hostile.zip"]


def test_a_zip_that_is_cut_or_no_zip_is_refused(package: Path, tmp_path: Path) -> None:
    whole = zip_package(shutil.copytree(package, tmp_path / "package")).read_bytes()
    for body in (whole[: len(whole) // 2], b"no zip", b""):
        (tmp_path / "cut.zip").write_bytes(body)
        with pytest.raises(UserError, match="cannot be unpacked"):
            verify_package(tmp_path / "cut.zip")
    at = whole.index(b"PK\x03\x04", 5000)  # a byte of packed content before this entry
    (tmp_path / "cut.zip").write_bytes(whole[: at - 20] + bytes([whole[at - 20] ^ 1]) + whole[at - 19 :])
    with pytest.raises(UserError, match="cannot be unpacked"):
        verify_package(tmp_path / "cut.zip")


def test_a_path_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is nothing here"):
        verify_package(tmp_path / "nothing")
    with pytest.raises(UserError, match="this is no package"):
        verify_package(tmp_path)


def test_the_digest_stands_for_every_byte(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    before = hashlib.sha256((copy / TAG_MANIFEST).read_bytes()).hexdigest()
    (copy / "data/matrix.csv").write_bytes(b"Control\n")
    reseal(copy)
    assert hashlib.sha256((copy / TAG_MANIFEST).read_bytes()).hexdigest() != before
