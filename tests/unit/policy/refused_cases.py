"""Cases that a rule refuses, each one change away from a granted case, with words of the reason."""

from dataclasses import replace
from datetime import timedelta

from scoring.policy.approval import APPROVAL_LIFETIME
from scoring.policy.case_file import CaseFile
from scoring.policy.match_rules import MATCH_LIFETIME
from scoring.policy.request import (
    INTEL_DEV_LIFETIME,
    REQUEST_LIFETIME,
    ConflictDeclaration,
)
from scoring.policy.ruling import RuleId
from scoring.policy.vocabulary import (
    ClericalOutcome,
    DataItem,
    Decision,
    DpoAdvice,
    Gateway,
    HandlingCode,
    IntendedAction,
    RoleView,
    Sensitivity,
    Side,
    SubjectRole,
)
from scoring.risk.areas import AgencyType
from tests.unit.policy.builders import (
    ASKED,
    DECIDED,
    DELEGATE,
    ESSEX_SUPER,
    FACTS,
    INSPECTOR,
    MILLISECOND,
    NOW,
    REQUESTER,
    build_file,
    build_request,
    uuid_text,
    with_approval,
    with_approver,
    with_disclosure,
    with_facts,
    with_request,
)
from tests.unit.policy.variants import (
    DIRECTOR,
    SUPERS,
    VICTIM_VIEW,
    care,
    decided,
    figures,
    health,
    intelligence_only,
    juvenile,
    one_person_as_both_approvers,
    packaged,
    requester_approves,
    reviewed,
    threat,
    with_second_approval,
    without_approval,
)

REFUSED: dict[str, tuple[RuleId, CaseFile, str]] = {
    "no approval by the requesting side": (
        RuleId.P_01,
        without_approval(Side.REQUESTING),
        "Nobody on the requesting side has decided",
    ),
    "no approval by the disclosing side": (
        RuleId.P_01,
        without_approval(Side.DISCLOSING),
        "Nobody on the disclosing side has decided",
    ),
    "two decisions by one side": (
        RuleId.P_01,
        with_second_approval(),
        "more than one decision by the requesting side",
    ),
    "an approver who refused": (
        RuleId.P_01,
        with_approval(Side.DISCLOSING, decision=Decision.REFUSE, data_items_approved=()),
        "The disclosing side did not approve",
    ),
    "an approver who referred up": (
        RuleId.P_01,
        with_approval(Side.REQUESTING, decision=Decision.REFER_UP, data_items_approved=()),
        "The requesting side did not approve",
    ),
    "a request edited after approval": (
        RuleId.P_01,
        replace(build_file(), request=build_request(case_ref="42EX/99999/26")),
        "not for this request as it now reads",
    ),
    "an approval of another request": (
        RuleId.P_01,
        with_approval(Side.REQUESTING, request_id=uuid_text(2)),
        "not for this request",
    ),
    "the supervisor is the requester": (
        RuleId.P_02,
        with_request(supervisor_id="essex-dc-11"),
        "must be different people",
    ),
    "the supervisor approves": (
        RuleId.P_02,
        with_request(supervisor_id="essex-di-07"),
        "must be different people",
    ),
    "the requester approves": (RuleId.P_02, requester_approves(), "must be different people"),
    "one key behind both approvers": (
        RuleId.P_02,
        one_person_as_both_approvers(),
        "must be different people",
    ),
    "one organisation on both sides": (
        RuleId.P_02,
        with_facts(holder_org="essex"),
        "Both sides are the same organisation",
    ),
    "an approver of another organisation": (
        RuleId.P_02,
        with_approver(Side.DISCLOSING, organisation="essex"),
        "approver for the disclosing side belongs to another organisation",
    ),
    "an approval signed by someone else": (
        RuleId.P_02,
        with_approver(Side.REQUESTING, person_id="essex-di-99"),
        "other than the approver",
    ),
    "a request signed by someone else": (
        RuleId.P_02,
        replace(build_file(), requester=replace(REQUESTER, person_id="essex-dc-99")),
        "signed by someone other than the requester",
    ),
    "the requester releases": (
        RuleId.P_02,
        with_disclosure(discloser_person_id="essex-dc-11"),
        "took part in asking",
    ),
    "the supervisor releases": (
        RuleId.P_02,
        with_disclosure(discloser_person_id="essex-ds-02"),
        "took part in asking",
    ),
    "the requester declares a connection": (
        RuleId.P_03,
        with_request(conflict_declaration=ConflictDeclaration(has_conflict=True, statement="A neighbour.")),
        "The requester declares a connection",
    ),
    "an approver declares a connection": (
        RuleId.P_03,
        with_approval(Side.DISCLOSING, conflict_declaration=True),
        "An approver declares a connection",
    ),
    "the officer in the case approves": (
        RuleId.P_03,
        with_approver(Side.REQUESTING, role="OIC"),
        "holds an investigating role",
    ),
    "a match 1 ms over 30 days": (
        RuleId.P_04,
        with_facts(closed_at=NOW - MATCH_LIFETIME - MILLISECOND),
        "more than 30 days old",
    ),
    "another match": (RuleId.P_04, with_facts(match_ref=bytes(16)), "does not fit the match"),
    "another round": (RuleId.P_04, with_facts(run_id=uuid_text(8)), "does not fit the match"),
    "a member that is not in the match": (
        RuleId.P_04,
        with_facts(requester_org="west-mercia"),
        "does not fit the match",
    ),
    "link just under 0.95 without review": (
        RuleId.P_05,
        reviewed(0.9499, ClericalOutcome.NOT_REVIEWED),
        "must be at least 0.95, or at least 0.8 with a clerical review",
    ),
    "link just under 0.80 after review": (
        RuleId.P_05,
        reviewed(0.7999, ClericalOutcome.SAME),
        "not strong enough",
    ),
    "a person says different people": (
        RuleId.P_05,
        reviewed(0.97, ClericalOutcome.DIFFERENT),
        "did not find it to be the same",
    ),
    "a person is unsure": (
        RuleId.P_05,
        reviewed(0.97, ClericalOutcome.UNSURE),
        "did not find it to be the same",
    ),
    "score just under 60": (
        RuleId.P_05,
        build_file(
            build_request(score_if_true=60.0, score_interval=(60, 60)),
            facts=replace(FACTS, score_if_true=59.99, score_interval=(59.99, 59.99)),
        ),
        "risk score is below 60",
    ),
    "an overstated link": (RuleId.P_05, figures(link_probability=0.9599), "differ from those the holder has"),
    "an overstated score": (RuleId.P_05, figures(score_if_true=70.49), "differ from those the holder has"),
    "another lower bound": (
        RuleId.P_05,
        figures(score_interval=(66.49, 74.5)),
        "differ from those the holder has",
    ),
    "another score if false": (RuleId.P_05, figures(score_if_false=39.9), "differ from those the holder has"),
    "an approval beyond the request": (
        RuleId.P_06,
        with_approval(
            Side.DISCLOSING, data_items_approved=(*build_request().data_items_requested, DataItem.OUTCOMES)
        ),
        "covers items that were not requested",
    ),
    "a disclosure beyond one side's approval": (
        RuleId.P_06,
        with_approval(Side.DISCLOSING, data_items_approved=(DataItem.ORDERS,)),
        "items that were not approved by both sides",
    ),
    "a disclosure beyond the request": (
        RuleId.P_06,
        with_disclosure(items={DataItem.FREE_TEXT_SUMMARY: "invented"}),
        "items that were not approved by both sides",
    ),
    "a current address for MARAC": (
        RuleId.P_06,
        with_request(data_items_requested=(DataItem.ADDRESS_CURRENT,)),
        "ADDRESS_CURRENT may be asked for only",
    ),
    "nothing prepared to release": (
        RuleId.P_06,
        replace(build_file(), disclosure=None),
        "No disclosure was prepared",
    ),
    "the Serious Violence Duty with health": (
        RuleId.P_07,
        health(Gateway.PCSC22_S16),
        "PCSC22_S16 does not let an agency of type HEALTH",
    ),
    "the Serious Violence Duty with social care, among others": (
        RuleId.P_07,
        care((Gateway.CA89_S47, Gateway.PCSC22_S16)),
        "PCSC22_S16 does not let an agency of type SOCIAL_CARE",
    ),
    "free text from health": (
        RuleId.P_07,
        health(items=(DataItem.FREE_TEXT_SUMMARY,)),
        "may not give FREE_TEXT_SUMMARY",
    ),
    "social care without s.47 or s.42": (
        RuleId.P_07,
        care((Gateway.CDA98_S115,)),
        "needs one of CA89_S47, CARE14_S42_S45",
    ),
    "a kind of agency without powers here": (
        RuleId.P_07,
        with_facts(holder_agency=AgencyType.HOUSING),
        "No legal gateway lets",
    ),
    "a covert record": (RuleId.P_08, with_facts(sensitivity=Sensitivity.COVERT), "does not leave"),
    "a protected person": (
        RuleId.P_08,
        with_facts(sensitivity=Sensitivity.PROTECTED_PERSON),
        "does not leave",
    ),
    "handling code C on the record": (
        RuleId.P_08,
        with_facts(handling_code=HandlingCode.C),
        "does not leave",
    ),
    "handling code C on the package": (
        RuleId.P_08,
        with_disclosure(handling_code=HandlingCode.C),
        "does not leave",
    ),
    "an approval 1 ms over 72 hours": (
        RuleId.P_09,
        decided(DECIDED, DECIDED + APPROVAL_LIFETIME + MILLISECOND),
        "lasts 72 hours",
    ),
    "an approval that ended earlier": (
        RuleId.P_09,
        with_approval(Side.REQUESTING, valid_until=NOW - MILLISECOND),
        "An approval has expired",
    ),
    "a request 1 ms over 14 days": (
        RuleId.P_09,
        decided(ASKED + timedelta(days=13), ASKED + REQUEST_LIFETIME + MILLISECOND),
        "The request has expired",
    ),
    "intelligence development 1 ms over 7 days": (
        RuleId.P_09,
        intelligence_only(ASKED + INTEL_DEV_LIFETIME + MILLISECOND),
        "The request has expired",
    ),
    "a package 1 ms over 28 days": (
        RuleId.P_09,
        replace(packaged(NOW), now=NOW + MILLISECOND),
        "past its lifetime of 28 days",
    ),
    "a package past its retention day": (
        RuleId.P_09,
        with_disclosure(
            verified_at=ASKED - timedelta(days=1),
            disclosed_at=ASKED - timedelta(days=1),
            retain_until=(ASKED - timedelta(days=1)).date(),
        ),
        "past its lifetime of 28 days",
    ),
    "a request from the future": (
        RuleId.P_09,
        build_file(now=ASKED - timedelta(hours=1)),
        "The request is dated in the future",
    ),
    "an approval from the future": (
        RuleId.P_09,
        build_file(now=DECIDED - timedelta(minutes=6)),
        "An approval is dated in the future",
    ),
    "a disclosure from the future": (
        RuleId.P_09,
        with_disclosure(disclosed_at=NOW + timedelta(minutes=6), verified_at=NOW),
        "The disclosure is dated in the future",
    ),
    "an approval older than the request": (
        RuleId.P_09,
        with_approval(Side.REQUESTING, decided_at=ASKED - timedelta(hours=1), valid_until=NOW),
        "dated before the request",
    ),
    "a match answered before": (RuleId.P_10, with_facts(already_disclosed=True), "already been answered"),
    "an approval used before": (
        RuleId.P_10,
        with_facts(spent_approval_ids=frozenset({uuid_text(200)})),
        "already been used",
    ),
    "a disclosure that names other approvals": (
        RuleId.P_10,
        with_disclosure(approval_ids=(uuid_text(100), uuid_text(201))),
        "does not name this",
    ),
    "a disclosure for another request": (
        RuleId.P_10,
        with_disclosure(request_id=uuid_text(2)),
        "does not name this",
    ),
    "a disclosure to another member": (
        RuleId.P_10,
        with_disclosure(recipient_org="west-mercia"),
        "does not name this",
    ),
    "a disclosure by another member": (
        RuleId.P_10,
        with_disclosure(discloser_org="west-mercia"),
        "does not name this",
    ),
    "a threat to life": (RuleId.P_12, threat(), "There is no break-glass path yet"),
    "a child under 10": (RuleId.P_14, with_facts(subject_under_ten=True), "children under 10 are never"),
    "a juvenile that only the holder knows of": (
        RuleId.P_14,
        with_facts(subject_juvenile=True),
        "Superintendent or above",
    ),
    "a juvenile that only the requester knows of": (
        RuleId.P_14,
        with_request(subject_juvenile=True),
        "Superintendent or above",
    ),
    "a juvenile with one Superintendent": (
        RuleId.P_14,
        juvenile((ESSEX_SUPER, DELEGATE)),
        "so the disclosing side needs an approver",
    ),
    "a juvenile for intelligence": (
        RuleId.P_14,
        juvenile(intended_action=(IntendedAction.INTEL_DEV,)),
        "not open for a subject under 18",
    ),
    "a juvenile for Drive": (
        RuleId.P_14,
        juvenile(intended_action=(IntendedAction.MARAC, IntendedAction.DRIVE_REFERRAL)),
        "not open for a subject under 18",
    ),
    "a victim found as a perpetrator": (
        RuleId.P_16,
        build_file(build_request(subject_role=SubjectRole.VICTIM), SUPERS),
        "not found in a round about that role",
    ),
    "a perpetrator found as a victim": (
        RuleId.P_16,
        with_facts(role_view=RoleView.VICTIM),
        "not found in a round about that role",
    ),
    "a police request without a listed purpose": (
        RuleId.P_18,
        with_request(le_purpose=None),
        "immigration enforcement is not one",
    ),
    "an inspector on the disclosing side": (
        RuleId.DOMAIN_4_3,
        build_file(approvers=(INSPECTOR, replace(DELEGATE, role="INSPECTOR_PVP"))),
        "For an adult perpetrator, police to police, the disclosing side needs approval by IAO_DELEGATE",
    ),
    "a reviewed link with an inspector": (
        RuleId.DOMAIN_4_3,
        reviewed(0.9, ClericalOutcome.SAME, INSPECTOR),
        "For a link that rests on clerical review, the requesting side needs approval by DET_CH_SUPT or SUP",
    ),
    "an office the approver does not hold": (
        RuleId.DOMAIN_4_3,
        with_approver(Side.REQUESTING, role="SUPERINTENDENT"),
        "does not hold the office of INSPECTOR_PVP",
    ),
    "an office above the approver's rank": (
        RuleId.DOMAIN_4_3,
        with_approver(Side.REQUESTING, rank="sergeant"),
        "or its rank",
    ),
    "a rank nobody knows": (RuleId.DOMAIN_4_3, with_approver(Side.DISCLOSING, rank="wizard"), "or its rank"),
    "a victim with an inspector": (
        RuleId.DOMAIN_4_3,
        build_file(build_request(subject_role=SubjectRole.VICTIM), facts=VICTIM_VIEW),
        "For the identity of a victim or child",
    ),
    "a health partner without its Guardian": (
        RuleId.DOMAIN_4_3,
        replace(health(), approvals=build_file(health().request, (ESSEX_SUPER, DIRECTOR)).approvals),
        "the disclosing side needs approval by CALDICOTT_GUARDIAN",
    ),
    "a Guardian who did not ask the DPO": (
        RuleId.DOMAIN_4_3,
        replace(
            health(),
            approvals=tuple(
                replace(s, approval=replace(s.approval, dpo_advice=DpoAdvice.NOT_SOUGHT))
                for s in health().approvals
            ),
        ),
        "data protection officer of the disclosing side was not asked",
    ),
    "a partner asks the police": (
        RuleId.DOMAIN_4_3,
        with_facts(requester_agency=AgencyType.SOCIAL_CARE),
        "Nobody has the authority to approve",
    ),
    "a charity discloses": (
        RuleId.DOMAIN_4_3,
        with_facts(holder_agency=AgencyType.IDVA_ISVA),
        "Nobody has the authority",
    ),
    "a police employee in the normal queue": (
        RuleId.DOMAIN_4_3,
        with_facts(subject_is_police_employee=True),
        "For a subject who works for the police, the requesting side needs approval by PSD_LEAD",
    ),
    "a requester in another role": (
        RuleId.DOMAIN_4_3,
        replace(build_file(), requester=replace(REQUESTER, role="MOSOVO")),
        "does not hold the role that the request states",
    ),
}
