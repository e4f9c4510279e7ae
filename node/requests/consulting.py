"""An approver at the holder looks at the own record behind a request: logged like every consultation.

Layer: node. Threat: an inbox that becomes a way to browse people.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crypto.errors import StateError
from crypto.log.entry import EventType
from node.requests.case import Case
from node.requests.deciding import check_approver
from node.requests.desk import Desk, Signatory
from node.requests.facts import get_match, get_record, verify_case
from node.requests.journal import Step, log_step
from node.requests.package import NOT_HELD
from scoring.policy.vocabulary import DataItem, Side


def consult_record(desk: Desk, case: Case, *, reader: Signatory, now: datetime) -> Mapping[DataItem, Any]:
    """Return what this node holds of the items requested, to an approver, once the log has it.

    Raises:
        PolicyError: The person holds no approving office.
        StateError: The request is this member's own, or match or record are no longer held.
        TransportError, StorageError: The log did not take the entry; nothing is shown.
    """
    check_approver(reader)
    if case.side != Side.DISCLOSING:
        raise StateError("expected a request of another member; your own records are in your own system")
    request, _requester = verify_case(desk, case)
    record = get_record(desk, get_match(desk, case), now=now)
    step = Step(
        name=f"consultation/{secrets.token_hex(16)}",
        event_type=EventType.CONSULTATION,
        actor_id=reader.credential.person_id,
        request_ref=case.request_id,
        subject={"request_digest": request.digest, "items": list(request.data_items_requested)},
        justification_code="DISCLOSURE_REVIEW",
    )
    log_step(desk, step, now=now)
    return {item: record.items.get(item, NOT_HELD) for item in request.data_items_requested}
