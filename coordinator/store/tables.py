"""The coordinator's tables.

Layer: coordinator. No column holds personal data: encodings lie in segment files until a round closes,
summaries and tokens in the tables marked as round data, which are erased with them.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

enrolment = sa.Table(
    "enrolment",
    metadata,
    sa.Column("member", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("agency_type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("signing_request_pem", sa.LargeBinary, nullable=False, default=b""),
    sa.Column("hpke_public_key", sa.Text, nullable=False, default=""),
    sa.Column("signing_public_key", sa.Text, nullable=False, default=""),
    sa.Column("fingerprint", sa.Text, nullable=False, default=""),
    sa.Column("certificate_pem", sa.LargeBinary, nullable=False, default=b""),
)

agreement = sa.Table(
    "agreement",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
)

round_ = sa.Table(
    "round",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("round_id", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.JSON, nullable=False),
)

# Round data: erased when the round closes.
asked_row = sa.Table(
    "asked_row",
    metadata,
    sa.Column("round_id", sa.Text, nullable=False),
    sa.Column("member", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # over all views of the member, for paging
    sa.Column("view", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # of the row in its view, over all batches
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("record", sa.LargeBinary),  # the record token it was resolved to; null: not resolved
    sa.PrimaryKeyConstraint("round_id", "member", "number"),
    sa.UniqueConstraint("round_id", "member", "view", "token"),
)

# Round data: erased when the round closes.
cluster_record = sa.Table(
    "cluster_record",
    metadata,
    sa.Column("round_id", sa.Text, nullable=False, index=True),
    sa.Column("cluster_ref", sa.LargeBinary, nullable=False),
    sa.Column("member", sa.Text, nullable=False),
    sa.Column("token", sa.LargeBinary, nullable=False),
    sa.Column("envelope", sa.LargeBinary),  # null: not answered; empty: withheld
    sa.PrimaryKeyConstraint("round_id", "member", "token"),
)

# Round data: erased when the round closes.
result = sa.Table(
    "result",
    metadata,
    sa.Column("round_id", sa.Text, nullable=False),
    sa.Column("member", sa.Text, nullable=False),
    sa.Column("published_at", sa.Text, nullable=False),
    sa.Column("matches", sa.LargeBinary, nullable=False),  # MemberResults, as sent
    sa.PrimaryKeyConstraint("round_id", "member"),
)

# Round data: erased when the round closes; members keep the handles that concern them.
match = sa.Table(
    "match",
    metadata,
    sa.Column("match_ref", sa.LargeBinary, primary_key=True),
    sa.Column("round_id", sa.Text, nullable=False, index=True),
    sa.Column("cluster_ref", sa.LargeBinary, nullable=False),
    sa.Column("member_a", sa.Text, nullable=False),
    sa.Column("member_b", sa.Text, nullable=False),
    sa.Column("candidate_probability", sa.Float, nullable=False),
)

relay_message = sa.Table(
    "relay_message",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),  # null once the recipient has it
    sa.Column("sent_at", sa.Text, nullable=False),
    sa.UniqueConstraint("sender", "message_id"),
)

log_entry = sa.Table(
    "log_entry",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("entry", sa.LargeBinary, nullable=False),
)
