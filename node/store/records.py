"""Records of the member's own systems: one load is one transaction.

Layer: node.store.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from node.records import Crime, CrimeParty, Nominal, PartnerContact, Records, TableCounts
from node.store import tables
from node.store.rows import from_row, to_row

T = TypeVar("T")

BATCH_ROWS = 2_000  # bounds the memory of one statement


class RecordStore:
    """Nominals, crimes, parties and contacts."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def store_records(
        self, records: Records, *, log_entry: bytes | None = None, salt: tuple[str, bytes, Any] | None = None
    ) -> dict[str, TableCounts]:
        """Insert or update records, all or none, and queue the log entry that says so.

        The same records twice change nothing, and then nothing is queued either.

        Args:
            records: A validated batch; its references are to itself or to what is stored.
            log_entry: Signed COLLECTION entry for the outbox.
            salt: Commitment, salt and value of the entry, for a later proof.

        Returns:
            What changed, by table name.
        """
        batches: tuple[tuple[sa.Table, Sequence[Any]], ...] = (
            (tables.nominal, records.nominals),
            (tables.crime, records.crimes),
            (tables.crime_party, records.parties),
            (tables.partner_contact, records.contacts),
        )
        with self._engine.begin() as connection:
            counts = {table.name: _upsert(connection, table, batch) for table, batch in batches}
            if not any(count.added or count.changed for count in counts.values()):
                return counts
            _raise_version(connection)
            if log_entry is not None:
                connection.execute(insert(tables.log_outbox).values(entry=log_entry).on_conflict_do_nothing())
                if salt is not None:
                    reference, secret, value = salt
                    connection.execute(
                        insert(tables.log_salt).values(object_ref=reference, salt=secret, value=value)
                    )
        return counts

    def load_records(self) -> Records:
        """Return everything, in a stable order."""
        with self._engine.begin() as connection:
            return Records(
                nominals=_read(connection, tables.nominal, Nominal),
                crimes=_read(connection, tables.crime, Crime),
                parties=_read(connection, tables.crime_party, CrimeParty),
                contacts=_read(connection, tables.partner_contact, PartnerContact),
            )

    def get_version(self) -> int:
        """Return a number that rises with every load that changes anything; 0 before the first."""
        with self._engine.begin() as connection:
            return connection.execute(sa.select(tables.records_version.c.version)).scalar() or 0

    def find_nominal(self, nominal_id: str) -> Nominal | None:
        """Return one nominal, or None."""
        query = sa.select(tables.nominal).where(tables.nominal.c.nominal_id == nominal_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else from_row(Nominal, row)

    def get_ids(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all nominals and of all crimes."""
        with self._engine.begin() as connection:
            nominals = connection.execute(sa.select(tables.nominal.c.nominal_id)).scalars()
            crimes = connection.execute(sa.select(tables.crime.c.crime_id)).scalars()
            return frozenset(nominals), frozenset(crimes)


def _raise_version(connection: sa.Connection) -> None:
    table = tables.records_version
    if not connection.execute(sa.update(table).values(version=table.c.version + 1)).rowcount:
        connection.execute(sa.insert(table).values(version=1))


def _read(connection: sa.Connection, table: sa.Table, kind: type[T]) -> tuple[T, ...]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    return tuple(from_row(kind, row) for row in connection.execute(query).mappings())


def _upsert(connection: sa.Connection, table: sa.Table, batch: Iterable[Any]) -> TableCounts:
    keys = [column.name for column in table.primary_key.columns]
    stored = {
        tuple(row[key] for key in keys): dict(row) for row in connection.execute(sa.select(table)).mappings()
    }
    added, changed, unchanged = [], [], 0
    for values in map(to_row, batch):
        known = stored.get(tuple(values[key] for key in keys))
        if known is None:
            added.append(values)
        elif known != values:
            changed.append(values)
        else:
            unchanged += 1
    for rows in _batches([*added, *changed]):
        _write(connection, table, rows, keys)
    return TableCounts(len(added), len(changed), unchanged)


def _write(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], keys: list[str]) -> None:
    statement = insert(table)
    others = {
        column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys
    }
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def _batches(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    return (rows[start : start + BATCH_ROWS] for start in range(0, len(rows), BATCH_ROWS))
