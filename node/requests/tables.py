"""Tables of re-identification, beside the node's other tables.

Layer: node. Envelopes are stored as the canonical bytes that were signed and are verified again
whenever they are used. The primary key of ``reid_disclosure`` is what makes a match good for one
disclosure only, whatever the code above it does (DOMAIN P-10).
"""

import sqlalchemy as sa

from node.store.tables import UtcTime, metadata

reid_person = sa.Table(
    "reid_person",
    metadata,
    sa.Column("person_id", sa.Text, primary_key=True),
    sa.Column("public_key", sa.Text, nullable=False, unique=True),
    sa.Column("credential", sa.LargeBinary, nullable=False),
)

reid_request = sa.Table(
    "reid_request",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("counterpart", sa.Text, nullable=False),
    sa.Column("match_ref", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("requester", sa.LargeBinary, nullable=False),
    sa.Column("refusal", sa.LargeBinary),  # null: not refused
    sa.Column("changed_at", UtcTime, nullable=False),
)

reid_approval = sa.Table(
    "reid_approval",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("reid_request.request_id"), primary_key=True),
    sa.Column("side", sa.Text, primary_key=True),
    sa.Column("approval_id", sa.Text, nullable=False),  # chosen by the other side: may be any
    sa.Column("approval", sa.LargeBinary, nullable=False),
    sa.Column("approver", sa.LargeBinary, nullable=False),
)

reid_disclosure = sa.Table(
    "reid_disclosure",
    metadata,
    sa.Column("match_ref", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, sa.ForeignKey("reid_request.request_id"), nullable=False, unique=True),
    sa.Column("disclosed_at", UtcTime, nullable=False),
)

reid_spent_approval = sa.Table(
    "reid_spent_approval",
    metadata,
    sa.Column("approval_id", sa.Text, primary_key=True),
)

reid_package = sa.Table(
    "reid_package",
    metadata,
    sa.Column("request_id", sa.Text, sa.ForeignKey("reid_request.request_id"), primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),  # null once its lifetime is over
    sa.Column("expires_at", UtcTime, nullable=False),
)

reid_outbox = sa.Table(
    "reid_outbox",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),  # null once the coordinator holds it
    sa.Column("queued_at", UtcTime, nullable=False),
)

reid_journal = sa.Table(
    "reid_journal",
    metadata,
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("logged", sa.Boolean, nullable=False),
)

_TABLES = tuple(table for name, table in metadata.tables.items() if name.startswith("reid_"))


def create_tables(engine: sa.Engine) -> sa.Engine:
    """Make these tables where they are missing and return the engine."""
    metadata.create_all(engine, tables=list(_TABLES))
    return engine
