"""Tables of a node's database.

Layer: node.store. Column names are the field names of the objects they hold. Times are aware UTC, kept
as canonical text; lists and enumerations are kept as JSON and text.
"""

from datetime import datetime

import sqlalchemy as sa

from crypto.canonical import format_time, parse_time


class UtcTime(sa.TypeDecorator[datetime]):
    """An aware time as canonical text, which sorts as the time does."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> str | None:
        """Write a time."""
        return None if value is None else format_time(value)

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> datetime | None:
        """Read a time."""
        return None if value is None else parse_time(value)


metadata = sa.MetaData()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


nominal = sa.Table(
    "nominal",
    metadata,
    sa.Column("nominal_id", sa.Text, primary_key=True),
    *_text("source_system", "given_names", "surname"),
    sa.Column("dob", sa.Date),
    *_text("dob_quality", "sex_recorded", "pncid", "postcode"),
    *_flags("is_police_employee"),
    *_text("sensitivity"),
)

crime = sa.Table(
    "crime",
    metadata,
    sa.Column("crime_id", sa.Text, primary_key=True),
    *_text("ho_class", "ho_detail_code"),
    sa.Column("committed_from", UtcTime, nullable=False),
    sa.Column("recorded_at", UtcTime, nullable=False),
    *_text("status"),
    sa.Column("outcome_code", sa.Integer),
    *_flags("flag_da", "flag_stalking", "flag_online", "marker_strangulation", "marker_weapon"),
    *_flags("marker_child_present", "marker_order_breach"),
    *_text("investigating_team", "location_type"),
)

crime_party = sa.Table(
    "crime_party",
    metadata,
    sa.Column("crime_id", sa.Text, sa.ForeignKey("crime.crime_id"), primary_key=True),
    sa.Column("nominal_id", sa.Text, sa.ForeignKey("nominal.nominal_id"), primary_key=True, index=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("named_by", sa.Text),
    *_text("relationship"),
    sa.Column("victim_age_band", sa.Text),
)

partner_contact = sa.Table(
    "partner_contact",
    metadata,
    sa.Column("partner_record_id", sa.Text, primary_key=True),
    sa.Column("subject_nominal_id", sa.Text, sa.ForeignKey("nominal.nominal_id"), nullable=False),
    *_text("subject_role", "partner_type", "contact_class"),
    sa.Column("contact_date", sa.Date, nullable=False),
    *_text("severity_bucket", "lawful_gateway", "consent", "guardian_release"),
)

agreement = sa.Table(
    "agreement",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("envelope", sa.LargeBinary, nullable=False),
    sa.Column("accepted_at", UtcTime, nullable=False),
)

linkage_key = sa.Table(
    "linkage_key",
    metadata,
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False),
)

key_share_sent = sa.Table(
    "key_share_sent",
    metadata,
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("public_key", sa.Text, primary_key=True),
)

participation = sa.Table(
    "participation",
    metadata,
    sa.Column("round_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    *_text("state"),
    sa.Column("record_count", sa.Integer, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("question_digest", sa.Text, nullable=False, default=""),  # empty until one is answered
)

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("round_id", sa.Text, sa.ForeignKey("participation.round_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    *_text("content_digest", "state"),
    sa.Column("record_count", sa.Integer, nullable=False),
)

linkability = sa.Table(
    "linkability",
    metadata,
    sa.Column("round_id", sa.Text, primary_key=True),
    sa.Column("checked_at", UtcTime, nullable=False),
    sa.Column("records_version", sa.Integer, nullable=False),
    *_flags("is_stopped"),
    sa.Column("findings", sa.JSON, nullable=False),
)

records_version = sa.Table(
    "records_version",
    metadata,
    sa.Column("version", sa.Integer, nullable=False),
)

summary_asked = sa.Table(
    "summary_asked",
    metadata,
    sa.Column("round_id", sa.Text, sa.ForeignKey("participation.round_id"), primary_key=True),
    sa.Column("token", sa.LargeBinary, primary_key=True),
)

match = sa.Table(
    "match",
    metadata,
    sa.Column("match_ref", sa.Text, primary_key=True),
    *_text("cluster_ref", "round_id"),
    sa.Column("round_number", sa.Integer, nullable=False),
    sa.Column("published_at", UtcTime, nullable=False, index=True),
    sa.Column("nominal_ids", sa.JSON, nullable=False),
    *_text("counterpart", "counterpart_agency_type"),
    sa.Column("candidate_probability", sa.Float, nullable=False),
    sa.Column("score_lower", sa.Float, nullable=False),
    sa.Column("score_upper", sa.Float, nullable=False),
    *_flags("rule_override"),
    sa.Column("breadth", sa.Integer, nullable=False),
    sa.Column("other_forces", sa.Integer, nullable=False),
    *_text("others_events", "others_oldest"),
    sa.Column("others_threats", sa.JSON, nullable=False),
    *_flags("juvenile", "placeholder_weights"),
)

log_checkpoint = sa.Table(
    "log_checkpoint",
    metadata,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    *_text("note"),
)

log_outbox = sa.Table(
    "log_outbox",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("entry", sa.LargeBinary, nullable=False, unique=True),
)

log_receipt = sa.Table(
    "log_receipt",
    metadata,
    sa.Column("entry", sa.LargeBinary, primary_key=True),
    sa.Column("receipt", sa.LargeBinary, nullable=False),
)

log_salt = sa.Table(
    "log_salt",
    metadata,
    sa.Column("object_ref", sa.Text, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
)
