"""Log entries as they were first written, so that every attempt appends the same bytes.

Layer: node. Each method is one transaction.
"""

import sqlalchemy as sa

from node.requests import tables
from node.store.tables import log_salt


class JournalStore:
    """Steps, their entries, and whether the log has them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = tables.create_tables(engine)

    def prepare_entry(self, step: str, entry: bytes, *, object_ref: str, salt: bytes, value: object) -> bytes:
        """Keep a log entry and its salt before it is appended; return the one that a step already has.

        The same bytes are appended on every attempt, so that a crash makes no second entry.
        """
        journal = tables.reid_journal
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(journal.c.entry).where(journal.c.step == step)).scalar()
            if known is not None:
                return bytes(known)
            connection.execute(sa.insert(journal).values(step=step, entry=entry, logged=False))
            connection.execute(sa.insert(log_salt).values(object_ref=object_ref, salt=salt, value=value))
        return entry

    def is_logged(self, step: str) -> bool:
        """Return whether a step's entry is known to be in the log."""
        journal = tables.reid_journal
        query = sa.select(journal.c.logged).where(journal.c.step == step)
        with self._engine.begin() as connection:
            return bool(connection.execute(query).scalar())

    def record_logged(self, step: str) -> None:
        """Note that a step's entry is in the log."""
        journal = tables.reid_journal
        with self._engine.begin() as connection:
            connection.execute(sa.update(journal).where(journal.c.step == step).values(logged=True))
