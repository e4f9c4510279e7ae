"""A request arrives at the holder: open, verify, judge on own figures, ask or refuse.

Layer: node. Nothing that the message says about probability, scores or authority is believed. A
duplicate changes nothing; another text under a known id is refused and leaves the first as it is. What
a member cannot know (whose match it is, how a record is marked) it does not learn from the answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from crypto.agreement import Member
from crypto.canonical import parse_json
from crypto.errors import InputError, VerificationError
from node.requests.case import Case, CaseState, SignedBy, StoredApproval
from node.requests.courier import derive_message_id, open_message
from node.requests.desk import Desk
from node.requests.facts import open_case_file
from node.requests.journal import Denial, log_denial
from node.requests.rulings import refuse_taken_id, refuse_unverified, seal_refusal, write_reasons
from node.requests.verification import unpack, verify_approval, verify_request
from protos.messages import RelayKind, RelayMessage
from scoring.policy.case_file import SignedApproval
from scoring.policy.request import ReidRequest, parse_request
from scoring.policy.rules import decide_request
from scoring.policy.ruling import Refused, Ruling, refuse_unknown_match
from scoring.policy.vocabulary import Side

_PARTS = ("request", "approval")


def receive_request(desk: Desk, message: RelayMessage, *, now: datetime) -> None:
    """Take a sealed request: queue it for this side's approver, or refuse it and answer.

    Raises:
        VerificationError: It does not open or holds no request; or its id stands for another request.
        TransportError, StorageError: The log did not take the entry; nothing changed, try again.
    """
    content = open_message(desk, message, bound={})
    signed = {name: unpack(content, name) for name in _PARTS}
    sender = desk.agreement.get_member(message.sender)
    try:
        request, approval = _verify(message, signed, sender=sender)
    except (InputError, VerificationError):
        _answer_unverified(desk, message, signed=signed["request"], now=now)
        return
    known = desk.cases.find_case(request.request_id)
    if known is None:
        stored = StoredApproval(approval.approval.approval_id, approval.approval.side, signed["approval"])
        case = _open_case(request, signed["request"], sender=sender.name, now=now)
        _judge(desk, case, request=request, approval=stored, now=now)
    elif (known.side, known.counterpart) != (Side.DISCLOSING, sender.name):
        _answer(desk, message, request=request, refused=refuse_taken_id(), now=now)
    elif known.request.statement != signed["request"].statement:
        raise VerificationError("expected a new request id, got one that stands for another request here")


def _verify(
    message: RelayMessage, signed: Mapping[str, SignedBy], *, sender: Member
) -> tuple[ReidRequest, SignedApproval]:
    request, _requester = verify_request(signed["request"], sender)
    approval = verify_approval(signed["approval"], sender)
    about = (request.digest, approval.approval.approval_id)
    if message.message_id != derive_message_id(RelayKind.REQUEST, *about):
        raise VerificationError("expected a message about the request it holds, got another's id")
    return request, approval


def _answer_unverified(desk: Desk, message: RelayMessage, *, signed: SignedBy, now: datetime) -> None:
    """Refuse it, and tell the sending node if there is a request that the answer can name."""
    statement = parse_json(signed.statement)
    try:
        request = parse_request(statement.get("body", {}) if isinstance(statement, dict) else {})
    except InputError:
        request = None
    _answer(desk, message, request=request, refused=refuse_unverified(), now=now)


def _answer(
    desk: Desk, message: RelayMessage, *, request: ReidRequest | None, refused: Refused, now: datetime
) -> None:
    denial = Denial(f"denial/{message.message_id}", desk.node_id, "")
    log_denial(desk, denial, ruling=refused, now=now)
    if request is not None:
        answer = seal_refusal(desk, request, refused=refused, recipient=message.sender, now=now)
        desk.mail.queue_message(answer, now=now)


def _open_case(request: ReidRequest, signed: SignedBy, *, sender: str, now: datetime) -> Case:
    return Case(
        request_id=request.request_id,
        side=Side.DISCLOSING,
        counterpart=sender,
        match_ref=request.match_ref.hex(),
        state=CaseState.AWAITING_APPROVAL,
        request=signed,
        refusal=None,
        changed_at=now,
    )


def _judge(desk: Desk, case: Case, *, request: ReidRequest, approval: StoredApproval, now: datetime) -> None:
    ruling = _rule(desk, case, approval=approval, now=now)
    if not isinstance(ruling, Refused):
        desk.cases.store_case(case, approvals=(approval,))
        return
    denial = Denial(f"denial/{request.digest}/{approval.approval_id}", desk.node_id, request.request_id)
    log_denial(desk, denial, ruling=ruling, now=now)
    answer = seal_refusal(desk, request, refused=ruling, recipient=case.counterpart, now=now)
    refused = replace(case, state=CaseState.REFUSED, refusal=write_reasons(ruling))
    desk.cases.store_case(refused, approvals=(approval,), message=answer)


def _rule(desk: Desk, case: Case, *, approval: StoredApproval, now: datetime) -> Ruling:
    match = desk.records.find_match(bytes.fromhex(case.match_ref))
    # A match with a third member is, for this one, no match at all.
    if match is None or match.counterpart != case.counterpart:
        return refuse_unknown_match()
    if desk.records.find_record(match, now=now) is None:
        return refuse_unknown_match()
    return decide_request(open_case_file(desk, case, approvals=(approval,), now=now))
