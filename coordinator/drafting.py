"""Drafting a federation agreement from approved enrolments, for the governance board to sign.

Layer: coordinator, pure. The draft proposes; only the governance key makes it count.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crypto.agreement import Agreement, Member, Thresholds
from crypto.encoding.schema import LinkageSchema
from crypto.errors import InputError, StateError
from protos.messages import Enrolment, EnrolmentState

DEFAULT_THRESHOLDS = Thresholds(
    # Merged evidence of uk-police (docs/adr/0014). Twins in two homes and namesakes reach about 0.62; from
    # 0.65 on 99.7% of links of fed5-low are right and 97% of matches found, of fed5-medium 99.6% and 90%.
    candidate_similarity_floor=0.65,
    summary_probability=0.80,  # DOMAIN 2.4: review from here
    routine_probability=0.95,  # P-05
    routine_score=60.0,  # P-05
    max_summary_share=0.5,  # two forces with a common border share at most a quarter (issue of overlap)
)


def draft_agreement(
    enrolments: Sequence[Enrolment],
    schema: LinkageSchema,
    *,
    federation: str,
    version: int,
    key_epoch: int,
    custodian: str,
    weights_version: str,
    log_public_key: str,
    log_origin: str,
    issued_at: datetime,
    lifetime: timedelta,
) -> Agreement:
    """Return an unsigned agreement with every approved organisation as a member.

    Raises:
        StateError: Fewer than two are approved.
        InputError: The custodian is not among them.
    """
    members = tuple(
        Member(
            name=e.member,
            display_name=e.display_name,
            role=e.role,
            agency_type=e.agency_type,
            hpke_public_key=e.hpke_public_key,
            signing_public_key=e.signing_public_key,
        )
        for e in enrolments
        if e.state is EnrolmentState.APPROVED
    )
    if len(members) < 2:
        raise StateError(
            f"expected at least two approved members, got {len(members)}; approve enrolments first"
        )
    if custodian not in {member.name for member in members}:
        raise InputError("the key custodian must be an approved member; choose another with --custodian")
    return Agreement(
        federation=federation,
        version=version,
        issued_at=issued_at,
        expires_at=issued_at + lifetime,
        members=members,
        custodian=custodian,
        key_epoch=key_epoch,
        schema=schema.body,
        schema_digest=schema.digest,
        weights_version=weights_version,
        log_public_key=log_public_key,
        log_origin=log_origin,
        thresholds=DEFAULT_THRESHOLDS,
    )
