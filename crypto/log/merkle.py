"""The append-only Merkle tree of the log, and the checks anyone can make against its root.

Layer: crypto. RFC 6962 section 2 with SHA-256, and no other hash chain anywhere in Clew. The tree
keeps the hash of every complete subtree, so that an append, a root or a proof costs O(log n).

Rules: a verify function raises or returns nothing; it never returns a flag that could be forgotten.
Threat answered: a log operator who drops, reorders, replaces or back-dates an entry, or shows
different histories to different members.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from crypto.errors import InputError, VerificationError

HASH_LENGTH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# The largest integer that canonical JSON carries exactly; also keeps every proof under 54 hashes.
MAX_TREE_SIZE = 2**53 - 1

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32-byte hash of one log entry's bytes (Source: RFC 6962 section 2.1)."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node (Source: RFC 6962 section 2.1).

    The prefix differs from a leaf's, so that no inner node can be passed off as an entry.
    """
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


class MerkleTree:
    """An in-memory Merkle tree over leaf hashes that only ever grows.

    About 130 bytes of memory an entry. The owner makes an entry durable first and appends its leaf
    hash here afterwards, so that the tree never speaks of an entry that a crash could lose.

    Args:
        leaf_hashes: Leaf hashes of the entries already in the log, in order of index.
    """

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        # _levels[h][i] is the hash of the complete subtree over leaves [i * 2**h, (i + 1) * 2**h).
        self._levels: list[list[bytes]] = [[]]
        for leaf in leaf_hashes:
            self.append(leaf)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf_hash: bytes) -> int:
        """Add a leaf hash and return its index, counted from 0.

        Raises:
            InputError: The hash is not 32 bytes, or the tree is full.
        """
        if len(leaf_hash) != HASH_LENGTH_BYTES:
            raise InputError(f"expected a leaf hash of {HASH_LENGTH_BYTES} bytes, got {len(leaf_hash)}")
        if self.size >= MAX_TREE_SIZE:
            raise InputError(f"expected fewer than {MAX_TREE_SIZE} leaves; the log is full, start a new one")
        index = self.size
        self._levels[0].append(leaf_hash)
        height = 0
        while len(self._levels[height]) % 2 == 0:
            if height + 1 == len(self._levels):
                self._levels.append([])
            left, right = self._levels[height][-2:]
            self._levels[height + 1].append(node_hash(left, right))
            height += 1
        return index

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, or over all of them.

        Raises:
            InputError: The tree has not reached that size.

        Source: RFC 6962 section 2.1, MTH(D[n]).
        """
        size = self.size if size is None else self._checked_size(size)
        return self._subtree_root(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that leaf `index` is in the tree of `size` leaves, lowest hash first.

        Raises:
            InputError: The tree has not reached that size, or has no such leaf at it.

        Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
        """
        if not 0 <= index < self._checked_size(size):
            raise InputError(f"expected an index under the tree size {size}, got {index}")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _left_size(end - start)
            if index < middle:
                path.append(self._subtree_root(middle, end))
                end = middle
            else:
                path.append(self._subtree_root(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_proof(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of `new_size` leaves only added to that of `old_size`.

        It is empty when the sizes are equal or the old tree is empty.

        Raises:
            InputError: The tree has not reached those sizes, or the old one is the larger.

        Source: RFC 6962 section 2.1.2, PROOF(m, D[n]).
        """
        if not 0 <= old_size <= self._checked_size(new_size):
            raise InputError(f"expected an old size from 0 to the new size {new_size}, got {old_size}")
        if old_size in (0, new_size):
            return ()
        path: list[bytes] = []
        start, end = 0, new_size
        while old_size != end:
            middle = start + _left_size(end - start)
            if old_size <= middle:
                path.append(self._subtree_root(middle, end))
                end = middle
            else:
                path.append(self._subtree_root(start, middle))
                start = middle
        if start:  # The verifier holds the old root itself when the old tree is one whole left subtree.
            path.append(self._subtree_root(start, end))
        return tuple(reversed(path))

    def _checked_size(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise InputError(f"expected a tree size from 0 to {self.size}, got {size}")
        return size

    def _subtree_root(self, start: int, end: int) -> bytes:
        # Callers split as RFC 6962 does, so `start` is a multiple of the power of two at or above
        # the length: every complete part is stored and only the right edge is hashed anew.
        length = end - start
        if length & (length - 1) == 0:
            height = length.bit_length() - 1
            return self._levels[height][start >> height]
        middle = start + _left_size(length)
        return node_hash(self._subtree_root(start, middle), self._subtree_root(middle, end))


def verify_inclusion(leaf_hash: bytes, index: int, *, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf is at `index` of the tree of `size` leaves that has this root.

    Args:
        leaf_hash: 32 bytes, computed by the caller from the entry it holds.
        index: Position of the leaf, from 0.
        size: Number of leaves of the tree, from a verified checkpoint.
        proof: Untrusted sibling hashes, lowest first.
        root: 32 bytes, from a verified checkpoint.

    Raises:
        VerificationError: The proof does not lead from this leaf at this index to this root.

    Source: RFC 9162 section 2.1.3.2.
    """
    _verify_size(size)
    _verify_hashes((leaf_hash, *proof, root))
    if not 0 <= index < size:
        raise VerificationError(f"expected a leaf index under the tree size {size}, got {index}")
    first, last = index, size - 1
    computed = leaf_hash
    for sibling in proof:
        if last == 0:
            raise VerificationError(f"the inclusion proof is too long for index {index} of {size}")
        if first & 1 or first == last:
            computed = node_hash(sibling, computed)
            first, last = _skip_missing_siblings(first, last)
        else:
            computed = node_hash(computed, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise VerificationError(f"the inclusion proof is too short for index {index} of {size}")
    if not hmac.compare_digest(computed, root):
        raise VerificationError(
            f"the inclusion proof of index {index} does not lead to the root at size {size}; "
            "the entry is not in the log as claimed"
        )


def verify_consistency(
    old_size: int, old_root: bytes, *, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree holds the old tree's leaves, unchanged and in order, and then more.

    Args:
        old_size: Leaves of the tree seen before; may be 0.
        old_root: 32 bytes, from the checkpoint kept from before.
        new_size: Leaves of the tree now, at least `old_size`.
        new_root: 32 bytes, from a verified checkpoint.
        proof: Untrusted hashes; empty when the sizes are equal or `old_size` is 0.

    Raises:
        VerificationError: The log shrank, or its history changed.

    Source: RFC 9162 section 2.1.4.2. Departure: the cases that it leaves to the caller are decided
    here (equal sizes need equal roots, an empty tree needs the empty root).
    """
    _verify_size(old_size)
    _verify_size(new_size)
    _verify_hashes((old_root, *proof, new_root))
    if new_size < old_size:
        raise VerificationError(f"expected a log of at least {old_size} entries, got {new_size}: it shrank")
    _verify_empty_root(old_size, old_root)
    _verify_empty_root(new_size, new_root)
    if old_size in (0, new_size):
        _verify_trivial_growth(old_size, old_root, new_size=new_size, new_root=new_root, proof=proof)
        return
    computed_old, computed_new = _consistent_roots(old_size, old_root, new_size=new_size, proof=proof)
    if not hmac.compare_digest(computed_old, old_root):
        raise VerificationError(f"the consistency proof does not lead to the old root at size {old_size}")
    if not hmac.compare_digest(computed_new, new_root):
        raise VerificationError(f"the consistency proof does not lead to the new root at size {new_size}")


def _consistent_roots(
    old_size: int, old_root: bytes, *, new_size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    if not proof:
        raise VerificationError(f"expected a consistency proof from {old_size} to {new_size}, got none")
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    computed_old = computed_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationError(f"the consistency proof is too long for {old_size} to {new_size}")
        if first & 1 or first == last:
            computed_old = node_hash(sibling, computed_old)
            computed_new = node_hash(sibling, computed_new)
            first, last = _skip_missing_siblings(first, last)
        else:
            computed_new = node_hash(computed_new, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise VerificationError(f"the consistency proof is too short for {old_size} to {new_size}")
    return computed_old, computed_new


def _verify_trivial_growth(
    old_size: int, old_root: bytes, *, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise VerificationError(
            f"expected an empty consistency proof from {old_size} to {new_size}, got {len(proof)} hashes"
        )
    if old_size == new_size and not hmac.compare_digest(old_root, new_root):
        raise VerificationError(f"two different roots at size {old_size}: the log has forked")


def _left_size(length: int) -> int:
    """Return the largest power of two smaller than `length` (RFC 6962 section 2.1's k)."""
    return 1 << ((length - 1).bit_length() - 1)


def _skip_missing_siblings(first: int, last: int) -> tuple[int, int]:
    """Climb past levels where a node on the right edge has no sibling and moves up unchanged."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _verify_size(size: int) -> None:
    if not 0 <= size <= MAX_TREE_SIZE:
        raise VerificationError(f"expected a tree size from 0 to {MAX_TREE_SIZE}, got {size}")


def _verify_empty_root(size: int, root: bytes) -> None:
    if size == 0 and root != EMPTY_ROOT:
        raise VerificationError("expected the empty root at size 0, got another root")


def _verify_hashes(hashes: Iterable[bytes]) -> None:
    for item in hashes:
        if len(item) != HASH_LENGTH_BYTES:
            raise VerificationError(f"expected hashes of {HASH_LENGTH_BYTES} bytes, got {len(item)}")
