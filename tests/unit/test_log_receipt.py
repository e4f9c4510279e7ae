"""Receipts, growth and a full audit of the log: what is refused and with which words."""

import pytest

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import InputError, VerificationError
from crypto.log.checkpoint import Checkpoint, sign_checkpoint
from crypto.log.entry import MAX_ENTRY_BYTES
from crypto.log.merkle import EMPTY_ROOT, MerkleTree, leaf_hash
from crypto.log.receipt import (
    MAX_RECEIPT_BYTES,
    Receipt,
    parse_receipt,
    verify_entries,
    verify_log_growth,
    verify_receipt,
)
from crypto.signing import SigningKey

ORIGIN = "clew.example/log"
KEY = SigningKey.generate()
ENTRIES = [f"entry {i}".encode() for i in range(6)]
TREE = MerkleTree(leaf_hash(entry) for entry in ENTRIES)


def checkpoint(size: int, *, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, TREE.root(size))


RECEIPT = Receipt(
    entry=ENTRIES[3],
    index=3,
    proof=TREE.inclusion_proof(3, 6),
    checkpoint=sign_checkpoint(checkpoint(6), KEY.sign, public_key=KEY.public_key),
)
FIELDS = parse_json(RECEIPT.to_json())


def test_a_receipt_verifies_offline_after_a_round_trip():
    parsed = parse_receipt(RECEIPT.to_json())
    assert parsed == RECEIPT
    assert verify_receipt(parsed, origin=ORIGIN, log_public_key=KEY.public_key) == checkpoint(6)


@pytest.mark.parametrize(
    ("origin", "public_key", "message"),
    [
        ("other.example/log", KEY.public_key, "exactly one signature of the log's own key, got 0"),
        (ORIGIN, SigningKey.generate().public_key, "exactly one signature of the log's own key, got 0"),
    ],
    ids=["another log", "another key"],
)
def test_a_receipt_of_another_log_is_refused(origin, public_key, message):
    with pytest.raises(VerificationError, match=message):
        verify_receipt(RECEIPT, origin=origin, log_public_key=public_key)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected UTF-8 JSON"),
        (b"[]", "expected a receipt with exactly checkpoint, entry, index and proof"),
        (b"{}", "expected a receipt with exactly checkpoint, entry, index and proof"),
        (canonical_bytes(FIELDS | {"more": 1}), "expected a receipt with exactly"),
        (canonical_bytes(FIELDS | {"index": True}), "expected a receipt index that is a whole number"),
        (canonical_bytes(FIELDS | {"index": -1}), "expected a receipt index that is a whole number"),
        (canonical_bytes(FIELDS | {"index": 2**53 - 1}), "expected a receipt index that is a whole number"),
        (canonical_bytes(FIELDS | {"index": "3"}), "expected a receipt index that is a whole number"),
        (canonical_bytes(FIELDS | {"entry": 3}), "expected text for the receipt's entry, got another type"),
        (canonical_bytes(FIELDS | {"entry": "!"}), "expected base64 text"),
        (
            canonical_bytes(FIELDS | {"entry": "A" * 4 * (MAX_ENTRY_BYTES // 3 + 1)}),
            f"expected a receipt entry of at most {MAX_ENTRY_BYTES} bytes",
        ),
        (canonical_bytes(FIELDS | {"proof": "AAAA"}), "expected a receipt proof of at most 53 hashes"),
        (canonical_bytes(FIELDS | {"proof": ["AAAA"] * 54}), "expected a receipt proof of at most 53 hashes"),
        (canonical_bytes(FIELDS | {"proof": ["AAAA"]}), "expected receipt proof hashes of 32 bytes each"),
        (canonical_bytes(FIELDS | {"proof": [[]]}), "expected text for the receipt's proof hash"),
        (canonical_bytes(FIELDS | {"checkpoint": None}), "expected text for the receipt's checkpoint"),
        (
            canonical_bytes(FIELDS | {"checkpoint": "@"}).replace(b"@", b"\\ud800"),
            "value has no canonical JSON form",
        ),
        (RECEIPT.to_json() + b"\n", "expected a receipt in canonical JSON, got another spelling of it"),
        (b" " * (MAX_RECEIPT_BYTES + 1), f"expected a receipt of at most {MAX_RECEIPT_BYTES} bytes"),
    ],
    ids=range(19),
)
def test_bytes_that_are_not_one_canonical_receipt_are_refused(data, message):
    with pytest.raises(InputError) as caught:
        parse_receipt(data)
    assert message in caught.value.public_message


def test_a_first_checkpoint_is_kept_as_it_is():
    assert verify_log_growth(None, checkpoint(4), ()) == checkpoint(4)


def test_a_log_that_only_added_may_move_the_kept_checkpoint():
    assert verify_log_growth(checkpoint(4), checkpoint(6), TREE.consistency_proof(4, 6)) == checkpoint(6)
    assert verify_log_growth(checkpoint(0), checkpoint(6), ()) == checkpoint(6)
    assert verify_log_growth(checkpoint(6), checkpoint(6), ()) == checkpoint(6)


@pytest.mark.parametrize(
    ("previous", "current", "proof", "message"),
    [
        (None, checkpoint(4), (EMPTY_ROOT,), "expected no consistency proof on first contact, got one"),
        (checkpoint(6), checkpoint(4), (), "expected a log of at least 6 entries, got 4: it shrank"),
        (
            checkpoint(4),
            Checkpoint(ORIGIN, 4, EMPTY_ROOT),
            (),
            "two different roots at size 4: the log has forked",
        ),
        (checkpoint(4), checkpoint(6), (), "expected a consistency proof from 4 to 6, got none"),
        (
            checkpoint(4),
            checkpoint(6, origin="other.example/log"),
            TREE.consistency_proof(4, 6),
            "expected a checkpoint of the log clew.example/log, got one of other.example/log",
        ),
    ],
    ids=["proof from nowhere", "shrunk", "forked", "unproven", "another log"],
)
def test_growth_that_is_not_proven_is_refused(previous, current, proof, message):
    with pytest.raises(VerificationError, match=f"^{message}$"):
        verify_log_growth(previous, current, proof)


@pytest.mark.parametrize("size", range(7))
def test_the_raw_entries_of_the_log_give_its_root(size):
    verify_entries(iter(ENTRIES[:size]), checkpoint(size))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (ENTRIES[:5], "expected 6 entries for the checkpoint, got 5"),
        ([*ENTRIES, b"more"], "expected 6 entries for the checkpoint, got more"),
        (
            [*ENTRIES[:5], b"changed"],
            "the 6 entries do not give the checkpoint's root: one was changed or moved",
        ),
        (ENTRIES[::-1], "the 6 entries do not give the checkpoint's root: one was changed or moved"),
        ([], "expected 6 entries for the checkpoint, got 0"),
    ],
    ids=["dropped", "added", "changed", "reordered", "none"],
)
def test_a_log_whose_entries_were_tampered_with_fails_the_audit(entries, message):
    with pytest.raises(VerificationError, match=f"^{message}$"):
        verify_entries(iter(entries), checkpoint(6))
