"""Sending what is queued: as often as it takes, always the same bytes under the same id.

Layer: node.
"""

from crypto.errors import InputError, PolicyError, StateError
from node.requests.desk import Desk
from node.requests.ports import Relay
from protos.messages import RelayMessage


def flush_outbox(desk: Desk, relay: Relay) -> int:
    """Send every queued message that the relay takes now; return how many it took.

    One that the relay refuses (an unknown recipient, a full box) stays queued and does not hold up the
    others.

    Raises:
        TransportError: The coordinator cannot be reached; the rest is sent next time.
    """
    sent = 0
    for message in desk.mail.load_outbox():
        try:
            relay.send_message(
                RelayMessage(
                    message_id=message.message_id,
                    sender=desk.member,
                    recipient=message.recipient,
                    kind=message.kind,
                    sealed=message.sealed,
                )
            )
        except (InputError, PolicyError, StateError):
            continue
        desk.mail.record_sent(message.message_id)
        sent += 1
    return sent
