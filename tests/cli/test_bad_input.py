"""Everything that people hand over by mistake: a clear message or a counted record, and the workspace stays whole."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.tables import csv_records, json_records
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault

Call = Callable[..., Any]
Maker = Callable[[Path], Path]
INCIDENTS = """\
id,severity,systems,opened_at
INC-1,sev3,product,2026-03-02T10:00:00Z
INC-2,sev3,product,2026-04-02T10:00:00Z
"""
ENTRY = """\
[[file]]
path = "incident.csv"
source = "csvtable"
kind = "incident"
query = "tracker, all incidents"
run_by = "p-0001"
run_at = "2026-07-10T06:00:00Z"
claimed_count = 2
period_from = "2025-12-01"
period_to = "2026-07-10"

"""


def export(manifest: str, **files: str | bytes) -> Maker:
    """Return a maker of an export folder with this manifest and `<name>.csv` files."""

    def make(folder: Path) -> Path:
        folder.mkdir()
        (folder / "exports.toml").write_text(manifest, encoding="utf-8")
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / f"{name}.csv").write_bytes(raw)
        return folder

    return make


def folder_of(**files: str) -> Maker:
    """Return a maker of a folder without a manifest."""

    def make(folder: Path) -> Path:
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        return folder

    return make


def manifest_of(content: bytes) -> Maker:
    """Return a maker of a folder with nothing but a manifest of these bytes."""

    def make(folder: Path) -> Path:
        folder.mkdir()
        (folder / "exports.toml").write_bytes(content)
        return folder

    return make


def link_out(folder: Path) -> Path:
    export(ENTRY)(folder)
    outside = folder.with_name("outside.csv")
    outside.write_text(INCIDENTS, encoding="utf-8")
    (folder / "incident.csv").symlink_to(outside)
    return folder


def bomb(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        made.writestr("exports.toml", ENTRY)
        made.writestr("incident.csv", bytes(80 * 2**20))
    return archive


def climbing_zip(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("exports.toml", ENTRY)
        made.writestr("../incident.csv", INCIDENTS)
    return archive


def zip_of_link(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("exports.toml", ENTRY)
        member = zipfile.ZipInfo("incident.csv")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(member, "/etc/passwd")
    return archive


def no_zip(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    archive.write_bytes(b"PK\x03\x04 and then nothing")
    return archive


def plain_file(folder: Path) -> Path:
    path = folder.with_suffix(".csv")
    path.write_text(INCIDENTS, encoding="utf-8")
    return path


REFUSED: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "no such path": (lambda folder: folder / "nothing", ("there is no such file or folder",)),
    "empty folder": (folder_of(), ("there is no file in it",)),
    "no manifest": (folder_of(incident=INCIDENTS), ("there is no exports.toml",)),
    "a file without options": (plain_file, ("nothing says how this file came to be", "--source")),
    "no TOML": (export("[[file]\n"), ("exports.toml:1:", "not TOML")),
    "no UTF-8 manifest": (manifest_of(b"\n\xff"), ("exports.toml:2", "not UTF-8")),
    "other keys": (export("[[files]]\n"), ("keys beside [[file]]: files",)),
    "file that is missing": (export(ENTRY), ("exports.toml:2", "there is no file 'incident.csv'")),
    "file that is not named": (export(ENTRY, incident=INCIDENTS, more="a"), ("more.csv", "does not name this file")),
    "path that climbs out": (
        export(ENTRY.replace('"incident.csv"', '"../secret.csv"')),
        ("exports.toml:2", "leads out of the folder"),
    ),
    "absolute path": (export(ENTRY.replace('"incident.csv"', '"/etc/passwd"')), ("leads out of the folder",)),
    "the same file twice": (export(ENTRY + ENTRY, incident=INCIDENTS), ("exports.toml:12", "as in exports.toml:1")),
    "unknown source": (
        export(ENTRY.replace("csvtable", "csvtabel"), incident=INCIDENTS),
        ("unknown source 'csvtabel'",),
    ),
    "unknown kind": (export(ENTRY.replace('"incident"', '"incidnt"'), incident=INCIDENTS), ("has no kind 'incidnt'",)),
    "unknown zone": (
        export(ENTRY + 'parameters = { zone = "Mars/Base" }\n', incident=INCIDENTS),
        ("unknown time zone 'Mars/Base'",),
    ),
    "run_at without offset": (
        export(ENTRY.replace("06:00:00Z", "06:00:00"), incident=INCIDENTS),
        ("exports.toml:7", "leaves the moment open"),
    ),
    "run_at in 1970": (
        export(ENTRY.replace("2026-07-10T", "1970-01-01T"), incident=INCIDENTS),
        ("exports.toml:7", "1970"),
    ),
    "run_at to come": (
        export(ENTRY.replace("2026-07-10T", "2126-07-10T"), incident=INCIDENTS),
        ("incident.csv: run_at 2126-07-10 06:00 UTC lies in the future", "when the source was asked"),
    ),
    "period that ends before": (
        export(ENTRY.replace("2025-12-01", "2027-12-01"), incident=INCIDENTS),
        ("is not before period_to",),
    ),
    "link out of the folder": (link_out, ("the link leads out of the folder",)),
    "zip bomb": (bomb, ("unpacks to far more",)),
    "zip that climbs out": (climbing_zip, ("climbs out of the archive",)),
    "zip with a link": (zip_of_link, ("a link or a device",)),
    "broken zip": (no_zip, ("the archive could not be read",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_as_a_whole(call: Call, applied: Path, tmp_path: Path, case: str) -> None:
    maker, parts = REFUSED[case]
    before = call("status", "--json", "-w", applied).out

    said = call("capture", maker(tmp_path / "given"), "-w", applied)

    assert said.code == 2
    assert said.out == ""
    assert "nothing was changed" in said.err
    for part in parts:
        assert part in said.err
    assert "Traceback" not in said.err
    assert call("status", "--json", "-w", applied).out == before
    assert call("verify", applied).code == 0


def test_all_faults_of_a_manifest_are_told_at_once_with_their_lines(call: Call, applied: Path, tmp_path: Path) -> None:
    manifest = """\
[[file]]
path = "incident.csv"
source = "csvtable"
kind = "incident"
query = "all"
run_by = "p-0001"
run_at = 2026-07-10T06:00:00Z
claimed_count = "two"
totals = { amount = 12.5 }
paging_prooven = true

[[file]]
source = "github"
kind = "pulls"
run_at = "yesterday"
page_size = -1
systems = "billing"
"""
    said = call("capture", export(manifest, incident=INCIDENTS)(tmp_path / "given"), "-w", applied)

    assert said.code == 2
    assert said.err.startswith("twofold: 9 problems, nothing was changed\n")
    found = [line.split(": ")[0] for line in said.err.splitlines()[1:] if not line.startswith("  ")]
    assert found == [
        "exports.toml:7",
        "exports.toml:8",
        "exports.toml:9",
        "exports.toml:10",
        "exports.toml:12",
        "exports.toml:12",
        "exports.toml:12",
        "exports.toml:16",
        "exports.toml:17",
    ]
    assert "totals holds 12.5" in said.err
    assert "did you mean 'paging_proven'?" in said.err


def test_a_total_that_is_no_decimal_is_told_with_its_line(call: Call, applied: Path, tmp_path: Path) -> None:
    given = export(ENTRY + 'totals = { amount = "1,234.50", fees = "-3" }\n', incident=INCIDENTS)(tmp_path / "given")

    said = call("capture", given, "-w", applied)

    assert said.code == 2
    assert "totals holds 'amount' = '1,234.50'" in " ".join(said.err.split())
    assert "expected: a field with a decimal such as 1234567.89" in " ".join(said.err.split())
    assert "fees" not in said.err


CONTENT: dict[str, tuple[bytes, str]] = {
    "empty file": (b"", "the file is empty"),
    "invalid UTF-8": (INCIDENTS.encode().replace(b"product", b"pr\xff\xfeduct", 1), "bytes that are not UTF-8"),
    "zero bytes": (b"id\0,severity\n", "a zero byte"),
    "wrong columns": (b"number,opened\nINC-1,2026-03-02\n", "the column 'id' is missing"),
    "row with other cells": (INCIDENTS.encode() + b"INC-3,sev1\n", "2 cells under 4 columns"),
    "a time from 1970": (INCIDENTS.encode().replace(b"2026-03-02T10:00:00Z", b"1970-01-01T00:00:00Z"), "1970"),
    "a time that is none": (INCIDENTS.encode().replace(b"2026-03-02T10:00:00Z", b"soon"), "'soon'"),
    "two contents under one key": (
        INCIDENTS.encode() + INCIDENTS.splitlines()[1].replace("sev3", "sev1").encode() + b"\n",
        "two rows say different things: incident INC-1",
    ),
}


@pytest.mark.parametrize("case", CONTENT)
def test_captured_and_what_cannot_be_read_is_told(call: Call, applied: Path, tmp_path: Path, case: str) -> None:
    content, part = CONTENT[case]

    said = call("capture", export(ENTRY, incident=content)(tmp_path / "given"), "-w", applied)

    assert said.code == 3
    assert part in " ".join(said.out.split())
    assert said.err == ""
    assert "1 file captured" in said.out
    assert call("verify", applied).code == 0


def test_places_name_the_file_and_not_the_blob(call: Call, applied: Path, tmp_path: Path) -> None:
    said = call("capture", export(ENTRY, incident=CONTENT["wrong columns"][0])(tmp_path / "given"), "-w", applied)

    assert "set aside the whole file: incident.csv:1: the column 'id' is missing" in said.out


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b'[{"id": 1}, {"id":', "cannot be read at byte"),
        (b'{"message": "Bad credentials", "documentation_url": "x"}', "error answer"),
        (b'[{"id": 1, "id": 2}]', "'id' more than once"),
    ],
)
def test_json_that_cannot_be_read(call: Call, applied: Path, tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "pulls.json"
    path.write_bytes(content)
    options = ("--source", "github", "--kind", "pull_requests", "--query", "GET /pulls", "--run-by", "svc")

    said = call("capture", path, *options, "--run-at", "2026-07-10T06:00:00Z", "-w", applied)

    assert said.code == 3
    assert part in said.out
    assert call("verify", applied).code == 0


def test_an_empty_export_is_no_fault(call: Call, applied: Path, tmp_path: Path) -> None:
    header = INCIDENTS.splitlines()[0] + "\n"

    said = call("capture", export(ENTRY.replace("= 2\n", "= 0\n"), incident=header)(tmp_path / "given"), "-w", applied)

    assert said.code == 0
    assert "0 records: no rows" in said.out


def test_a_claim_that_disagrees_is_told(call: Call, applied: Path, tmp_path: Path) -> None:
    said = call(
        "capture", export(ENTRY.replace("= 2\n", "= 3\n"), incident=INCIDENTS)(tmp_path / "given"), "-w", applied
    )

    assert said.code == 0
    assert "the source said 3 records: the population will not count as complete" in said.out


def test_options_are_named_where_they_are_wrong(call: Call, applied: Path, tmp_path: Path) -> None:
    path = plain_file(tmp_path / "given")

    said = call("capture", path, "--source", "csvtable", "--kind", "incident", "--run-at", "noon", "-w", applied)

    assert said.code == 2
    assert "--query: query is missing" in said.err
    assert "--run-by: run_by is missing" in said.err


def test_a_zip_gives_what_its_folder_gives(call: Call, applied: Path, export_folder: Path, tmp_path: Path) -> None:
    folder = export_folder
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(folder.iterdir()):
            made.write(path, f"2026-07/{path.name}")
        made.writestr("__MACOSX/2026-07/._incident.csv", b"finder")

    assert call("capture", archive, "-w", applied).code == 0

    with Vault.open(applied / ".twofold" / "vault") as vault:
        zipped = [entry.body["name"] for entry in vault.entries(kind=EntryKind.CAPTURE)][1:]
    assert sorted(zipped) == ["incident.csv", "incident_action.csv", "incident_event.csv", "pager_incident.csv"]
    again = call("capture", folder, "-w", applied)
    assert again.out.count("the same bytes as") == 4


def test_a_file_beside_the_folder_of_a_zip_is_told(call: Call, applied: Path, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("2026-07/exports.toml", ENTRY)
        made.writestr("2026-07/incident.csv", INCIDENTS)
        made.writestr("notes.txt", "do not forget")

    said = call("capture", archive, "-w", applied)

    assert said.code == 2
    assert "notes.txt: exports.toml does not name this file" in said.err


@pytest.mark.parametrize(("source", "kind"), [("github", "pull_requests"), ("csvtable", "incident")])
def test_a_file_larger_than_memory_should_hold(
    call: Call, applied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: str
) -> None:
    limit = 4 << 20  # a gigabyte, which is the real one, would be hashed and copied for nothing
    defaults = {"list_keys": (), "limit_bytes": limit, "exact": False}
    monkeypatch.setattr(json_records.read_records, "__kwdefaults__", defaults)
    monkeypatch.setattr(csv_records, "LINE_LIMIT", limit)
    path, size = tmp_path / "huge", limit + 1
    with path.open("wb") as stream:
        stream.truncate(size)
    options = ("--query", "all", "--run-by", "svc", "--run-at", "2026-07-10T06:00:00Z")

    said = call("capture", path, "--source", source, "--kind", kind, *options, "-w", applied)

    assert said.code == 3
    assert f"huge  {size:,} bytes" in said.out
    assert "of more than" in said.out or "holds more than" in said.out


@pytest.mark.parametrize("name", ["  ", "Bo \udcff"])
def test_whoever_acts_under_a_name_that_is_none_is_told(
    call: Call, judged_once: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TWOFOLD_ACTOR", name)
    for act in (
        ("completeness", "sign", "incident_opened", "--conclusion", "complete", "--reason", "read"),
        ("sample", "agree", "sox-fy2026", "OP-02", "--size", "1", "--with", "R. Auditor", "--reason", "few"),
    ):
        said = call(*act, "-w", judged_once)
        assert said.code == 2, said.err
        assert "TWOFOLD_ACTOR: " in said.err
        assert "names nobody" in said.err
