"""Refusals on their way to the requester: signed by the holder's node, sealed, in their public form.

Layer: node. A protected record and a match that does not exist get the same words (DOMAIN P-08).
"""

from datetime import datetime

from crypto.canonical import canonical_bytes, format_time, parse_json
from crypto.errors import VerificationError
from crypto.signing import SigningDomain, sign_statement, verify_statement
from node.requests.case import OutgoingMessage
from node.requests.courier import Letter, derive_message_id, open_message, seal_message
from node.requests.desk import Desk
from protos.messages import RelayKind, RelayMessage
from scoring.policy.body import write_fields
from scoring.policy.request import ReidRequest
from scoring.policy.ruling import Reason, Refused, RuleId, parse_refusal
from scoring.policy.vocabulary import Side

_FIELDS = frozenset({"request_id", "request_digest", "decided_at", "reasons"})


def refuse_by_person(side: Side) -> Refused:
    """Return the refusal that stands for a person's decision; the approver's words stay with them."""
    words = "requesting" if side == Side.REQUESTING else "disclosing"
    return Refused(
        (
            Reason(
                rule=RuleId.P_01,
                text=f"The {words} side did not approve. Speak to the approver, then make a new request.",
            ),
        )
    )


def refuse_unverified() -> Refused:
    """Return the refusal of a request whose signatures or credentials do not verify."""
    return Refused(
        (
            Reason(
                rule=RuleId.P_01,
                text=(
                    "The request, its approval or a credential does not verify, so nobody accountable stands "
                    "behind it. Make a new request with key files issued by your own node."
                ),
            ),
        )
    )


def refuse_taken_id() -> Refused:
    """Return the refusal of a request whose id another member's request took first.

    Every member reads request ids in the log: without an answer, one that copies them silences others.
    """
    return Refused(
        (
            Reason(
                rule=RuleId.P_01, text="The request's id is taken here. Make a new request; it gets its own."
            ),
        )
    )


def write_reasons(refused: Refused) -> bytes:
    """Return every reason as canonical JSON, for this node's own store."""
    return canonical_bytes({"reasons": [write_fields(reason) for reason in refused.reasons]})


def read_reasons(stored: bytes) -> Refused:
    """Return the refusal that :func:`write_reasons` wrote."""
    return parse_refusal(parse_json(stored))


def seal_refusal(
    desk: Desk, request: ReidRequest, *, refused: Refused, recipient: str, now: datetime
) -> OutgoingMessage:
    """Return the sealed public form of a refusal for the member that asked."""
    body = {
        "request_id": request.request_id,
        "request_digest": request.digest,
        "decided_at": format_time(now),
        **refused.to_public_body(),
    }
    letter = Letter(
        kind=RelayKind.RULING,
        message_id=derive_message_id(RelayKind.RULING, request.digest),
        recipient=recipient,
        header={"request_id": request.request_id},
        bound={"request_digest": request.digest},
    )
    return seal_message(desk, letter, content=sign_statement(desk.signing_key, SigningDomain.REFUSAL, body))


def open_refusal(desk: Desk, message: RelayMessage, *, request: ReidRequest) -> Refused:
    """Return the refusal that the holder's node signed for exactly this request.

    Raises:
        VerificationError: It does not open, is not the holder's, or is about another request.
        InputError: It is malformed.
    """
    envelope = open_message(desk, message, bound={"request_digest": request.digest})
    holder = desk.agreement.get_member(message.sender)
    body = verify_statement(envelope, SigningDomain.REFUSAL, holder.signing_public_key)
    if set(body) != _FIELDS or body["request_digest"] != request.digest:
        raise VerificationError("expected a refusal of this request, got one of another")
    return parse_refusal({"reasons": body["reasons"]})
