"""What the node keeps of the federation: accepted agreements and the linkage key at its present step.

Layer: node.store. Only one step of a linkage key is ever stored; taking a step overwrites the last.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from crypto.errors import StateError
from crypto.keys import LinkageKey
from node.store import tables
from protos.hosting.database import erase_history


class FederationStore:
    """Agreements, linkage keys, and to whom key shares were sent."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def store_agreement(self, version: int, envelope: bytes, *, now: datetime) -> None:
        """Keep an agreement that was verified; the same one twice is kept once."""
        statement = insert(tables.agreement).values(version=version, envelope=envelope, accepted_at=now)
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_nothing())

    def find_agreement(self) -> tuple[int, bytes] | None:
        """Return version and envelope of the newest agreement, or None."""
        query = sa.select(tables.agreement).order_by(tables.agreement.c.version.desc()).limit(1)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.version, row.envelope)

    def find_linkage_key(self, epoch: int) -> LinkageKey | None:
        """Return the epoch's key at its present step, or None."""
        query = sa.select(tables.linkage_key).where(tables.linkage_key.c.epoch == epoch)
        with self._engine.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else LinkageKey(row.epoch, row.step, row.secret)

    def store_linkage_key(self, key: LinkageKey) -> None:
        """Keep an epoch's key, replacing an earlier step and every earlier epoch.

        Raises:
            StateError: A later step is held: a key only goes forward.
        """
        known = tables.linkage_key.c
        statement = insert(tables.linkage_key).values(epoch=key.epoch, step=key.step, secret=key.secret)
        with self._engine.begin() as connection:
            held = connection.execute(sa.select(known.step).where(known.epoch == key.epoch)).scalar()
            if held is not None and held > key.step:
                raise StateError(f"expected a linkage key from step {held} on, got step {key.step}")
            replaced = statement.on_conflict_do_update(
                index_elements=["epoch"], set_={"step": key.step, "secret": key.secret}
            )
            connection.execute(replaced)
            connection.execute(sa.delete(tables.linkage_key).where(known.epoch < key.epoch))
        erase_history(self._engine)

    def record_share_sent(self, epoch: int, recipient: str, public_key: str) -> None:
        """Remember that a member's share is with the relay."""
        statement = insert(tables.key_share_sent).values(
            epoch=epoch, recipient=recipient, public_key=public_key
        )
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_nothing())

    def get_shares_sent(self, epoch: int) -> frozenset[tuple[str, str]]:
        """Return recipients and the HPKE keys that their shares of an epoch were sealed to."""
        sent = tables.key_share_sent.c
        query = sa.select(sent.recipient, sent.public_key).where(sent.epoch == epoch)
        with self._engine.begin() as connection:
            return frozenset((row.recipient, row.public_key) for row in connection.execute(query))
