"""Tiles against a log that others wrote, against the tree of merkle.py, and against the text of C2SP tlog-tiles."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.tree.merkle import (
    HASH_SIZE,
    ProofError,
    consistency_proof,
    fold,
    grow,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_inclusion,
)
from twofold.vault.tree.tiles import (
    WIDTH,
    Bundle,
    Tile,
    TileNodes,
    bundle_path,
    bundles_of,
    decode_bundle,
    edge_tiles,
    encode_bundle,
    leaf_in,
    parse_bundle_path,
    parse_tile_path,
    tile_at,
    tile_path,
    tiles_of,
    tiles_to_prove,
    verify_tiles,
)

LOG = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors" / "tessera-log"
needs_vectors = pytest.mark.skipif(not LOG.is_dir(), reason="the third-party Merkle vectors are not here")

GREATEST = 66_400
"""Leaves of the tree that the tests cut: past 65,536, where the third level of tiles begins."""


class Tree:
    """A big tree of made-up leaf hashes, its nodes and its tiles at level 0 and above."""

    def __init__(self) -> None:
        self.leaves = [sha256(b"leaf %d" % index).digest() for index in range(GREATEST)]
        self.nodes: dict[tuple[int, int], bytes] = {}
        frontier: list[bytes] = []
        for index, leaf in enumerate(self.leaves):
            for level, position, digest in grow(frontier, index, leaf):
                self.nodes[level, position] = digest

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]

    def hashes(self, tile: Tile) -> bytes:
        first = tile.position * WIDTH
        return b"".join(self.nodes[8 * tile.level, at] for at in range(first, first + tile.width))

    def reader(self, size: int) -> Callable[[int, int], bytes]:
        return lambda level, position: self.hashes(tile_at(level, position, size))


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree()


sizes = st.one_of(
    st.integers(1, GREATEST),
    st.sampled_from([1, 2, 255, 256, 257, 511, 512, 65_279, 65_280, 65_535, 65_536, 65_537, 65_792]),
)


@needs_vectors
@pytest.mark.parametrize("size", range(16))
def test_the_tiles_and_bundles_of_a_tessera_log(size: int) -> None:
    body = (LOG / f"checkpoint.{size}").read_text(encoding="utf-8").split("\n\n")[0] + "\n"
    checkpoint = Checkpoint.parse(body)
    assert checkpoint.size == size
    tiles = {tile: (LOG / tile_path(tile)).read_bytes() for tile in tiles_of(size)}
    entries = [
        entry for bundle in bundles_of(size) for entry in decode_bundle((LOG / bundle_path(bundle)).read_bytes())
    ]
    assert [tile_path(tile) for tile in tiles] == ([f"tile/0/000.p/{size}"] if size else [])
    verify_tiles(tiles, size=size, root=checkpoint.root)
    assert [leaf_hash(entry) for entry in entries] == [leaf_in(tiles, index, size) for index in range(size)]
    for bundle in bundles_of(size):
        assert encode_bundle(entries) == (LOG / bundle_path(bundle)).read_bytes()


@needs_vectors
def test_every_file_of_the_tessera_log_has_the_path_that_we_give_it() -> None:
    for path in (LOG / "tile").rglob("*"):
        if path.is_file():
            name = path.relative_to(LOG).as_posix()
            again = bundle_path(parse_bundle_path(name)) if "entries" in name else tile_path(parse_tile_path(name))
            assert again == name


def test_the_examples_of_the_specification() -> None:
    assert tile_path(Tile(0, 1234067)) == "tile/0/x001/x234/067"
    found = list(tiles_of(70_000))
    assert [tile for tile in found if tile.width < WIDTH] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert sum(tile.level == 0 and tile.width == WIDTH for tile in found) == 273
    assert sum(tile.level == 1 and tile.width == WIDTH for tile in found) == 1
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 63), st.integers(0, 10**10), st.integers(1, WIDTH))
def test_paths_read_back(level: int, position: int, width: int) -> None:
    tile, bundle = Tile(level, position, width), Bundle(position, width)
    assert parse_tile_path(tile_path(tile)) == tile
    assert parse_bundle_path(bundle_path(bundle)) == bundle


@pytest.mark.parametrize(
    "rest",
    [
        *("", "0", "00", "0000", "x000/000", "001/000", "x001", "x001/00", "x01/000", "X001/000", "000/", "/000"),
        *("000.p/0", "000.p/01", "000.p/256", "000.p/999", "000.p/", "000.p", "000.P/1", "000.p/1\n", "000.p/1/"),
        *("\u0660\u0660\u0660", "000 ", "-01", "x-01/000", "x000/x001/000", "000.p/-1", "../000", "000.p/1.p/1"),
    ],
)
def test_there_is_one_spelling_of_a_path(rest: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a tile"):
        parse_tile_path(f"tile/0/{rest}")
    with pytest.raises(ValueError, match="is not the path of an entry bundle"):
        parse_bundle_path(f"tile/entries/{rest}")


@pytest.mark.parametrize("path", ["tile/00/000", "tile/64/000", "tile/-1/000", "tile//000", "Tile/0/000", "0/000"])
def test_there_is_one_spelling_of_a_level(path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a tile"):
        parse_tile_path(path)


@given(sizes, sizes)
def test_tiles_since_a_smaller_tree_are_those_it_had_not(first: int, second: int) -> None:
    small, big = sorted((first, second))
    assert set(tiles_of(big, since=small)) == set(tiles_of(big)) - set(tiles_of(small))
    assert set(bundles_of(big, since=small)) == set(bundles_of(big)) - set(bundles_of(small))
    assert sum(bundle.width for bundle in bundles_of(big)) == big
    assert list(edge_tiles(big)) == [tile for tile in tiles_of(big) if tile.width < WIDTH]


@settings(max_examples=60)
@given(sizes, st.data())
def test_proofs_from_tiles_are_the_proofs_of_the_tree(tree: Tree, size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    nodes = TileNodes(tree.reader(size))
    assert tree_root(size, nodes) == tree_root(size, tree.node)
    proof = inclusion_proof(index, size, nodes)
    assert proof == inclusion_proof(index, size, tree.node)
    verify_inclusion(leaf=tree.leaves[index], index=index, end=size, proof=proof, root=tree_root(size, nodes))
    assert consistency_proof(old, size, nodes) == consistency_proof(old, size, tree.node)


def test_one_proof_reads_each_tile_once(tree: Tree) -> None:
    read: list[tuple[int, int]] = []

    def reader(level: int, position: int) -> bytes:
        read.append((level, position))
        return tree.hashes(tile_at(level, position, GREATEST))

    inclusion_proof(70, GREATEST, TileNodes(reader))
    assert sorted(read) == [(0, 0), (0, GREATEST // 256), (1, 0), (1, 1)]


def test_a_node_that_the_tiles_do_not_hold_is_named(tree: Tree) -> None:
    nodes = TileNodes(tree.reader(70))
    with pytest.raises(LookupError, match=r"tile/0/000 does not hold the node \(3, 8\)"):
        nodes(3, 8)
    with pytest.raises(LookupError, match=r"the node \(7, 0\)"):
        nodes(7, 0)
    with pytest.raises(LookupError, match=r"the node \(0, 0\)"):
        TileNodes(lambda _level, _position: b"")(0, 0)


@settings(max_examples=40)
@given(sizes, st.data())
def test_the_tiles_that_prove_some_leaves_do_and_no_tile_less(tree: Tree, size: int, data: st.DataObject) -> None:
    indexes = data.draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=4))
    needed = tiles_to_prove(indexes, size)
    root = tree_root(size, tree.node)
    tiles = {tile: tree.hashes(tile) for tile in needed}
    verify_tiles(tiles, size=size, root=root)
    assert [leaf_in(tiles, index, size) for index in indexes] == [tree.leaves[index] for index in indexes]
    missing = data.draw(st.sampled_from(sorted(needed)))
    fewer = {tile: hashes for tile, hashes in tiles.items() if tile != missing}
    with pytest.raises(ProofError):  # noqa: PT012 - which of the two refuses depends on the tile that is missing
        verify_tiles(fewer, size=size, root=root)
        for index in indexes:
            leaf_in(fewer, index, size)
    changed = data.draw(st.sampled_from(sorted(needed)))
    at = data.draw(st.integers(0, len(tiles[changed]) - 1))
    flipped = tiles[changed][:at] + bytes([tiles[changed][at] ^ 1]) + tiles[changed][at + 1 :]
    with pytest.raises(ProofError):
        verify_tiles({**tiles, changed: flipped}, size=size, root=root)


def test_tiles_of_another_tree_are_refused(tree: Tree) -> None:
    root = tree_root(600, tree.node)
    tiles = {tile: tree.hashes(tile) for tile in tiles_of(600)}
    verify_tiles(tiles, size=600, root=root)
    for wrong, sentence in (
        (Tile(0, 2, 87), "has tile/0/002.p/88, not tile/0/002.p/87"),
        (Tile(0, 3), r"no tile \(0, 3\)"),
        (Tile(2, 0, 1), r"no tile \(2, 0\)"),
        (Tile(0, 1, 255), "has tile/0/001, not"),
    ):
        with pytest.raises(ProofError, match=sentence):
            verify_tiles({**tiles, wrong: bytes(wrong.width * HASH_SIZE)}, size=600, root=root)
    with pytest.raises(ProofError, match="has 31 bytes; 64 are expected"):
        verify_tiles({**tiles, Tile(1, 0, 2): bytes(31)}, size=600, root=root)
    with pytest.raises(ProofError, match="give another root"):
        verify_tiles(tiles, size=600, root=bytes(32))
    with pytest.raises(ProofError, match="leaf 600 is not in"):
        leaf_in(tiles, 600, 600)
    verify_tiles({}, size=0, root=fold([]))
    with pytest.raises(ValueError, match="leaf 600 is not in"):
        tiles_to_prove([600], 600)


@given(st.lists(st.binary(max_size=300), max_size=WIDTH), st.data())
def test_bundles_read_back_and_a_cut_one_is_refused(entries: list[bytes], data: st.DataObject) -> None:
    encoded = encode_bundle(entries)
    assert decode_bundle(encoded) == entries
    ends = {0}
    for entry in entries:
        ends.add(max(ends) + 2 + len(entry))
    cut = data.draw(st.integers(0, len(encoded)))
    if cut in ends:
        assert encode_bundle(decode_bundle(encoded[:cut])) == encoded[:cut]
    else:
        with pytest.raises(ValueError, match="ends inside its entry"):
            decode_bundle(encoded[:cut])


def test_a_bundle_holds_no_longer_entry_than_its_length_can_say() -> None:
    assert decode_bundle(encode_bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(ValueError, match="longer than 65,535 bytes"):
        encode_bundle([bytes(65_536)])
