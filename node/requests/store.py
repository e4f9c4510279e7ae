"""Requests, approvals, disclosures and what waits to be sent, each step one transaction.

Layer: node. A state and the message that tells the other side of it are always written together, so a
crash can neither send what is not recorded nor record what is never sent.
"""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crypto.errors import InputError, StateError
from node.requests import tables
from node.requests.case import (
    Case,
    CaseState,
    OutgoingMessage,
    SignedBy,
    StoredApproval,
    StoredPackage,
)
from node.store.tables import log_salt, metadata
from protos.hosting.database import erase_history
from protos.messages import RelayKind
from scoring.policy.vocabulary import Side

_TABLES = (
    tables.reid_person,
    tables.reid_request,
    tables.reid_approval,
    tables.reid_disclosure,
    tables.reid_spent_approval,
    tables.reid_package,
    tables.reid_outbox,
    tables.reid_journal,
)


class CaseStore:
    """Everything durable about re-identification at one node."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        metadata.create_all(engine, tables=list(_TABLES))

    def register_person(self, person_id: str, public_key: str, credential: bytes) -> None:
        """Keep a person's credential.

        Raises:
            StateError: The person, or another person with this key, is registered already.
        """
        values = {"person_id": person_id, "public_key": public_key, "credential": credential}
        statement = insert(tables.reid_person).values(**values).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            if not connection.execute(statement).rowcount:
                raise StateError(f"{person_id} is registered already; choose another id")

    def find_credential(self, public_key: str) -> bytes | None:
        """Return the credential of the person with this key, or None."""
        person = tables.reid_person
        query = sa.select(person.c.credential).where(person.c.public_key == public_key)
        with self._engine.begin() as connection:
            return connection.execute(query).scalar()

    def load_credentials(self) -> tuple[bytes, ...]:
        """Return every person's credential, by id."""
        query = sa.select(tables.reid_person.c.credential).order_by(tables.reid_person.c.person_id)
        with self._engine.begin() as connection:
            return tuple(connection.execute(query).scalars())

    def store_case(
        self,
        case: Case,
        *,
        approvals: Iterable[StoredApproval] = (),
        message: OutgoingMessage | None = None,
    ) -> None:
        """Keep a new request with what came or goes with it; the same request again changes nothing."""
        with self._engine.begin() as connection:
            statement = insert(tables.reid_request).values(**_case_row(case)).on_conflict_do_nothing()
            if not connection.execute(statement).rowcount:
                return
            for approval in approvals:
                _put_approval(connection, case.request_id, approval)
            _queue(connection, message, case.changed_at)

    def find_case(self, request_id: str) -> Case | None:
        """Return a request, or None."""
        query = sa.select(tables.reid_request).where(tables.reid_request.c.request_id == request_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _read_case(row)

    def get_case(self, request_id: str) -> Case:
        """Return a request; raise InputError when this node has none of that id."""
        case = self.find_case(request_id)
        if case is None:
            raise InputError(
                "this node has no request of that id; list them with: clew-node request list, "
                "or clew-node inbox list for those of other members"
            )
        return case

    def load_cases(self, side: Side) -> tuple[Case, ...]:
        """Return the requests of one side, latest change first."""
        request = tables.reid_request
        query = sa.select(request).where(request.c.side == side.value).order_by(request.c.changed_at.desc())
        with self._engine.begin() as connection:
            return tuple(_read_case(row) for row in connection.execute(query))

    def load_approvals(self, request_id: str) -> tuple[StoredApproval, ...]:
        """Return the approvals of a request, the requesting side's first."""
        approval = tables.reid_approval
        query = (
            sa.select(approval).where(approval.c.request_id == request_id).order_by(approval.c.side.desc())
        )
        with self._engine.begin() as connection:
            return tuple(
                StoredApproval(row.approval_id, Side(row.side), SignedBy(row.approval, row.approver))
                for row in connection.execute(query)
            )

    def record_decision(
        self,
        case: Case,
        approval: StoredApproval | None,
        *,
        refusal: bytes | None = None,
        message: OutgoingMessage | None = None,
    ) -> None:
        """Move a request to ``case.state`` with the decision that moves it and the message that says so.

        Raises:
            StateError: The request was disclosed or refused meanwhile.
        """
        request = tables.reid_request
        open_still = request.c.state.not_in([CaseState.REFUSED.value, CaseState.DISCLOSED.value])
        changed = sa.update(request).where((request.c.request_id == case.request_id) & open_still)
        values = {"state": case.state.value, "changed_at": case.changed_at, "refusal": refusal}
        with self._engine.begin() as connection:
            if not connection.execute(changed.values(**values)).rowcount:
                raise StateError("the request was decided meanwhile; show it again")
            if approval is not None:
                _put_approval(connection, case.request_id, approval)
            _queue(connection, message, case.changed_at)

    def record_disclosure(
        self, case: Case, *, approval_ids: Iterable[str], message: OutgoingMessage, now: datetime
    ) -> bool:
        """Use up the match and both approvals and queue the package, all or nothing.

        Returns:
            False when the match has been disclosed before; then nothing changes (DOMAIN P-10).
        """
        values = {"match_ref": case.match_ref, "request_id": case.request_id, "disclosed_at": now}
        spent = [{"approval_id": approval_id} for approval_id in approval_ids]
        request = tables.reid_request
        changed = sa.update(request).where(request.c.request_id == case.request_id)
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(tables.reid_disclosure).values(**values))
                connection.execute(sa.insert(tables.reid_spent_approval), spent)
                connection.execute(changed.values(state=CaseState.DISCLOSED.value, changed_at=now))
                _queue(connection, message, now)
        except sa.exc.IntegrityError:
            return False
        return True

    def is_disclosed(self, match_ref: str) -> bool:
        """Return whether this node has given or been given a disclosure for a match."""
        given = tables.reid_disclosure.c
        got = tables.reid_request.c
        mine = sa.select(given.match_ref).where(given.match_ref == match_ref)
        theirs = sa.select(got.match_ref).where(
            (got.match_ref == match_ref) & (got.state == CaseState.DISCLOSED.value)
        )
        with self._engine.begin() as connection:
            return connection.execute(sa.union(mine, theirs)).first() is not None

    def load_spent_approvals(self) -> frozenset[str]:
        """Return the approvals that a disclosure has used."""
        with self._engine.begin() as connection:
            return frozenset(
                connection.execute(sa.select(tables.reid_spent_approval.c.approval_id)).scalars()
            )

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
            _queue(connection, message, now)

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


def _put_approval(connection: sa.Connection, request_id: str, approval: StoredApproval) -> None:
    # A side has one decision that stands; a later one replaces it.
    table = tables.reid_approval
    connection.execute(
        sa.delete(table).where((table.c.request_id == request_id) & (table.c.side == approval.side.value))
    )
    connection.execute(
        sa.insert(table).values(
            approval_id=approval.approval_id,
            request_id=request_id,
            side=approval.side.value,
            approval=approval.approval.statement,
            approver=approval.approval.credential,
        )
    )


def _queue(connection: sa.Connection, message: OutgoingMessage | None, now: datetime) -> None:
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


def _case_row(case: Case) -> dict[str, object]:
    return {
        "request_id": case.request_id,
        "side": case.side.value,
        "counterpart": case.counterpart,
        "match_ref": case.match_ref,
        "state": case.state.value,
        "request": case.request.statement,
        "requester": case.request.credential,
        "refusal": case.refusal,
        "changed_at": case.changed_at,
    }


def _read_case(row: sa.Row[tuple[object, ...]]) -> Case:
    return Case(
        request_id=row.request_id,
        side=Side(row.side),
        counterpart=row.counterpart,
        match_ref=row.match_ref,
        state=CaseState(row.state),
        request=SignedBy(row.request, row.requester),
        refusal=row.refusal,
        changed_at=row.changed_at,
    )
