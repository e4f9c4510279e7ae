"""One request as this node keeps it, and the states it goes through.

Layer: node, pure. The same states serve both sides; which apply depends on the side.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from protos.messages import RelayKind
from scoring.policy.vocabulary import Side


class CaseState(StrEnum):
    """How far a request is.

    Requesting side: DRAFTED, SENT, REFUSED, DISCLOSED. Disclosing side: AWAITING_APPROVAL, APPROVED,
    REFUSED, DISCLOSED.
    """

    DRAFTED = "DRAFTED"
    SENT = "SENT"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    DISCLOSED = "DISCLOSED"


STATE_WORDS = {
    CaseState.DRAFTED: "drafted, waiting for an approver on the requesting side",
    CaseState.SENT: "approved and sent, waiting for the holder",
    CaseState.AWAITING_APPROVAL: "received, waiting for an approver on the disclosing side",
    CaseState.APPROVED: "approved on both sides, not yet released",
    CaseState.REFUSED: "refused",
    CaseState.DISCLOSED: "disclosed, for the officer who asked to open",
}


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A signed statement with the credential of the person who made it, both as canonical bytes."""

    statement: bytes = field(repr=False)
    credential: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A request as stored.

    Args:
        request_id: UUID text.
        side: Which side this node is on.
        counterpart: The member on the other side.
        match_ref: Match handle in hex.
        state: How far it is.
        request: The signed request and its requester's credential.
        refusal: Canonical JSON of every reason, when refused.
        changed_at: When the state last changed.
    """

    request_id: str
    side: Side
    counterpart: str
    match_ref: str
    state: CaseState
    request: SignedBy
    refusal: bytes | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredApproval:
    """An approval as stored."""

    approval_id: str
    side: Side
    approval: SignedBy


@dataclass(frozen=True, slots=True)
class StoredPackage:
    """A sealed package as received; ``sealed`` is None once its lifetime is over."""

    request_id: str
    message_id: str
    sealed: bytes | None = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A sealed message that waits to be sent."""

    message_id: str
    recipient: str
    kind: RelayKind
    sealed: bytes = field(repr=False)
