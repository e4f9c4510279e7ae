"""A person decides about a request, on whichever side this node is.

Layer: node. The rules are asked first with the decision as it would stand, so that nobody signs what
must be refused; the holder's node asks them again before release. The decision is logged before it
counts. On the requesting side an approval seals and queues the request; on the disclosing side it only
opens the way to a release, which is an act of its own (DOMAIN P-01).
"""

from dataclasses import replace
from datetime import datetime

from crypto.errors import PolicyError, StateError
from crypto.log.entry import EventType
from crypto.signing import SigningDomain
from node.requests.case import Case, CaseState, OutgoingMessage, StoredApproval
from node.requests.courier import Letter, derive_message_id, seal_message
from node.requests.desk import Desk, Signatory
from node.requests.facts import get_match, get_record, open_case_file, with_approval
from node.requests.journal import Denial, Step, log_denial, log_step
from node.requests.opinion import Opinion, write_approval
from node.requests.package import prepare_release
from node.requests.rulings import refuse_by_person, seal_refusal, write_reasons
from node.requests.verification import pack, sign_as
from protos.messages import RelayKind
from scoring.policy.approval import ReidApproval
from scoring.policy.case_file import CaseFile, SignedApproval
from scoring.policy.request import ReidRequest
from scoring.policy.rules import decide_request
from scoring.policy.ruling import Refused, Ruling
from scoring.policy.vocabulary import ApproverRole, Side

_DECIDABLE = {
    Side.REQUESTING: frozenset({CaseState.DRAFTED}),
    Side.DISCLOSING: frozenset({CaseState.AWAITING_APPROVAL, CaseState.APPROVED}),
}


def decide_case(
    desk: Desk, request_id: str, *, opinion: Opinion, approver: Signatory, now: datetime
) -> Ruling | None:
    """Record a person's decision about a request.

    Returns:
        Granted when the decision lets the request go on; Refused when the rules forbid this decision, in
        which case it is logged and nothing else changes; None when the person refused the request.

    Raises:
        InputError: There is no such request, or a field of the decision is not of its form.
        PolicyError: The person holds no approving office.
        StateError: The request is not waiting for a decision here.
        TransportError, StorageError: The log did not take the entry; nothing changed.
    """
    case = desk.cases.get_case(request_id)
    check_approver(approver)
    if case.state not in _DECIDABLE[case.side]:
        raise StateError(
            f"expected a request that waits for a decision here, got one that is {case.state.value}"
        )
    file = open_case_file(desk, case, approvals=desk.cases.load_approvals(request_id), now=now)
    approval = write_approval(file, case.side, opinion=opinion, approver=approver)
    if not opinion.approves:
        _refuse(desk, case, request=file.request, approval=approval, approver=approver)
        return None
    ruling = decide_request(_as_decided(desk, case, file=file, approval=approval, approver=approver))
    if isinstance(ruling, Refused):
        denial = Denial(f"denial/{approval.approval_id}", approval.approver_id, request_id)
        log_denial(desk, denial, ruling=ruling, now=now)
        return ruling
    _approve(desk, case, request=file.request, approval=approval, approver=approver)
    return ruling


def check_approver(person: Signatory) -> None:
    """Raise PolicyError unless the person holds an office that approves."""
    if person.credential.role not in set(ApproverRole):
        raise PolicyError(
            f"{person.credential.person_id} holds {person.credential.role}, which does not approve; "
            f"ask someone who holds one of {', '.join(ApproverRole)}"
        )


def _as_decided(
    desk: Desk, case: Case, *, file: CaseFile, approval: ReidApproval, approver: Signatory
) -> CaseFile:
    """Return the case file as it would stand; on the disclosing side with what would be released now."""
    decided = with_approval(file, SignedApproval(approval, approver.credential))
    if case.side == Side.REQUESTING:
        return decided
    record = get_record(desk, get_match(desk, case), now=file.now)
    return prepare_release(desk, decided, record=record, discloser_id=approval.approver_id)


def _approve(
    desk: Desk, case: Case, *, request: ReidRequest, approval: ReidApproval, approver: Signatory
) -> None:
    signed = _log_and_sign(desk, request, approval=approval, approver=approver)
    asks = case.side == Side.REQUESTING
    decided = replace(
        case, state=CaseState.SENT if asks else CaseState.APPROVED, changed_at=approval.decided_at
    )
    message = _seal_request(desk, case, request=request, approval=signed) if asks else None
    desk.cases.record_decision(case, decided, approval=signed, message=message)


def _refuse(
    desk: Desk, case: Case, *, request: ReidRequest, approval: ReidApproval, approver: Signatory
) -> None:
    signed = _log_and_sign(desk, request, approval=approval, approver=approver)
    refused = refuse_by_person(case.side)
    at = approval.decided_at
    message = (
        seal_refusal(desk, request, refused=refused, recipient=case.counterpart, now=at)
        if case.side == Side.DISCLOSING
        else None
    )
    desk.cases.record_decision(
        case,
        replace(case, state=CaseState.REFUSED, changed_at=at),
        approval=signed,
        refusal=write_reasons(refused),
        message=message,
    )


def _log_and_sign(
    desk: Desk, request: ReidRequest, *, approval: ReidApproval, approver: Signatory
) -> StoredApproval:
    step = Step(
        name=f"approval/{approval.approval_id}",
        event_type=EventType.APPROVAL,
        actor_id=approval.approver_id,
        request_ref=request.request_id,
        subject={
            "approval_id": approval.approval_id,
            "decision": approval.decision.value,
            "request_digest": request.digest,
        },
        justification_code=approval.decision.value,
    )
    log_step(desk, step, now=approval.decided_at)
    signed = sign_as(approver, SigningDomain.APPROVAL, approval.to_body())
    return StoredApproval(approval.approval_id, approval.side, signed)


def _seal_request(
    desk: Desk, case: Case, *, request: ReidRequest, approval: StoredApproval
) -> OutgoingMessage:
    letter = Letter(
        kind=RelayKind.REQUEST,
        message_id=derive_message_id(RelayKind.REQUEST, request.digest, approval.approval_id),
        recipient=case.counterpart,
    )
    content = {"request": pack(case.request), "approval": pack(approval.approval)}
    return seal_message(desk, letter, content=content)
