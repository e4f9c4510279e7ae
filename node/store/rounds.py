"""A node's part in rounds: which batches it submitted, how far it is, and the matches it was told.

Layer: node.store. What a batch holds lies in sealed files (:mod:`node.store.sealed_files`); they are durable
before the row that names them, and a row is durable before the first byte of its batch is sent, so that a
node killed half-way sends exactly the same again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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
    RESOLVED = "RESOLVED"
    ANSWERED = "ANSWERED"
    COLLECTED = "COLLECTED"
    OVER = "OVER"


class BatchState(StrEnum):
    """Whether the coordinator has a batch; one that came too late is DROPPED and never matched."""

    PREPARED = "PREPARED"
    SENT = "SENT"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True)
class Participation:
    """The node's part in one round.

    ``record_count`` counts the records of all batches, dummies included; ``question_digest`` is that of the
    resolution question the node has answered, empty before.
    """

    round_id: str
    number: int
    state: Stage
    record_count: int
    changed_at: datetime
    question_digest: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a submission."""

    round_id: str
    number: int
    content_digest: str
    state: BatchState
    record_count: int


@dataclass(frozen=True, slots=True)
class Linkability:
    """What the pre-check of a round's submission found, in sentences without values."""

    round_id: str
    checked_at: datetime
    records_version: int
    is_stopped: bool
    findings: tuple[str, ...]


class RoundStore:
    """Participation in rounds and the matches that came of it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def store_first_batch(self, part: Participation, batch: Batch, *, log_entry: bytes | None = None) -> None:
        """Note that a submission is prepared and queue its log entry, all or nothing, before any is sent."""
        with self._engine.begin() as connection:
            connection.execute(sa.insert(tables.participation), to_row(part))
            connection.execute(sa.insert(tables.batch), to_row(batch))
            _queue(connection, log_entry)

    def store_next_batch(self, batch: Batch, *, log_entry: bytes | None = None) -> None:
        """Note that a further batch is prepared and queue its log entry, all or nothing."""
        part = tables.participation
        counted = sa.update(part).where(part.c.round_id == batch.round_id)
        with self._engine.begin() as connection:
            connection.execute(sa.insert(tables.batch), to_row(batch))
            connection.execute(counted.values(record_count=part.c.record_count + batch.record_count))
            _queue(connection, log_entry)

    def list_batches(self, round_id: str) -> tuple[Batch, ...]:
        """Return a round's batches that take part in it, in order."""
        batch = tables.batch.c
        query = sa.select(tables.batch).where(batch.round_id == round_id).order_by(batch.number)
        query = query.where(batch.state != BatchState.DROPPED.value)
        with self._engine.begin() as connection:
            return tuple(from_row(Batch, row) for row in connection.execute(query).mappings())

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

    def record_sent(self, round_id: str, number: int, *, now: datetime) -> None:
        """Note that a batch is durable at the coordinator."""
        with self._engine.begin() as connection:
            connection.execute(_end_batch(round_id, number, BatchState.SENT))
            if number == 0:
                connection.execute(_advance(round_id, Stage.SUBMITTED, now))

    def drop_batch(self, batch: Batch) -> None:
        """Note that a batch came too late for its round: its records are no part of it."""
        part = tables.participation
        counted = sa.update(part).where(part.c.round_id == batch.round_id)
        with self._engine.begin() as connection:
            connection.execute(_end_batch(batch.round_id, batch.number, BatchState.DROPPED))
            connection.execute(counted.values(record_count=part.c.record_count - batch.record_count))

    def record_question(
        self,
        round_id: str,
        question_digest: str,
        *,
        log_entry: bytes,
        salt: tuple[str, bytes, Any],
    ) -> None:
        """Note which question is answered and queue the log entry of the answer, all or nothing."""
        part = tables.participation
        statement = sa.update(part).where(part.c.round_id == round_id)
        reference, secret, value = salt
        with self._engine.begin() as connection:
            connection.execute(statement.values(question_digest=question_digest))
            _queue(connection, log_entry)
            connection.execute(
                insert(tables.log_salt)
                .values(object_ref=reference, salt=secret, value=value)
                .on_conflict_do_nothing()
            )

    def record_resolved(self, round_id: str, *, now: datetime) -> None:
        """Note that every row asked about is resolved at the coordinator."""
        with self._engine.begin() as connection:
            connection.execute(_advance(round_id, Stage.RESOLVED, now))

    def store_linkability(self, found: Linkability) -> None:
        """Keep what the latest pre-check found, and no earlier one."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(tables.linkability))
            connection.execute(sa.insert(tables.linkability), to_row(found))

    def find_linkability(self) -> Linkability | None:
        """Return what the latest pre-check found, or None before any."""
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(tables.linkability)).mappings().one_or_none()
        return None if row is None else from_row(Linkability, row)

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
        """Erase what the database holds of a round; its matches stay."""
        with self._engine.begin() as connection:
            for table in (tables.batch, tables.summary_asked):
                connection.execute(sa.delete(table).where(table.c.round_id == round_id))
            _queue(connection, log_entry)
            connection.execute(_advance(round_id, Stage.OVER, now))
        erase_history(self._engine)

    def find_open_rounds(self) -> tuple[Participation, ...]:
        """Return the rounds that are not over here."""
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


def _end_batch(round_id: str, number: int, state: BatchState) -> sa.Update:
    batch = tables.batch
    chosen = sa.update(batch).where((batch.c.round_id == round_id) & (batch.c.number == number))
    return chosen.values(state=state.value)


def _advance(round_id: str, state: Stage, now: datetime) -> sa.Update:
    chosen = sa.update(tables.participation).where(tables.participation.c.round_id == round_id)
    return chosen.values(state=state.value, changed_at=now)
