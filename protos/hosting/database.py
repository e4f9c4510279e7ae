"""A SQLite engine that does not lose what it acknowledged and really deletes what it erases.

Layer: protos.hosting. SQLite comes through pysqlite3, because the one Debian 12 ships has a bug that
can corrupt a write-ahead log. WAL with ``synchronous=FULL`` makes a commit durable before it returns;
``secure_delete`` overwrites erased rows. Threat: an acknowledged item lost in a crash, an erased
encoding that a later copy of the file still holds.
"""

from pathlib import Path

import pysqlite3.dbapi2
import sqlalchemy as sa

from crypto.errors import StorageError
from protos.hosting.files import PRIVATE_MODE

BUSY_TIMEOUT_MS = 10_000  # longer than any transaction of either service takes

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


def open_database(path: Path, metadata: sa.MetaData) -> sa.Engine:
    """Open (or create, mode 0600) a SQLite database with the given tables.

    Every transaction begins IMMEDIATE, so that two writers queue instead of failing half-way.

    Raises:
        StorageError: The path cannot hold a database, or what it holds is not one.
    """
    try:
        path.touch(mode=PRIVATE_MODE)
    except OSError as error:
        raise StorageError(f"cannot open the database {path}: {error.strerror}") from error
    # Without its parameters in messages: a traceback on a terminal would name the people in a row.
    engine = sa.create_engine(f"sqlite:///{path}", module=pysqlite3.dbapi2, hide_parameters=True)
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        metadata.create_all(engine)
        erase_history(engine)  # a crash may have come between an erasure and this
    except (sa.exc.DBAPIError, pysqlite3.dbapi2.Error) as error:
        raise StorageError(f"{path} is not a usable database; restore it from the last backup") from error
    return engine


def require_database(path: Path) -> Path:
    """Return the path of a database that was made before; a lost one is never replaced by an empty one.

    Raises:
        StorageError: There is none.
    """
    if not path.is_file():
        raise StorageError(f"the database {path} is missing; restore it from the last backup")
    return path


def erase_history(engine: sa.Engine) -> None:
    """Empty the write-ahead log, so that erased rows do not live on in it."""
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def _configure(connection: pysqlite3.dbapi2.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event starts transactions instead
    for pragma in _PRAGMAS:
        connection.execute(pragma)
