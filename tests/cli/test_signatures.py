"""Keys, checkpoints, witness and timestamps on the command line, as company and auditor type them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

Call = Callable[..., Any]
JSON_PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-the-json-output.md"


def documented(name: str, said: Any) -> Any:
    """Return the JSON that a command printed; each key is on the page."""
    assert said.code in {0, 3}, said.err
    value = orjson.loads(said.out)
    section = JSON_PAGE.read_text(encoding="utf-8").split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
    first = value[0] if isinstance(value, list) else value
    assert [key for key in (first if isinstance(first, dict) else ()) if f"`{key}`" not in section] == []
    return value


def test_the_way_of_the_howto(call: Call, applied: Path, tmp_path: Path) -> None:
    company, desk = ["-w", str(applied), "--json"], tmp_path / "desk"
    desk.mkdir()
    made = documented(
        "witness key", call("witness", "key", "--name", "a.example/ana", "--into", desk / "w.pem", "--json")
    )
    documented("key export", call("key", "export", "--into", desk / "acme.vkey", *company))
    start = documented("checkpoint", call("checkpoint", "--into", desk / "start", *company))
    ours = ["--key", desk / "w.pem", "--company-key", desk / "acme.vkey", "--json"]
    seen = documented(
        "witness cosign", call("witness", "cosign", desk / "start", "--into", desk / "start.cosigned", *ours)
    )
    assert (seen["size"], seen["root"], seen["after_size"]) == (start["size"], start["root"], None)
    engagement = ["--engagement", "soc2-2026"]
    taken = documented(
        "witness accept",
        call(
            *("witness", "accept", desk / "start.cosigned", *engagement, "--phase", "start"),
            *("--witness-key", made["vkey"], *company),
        ),
    )
    assert taken["witness"] == seen["witness"] == made["vkey"]

    end = documented("checkpoint", call("checkpoint", "--into", desk / "end", *company))
    sizes = ["--from", str(start["size"]), "--to", str(end["size"])]
    documented("witness proof", call("witness", "proof", *sizes, "--into", desk / "growth", *company))
    refused = call("witness", "cosign", desk / "end", "--into", desk / "end.cosigned", *ours)
    assert (refused.code, refused.out) == (2, "")
    assert "ask the company for the file of" in refused.err
    seen = documented(
        "witness cosign",
        call(
            *("witness", "cosign", desk / "end", "--proof", desk / "growth", "--into", desk / "end.cosigned", *ours),
        ),
    )
    assert seen["after_size"] == start["size"]
    accept = ["witness", "accept", desk / "end.cosigned", *engagement, "--phase", "end", "-w", applied]
    assert call(*accept).out.startswith("Accepted, as entry ")


def test_keys_are_shown_and_rotated(call: Call, applied: Path, tmp_path: Path) -> None:
    company = ["-w", str(applied), "--json"]
    before = documented("key show", call("key", "show", *company))
    (tmp_path / "new").write_text("another passphrase\n", encoding="utf-8")
    done = documented("key rotate", call("key", "rotate", "--new-passphrase-file", tmp_path / "new", *company))
    after = documented("key show", call("key", "show", *company))

    assert (done["old"], done["new"]) == (before["current"], after["current"])
    assert after["terms"][1]["from_size"] == done["entry"] + 1
    refused = call("checkpoint", "--into", tmp_path / "c", "-w", applied)
    assert refused.code == 2
    assert "the passphrase is wrong" in refused.err
    assert "another passphrase" not in refused.err
    assert not (tmp_path / "c").exists()


def test_nobody_is_asked_where_there_is_no_terminal(
    call: Call, applied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWOFOLD_KEY_PASSPHRASE")
    for arguments in (
        ("init", tmp_path / "new", "--company", "New"),
        ("checkpoint", "--into", tmp_path / "c", "-w", applied),
        ("key", "rotate", "-w", applied),
        ("witness", "key", "--name", "a", "--into", tmp_path / "w.pem"),
    ):
        said = call(*arguments)
        assert said.code == 2
        assert "TWOFOLD_KEY_PASSPHRASE_FILE" in said.err
    assert not (tmp_path / "new").exists()


def test_timestamps_without_an_authority_say_what_to_add(call: Call, applied: Path, tmp_path: Path) -> None:
    assert "twofold checkpoint" in call("timestamp", "list", "-w", applied).out
    said = call("timestamp", "send", "-w", applied)
    assert said.code == 2
    assert "[timestamps]" in said.err

    settings = applied / "twofold.toml"
    authority = '\n[timestamps]\nauthority = "http://127.0.0.1:9/tsr"\nchain = "tsa.pem"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + authority, encoding="utf-8")
    assert "Next: twofold timestamp send" in call("checkpoint", "--into", tmp_path / "c", "-w", applied).out
    [listed] = documented("timestamp send", call("timestamp", "list", "-w", applied, "--json"))
    assert (listed["state"], listed["at"], listed["attempts"]) == ("waiting", None, 0)
    said = call("timestamp", "send", "-w", applied)
    assert "no certificates can be read here" in said.err
