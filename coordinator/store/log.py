"""Raw log entries in their order.

Layer: coordinator. The tree is computed from these rows alone, so they are all an audit needs.
"""

import hashlib

import sqlalchemy as sa

from coordinator.store import tables


class LogStore:
    """Log entries by position."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def append(self, entry: bytes) -> int:
        """Store an entry durably and return its position; the same bytes again keep their position."""
        digest = hashlib.sha256(entry).digest()
        table = tables.log_entry
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(table.c.position).where(table.c.digest == digest)).scalar()
            if known is not None:
                return int(known)
            position = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            connection.execute(sa.insert(table).values(position=position, digest=digest, entry=entry))
            return position

    def list_entries(self, start: int = 0, count: int | None = None) -> tuple[bytes, ...]:
        """Return consecutive entries from a position."""
        table = tables.log_entry
        query = sa.select(table.c.entry).where(table.c.position >= start).order_by(table.c.position)
        if count is not None:
            query = query.limit(count)
        with self._engine.begin() as connection:
            return tuple(connection.execute(query).scalars())
