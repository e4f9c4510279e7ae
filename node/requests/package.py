"""The disclosure about to be sent: approved items from the holder's own record, and how to use them.

Layer: node, pure. Both sides' approvals bound what goes in; an approved item that this node does not
hold says so, because an absence must not read as "none" (DESIGN principle 6).
"""

import uuid
from dataclasses import replace

from crypto.signing import key_id
from node.requests.desk import Desk
from node.requests.ports import OwnRecord
from scoring.policy.body import whole_milliseconds
from scoring.policy.case_file import CaseFile, Stage
from scoring.policy.disclosure import PACKAGE_LIFETIME, Disclosure
from scoring.policy.release_rules import find_releasable_items
from scoring.policy.vocabulary import (
    DisclosureOutcome,
    FactOpinion,
    GscMarking,
    Side,
    SubjectCategory,
)

NOT_HELD = "not held by this node"
_NAMESPACE = uuid.UUID("7c6f2f0b-9f3c-4a4e-8a55-0b8a3c1c7d11")


def prepare_release(desk: Desk, file: CaseFile, *, record: OwnRecord, discloser_id: str) -> CaseFile:
    """Return the case file at RELEASE with the disclosure that would be sent now.

    The disclosure holds only items that every approval on file covers; where a side has not approved or
    nothing is left to release there is none, and the rules refuse.

    Args:
        desk: This node, the holder.
        file: The case as it stands.
        record: The holder's own record.
        discloser_id: Who releases, and so says that the record was checked.
    """
    decided = all(len(file.approvals_of(side)) == 1 for side in Side)
    ready = decided and find_releasable_items(file)
    disclosure = _fill(desk, file, record=record, discloser_id=discloser_id) if ready else None
    return replace(file, stage=Stage.RELEASE, disclosure=disclosure)


def _fill(desk: Desk, file: CaseFile, *, record: OwnRecord, discloser_id: str) -> Disclosure:
    request = file.request
    approvals = (*file.approvals_of(Side.REQUESTING), *file.approvals_of(Side.DISCLOSING))
    requester = desk.agreement.get_member(file.facts.requester_org)
    sent_at = whole_milliseconds(file.now)
    return Disclosure(
        disclosure_id=str(uuid.uuid5(_NAMESPACE, request.digest)),
        request_id=request.request_id,
        approval_ids=tuple(signed.approval.approval_id for signed in approvals),
        discloser_org=desk.member,
        discloser_person_id=discloser_id,
        recipient_org=requester.name,
        recipient_person_ids=(request.requesting_officer_id,),
        recipient_key_id=key_id(requester.hpke_public_key),
        items={item: record.items.get(item, NOT_HELD) for item in find_releasable_items(file)},
        fact_opinion_label=FactOpinion.FACT,
        subject_category=SubjectCategory.CONVICTED if record.is_convicted else SubjectCategory.SUSPECT,
        verified_at=sent_at,
        handling_code=record.handling_code,
        gsc_marking=GscMarking.OFFICIAL_SENSITIVE,
        purpose_limit=_describe_purpose(file),
        retain_until=(sent_at + PACKAGE_LIFETIME).date(),
        disclosed_at=sent_at,
        acknowledged_at=None,
        outcome=DisclosureOutcome.PENDING,
    )


def _describe_purpose(file: CaseFile) -> str:
    request = file.request
    actions = ", ".join(request.intended_action)
    conditions = [signed.approval.conditions for signed in file.approvals if signed.approval.conditions]
    limit = (
        f"{request.le_purpose or request.lawful_basis} in case {request.case_ref}, for: {actions}. "
        "Any other use needs a new request."
    )
    return " ".join([limit, *(f"Condition: {condition}" for condition in conditions)])[:2000]
