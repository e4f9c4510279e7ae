"""Variants of the granted case that several tests share: kinds of discloser, reviews, lifetimes."""

from dataclasses import replace
from datetime import timedelta

from scoring.policy.approval import APPROVAL_LIFETIME
from scoring.policy.case_file import CaseFile, SignedApproval
from scoring.policy.disclosure import PACKAGE_LIFETIME
from scoring.policy.request import (
    THREAT_TO_LIFE_LIFETIME,
)
from scoring.policy.vocabulary import (
    ClericalOutcome,
    DataItem,
    Gateway,
    IntendedAction,
    RoleView,
    Side,
    Urgency,
)
from scoring.risk.areas import AgencyType
from tests.unit.policy.builders import (
    ASKED,
    DELEGATE,
    ESSEX_SUPER,
    FACTS,
    INSPECTOR,
    KENT_SUPER,
    NOW,
    REQUESTER,
    build_approval,
    build_credential,
    build_disclosure,
    build_file,
    build_request,
    uuid_text,
    with_request,
)

GUARDIAN = build_credential("nhs-guardian-01", "kent", role="CALDICOTT_GUARDIAN", rank="consultant")
DIRECTOR = build_credential("care-delegate-01", "kent", role="DCS_DASS_DELEGATE", rank="head-of-service")
PSD_ESSEX = build_credential("essex-psd-01", "essex", role="PSD_LEAD", rank="superintendent")
PSD_KENT = build_credential("kent-psd-01", "kent", role="PSD_LEAD", rank="chief superintendent")
SUPERS = (ESSEX_SUPER, KENT_SUPER)

HEALTH = replace(FACTS, holder_agency=AgencyType.HEALTH)
CARE = replace(FACTS, holder_agency=AgencyType.SOCIAL_CARE)
VICTIM_VIEW = replace(FACTS, role_view=RoleView.VICTIM)
CARE_ITEMS = (DataItem.IDENTITY_CORE, DataItem.PARTNER_CONTACT_LEVEL)


def reviewed(probability: float, outcome: ClericalOutcome, approver=ESSEX_SUPER) -> CaseFile:
    facts = replace(FACTS, link_probability=probability, clerical_outcome=outcome)
    return build_file(build_request(link_probability=probability), (approver, DELEGATE), facts=facts)


def health(gateway: Gateway = Gateway.CA89_S47, items: tuple[DataItem, ...] = CARE_ITEMS) -> CaseFile:
    request = build_request(gateway=(gateway,), data_items_requested=items)
    return build_file(request, (ESSEX_SUPER, GUARDIAN), facts=HEALTH)


def care(gateway: tuple[Gateway, ...] = (Gateway.CA89_S47,)) -> CaseFile:
    request = build_request(gateway=gateway, data_items_requested=CARE_ITEMS)
    return build_file(request, (ESSEX_SUPER, DIRECTOR), facts=CARE)


def juvenile(approvers=SUPERS, **changes) -> CaseFile:
    request = build_request(subject_juvenile=True, **changes)
    return build_file(request, approvers, facts=replace(FACTS, subject_juvenile=True))


def intelligence_only(now=NOW) -> CaseFile:
    request = build_request(intended_action=(IntendedAction.INTEL_DEV,))
    file = build_file(request, SUPERS, now=now)
    late = now - timedelta(hours=2)
    approvals = tuple(
        replace(s, approval=replace(s.approval, decided_at=late, valid_until=late + APPROVAL_LIFETIME))
        for s in file.approvals
    )
    return replace(file, approvals=approvals)


def figures(**facts) -> CaseFile:
    return build_file(facts=replace(FACTS, **facts))


def without_approval(side: Side) -> CaseFile:
    file = build_file()
    return replace(file, approvals=tuple(s for s in file.approvals if s.approval.side != side))


def with_second_approval() -> CaseFile:
    file = build_file()
    extra = build_approval(file.request, Side.REQUESTING, ESSEX_SUPER, approval_id=uuid_text(101))
    return replace(file, approvals=(*file.approvals, SignedApproval(extra, ESSEX_SUPER)))


def one_person_as_both_approvers() -> CaseFile:
    twin = replace(DELEGATE, public_key=INSPECTOR.public_key)
    return build_file(approvers=(INSPECTOR, twin))


def requester_approves() -> CaseFile:
    return build_file(approvers=(replace(REQUESTER, role="INSPECTOR_PVP", rank="inspector"), DELEGATE))


def priority(**changes) -> CaseFile:
    return with_request(urgency=Urgency.PRIORITY_24H, **changes)


def threat() -> CaseFile:
    return with_request(urgency=Urgency.THREAT_TO_LIFE, expires_at=ASKED + THREAT_TO_LIFE_LIFETIME)


def decided(at, now, *, request=None) -> CaseFile:
    file = build_file(request, now=now)
    approvals = tuple(
        replace(s, approval=replace(s.approval, decided_at=at, valid_until=at + APPROVAL_LIFETIME))
        for s in file.approvals
    )
    return replace(file, approvals=approvals)


def packaged(now) -> CaseFile:
    """A package prepared once, and a release tried at ``now`` with a request and approvals still alive."""
    sent = now - PACKAGE_LIFETIME
    file = decided(now - timedelta(hours=1), now)
    request = replace(file.request, requested_at=now - timedelta(days=1), expires_at=now + timedelta(days=1))
    file = build_file(request, facts=replace(FACTS, closed_at=now - timedelta(days=2)), now=now)
    approvals = tuple(
        replace(s, approval=replace(s.approval, decided_at=now, valid_until=now + APPROVAL_LIFETIME))
        for s in file.approvals
    )
    package = build_disclosure(
        request, verified_at=sent, disclosed_at=sent, retain_until=(sent + PACKAGE_LIFETIME).date()
    )
    return replace(file, approvals=approvals, disclosure=package)
