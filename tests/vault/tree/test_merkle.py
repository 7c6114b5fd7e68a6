"""The tree against vectors that others wrote, and against the definition of RFC 6962 spelled out once more."""

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.tree.merkle import (
    EMPTY_ROOT,
    ProofError,
    consistency_proof,
    covering_subtrees,
    fold,
    frontier_nodes,
    frontier_of,
    grow,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
)

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the third-party Merkle vectors are not here")


class Tree:
    """A tree in memory, grown leaf by leaf."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.roots = [EMPTY_ROOT]
        frontier: list[bytes] = []
        for index, leaf in enumerate(leaves):
            for level, position, digest in grow(frontier, index, leaf_hash(leaf)):
                self.nodes[level, position] = digest
            self.roots.append(fold(frontier))

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def constants(name: str) -> Any:
    return json.loads((VECTORS / "constants" / name).read_text(encoding="utf-8"))


def cases(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    paths = sorted((VECTORS / "transparency-dev-merkle" / folder).rglob("*.json"))
    for path in paths:
        yield path.name, json.loads(path.read_text(encoding="utf-8"))


def hashes(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def includes(case: dict[str, Any]) -> bool:
    leaf, root, *proof = hashes([case["leafHash"], case["root"], *(case["proof"] or [])])
    end = case.get("end", case.get("treeSize"))
    assert isinstance(end, int)
    try:
        verify_inclusion(leaf=leaf, index=case["leafIdx"], end=end, proof=proof, root=root, start=case.get("start", 0))
    except ProofError:
        return False
    return True


def agrees(case: dict[str, Any]) -> bool:
    old_root, root, *proof = hashes([case["root1"], case["root2"], *(case["proof"] or [])])
    old: dict[str, Any] = {"old_root": old_root, "root": root, "proof": proof}
    try:
        if "end" in case:
            verify_subtree_consistency(start=case["start"], end=case["end"], size=case["size"], **old)
        else:
            verify_consistency(old_size=case["size1"], size=case["size2"], **old)
    except ProofError:
        return False
    return True


@needs_vectors
@pytest.mark.parametrize(("folder", "count"), [("inclusion", 98), ("subtreeinclusion", 204)])
def test_inclusion_verdicts_of_transparency_dev(folder: str, count: int) -> None:
    found = list(cases(folder))
    assert len(found) == count
    assert [name for name, case in found if includes(case) is case["wantErr"]] == []


@needs_vectors
@pytest.mark.parametrize(("folder", "count"), [("consistency", 98), ("subtreeconsistency", 118)])
def test_consistency_verdicts_of_transparency_dev(folder: str, count: int) -> None:
    found = list(cases(folder))
    assert len(found) == count
    assert [name for name, case in found if agrees(case) is case["wantErr"]] == []


@needs_vectors
def test_nodes_and_roots_of_the_rfc_6962_tree() -> None:
    want = constants("rfc6962-tree.json")
    tree = Tree([bytes.fromhex(text) for text in want["leaf_inputs_hex"]])
    assert [root.hex() for root in tree.roots] == want["root_hash_by_tree_size_hex"]
    for level, row in enumerate(want["node_hashes_by_level_hex"]):
        assert [tree.node(level, position).hex() for position in range(len(row))] == row


@needs_vectors
def test_single_hashes_of_the_rfc_6962_hasher() -> None:
    def data(case: dict[str, str], name: str) -> bytes:
        return bytes.fromhex(case[f"{name}_hex"]) if f"{name}_hex" in case else case[f"{name}_utf8"].encode()

    for case in constants("rfc6962-tree.json")["hasher"]:
        if case["kind"] == "empty_root":
            found = EMPTY_ROOT
        elif case["kind"] == "leaf":
            found = leaf_hash(data(case, "data"))
        else:
            found = node_hash(data(case, "left"), data(case, "right"))
        assert found.hex() == case["want"], case


@needs_vectors
def test_every_proof_of_sizes_0_to_130_gives_the_published_hash() -> None:
    want = {each["what"]: each["sha256"] for each in constants("mtc-subtree-accumulators.json")["accumulators"]}
    tree = Tree([bytes([index]) for index in range(130)])

    def subtrees(end: int) -> list[int]:
        return [at for at in range(end + 1) if at in {0, end} or at % (1 << (end - at - 1).bit_length()) == 0]

    folds = {what: sha256() for what in want}
    for end in range(131):
        for start in subtrees(end):
            line = f"[{start}, {end}) {tree_root(end, tree.node, start=start).hex()}\n"
            folds["subtree_hash"].update(line.encode())
            for index in range(start, end):
                proof = inclusion_proof(index, end, tree.node, start=start)
                line = " ".join([f"{index} [{start}, {end})", *(each.hex() for each in proof)])
                folds["subtree_inclusion_proof"].update(f"{line}\n".encode())
    for size in range(131):
        for end in range(size + 1):
            for start in subtrees(end):
                proof = consistency_proof(end, size, tree.node, start=start)
                line = " ".join([f"[{start}, {end}) {size}", *(each.hex() for each in proof)])
                folds["subtree_consistency_proof"].update(f"{line}\n".encode())
    for end in range(131):
        for start in range(end + 1):
            left, right = covering_subtrees(start, end)
            folds["subtree_covering"].update(f"[{left[0]}, {left[1]}) [{right[0]}, {right[1]})\n".encode())
    assert {what: found.hexdigest() for what, found in folds.items()} == want


@needs_vectors
def test_the_roots_of_a_tessera_log_follow_from_its_tiles() -> None:
    leaves = (VECTORS / "tessera-log" / "tile" / "0" / "000.p" / "15").read_bytes()
    frontier: list[bytes] = []
    for size in range(16):
        body = (VECTORS / "tessera-log" / f"checkpoint.{size}").read_text(encoding="utf-8").split("\n\n")[0] + "\n"
        checkpoint = Checkpoint.parse(body)
        assert (checkpoint.size, checkpoint.root) == (size, fold(frontier))
        grow(frontier, size, leaves[32 * size : 32 * size + 32])


@given(st.integers(1, 70), st.data())
def test_proofs_verify_and_any_flipped_bit_is_refused(size: int, data: st.DataObject) -> None:
    leaves = [f"leaf {index}".encode() for index in range(size)]
    tree = Tree(leaves)
    assert tree.roots[size] == defined_root(leaves) == tree_root(size, tree.node)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof = inclusion_proof(index, size, tree.node)
    leaf, root = leaf_hash(leaves[index]), tree.roots[size]
    verify_inclusion(leaf=leaf, index=index, end=size, proof=proof, root=root)
    path = consistency_proof(old, size, tree.node)
    verify_consistency(old_size=old, size=size, old_root=tree.roots[old], root=root, proof=path)
    for at in range(len(proof)):
        wrong = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        with pytest.raises(ProofError):
            verify_inclusion(leaf=leaf, index=index, end=size, proof=wrong, root=root)
    for at in range(len(path)):
        wrong = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]
        with pytest.raises(ProofError):
            verify_consistency(old_size=old, size=size, old_root=tree.roots[old], root=root, proof=wrong)


def test_an_odd_leaf_is_not_doubled() -> None:
    a, b, c = (leaf_hash(each) for each in (b"a", b"b", b"c"))
    assert Tree([b"a", b"b", b"c"]).roots[3] == node_hash(node_hash(a, b), c)


def test_a_proof_of_what_is_not_there_is_never_made() -> None:
    tree = Tree([b"a", b"b", b"c"])
    with pytest.raises(ValueError, match="leaf 3 is not in the tree"):
        inclusion_proof(3, 3, tree.node)
    with pytest.raises(ValueError, match="does not hold"):
        consistency_proof(4, 3, tree.node)


@given(size=st.integers(0, 1_200))
def test_the_frontier_says_where_its_subtrees_stand(size: int) -> None:
    frontier: list[bytes] = []
    nodes = {
        (level, position): digest
        for number in range(size)
        for level, position, digest in grow(frontier, number, leaf_hash(b"%d" % number))
    }
    known = frontier_nodes(size, frontier)
    assert known.items() <= nodes.items()
    assert list(known.values()) == frontier == frontier_of(size, lambda level, position: nodes[level, position])
