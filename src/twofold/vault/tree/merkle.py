"""The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1: hashes, roots, proofs. Pure functions.

A tree of n leaves splits at k, the largest power of two below n; an odd node is never doubled.
Stored are only complete subtrees: node (level, position) covers the 2**level leaves from position * 2**level.
`start` (0 by default) makes every function work on a subtree [start, end), as in the subtree proofs of
draft-ietf-plants-merkle-tree-certs; a subtree is valid when `start` is a multiple of the least power of two
that is not below its length. Nothing here reads storage or knows what a leaf means.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves."""

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree (level, position)."""
Node = tuple[int, int, bytes]
"""Level, position, hash of a complete subtree."""


class ProofError(ValueError):
    """A proof does not show what it should; the message says at which point."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256 of 0x00 and the data (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256 of 0x01, left and right (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def grow(frontier: list[bytes], size: int, leaf: bytes) -> list[Node]:
    """Append a leaf hash to a tree of `size` leaves; return the nodes that became complete, leaf first.

    `frontier` holds the roots of the complete subtrees of the tree, largest first, and is changed in place.
    """
    level, position, digest = 0, size, leaf
    nodes = [(level, position, digest)]
    while position & 1:
        digest = node_hash(frontier.pop(), digest)
        level, position = level + 1, position >> 1
        nodes.append((level, position, digest))
    frontier.append(digest)
    return nodes


def frontier_of(end: int, node: NodeReader, *, start: int = 0) -> list[bytes]:
    """Read the roots of the complete subtrees that make up [start, end), largest first."""
    _check_subtree(start, end)
    frontier, at = [], start
    for level in reversed(range((end - start).bit_length())):
        if (end - start) >> level & 1:
            frontier.append(node(level, at >> level))
            at += 1 << level
    return frontier


def frontier_nodes(size: int, frontier: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """Return (level, position) -> hash of the subtrees that a frontier of `size` leaves stands for."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return {(level, (size >> level) - 1): digest for level, digest in zip(levels, frontier, strict=True)}


def fold(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree that has this frontier (RFC 9162, 2.1.1)."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def tree_root(end: int, node: NodeReader, *, start: int = 0) -> bytes:
    """Return the Merkle tree hash of the leaves [start, end)."""
    return fold(frontier_of(end, node, start=start))


def covering_subtrees(start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two subtrees next to each other that cover [start, end): the first may begin before `start`.

    For proving a stretch of leaves at once. The second is empty when one leaf is asked for, both when none is. Rule of
    draft-ietf-plants-merkle-tree-certs for arbitrary intervals.
    """
    if end - start < 2:  # noqa: PLR2004 - fewer than two leaves
        return (start, end), (end, end)
    split = (start ^ (end - 1)).bit_length() - 1
    middle = (end - 1) >> split << split
    shared = (~start & ((1 << split) - 1)).bit_length()
    return (start >> shared << shared, middle), (middle, end)


def inclusion_proof(index: int, end: int, node: NodeReader, *, start: int = 0) -> list[bytes]:
    """Return PATH(index - start, D[start:end]), lowest sibling first (RFC 9162, 2.1.3.1).

    Raises ValueError when the leaf is not in the tree.
    """
    _check_subtree(start, end)
    if not start <= index < end:
        msg = f"leaf {index} is not in the tree [{start}, {end})"
        raise ValueError(msg)
    path, low, high = [], start, end
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(tree_root(high, node, start=middle))
            high = middle
        else:
            path.append(tree_root(middle, node, start=low))
            low = middle
    return path[::-1]


def consistency_proof(end: int, size: int, node: NodeReader, *, start: int = 0) -> list[bytes]:
    """Return the proof that the tree of `size` leaves holds [start, end) unchanged (RFC 9162, 2.1.4.1).

    Raises ValueError when [start, end) is not within the tree.
    """
    _check_subtree(start, end)
    if end > size:
        msg = f"a tree of {size} leaves does not hold [{start}, {end})"
        raise ValueError(msg)
    if start == end:
        return []
    path, low, high, known = [], 0, size, True
    while (start, end) != (low, high):
        middle = low + _split(high - low)
        if end <= middle:
            path.append(tree_root(high, node, start=middle))
            high = middle
        else:
            path.append(tree_root(middle, node, start=low))
            if start < middle:
                start, known = middle, False
            low = middle
    if not known:
        path.append(tree_root(high, node, start=low))
    return path[::-1]


def verify_inclusion(*, leaf: bytes, index: int, end: int, proof: Sequence[bytes], root: bytes, start: int = 0) -> None:
    """Check that `leaf` is leaf `index` of the tree with this root (RFC 9162, 2.1.3.2); raises ProofError."""
    _check_hashes(leaf, root, *proof)
    _refuse_if(
        not _is_subtree(start, end) or not start <= index < end, f"leaf {index} cannot be in a tree [{start}, {end})"
    )
    leaf_at, last, digest = index - start, end - start - 1, leaf
    for sibling in proof:
        _refuse_if(last == 0, "the inclusion proof is longer than the tree is high")
        if leaf_at & 1 or leaf_at == last:
            digest = node_hash(sibling, digest)
            while not leaf_at & 1 and leaf_at:
                leaf_at, last = leaf_at >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        leaf_at, last = leaf_at >> 1, last >> 1
    _refuse_if(last > 0, "the inclusion proof is shorter than the tree is high")
    _refuse_if(digest != root, "the inclusion proof leads to another root")


def verify_consistency(*, old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the log with `root` begins with the log that had `old_root` (RFC 9162, 2.1.4.2).

    An empty old log is refused: it is consistent with every log, so such a proof shows nothing. Raises ProofError.
    """
    _refuse_if(old_size == 0, "the old log is empty, so nothing can be shown")
    verify_subtree_consistency(start=0, end=old_size, size=size, old_root=old_root, root=root, proof=proof)


def verify_subtree_consistency(
    *, start: int, end: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree with `root` holds the leaves [start, end) of `old_root`; raises ProofError."""
    _check_hashes(*proof)
    _refuse_if(
        not _is_subtree(start, end) or end > size, f"nothing can be shown about [{start}, {end}) of {size} leaves"
    )
    if start == end or (start, end) == (0, size):
        _refuse_if(len(proof) > 0, "the consistency proof is longer than the tree is high")
        _refuse_if(old_root != (EMPTY_ROOT if start == end else root), "the roots of one tree differ")
        return
    _check_hashes(old_root, root)
    first, second, last = start, end - 1, size - 1
    while first != second and (second & 1 or second == last):
        first, second, last = first >> 1, second >> 1, last >> 1
    rest = list(proof)
    _refuse_if(first != second and not rest, "the consistency proof is empty")
    old = new = old_root if first == second else rest.pop(0)
    for sibling in rest:
        _refuse_if(last == 0, "the consistency proof is longer than the tree is high")
        if second & 1 or second == last:
            old = node_hash(sibling, old) if first < second else old
            new = node_hash(sibling, new)
            while not second & 1:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, second, last = first >> 1, second >> 1, last >> 1
    _refuse_if(last > 0, "the consistency proof is shorter than the tree is high")
    _refuse_if(old != old_root, "the consistency proof leads to another old root")
    _refuse_if(new != root, "the consistency proof leads to another new root")


def _split(count: int) -> int:
    """Return the largest power of two below `count` (2 or more)."""
    return 1 << ((count - 1).bit_length() - 1)


def _is_subtree(start: int, end: int) -> bool:
    if not 0 <= start <= end:
        return False
    return start in {0, end} or start % (1 << (end - start - 1).bit_length()) == 0


def _check_subtree(start: int, end: int) -> None:
    if not _is_subtree(start, end):
        msg = f"[{start}, {end}) is no subtree"
        raise ValueError(msg)


def _refuse_if(wrong: bool, sentence: str) -> None:
    if wrong:
        raise ProofError(sentence)


def _check_hashes(*hashes: bytes) -> None:
    _refuse_if(any(len(digest) != HASH_SIZE for digest in hashes), f"a hash is not {HASH_SIZE} bytes long")
