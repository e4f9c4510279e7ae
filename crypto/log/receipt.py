"""Offline-checkable evidence that an entry is in the log and that the log only grows.

Layer: crypto. A receipt holds everything that its owner needs years later, without asking the
coordinator: the entry's bytes, its index, the inclusion proof and the signed checkpoint.

Rules: everything in a receipt is untrusted until :func:`verify_receipt` returns; the log's origin and
public key come from the federation agreement, never from the receipt.
Threat answered: a coordinator that denies an entry it acknowledged, rewrites its history, or shows
two members two histories.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crypto.canonical import canonical_bytes, decode_base64, encode_base64, parse_json
from crypto.errors import InputError, VerificationError
from crypto.log.checkpoint import MAX_CHECKPOINT_BYTES, Checkpoint, verify_checkpoint
from crypto.log.entry import MAX_ENTRY_BYTES
from crypto.log.merkle import (
    HASH_LENGTH_BYTES,
    MAX_TREE_SIZE,
    MerkleTree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

MAX_PROOF_HASHES = 53  # The height of a tree of MAX_TREE_SIZE leaves.
# JSON escapes and base64 at most double what they carry; proofs are small beside that.
MAX_RECEIPT_BYTES = 2 * (MAX_CHECKPOINT_BYTES + MAX_ENTRY_BYTES) + 8 * 1024

_FIELDS = frozenset({"checkpoint", "entry", "index", "proof"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """A claim, checkable offline, that an entry is in a log.

    Args:
        entry: The entry's bytes exactly as logged.
        index: Its position in the log, from 0.
        proof: Inclusion proof, 32-byte hashes, lowest first.
        checkpoint: The signed note whose tree the proof leads to.
    """

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def to_json(self) -> bytes:
        """Return the receipt as canonical JSON, the one form that :func:`parse_receipt` reads."""
        return canonical_bytes(
            {
                "checkpoint": self.checkpoint,
                "entry": encode_base64(self.entry),
                "index": self.index,
                "proof": [encode_base64(item) for item in self.proof],
            }
        )


def parse_receipt(data: bytes) -> Receipt:
    """Parse an untrusted receipt; nothing in it is verified yet.

    Raises:
        InputError: The bytes are oversize or not a receipt in canonical form.
    """
    if len(data) > MAX_RECEIPT_BYTES:
        raise InputError(f"expected a receipt of at most {MAX_RECEIPT_BYTES} bytes, got {len(data)}")
    fields = parse_json(data)
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise InputError("expected a receipt with exactly checkpoint, entry, index and proof")
    receipt = Receipt(
        entry=_parse_entry_bytes(fields["entry"]),
        index=_parse_index(fields["index"]),
        proof=_parse_proof(fields["proof"]),
        checkpoint=_parse_text(fields["checkpoint"], "checkpoint"),
    )
    if receipt.to_json() != data:
        raise InputError("expected a receipt in canonical JSON, got another spelling of it")
    return receipt


def verify_receipt(receipt: Receipt, *, origin: str, log_public_key: str) -> Checkpoint:
    """Return the verified checkpoint of the log that holds the receipt's entry.

    Args:
        receipt: Untrusted.
        origin: The log's origin, from the federation agreement.
        log_public_key: The log's public key from the agreement, base64 of 32 bytes.

    Raises:
        VerificationError: The checkpoint is not the log's, or the entry is not at that index of it.
    """
    checkpoint = verify_checkpoint(receipt.checkpoint, origin=origin, public_key=log_public_key)
    verify_inclusion(
        leaf_hash(receipt.entry),
        receipt.index,
        size=checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.root,
    )
    return checkpoint


def verify_log_growth(
    previous: Checkpoint | None, current: Checkpoint, consistency_proof: Sequence[bytes]
) -> Checkpoint:
    """Return the checkpoint to keep from now on, once it provably extends the one kept before.

    Args:
        previous: The verified checkpoint kept from before; None on first contact, when there is
            nothing to compare with and the proof must be empty.
        current: A verified checkpoint.
        consistency_proof: Untrusted hashes from the log.

    Raises:
        VerificationError: The log is another one, shrank, forked or changed its history. Keep the
            previous checkpoint and both texts: together they are the evidence.
    """
    if previous is None:
        if consistency_proof:
            raise VerificationError("expected no consistency proof on first contact, got one")
        return current
    if previous.origin != current.origin:
        raise VerificationError(
            f"expected a checkpoint of the log {previous.origin}, got one of {current.origin}"
        )
    verify_consistency(
        previous.size,
        previous.root,
        new_size=current.size,
        new_root=current.root,
        proof=consistency_proof,
    )
    return current


def verify_entries(entries: Iterable[bytes], checkpoint: Checkpoint) -> None:
    """Check that raw entries, in order of index, are the whole log of a verified checkpoint.

    Rebuilds every hash from the bytes and trusts no stored one.

    Raises:
        VerificationError: Entries are missing, added, changed or out of order.
    """
    tree = MerkleTree()
    for entry in entries:
        if tree.size == checkpoint.size:
            raise VerificationError(f"expected {checkpoint.size} entries for the checkpoint, got more")
        tree.append(leaf_hash(entry))
    if tree.size != checkpoint.size:
        raise VerificationError(f"expected {checkpoint.size} entries for the checkpoint, got {tree.size}")
    if not hmac.compare_digest(tree.root(), checkpoint.root):
        raise VerificationError(
            f"the {tree.size} entries do not give the checkpoint's root: one was changed or moved"
        )


def _parse_entry_bytes(value: object) -> bytes:
    entry = decode_base64(_parse_text(value, "entry"))
    if len(entry) > MAX_ENTRY_BYTES:
        raise InputError(f"expected a receipt entry of at most {MAX_ENTRY_BYTES} bytes, got {len(entry)}")
    return entry


def _parse_index(value: object) -> int:
    if type(value) is not int or not 0 <= value < MAX_TREE_SIZE:
        raise InputError("expected a receipt index that is a whole number from 0")
    return value


def _parse_proof(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_PROOF_HASHES:
        raise InputError(f"expected a receipt proof of at most {MAX_PROOF_HASHES} hashes")
    proof = tuple(decode_base64(_parse_text(item, "proof hash")) for item in value)
    if any(len(item) != HASH_LENGTH_BYTES for item in proof):
        raise InputError(f"expected receipt proof hashes of {HASH_LENGTH_BYTES} bytes each")
    return proof


def _parse_text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"expected text for the receipt's {field}, got another type")
    return value
