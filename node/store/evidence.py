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
        query = sa.select(tables.log_checkpoint).where(tables.log_checkpoint.c.origin == origin)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Checkpoint(row.origin, row.size, row.root)

    def store_checkpoint(self, checkpoint: Checkpoint, note: str) -> None:
        """Keep a verified checkpoint with its signed text, unless a larger one is kept already."""
        columns = tables.log_checkpoint.c
        values = {"size": checkpoint.size, "root": checkpoint.root, "note": note}
        statement = insert(tables.log_checkpoint).values(origin=checkpoint.origin, **values)
        grown = statement.on_conflict_do_update(
            index_elements=["origin"], set_=values, where=columns.size < checkpoint.size
        )
        with self._engine.begin() as connection:
            connection.execute(grown)

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
