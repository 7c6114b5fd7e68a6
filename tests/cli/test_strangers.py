"""What a stranger gives the commands of the vault: wrong files, ids and keys, and Ctrl-C. Each gets a clear answer."""

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import orjson
import pytest

from twofold.jobs import control_tests
from twofold.vault.database import sqlite_database

Call = Callable[..., Any]
GARBAGE = bytes(range(256))
JSON_PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-the-json-output.md"


@pytest.fixture
def garbage(tmp_path: Path) -> Path:
    path = tmp_path / "garbage"
    path.write_bytes(GARBAGE)
    return path


def refused(said: Any, *told: str) -> None:
    assert said.code == 2
    assert said.out == ""
    assert [each for each in told if each not in said.err] == []
    assert "Traceback" not in said.err
    assert "Errno" not in said.err
    assert "codec" not in said.err
    assert "  next:     " in said.err


@pytest.mark.parametrize("name", ["", "  ", "Acme\nInc", "Acme\x1b[31m"])
def test_a_company_has_a_name_of_one_line(call: Call, tmp_path: Path, name: str) -> None:
    refused(call("init", tmp_path / "new", "--company", name), "--company: it")
    assert not (tmp_path / "new").exists()


def test_a_name_with_control_characters_in_the_settings(call: Call, applied: Path) -> None:
    settings = applied / "twofold.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('name = "', 'name = "a\\u001B', 1), encoding="utf-8")
    refused(call("status", "-w", applied), "twofold.toml:4: 'name' holds a control character")


def test_an_unknown_engagement_is_no_order(call: Call, judged: Path) -> None:
    refused(call("order", "--engagement", "soc2-2027", "-w", judged), "was not judged", "soc2-2026, sox-fy2026")
    refused(call("request", "list", "--engagement", "soc2-2027", "-w", judged), "there is no engagement", "soc2-2026")
    assert call("order", "--engagement", "soc2-2026", "-w", judged).code == 0


def test_the_log_says_what_an_entry_is_about(call: Call, applied: Path) -> None:
    shown = call("log", "show", "-w", applied, "--kind", "capture")
    assert [line.split()[4:] for line in shown.out.splitlines()] == [["ev-1", "all.yaml"]]
    assert call("log", "show", "-w", applied, "--after", "99").out == "No entry after entry 99\n"
    assert call("log", "show", "-w", applied, "--kind", "hold").code == 2
    refused(call("log", "show", "-w", applied, "--kind", "captures"), "there is no kind 'captures'", "'capture'?")


def test_one_entry_is_proven_and_checked(call: Call, applied: Path, tmp_path: Path, garbage: Path) -> None:
    proof, key = tmp_path / "p.tlog-proof", tmp_path / "acme.vkey"
    assert call("key", "export", "-w", applied, "--into", key).code == 0
    refused(call("log", "prove", "ev-2", "-w", applied, "--into", proof), "there is no evidence 'ev-2'")
    assert not proof.exists()
    made = call("log", "prove", "ev-1", "-w", applied, "--into", proof)
    assert made.code == 0
    assert f"Written: {proof}" in made.out
    scope = applied / "scope" / "all.yaml"
    good = call("log", "check", proof, "--key", key, "--evidence", scope)
    assert "It captured all.yaml" in good.out
    assert f"{scope} has the bytes that were captured." in good.out

    for wrong in (("--evidence", garbage), ()):
        file = proof if wrong else garbage
        said = call("log", "check", file, "--key", key, *wrong)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("not proven\n")
    refused(call("log", "check", proof, "--key", garbage), "is no verifier key")
    refused(call("log", "check", tmp_path / "none", "--key", key), "cannot be read: No such file")


def test_garbage_received_apart(call: Call, judged: Path, garbage: Path, tmp_path: Path) -> None:
    package = tmp_path / "audit"
    assert call("package", "--into", package, "-w", judged).code == 0
    refused(call("verify", package, "--key", garbage), "--key:", "is no verifier key")
    refused(call("verify", package, "--checkpoint", garbage), "it is not UTF-8")
    refused(call("verify", package, "--checkpoint", tmp_path / "none"), "cannot be read (No such file")
    for name in (garbage, tmp_path / "none"):
        refused(call("package", "--redact", name, "--into", tmp_path / "b", "-w", judged), str(name))
    assert not (tmp_path / "b").exists()

    # The auditor's key is given, and the package holds nothing that it cosigned: then it is not whole.
    made = orjson.loads(call("witness", "key", "--name", "a.example/ana", "--into", tmp_path / "w", "--json").out)
    said = call("verify", package, "--key", made["vkey"])
    assert said.code == 1
    assert "(16) REFUSED nothing received apart contradicts it\n      data/log/witness: nothing there" in said.out


@pytest.mark.parametrize("command", ["verify", "reperform"])
def test_a_zip_that_is_none_of_ours_is_named(call: Call, tmp_path: Path, command: str) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/b.txt", "x")
    refused(call(command, path), f"{path}: this zip is no audit package")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(call(command, path), f"{path}: it cannot be unpacked, and may be cut off")


def test_nothing_is_due_for_deletion(call: Call, judged: Path) -> None:
    said = call(
        *("retention", "delete", "--all-due", "--reason", "yearly run"),
        *("--authority", "p-0002", "--second", "p-0003", "-w", judged),
    )
    assert (said.code, said.out) == (0, "Nothing may be deleted now, and nothing was. Why: twofold retention plan\n")


@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), KeyboardInterrupt()])
def test_ctrl_c_during_a_query(call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def interrupt(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(control_tests, "run_rule", interrupt)
    said = call("test", "T-19", "-w", judged)
    assert said.code == 130
    assert "interrupted. What was acknowledged is kept" in said.err
    monkeypatch.undo()
    assert call("verify", judged).code == 0


def test_the_number_of_entries_is_in_the_right_number(call: Call, applied: Path) -> None:
    assert "signs checkpoints from 1 entry on: " in call("key", "show", "-w", applied).out


def test_a_changed_package_names_the_file_and_says_once_why_steps_wait(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    assert call("package", "--into", tmp_path / "audit", "-w", judged).code == 0
    with (tmp_path / "audit" / "data" / "matrix.csv").open("a") as file:
        file.write("x")

    said = call("verify", tmp_path / "audit")

    assert said.code == 1
    assert " (5) REFUSED every file has the bytes of the manifest\n      data/matrix.csv: its bytes were" in said.out
    assert "(22) skipped what is shown" in said.out
    assert said.out.count("one of steps 1 to 5 failed") == 1


def test_the_page_of_json_output_knows_the_keys(call: Call, judged: Path, tmp_path: Path) -> None:
    workspace = ("-w", judged, "--json")
    assert call("package", "--into", tmp_path / "audit", "-w", judged).code == 0
    assert call("key", "export", "--into", tmp_path / "k", "-w", judged).code == 0
    said = {
        "log show": call("log", "show", *workspace),
        "log export": call("log", "export", "--into", tmp_path / "log", *workspace),
        "log prove": call("log", "prove", "ev-1", "--into", tmp_path / "proof", *workspace),
        "log check": call("log", "check", tmp_path / "proof", "--key", tmp_path / "k", "--json"),
        "fsck": call("fsck", *workspace),
        "backup": call("backup", "--into", tmp_path / "backup", *workspace),
        "restore": call("restore", tmp_path / "backup", "--into", tmp_path / "restored", "--json"),
        "move": call("move", "--blobs", tmp_path / "blobs", "-w", tmp_path / "restored", "--json"),
        "reperform": call("reperform", tmp_path / "audit", "--json"),
    }
    page = JSON_PAGE.read_text(encoding="utf-8")

    for name, each in said.items():
        assert each.code == 0, (name, each.err)
        value = orjson.loads(each.out)
        section = page.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
        section += page.split("## log prove\n", 1)[1].split("\n## ", 1)[0] if name == "log check" else ""
        first = value[0] if isinstance(value, list) else value
        assert [key for key in first if f"`{key}`" not in section] == [], name


def test_a_log_that_may_not_be_written_is_not_called_damaged(
    call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path) -> NoReturn:
        sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True).execute("UPDATE head SET size = 0")
        raise AssertionError

    monkeypatch.setattr(sqlite_database, "_connect", read_only)
    said = call("status", "-w", judged)
    refused(said, "attempt to write a readonly database", "see that you may read and write this file")
    assert "restore" not in said.err
