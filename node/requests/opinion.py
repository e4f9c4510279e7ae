"""What an approver says, turned into an approval of one exact request.

Layer: node, pure.
"""

import uuid
from dataclasses import dataclass

from crypto.canonical import format_time
from node.requests.desk import Signatory
from scoring.policy.approval import APPROVAL_LIFETIME, ReidApproval, parse_approval
from scoring.policy.body import whole_milliseconds
from scoring.policy.case_file import CaseFile
from scoring.policy.request import ReidRequest
from scoring.policy.vocabulary import Decision, DpoAdvice, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What an approver says.

    Args:
        approves: Whether the request may go on.
        reason: Why, 50 to 2000 characters.
        items: Names of the items approved; None for all that reached this approver.
        conditions: Handling conditions, or None.
        dpo_advice: What the data protection officer advised.
        has_conflict: Whether the approver is connected to the case.
    """

    approves: bool
    reason: str
    items: tuple[str, ...] | None = None
    conditions: str | None = None
    dpo_advice: DpoAdvice = DpoAdvice.NOT_SOUGHT
    has_conflict: bool = False


def write_approval(file: CaseFile, side: Side, *, opinion: Opinion, approver: Signatory) -> ReidApproval:
    """Return the approval of the request on file, bound to its digest, valid for 72 hours.

    Raises:
        InputError: A field is not of its form; the message names it.
    """
    items = list(opinion.items if opinion.items is not None else _items_reaching(file, side))
    decided_at = whole_milliseconds(file.now)
    return parse_approval(
        {
            "approval_id": str(uuid.uuid4()),
            "request_id": file.request.request_id,
            "request_digest": file.request.digest,
            "side": side.value,
            "approver_id": approver.credential.person_id,
            "approver_role": approver.credential.role,
            "decision": _name_decision(opinion, items, file.request).value,
            "data_items_approved": items if opinion.approves else [],
            "conditions": opinion.conditions,
            "reason": opinion.reason,
            "dpo_advice": opinion.dpo_advice.value,
            "conflict_declaration": opinion.has_conflict,
            "valid_until": format_time(decided_at + APPROVAL_LIFETIME),
            "decided_at": format_time(decided_at),
        }
    )


def _items_reaching(file: CaseFile, side: Side) -> tuple[str, ...]:
    """Return what there is to approve: on the disclosing side, what the requesting side let through."""
    items = file.request.data_items_requested
    earlier = file.approvals_of(Side.REQUESTING) if side == Side.DISCLOSING else ()
    return tuple(
        item for item in items if all(item in signed.approval.data_items_approved for signed in earlier)
    )


def _name_decision(opinion: Opinion, items: list[str], request: ReidRequest) -> Decision:
    if not opinion.approves:
        return Decision.REFUSE
    whole = set(items) >= set(request.data_items_requested)
    return Decision.APPROVE if whole else Decision.APPROVE_REDUCED
