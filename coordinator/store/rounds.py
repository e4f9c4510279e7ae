"""Rounds and their data: rows to resolve, clusters, summaries, results, match handles.

Layer: coordinator. Each method is one transaction. A change to a round is a pure function applied to
the stored round inside the transaction, so two members' acts cannot overwrite each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from coordinator.rounds import Round, from_body, require_idle, to_body
from coordinator.store import tables
from crypto.canonical import format_time
from crypto.errors import StateError
from protos.conversion import encode_message, parse_message
from protos.hosting.database import erase_history
from protos.messages import MemberResults, Resolution


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One row that was like a row of another member; ``record`` is the token it was resolved to."""

    member: str
    view: int
    position: int
    token: bytes
    record: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """One record of a cluster; ``envelope`` is None until answered and empty where withheld."""

    cluster_ref: bytes
    member: str
    token: bytes
    envelope: bytes | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The handle of a pair of members' records in one cluster (names in alphabetical order)."""

    match_ref: bytes
    cluster_ref: bytes
    member_a: str
    member_b: str
    candidate_probability: float


Change = Callable[[Round], Round]
ResolutionChange = Callable[[Round, int, bool], Round]


class RoundStore:
    """Rounds by number, with what belongs to them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_round(self, make: Callable[[int], Round]) -> Round:
        """Store the round that ``make`` returns for the next number.

        Raises:
            StateError: A round is still running.
        """
        with self._engine.begin() as connection:
            latest = _find_latest(connection)
            require_idle(latest)
            new = make(latest.number + 1 if latest else 1)
            connection.execute(
                sa.insert(tables.round_).values(number=new.number, round_id=new.round_id, body=to_body(new))
            )
            return new

    def find_latest(self) -> Round | None:
        """Return the latest round, running or over."""
        with self._engine.begin() as connection:
            return _find_latest(connection)

    def get_round(self, round_id: str) -> Round:
        """Return a round.

        Raises:
            StateError: There is none of that id.
        """
        with self._engine.begin() as connection:
            return _get(connection, round_id)

    def change_round(self, round_id: str, change: Change) -> Round:
        """Apply a pure change to a stored round and return the result."""
        with self._engine.begin() as connection:
            return _change(connection, round_id, change)

    def add_comparison(self, round_id: str, change: Change, rows: Sequence[AskedRow]) -> Round:
        """Store which rows members are asked to resolve together with the change of the round's state."""
        numbers: dict[str, int] = {}
        values = []
        for row in rows:
            number = numbers[row.member] = numbers.get(row.member, -1) + 1
            values.append({"round_id": round_id, "number": number, **asdict(row)})
        with self._engine.begin() as connection:
            if values:
                connection.execute(sa.insert(tables.asked_row), values)
            return _change(connection, round_id, change)

    def list_asked_rows(
        self, round_id: str, member: str, *, start: int = 0, count: int | None = None
    ) -> tuple[AskedRow, ...]:
        """Return a member's rows that are to be resolved, or some of them, view after view."""
        table = tables.asked_row.c
        query = sa.select(table.member, table.view, table.position, table.token, table.record)
        query = query.where((table.round_id == round_id) & (table.member == member) & (table.number >= start))
        if count is not None:
            query = query.where(table.number < start + count)
        with self._engine.begin() as connection:
            return tuple(AskedRow(*row) for row in connection.execute(query.order_by(table.number)))

    def add_resolutions(
        self, round_id: str, member: str, answers: Sequence[Resolution], *, change: ResolutionChange
    ) -> None:
        """Store which rows a member says are one record; the same again is taken once.

        Args:
            round_id: Which round.
            member: Whose answers.
            answers: Some or all of them.
            change: Applied to the round, given how many records are resolved now and whether no row is
                missing any more.

        Raises:
            StateError: A row was not asked of this member, or was resolved otherwise before.
        """
        table = tables.asked_row
        own = (table.c.round_id == round_id) & (table.c.member == member)
        rows = [
            {"of_view": row.view, "of_token": row.token, "to_record": answer.token}
            for answer in answers
            for row in answer.rows
        ]
        free = table.c.record.is_(None) | (table.c.record == sa.bindparam("to_record"))
        named = (table.c.view == sa.bindparam("of_view")) & (table.c.token == sa.bindparam("of_token"))
        statement = sa.update(table).where(own & named & free).values(record=sa.bindparam("to_record"))
        with self._engine.begin() as connection:
            if rows and connection.execute(statement, rows).rowcount != len(rows):
                raise StateError(
                    "an answer names a row that was not asked for or that was resolved otherwise before",
                    code="NOT_ASKED",
                )
            counts = sa.select(sa.func.count(), sa.func.count(table.c.record), _distinct(table.c.record))
            asked, resolved, records = connection.execute(counts.where(own)).one()
            _change(connection, round_id, lambda stored: change(stored, records, resolved == asked))

    def add_clusters(
        self, round_id: str, change: Change, records: Sequence[ClusterRecord], matches: Sequence[Match]
    ) -> Round:
        """Store a round's clusters and match handles together with the change of its state."""
        with self._engine.begin() as connection:
            if records:
                connection.execute(
                    sa.insert(tables.cluster_record),
                    [
                        {
                            "round_id": round_id,
                            "cluster_ref": r.cluster_ref,
                            "member": r.member,
                            "token": r.token,
                        }
                        for r in records
                    ],
                )
            if matches:
                connection.execute(
                    sa.insert(tables.match), [{"round_id": round_id, **_match_values(m)} for m in matches]
                )
            return _change(connection, round_id, change)

    def list_cluster_records(self, round_id: str, member: str | None = None) -> tuple[ClusterRecord, ...]:
        """Return a round's cluster records, of one member or all, in a stable order."""
        table = tables.cluster_record
        query = sa.select(table.c.cluster_ref, table.c.member, table.c.token, table.c.envelope)
        query = query.where(table.c.round_id == round_id).order_by(table.c.cluster_ref, table.c.member)
        if member is not None:
            query = query.where(table.c.member == member)
        with self._engine.begin() as connection:
            return tuple(ClusterRecord(*row) for row in connection.execute(query))

    def add_answers(
        self, round_id: str, member: str, answers: Mapping[bytes, bytes], *, when_complete: Change
    ) -> None:
        """Store some of a member's answers (token to envelope, empty where withheld).

        Args:
            round_id: Which round.
            member: Whose answers.
            answers: Some or all of them.
            when_complete: Applied to the round once none of the member's answers is missing.

        Raises:
            StateError: A token was not asked of this member.
        """
        table = tables.cluster_record
        with self._engine.begin() as connection:
            for token, envelope in answers.items():
                where = (table.c.round_id == round_id) & (table.c.member == member) & (table.c.token == token)
                statement = sa.update(table).where(where).values(envelope=envelope)
                if connection.execute(statement).rowcount != 1:
                    raise StateError("an answer names a token that was not asked for", code="NOT_ASKED")
            missing = (table.c.round_id == round_id) & (table.c.member == member) & table.c.envelope.is_(None)
            if connection.execute(sa.select(table.c.token).where(missing).limit(1)).scalar() is None:
                _change(connection, round_id, when_complete)

    def list_matches(self, round_id: str) -> tuple[Match, ...]:
        """Return a round's match handles."""
        table = tables.match
        query = sa.select(
            table.c.match_ref,
            table.c.cluster_ref,
            table.c.member_a,
            table.c.member_b,
            table.c.candidate_probability,
        ).where(table.c.round_id == round_id)
        with self._engine.begin() as connection:
            return tuple(Match(*row) for row in connection.execute(query))

    def add_results(
        self, round_id: str, results: Mapping[str, MemberResults], *, published_at: datetime, change: Change
    ) -> Round:
        """Store each member's results together with the change of the round's state."""
        rows = [
            {
                "round_id": round_id,
                "member": member,
                "published_at": format_time(published_at),
                "matches": encode_message(own),
            }
            for member, own in results.items()
        ]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(sa.insert(tables.result), rows)
            return _change(connection, round_id, change)

    def get_results(self, round_id: str, member: str) -> MemberResults:
        """Return one member's results.

        Raises:
            StateError: There are none for it (not published, erased, or it did not take part).
        """
        table = tables.result
        query = sa.select(table.c.matches).where((table.c.round_id == round_id) & (table.c.member == member))
        with self._engine.begin() as connection:
            data = connection.execute(query).scalar()
        if data is None:
            raise StateError("no results wait for this member in this round", code="NO_RESULTS")
        return parse_message(MemberResults, data)

    def erase_round(self, round_id: str, change: Change) -> Round:
        """Erase a round's tokens, summaries, match handles and results, and their traces in the WAL."""
        with self._engine.begin() as connection:
            for table in (tables.asked_row, tables.cluster_record, tables.match, tables.result):
                connection.execute(sa.delete(table).where(table.c.round_id == round_id))
            changed = _change(connection, round_id, change)
        erase_history(self._engine)
        return changed


def _distinct(column: sa.ColumnElement[bytes]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(column))


def _match_values(match: Match) -> dict[str, object]:
    return {
        "match_ref": match.match_ref,
        "cluster_ref": match.cluster_ref,
        "member_a": match.member_a,
        "member_b": match.member_b,
        "candidate_probability": match.candidate_probability,
    }


def _find_latest(connection: sa.Connection) -> Round | None:
    query = sa.select(tables.round_.c.body).order_by(tables.round_.c.number.desc()).limit(1)
    body = connection.execute(query).scalar()
    return None if body is None else from_body(body)


def _get(connection: sa.Connection, round_id: str) -> Round:
    query = sa.select(tables.round_.c.body).where(tables.round_.c.round_id == round_id)
    body = connection.execute(query).scalar()
    if body is None:
        raise StateError("this round is over or unknown; fetch the current round", code="STALE_ROUND")
    return from_body(body)


def _change(connection: sa.Connection, round_id: str, change: Change) -> Round:
    changed = change(_get(connection, round_id))
    where = tables.round_.c.round_id == round_id
    connection.execute(sa.update(tables.round_).where(where).values(body=to_body(changed)))
    return changed
