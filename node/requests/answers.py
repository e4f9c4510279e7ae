"""What comes back to the requester: a refusal with its rules, or a sealed package.

Layer: node. Both are taken only for a request that this node sent to exactly that member, and only when
they verify; the package is checked on arrival, so that junk cannot take a package's place, and kept
sealed until the officer who asked opens it.
"""

from dataclasses import replace
from datetime import datetime

from crypto.canonical import parse_time
from crypto.errors import VerificationError
from node.requests.case import Case, CaseState, StoredPackage
from node.requests.courier import derive_message_id, open_message, read_header
from node.requests.desk import Desk
from node.requests.facts import verify_case
from node.requests.releasing import bind_package
from node.requests.rulings import open_refusal, write_reasons
from node.requests.verification import unpack, verify_approval, verify_disclosure
from protos.messages import RelayKind, RelayMessage
from scoring.policy.disclosure import Disclosure
from scoring.policy.request import ReidRequest
from scoring.policy.vocabulary import Side


def receive_ruling(desk: Desk, message: RelayMessage, *, now: datetime) -> None:
    """Keep a refusal with its reasons; a repeat changes nothing.

    Raises:
        VerificationError: It is not the holder's answer to a request of this node.
    """
    case = _find_own_case(desk, message)
    request, _requester = verify_case(desk, case)
    refused = open_refusal(desk, message, request=request)
    if case.state == CaseState.SENT:
        changed = replace(case, state=CaseState.REFUSED, changed_at=now)
        desk.cases.record_decision(case, changed, refusal=write_reasons(refused))


def receive_package(desk: Desk, message: RelayMessage, *, now: datetime) -> None:
    """Keep a package, sealed, once it proves to be the holder's answer; a repeat changes nothing.

    Raises:
        VerificationError: It is not, or names another request, recipient or expiry.
        InputError: It is malformed.
    """
    case = _find_own_case(desk, message)
    request, _requester = verify_case(desk, case)
    disclosure = verify_package(desk, message, request=request)
    if case.state == CaseState.SENT:
        package = StoredPackage(case.request_id, message.message_id, message.sealed, disclosure.opens_until)
        desk.mail.store_package(package, now=now)


def verify_package(desk: Desk, message: RelayMessage, *, request: ReidRequest) -> Disclosure:
    """Return the disclosure in a package, verified down to the people who approved and released it.

    Raises:
        VerificationError: A signature, credential or binding does not hold.
        InputError: It is malformed.
    """
    content = open_message(desk, message, bound=bind_package(request))
    holder = desk.agreement.get_member(message.sender)
    disclosure, _discloser = verify_disclosure(unpack(content, "disclosure"), holder)
    approval = verify_approval(unpack(content, "approval"), holder).approval
    expected = (request.request_id, request.requesting_org, request.digest, Side.DISCLOSING)
    if (disclosure.request_id, disclosure.recipient_org, approval.request_digest, approval.side) != expected:
        raise VerificationError("expected a disclosure for this request, approved for it; got another's")
    if approval.approval_id not in disclosure.approval_ids or not approval.is_approving:
        raise VerificationError("expected a disclosure that rests on the approval sent with it, got another")
    if not set(disclosure.items) <= {*approval.data_items_approved} & {*request.data_items_requested}:
        raise VerificationError("expected only items requested and approved in the disclosure, got more")
    if parse_time(read_header(message).get("expires_at", "")) != disclosure.opens_until:
        raise VerificationError("expected a package with the expiry of its disclosure, got another")
    return disclosure


def _find_own_case(desk: Desk, message: RelayMessage) -> Case:
    case = desk.cases.find_case(read_header(message).get("request_id", ""))
    fits = case is not None and case.side == Side.REQUESTING and case.counterpart == message.sender
    if case is None or not fits or case.state == CaseState.DRAFTED:
        raise VerificationError("expected an answer to a request that this node sent to this member")
    return case


def rebuild_message(desk: Desk, case: Case, *, package: StoredPackage, request: ReidRequest) -> RelayMessage:
    """Return a stored package as the message that it came in."""
    if package.sealed is None or package.message_id != derive_message_id(
        RelayKind.DISCLOSURE, request.digest
    ):
        raise VerificationError("expected the package of this request, got none or another")
    return RelayMessage(
        message_id=package.message_id,
        sender=case.counterpart,
        recipient=desk.member,
        kind=RelayKind.DISCLOSURE,
        sealed=package.sealed,
    )
