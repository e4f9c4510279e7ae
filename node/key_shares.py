"""The linkage key among members: made by the custodian, sealed to each member, kept at one step.

Layer: node. The coordinator relays ciphertext. A share is a statement signed by the custodian that the
agreement names, sealed to the receiver's key in the agreement. Threat: a relay that drops in a key of
its own, replays an old one, or redirects a share.
"""

import uuid
from typing import Any

from crypto.agreement import Agreement, Member
from crypto.canonical import canonical_bytes, decode_base64, encode_base64, parse_json
from crypto.errors import InputError, StateError, VerificationError
from crypto.keys import LinkageKey, encode_key_share, generate_linkage_key, parse_key_share
from crypto.log.entry import EventType
from crypto.sealing import SealingDomain, open_sealed, seal
from crypto.signing import SigningDomain, sign_statement, verify_statement
from node.context import NodeContext
from node.log_client import append_signed, prepare_entry
from protos import methods
from protos.messages import RelayKind, RelayMessage

MESSAGE_NAMESPACE = uuid.UUID("6f2a6e0c-6d0b-5c55-9a7e-5d7b8c1f3a10")
_FIELDS = frozenset({"federation", "epoch", "recipient", "share"})


def share_linkage_key(context: NodeContext, agreement: Agreement) -> int:
    """As custodian, make the epoch's key where there is none and send every missing share.

    Restarted half-way it sends the same message ids again, which the relay takes once.

    Returns:
        How many shares were sent now; 0 for every other member.

    Raises:
        TransportError: The relay or the log could not be reached; the rest follows next time.
    """
    if agreement.custodian != context.config.member:
        return 0
    held = context.store.federation.find_linkage_key(agreement.key_epoch)
    key = held if held is not None else _make_key(context, agreement)
    sent = context.store.federation.get_shares_sent(agreement.key_epoch)
    missing = [
        member
        for member in agreement.members
        if member.name != context.config.member and (member.name, member.hpke_public_key) not in sent
    ]
    for member in missing:
        context.wire.call(methods.SEND, _seal_share(context, agreement, member, key))
        context.store.federation.record_share_sent(agreement.key_epoch, member.name, member.hpke_public_key)
    return len(missing)


def receive_key_share(context: NodeContext, message: RelayMessage) -> None:
    """Open a share, verify that the custodian made it for this member, and keep the key.

    A share of an epoch that is over, or behind the step already held, changes nothing.

    Raises:
        VerificationError: It does not open, or the custodian did not sign it for this member.
        StateError: It is of an epoch whose agreement has not arrived yet; it is tried again.
    """
    agreement = context.get_agreement()
    plaintext = open_sealed(
        context.keys.sealing,
        message.sealed,
        domain=SealingDomain.LINKAGE_KEY,
        context=_sealing_context(agreement.federation, context.config.member, message.message_id),
    )
    envelope = _parse_envelope(plaintext)
    custodian = agreement.get_member(agreement.custodian)
    body = verify_statement(envelope, SigningDomain.KEY_SHARE, custodian.signing_public_key)
    key = _parse_share(body, federation=agreement.federation, member=context.config.member)
    if key.epoch > agreement.key_epoch:
        raise StateError("a key share is ahead of the agreement held; waiting for the agreement")
    held = context.store.federation.find_linkage_key(key.epoch)
    if key.epoch == agreement.key_epoch and (held is None or held.step < key.step):
        context.store.federation.store_linkage_key(key)


def _make_key(context: NodeContext, agreement: Agreement) -> LinkageKey:
    key = generate_linkage_key(agreement.key_epoch)
    prepared = prepare_entry(
        context,
        EventType.KEY_ROTATION,
        "LINKAGE_KEY_EPOCH",
        value={"epoch": agreement.key_epoch},
        recipient_ids=[m.name for m in agreement.members if m.name != context.config.member][:16],
    )
    append_signed(context, prepared.entry)
    context.store.federation.store_linkage_key(key)
    return key


def _seal_share(context: NodeContext, agreement: Agreement, member: Member, key: LinkageKey) -> RelayMessage:
    name = f"{agreement.federation}/{key.epoch}/{member.name}/{member.hpke_public_key}"
    message_id = str(uuid.uuid5(MESSAGE_NAMESPACE, name))
    body = {
        "federation": agreement.federation,
        "epoch": key.epoch,
        "recipient": member.name,
        "share": encode_base64(encode_key_share(key)),
    }
    statement = sign_statement(context.keys.signing, SigningDomain.KEY_SHARE, body)
    sealed = seal(
        member.hpke_public_key,
        canonical_bytes(statement),
        domain=SealingDomain.LINKAGE_KEY,
        context=_sealing_context(agreement.federation, member.name, message_id),
    )
    return RelayMessage(
        message_id=message_id,
        sender=context.config.member,
        recipient=member.name,
        kind=RelayKind.KEY_SHARE,
        sealed=sealed,
    )


def _sealing_context(federation: str, recipient: str, message_id: str) -> dict[str, str]:
    return {"federation": federation, "recipient": recipient, "message_id": message_id}


def _parse_envelope(plaintext: bytes) -> dict[str, Any]:
    try:
        envelope = parse_json(plaintext)
    except InputError:
        # The parser's error keeps the whole document, here a secret: it is not kept as a cause.
        raise VerificationError("expected a signed key share, got bytes that are not JSON") from None
    if not isinstance(envelope, dict):
        raise VerificationError("expected a signed key share, got another JSON value")
    return envelope


def _parse_share(body: dict[str, Any], *, federation: str, member: str) -> LinkageKey:
    if set(body) != _FIELDS or body["federation"] != federation or body["recipient"] != member:
        raise VerificationError("expected a key share for this member of this federation, got another")
    key = parse_key_share(decode_base64(body["share"]))
    if key.epoch != body["epoch"]:
        raise VerificationError("expected one epoch in a key share, got two that differ")
    return key
