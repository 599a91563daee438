from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.world.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    complete_subtrees,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    prove,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and roots with which Certificate Transparency implementations test RFC 6962.
KNOWN_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 200
HASHES = [leaf_hash(str(number).encode()) for number in range(MOST)]
ROOTS = [root_of(HASHES[:size]) for size in range(MOST + 1)]
FULL, NODES = Frontier().extended(HASHES)
STORED = {(node.level, node.position): node.hash for node in NODES}
sizes = st.integers(0, MOST)


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def reference_inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) as RFC 9162 section 2.1.3.1 writes it."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*reference_inclusion(index, leaves[:k]), root_of(leaves[k:])]
    return [*reference_inclusion(index - k, leaves[k:]), root_of(leaves[:k])]


def reference_consistency(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) as RFC 9162 section 2.1.4.1 writes it."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*reference_consistency(old, leaves[:k], whole), root_of(leaves[k:])]
    return [*reference_consistency(old - k, leaves[k:], False), root_of(leaves[:k])]


def inclusion(index: int, size: int) -> tuple[bytes, ...]:
    return prove(inclusion_ranges(index, size), STORED)


def consistency(old: int, new: int) -> tuple[bytes, ...]:
    return prove(consistency_ranges(old, new), STORED)


def test_the_known_roots_come_out() -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in KNOWN_LEAVES]
    for size, root in enumerate(KNOWN_ROOTS, start=1):
        assert root_of(hashes[:size]).hex() == root
        assert Frontier().extended(hashes[:size])[0].root().hex() == root


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == Frontier().root() == EMPTY_ROOT


def test_a_leaf_cannot_pass_for_an_inner_node() -> None:
    left, right = HASHES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_frontier_agrees_with_the_reference(size: int) -> None:
    assert Frontier().extended(HASHES[:size])[0].root() == ROOTS[size]


@given(st.lists(st.integers(0, 40), max_size=5))
def test_batches_make_no_difference(batches: list[int]) -> None:
    frontier, nodes = Frontier(), []
    for batch in batches:
        frontier, completed = frontier.extended(HASHES[frontier.size : frontier.size + batch])
        nodes += completed
    assert (frontier, nodes) == Frontier().extended(HASHES[: frontier.size])


def test_each_node_is_the_root_of_its_leaves_and_comes_once() -> None:
    assert len(STORED) == len(NODES) == sum(MOST >> level for level in range(MOST.bit_length()))
    for level, position, hashed in NODES:
        assert hashed == root_of(HASHES[position << level : (position + 1) << level])


def test_an_append_yields_the_nodes_that_it_completes() -> None:
    three, _ = Frontier().extended(HASHES[:3])
    _, completed = three.extended(HASHES[3:4])
    pair = node_hash(HASHES[2], HASHES[3])
    assert completed == [Node(0, 3, HASHES[3]), Node(1, 1, pair), Node(2, 0, ROOTS[4])]


@given(sizes)
def test_a_frontier_can_be_read_back_from_the_nodes(size: int) -> None:
    peaks = tuple(STORED[place] for place in complete_subtrees(0, size))
    assert Frontier(size, peaks) == Frontier().extended(HASHES[:size])[0]


@given(st.integers(1, MOST), st.data())
def test_inclusion_proofs_agree_with_the_reference_and_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(index, size)
    assert list(proof) == reference_inclusion(index, HASHES[:size])
    assert verify_inclusion(HASHES[index], index, size, ROOTS[size], proof)


@given(sizes, st.data())
def test_consistency_proofs_agree_with_the_reference_and_verify(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = consistency(old, new)
    if old:
        assert list(proof) == reference_consistency(old, HASHES[:new])
    assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


def test_every_proof_up_to_40_verifies() -> None:
    for size in range(1, 41):
        for index in range(size):
            assert verify_inclusion(HASHES[index], index, size, ROOTS[size], inclusion(index, size))
        for old in range(size + 1):
            assert verify_consistency(old, size, ROOTS[old], ROOTS[size], consistency(old, size))


def spoilt(proof: tuple[bytes, ...], how: int, where: int) -> tuple[bytes, ...]:
    where = where % (len(proof) + (how == 1))
    before, after = proof[:where], proof[where:]
    if how == 0:
        return (*before, bytes([after[0][0] ^ 1]) + after[0][1:], *after[1:])
    if how == 1:
        return (*before, HASHES[0], *after)
    if how == 2:
        return (*before, *after[1:])
    return (*before, after[0][:-1], *after[1:])


@given(st.integers(2, MOST), st.integers(0, 3), st.integers(0, 20), st.data())
def test_a_spoilt_inclusion_proof_is_refused(size: int, how: int, where: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert not verify_inclusion(
        HASHES[index], index, size, ROOTS[size], spoilt(inclusion(index, size), how, where)
    )


@given(st.integers(2, MOST), st.integers(0, 3), st.integers(0, 20), st.data())
def test_a_spoilt_consistency_proof_is_refused(new: int, how: int, where: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = spoilt(consistency(old, new), how, where)
    assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


@given(st.integers(2, MOST), st.data())
def test_a_proof_is_good_for_its_own_leaf_place_and_root_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    proof = inclusion(index, size)
    assert not verify_inclusion(HASHES[other], index, size, ROOTS[size], proof)
    assert not verify_inclusion(HASHES[index], other, size, ROOTS[size], proof)
    assert not verify_inclusion(HASHES[index], index, size, ROOTS[size - 1], proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (0, -1)])
def test_no_proof_holds_outside_the_tree(index: int, size: int) -> None:
    assert not verify_inclusion(HASHES[0], index, size, HASHES[0], ())


def test_consistency_refuses_what_is_not_an_extension() -> None:
    assert not verify_consistency(5, 3, ROOTS[5], ROOTS[3], ())
    assert not verify_consistency(-1, 3, ROOTS[0], ROOTS[3], ())
    assert not verify_consistency(3, 3, ROOTS[3], ROOTS[4], ())
    assert not verify_consistency(3, 3, ROOTS[3], ROOTS[3], (HASHES[0],))
    assert not verify_consistency(0, 3, ROOTS[1], ROOTS[3], ())
    assert not verify_consistency(0, 0, EMPTY_ROOT, ROOTS[1], ())
    assert not verify_consistency(3, 5, ROOTS[3], ROOTS[5], ())


def test_a_proof_for_a_smaller_tree_does_not_pass_for_a_larger() -> None:
    assert not verify_consistency(1, 4, ROOTS[1], ROOTS[2], consistency(1, 2))
    assert not verify_inclusion(HASHES[0], 0, 4, ROOTS[2], inclusion(0, 2))
