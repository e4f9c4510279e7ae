"""Sealed messages about requests: what binds each to its parties and purpose.

Layer: node, pure but for HPKE's own randomness. A message is one line of canonical JSON, the header,
then HPKE ciphertext. The header says only what the receiver needs to find the right context and is bound
in with it, so the coordinator that reads it cannot change it. Message ids are derived from what the
message is about: the same step always makes the same id, and neither match handle nor purpose is
readable on the way.

Threat: a coordinator that swaps, replays or re-labels sealed messages, or learns what is asked.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import InputError, VerificationError
from crypto.sealing import SealingDomain, open_sealed, seal
from node.requests.case import OutgoingMessage
from node.requests.desk import Desk
from protos.messages import RelayKind, RelayMessage

MAX_HEADER_BYTES = 512  # an id and a time

_DOMAINS = {
    RelayKind.REQUEST: SealingDomain.REQUEST,
    RelayKind.RULING: SealingDomain.RULING,
    RelayKind.DISCLOSURE: SealingDomain.DISCLOSURE,
}
_MESSAGE_NAMESPACE = uuid.UUID("0b2f6a52-52a5-4f0e-9d0a-6f1f0a1d5c7e")


def derive_message_id(kind: RelayKind, *about: str) -> str:
    """Return the id of the message of a kind about these digests and ids; always the same one."""
    return str(uuid.uuid5(_MESSAGE_NAMESPACE, "/".join((kind.value, *about))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a message is and what is bound into its seal.

    Args:
        kind: What it is.
        message_id: From :func:`derive_message_id`.
        recipient: A member.
        header: Readable on the way, and bound in.
        bound: Known to both sides, not sent, and bound in: digest of the request, purpose.
    """

    kind: RelayKind
    message_id: str
    recipient: str
    header: Mapping[str, Any] = field(default_factory=dict)
    bound: Mapping[str, Any] = field(default_factory=dict)


def seal_message(desk: Desk, letter: Letter, *, content: Mapping[str, Any]) -> OutgoingMessage:
    """Return JSON content sealed to the recipient's key from the agreement."""
    receiver = desk.agreement.get_member(letter.recipient)
    parties = {"from": desk.member, "to": letter.recipient, "message_id": letter.message_id}
    sealed = seal(
        receiver.hpke_public_key,
        canonical_bytes(content),
        domain=_DOMAINS[letter.kind],
        context=_context(desk, parties, header=letter.header, bound=letter.bound),
    )
    framed = canonical_bytes(letter.header) + b"\n" + sealed
    return OutgoingMessage(letter.message_id, letter.recipient, letter.kind, framed)


def read_header(message: RelayMessage) -> dict[str, Any]:
    """Return the header of an untrusted message; raises VerificationError when there is none."""
    line, newline, _ = message.sealed.partition(b"\n")
    try:
        header = parse_json(line) if newline and len(line) <= MAX_HEADER_BYTES else None
    except InputError as error:
        raise VerificationError("expected a message with a header line, got another form") from error
    if not isinstance(header, dict) or not all(isinstance(value, str) for value in header.values()):
        raise VerificationError("expected a message with a header of texts, got another form")
    return header


def open_message(desk: Desk, message: RelayMessage, *, bound: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a message to this node.

    Raises:
        VerificationError: It does not open for these parties, header and bound values, or holds no
            JSON object.
    """
    parties = {"from": message.sender, "to": desk.member, "message_id": message.message_id}
    plaintext = open_sealed(
        desk.sealing_key,
        message.sealed.partition(b"\n")[2],
        domain=_DOMAINS[message.kind],
        context=_context(desk, parties, header=read_header(message), bound=bound),
    )
    content = parse_json(plaintext)
    if not isinstance(content, dict):
        raise VerificationError("expected a message that holds a JSON object, got another type")
    return content


def _context(
    desk: Desk, parties: Mapping[str, str], *, header: Mapping[str, Any], bound: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "federation": desk.agreement.federation,
        "parties": dict(parties),
        "header": dict(header),
        "bound": dict(bound),
    }
