"""Evidence that the log was written and only grows: checkpoint, receipts, entries yet to be logged.

Layer: node.store.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crypto.log.checkpoint import Checkpoint
from node.store import tables


class EvidenceStore:
    """Last verified checkpoint, receipts, outbox and the salts of commitments."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find_checkpoint(self, origin: str) -> Checkpoint | None:
        """Return the last verified checkpoint of a log, or None."""
        with self._engine.begin() as connection:
            return _find_checkpoint(connection, origin)

    def store_checkpoint(self, checkpoint: Checkpoint, note: str, *, extends: Checkpoint | None) -> bool:
        """Keep a checkpoint with its signed text if the one it was verified to extend is still kept.

        The daemon and a command follow the log at the same time; shown two forks, the second to come
        here must not replace a checkpoint that it was never compared with.

        Returns:
            False when another is kept by now; then nothing changes and the caller verifies again.
        """
        table = tables.log_checkpoint
        values = {"size": checkpoint.size, "root": checkpoint.root, "note": note}
        statement = insert(table).values(origin=checkpoint.origin, **values)
        with self._engine.begin() as connection:
            if _find_checkpoint(connection, checkpoint.origin) != extends:
                return False
            connection.execute(statement.on_conflict_do_update(index_elements=["origin"], set_=values))
            return True

    def queue_entry(self, entry: bytes) -> None:
        """Queue a signed entry to be logged; the same one twice is queued once."""
        with self._engine.begin() as connection:
            connection.execute(insert(tables.log_outbox).values(entry=entry).on_conflict_do_nothing())

    def get_queued_entries(self) -> tuple[bytes, ...]:
        """Return the entries yet to be logged, oldest first."""
        query = sa.select(tables.log_outbox.c.entry).order_by(tables.log_outbox.c.position)
        with self._engine.begin() as connection:
            return tuple(connection.execute(query).scalars())

    def store_receipt(self, entry: bytes, receipt: bytes) -> None:
        """Keep a verified receipt and take its entry off the queue."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.log_receipt).values(entry=entry, receipt=receipt).on_conflict_do_nothing()
            )
            connection.execute(sa.delete(tables.log_outbox).where(tables.log_outbox.c.entry == entry))

    def load_receipts(self) -> tuple[bytes, ...]:
        """Return every receipt, as canonical JSON."""
        with self._engine.begin() as connection:
            return tuple(connection.execute(sa.select(tables.log_receipt.c.receipt)).scalars())

    def store_salt(self, object_ref: str, salt: bytes, value: Any) -> None:
        """Keep what a commitment in the log opens to."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(tables.log_salt)
                .values(object_ref=object_ref, salt=salt, value=value)
                .on_conflict_do_nothing()
            )


def _find_checkpoint(connection: sa.Connection, origin: str) -> Checkpoint | None:
    query = sa.select(tables.log_checkpoint).where(tables.log_checkpoint.c.origin == origin)
    row = connection.execute(query).one_or_none()
    return None if row is None else Checkpoint(row.origin, row.size, row.root)
