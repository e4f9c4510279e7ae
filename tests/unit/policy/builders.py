"""One granted case and ways to change it: every policy test starts from here and flips one thing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from crypto.canonical import encode_base64
from crypto.credential import Credential
from scoring.policy.approval import APPROVAL_LIFETIME, ReidApproval
from scoring.policy.case_file import CaseFile, MatchFacts, SignedApproval, Stage, Thresholds
from scoring.policy.disclosure import PACKAGE_LIFETIME, Disclosure
from scoring.policy.request import REQUEST_LIFETIME, ConflictDeclaration, ReidRequest, phia_term_of
from scoring.policy.vocabulary import (
    ApproverRole,
    ClericalOutcome,
    DataItem,
    Decision,
    DisclosureOutcome,
    DpoAdvice,
    FactOpinion,
    Gateway,
    GscMarking,
    HandlingCode,
    IntendedAction,
    LawfulBasis,
    LePurpose,
    LessIntrusiveStep,
    Regime,
    RequestingRole,
    RoleView,
    SensitiveCondition,
    Sensitivity,
    Side,
    SubjectCategory,
    SubjectRole,
    Urgency,
    VictimViews,
)
from scoring.risk.areas import AgencyType

ASKED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DECIDED = ASKED + timedelta(hours=1)
NOW = ASKED + timedelta(hours=4)
MILLISECOND = timedelta(milliseconds=1)
MATCH_REF = bytes(range(16))
STATEMENT = (
    "Two reports in six weeks describe the same pattern of controlling behaviour towards a new partner. "
    "She has a child in the household and has said that he knows where she works. The next contact is "
    "expected within days, and local records alone do not show whether he has done this before."
)
THRESHOLDS = Thresholds(routine_probability=0.95, review_probability=0.80, score_if_true=60.0)


def uuid_text(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def build_request(**changes: Any) -> ReidRequest:
    values: dict[str, Any] = {
        "request_id": uuid_text(1),
        "case_ref": "42EX/10234/26",
        "match_ref": MATCH_REF,
        "run_id": uuid_text(9),
        "requesting_org": "essex",
        "requesting_officer_id": "essex-dc-11",
        "requesting_role": RequestingRole.OIC,
        "supervisor_id": "essex-ds-02",
        "regime": Regime.DPA_PART3,
        "le_purpose": LePurpose.PREVENTION,
        "lawful_basis": LawfulBasis.TASK_NECESSARY_S35_2B,
        "sensitive_condition": SensitiveCondition.SCH8_1_STATUTORY,
        "gateway": (Gateway.COMMON_LAW_POLICING, Gateway.CDA98_S115),
        "risk_statement": STATEMENT,
        "necessity_statement": STATEMENT,
        "proportionality_statement": STATEMENT,
        "less_intrusive_tried": (LessIntrusiveStep.PND, LessIntrusiveStep.LOCAL_RMS),
        "data_items_requested": (DataItem.IDENTITY_CORE, DataItem.INCIDENT_LIST, DataItem.ORDERS),
        "intended_action": (IntendedAction.MARAC,),
        "link_probability": 0.97,
        "score_if_true": 72.0,
        "score_if_false": 41.5,
        "score_interval": (68.0, 74.5),
        "subject_role": SubjectRole.PERPETRATOR,
        "subject_juvenile": False,
        "victim_views": VictimViews.SOUGHT_SUPPORTS,
        "conflict_declaration": ConflictDeclaration(has_conflict=False, statement="I know nobody involved."),
        "protected_characteristics_used": False,
        "dpia_ref": "DPIA-2026-04",
        "isa_ref": "ISA-2026-11",
        "urgency": Urgency.ROUTINE,
        "requested_at": ASKED,
        "expires_at": ASKED + REQUEST_LIFETIME,
    }
    values |= changes
    values.setdefault("phia_term", phia_term_of(values["link_probability"]))
    return ReidRequest(**values)


def build_credential(person_id: str, organisation: str, *, role: str, rank: str) -> Credential:
    key = encode_base64(sha256(person_id.encode()).digest())
    return Credential(person_id, organisation, role, rank, key, ASKED - timedelta(days=30))


REQUESTER = build_credential("essex-dc-11", "essex", role="OIC", rank="constable")
INSPECTOR = build_credential("essex-di-07", "essex", role="INSPECTOR_PVP", rank="inspector")
ESSEX_SUPER = build_credential("essex-supt-01", "essex", role="SUPERINTENDENT", rank="superintendent")
DELEGATE = build_credential("kent-di-03", "kent", role="IAO_DELEGATE", rank="detective inspector")
KENT_SUPER = build_credential("kent-supt-01", "kent", role="SUPERINTENDENT", rank="superintendent")


def build_approval(request: ReidRequest, side: Side, approver: Credential, **changes: Any) -> ReidApproval:
    values: dict[str, Any] = {
        "approval_id": uuid_text(100 if side == Side.REQUESTING else 200),
        "request_id": request.request_id,
        "request_digest": request.digest,
        "side": side,
        "approver_id": approver.person_id,
        "approver_role": ApproverRole(approver.role),
        "decision": Decision.APPROVE,
        "data_items_approved": request.data_items_requested,
        "conditions": None,
        "reason": "Necessary and proportionate on the facts stated; less intrusive steps were exhausted.",
        "dpo_advice": DpoAdvice.SUPPORT,
        "conflict_declaration": False,
        "valid_until": DECIDED + APPROVAL_LIFETIME,
        "decided_at": DECIDED,
    }
    return ReidApproval(**(values | changes))


def build_disclosure(request: ReidRequest, **changes: Any) -> Disclosure:
    values: dict[str, Any] = {
        "disclosure_id": uuid_text(300),
        "request_id": request.request_id,
        "approval_ids": (uuid_text(100), uuid_text(200)),
        "discloser_org": "kent",
        "discloser_person_id": "kent-release-05",
        "recipient_org": "essex",
        "recipient_person_ids": (request.requesting_officer_id,),
        "recipient_key_id": "0123456789abcdef",
        "items": {item: {"summary": "invented content"} for item in request.data_items_requested},
        "fact_opinion_label": FactOpinion.FACT,
        "subject_category": SubjectCategory.SUSPECT,
        "verified_at": NOW - timedelta(hours=1),
        "handling_code": HandlingCode.P,
        "gsc_marking": GscMarking.OFFICIAL_SENSITIVE,
        "purpose_limit": "Safeguarding in the case that the request names, and nothing else.",
        "retain_until": (NOW + PACKAGE_LIFETIME).date(),
        "disclosed_at": NOW,
        "acknowledged_at": None,
        "outcome": DisclosureOutcome.PENDING,
    }
    return Disclosure(**(values | changes))


FACTS = MatchFacts(
    match_ref=MATCH_REF,
    run_id=uuid_text(9),
    closed_at=ASKED - timedelta(days=2),
    requester_org="essex",
    requester_agency=AgencyType.POLICE,
    holder_org="kent",
    holder_agency=AgencyType.POLICE,
    link_probability=0.97,
    clerical_outcome=ClericalOutcome.NOT_REVIEWED,
    score_if_true=72.0,
    score_interval=(68.0, 74.5),
    score_if_false=41.5,
    has_rule_override=False,
    role_view=RoleView.PERPETRATOR,
    subject_juvenile=False,
    subject_under_ten=False,
    subject_is_police_employee=False,
    sensitivity=Sensitivity.NORMAL,
    handling_code=HandlingCode.P,
    already_disclosed=False,
)


def build_file(
    request: ReidRequest | None = None,
    approvers: tuple[Credential, Credential] = (INSPECTOR, DELEGATE),
    *,
    facts: MatchFacts = FACTS,
    now: datetime = NOW,
) -> CaseFile:
    """A case at release that every rule grants, about ``request`` with these two approvers."""
    request = request or build_request()
    return CaseFile(
        stage=Stage.RELEASE,
        request=request,
        requester=REQUESTER,
        approvals=tuple(
            SignedApproval(build_approval(request, side, approver), approver)
            for side, approver in zip(Side, approvers, strict=True)
        ),
        disclosure=build_disclosure(request),
        facts=facts,
        thresholds=THRESHOLDS,
        now=now,
    )


def at_arrival(file: CaseFile) -> CaseFile:
    """The same case as it arrives: the requesting side has decided, nothing is prepared."""
    return replace(file, stage=Stage.ARRIVAL, approvals=file.approvals_of(Side.REQUESTING), disclosure=None)


def with_facts(**changes: Any) -> CaseFile:
    return build_file(facts=replace(FACTS, **changes))


def with_request(**changes: Any) -> CaseFile:
    return build_file(build_request(**changes))


def with_approval(side: Side, **changes: Any) -> CaseFile:
    file = build_file()
    approvals = tuple(
        replace(signed, approval=replace(signed.approval, **changes))
        if signed.approval.side == side
        else signed
        for signed in file.approvals
    )
    return replace(file, approvals=approvals)


def with_approver(side: Side, **changes: Any) -> CaseFile:
    """Change the credential behind one approval, and the approval's own claims not at all."""
    file = build_file()
    approvals = tuple(
        replace(signed, approver=replace(signed.approver, **changes))
        if signed.approval.side == side
        else signed
        for signed in file.approvals
    )
    return replace(file, approvals=approvals)


def with_disclosure(**changes: Any) -> CaseFile:
    file = build_file()
    return replace(file, disclosure=build_disclosure(file.request, **changes))
