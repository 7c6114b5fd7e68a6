"""Tiles of the Merkle tree, as C2SP tlog-tiles has them: paths, hashes, and what a set of tiles proves. Pure functions.

A tile of level l holds up to 256 hashes side by side: hash i of tile n is the root over 256^l leaves, from leaf
(n * 256 + i) * 256^l on. The seven levels of the tree between two levels of tiles are hashed from them again.
The last tile of a level is partial: it has 1 to 255 hashes, and no hash in the tile above. An empty tile does not
exist. Nothing here reads storage.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from twofold.vault.tree.merkle import HASH_SIZE, ProofError, fold, frontier_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a complete tile, entries in a complete bundle."""
TILE_BYTES = WIDTH * HASH_SIZE

_GREATEST_LEVEL = 63
_LENGTH_BYTES = 2
_KEPT_ROWS = 1_024
"""Tiles whose inner hashes are remembered; 16 KiB each."""
_NUMBER = r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
_TILE_PATH = re.compile(rf"tile/(0|[1-9][0-9]?)/{_NUMBER}")
_BUNDLE_PATH = re.compile(rf"tile/entries/{_NUMBER}")

TileReader = Callable[[int, int], bytes]
"""Gives the hashes of the tile (level, position), side by side; as many as there are, none where there is no tile."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile by its place: level, position in the level, and the number of its hashes (1 to 256)."""

    level: int
    position: int
    width: int = WIDTH


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """The entries below tile `position` of level 0, and how many they are (1 to 256)."""

    position: int
    width: int = WIDTH


# Paths


def tile_path(tile: Tile) -> str:
    """Return the path of a tile.

    >>> tile_path(Tile(0, 1234067)), tile_path(Tile(1, 0, 17))
    ('tile/0/x001/x234/067', 'tile/1/000.p/17')
    """
    return f"tile/{tile.level}/{_number(tile.position, tile.width)}"


def bundle_path(bundle: Bundle) -> str:
    """Return the path of an entry bundle.

    >>> bundle_path(Bundle(3, 5))
    'tile/entries/003.p/5'
    """
    return f"tile/entries/{_number(bundle.position, bundle.width)}"


def parse_tile_path(path: str) -> Tile:
    """Read the path of a tile; raises ValueError for every spelling but the one of `tile_path`."""
    match = _TILE_PATH.fullmatch(path)
    tile = match and Tile(int(match[1]), *_position_and_width(match[2], match[3]))
    if not tile or tile.level > _GREATEST_LEVEL or tile_path(tile) != path:
        msg = f"{path[:200]!r} is not the path of a tile"
        raise ValueError(msg)
    return tile


def parse_bundle_path(path: str) -> Bundle:
    """Read the path of an entry bundle; raises ValueError for every spelling but the one of `bundle_path`."""
    match = _BUNDLE_PATH.fullmatch(path)
    bundle = match and Bundle(*_position_and_width(match[1], match[2]))
    if not bundle or bundle_path(bundle) != path:
        msg = f"{path[:200]!r} is not the path of an entry bundle"
        raise ValueError(msg)
    return bundle


def _number(position: int, width: int) -> str:
    digits = f"{position:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    whole = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return whole if width == WIDTH else f"{whole}.p/{width}"


def _position_and_width(number: str, width: str | None) -> tuple[int, int]:
    """Read what the pattern let through; a width of 256 or more is written otherwise, so it is no width here."""
    partial = 0 if width is None else int(width)
    return int(number.replace("x", "").replace("/", "")), partial if 0 < partial < WIDTH else WIDTH


# Which tiles there are


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Give the tiles of a tree of `size` leaves, level by level; of `since` leaves before: only those it had not."""
    for level in range(_GREATEST_LEVEL + 1):
        count, before = size >> HEIGHT * level, since >> HEIGHT * level
        if not count:
            return
        if count > before:
            yield from (Tile(level, *place) for place in _places(count, before))


def bundles_of(size: int, *, since: int = 0) -> Iterator[Bundle]:
    """Give the entry bundles of a log of `size` entries; with `since`, those that a log of so many had not."""
    if size > since:
        yield from (Bundle(*place) for place in _places(size, since))


def _places(count: int, before: int) -> Iterator[tuple[int, int]]:
    for position in range(before // WIDTH, count // WIDTH):
        yield position, WIDTH
    if count % WIDTH:
        yield count // WIDTH, count % WIDTH


def tile_at(level: int, position: int, size: int) -> Tile:
    """Return this tile as it is in a tree of `size` leaves; raises ValueError where the tree has none there."""
    width = min(WIDTH, (size >> HEIGHT * level) - position * WIDTH)
    if width < 1 or min(level, position) < 0:
        msg = f"a tree of {size} leaves has no tile ({level}, {position})"
        raise ValueError(msg)
    return Tile(level, position, width)


def edge_tiles(size: int) -> Iterator[Tile]:
    """Give the partial tiles of a tree of `size` leaves, which are its right edge: their hashes give the root."""
    for level in range(_GREATEST_LEVEL + 1):
        count = size >> HEIGHT * level
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)


def tiles_to_prove(indexes: Iterable[int], size: int) -> set[Tile]:
    """Return the tiles that prove these leaves to the root of a tree of `size` leaves (see `verify_tiles`).

    Raises ValueError for a leaf that is not in the tree.
    """
    needed = set(edge_tiles(size))
    for index in indexes:
        if not 0 <= index < size:
            msg = f"leaf {index} is not in a tree of {size} leaves"
            raise ValueError(msg)
        level, position = 0, index // WIDTH
        while (tile := tile_at(level, position, size)) not in needed:
            needed.add(tile)
            level, position = level + 1, position // WIDTH
    return needed


# Nodes of the tree, from tiles


@lru_cache(_KEPT_ROWS)
def rows_of(hashes: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tile and, row by row, of the complete nodes above them inside the tile."""
    rows = [hashes]
    while len(row := rows[-1]) >= 2 * HASH_SIZE:
        step = 2 * HASH_SIZE
        ends = range(step, len(row) + 1, step)
        rows.append(b"".join([sha256(b"\x01" + row[end - step : end]).digest() for end in ends]))
    return tuple(rows)


class TileNodes:
    """Gives the complete subtrees of the RFC 9162 tree from its tiles: a `NodeReader`. Each tile is read once.

    `known`: (level, position) -> hash of nodes that the caller has already, so that their tiles need no hashing.
    """

    def __init__(self, read: TileReader, known: Mapping[tuple[int, int], bytes] | None = None) -> None:
        self._read = read
        self._known = known or {}
        self._rows: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def __call__(self, level: int, position: int) -> bytes:
        """Return the hash of the node; raises LookupError when the tiles do not hold it."""
        if (known := self._known.get((level, position))) is not None:
            return known
        tile_level, height = divmod(level, HEIGHT)
        tile_position, offset = divmod(position, WIDTH >> height)
        place = (tile_level, tile_position)
        if place not in self._rows:
            self._rows[place] = rows_of(self._read(tile_level, tile_position))
        rows = self._rows[place]
        digest = rows[height][offset * HASH_SIZE : (offset + 1) * HASH_SIZE] if height < len(rows) else b""
        if len(digest) != HASH_SIZE:
            msg = f"the tile {tile_path(Tile(*place))} does not hold the node ({level}, {position})"
            raise LookupError(msg)
        return digest


# Entry bundles


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write entries one after the other, each behind its length in 16 bits, big-endian; ValueError for a longer one."""
    try:
        return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)
    except OverflowError as error:
        msg = "an entry is longer than 65,535 bytes, so no bundle can hold it"
        raise ValueError(msg) from error


def decode_bundle(data: bytes) -> list[bytes]:
    """Read the entries of a bundle; raises ValueError where the bytes end inside an entry."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            msg = f"the entry bundle ends inside its entry {len(entries)}"
            raise ValueError(msg)
        entries.append(data[start:at])
    return entries


# What a set of tiles proves


def verify_tiles(tiles: Mapping[Tile, bytes], *, size: int, root: bytes) -> None:
    """Check that all these tiles belong to the tree of `size` leaves that has this root; raises ProofError.

    (1) Every tile is one that the tree has, in the width that it has there, and its hashes fill it.
    (2) The partial tiles, which are the right edge, give the root.
    (3) Every complete tile hashes to its hash in the tile above, which is here, too.

    Each tile is hashed once, so a million leaves are checked without a proof for each: see `leaf_in`.
    """
    for tile, hashes in tiles.items():
        _check_place(tile, size)
        if len(hashes) != tile.width * HASH_SIZE:
            msg = f"{tile_path(tile)} has {len(hashes)} bytes; {tile.width * HASH_SIZE} are expected"
            raise ProofError(msg)
    if fold(_frontier(tiles, size)) != root:
        msg = "the partial tiles give another root"
        raise ProofError(msg)
    for tile, hashes in tiles.items():
        if tile.width == WIDTH and rows_of(hashes)[-1] != _hash_above(tiles, tile, size):
            msg = f"{tile_path(tile)} does not hash to what the tile above says"
            raise ProofError(msg)


def leaf_in(tiles: Mapping[Tile, bytes], index: int, size: int) -> bytes:
    """Return the hash of leaf `index` from verified tiles; raises ProofError when they do not reach it."""
    if not 0 <= index < size:
        msg = f"leaf {index} is not in a tree of {size} leaves"
        raise ProofError(msg)
    return _hash_in(tiles, tile_at(0, index // WIDTH, size), index % WIDTH)


def _check_place(tile: Tile, size: int) -> None:
    try:
        expected = tile_at(tile.level, tile.position, size)
    except ValueError as error:
        raise ProofError(str(error)) from error
    if tile != expected:
        msg = f"a tree of {size} leaves has {tile_path(expected)}, not {tile_path(tile)}"
        raise ProofError(msg)


def _frontier(tiles: Mapping[Tile, bytes], size: int) -> list[bytes]:
    edge = {(tile.level, tile.position): tile for tile in edge_tiles(size)}
    nodes = TileNodes(lambda level, position: tiles.get(edge[level, position], b""))
    try:
        return frontier_of(size, nodes)
    except LookupError as error:
        raise ProofError(str(error.args[0])) from error


def _hash_above(tiles: Mapping[Tile, bytes], tile: Tile, size: int) -> bytes:
    above = tile_at(tile.level + 1, tile.position // WIDTH, size)
    return _hash_in(tiles, above, tile.position % WIDTH)


def _hash_in(tiles: Mapping[Tile, bytes], tile: Tile, offset: int) -> bytes:
    hashes = tiles.get(tile)
    if hashes is None:
        msg = f"{tile_path(tile)} is missing"
        raise ProofError(msg)
    return hashes[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]
