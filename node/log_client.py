"""Writing to the federation's log, and believing it only on proof.

Layer: node. Fail closed: when anything here raises, the entry does not count as logged and whatever
depends on it must not happen. Threat: a coordinator that acknowledges an entry and drops it, rewrites
history, or shows this node another log than the others.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from crypto.agreement import Agreement
from crypto.canonical import Json
from crypto.errors import TransportError, VerificationError
from crypto.log.checkpoint import Checkpoint, verify_checkpoint
from crypto.log.entry import EventResult, EventType, LogEntry, commitment, sign_entry
from crypto.log.receipt import Receipt, parse_receipt, verify_log_growth, verify_receipt
from node.context import LocalNode, NodeContext
from protos import methods
from protos.hosting.events import generate_event_id
from protos.messages import CheckpointRequest, LogAppend

SALT_BYTES = 32
MAX_PROOF_ATTEMPTS = 8  # the log may grow between two questions; it does not grow eight times running


@dataclass(frozen=True, slots=True)
class PreparedEntry:
    """A signed entry and what its commitment opens to; the salt stays here until retention ends."""

    entry: bytes
    object_ref: str
    salt: bytes
    value: Json


def prepare_entry(
    node: LocalNode,
    event: EventType,
    justification: str,
    *,
    value: Json,
    actor_id: str = "service",
    recipient_ids: Sequence[str] = (),
    result: EventResult = EventResult.OK,
) -> PreparedEntry:
    """Return a signed entry of this member about an object that only a commitment names.

    Args:
        node: The member that acted.
        event: What happened.
        justification: Code of the process, for example ``BULK_LOAD``.
        value: What the entry is about; it is committed to under a fresh salt, never logged.
        actor_id: Opaque id of the person or service that acted.
        recipient_ids: Opaque ids of who received data.
        result: How it ended.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    reference = commitment(salt, value)
    now = node.clock()
    entry = LogEntry(
        event_id=generate_event_id(now),
        event_type=event,
        at=now,
        actor_id=actor_id,
        actor_org=node.config.member,
        recipient_ids=tuple(recipient_ids),
        justification_code=justification,
        object_ref=reference,
        request_ref="",
        policy_rule_ids=(),
        result=result,
        software_version=version("clew"),
    )
    return PreparedEntry(sign_entry(entry, node.keys.signing), reference, salt, value)


def append_entry(context: NodeContext, entry: LogEntry) -> Receipt:
    """Sign an entry as this member, log it, and return the receipt once it is verified and durable here.

    Raises:
        TransportError: The log could not be reached: not logged.
        VerificationError: The log's proof does not hold: not logged.
    """
    return append_signed(context, sign_entry(entry, context.keys.signing))


def append_signed(context: NodeContext, entry: bytes) -> Receipt:
    """Log an entry that is already signed; the same bytes again are one entry. Raises as above."""
    agreement = context.get_agreement()
    answer = context.wire.call(methods.APPEND, LogAppend(entry))
    receipt = Receipt(entry=entry, index=answer.index, proof=answer.proof, checkpoint=answer.checkpoint)
    included_in = verify_receipt(
        receipt, origin=agreement.log_origin, log_public_key=agreement.log_public_key
    )
    _join_history(context, agreement, included_in)
    context.store.evidence.store_receipt(entry, receipt.to_json())
    return receipt


def drain_outbox(context: NodeContext) -> int:
    """Log every queued entry, oldest first; return how many. Raises as :func:`append_entry` does."""
    queued = context.store.evidence.get_queued_entries()
    for entry in queued:
        append_signed(context, entry)
    return len(queued)


def advance_checkpoint(context: NodeContext, agreement: Agreement) -> Checkpoint:
    """Fetch the latest checkpoint, verify that it extends the last one kept, keep and return it.

    Raises:
        TransportError: The log could not be reached.
        VerificationError: The log is another one, shrank, forked or changed its history.
    """
    evidence = context.store.evidence
    for _ in range(MAX_PROOF_ATTEMPTS):
        held = evidence.find_checkpoint(agreement.log_origin)
        latest, note = _fetch_extension(context, agreement, held)
        if evidence.store_checkpoint(latest, note, extends=held):
            return latest
    raise TransportError("another process of this node followed the log at the same time; try again")


def _join_history(context: NodeContext, agreement: Agreement, included_in: Checkpoint) -> None:
    """Check that a receipt's checkpoint lies on the one history that this node follows.

    The log proves growth only up to its latest size, which may move between two questions; both ends
    are therefore asked for until they meet.
    """
    for _ in range(MAX_PROOF_ATTEMPTS):
        followed = advance_checkpoint(context, agreement)
        if followed.size < included_in.size:
            raise VerificationError(
                f"expected a log of at least {included_in.size} entries, got {followed.size}: it shrank"
            )
        if followed.size == included_in.size:
            verify_log_growth(included_in, followed, ())
            return
        extended, _note = _fetch_extension(context, agreement, included_in)
        if extended.size == followed.size:
            verify_log_growth(extended, followed, ())
            return
    raise TransportError("the log grew faster than it could be followed; try again")


def _fetch_extension(
    context: NodeContext, agreement: Agreement, held: Checkpoint | None
) -> tuple[Checkpoint, str]:
    size = held.size if held is not None else 0
    answer = context.wire.call(methods.GET_CHECKPOINT, CheckpointRequest(size))
    latest = verify_checkpoint(
        answer.checkpoint, origin=agreement.log_origin, public_key=agreement.log_public_key
    )
    return verify_log_growth(held, latest, answer.consistency), answer.checkpoint


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """What a check of the log established.

    Attributes:
        checkpoint: The latest, verified and kept.
        previous_size: Entries that were seen before and are unchanged.
        receipts: This node's own receipts, each proven again.
    """

    checkpoint: Checkpoint
    previous_size: int
    receipts: int


def verify_log(context: NodeContext) -> VerifiedLog:
    """Follow the log to its latest checkpoint and prove this node's own receipts again.

    Raises:
        TransportError: The log could not be reached.
        VerificationError: A proof does not hold; keep the home as it is, it is the evidence.
    """
    agreement = context.get_agreement()
    held = context.store.evidence.find_checkpoint(agreement.log_origin)
    receipts = [parse_receipt(data) for data in context.store.evidence.load_receipts()]
    for receipt in receipts:
        verify_receipt(receipt, origin=agreement.log_origin, log_public_key=agreement.log_public_key)
    latest = advance_checkpoint(context, agreement)
    return VerifiedLog(latest, held.size if held is not None else 0, len(receipts))
