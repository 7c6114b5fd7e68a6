"""fsck, backup, restore and move as a user calls them."""

import json
from pathlib import Path

from .conftest import Call


def test_a_workspace_is_backed_up_restored_moved_and_checked(applied: Path, call: Call, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    made = call("backup", "-w", applied, "--into", backup)
    assert made.code == 0
    assert "All of it was checked." in made.out
    assert json.loads(call("backup", "-w", applied, "--into", backup, "--json").out)["copied"] == 0

    assert call("restore", backup, "--into", restored).code == 0
    assert call("restore", backup, "--into", restored).code == 2
    assert json.loads(call("restore", backup, "--into", tmp_path / "second", "--json").out)["size"] > 1
    assert call("fsck", "-w", restored).code == 0

    moved = call("move", "-w", restored, "--blobs", tmp_path / "elsewhere")
    assert (moved.code, "The old copies are still there" in moved.out) == (0, True)
    assert json.loads(call("move", "-w", restored, "--blobs", "here", "--json").out)["blobs"] == ""
    said = call("fsck", "-w", restored, "--json")
    assert (said.code, json.loads(said.out)["whole"]) == (0, True)
    nothing = call("move", "-w", restored)
    assert (nothing.code, "lie there already" in nothing.err) == (2, True)


def test_a_fault_is_shown_with_what_it_means(applied: Path, call: Call) -> None:
    blob = max((applied / ".twofold" / "vault" / "blobs").glob("??/*"))
    blob.unlink()
    said = call("fsck", "-w", applied)
    assert said.code == 1
    assert "(5) REFUSED" in said.out
    assert "lost: The bytes" in said.out
    assert said.out.endswith("not whole\n")
