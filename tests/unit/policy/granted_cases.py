"""Cases that every rule grants, each at the edge of the rule it is listed under."""

from dataclasses import replace
from datetime import timedelta

from scoring.policy.approval import APPROVAL_LIFETIME
from scoring.policy.case_file import CaseFile
from scoring.policy.match_rules import MATCH_LIFETIME
from scoring.policy.release_rules import MAX_CLOCK_SKEW
from scoring.policy.request import (
    INTEL_DEV_LIFETIME,
    REQUEST_LIFETIME,
)
from scoring.policy.ruling import RuleId
from scoring.policy.vocabulary import (
    ClericalOutcome,
    DataItem,
    Decision,
    DpoAdvice,
    Gateway,
    IntendedAction,
    LawfulBasis,
    Regime,
    Sensitivity,
    Side,
    SubjectRole,
)
from tests.unit.policy.builders import (
    ASKED,
    DECIDED,
    DELEGATE,
    ESSEX_SUPER,
    FACTS,
    NOW,
    build_disclosure,
    build_file,
    build_request,
    uuid_text,
    with_approval,
    with_disclosure,
    with_facts,
    with_request,
)
from tests.unit.policy.variants import (
    CARE,
    CARE_ITEMS,
    DIRECTOR,
    PSD_ESSEX,
    PSD_KENT,
    SUPERS,
    VICTIM_VIEW,
    care,
    decided,
    figures,
    health,
    intelligence_only,
    juvenile,
    packaged,
    priority,
    reviewed,
)

GRANTED: dict[str, tuple[RuleId, CaseFile]] = {
    "a routine case between two forces": (RuleId.P_01, build_file()),
    "a reduced approval, and a disclosure within it": (
        RuleId.P_01,
        replace(
            with_approval(
                Side.DISCLOSING,
                decision=Decision.APPROVE_REDUCED,
                data_items_approved=(DataItem.IDENTITY_CORE,),
            ),
            disclosure=build_disclosure(build_request(), items={DataItem.IDENTITY_CORE: "invented"}),
        ),
    ),
    "four different people on two sides": (RuleId.P_02, build_file(approvers=(ESSEX_SUPER, DELEGATE))),
    "nobody declares a conflict": (RuleId.P_03, build_file()),
    "a match of exactly 30 days": (RuleId.P_04, with_facts(closed_at=NOW - MATCH_LIFETIME)),
    "link exactly 0.95, score exactly 60": (
        RuleId.P_05,
        build_file(
            build_request(link_probability=0.95, score_if_true=60.0, score_interval=(60, 60)),
            facts=replace(FACTS, link_probability=0.95, score_if_true=60.0, score_interval=(60.0, 60.0)),
        ),
    ),
    "link 0.80 that a person confirmed": (RuleId.P_05, reviewed(0.80, ClericalOutcome.SAME)),
    "a low score with the X4 override": (
        RuleId.P_05,
        build_file(
            build_request(score_if_true=30.0, score_interval=(30, 30)),
            facts=replace(FACTS, score_if_true=30.0, score_interval=(30.0, 30.0), has_rule_override=True),
        ),
    ),
    "stated figures at the edge of tolerance": (
        RuleId.P_05,
        figures(link_probability=0.96, score_if_true=70.5, score_interval=(66.5, 76.0), score_if_false=40.0),
    ),
    "a score-if-false that the holder has not been told": (RuleId.P_05, figures(score_if_false=None)),
    "a current address to arrest": (
        RuleId.P_06,
        with_request(
            data_items_requested=(DataItem.ADDRESS_CURRENT,), intended_action=(IntendedAction.ARREST,)
        ),
    ),
    "a health partner under s.47": (RuleId.P_07, health()),
    "social care under s.47": (RuleId.P_07, care()),
    "the Serious Violence Duty between forces": (RuleId.P_07, with_request(gateway=(Gateway.PCSC22_S16,))),
    "a restricted record": (RuleId.P_08, with_facts(sensitivity=Sensitivity.RESTRICTED)),
    "an approval at exactly 72 hours": (RuleId.P_09, decided(DECIDED, DECIDED + APPROVAL_LIFETIME)),
    "a request at exactly 14 days": (
        RuleId.P_09,
        decided(ASKED + timedelta(days=13), ASKED + REQUEST_LIFETIME),
    ),
    "intelligence development at exactly 7 days": (
        RuleId.P_09,
        intelligence_only(ASKED + INTEL_DEV_LIFETIME),
    ),
    "a package at exactly 28 days": (RuleId.P_09, packaged(NOW)),
    "a requester's clock exactly five minutes ahead": (
        RuleId.P_09,
        decided(NOW + MAX_CLOCK_SKEW, NOW, request=build_request(requested_at=NOW + MAX_CLOCK_SKEW)),
    ),
    "an approver's clock exactly five minutes behind": (RuleId.P_09, decided(ASKED - MAX_CLOCK_SKEW, NOW)),
    "a package dated exactly five minutes ahead": (
        RuleId.P_09,
        with_disclosure(disclosed_at=NOW + MAX_CLOCK_SKEW),
    ),
    "approvals used for nothing yet": (RuleId.P_10, with_facts(spent_approval_ids=frozenset({uuid_text(7)}))),
    "priority handling within 24 hours": (RuleId.P_12, priority()),
    "a juvenile with two Superintendents": (RuleId.P_14, juvenile()),
    "a juvenile held by social care": (
        RuleId.P_14,
        build_file(
            build_request(
                gateway=(Gateway.CA89_S47,), data_items_requested=CARE_ITEMS, subject_juvenile=True
            ),
            (ESSEX_SUPER, DIRECTOR),
            facts=CARE,
        ),
    ),
    "a victim found in a victim round": (
        RuleId.P_16,
        build_file(build_request(subject_role=SubjectRole.VICTIM), SUPERS, facts=VICTIM_VIEW),
    ),
    "a partner's lawful basis without a police purpose": (
        RuleId.P_18,
        with_request(regime=Regime.UKGDPR, lawful_basis=LawfulBasis.ART6_1E, le_purpose=None),
    ),
    "a force that did not ask its data protection officer": (
        RuleId.DOMAIN_4_3,
        with_approval(Side.DISCLOSING, dpo_advice=DpoAdvice.NOT_SOUGHT),
    ),
    "intelligence development with Superintendents": (RuleId.DOMAIN_4_3, intelligence_only()),
    "a police employee, between professional standards leads": (
        RuleId.DOMAIN_4_3,
        build_file(approvers=(PSD_ESSEX, PSD_KENT), facts=replace(FACTS, subject_is_police_employee=True)),
    ),
}
