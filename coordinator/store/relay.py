"""Sealed messages that wait for a member.

Layer: coordinator. Each method is one transaction. After delivery the ciphertext goes and the message
id stays, so that a replay is recognised.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from coordinator.store import tables
from crypto.canonical import format_time, parse_time
from crypto.errors import StateError
from protos.messages import RelayKind, RelayMessage

MAX_WAITING = 500  # from one sender to one recipient: one that is down for weeks, not a disk filled by a peer
MAX_FETCHED = 12  # with MAX_SEALED_BYTES each, below the message limit


class RelayStore:
    """Waiting messages by recipient."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_message(self, message: RelayMessage, *, sent_at: datetime) -> None:
        """Store a message once; the same sender and message id again changes nothing.

        Raises:
            StateError: Too many messages of this sender wait for the recipient already.
        """
        table = tables.relay_message
        known = (table.c.sender == message.sender) & (table.c.message_id == message.message_id)
        waiting = _waits_for(message.recipient) & (table.c.sender == message.sender)
        with self._engine.begin() as connection:
            if connection.execute(sa.select(table.c.sequence).where(known)).scalar() is not None:
                return
            count = connection.execute(
                sa.select(sa.func.count()).select_from(table).where(waiting)
            ).scalar_one()
            if count >= MAX_WAITING:
                raise StateError(
                    "too many of your messages wait for this recipient; try again later", code="RELAY_FULL"
                )
            connection.execute(
                sa.insert(table).values(
                    message_id=message.message_id,
                    sender=message.sender,
                    recipient=message.recipient,
                    kind=message.kind.value,
                    sealed=message.sealed,
                    sent_at=format_time(sent_at),
                )
            )

    def list_waiting(self, recipient: str) -> tuple[RelayMessage, ...]:
        """Return some of a recipient's waiting messages: each sender's oldest, then each one's next.

        In turn, so that a member whose messages cannot be handled does not hold up the others'.
        """
        table = tables.relay_message
        turn = sa.func.row_number().over(partition_by=table.c.sender, order_by=table.c.sequence)
        query = (
            sa.select(table)
            .where(table.c.sequence.in_(_find_handed_out(recipient)))
            .order_by(turn, table.c.sequence)
            .limit(MAX_FETCHED)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(query).all()
        return tuple(
            RelayMessage(
                message_id=row.message_id,
                sender=row.sender,
                recipient=row.recipient,
                kind=RelayKind(row.kind),
                sealed=row.sealed,
                sent_at=parse_time(row.sent_at),
            )
            for row in rows
        )

    def forget_messages(self, recipient: str, message_ids: Sequence[str]) -> int:
        """Erase the ciphertext of delivered messages; return how many were waiting."""
        table = tables.relay_message
        delivered = _find_handed_out(recipient).where(table.c.message_id.in_(message_ids))
        with self._engine.begin() as connection:
            forgotten = sa.update(table).where(table.c.sequence.in_(delivered)).values(sealed=None)
            return connection.execute(forgotten).rowcount


def _waits_for(recipient: str) -> sa.ColumnElement[bool]:
    table = tables.relay_message
    return (table.c.recipient == recipient) & table.c.sealed.is_not(None)


def _find_handed_out(recipient: str) -> sa.Select[tuple[int]]:
    """Select the messages to hand out or to forget: of those with one id, the oldest.

    Senders choose ids, and a recipient acknowledges by id alone: with two of one id in its hands, its
    word about a junk message would make the relay forget the one whose id was copied.
    """
    table = tables.relay_message
    return sa.select(sa.func.min(table.c.sequence)).where(_waits_for(recipient)).group_by(table.c.message_id)
