"""The node believes the log only on proof."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto.errors import TransportError, VerificationError
from crypto.log.entry import EventType
from crypto.log.merkle import MerkleTree, leaf_hash
from crypto.log.receipt import parse_receipt
from crypto.signing import SigningKey
from node.context import NodeContext
from node.log_client import append_signed, drain_outbox, prepare_entry, verify_log
from tests.support import node_bench as bench
from tests.support.node_bench import NOW, ScriptedCoordinator


@pytest.fixture
def coordinator() -> ScriptedCoordinator:
    return ScriptedCoordinator()


@pytest.fixture
def node(tmp_path: Path, coordinator: ScriptedCoordinator) -> Iterator[NodeContext]:
    member = (bench.make_config("essex"), bench.make_keys())
    with bench.open_bench(tmp_path, coordinator, *member) as context:
        envelope = bench.sign(bench.make_agreement({"essex": member}))
        context.store.federation.store_agreement(1, envelope, now=NOW)
        yield context


def make_entry(node: NodeContext) -> bytes:
    return prepare_entry(node, EventType.CONSULTATION, "TEST", value={"what": "a test"}).entry


def test_a_logged_entry_leaves_a_receipt_and_moves_the_checkpoint(
    node: NodeContext, coordinator: ScriptedCoordinator
) -> None:
    coordinator.append(b"another member's entry")
    entry = make_entry(node)

    receipt = append_signed(node, entry)

    assert receipt.index == 1
    held = node.store.evidence.find_checkpoint(bench.LOG_ORIGIN)
    assert held is not None
    assert held.size == 2
    assert parse_receipt(node.store.evidence.load_receipts()[0]).entry == entry


def test_the_log_may_grow_between_append_and_checkpoint(
    node: NodeContext, coordinator: ScriptedCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, more = coordinator.get_checkpoint, iter((b"a", b"b", b"c"))

    def grow_first(size: int) -> object:
        for entry in more:
            coordinator.append(entry)
            break
        return real(size)

    append_signed(node, make_entry(node))
    monkeypatch.setattr(coordinator, "get_checkpoint", grow_first)
    append_signed(node, make_entry(node))

    held = node.store.evidence.find_checkpoint(bench.LOG_ORIGIN)
    assert held is not None
    assert held.size == coordinator.tree.size == 5


def test_the_queue_is_logged_in_order_and_once(node: NodeContext, coordinator: ScriptedCoordinator) -> None:
    entries = [make_entry(node) for _ in range(3)]
    for entry in entries:
        node.store.evidence.queue_entry(entry)

    assert drain_outbox(node) == 3
    assert drain_outbox(node) == 0
    assert coordinator.entries == entries


def test_an_entry_stays_queued_until_its_receipt_is_verified(
    node: NodeContext, coordinator: ScriptedCoordinator
) -> None:
    entry = make_entry(node)
    node.store.evidence.queue_entry(entry)
    coordinator.failures["GetCheckpoint"] = TransportError("cut off")
    with pytest.raises(TransportError):
        drain_outbox(node)
    assert node.store.evidence.get_queued_entries() == (entry,)

    coordinator.failures.clear()
    drain_outbox(node)
    assert coordinator.entries == [entry], "the same bytes again are one entry"


def test_a_log_signed_by_another_key_is_refused(node: NodeContext, coordinator: ScriptedCoordinator) -> None:
    coordinator.log_key = SigningKey.generate()

    with pytest.raises(VerificationError, match="expected exactly one signature of the log's own key, got 0"):
        append_signed(node, make_entry(node))
    assert node.store.evidence.load_receipts() == ()


def test_an_acknowledged_entry_that_is_not_in_the_tree_is_refused(
    node: NodeContext, coordinator: ScriptedCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = coordinator.append
    monkeypatch.setattr(coordinator, "append", lambda _entry: real(b"something else"))

    with pytest.raises(VerificationError, match="the entry is not in the log as claimed"):
        append_signed(node, make_entry(node))


def test_two_processes_of_a_node_shown_two_forks_notice(
    node: NodeContext, coordinator: ScriptedCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_signed(node, make_entry(node))
    fork = ScriptedCoordinator(entries=list(coordinator.entries))
    replace_history(fork, [*coordinator.entries, b"only shown to the daemon"])
    coordinator.append(b"only shown to a command")
    coordinator.append(b"which makes that fork the longer one")
    real, between = coordinator.get_checkpoint, iter([True])

    def follow_fork_first(size: int) -> object:
        answer = real(size)
        for _ in between:  # the daemon gets its answer while the command waits for this one
            monkeypatch.setattr(coordinator, "get_checkpoint", fork.get_checkpoint)
            verify_log(node)
            monkeypatch.setattr(coordinator, "get_checkpoint", real)
        return answer

    monkeypatch.setattr(coordinator, "get_checkpoint", follow_fork_first)
    with pytest.raises(
        VerificationError, match="the consistency proof does not lead to the new root at size 3"
    ):
        verify_log(node)
    held = node.store.evidence.find_checkpoint(bench.LOG_ORIGIN)
    assert held is not None
    assert held.root == fork.tree.root()


def replace_history(coordinator: ScriptedCoordinator, entries: list[bytes]) -> None:
    coordinator.entries = entries
    coordinator.tree = MerkleTree(leaf_hash(entry) for entry in entries)


def test_a_rewritten_history_is_refused_and_the_old_checkpoint_kept(
    node: NodeContext, coordinator: ScriptedCoordinator
) -> None:
    for _ in range(3):
        append_signed(node, make_entry(node))
    held = node.store.evidence.find_checkpoint(bench.LOG_ORIGIN)
    replace_history(coordinator, [b"forged", *coordinator.entries[1:], b"more"])

    with pytest.raises(
        VerificationError, match="the consistency proof does not lead to the old root at size 3"
    ):
        verify_log(node)
    assert node.store.evidence.find_checkpoint(bench.LOG_ORIGIN) == held


def test_a_forked_log_of_the_same_size_is_refused(
    node: NodeContext, coordinator: ScriptedCoordinator
) -> None:
    append_signed(node, make_entry(node))
    replace_history(coordinator, [b"forged"])

    with pytest.raises(VerificationError, match="two different roots at size 1: the log has forked"):
        verify_log(node)


def test_an_entry_is_not_logged_on_a_second_history_beside_the_one_followed(
    node: NodeContext, coordinator: ScriptedCoordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt comes from a fork that includes the entry; the followed log never does."""
    append_signed(node, make_entry(node))
    fork = ScriptedCoordinator()
    for entry in coordinator.entries:
        fork.append(entry)
    monkeypatch.setattr(coordinator, "append", fork.append)
    coordinator.entries.append(b"x")
    coordinator.tree.append(leaf_hash(b"x"))

    with pytest.raises(VerificationError, match="two different roots at size 2"):
        append_signed(node, make_entry(node))
    assert len(node.store.evidence.load_receipts()) == 1


def test_verifying_reports_growth_and_own_receipts(
    node: NodeContext, coordinator: ScriptedCoordinator
) -> None:
    append_signed(node, make_entry(node))
    coordinator.append(b"another member's entry")

    verified = verify_log(node)

    assert (verified.previous_size, verified.checkpoint.size, verified.receipts) == (1, 2, 1)
