"""What every store of a node promises: transactions, idempotence, erasure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crypto.errors import StateError
from crypto.keys import LinkageKey, generate_linkage_key
from crypto.log.checkpoint import Checkpoint
from node.matches import Match
from node.records import Records, TableCounts
from node.store.rounds import Batch, BatchState, Linkability, Participation, Stage
from node.store.store import NodeStore, open_store
from scoring.risk.event import PartyRole
from tests.support.node_bench import NOW, make_contact, make_crime, make_nominal, make_party

RECORDS = Records(
    nominals=(make_nominal("N1"), make_nominal("N2", dob=None, sex_recorded="U")),
    crimes=(make_crime("C1", outcome_code=16, flag_da=True), make_crime("C2")),
    parties=(make_party("C1", "N1"), make_party("C1", "N2", PartyRole.VICTIM)),
    contacts=(make_contact("R1", "N2"),),
)
PART = Participation("round-1", 3, Stage.PREPARED, 2, NOW)
FIRST = Batch("round-1", 0, "ab" * 32, BatchState.PREPARED, 2)
NEXT = Batch("round-1", 1, "cd" * 32, BatchState.PREPARED, 64)
MATCH = Match(
    match_ref="11" * 16,
    cluster_ref="22" * 16,
    round_id="round-1",
    round_number=3,
    published_at=NOW,
    nominal_ids=("N1",),
    counterpart="kent",
    counterpart_agency_type="POLICE",
    candidate_probability=0.86,
    score_lower=55.7,
    score_upper=61.8,
    rule_override=False,
    breadth=2,
    other_forces=1,
    others_events="2-4",
    others_oldest="366-730",
    others_threats=("DA", "S&H"),
    juvenile=False,
    placeholder_weights=True,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[NodeStore]:
    with open_store(path) as opened:
        yield opened


def test_records_come_back_as_they_were_stored(store: NodeStore) -> None:
    store.records.store_records(RECORDS)

    assert store.records.load_records() == RECORDS
    assert store.records.find_nominal("N2") == RECORDS.nominals[1]
    assert store.records.find_nominal("N9") is None


def test_the_same_records_twice_change_nothing_and_queue_nothing(store: NodeStore) -> None:
    first = store.records.store_records(RECORDS, log_entry=b"first")
    second = store.records.store_records(RECORDS, log_entry=b"second")

    assert first["nominal"] == TableCounts(added=2, changed=0, unchanged=0)
    assert second["nominal"] == TableCounts(added=0, changed=0, unchanged=2)
    assert store.evidence.get_queued_entries() == (b"first",)


def test_a_changed_record_replaces_the_old_one(store: NodeStore) -> None:
    store.records.store_records(RECORDS)
    moved = replace(RECORDS.nominals[0], postcode="ME1 1AA")

    counts = store.records.store_records(Records(nominals=(moved,)))

    assert counts["nominal"] == TableCounts(added=0, changed=1, unchanged=0)
    assert store.records.find_nominal("N1") == moved


def test_a_batch_that_breaks_a_reference_stores_nothing(store: NodeStore) -> None:
    broken = replace(RECORDS, parties=(make_party("C9", "N1"),))

    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.records.store_records(broken)

    assert store.records.load_records() == Records()


def test_a_linkage_key_only_goes_forward_and_the_old_step_is_gone(store: NodeStore, path: Path) -> None:
    key = generate_linkage_key(1)
    store.federation.store_linkage_key(key)
    later = key.ratchet_to(4)
    store.federation.store_linkage_key(later)

    with pytest.raises(StateError, match="expected a linkage key from step 4 on, got step 0"):
        store.federation.store_linkage_key(key)

    assert store.federation.find_linkage_key(1) == later
    held = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert later.secret in held, "the positive control: a key that is held is found on disk"
    assert key.secret not in held


def test_a_new_epoch_erases_the_old_one(store: NodeStore) -> None:
    store.federation.store_linkage_key(generate_linkage_key(1))
    store.federation.store_linkage_key(LinkageKey(2, 0, b"k" * 32))

    assert store.federation.find_linkage_key(1) is None
    assert store.federation.find_linkage_key(2) == LinkageKey(2, 0, b"k" * 32)


def test_the_newest_agreement_is_found(store: NodeStore) -> None:
    assert store.federation.find_agreement() is None
    for version in (2, 1, 2):
        store.federation.store_agreement(version, b"version %d" % version, now=NOW)

    assert store.federation.find_agreement() == (2, b"version 2")


def test_shares_sent_are_remembered_with_the_key_they_were_sealed_to(store: NodeStore) -> None:
    for _ in range(2):
        store.federation.record_share_sent(1, "kent", "key-a")
    store.federation.record_share_sent(2, "kent", "key-b")

    assert store.federation.get_shares_sent(1) == {("kent", "key-a")}


def test_a_submission_survives_a_restart(store: NodeStore, path: Path) -> None:
    store.rounds.store_first_batch(PART, FIRST, log_entry=b"submission")
    store.close()

    with open_store(path) as reopened:
        assert reopened.rounds.find_participation("round-1") == PART
        assert reopened.rounds.list_batches("round-1") == (FIRST,)
        assert reopened.evidence.get_queued_entries() == (b"submission",)


def test_a_batch_prepared_twice_stores_nothing(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    with pytest.raises(Exception, match="UNIQUE"):
        store.rounds.store_next_batch(replace(FIRST, content_digest="ef" * 32), log_entry=b"entry")

    assert store.rounds.list_batches("round-1") == (FIRST,)
    assert store.evidence.get_queued_entries() == ()


def test_batches_are_sent_or_dropped_and_count_together(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    store.rounds.record_sent("round-1", 0, now=NOW)
    store.rounds.store_next_batch(NEXT, log_entry=b"next")
    sent = replace(FIRST, state=BatchState.SENT)
    assert store.rounds.list_batches("round-1") == (sent, NEXT)
    assert store.rounds.find_latest() == replace(PART, state=Stage.SUBMITTED, record_count=66)

    store.rounds.drop_batch(NEXT)
    assert store.rounds.list_batches("round-1") == (sent,)
    assert store.rounds.find_latest() == replace(PART, state=Stage.SUBMITTED, record_count=2)
    assert store.evidence.get_queued_entries() == (b"next",)


def test_the_question_answered_and_its_log_entry_are_kept_together(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    store.rounds.record_question(
        "round-1", "ee" * 32, log_entry=b"resolution", salt=("ff" * 32, b"salt", {"rows": 3})
    )
    store.rounds.record_resolved("round-1", now=NOW)

    assert store.rounds.find_latest() == replace(PART, state=Stage.RESOLVED, question_digest="ee" * 32)
    assert store.evidence.get_queued_entries() == (b"resolution",)


def test_only_the_latest_pre_check_is_kept(store: NodeStore) -> None:
    assert store.rounds.find_linkability() is None
    stopped = Linkability("round-1", NOW, 1, True, ("STOP dob: 60% have no value; load dates",))
    for found in (stopped, replace(stopped, records_version=2, is_stopped=False, findings=())):
        store.rounds.store_linkability(found)
        assert store.rounds.find_linkability() == found


def test_every_load_that_changes_something_raises_the_version(store: NodeStore) -> None:
    assert store.records.get_version() == 0
    for _ in range(2):  # the second changes nothing
        store.records.store_records(RECORDS)
        assert store.records.get_version() == 1
    store.records.store_records(Records(nominals=(replace(RECORDS.nominals[0], postcode="ME1 1AA"),)))
    assert store.records.get_version() == 2


def test_a_round_that_is_over_leaves_no_batch_and_no_question(store: NodeStore, path: Path) -> None:
    token = b"asked-about-this"
    store.rounds.store_first_batch(PART, FIRST)
    store.rounds.record_asked("round-1", (token,))
    before = b"".join(file.read_bytes() for file in path.parent.iterdir())
    store.rounds.close_round("round-1", now=NOW, log_entry=b"erased")
    after = b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert token in before, "the positive control"
    assert token not in after
    assert store.rounds.list_batches("round-1") == ()
    assert store.evidence.get_queued_entries() == (b"erased",)


def test_stages_advance_and_open_rounds_are_those_not_over(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    store.rounds.record_answered("round-1", now=NOW + timedelta(seconds=5))

    expected = replace(PART, state=Stage.ANSWERED, changed_at=NOW + timedelta(seconds=5))
    assert store.rounds.find_open_rounds() == (expected,)
    assert store.rounds.find_latest() == expected

    store.rounds.close_round("round-1", now=NOW)
    assert store.rounds.find_open_rounds() == ()


def test_matches_are_kept_once_and_outlive_the_round(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    for entry in (b"results", b"results"):
        store.rounds.store_matches("round-1", (MATCH,), now=NOW, log_entry=entry)
    store.rounds.close_round("round-1", now=NOW)

    assert store.rounds.load_matches() == (MATCH,)
    assert store.rounds.find_match("11" * 16) == MATCH
    assert store.rounds.find_match("33" * 16) is None
    assert store.evidence.get_queued_entries() == (b"results",)


def test_matches_are_erased_when_their_time_is_over(store: NodeStore) -> None:
    store.rounds.store_first_batch(PART, FIRST)
    store.rounds.store_matches("round-1", (MATCH,), now=NOW)

    assert store.rounds.erase_matches(before=NOW) == 0
    assert store.rounds.erase_matches(before=NOW + timedelta(seconds=1)) == 1
    assert store.rounds.load_matches() == ()


def test_a_checkpoint_replaces_only_the_one_it_was_verified_to_extend(store: NodeStore) -> None:
    large, small = Checkpoint("log", 9, b"9" * 32), Checkpoint("log", 4, b"4" * 32)
    assert store.evidence.store_checkpoint(small, "four", extends=None)
    assert store.evidence.store_checkpoint(large, "nine", extends=small)
    assert not store.evidence.store_checkpoint(small, "four", extends=small)
    assert not store.evidence.store_checkpoint(small, "four", extends=None)

    assert store.evidence.find_checkpoint("log") == large
    assert store.evidence.find_checkpoint("other") is None


def test_a_receipt_takes_its_entry_off_the_queue(store: NodeStore) -> None:
    for entry in (b"one", b"two", b"one"):
        store.evidence.queue_entry(entry)
    store.evidence.store_receipt(b"one", b"receipt of one")

    assert store.evidence.get_queued_entries() == (b"two",)
    assert store.evidence.load_receipts() == (b"receipt of one",)
