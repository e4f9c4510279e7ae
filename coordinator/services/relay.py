"""Relaying sealed messages between members.

Layer: coordinator. The sender is who the certificate says; the recipient must be a member. What is
inside is between them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from coordinator.directory import Directory
from coordinator.store.relay import RelayStore
from crypto.errors import InputError
from crypto.pki import PeerIdentity
from protos.messages import Accepted, RelayAcknowledgement, RelayMessage, RelayMessages


class Relay:
    """Takes, hands out and forgets sealed messages."""

    def __init__(self, store: RelayStore, directory: Directory, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    def send(self, caller: PeerIdentity, message: RelayMessage) -> Accepted:
        """Take a message for another member.

        Raises:
            InputError: The recipient is not another member.
            StateError: Too many messages wait for it.
        """
        self._directory.get_member(caller)
        members = {member.name for member in self._directory.get_agreement().members}
        if message.recipient not in members - {caller.name}:
            raise InputError("field recipient: expected another member of the current agreement")
        self._store.add_message(replace(message, sender=caller.name), sent_at=self._clock())
        return Accepted(1)

    def fetch(self, caller: PeerIdentity) -> RelayMessages:
        """Return the oldest messages that wait for the caller."""
        return RelayMessages(self._store.list_waiting(caller.name))

    def acknowledge(self, caller: PeerIdentity, delivered: RelayAcknowledgement) -> Accepted:
        """Forget delivered messages of the caller."""
        return Accepted(self._store.forget_messages(caller.name, delivered.message_ids))
