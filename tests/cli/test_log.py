"""A workspace whose log is in PostgreSQL, and the log shown and published from either place."""

import json
from pathlib import Path

import pytest

from twofold.vault.log import Log
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.tree.tiles import bundle_path, bundles_of, decode_bundle

from .conftest import Call


@pytest.fixture(params=["sqlite", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path, call: Call) -> Path:
    folder = tmp_path / "acme"
    where = () if request.param == "sqlite" else ("--database", str(request.getfixturevalue("postgres_location")))
    assert call("init", str(folder), "--company", "Acme", *where).code == 0
    assert (folder / ".twofold" / "vault" / "log.sqlite3").exists() is (request.param == "sqlite")
    assert call("scope", "apply", "-w", str(folder), "--reason", "start").code == 0
    return folder


def test_the_log_is_shown_page_by_page(made: Path, call: Call) -> None:
    everything = json.loads(call("log", "show", "-w", str(made), "--json").out)
    assert [entry["index"] for entry in everything] == list(range(len(everything)))
    page = call("log", "show", "-w", str(made), "--after", "0", "--limit", "2")
    assert [line.split()[0] for line in page.out.splitlines()] == ["1", "2", "More:"]
    assert page.out.endswith("--after 2\n")
    shown = json.loads(call("log", "show", "-w", str(made), "--kind", "scope_apply", "--json").out)
    assert shown == [entry for entry in everything if entry["kind"] == "scope_apply"]
    assert len(shown) == 1


def test_the_log_is_published_and_the_workspace_is_whole(made: Path, call: Call, tmp_path: Path) -> None:
    into = tmp_path / "public"
    first = json.loads(call("log", "export", "-w", str(made), "--into", str(into), "--json").out)
    assert (first["earlier_size"], first["files"]) == (0, 2)
    second = json.loads(call("log", "export", "-w", str(made), "--into", str(into), "--json").out)
    assert second["earlier_size"] == first["size"]
    assert second["size"] > first["size"]
    note = (into / "checkpoint").read_text(encoding="utf-8")
    body, signatures = note.split("\n\n")
    checkpoint = Checkpoint.parse(f"{body}\n")
    assert checkpoint.size == second["size"]
    assert signatures.startswith(f"\u2014 {checkpoint.origin} ")
    (bundle,) = bundles_of(checkpoint.size)
    entries = [json.loads(raw) for raw in decode_bundle((into / bundle_path(bundle)).read_bytes())]
    assert [entry["body"]["what"] for entry in entries if entry["kind"] == "export"] == ["log"]
    assert call("verify", str(made)).code == 0


def test_init_where_a_log_is_already_makes_nothing(postgres_location: str, tmp_path: Path, call: Call) -> None:
    assert call("init", str(tmp_path / "a"), "--company", "A", "--database", postgres_location).code == 0
    again = call("init", str(tmp_path / "b"), "--company", "B", "--database", postgres_location)
    assert again.code == 2
    assert "something lies in this schema already" in again.err
    assert not (tmp_path / "b").exists()


def test_a_making_that_was_cut_off_can_be_done_again(postgres_location: str, tmp_path: Path, call: Call) -> None:
    Log.create(postgres_location).close()
    assert call("init", str(tmp_path / "a"), "--company", "A", "--database", postgres_location).code == 0


def test_one_record_is_proven_to_somebody_without_the_workspace(made: Path, call: Call, tmp_path: Path) -> None:
    proof, vkey = tmp_path / "1.tlog-proof", tmp_path / "acme.vkey"
    assert call("key", "export", "-w", str(made), "--into", str(vkey)).code == 0
    written = json.loads(call("log", "prove", "1", "-w", str(made), "--into", str(proof), "--json").out)
    shown = json.loads(call("log", "show", "-w", str(made), "--after", "0", "--limit", "1", "--json").out)
    assert [written["entry"]] == shown
    assert json.loads(call("log", "check", str(proof), "--key", str(vkey), "--json").out) == written
    (left,) = json.loads(call("log", "show", "-w", str(made), "--kind", "export", "--json").out)[-1:]
    assert (left["body"]["what"], left["body"]["name"]) == ("proof", "1.tlog-proof")
    content = proof.read_bytes()
    for at in range(0, len(content), 41):
        proof.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert call("log", "check", str(proof), "--key", str(vkey)).code == 1, content[at : at + 20]


def test_a_proof_names_what_is_wrong_with_the_file_beside_it(judged: Path, call: Call, tmp_path: Path) -> None:
    captured = json.loads(call("log", "show", "-w", str(judged), "--kind", "capture", "--limit", "1", "--json").out)
    evidence = f"ev-{captured[0]['index']}"
    proof, vkey, file = tmp_path / "proof", tmp_path / "acme.vkey", tmp_path / "file"
    assert call("key", "export", "-w", str(judged), "--into", str(vkey)).code == 0
    assert call("log", "prove", evidence, "-w", str(judged), "--into", str(proof)).code == 0
    digest = captured[0]["body"]["sha256"]
    (blob,) = judged.rglob(f"{digest[:2]}/{digest[2:]}")
    file.write_bytes(blob.read_bytes())
    assert call("log", "check", str(proof), "--key", str(vkey), "--evidence", str(file)).code == 0
    file.write_bytes(blob.read_bytes() + b" ")
    refused = call("log", "check", str(proof), "--key", str(vkey), "--evidence", str(file))
    assert (refused.code, digest in refused.err) == (1, True)
    assert "names no entry" in call("log", "prove", "ev-9999", "-w", str(judged), "--into", f"{file}-2").err
