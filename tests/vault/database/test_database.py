"""A log in SQLite and in PostgreSQL keeps the same promises: each test here runs on both."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from twofold.model.evidence import Provenance
from twofold.model.problem import UserError
from twofold.vault import log as log_module
from twofold.vault.care.fsck import fsck
from twofold.vault.database.database import open_database
from twofold.vault.database.database_location import PostgresLocation, read_location
from twofold.vault.entry import Entry
from twofold.vault.evidence import CaptureItem
from twofold.vault.evidence_index import EvidenceFilter
from twofold.vault.log import Log
from twofold.vault.store import Vault
from twofold.vault.tree.merkle import fold, grow, leaf_hash, verify_consistency, verify_inclusion
from twofold.vault.tree.tiles import tiles_of, verify_tiles

from ..conftest import AT, FileMaker

SOURCE = Path(__file__).parents[3] / "src"
DROP_GUARD = {
    "sqlite": "DROP TRIGGER {}",
    "postgres": "ALTER TABLE entry DISABLE TRIGGER {}",
}


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def location(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    return tmp_path / "log.sqlite3" if engine == "sqlite" else str(request.getfixturevalue("postgres_location"))


@pytest.fixture
def log(location: Path | str) -> Iterator[Log]:
    made = Log.create(location)
    yield made
    made.close()


@pytest.fixture
def vault(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    database = "" if engine == "sqlite" else str(request.getfixturevalue("postgres_location"))
    with Vault.create(
        tmp_path / "vault", origin="example.com/e", log_id="5d1c", actor="p", at=AT, database=database
    ) as made:
        yield made


def append(log: Log, count: int, *, kind: str = "run") -> list[Entry]:
    with log.writing() as writer:
        return [writer.append(kind=kind, actor="p", at=AT, body={"n": writer.size}) for _ in range(count)]


def test_what_is_appended_is_there_with_its_tree(log: Log, location: Path | str) -> None:
    leaves: list[bytes] = []
    sizes = [0]
    frontier: list[bytes] = []
    roots = {0: fold([])}
    for count in (1, 2, 253, 1, 300, 1_500):
        for entry in append(log, count):
            grow(frontier, len(leaves), leaf_hash(entry.raw))
            leaves.append(leaf_hash(entry.raw))
        sizes.append(len(leaves))
        roots[len(leaves)] = fold(frontier)
        assert log.head() == (len(leaves), fold(frontier))
    size, root = log.head()
    tiles = {tile: log.tile(tile.level, tile.position) for tile in tiles_of(size)}
    verify_tiles(tiles, size=size, root=root)
    assert log.database.execute("SELECT COUNT(*) FROM tile") == [(len(tiles),)]
    assert [log.root(each) for each in sizes] == list(roots.values())
    for index in (0, 255, 256, 1_999, size - 1):
        verify_inclusion(leaf=leaves[index], index=index, end=size, proof=log.inclusion_proof(index), root=root)
    for old in sizes[1:]:
        verify_consistency(old_size=old, size=size, old_root=roots[old], root=root, proof=log.consistency_proof(old))
    log.close()
    with_another = Log.open(location)
    assert with_another.head() == (size, root)
    assert [leaf_hash(raw) for _, raw in with_another.raws()] == leaves
    append(with_another, 1)
    with_another.close()


def test_entries_are_listed_by_kind_and_page(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "_PAGE", 3)
    append(log, 4)
    append(log, 8, kind="judgement")
    append(log, 1)
    assert [entry.index for entry in log.entries()] == list(range(13))
    assert [entry.index for entry in log.entries(kind="judgement")] == list(range(4, 12))
    assert [entry.index for entry in log.entries(kind="run", start=2)] == [2, 3, 12]
    latest = log.latest("judgement")
    assert latest is not None
    assert latest.index == 11
    assert log.latest("sign_off") is None
    assert (log.count("judgement"), log.count("sign_off")) == (8, 0)


def test_captures_are_counted_by_source_and_kind(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    file = make_file("a.json", b"[]")
    review = replace(provenance, kind="reviews")
    assert vault.captures_by_kind() == {}
    for each in (provenance, review, provenance):
        vault.capture(file, provenance=each, name="a.json", captured_by="p", at=AT)
    assert vault.captures_by_kind() == {("github", "pull_requests"): (2, 3), ("github", "reviews"): (1, 2)}


def test_a_block_that_fails_leaves_nothing(log: Log) -> None:
    append(log, 3)
    before = log.head()
    with pytest.raises(KeyError), log.writing() as writer:  # noqa: PT012 - the fault comes after an append
        writer.append(kind="run", actor="p", at=AT, body={})
        writer.flush()
        raise KeyError
    assert log.head() == before
    assert log.raw(3) is None
    append(log, 1)
    assert log.size == 4


def test_one_block_at_a_time(log: Log) -> None:
    with pytest.raises(RuntimeError, match="inside a block"), log.writing():
        append(log, 1)
    with pytest.raises(RuntimeError, match="inside a block"), log.database.reading():
        append(log, 1)
    assert log.size == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET bytes = bytes WHERE idx = 0",
        "DELETE FROM entry WHERE idx = 0",
        "INSERT INTO entry (idx, bytes) SELECT 5, bytes FROM entry",
        "INSERT INTO entry (idx, bytes) SELECT 0, bytes FROM entry",
    ],
)
def test_entries_are_guarded_against_accidents(log: Log, statement: str) -> None:
    append(log, 1)
    with pytest.raises(UserError, match=r"an entry of the log is (never|only added)"):
        log.database.execute(statement)
    assert log.size == 1
    append(log, 1)


def test_a_reader_sees_one_state_while_another_appends(log: Log, location: Path | str) -> None:
    append(log, 2)
    other = Log.open(location)
    with other.database.reading():
        assert other.size == 2
        append(log, 5)
        assert other.size == 2
        assert [index for index, _ in other.raws()] == [0, 1]
    assert other.size == 7
    other.close()


def test_two_writers_take_turns(log: Log, location: Path | str) -> None:
    """Each appends on top of the other, though it remembers the tree as it was after its own append."""
    other = Log.open(location)
    for _ in range(3):
        append(log, 2)
        append(other, 3)
    assert other.size == 15
    other.close()
    log.close()
    Log.open(location).close()


def test_an_entry_joins_the_transaction_of_someone_else(log: Log, location: Path | str) -> None:
    """As a web framework would: its own row and our entry are kept together, or neither is."""
    owner = log.database
    owner.execute("CREATE TABLE people (name TEXT)")
    for ending in ("ROLLBACK", "COMMIT"):
        owner.execute("BEGIN")
        owner.execute("INSERT INTO people (name) VALUES ('ada')")
        append(log, 2)
        with pytest.raises(KeyError), log.writing() as writer:  # noqa: PT012 - the fault comes after an append
            writer.append(kind="run", actor="p", at=AT, body={})
            writer.flush()
            raise KeyError
        append(log, 1)
        assert log.size == 3
        owner.execute(ending)
    assert owner.execute("SELECT COUNT(*) FROM people") == [(1,)]
    assert log.size == 3
    append(log, 1)
    log.close()
    Log.open(location).close()


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        ("entry_is_unchanged", "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE idx = 1) WHERE idx = 2"),
        ("entry_is_kept", "DELETE FROM entry WHERE idx = 3"),
        ("entry_is_kept", "DELETE FROM entry WHERE idx = 1"),
        ("", "UPDATE head SET root = (SELECT bytes FROM entry WHERE idx = 1)"),
        ("", "UPDATE head SET size = 3"),
        ("", "UPDATE head SET size = 5"),
        ("", "DELETE FROM head"),
        ("", "INSERT INTO entry (idx, bytes) SELECT 4, bytes FROM entry WHERE idx = 1"),
    ],
)
def test_open_refuses_a_log_that_was_edited(
    log: Log, engine: str, location: Path | str, guard: str, statement: str
) -> None:
    append(log, 4)
    if guard:
        log.database.execute(DROP_GUARD[engine].format(guard))
    log.database.execute(statement)
    log.close()
    with pytest.raises(UserError, match="changed outside Twofold"):
        Log.open(location)


def test_an_edited_tile_stops_the_next_append(log: Log, location: Path | str) -> None:
    append(log, 4)
    log.database.execute("UPDATE tile SET hashes = ? WHERE level = 0", (bytes(128),))
    for other in (log, Log(open_database(location))):
        if other is not log:
            with pytest.raises(UserError, match="do not give the root"):
                append(other, 1)
            other.close()
    log.database.execute("UPDATE tile SET hashes = ? WHERE level = 0", (bytes(96),))
    with pytest.raises(UserError, match="has 96 bytes, not 128"):
        append(log, 1)
    assert log.size == 4
    with pytest.raises(UserError, match="does not hold the node"):
        log.inclusion_proof(0)


def test_a_log_is_made_once(log: Log, location: Path | str) -> None:
    append(log, 1)
    with pytest.raises((UserError, FileExistsError)):
        Log.create(location)


def test_another_form_is_refused(log: Log, engine: str, location: Path | str) -> None:
    log.database.execute("PRAGMA user_version = 1" if engine == "sqlite" else "UPDATE form SET version = 1")
    log.close()
    with pytest.raises(UserError, match="it has form 1 and this program reads form 2") as caught:
        Log.open(location)
    assert "make a new workspace" in caught.value.problems[0].remedy


def test_a_log_from_elsewhere_is_refused(location: Path | str) -> None:
    if isinstance(location, Path):
        location.write_bytes(b"")
    with pytest.raises(UserError, match="no log that can be read"):
        Log.open(location)


def test_evidence_is_listed_filtered_and_verified(
    vault: Vault, make_file: FileMaker, provenance: Provenance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twofold.vault.evidence_index._PAGE", 4)
    items = [CaptureItem(make_file(f"{at}", b"%d" % (at // 3)), f"name {at % 5}", provenance) for at in range(13)]
    made = vault.capture_batch(items, captured_by="p", at=AT)
    assert vault.list_evidence() == made
    assert vault.list_evidence(limit=0) == []
    assert vault.list_evidence(limit=5) == made[:5]
    assert vault.list_evidence(after=made[4].evidence_id, limit=6) == made[5:11]
    assert vault.list_evidence(EvidenceFilter(source="github", kind="pull_requests"), limit=9) == made[:9]
    assert vault.list_evidence(EvidenceFilter(name="name 3")) == made[3::5]
    assert vault.list_evidence(EvidenceFilter(sha256=made[6].sha256)) == made[6:9]
    assert vault.list_evidence(EvidenceFilter(source="jira")) == []
    assert vault.current_evidence() == made[-5:]
    assert made[7].same_bytes_as == (made[6].evidence_id,)
    assert made[8].same_bytes_as == (made[6].evidence_id, made[7].evidence_id)
    again = vault.capture_batch(items[6:7], captured_by="p", at=AT)[0]
    assert again.same_bytes_as == (made[6].evidence_id, made[8].evidence_id)
    assert [each.version for each in made[3::5]] == [1, 2]
    assert [fault for check in fsck(vault) for fault in check.faults] == []


def test_the_check_names_what_differs(vault: Vault, engine: str, make_file: FileMaker, provenance: Provenance) -> None:
    for number in range(3):
        path = make_file(f"{number}", b"content %d" % number)
        vault.capture(path, provenance=provenance, name=f"{number}.txt", captured_by="p", at=AT)
    database = vault.log.database
    database.execute("UPDATE tile SET hashes = ? WHERE level = 0", (bytes(128),))
    database.execute("INSERT INTO tile (level, position, hashes) VALUES (1, 0, ?)", (bytes(32),))
    database.execute("UPDATE evidence SET version = 7 WHERE idx = 1")
    database.execute("INSERT INTO entry_kind (kind, idx) VALUES ('run', 9)")
    database.execute(DROP_GUARD[engine].format("entry_is_kept"))
    database.execute("DELETE FROM entry WHERE idx = 2")
    faults = {check.step: check.faults for check in fsck(vault) if not check.passed}
    assert faults[1] == ("Entry 2 is missing; the next one is 3.",)
    assert faults[2][0].startswith("The log should hold 4 entries and holds 3")
    assert faults[3][0].startswith("The stored tile/0/000 is missing or wrong")
    assert len(faults[3]) == 2
    assert len(faults[7]) == 2


def test_the_index_is_made_again_from_the_log(vault: Vault, make_file: FileMaker, provenance: Provenance) -> None:
    vault.capture(make_file("a", b"one"), provenance=provenance, name="a", captured_by="p", at=AT)
    listed = vault.list_evidence()
    vault.log.database.execute("DELETE FROM evidence")
    vault.log.database.execute("DELETE FROM entry_kind")
    assert vault.list_evidence() == []
    assert vault.rebuild_index() == 1
    assert vault.list_evidence() == listed


APPENDS = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from twofold.model.evidence import Provenance
from twofold.vault.store import Vault

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
folder, database, who = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
faults = []

def work(number):
    try:
        provenance = Provenance(source="hr", kind="roster", run_by=who, run_at=AT, query="")
        path = folder / f"{who}-{number}"
        path.write_text(f"bytes of {number}")
        with Vault.open(folder / "vault", database=database) as vault:
            for turn in range(4):
                vault.append("run", body={"who": f"{who}-{number}-{turn}"}, actor=who, at=AT)
                vault.capture(path, provenance=provenance, name=f"{number}-{turn}", captured_by=who, at=AT)
    except BaseException as error:
        faults.append(error)
        raise

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(len(faults))
"""


def test_two_processes_of_eight_threads_write_one_history(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = "" if engine == "sqlite" else str(request.getfixturevalue("postgres_location"))
    Vault.create(tmp_path / "vault", origin="a", log_id="b", actor="p", at=AT, database=database).close()
    command = [sys.executable, "-c", APPENDS, str(tmp_path), database]
    running = [subprocess.Popen([*command, who], env={"PYTHONPATH": str(SOURCE)}) for who in ("ana", "ben")]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    with Vault.open(tmp_path / "vault", database=database) as vault:
        assert vault.size == 1 + 2 * 8 * 4 * 2
        assert len({entry.body["who"] for entry in vault.entries(kind="run")}) == 2 * 8 * 4
        assert len(vault.list_evidence()) == 2 * 8 * 4
        assert [fault for check in fsck(vault) for fault in check.faults] == []


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://a:secret@host/x", "it holds a password"),
        ("postgresql://host/x?user=a&password=secret", "it holds a password"),
        ("postgresql://host/x?schema=a&schema=b", "the schema"),
        ("postgresql://host/x?schema=Acme", "the schema 'Acme'"),
        ("postgresql://host/x?schema=pg_catalog", "the schema"),
        ("postgresql://host/x?schema=public", "the schema"),
        ("postgresql://host/x?schema=a;drop", "the schema"),
        ("postgresql://host/x?nonsense", "not a URL"),
        ("mysql://host/x", "does not begin with postgresql://"),
        ("log.sqlite3", "does not begin with postgresql://"),
    ],
)
def test_a_url_that_cannot_be_kept_is_refused_and_its_password_not_shown(url: str, found: str) -> None:
    with pytest.raises(UserError, match="cannot name the database") as caught:
        open_database(url)
    assert found in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_url_is_read() -> None:
    url = "postgresql://ada@db.example:5433/books?sslmode=verify-full"
    assert read_location(f"{url}&schema=acme") == PostgresLocation(url, "acme")
    assert read_location("postgres:///books") == PostgresLocation("postgresql:///books", "twofold")


def test_a_server_that_is_away_says_what_to_do() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UserError, match="see that the database server runs"):
        open_database("postgresql://ada@127.0.0.1:1/books")


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "twofold.vault.database.postgres_database", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match=r"pip install 'twofold\[postgres\]'"):
        open_database("postgresql://ada@127.0.0.1:1/books")


def test_a_full_disk_says_so_and_nothing_is_kept(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log.sqlite3")
    log.database.execute("PRAGMA max_page_count = 40")
    with pytest.raises(UserError, match="make room on the disk"):
        append(log, 5_000)
    assert log.size == 0
    append(log, 1)
    log.close()
