"""What an approver says, turned into an approval of one exact request.

Layer: node, pure.
"""

import uuid
from dataclasses import dataclass

from crypto.canonical import format_time
from crypto.errors import InputError
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


def parse_opinion(
    decision: str,
    reason: bytes,
    *,
    items: str | None,
    dpo_advice: str,
) -> Opinion:
    """Return an opinion as typed at a command line; raises InputError that names the option."""
    if decision not in (Decision.APPROVE, Decision.REFUSE):
        raise InputError("--decision: expected APPROVE or REFUSE; to approve less, name --items")
    if dpo_advice not in set(DpoAdvice):
        raise InputError(f"--dpo-advice: expected one of {', '.join(DpoAdvice)}")
    try:
        words = reason.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise InputError("--reason-file: expected UTF-8 text") from error
    return Opinion(
        approves=decision == Decision.APPROVE,
        reason=words,
        items=tuple(item.strip() for item in items.split(",")) if items is not None else None,
        dpo_advice=DpoAdvice(dpo_advice),
    )


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
