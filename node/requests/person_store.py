"""Credentials of this member's people.

Layer: node. Each method is one transaction.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crypto.errors import StateError
from node.requests import tables


class PersonStore:
    """Who may ask and decide here."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = tables.create_tables(engine)

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
