"""docs/formats/vault.md is true: its example is what the code writes, and its reader reads it."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from twofold.model.evidence import Provenance
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault
from twofold.vault.tree.merkle import leaf_hash

from .conftest import AT, FileMaker

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "vault.md"


@pytest.fixture
def example(vault: Vault, make_file: FileMaker) -> Vault:
    provenance = Provenance(
        source="hr", kind="roster", run_by="p-0007", run_at=AT, query="Roster report", parameters={"day": "2026-07-15"}
    )
    for content in (b"person,from\np-0010,2025-01-01\n", b"person,from\np-0010,2025-02-01\n"):
        path = make_file("roster.csv", content)
        vault.capture(path, provenance=provenance, name="roster.csv", captured_by="p-0007", at=AT)
    return vault


def written(vault: Vault) -> str:
    parts = []
    for entry in vault.entries():
        parts.append(f"Entry {entry.index}, {len(entry.raw)} bytes, leaf hash `{leaf_hash(entry.raw).hex()}`:")
        parts.append(f"```json\n{entry.raw.decode()}\n```")
    blobs = [path.relative_to(vault.path).as_posix() for path in sorted((vault.path / "blobs").glob("??/*"))]
    parts.append("Blobs:\n\n" + "\n".join(f"- `{blob}`" for blob in blobs))
    parts.append(f"Checkpoint:\n\n```\n{vault.checkpoint().text}```")
    return "\n\n".join(parts)


def test_the_example_is_what_the_code_writes(example: Vault) -> None:
    shown = PAGE.read_text(encoding="utf-8").split("<!-- example -->\n")[1].split("\n<!-- end of example -->")[0]
    assert shown == written(example)


def test_the_reader_on_the_page_reads_the_vault(example: Vault) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    command = [sys.executable, "-c", program, str(example.path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (finished.stdout, finished.stderr) == (f"{example.root().hex()}\n", "")
    blob = next((example.path / "blobs").glob("??/*"))
    blob.chmod(0o644)
    blob.write_bytes(b"changed")
    assert subprocess.run(command, capture_output=True, check=False, timeout=30).returncode != 0


def test_the_page_names_every_field_of_a_capture(example: Vault) -> None:
    body = orjson.loads(next(example.entries(kind=EntryKind.CAPTURE)).raw)["body"]
    page = PAGE.read_text(encoding="utf-8")
    assert [field for field in [*body, *body["provenance"]] if f"`{field}`" not in page] == []
