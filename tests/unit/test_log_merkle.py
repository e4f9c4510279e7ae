"""The edges of the log's tree: sizes, lengths and order that no proof can make up for."""

import pytest

from crypto.errors import InputError, VerificationError
from crypto.log.merkle import (
    EMPTY_ROOT,
    MAX_TREE_SIZE,
    MerkleTree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

LEAF = leaf_hash(b"entry")
OTHER = leaf_hash(b"other")


@pytest.fixture
def tree() -> MerkleTree:
    return MerkleTree(leaf_hash(bytes([i])) for i in range(5))


def test_an_empty_tree_has_the_empty_root_and_no_leaves():
    assert (MerkleTree().size, MerkleTree().root()) == (0, EMPTY_ROOT)


def test_a_leaf_hash_of_another_length_is_not_appended(tree):
    with pytest.raises(InputError, match=r"^expected a leaf hash of 32 bytes, got 31$"):
        tree.append(bytes(31))
    assert tree.size == 5


@pytest.mark.parametrize("size", [-1, 6])
def test_a_root_of_a_size_not_reached_is_refused(tree, size):
    with pytest.raises(InputError, match=rf"^expected a tree size from 0 to 5, got {size}$"):
        tree.root(size)


@pytest.mark.parametrize(
    ("index", "size", "message"),
    [
        (3, 3, "expected an index under the tree size 3, got 3"),
        (-1, 3, "expected an index under the tree size 3, got -1"),
        (0, 0, "expected an index under the tree size 0, got 0"),
        (0, 6, "expected a tree size from 0 to 5, got 6"),
    ],
)
def test_no_inclusion_proof_is_made_for_a_leaf_not_in_the_tree(tree, index, size, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        tree.inclusion_proof(index, size)


@pytest.mark.parametrize(
    ("old_size", "new_size", "message"),
    [
        (4, 3, "expected an old size from 0 to the new size 3, got 4"),
        (-1, 3, "expected an old size from 0 to the new size 3, got -1"),
        (2, 6, "expected a tree size from 0 to 5, got 6"),
    ],
)
def test_no_consistency_proof_is_made_for_sizes_out_of_order(tree, old_size, new_size, message):
    with pytest.raises(InputError, match=f"^{message}$"):
        tree.consistency_proof(old_size, new_size)


@pytest.mark.parametrize(
    ("index", "size", "proof", "message"),
    [
        (0, 0, (), "expected a leaf index under the tree size 0, got 0"),
        (1, 1, (), "expected a leaf index under the tree size 1, got 1"),
        (-1, 1, (), "expected a leaf index under the tree size 1, got -1"),
        (0, -1, (), f"expected a tree size from 0 to {MAX_TREE_SIZE}, got -1"),
        (0, 2**53, (), f"expected a tree size from 0 to {MAX_TREE_SIZE}, got {2**53}"),
        (0, 2, (b"short",), "expected hashes of 32 bytes, got 5"),
    ],
)
def test_inclusion_outside_any_tree_is_refused(index, size, proof, message):
    with pytest.raises(VerificationError, match=f"^{message}$"):
        verify_inclusion(LEAF, index, size=size, proof=proof, root=LEAF)


def test_an_inner_node_does_not_pass_as_a_leaf(tree):
    inner = tree.consistency_proof(2, 4)[0]
    with pytest.raises(VerificationError, match="too short for index 1 of 4"):
        verify_inclusion(inner, 1, size=4, proof=(tree.root(2),), root=tree.root(4))


def test_an_empty_log_may_grow_into_any_log():
    verify_consistency(0, EMPTY_ROOT, new_size=5, new_root=OTHER, proof=())


@pytest.mark.parametrize(
    ("old", "new", "proof", "message"),
    [
        ((2, LEAF), (1, LEAF), (), "expected a log of at least 2 entries, got 1: it shrank"),
        ((2, LEAF), (2, OTHER), (), "two different roots at size 2: the log has forked"),
        ((2, LEAF), (2, LEAF), (LEAF,), "expected an empty consistency proof from 2 to 2, got 1 hashes"),
        (
            (0, EMPTY_ROOT),
            (2, LEAF),
            (LEAF,),
            "expected an empty consistency proof from 0 to 2, got 1 hashes",
        ),
        ((0, LEAF), (2, LEAF), (), "expected the empty root at size 0, got another root"),
        ((2, LEAF), (5, OTHER), (), "expected a consistency proof from 2 to 5, got none"),
        ((2, b""), (5, OTHER), (LEAF,), "expected hashes of 32 bytes, got 0"),
    ],
)
def test_growth_that_no_proof_can_show_is_refused(old, new, proof, message):
    with pytest.raises(VerificationError, match=f"^{message}$"):
        verify_consistency(*old, new_size=new[0], new_root=new[1], proof=proof)
