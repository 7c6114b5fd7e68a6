"""What people hand over: files, folders and archives, honest and hostile."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.vault.intake import IntakeLimits, open_intake
from twofold.vault.mediatype import media_type_of

from .conftest import FileMaker

SMALL = IntakeLimits(files=10, unpacked_bytes=10**7, ratio=20, ratio_from_bytes=10_000)


def make_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return path


def refusal(path: Path, into: Path, limits: IntakeLimits = SMALL) -> str:
    with pytest.raises(UserError) as caught:
        open_intake(path, into=into, limits=limits)
    assert not into.exists() or list(into.iterdir()) == []
    return str(caught.value)


def test_a_file_is_itself(tmp_path: Path, make_file: FileMaker) -> None:
    path = make_file("book.xlsx", b"PK\x03\x04 a workbook is a zip and stays whole")
    assert [(file.path, file.name) for file in open_intake(path, into=tmp_path / "u")] == [(path, "book.xlsx")]
    assert not (tmp_path / "u").exists()


def test_a_folder_gives_every_file_below_it(tmp_path: Path, make_file: FileMaker) -> None:
    for name in ("b/2.json", "b/1.json", "a.csv", ".hidden"):
        make_file(name, name.encode())
    folder = tmp_path / "given"
    (folder / "link.csv").symlink_to(folder / "a.csv")
    found = open_intake(folder, into=tmp_path / "u")
    assert [file.name for file in found] == [".hidden", "a.csv", "b/1.json", "b/2.json", "link.csv"]
    assert [file.path.read_bytes() for file in found][:2] == [b".hidden", b"a.csv"]


def test_an_archive_is_unpacked_under_numbers(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "e.zip", {"github/pulls.json": b"[]", "a/": b"", "okta\\users.json": b"{}"})
    found = open_intake(path, into=tmp_path / "u")
    assert {file.name: file.path.read_bytes() for file in found} == {
        "github/pulls.json": b"[]",
        "okta/users.json": b"{}",
    }
    assert sorted(each.name for each in (tmp_path / "u").iterdir()) == ["000000", "000001"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../../etc/passwd", "climbs out"),
        ("a/../../b", "climbs out"),
        ("..\\b", "climbs out"),
        ("/etc/passwd", "absolute"),
        ("C:\\Windows\\x", "absolute"),
        ("\\\\server\\x", "absolute"),
        ("a\x1b[2Jb", "control characters"),
    ],
)
def test_a_path_that_leaves_the_archive_is_refused(tmp_path: Path, name: str, message: str) -> None:
    assert message in refusal(make_zip(tmp_path / "e.zip", {"fine": b"x", name: b"x"}), tmp_path / "u")
    assert sorted(each.name for each in tmp_path.iterdir() if each.name != "u") == ["e.zip"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "link or a device" in refusal(tmp_path / "e.zip", tmp_path / "u")


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path, make_file: FileMaker) -> None:
    path = make_zip(tmp_path / "e.zip", {"a/Users.csv": b"1", "a/users.csv": b"2"})
    assert "differ only in case" in refusal(path, tmp_path / "u")
    make_file("Users.csv", b"1")
    make_file("users.csv", b"2")
    assert "differ only in case" in refusal(tmp_path / "given", tmp_path / "u")


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", b"2")
    assert "more than once" in refusal(tmp_path / "e.zip", tmp_path / "u")


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    raw = bytearray(make_zip(tmp_path / "e.zip", {"a": b"secret"}).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(signature) + offset
        raw[at] |= 1
    (tmp_path / "e.zip").write_bytes(raw)
    assert "encrypted" in refusal(tmp_path / "e.zip", tmp_path / "u")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_measure_are_refused(tmp_path: Path, method: int) -> None:
    assert "unusual method" in refusal(make_zip(tmp_path / "e.zip", {"a": b"x"}, method), tmp_path / "u")


def test_a_bomb_is_stopped_by_what_comes_out(tmp_path: Path) -> None:
    bomb = make_zip(tmp_path / "e.zip", {"fine": b"x", "zeros": bytes(5 * 10**6)})
    assert "far more than its" in refusal(bomb, tmp_path / "u")
    total = IntakeLimits(unpacked_bytes=10**6, ratio=10**6)
    assert "1,000,000 bytes" in refusal(bomb, tmp_path / "v", total)


def test_a_size_in_the_header_that_lies_does_not_help_a_bomb(tmp_path: Path) -> None:
    raw = bytearray(make_zip(tmp_path / "e.zip", {"zeros": bytes(5 * 10**6)}).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(signature) + offset, 100)
    (tmp_path / "e.zip").write_bytes(raw)
    assert refusal(tmp_path / "e.zip", tmp_path / "u")


def test_members_that_share_their_bytes_do_not_make_room(tmp_path: Path) -> None:
    kernel = make_zip(tmp_path / "k.zip", {"a": bytes(10**6)}).read_bytes()
    local, central = kernel[: kernel.index(b"PK\x01\x02")], kernel[kernel.index(b"PK\x01\x02") : -22]
    entries = b"".join(central[:46] + bytes([ord("a") + n]) for n in range(5))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 5, 5, len(entries), len(local), 0)
    (tmp_path / "e.zip").write_bytes(local + entries + end)
    assert refusal(tmp_path / "e.zip", tmp_path / "u")


def test_too_many_files_are_refused(tmp_path: Path, make_file: FileMaker) -> None:
    path = make_zip(tmp_path / "e.zip", {str(number): b"" for number in range(11)})
    assert "more than 10 files" in refusal(path, tmp_path / "u")
    for number in range(11):
        make_file(str(number), b"")
    assert "more than 10 files" in refusal(tmp_path / "given", tmp_path / "u")


def test_a_broken_archive_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    text = b"".join(b"line %d of an export\n" % number for number in range(5_000))
    whole = make_zip(tmp_path / "e.zip", {"fine": b"x", "a": text}).read_bytes()
    for broken in (whole[: len(whole) // 2], whole.replace(whole[2000:2010], bytes(10)), b"", b"no zip at all"):
        (tmp_path / "e.zip").write_bytes(broken)
        assert "could not be read" in refusal(tmp_path / "e.zip", tmp_path / "u", IntakeLimits())


def test_links_that_leave_a_folder_are_refused(tmp_path: Path, make_file: FileMaker) -> None:
    make_file("a.csv", b"x")
    folder = tmp_path / "given"
    (tmp_path / "secret").write_bytes(b"s")
    (folder / "out").symlink_to("../secret")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "dir").symlink_to(tmp_path)
    text = refusal(folder, tmp_path / "u")
    assert "out: the link leads out of the folder" in text
    assert text.count("no plain file") == 3


def test_an_empty_folder_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no file in it" in refusal(tmp_path / "empty", tmp_path / "u")
    assert "no such file" in refusal(tmp_path / "absent.zip", tmp_path / "u")
    (tmp_path / "e.zip").write_bytes(make_zip(tmp_path / "z.zip", {}).read_bytes())
    assert "no file in it" in refusal(tmp_path / "e.zip", tmp_path / "u")


@pytest.mark.parametrize(
    ("name", "head", "want"),
    [
        ("a.csv", b"id,name\n1,\xe9\n", "text/csv"),
        ("a.csv", b"PK\x03\x04", "application/zip"),
        ("a.xlsx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.json", b"\xef\xbb\xbf [1]", "application/json"),
        ("noname", b'{"a": 1}', "application/json"),
        ("log.jsonl", b'{"a": 1}\n', "application/jsonl"),
        ("a.json", b"<!DOCTYPE html><p>log in", "text/html"),
        ("a.txt", b"text\x00", "application/octet-stream"),
        ("a.csv", b"\xff\xfei\x00d\x00", "text/csv"),
        ("a.json", b"", "application/x-empty"),
        ("a.pdf", b"no pdf", "text/plain"),
    ],
)
def test_the_bytes_decide_the_media_type(name: str, head: bytes, want: str) -> None:
    assert media_type_of(name, head) == want


def test_a_zip_in_a_zip_is_data(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../x", "y")
    path = make_zip(tmp_path / "e.zip", {"inner.zip": inner.getvalue()})
    assert [file.name for file in open_intake(path, into=tmp_path / "u")] == ["inner.zip"]
