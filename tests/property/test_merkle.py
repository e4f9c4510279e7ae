"""The log's tree equals the RFC's recursive definition, and its verifiers refuse every alteration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import VerificationError
from crypto.log.merkle import MerkleTree, leaf_hash, verify_consistency, verify_inclusion
from tests.property import rfc6962_oracle as oracle

LARGEST = 40
ENTRIES = [f"entry {i}".encode() for i in range(LARGEST)]
ROOTS = [oracle.mth(ENTRIES[:size]) for size in range(LARGEST + 1)]
TREE = MerkleTree(leaf_hash(entry) for entry in ENTRIES)

sizes = st.integers(1, LARGEST)


@st.composite
def places(draw):
    """A leaf's index and a tree size that includes it."""
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw):
    """An old and a new size whose consistency needs a proof."""
    new_size = draw(st.integers(2, LARGEST))
    return draw(st.integers(1, new_size - 1)), new_size


def flip_bit(data: bytes, position: int) -> bytes:
    position %= len(data) * 8
    altered = bytearray(data)
    altered[position // 8] ^= 1 << position % 8
    return bytes(altered)


def replace(proof: tuple[bytes, ...], at: int, item: bytes) -> tuple[bytes, ...]:
    return (*proof[:at], item, *proof[at + 1 :])


def test_every_root_is_the_one_of_the_recursive_definition():
    assert [TREE.root(size) for size in range(LARGEST + 1)] == ROOTS


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_inclusion_proof_is_the_defined_one_and_verifies(size):
    for index in range(size):
        proof = TREE.inclusion_proof(index, size)
        assert list(proof) == oracle.path(index, ENTRIES[:size])
        verify_inclusion(leaf_hash(ENTRIES[index]), index, size=size, proof=proof, root=ROOTS[size])


@pytest.mark.parametrize("new_size", range(LARGEST + 1))
def test_every_consistency_proof_is_the_defined_one_and_verifies(new_size):
    for old_size in range(new_size + 1):
        proof = TREE.consistency_proof(old_size, new_size)
        assert list(proof) == oracle.proof(old_size, ENTRIES[:new_size])
        verify_consistency(
            old_size, ROOTS[old_size], new_size=new_size, new_root=ROOTS[new_size], proof=proof
        )


@given(entries=st.lists(st.binary(max_size=40), max_size=70))
def test_a_tree_of_any_entries_has_the_defined_root(entries):
    tree = MerkleTree()
    assert [tree.append(leaf_hash(entry)) for entry in entries] == list(range(len(entries)))
    assert tree.root() == oracle.mth(entries)


@given(place=places(), bit=st.integers(0, 255))
def test_a_flipped_bit_of_the_leaf_is_refused(place, bit):
    index, size = place
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(
            flip_bit(leaf_hash(ENTRIES[index]), bit),
            index,
            size=size,
            proof=TREE.inclusion_proof(index, size),
            root=ROOTS[size],
        )


@given(place=places(), bit=st.integers(0, 255))
def test_a_flipped_bit_of_the_root_is_refused(place, bit):
    index, size = place
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(
            leaf_hash(ENTRIES[index]),
            index,
            size=size,
            proof=TREE.inclusion_proof(index, size),
            root=flip_bit(ROOTS[size], bit),
        )


@given(place=places().filter(lambda place: place[1] > 1), at=st.integers(0, 9), bit=st.integers(0, 255))
def test_a_flipped_bit_of_the_inclusion_proof_is_refused(place, at, bit):
    index, size = place
    proof = TREE.inclusion_proof(index, size)
    at %= len(proof)
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(
            leaf_hash(ENTRIES[index]),
            index,
            size=size,
            proof=replace(proof, at, flip_bit(proof[at], bit)),
            root=ROOTS[size],
        )


@given(place=places(), claimed=st.integers(-2, LARGEST * 2))
def test_any_other_index_is_refused(place, claimed):
    index, size = place
    if claimed == index:
        claimed += size
    with pytest.raises(VerificationError, match=r"tree size|too long|too short|does not lead to the root"):
        verify_inclusion(
            leaf_hash(ENTRIES[index]),
            claimed,
            size=size,
            proof=TREE.inclusion_proof(index, size),
            root=ROOTS[size],
        )


@given(place=places(), extra=st.sampled_from(ROOTS), front=st.booleans())
def test_an_inclusion_proof_with_one_hash_more_is_refused(place, extra, front):
    index, size = place
    proof = TREE.inclusion_proof(index, size)
    with pytest.raises(VerificationError, match="too long"):
        verify_inclusion(
            leaf_hash(ENTRIES[index]),
            index,
            size=size,
            proof=(extra, *proof) if front else (*proof, extra),
            root=ROOTS[size],
        )


@given(place=places().filter(lambda place: place[1] > 1), at=st.integers(0, 9))
def test_an_inclusion_proof_with_one_hash_less_is_refused(place, at):
    index, size = place
    proof = TREE.inclusion_proof(index, size)
    at %= len(proof)
    with pytest.raises(VerificationError, match="too short"):
        verify_inclusion(
            leaf_hash(ENTRIES[index]),
            index,
            size=size,
            proof=proof[:at] + proof[at + 1 :],
            root=ROOTS[size],
        )


@given(growth=growths(), bit=st.integers(0, 255), old=st.booleans())
def test_a_flipped_bit_of_either_root_is_refused(growth, bit, old):
    old_size, new_size = growth
    old_root, new_root = ROOTS[old_size], ROOTS[new_size]
    with pytest.raises(VerificationError, match=r"does not lead to the (old|new) root"):
        verify_consistency(
            old_size,
            flip_bit(old_root, bit) if old else old_root,
            new_size=new_size,
            new_root=new_root if old else flip_bit(new_root, bit),
            proof=TREE.consistency_proof(old_size, new_size),
        )


@given(growth=growths(), at=st.integers(0, 9), bit=st.integers(0, 255))
def test_a_flipped_bit_of_the_consistency_proof_is_refused(growth, at, bit):
    old_size, new_size = growth
    proof = TREE.consistency_proof(old_size, new_size)
    at %= len(proof)
    with pytest.raises(VerificationError, match=r"does not lead to the (old|new) root"):
        verify_consistency(
            old_size,
            ROOTS[old_size],
            new_size=new_size,
            new_root=ROOTS[new_size],
            proof=replace(proof, at, flip_bit(proof[at], bit)),
        )


@given(growth=growths(), extra=st.sampled_from(ROOTS), add=st.booleans())
def test_a_consistency_proof_of_another_length_is_refused(growth, extra, add):
    old_size, new_size = growth
    proof = TREE.consistency_proof(old_size, new_size)
    with pytest.raises(VerificationError, match=r"too long|too short|got none"):
        verify_consistency(
            old_size,
            ROOTS[old_size],
            new_size=new_size,
            new_root=ROOTS[new_size],
            proof=(*proof, extra) if add else proof[:-1],
        )


@given(growth=growths(), changed=st.integers(0, LARGEST - 1))
def test_a_log_that_rewrote_an_entry_cannot_prove_its_growth(growth, changed):
    old_size, new_size = growth
    entries = list(ENTRIES[:new_size])
    entries[changed % old_size] = b"rewritten"
    rewritten = MerkleTree(leaf_hash(entry) for entry in entries)
    with pytest.raises(VerificationError, match=r"does not lead to the (old|new) root"):
        verify_consistency(
            old_size,
            ROOTS[old_size],
            new_size=new_size,
            new_root=rewritten.root(),
            proof=rewritten.consistency_proof(old_size, new_size),
        )
