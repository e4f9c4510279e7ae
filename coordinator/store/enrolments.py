"""Enrolments and published agreements.

Layer: coordinator. Each method is one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from coordinator.store import tables
from crypto.errors import StateError
from crypto.pki import Role
from protos.messages import EnrolmentState


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One organisation's enrolment as stored; empty fields are not presented yet."""

    member: str
    display_name: str
    role: Role
    agency_type: str
    state: EnrolmentState
    secret_hash: bytes
    expires_at: str
    signing_request_pem: bytes = b""
    hpke_public_key: str = ""
    signing_public_key: str = ""
    fingerprint: str = ""
    certificate_pem: bytes = b""

    def __repr__(self) -> str:
        return f"EnrolmentRow(member={self.member!r}, state={self.state.value})"


class EnrolmentStore:
    """Enrolments by member, agreements by version."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_enrolment(self, row: EnrolmentRow) -> None:
        """Store a new invitation, replacing one that was never used.

        Raises:
            StateError: The member has presented keys already.
        """
        with self._engine.begin() as connection:
            unused = (tables.enrolment.c.member == row.member) & (
                tables.enrolment.c.state == EnrolmentState.INVITED.value
            )
            connection.execute(sa.delete(tables.enrolment).where(unused))
            if _find(connection, row.member) is not None:
                raise StateError(f"{row.member} has enrolled already", code="ALREADY_ENROLLED")
            connection.execute(sa.insert(tables.enrolment).values(_values(row)))

    def find_enrolment(self, member: str) -> EnrolmentRow | None:
        """Return a member's enrolment, if it was ever invited."""
        with self._engine.begin() as connection:
            return _find(connection, member)

    def update_enrolment(self, row: EnrolmentRow, *, expected: EnrolmentState) -> None:
        """Replace an enrolment that is still in the expected state.

        Raises:
            StateError: It has moved on meanwhile.
        """
        with self._engine.begin() as connection:
            where = (tables.enrolment.c.member == row.member) & (tables.enrolment.c.state == expected.value)
            if (
                connection.execute(sa.update(tables.enrolment).where(where).values(_values(row))).rowcount
                != 1
            ):
                raise StateError("the enrolment has changed meanwhile; list enrolments and try again")

    def list_enrolments(self) -> tuple[EnrolmentRow, ...]:
        """Return every enrolment, by member name."""
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(tables.enrolment).order_by(tables.enrolment.c.member))
            return tuple(_row(dict(row._mapping)) for row in rows)

    def add_agreement(self, version: int, envelope: bytes) -> None:
        """Store a published agreement; the same version with other content is refused."""
        with self._engine.begin() as connection:
            where = tables.agreement.c.version == version
            known = connection.execute(sa.select(tables.agreement.c.envelope).where(where)).scalar()
            if known is None:
                connection.execute(sa.insert(tables.agreement).values(version=version, envelope=envelope))
            elif known != envelope:
                raise StateError(f"agreement version {version} is published already; raise the version")

    def get_agreement_version(self) -> int:
        """Return the highest published version, 0 when there is none."""
        query = sa.select(sa.func.coalesce(sa.func.max(tables.agreement.c.version), 0))
        with self._engine.begin() as connection:
            return int(connection.execute(query).scalar_one())

    def find_agreement(self) -> bytes | None:
        """Return the envelope of the highest published version."""
        query = sa.select(tables.agreement.c.envelope).order_by(tables.agreement.c.version.desc()).limit(1)
        with self._engine.begin() as connection:
            return connection.execute(query).scalar()


def _find(connection: sa.Connection, member: str) -> EnrolmentRow | None:
    query = sa.select(tables.enrolment).where(tables.enrolment.c.member == member)
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(dict(row._mapping))


def _row(values: Mapping[str, Any]) -> EnrolmentRow:
    return EnrolmentRow(**{**values, "role": Role(values["role"]), "state": EnrolmentState(values["state"])})


def _values(row: EnrolmentRow) -> dict[str, Any]:
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return {**values, "role": row.role.value, "state": row.state.value}
