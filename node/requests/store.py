"""Requests, approvals and disclosures, each step one transaction.

Layer: node. A state and the message that tells the other side of it are always written together, so a
crash can neither send what is not recorded nor record what is never sent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crypto.errors import InputError, StateError
from node.requests import tables
from node.requests.case import Case, CaseState, OutgoingMessage, SignedBy, StoredApproval
from node.requests.mail_store import queue_in
from scoring.policy.vocabulary import Side


class CaseStore:
    """Everything durable about re-identification at one node."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = tables.create_tables(engine)

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
            queue_in(connection, message, case.changed_at)

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
        seen: Case,
        decided: Case,
        *,
        approval: StoredApproval | None = None,
        refusal: bytes | None = None,
        message: OutgoingMessage | None = None,
    ) -> None:
        """Move a request on with the decision that moves it and the message that says so.

        Args:
            seen: The request as it was when the decision was taken.
            decided: The same in its new state.
            approval: The decision, where it is a person's.
            refusal: Reasons as canonical JSON, when refused.
            message: For the other side.

        Raises:
            StateError: Somebody else decided about the request meanwhile; nothing changed.
        """
        values = {"state": decided.state.value, "changed_at": decided.changed_at, "refusal": refusal}
        with self._engine.begin() as connection:
            _change(connection, seen, values)
            if approval is not None:
                _put_approval(connection, seen.request_id, approval)
            queue_in(connection, message, decided.changed_at)

    def record_disclosure(
        self, case: Case, *, approval_ids: Iterable[str], message: OutgoingMessage, now: datetime
    ) -> bool:
        """Use up the match and both approvals and queue the package, all or nothing.

        Args:
            case: The request as it was when the rules were asked.
            approval_ids: Both sides' approvals.
            message: The package.
            now: Aware UTC time.

        Returns:
            False when the match has been disclosed before; then nothing changes (DOMAIN P-10).

        Raises:
            StateError: Somebody decided about the request after the rules were asked; nothing changed.
        """
        values = {"match_ref": case.match_ref, "request_id": case.request_id, "disclosed_at": now}
        spent = [{"approval_id": approval_id} for approval_id in approval_ids]
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(tables.reid_disclosure).values(**values))
                connection.execute(sa.insert(tables.reid_spent_approval), spent)
                _change(connection, case, {"state": CaseState.DISCLOSED.value, "changed_at": now})
                queue_in(connection, message, now)
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


def _change(connection: sa.Connection, seen: Case, values: Mapping[str, object]) -> None:
    """Change a request that still is as it was seen: a decision about another state is no decision."""
    request = tables.reid_request.c
    as_seen = (request.state == seen.state.value) & (request.changed_at == seen.changed_at)
    changed = sa.update(tables.reid_request).where((request.request_id == seen.request_id) & as_seen)
    if not connection.execute(changed.values(**values)).rowcount:
        raise StateError("the request was decided meanwhile; show it again")


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
