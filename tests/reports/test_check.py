"""check.py as a stranger runs it: from inside the package, alone, and against what was received apart."""

import ast
import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from twofold.reports import check
from twofold.reports.bag import INFO, seal
from twofold.reports.contents import PackageContents, ShownFlag
from twofold.reports.package import sign_tag_manifest, write_package
from twofold.reports.under_check import Received
from twofold.reports.verify import verify_package
from twofold.vault.entry import read_entry
from twofold.vault.order import order_flags
from twofold.vault.signing.keys import SigningKey

CHECKER = Path(check.__file__)


def run(package: Path, *arguments: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ if path is None else {**os.environ, "PATH": path}
    command = [sys.executable, "-I", str(package / "data/check.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)


def faults(package: Path, *keys: str, checkpoint: str = "") -> str:
    """Return every sentence of check.py, and see that twofold verify finds the package whole or not just the same."""
    results = check.check(check.Package(package, keys, checkpoint))
    found = [f"{number}: {fault}" for number, _, state, said in results if state == "failed" for fault in said]
    assert verify_package(package, Received(keys, checkpoint)).whole == (not found)
    return "\n".join(found)


@pytest.fixture
def changed(attested: Path, next_key: SigningKey, tmp_path: Path) -> Callable[[dict[str, bytes | None]], Path]:
    """Give a function that changes files of a package (None deletes one) and signs it all again with the true key."""

    def change(files: dict[str, bytes | None]) -> Path:
        copy = shutil.copytree(attested, tmp_path / "package", dirs_exist_ok=True)
        for place, content in files.items():
            (copy / place).unlink() if content is None else (copy / place).write_bytes(content)
        lines = [line.split(": ", 1) for line in (copy / INFO).read_text(encoding="utf-8").splitlines()]
        seal(copy, {name: text for name, text in lines if name != "Payload-Oxum"})
        sign_tag_manifest(copy, "package-2026", next_key)
        return copy

    return change


def test_it_runs_from_inside_the_package_and_writes_nothing(attested: Path) -> None:
    before = sorted(attested.rglob("*"))
    ended = run(attested)
    assert ended.stdout.endswith("\n17 passed, 0 failed\n"), ended.stdout + ended.stderr
    assert ended.returncode == 0
    assert sorted(attested.rglob("*")) == before
    assert "note: auditor.example/w1 saw the log with 100 entries at 2027-02-09T06:00:00+00:00" in ended.stdout
    assert "note: http://tsa.example dated the log with 309 entries: " in ended.stdout
    assert "not shown: 300 of 311 entries of the log are seen only as hashes" in ended.stdout
    assert "not shown: that data/log/key.vkey is the company's key" in ended.stdout
    assert "not shown: that the log was not written anew" in ended.stdout


def test_it_is_one_file_that_old_python_reads(package: Path) -> None:
    text = CHECKER.read_text(encoding="utf-8")
    assert (package / "data/check.py").read_text(encoding="utf-8") == text
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_what_was_received_apart_is_compared(attested: Path, key: SigningKey, witness: SigningKey) -> None:
    start = attested / "data/log/witness/100.checkpoint"
    ended = run(attested, "--key", key.vkey, "--key", witness.vkey, "--checkpoint", start)
    assert ended.returncode == 0, ended.stdout
    assert "company's key" not in ended.stdout
    assert "witness's key" not in ended.stdout
    stranger = SigningKey.generate(key.name)
    assert "which you received\n" in run(attested, "--key", stranger.vkey).stdout
    assert "16: data/log/key.vkey: neither it nor a key before it is" in faults(attested, stranger.vkey)


def test_a_witness_whose_cosignature_is_not_here_is_missed(attested: Path, witness: SigningKey) -> None:
    silent = SigningKey.generate("auditor.example/bo", kind=witness.kind)
    assert faults(attested, witness.vkey) == ""
    assert f"16: data/log/witness: nothing there is cosigned by {silent.vkey}" in faults(attested, silent.vkey)
    told = verify_package(attested, Received((silent.vkey,)))
    assert [step.number for step in told.steps if step.faults] == [16]


def test_a_rewritten_log_is_found_by_any_earlier_checkpoint(attested: Path) -> None:
    body = (attested / "data/log/witness/100.checkpoint").read_text(encoding="utf-8").split("\n\n")[0] + "\n"
    assert faults(attested, checkpoint=body) == ""
    rewritten = body.replace(body.split("\n")[2], base64.b64encode(bytes(32)).decode())
    assert "its first 100 entries are not those" in faults(attested, checkpoint=rewritten)
    other = body.replace("example.com", "example.org")
    assert "of another log" in faults(attested, checkpoint=other)
    ahead = body.replace("\n100\n", "\n1000\n")
    assert "fewer than the 1000" in faults(attested, checkpoint=ahead)


def test_without_openssl_ssh_keygen_checks_and_without_both_it_says_so(attested: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    alone = run(attested, path=str(nothing))
    assert alone.returncode == 2
    assert " 6 not checked the package is signed" in alone.stdout
    assert "neither openssl 3 nor ssh-keygen is here" in alone.stdout
    assert run(attested, "--no-signatures", path=str(nothing)).returncode == 0
    program = shutil.which("ssh-keygen")
    assert program is not None
    (nothing / "ssh-keygen").symlink_to(program)
    assert run(attested, path=str(nothing)).returncode == 0
    copy = shutil.copytree(attested, tmp_path / "copy")
    (copy / "tagmanifest-sha256.txt.sig").write_bytes((copy / "data/log/checkpoint.sig").read_bytes())
    assert run(copy, path=str(nothing)).returncode == 1
    signature = (attested / "tagmanifest-sha256.txt.sig").read_text(encoding="ascii")
    lines = signature.split("\n")
    raw = bytearray(base64.b64decode("".join(lines[1:-2])))
    raw[-1] ^= 1
    shown = base64.b64encode(raw).decode()
    wrapped = [shown[at : at + 70] for at in range(0, len(shown), 70)]
    (copy / "tagmanifest-sha256.txt.sig").write_text("\n".join([lines[0], *wrapped, *lines[-2:]]), encoding="ascii")
    ended = run(copy, path=str(nothing))
    assert "it is no signature of tagmanifest-sha256.txt" in ended.stdout
    assert ended.returncode == 1


def test_a_folder_that_is_no_package_is_told(attested: Path, tmp_path: Path) -> None:
    ended = run(attested, tmp_path)
    assert (ended.returncode, ended.stderr) == (2, "")
    assert "this is no audit package" in ended.stdout


def test_a_payload_without_record_or_a_record_without_payload_is_found(
    attested: Path, changed: Callable[[dict[str, bytes | None]], Path]
) -> None:
    payload = next((attested / "data/evidence").glob("*.json")).relative_to(attested).as_posix()
    assert "a record speaks of it, and it is missing" in faults(changed({payload: None}))
    other = "data/evidence/" + "0" * 64 + ".txt"
    found = faults(changed({other: b"x"}))
    assert f"11: {other}: its bytes are not those that its name and record say" in found
    assert f"11: {other}: no record speaks of it" in found


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("capture", "completeness.json: it rests on ev-1, of which no such record is here"),
        ("run", "run.json: no record of this run is here"),
        ("judgement", "judgement.json: no record of this judgement is here"),
        ("key_rotation", "data/log/key.vkey: it is not the key that the log names"),
    ],
)
def test_a_record_that_something_rests_on_and_that_was_left_out_is_found(
    attested: Path, changed: Callable[[dict[str, bytes | None]], Path], kind: str, sentence: str
) -> None:
    lines = (attested / "data/log/records.jsonl").read_bytes().splitlines(keepends=True)
    dropped = next(line for line in lines if f'"kind":"{kind}"'.encode() in line)
    index = orjson.loads((attested / "data/package.json").read_bytes())
    index["log"]["entries"][kind]["here"] -= 1
    files: dict[str, bytes | None] = {
        "data/log/records.jsonl": b"".join(line for line in lines if line != dropped),
        "data/package.json": orjson.dumps(index),
    }
    assert sentence in faults(changed(files))
    index["log"]["entries"][kind]["here"] += 1
    files["data/package.json"] = orjson.dumps(index)
    assert "the records that are here are not as many as it says" in faults(changed(files))


def test_a_run_or_judgement_that_is_not_the_recorded_one_is_found(
    attested: Path, changed: Callable[[dict[str, bytes | None]], Path]
) -> None:
    place = "data/engagements/soc2-2026/judgement.json"
    edited = (attested / place).read_bytes().replace(b"Example & Sons", b"Another & Sons")
    assert f"12: {place}: it is not the judgement that entry" in faults(changed({place: edited}))


@pytest.mark.parametrize(
    ("place", "edit", "sentence"),
    [
        ("witness/100.consistency", lambda text: text[::-1], "witness/100.consistency"),
        ("witness/100.consistency", lambda text: text.split(b"\n", 1)[1], "100.checkpoint is a beginning of"),
        ("witness/100.checkpoint", lambda text: b"\n".join([*text.split(b"\n")[:-2], b""]), "no witness whose key"),
        ("witness/100.checkpoint", lambda text: text.replace(b"\n100\n", b"\n101\n"), "no good signature"),
        ("witness/keys", lambda _: b"", "no witness whose key is in"),
        ("timestamps/309.tsr", lambda text: text[:-300], "timestamps/309.tsr: "),
        ("timestamps/309.consistency", lambda _: b"", "timestamps/309.consistency: it does not show"),
        ("checkpoint", lambda text: text.replace(b"\n311\n", b"\n310\n"), "no good signature"),
        ("allowed_signers", lambda text: text[:-3] + b"AA\n", "allowed_signers: it names another key"),
    ],
)
def test_statements_of_others_that_do_not_fit_are_found(
    attested: Path,
    changed: Callable[[dict[str, bytes | None]], Path],
    place: str,
    edit: Callable[[bytes], bytes],
    sentence: str,
) -> None:
    whole = (attested / "data/log" / place).read_bytes()
    assert sentence in faults(changed({f"data/log/{place}": edit(whole)}))


@pytest.mark.parametrize(("place", "at"), [("0/000", 100), ("0/001.p/55", 20), ("1/000.p/1", 0)])
def test_a_hash_of_an_entry_that_is_not_shown_cannot_be_changed(
    attested: Path, changed: Callable[[dict[str, bytes | None]], Path], place: str, at: int
) -> None:
    hashes = bytearray((attested / "data/log/tile" / place).read_bytes())
    hashes[32 * at] ^= 1
    found = faults(changed({f"data/log/tile/{place}": bytes(hashes)}))
    assert "8: data/log/" in found
    assert f"data/log/tile/{place}" in found


def test_kinds_of_entries_that_do_not_add_up_are_found(
    attested: Path, changed: Callable[[dict[str, bytes | None]], Path]
) -> None:
    index = orjson.loads((attested / "data/package.json").read_bytes())
    index["log"]["entries"]["login"]["in_log"] -= 1
    found = faults(changed({"data/package.json": orjson.dumps(index)}))
    assert "9: data/package.json: the log has 311 entries, and it says otherwise" in found


def test_a_conclusion_older_than_its_evidence_is_found_unless_the_package_says_so(
    late: PackageContents, key: SigningKey, tmp_path: Path
) -> None:
    hidden = write_package(late, tmp_path / "hidden", key=key).folder
    assert "13: data/log/records.jsonl: the judgement of entry 306 is older than entries [308]" in faults(hidden)
    records = [read_entry(raw) for _, raw in late.log.records]
    flags = order_flags(records, entry_of={each.index: each for each in records}.get)
    told = replace(late, order_flags=[ShownFlag(flag.entry, flag.text) for flag in flags])
    open_ = write_package(told, tmp_path / "open", key=key).folder
    assert faults(open_) == ""
    assert "note: order: Judgement of soc2-2026 (entry 306" in run(open_).stdout
    assert "Judgement of soc2-2026 (entry 306" in (open_ / "data/readme.md").read_text(encoding="utf-8")


def test_a_changed_cosignature_is_found(attested: Path, changed: Callable[[dict[str, bytes | None]], Path]) -> None:
    place = "data/log/witness/100.checkpoint"
    *head, line, _ = (attested / place).read_text(encoding="utf-8").split("\n")
    name, encoded = line.rsplit(" ", 1)
    raw = bytearray(base64.b64decode(encoded))
    raw[11] ^= 1  # the time that the witness stated
    edited = "\n".join([*head, f"{name} {base64.b64encode(raw).decode()}", ""])
    assert "the cosignature of auditor.example/w1 is not good" in faults(changed({place: edited.encode()})).replace(
        "does not belong", "is not good"
    )
