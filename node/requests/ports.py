"""What these use cases need from the rest of the node, as they see it.

Layer: node, pure. The daemon and the command line pass the real relay, log and records; tests pass
their own. Names and addresses are in :class:`OwnRecord` only, and stay out of its representation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from crypto.log.receipt import Receipt
from protos.messages import RelayMessage
from scoring.policy.vocabulary import ClericalOutcome, DataItem, HandlingCode, Sensitivity


class Relay(Protocol):
    """Leaves sealed messages for other members; the same message id twice is one message."""

    def send_message(self, message: RelayMessage, /) -> None:
        """Return once the coordinator holds the message durably; raise TransportError to try later."""


class LogAppender(Protocol):
    """Appends to the federation's log; the same bytes twice are one entry."""

    def append_entry(self, entry: bytes, /) -> Receipt:
        """Return once the entry is durable and its inclusion proof has been verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMatch:
    """A match as this node stored it from a round's results, with the scores it knows itself.

    Args:
        match_ref: Match handle, 16 bytes, the same at both members.
        round_id: UUID text of the linkage round.
        counterpart: The member on the other side.
        published_at: When the round's results were published.
        candidate_probability: 0 to 1, uncalibrated.
        clerical_outcome: What a person here concluded about the link.
        score_if_true: Upper end of the combined score, 0 to 100.
        score_interval: Lower and upper combined score.
        score_if_false: This member's own score.
        rule_override: Whether X4 holds.
        juvenile: Whether any side knows the subject to be under 18.
        record_ids: This member's own records of the person.
    """

    match_ref: bytes
    round_id: str
    counterpart: str
    published_at: datetime
    candidate_probability: float
    clerical_outcome: ClericalOutcome
    score_if_true: float
    score_interval: tuple[float, float]
    score_if_false: float
    rule_override: bool
    juvenile: bool
    record_ids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRecord:
    """What this member holds about the person of one match, ready to be disclosed item by item.

    Args:
        sensitivity, handling_code: How the record is marked; both decide whether it may leave at all.
        is_juvenile, is_under_ten, is_police_employee: What the rules ask about the subject.
        is_convicted: Whether any event is a conviction, so that the package can say which it is.
        items: Content by data item, plain JSON; an item that is absent is not held here.
    """

    sensitivity: Sensitivity
    handling_code: HandlingCode
    is_juvenile: bool
    is_under_ten: bool
    is_police_employee: bool
    is_convicted: bool
    items: Mapping[DataItem, Any] = field(repr=False)


class CaseRecords(Protocol):
    """Where this node's own matches and records come from."""

    def find_match(self, match_ref: bytes) -> KnownMatch | None:
        """Return the match of this handle, or None when this node has none."""

    def find_record(self, match: KnownMatch, *, now: datetime) -> OwnRecord | None:
        """Return what this member holds about a match's person, or None when nothing is left."""
