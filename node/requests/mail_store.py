"""What waits to be sent, and sealed packages that came.

Layer: node. Each method is one transaction; :func:`queue_in` joins another's.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from node.requests import tables
from node.requests.case import CaseState, OutgoingMessage, StoredPackage
from protos.hosting.database import erase_history
from protos.messages import RelayKind


class MailStore:
    """Outbox and received packages of one node."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = tables.create_tables(engine)

    def store_package(self, package: StoredPackage, *, now: datetime) -> None:
        """Keep a sealed package that arrived, and say so on its request; twice is once."""
        values = {
            "request_id": package.request_id,
            "message_id": package.message_id,
            "sealed": package.sealed,
            "expires_at": package.expires_at,
        }
        request = tables.reid_request
        changed = sa.update(request).where(request.c.request_id == package.request_id)
        with self._engine.begin() as connection:
            if connection.execute(
                insert(tables.reid_package).values(**values).on_conflict_do_nothing()
            ).rowcount:
                connection.execute(changed.values(state=CaseState.DISCLOSED.value, changed_at=now))

    def find_package(self, request_id: str) -> StoredPackage | None:
        """Return the package of a request, or None."""
        query = sa.select(tables.reid_package).where(tables.reid_package.c.request_id == request_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return StoredPackage(row.request_id, row.message_id, row.sealed, row.expires_at)

    def erase_expired_packages(self, *, now: datetime) -> int:
        """Erase packages whose lifetime is over (DOMAIN P-09); return how many."""
        package = tables.reid_package
        over = (package.c.expires_at < now) & package.c.sealed.is_not(None)
        with self._engine.begin() as connection:
            count = connection.execute(sa.update(package).where(over).values(sealed=None)).rowcount
        if count:
            erase_history(self._engine)
        return count

    def queue_message(self, message: OutgoingMessage, *, now: datetime) -> None:
        """Queue a message that belongs to no stored request; the same one twice is queued once."""
        with self._engine.begin() as connection:
            queue_in(connection, message, now)

    def load_outbox(self) -> tuple[OutgoingMessage, ...]:
        """Return the messages yet to be sent, oldest first."""
        outbox = tables.reid_outbox
        query = sa.select(outbox).where(outbox.c.sealed.is_not(None)).order_by(outbox.c.queued_at)
        with self._engine.begin() as connection:
            return tuple(
                OutgoingMessage(row.message_id, row.recipient, RelayKind(row.kind), row.sealed)
                for row in connection.execute(query)
            )

    def record_sent(self, message_id: str) -> None:
        """Drop a message that the coordinator holds; its id stays."""
        outbox = tables.reid_outbox
        sent = sa.update(outbox).where(outbox.c.message_id == message_id).values(sealed=None)
        with self._engine.begin() as connection:
            connection.execute(sent)


def queue_in(connection: sa.Connection, message: OutgoingMessage | None, now: datetime) -> None:
    """Queue a message, if there is one, in a transaction that is under way."""
    if message is None:
        return
    values = {
        "message_id": message.message_id,
        "recipient": message.recipient,
        "kind": message.kind.value,
        "sealed": message.sealed,
        "queued_at": now,
    }
    connection.execute(insert(tables.reid_outbox).values(**values).on_conflict_do_nothing())
