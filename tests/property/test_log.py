"""Entries, checkpoints and receipts have one form each, and any altered byte is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crypto.errors import InputError, VerificationError
from crypto.log.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from crypto.log.entry import EventResult, EventType, LogEntry, parse_entry, sign_entry, verify_entry
from crypto.log.merkle import MerkleTree, leaf_hash
from crypto.log.receipt import Receipt, parse_receipt, verify_entries, verify_log_growth, verify_receipt
from crypto.signing import SigningKey

ORIGIN = "clew.example/log"
KEY = SigningKey.generate()

ids = st.from_regex(r"[a-z]{2,8}-[0-9]{1,6}", fullmatch=True)
events = st.sampled_from(EventType).filter(lambda event: event is not EventType.POLICY_DENY)
entries = st.builds(
    LogEntry,
    event_id=st.from_regex(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", fullmatch=True),
    event_type=events,
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    actor_id=ids,
    actor_org=st.just("essex"),
    recipient_ids=st.lists(ids, min_size=1, max_size=16, unique=True).map(tuple),
    justification_code=st.from_regex(r"[A-Z][A-Z0-9_]{1,47}", fullmatch=True),
    object_ref=st.binary(min_size=32, max_size=32).map(bytes.hex),
    request_ref=st.uuids().map(str) | st.just(""),
    policy_rule_ids=st.lists(st.integers(1, 21).map("P-{:02d}".format), unique=True).map(tuple),
    result=st.sampled_from(EventResult),
    software_version=st.just("0.1.0"),
)


def sign(checkpoint: Checkpoint) -> str:
    return sign_checkpoint(checkpoint, KEY.sign, public_key=KEY.public_key)


def flip_bit(data: bytes, position: int) -> bytes:
    altered = bytearray(data)
    altered[position // 8 % len(data)] ^= 1 << position % 8
    return bytes(altered)


@given(entry=entries)
def test_an_entry_survives_its_body_and_its_signed_bytes(entry):
    assert parse_entry(entry.to_body()) == entry
    assert verify_entry(sign_entry(entry, KEY), {"essex": KEY.public_key}) == entry


@given(entry=entries, position=st.integers(0, 2**16))
def test_any_flipped_bit_of_a_signed_entry_is_refused(entry, position):
    with pytest.raises((InputError, VerificationError)):
        verify_entry(flip_bit(sign_entry(entry, KEY), position), {"essex": KEY.public_key})


@given(size=st.integers(1, 2**53 - 1), root=st.binary(min_size=32, max_size=32))
def test_a_checkpoint_survives_its_signed_note(size, root):
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert verify_checkpoint(sign(checkpoint), origin=ORIGIN, public_key=KEY.public_key) == checkpoint


@given(
    at=st.integers(0, 10**6),
    remove=st.integers(0, 2),
    insert=st.text(st.sampled_from("\n\r \t+=—/A01") | st.characters(), max_size=2),
)
def test_any_altered_checkpoint_text_is_refused(at, remove, insert):
    note = sign(Checkpoint(ORIGIN, 10, bytes(32)))
    at %= len(note) + 1
    altered = note[:at] + insert + note[at + remove :]
    if altered == note:
        altered = note + "\n"
    with pytest.raises(VerificationError):
        verify_checkpoint(altered, origin=ORIGIN, public_key=KEY.public_key)


RAW = [f"entry {i}".encode() for i in range(11)]
TREE = MerkleTree(leaf_hash(entry) for entry in RAW)
NOTE = sign(Checkpoint(ORIGIN, TREE.size, TREE.root()))


@given(index=st.integers(0, 10), position=st.integers(0, 2**14))
def test_any_flipped_bit_of_a_receipt_is_refused(index, position):
    receipt = Receipt(RAW[index], index, TREE.inclusion_proof(index, TREE.size), NOTE)
    assert parse_receipt(receipt.to_json()) == receipt
    with pytest.raises((InputError, VerificationError)):
        verify_receipt(
            parse_receipt(flip_bit(receipt.to_json(), position)),
            origin=ORIGIN,
            log_public_key=KEY.public_key,
        )


class WatchedLog(RuleBasedStateMachine):
    """A log that grows by batches, a member that looks now and then, and a log that tries to cheat."""

    @initialize()
    def start(self):
        self.entries: list[bytes] = []
        self.tree = MerkleTree()
        self.kept: Checkpoint | None = None

    def current(self) -> Checkpoint:
        return Checkpoint(ORIGIN, self.tree.size, self.tree.root())

    @rule(batch=st.lists(st.binary(max_size=4), max_size=9))
    def grow(self, batch):
        for entry in batch:
            self.entries.append(entry)
            self.tree.append(leaf_hash(entry))

    @rule()
    def look(self):
        proof = self.tree.consistency_proof(self.kept.size, self.tree.size) if self.kept else ()
        self.kept = verify_log_growth(self.kept, self.current(), proof)

    @rule(data=st.data())
    def rewrite(self, data):
        if not self.kept or not self.kept.size:
            return
        entries = list(self.entries)
        entries[data.draw(st.integers(0, self.kept.size - 1))] += b"!"
        forked = MerkleTree(leaf_hash(entry) for entry in entries)
        with pytest.raises(VerificationError, match=r"does not lead to the (old|new) root|forked"):
            verify_log_growth(
                self.kept,
                Checkpoint(ORIGIN, forked.size, forked.root()),
                forked.consistency_proof(self.kept.size, forked.size),
            )

    @rule(data=st.data())
    def shrink(self, data):
        if not self.kept or not self.kept.size:
            return
        size = data.draw(st.integers(0, self.kept.size - 1))
        with pytest.raises(VerificationError, match="it shrank"):
            verify_log_growth(self.kept, Checkpoint(ORIGIN, size, self.tree.root(size)), ())

    @invariant()
    def the_audit_from_raw_entries_agrees(self):
        verify_entries(self.entries, self.current())


TestWatchedLog = WatchedLog.TestCase
