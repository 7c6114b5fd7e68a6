"""The check of a package: any change of any byte, any file added, removed or swapped is found and named."""

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path

import duckdb
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twofold.model.problem import UserError
from twofold.reports.bag import INFO, MANIFEST, TAG_MANIFEST, seal
from twofold.reports.package import sign_tag_manifest
from twofold.reports.under_check import Received
from twofold.reports.verify import STEPS, StepState, Verified, verify_package
from twofold.reports.zipped import zip_package
from twofold.vault.signing.keys import SigningKey

TRUE_KEY = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
"""The key of the package in conftest.py."""
RECORDS = "data/log/records.jsonl"


def faults(verified: Verified) -> str:
    return "\n".join(fault for step in verified.steps for fault in step.faults)


def failed(verified: Verified) -> list[int]:
    return [step.number for step in verified.steps if step.state is StepState.FAILED]


def reseal(bag: Path) -> None:
    """Make the manifests again, and sign them with the true key: the most that somebody inside can do."""
    remake(bag)
    sign_tag_manifest(bag, "package-2026", TRUE_KEY)


def remake(bag: Path) -> None:
    """Make the manifests again, as somebody who hides a change would."""
    lines = [line.split(": ", 1) for line in (bag / INFO).read_text(encoding="utf-8").splitlines()]
    seal(bag, {name: text for name, text in lines if name != "Payload-Oxum"})


def test_a_whole_package_passes_every_step_as_folder_and_zip(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    for path in (copy, zip_package(copy)):
        verified = verify_package(path)
        assert verified.whole, faults(verified)
        assert [step.number for step in verified.steps] == list(range(1, len(STEPS) + 1))
        assert str(verified.steps[4]) == " 5 passed: every file has the bytes of the manifest"
        assert "300 of 308 entries of the log are seen only as hashes" in verified.unshown


def test_without_the_manifest_or_the_form_file_it_still_answers(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / MANIFEST).unlink()
    verified = verify_package(copy)
    assert f"{MANIFEST}: it is missing" in faults(verified)
    assert verified.steps[-1].state is StepState.NOT_CHECKED
    shutil.rmtree(copy / "data")
    assert "data: the folder is missing" in faults(verify_package(copy))


def test_a_link_is_refused(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / "data/readme.md").unlink()
    (copy / "data/readme.md").symlink_to("/etc/passwd")
    assert "data/readme.md: it is a link or device" in faults(verify_package(copy))


def test_manifests_made_again_without_the_key_are_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    (copy / "data/matrix.csv").write_bytes(b"Control\n")
    remake(copy)
    assert failed(verify_package(copy)) == [6]
    assert "tagmanifest-sha256.txt.note: it was signed for another package" in faults(verify_package(copy))


def test_changed_evidence_is_found_though_it_was_signed_again(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = next((copy / "data/evidence").glob("*.json"))
    path.write_bytes(b'[{"id": 2}]')
    reseal(copy)
    verified = verify_package(copy)
    assert failed(verified) == [11]
    assert path.name in faults(verified)


def test_a_changed_or_cut_record_is_found(package: Path, tmp_path: Path) -> None:
    whole = (package / RECORDS).read_bytes()
    lines = whole.splitlines(keepends=True)
    for number, (content, expected) in enumerate(
        [
            (whole.replace(b"svc-collector", b"svc-somebody0", 1), "line 2 is not entry 1 of the log"),
            (whole[:-1], "the last line is cut off"),
            (b"".join([lines[0], lines[2], lines[1], *lines[3:]]), "line 3 is entry 1, out of order"),
            (b"".join(lines[:-1]), "the records that are here are not as many as it says"),
            (b"".join(lines[1:]), "entry 0, which names the log, is missing"),
        ]
    ):
        copy = shutil.copytree(package, tmp_path / str(number))
        (copy / RECORDS).write_bytes(content)
        reseal(copy)
        assert expected in faults(verify_package(copy))


def test_a_key_or_checkpoint_received_apart_shows_another_log(package: Path, key: SigningKey) -> None:
    other = SigningKey.generate(key.name)
    note = (package / "data/log/checkpoint").read_text(encoding="utf-8")
    body = note.split("\n\n")[0] + "\n"
    assert verify_package(package, Received((key.vkey,), note)).whole
    assert verify_package(package, Received((key.vkey,), body)).whole
    stranger = verify_package(package, Received((other.vkey,), note))
    assert failed(stranger) == [16]
    assert f"neither it nor a key before it is {other.vkey}" in faults(stranger)
    rewritten = body.replace(body.split("\n")[2], base64.b64encode(bytes(32)).decode())
    assert "its first 308 entries are not those" in faults(verify_package(package, Received((), rewritten)))
    longer = body.replace("\n308\n", "\n309\n")
    assert "it has 308 entries; the one received has 309" in faults(verify_package(package, Received((), longer)))


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
    verified = verify_package(copy)
    assert failed(verified) == [17, 18, 20]
    found = faults(verified)
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
    verified = verify_package(copy)
    assert failed(verified) == [12, 17, 19]
    assert "its run id does not follow from its content" in faults(verified)
    assert "its counts for CM-01 are not those of the verdict file" in faults(verified)


def test_a_csv_row_that_was_changed_or_dropped_is_found(package: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(package, tmp_path / "package")
    path = copy / "data/controls/cm-01/t-10/population.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    reseal(copy)
    assert failed(verify_package(copy)) == [20]
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
        ({"p/a.txt": b"x"}, "", "this zip is no audit package"),
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
