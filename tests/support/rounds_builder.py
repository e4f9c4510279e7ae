"""Agreements and rounds for tests that need a state and no server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from coordinator import rounds
from coordinator.rounds import Round
from crypto.agreement import Agreement, Member
from crypto.pki import Role
from crypto.sealing import SealingKey
from crypto.signing import SigningKey
from protos.messages import RoundOpening, RoundState, SubmissionHeader
from scoring.risk.gravity import load_default_gravity_table
from tests.support.view_schemas import PLAIN, PLAIN_THRESHOLDS

NOW = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
ROUND_ID = "11111111-1111-4111-8111-111111111111"
OPENING = RoundOpening(submit_for_s=600, resolve_for_s=400, assess_for_s=300, collect_for_s=120)
DIGEST = "ab" * 32
SIGNING = {name: SigningKey.generate() for name in ("essex", "kent", "care")}
_AGENCIES = {"essex": "POLICE", "kent": "POLICE", "care": "SOCIAL_CARE"}
MEMBERS = {
    name: Member(
        name=name,
        display_name=name.title(),
        role=Role.FORCE if agency == "POLICE" else Role.PARTNER,
        agency_type=agency,
        hpke_public_key=SealingKey.generate().public_key,
        signing_public_key=SIGNING[name].public_key,
    )
    for name, agency in _AGENCIES.items()
}


def make_agreement(**fields: Any) -> Agreement:
    """Return an unsigned agreement of two forces and a partner agency."""
    schema = PLAIN
    values: dict[str, Any] = {
        "federation": "east.example",
        "version": 1,
        "issued_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=30),
        "members": tuple(MEMBERS.values()),
        "custodian": "essex",
        "key_epoch": 3,
        "schema": schema.body,
        "schema_digest": schema.digest,
        "weights_version": load_default_gravity_table().version,
        "log_public_key": SigningKey.generate().public_key,
        "log_origin": "east.example/clew-log",
        "thresholds": PLAIN_THRESHOLDS,
    }
    return Agreement(**(values | fields))


AGREEMENT = make_agreement()


def make_round(state: RoundState = RoundState.OPEN, *, number: int = 1, **fields: Any) -> Round:
    """Return a round under :data:`AGREEMENT` in any state, in which nobody has done anything."""
    new = rounds.open_round(OPENING, AGREEMENT, number=number, round_id=ROUND_ID, now=NOW)
    return replace(new, state=state, **fields)


def make_header(current: Round, **fields: Any) -> SubmissionHeader:
    """Return a submission header that fits a round."""
    values: dict[str, Any] = {
        "round_id": current.round_id,
        "schema_digest": current.schema_digest,
        "agreement_digest": current.agreement_digest,
        "key_epoch": current.key_epoch,
        "record_count": 10,
        "content_digest": DIGEST,
    }
    return SubmissionHeader(**(values | fields))
