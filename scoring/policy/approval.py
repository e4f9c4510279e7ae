"""An approval: what one person on one side decided about one exact request.

Layer: scoring, pure. The fields of ``reid_approval`` in ``governance_schema.csv`` except the signature,
plus ``request_digest``: the request that the approver read, byte for byte.

Threat: an approval reused for another request, for an edited one, or long after it was given.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from scoring.policy.body import (
    DIGEST,
    FLAG,
    PERSON_ID,
    TIME,
    UUID_TEXT,
    body_field,
    body_object,
    choice,
    freeze_fields,
    optional,
    parse_fields,
    require,
    several,
    text,
    write_fields,
)
from scoring.policy.vocabulary import ApproverRole, DataItem, Decision, DpoAdvice, Side

APPROVAL_LIFETIME = timedelta(hours=72)
"""How long an approval may wait to be acted on (DOMAIN P-09)."""

APPROVING = frozenset({Decision.APPROVE, Decision.APPROVE_REDUCED})
"""The decisions that let a request go on."""


@body_object
class ReidApproval:
    """A recorded human decision.

    Args:
        approval_id: UUID text.
        request_id: UUID text of the request.
        request_digest: :attr:`ReidRequest.digest` of the request as the approver read it.
        side: Whose organisation the approver speaks for.
        approver_id: Opaque id of the person who decides and signs.
        approver_role: In which office.
        decision: What was decided; ``dpo_advice`` CONCERNS leaves only REFER_UP or REFUSE.
        data_items_approved: What may be disclosed; empty unless the decision approves.
        conditions: Handling conditions, or None.
        reason: Why, 50 to 2000 characters.
        dpo_advice: Advice of the data protection officer.
        conflict_declaration: True where the approver has a connection to the case (DOMAIN P-03).
        valid_until: After ``decided_at``, at most 72 hours later.
        decided_at: Aware UTC time in whole milliseconds.

    Raises:
        InputError: A field is not of its form, or two fields contradict each other.
    """

    approval_id: str = body_field(UUID_TEXT)
    request_id: str = body_field(UUID_TEXT)
    request_digest: str = body_field(DIGEST)
    side: Side = body_field(choice(Side))
    approver_id: str = body_field(PERSON_ID)
    approver_role: ApproverRole = body_field(choice(ApproverRole))
    decision: Decision = body_field(choice(Decision))
    data_items_approved: tuple[DataItem, ...] = body_field(several(choice(DataItem), least=0))
    conditions: str | None = body_field(optional(text(1, 2000)), private=True)
    reason: str = body_field(text(50, 2000), private=True)
    dpo_advice: DpoAdvice = body_field(choice(DpoAdvice))
    conflict_declaration: bool = body_field(FLAG)
    valid_until: datetime = body_field(TIME)
    decided_at: datetime = body_field(TIME)

    def __post_init__(self) -> None:
        freeze_fields(self)
        require(
            bool(self.data_items_approved) == self.is_approving,
            "ReidApproval.data_items_approved",
            "at least one item with APPROVE or APPROVE_REDUCED, none with REFUSE or REFER_UP",
        )
        require(
            not (self.is_approving and self.dpo_advice == DpoAdvice.CONCERNS),
            "ReidApproval.decision",
            "REFER_UP or REFUSE, because the data protection officer has concerns",
        )
        require(
            self.decided_at < self.valid_until <= self.decided_at + APPROVAL_LIFETIME,
            "ReidApproval.valid_until",
            "a time after decided_at and at most 72 hours later",
        )

    @property
    def is_approving(self) -> bool:
        """Whether the decision lets the request go on."""
        return self.decision in APPROVING

    def to_body(self) -> dict[str, Any]:
        """Return the JSON that is signed under SigningDomain.APPROVAL."""
        return write_fields(self)


def parse_approval(body: Mapping[str, Any]) -> ReidApproval:
    """Parse the untrusted body of an approval.

    Raises:
        InputError: As :class:`ReidApproval`; the message names the field, never its value.
    """
    return parse_fields(ReidApproval, body)
