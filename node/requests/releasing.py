"""Release: a person at the holder lets an approved package go.

Layer: node. All rules are asked again, now, with both approvals and the very disclosure that would be
sent. Order: logged with a verified inclusion proof, then match used up and package queued in one
transaction, then sent. A crash after the first leaves a log entry and no disclosure, and the next
attempt makes the same entry; a crash after the second sends what is queued. Nothing is ever released
that the log does not hold (fail closed), and no match twice (DOMAIN P-10).
"""

from dataclasses import replace
from datetime import datetime

from crypto.canonical import format_time
from crypto.errors import StateError
from crypto.log.entry import EventType
from crypto.signing import SigningDomain
from node.requests.case import Case, CaseState, OutgoingMessage, SignedBy
from node.requests.courier import Letter, derive_message_id, seal_message
from node.requests.deciding import check_approver
from node.requests.desk import Desk, Signatory
from node.requests.facts import get_match, get_record, open_case_file
from node.requests.journal import Denial, Step, log_denial, log_step
from node.requests.package import prepare_release
from node.requests.rulings import seal_refusal, write_reasons
from node.requests.verification import pack, sign_as
from protos.messages import RelayKind
from scoring.policy.case_file import CaseFile, Stage
from scoring.policy.disclosure import Disclosure
from scoring.policy.request import ReidRequest
from scoring.policy.rules import decide_request
from scoring.policy.ruling import Granted, Refused, Ruling
from scoring.policy.vocabulary import Side


def release_disclosure(desk: Desk, request_id: str, *, releaser: Signatory, now: datetime) -> Ruling:
    """Release what both sides approved, if every rule still allows it.

    By releasing, the person says that they have checked the record today (DPA 2018 s.38(4)-(5)).

    Returns:
        Granted once the package is durably queued (also when it was before); Refused when a rule fired:
        then the request is closed and the requester told.

    Raises:
        InputError: There is no such request.
        PolicyError: The person holds no approving office.
        StateError: It is not approved here, or the record is no longer held.
        TransportError, StorageError: The log did not take the entry; nothing was released.
    """
    case = desk.cases.get_case(request_id)
    check_approver(releaser)
    if case.side == Side.DISCLOSING and case.state == CaseState.DISCLOSED:
        return Granted(Stage.RELEASE, (), ())
    if case.side != Side.DISCLOSING or case.state != CaseState.APPROVED:
        raise StateError(
            f"expected another member's request that was approved here, got one that is {case.state.value}; "
            "an approver of this member decides first, with: clew-node request approve"
        )
    file = _prepare(desk, case, releaser=releaser, now=now)
    ruling = decide_request(file)
    if isinstance(ruling, Refused):
        _close(desk, case, file=file, refused=ruling, releaser=releaser)
    else:
        _release(desk, case, file=file, releaser=releaser)
    return ruling


def _prepare(desk: Desk, case: Case, *, releaser: Signatory, now: datetime) -> CaseFile:
    approvals = desk.cases.load_approvals(case.request_id)
    file = open_case_file(desk, case, approvals=approvals, now=now)
    record = get_record(desk, get_match(desk, case), now=now)
    return prepare_release(desk, file, record=record, discloser_id=releaser.credential.person_id)


def _close(desk: Desk, case: Case, *, file: CaseFile, refused: Refused, releaser: Signatory) -> None:
    now = file.now
    approvals = "/".join(signed.approval.approval_id for signed in file.approvals)
    person_id = releaser.credential.person_id
    denial = Denial(f"denial/{approvals}/{person_id}", person_id, case.request_id)
    log_denial(desk, denial, ruling=refused, now=now)
    desk.cases.record_decision(
        case,
        replace(case, state=CaseState.REFUSED, changed_at=now),
        refusal=write_reasons(refused),
        message=seal_refusal(desk, file.request, refused=refused, recipient=case.counterpart, now=now),
    )


def _release(desk: Desk, case: Case, *, file: CaseFile, releaser: Signatory) -> None:
    disclosure = file.disclosure
    if disclosure is None:
        raise StateError("no disclosure was prepared, so nothing can be released")
    signed = sign_as(releaser, SigningDomain.DISCLOSURE, disclosure.to_body())
    message = _seal_package(desk, case, request=file.request, disclosure=disclosure, signed=signed)
    log_step(desk, _describe(disclosure, file.request), now=file.now)
    done = desk.cases.record_disclosure(
        case, approval_ids=disclosure.approval_ids, message=message, now=file.now
    )
    if not done and desk.cases.get_case(case.request_id).state != CaseState.DISCLOSED:
        raise StateError(
            "the match was disclosed meanwhile for another request (P-10); nothing was released for this one"
        )


def _describe(disclosure: Disclosure, request: ReidRequest) -> Step:
    return Step(
        # With the person: whoever releases after another's attempt failed is the one in the log.
        name=f"disclosure/{'/'.join(disclosure.approval_ids)}/{disclosure.discloser_person_id}",
        event_type=EventType.DISCLOSURE,
        actor_id=disclosure.discloser_person_id,
        request_ref=disclosure.request_id,
        subject={
            "disclosure_id": disclosure.disclosure_id,
            "request_digest": request.digest,
            "items": [str(item) for item in disclosure.items],
        },
        justification_code=str(request.le_purpose or request.lawful_basis),
        recipient_ids=(disclosure.recipient_org, *disclosure.recipient_person_ids),
    )


def _seal_package(
    desk: Desk, case: Case, *, request: ReidRequest, disclosure: Disclosure, signed: SignedBy
) -> OutgoingMessage:
    (approval,) = (
        stored.approval
        for stored in desk.cases.load_approvals(case.request_id)
        if stored.side == Side.DISCLOSING
    )
    letter = Letter(
        kind=RelayKind.DISCLOSURE,
        message_id=derive_message_id(RelayKind.DISCLOSURE, request.digest),
        recipient=case.counterpart,
        header={"request_id": case.request_id, "expires_at": format_time(disclosure.opens_until)},
        bound=bind_package(request),
    )
    return seal_message(desk, letter, content={"disclosure": pack(signed), "approval": pack(approval)})


def bind_package(request: ReidRequest) -> dict[str, str]:
    """Return what a package is sealed for beside its parties and expiry: this request, this purpose."""
    return {
        "request_digest": request.digest,
        "purpose": str(request.le_purpose or request.lawful_basis),
    }
