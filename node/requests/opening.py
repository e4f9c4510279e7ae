"""Opening a package: by the officer it is for, while it lives, and never without a log entry.

Layer: node. Threat: a colleague who reads what was disclosed to another, and a package read after its
28 days.
"""

import secrets
from datetime import datetime

from crypto.errors import PolicyError, StateError
from crypto.log.entry import EventType
from node.requests.answers import rebuild_message, verify_package
from node.requests.case import Case, StoredPackage
from node.requests.desk import Desk, Signatory
from node.requests.facts import verify_case
from node.requests.journal import Denial, Step, log_denial, log_step
from scoring.policy.disclosure import Disclosure
from scoring.policy.request import ReidRequest
from scoring.policy.ruling import Reason, Refused, RuleId
from scoring.policy.vocabulary import Side


def open_disclosure(desk: Desk, request_id: str, *, reader: Signatory, now: datetime) -> Disclosure:
    """Return a disclosure to a person it names; each opening is logged as a consultation first.

    Raises:
        InputError: There is no such request.
        StateError: Nothing was disclosed, or the package's lifetime is over (DOMAIN P-09).
        PolicyError: The disclosure is not for this person; logged as a denial.
        VerificationError: The package does not verify.
        TransportError, StorageError: The log did not take the entry; nothing was opened.
    """
    case = desk.cases.get_case(request_id)
    package = _get_package(desk, case, now=now)
    request, _requester = verify_case(desk, case)
    disclosure = verify_package(
        desk, rebuild_message(desk, case, package=package, request=request), request=request
    )
    reader_id = reader.credential.person_id
    if reader_id not in disclosure.recipient_person_ids:
        _deny(desk, request_id, reader_id=reader_id, now=now)
        raise PolicyError(
            f"the disclosure is not for {reader_id}; only the people it names may open it, "
            "anyone else makes a request of their own"
        )
    log_step(desk, _describe(request, disclosure, reader_id=reader_id), now=now)
    return disclosure


def _get_package(desk: Desk, case: Case, *, now: datetime) -> StoredPackage:
    package = desk.mail.find_package(case.request_id) if case.side == Side.REQUESTING else None
    if package is None:
        raise StateError(f"expected a request that was disclosed to this member, got {case.state.value}")
    if package.sealed is None or now > package.expires_at:
        desk.mail.erase_expired_packages(now=now)
        raise StateError(
            "P-09: the package was for 28 days and is gone; what is still needed is a new request",
            code="PACKAGE_EXPIRED",
        )
    return package


def _deny(desk: Desk, request_id: str, *, reader_id: str, now: datetime) -> None:
    reason = Reason(
        rule=RuleId.P_10, text="A disclosure is opened only by the people it names. Make a new request."
    )
    denial = Denial(f"denial/{secrets.token_hex(16)}", reader_id, request_id)
    log_denial(desk, denial, ruling=Refused((reason,)), now=now)


def _describe(request: ReidRequest, disclosure: Disclosure, *, reader_id: str) -> Step:
    return Step(
        name=f"consultation/{secrets.token_hex(16)}",
        event_type=EventType.CONSULTATION,
        actor_id=reader_id,
        request_ref=request.request_id,
        subject={"disclosure_id": disclosure.disclosure_id, "request_digest": request.digest},
        justification_code=str(request.le_purpose or request.lawful_basis),
    )
