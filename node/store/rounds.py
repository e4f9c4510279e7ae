"""A node's part in rounds: what it submitted, as which tokens, and the matches it was told.

Layer: node.store. Tokens, order and encodings are durable before the first byte is sent, so that a node
killed half-way sends exactly the same again; encodings are dropped once the coordinator has them, tokens
once the round is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from node.matches import Match
from node.store import tables
from node.store.rows import from_row, to_row
from protos.hosting.database import erase_history


class Stage(StrEnum):
    """How far the node is in a round."""

    PREPARED = "PREPARED"
    SUBMITTED = "SUBMITTED"
    ANSWERED = "ANSWERED"
    COLLECTED = "COLLECTED"
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class Participation:
    """The node's part in one round."""

    round_id: str
    number: int
    state: Stage
    content_digest: str
    record_count: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One submitted record: its token, its encoding while it is needed, and whose it is."""

    token: bytes
    encoding: bytes | None = field(repr=False)
    nominal_ids: tuple[str, ...]


class RoundStore:
    """Participation in rounds and the matches that came of it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def store_submission(
        self, part: Participation, records: Sequence[RoundRecord], *, log_entry: bytes | None = None
    ) -> None:
        """Keep a submission in its order and queue its log entry, all or nothing, before any is sent."""
        rows = [
            {"round_id": part.round_id, "position": position, **to_row(record)}
            for position, record in enumerate(records)
        ]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(tables.participation), to_row(part))
            connection.execute(sa.insert(tables.round_record), rows)
            _queue(connection, log_entry)

    def find_participation(self, round_id: str) -> Participation | None:
        """Return the node's part in a round, or None."""
        query = sa.select(tables.participation).where(tables.participation.c.round_id == round_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else from_row(Participation, row)

    def find_latest(self) -> Participation | None:
        """Return the node's part in the latest round it took part in, or None."""
        query = sa.select(tables.participation).order_by(tables.participation.c.number.desc()).limit(1)
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else from_row(Participation, row)

    def load_round_records(self, round_id: str) -> tuple[RoundRecord, ...]:
        """Return a round's submitted records in their order; none once the round is over."""
        record = tables.round_record.c
        query = sa.select(tables.round_record).where(record.round_id == round_id).order_by(record.position)
        with self._engine.begin() as connection:
            return tuple(from_row(RoundRecord, row) for row in connection.execute(query).mappings())

    def record_submitted(self, round_id: str, *, now: datetime) -> None:
        """Note that the submission is durable at the coordinator, and drop the encodings."""
        dropped = sa.update(tables.round_record).where(tables.round_record.c.round_id == round_id)
        with self._engine.begin() as connection:
            connection.execute(dropped.values(encoding=None))
            connection.execute(_advance(round_id, Stage.SUBMITTED, now))
        erase_history(self._engine)

    def record_asked(self, round_id: str, tokens: Sequence[bytes]) -> None:
        """Note whose summaries are asked for, before any is answered; the same twice is once."""
        rows = [{"round_id": round_id, "token": token} for token in tokens]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(insert(tables.summary_asked).on_conflict_do_nothing(), rows)

    def load_asked(self, round_id: str) -> frozenset[bytes]:
        """Return the tokens whose summaries were asked for in a round so far."""
        asked = tables.summary_asked.c
        query = sa.select(asked.token).where(asked.round_id == round_id)
        with self._engine.begin() as connection:
            return frozenset(connection.execute(query).scalars())

    def record_answered(self, round_id: str, *, now: datetime) -> None:
        """Note that every summary request of a round is answered."""
        with self._engine.begin() as connection:
            connection.execute(_advance(round_id, Stage.ANSWERED, now))

    def store_matches(
        self, round_id: str, matches: Sequence[Match], *, now: datetime, log_entry: bytes | None = None
    ) -> None:
        """Keep a round's matches and queue the log entry that says so; twice is once."""
        with self._engine.begin() as connection:
            if matches:
                rows = [to_row(item) for item in matches]
                connection.execute(insert(tables.match).on_conflict_do_nothing(), rows)
            _queue(connection, log_entry)
            connection.execute(_advance(round_id, Stage.COLLECTED, now))

    def close_round(self, round_id: str, *, now: datetime, log_entry: bytes | None = None) -> None:
        """Erase a round's tokens; its matches stay."""
        with self._engine.begin() as connection:
            for table in (tables.round_record, tables.summary_asked):
                connection.execute(sa.delete(table).where(table.c.round_id == round_id))
            _queue(connection, log_entry)
            connection.execute(_advance(round_id, Stage.OVER, now))
        erase_history(self._engine)

    def find_open_rounds(self) -> tuple[Participation, ...]:
        """Return the rounds whose tokens are still held."""
        part = tables.participation.c
        query = sa.select(tables.participation).where(part.state != Stage.OVER.value).order_by(part.number)
        with self._engine.begin() as connection:
            return tuple(from_row(Participation, row) for row in connection.execute(query).mappings())

    def find_match(self, match_ref: str) -> Match | None:
        """Return the match of a handle (hex), or None."""
        query = sa.select(tables.match).where(tables.match.c.match_ref == match_ref)
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else from_row(Match, row)

    def load_matches(self) -> tuple[Match, ...]:
        """Return every match that is still kept, newest round first."""
        columns = tables.match.c
        query = sa.select(tables.match).order_by(
            columns.published_at.desc(), columns.score_upper.desc(), columns.match_ref
        )
        with self._engine.begin() as connection:
            return tuple(from_row(Match, row) for row in connection.execute(query).mappings())

    def erase_matches(self, *, before: datetime) -> int:
        """Erase matches published before a time; return how many."""
        statement = sa.delete(tables.match).where(tables.match.c.published_at < before)
        with self._engine.begin() as connection:
            count = connection.execute(statement).rowcount
        if count:
            erase_history(self._engine)
        return count


def _queue(connection: sa.Connection, log_entry: bytes | None) -> None:
    if log_entry is not None:
        connection.execute(insert(tables.log_outbox).values(entry=log_entry).on_conflict_do_nothing())


def _advance(round_id: str, state: Stage, now: datetime) -> sa.Update:
    chosen = sa.update(tables.participation).where(tables.participation.c.round_id == round_id)
    return chosen.values(state=state.value, changed_at=now)
