"""Each rule refuses at the holder, on the holder's own figures, even when the requesting node lies."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crypto.canonical import canonical_bytes, parse_json
from crypto.credential import Credential, issue_credential
from crypto.errors import InputError, PolicyError, StateError, VerificationError
from crypto.signing import SigningDomain, SigningKey
from node.records import Sensitivity
from node.requests.case import Case, CaseState, SignedBy
from node.requests.courier import Letter, derive_message_id, seal_message
from node.requests.desk import Signatory
from node.requests.opening import open_disclosure
from node.requests.rulings import read_reasons
from node.requests.verification import pack, sign_as
from protos.messages import RelayKind
from scoring.policy.approval import APPROVAL_LIFETIME, ReidApproval
from scoring.policy.request import ReidRequest, parse_request
from scoring.policy.ruling import NO_MATCH, Granted, Refused, RuleId
from scoring.policy.vocabulary import ApproverRole, DataItem, Decision, DpoAdvice, Side
from tests.unit.requests.federation import (
    REASON,
    Federation,
    Node,
    change_match,
    hold_person,
    store_match,
)
from tests.unit.requests.steps import ask, decide, disclose, draft, release, state_of


def forge(
    node: Node,
    case: Case,
    *,
    approver: Signatory,
    request: ReidRequest | None = None,
    officer: Signatory | None = None,
    recipient: str = "kent",
    **changes: Any,
) -> ReidRequest:
    """Send what a node sends that asks nobody at home and checks nothing."""
    known = parse_request(parse_json(case.request.statement)["body"])
    asked = request or known
    officer = officer or node.people["essex-dc-11"]
    values: dict[str, Any] = {
        "approval_id": "00000000-0000-4000-8000-000000000100",
        "request_id": asked.request_id,
        "request_digest": asked.digest,
        "side": Side.REQUESTING,
        "approver_id": approver.credential.person_id,
        "approver_role": ApproverRole.INSPECTOR_PVP,
        "decision": Decision.APPROVE,
        "data_items_approved": asked.data_items_requested,
        "conditions": None,
        "reason": REASON,
        "dpo_advice": DpoAdvice.NOT_SOUGHT,
        "conflict_declaration": False,
        "decided_at": node.now,
        "valid_until": node.now + APPROVAL_LIFETIME,
    }
    approval = ReidApproval(**(values | changes))
    letter = Letter(
        kind=RelayKind.REQUEST,
        message_id=derive_message_id(RelayKind.REQUEST, asked.digest, approval.approval_id),
        recipient=recipient,
    )
    message = seal_message(
        node.desk,
        letter,
        content={
            "request": pack(sign_as(officer, SigningDomain.REQUEST, asked.to_body())),
            "approval": pack(sign_as(approver, SigningDomain.APPROVAL, approval.to_body())),
        },
    )
    node.desk.mail.queue_message(message, now=node.now)
    return asked


def holder_rules(federation: Federation, request_id: str) -> set[RuleId]:
    """The rules that the holder found broken, for its own eyes."""
    case = federation.kent.desk.cases.get_case(request_id)
    assert case.state is CaseState.REFUSED
    assert case.refusal is not None
    return set(read_reasons(case.refusal).rules)


def told_rules(federation: Federation, request_id: str) -> set[RuleId]:
    """The rules that the requester was told."""
    case = federation.essex.desk.cases.get_case(request_id)
    assert case.refusal is not None
    return set(read_reasons(case.refusal).rules)


def send_lie(federation: Federation, **changes: Any) -> str:
    """Draft honestly, mark as sent, then send a forged version of it."""
    case = draft(federation)
    essex = federation.essex
    essex.desk.cases.record_decision(case, replace(case, state=CaseState.SENT))
    forge(essex, case, approver=changes.pop("approver", essex.people["essex-di-07"]), **changes)
    federation.carry()
    return case.request_id


@pytest.mark.parametrize("spelling", ["essex-dc-11 ", "Essex-DC-11", "essex-dc-11.", "Jane Example"])
def test_p02_a_supervisor_is_named_by_the_one_spelling_of_an_opaque_id(
    federation: Federation, spelling: str
) -> None:
    with pytest.raises(InputError, match=r"ReidRequest.supervisor_id: expected an opaque id"):
        draft(federation, supervisor_id=spelling)


def test_p02_an_approver_who_is_the_requester_is_stopped_at_home(federation: Federation) -> None:
    federation.essex.hire("essex-ds-02", role="INSPECTOR_PVP", rank="inspector")
    request_id = draft(federation).request_id
    ruling = decide(federation.essex, request_id, "essex-ds-02")
    assert isinstance(ruling, Refused)
    assert ruling.rules == (RuleId.P_02,)
    assert state_of(federation.essex, request_id) is CaseState.DRAFTED
    assert federation.relay.seen == []


def test_p02_the_supervisor_as_approver_is_refused_by_the_holder(federation: Federation) -> None:
    supervisor = federation.essex.hire("essex-ds-02", role="INSPECTOR_PVP", rank="inspector")
    request_id = send_lie(federation, approver=supervisor)
    assert holder_rules(federation, request_id) == {RuleId.P_02}
    assert told_rules(federation, request_id) == {RuleId.P_02}


def test_p02_the_requester_under_a_second_name_is_refused_by_the_holder(federation: Federation) -> None:
    essex = federation.essex
    officer = essex.people["essex-dc-11"]
    credential = replace(officer.credential, person_id="essex-di-99", role="INSPECTOR_PVP", rank="inspector")
    envelope = canonical_bytes(issue_credential(essex.context.keys.signing, credential))
    request_id = send_lie(federation, approver=Signatory(credential, envelope, officer.key))
    assert holder_rules(federation, request_id) == {RuleId.P_02}


def test_p05_a_weak_link_is_refused_on_the_holders_probability(federation: Federation) -> None:
    change_match(federation.kent, candidate_probability=0.86)
    request_id = send_lie(federation)
    assert RuleId.P_05 in holder_rules(federation, request_id)
    assert RuleId.P_05 in told_rules(federation, request_id)


def test_p05_is_refused_at_home_before_anything_is_sent(federation: Federation) -> None:
    change_match(federation.essex, candidate_probability=0.86)
    ruling = decide(federation.essex, draft(federation).request_id, "essex-di-07")
    assert isinstance(ruling, Refused)
    assert ruling.rules[0] == RuleId.P_05
    assert "at least 0.95" in ruling.reasons[0].text
    assert federation.list_events() == [("essex", "POLICY_DENY")]
    assert federation.read_log()[0].policy_rule_ids == ("P-05",)


def test_p05_a_low_risk_is_refused_on_the_holders_score(federation: Federation) -> None:
    change_match(federation.kent, score_lower=20.0, score_upper=40.0)
    assert holder_rules(federation, send_lie(federation)) == {RuleId.P_05}


def test_p06_an_approval_of_more_than_was_requested_is_refused(federation: Federation) -> None:
    items = (DataItem.IDENTITY_CORE, DataItem.RISK_GRADES)
    request_id = send_lie(federation, data_items_approved=items)
    assert holder_rules(federation, request_id) == {RuleId.P_06}


def test_p06_an_address_without_a_cause_is_refused(federation: Federation) -> None:
    case = draft(
        federation,
        data_items_requested=["IDENTITY_CORE", "ADDRESS_CURRENT"],
        intended_action=["MARAC"],
    )
    essex = federation.essex
    essex.desk.cases.record_decision(case, replace(case, state=CaseState.SENT))
    forge(essex, case, approver=essex.people["essex-di-07"])
    federation.carry()
    assert holder_rules(federation, case.request_id) == {RuleId.P_06}


def test_p06_the_holder_approving_what_was_not_requested_is_refused(federation: Federation) -> None:
    request_id = ask(federation)
    ruling = decide(federation.kent, request_id, "kent-di-03", items=("IDENTITY_CORE", "RISK_GRADES"))
    assert isinstance(ruling, Refused)
    assert RuleId.P_06 in ruling.rules
    assert state_of(federation.kent, request_id) is CaseState.AWAITING_APPROVAL


def test_p09_an_approval_that_died_on_the_way_is_refused(federation: Federation) -> None:
    case = draft(federation)
    essex = federation.essex
    assert isinstance(decide(essex, case.request_id, "essex-di-07"), Granted)
    federation.wait(timedelta(hours=72, milliseconds=1))
    federation.carry()
    assert holder_rules(federation, case.request_id) == {RuleId.P_09}
    assert told_rules(federation, case.request_id) == {RuleId.P_09}


def test_p09_is_asked_again_at_release_and_closes_the_request(federation: Federation) -> None:
    request_id = ask(federation)
    assert isinstance(decide(federation.kent, request_id, "kent-di-03"), Granted)
    federation.wait(timedelta(hours=73))
    ruling = release(federation.kent, request_id, "kent-di-03")
    assert isinstance(ruling, Refused)
    assert ruling.rules == (RuleId.P_09,)
    federation.carry()
    assert told_rules(federation, request_id) == {RuleId.P_09}
    assert federation.list_events()[-1] == ("kent", "POLICY_DENY")
    assert "DISCLOSURE" not in {message.kind.value for message in federation.relay.seen}


def test_p09_a_package_is_not_opened_after_28_days_and_is_erased(federation: Federation) -> None:
    request_id = disclose(federation)
    federation.wait(timedelta(days=28, milliseconds=1))
    essex = federation.essex
    with pytest.raises(StateError, match="P-09"):
        open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    package = essex.desk.mail.find_package(request_id)
    assert package is not None
    assert package.sealed is None


def test_p10_a_second_request_about_a_disclosed_match_is_refused(federation: Federation) -> None:
    disclose(federation)
    request_id = send_lie(federation)
    assert holder_rules(federation, request_id) == {RuleId.P_10}
    assert told_rules(federation, request_id) == {RuleId.P_10}


def test_p10_two_approved_requests_about_one_match_make_one_disclosure(federation: Federation) -> None:
    first, second = ask(federation), ask(federation)
    for request_id in (first, second):
        assert isinstance(decide(federation.kent, request_id, "kent-di-03"), Granted)
    assert isinstance(release(federation.kent, first, "kent-di-03"), Granted)
    ruling = release(federation.kent, second, "kent-di-03")
    assert isinstance(ruling, Refused)
    assert ruling.rules == (RuleId.P_10,)
    federation.carry()
    assert [m.kind for m in federation.relay.seen].count(RelayKind.DISCLOSURE) == 1


def test_an_edited_request_voids_its_approval(federation: Federation) -> None:
    case = draft(federation)
    essex = federation.essex
    essex.desk.cases.record_decision(case, replace(case, state=CaseState.SENT))
    honest = parse_request(parse_json(case.request.statement)["body"])
    edited = replace(honest, data_items_requested=(*honest.data_items_requested, DataItem.RISK_GRADES))
    forge(essex, case, approver=essex.people["essex-di-07"], request=edited, request_digest=honest.digest)
    federation.carry()
    assert holder_rules(federation, case.request_id) == {RuleId.P_01}


def test_another_text_under_a_known_id_leaves_the_first_as_it_is(federation: Federation) -> None:
    request_id = ask(federation)
    essex = federation.essex
    case = essex.desk.cases.get_case(request_id)
    honest = parse_request(parse_json(case.request.statement)["body"])
    forge(
        essex, case, approver=essex.people["essex-di-07"], request=replace(honest, case_ref="42EX/99999/26")
    )
    federation.carry()
    known = federation.kent.desk.cases.get_case(request_id)
    assert known.state is CaseState.AWAITING_APPROVAL
    assert known.request.statement == case.request.statement


def test_a_member_whose_request_id_another_took_first_is_told(federation: Federation) -> None:
    case = draft(federation)
    essex, suffolk = federation.essex, federation.suffolk
    honest = parse_request(parse_json(case.request.statement)["body"])
    copied = replace(honest, requesting_org="suffolk", requesting_officer_id="suffolk-dc-01")
    forge(
        suffolk,
        case,
        approver=suffolk.hire("suffolk-di-01", role="INSPECTOR_PVP", rank="inspector"),
        officer=suffolk.hire("suffolk-dc-01", role="OIC", rank="constable"),
        request=copied,
    )
    federation.carry()
    decide(essex, case.request_id, "essex-di-07")
    federation.carry()

    assert federation.kent.desk.cases.get_case(case.request_id).counterpart == "suffolk"
    assert told_rules(federation, case.request_id) == {RuleId.P_01}


def test_a_credential_of_another_member_is_refused_and_logged(federation: Federation) -> None:
    outsider = federation.suffolk.hire("suffolk-di-01", role="INSPECTOR_PVP", rank="inspector")
    case = draft(federation)
    essex = federation.essex
    essex.desk.cases.record_decision(case, replace(case, state=CaseState.SENT))
    forge(essex, case, approver=outsider)
    federation.carry()
    assert federation.kent.desk.cases.find_case(case.request_id) is None
    assert told_rules(federation, case.request_id) == {RuleId.P_01}
    assert ("kent", "POLICY_DENY") in federation.list_events()


def test_a_credential_that_a_person_made_for_themselves_is_refused(federation: Federation) -> None:
    key = SigningKey.generate()
    claimed = Credential(
        "essex-di-66", "essex", "INSPECTOR_PVP", "inspector", key.public_key, federation.time
    )
    forged = Signatory(claimed, canonical_bytes(issue_credential(key, claimed)), key)
    request_id = send_lie(federation, approver=forged)
    assert federation.kent.desk.cases.find_case(request_id) is None
    assert told_rules(federation, request_id) == {RuleId.P_01}


def test_a_changed_credential_in_the_holders_store_is_caught_at_release(federation: Federation) -> None:
    request_id = ask(federation)
    kent = federation.kent
    assert isinstance(decide(kent, request_id, "kent-di-03"), Granted)
    case = kent.desk.cases.get_case(request_id)
    outsider = federation.suffolk.hire("suffolk-dc-01", role="OIC", rank="constable")
    swapped = replace(case, request=SignedBy(case.request.statement, outsider.envelope))
    with kent.context.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE reid_request SET requester = ?", (swapped.request.credential,))
    with pytest.raises(VerificationError):
        release(kent, request_id, "kent-di-03")
    assert ("kent", "DISCLOSURE") not in federation.list_events()


def test_a_protected_record_answers_exactly_as_a_match_that_does_not_exist(federation: Federation) -> None:
    hold_person(federation.kent, sensitivity=Sensitivity.COVERT)
    protected = send_lie(federation)
    store_match(federation.essex, counterpart="kent", match_ref="ab" * 16)
    missing = draft(federation, match_ref="ab" * 16)
    essex = federation.essex
    essex.desk.cases.record_decision(missing, replace(missing, state=CaseState.SENT))
    forge(essex, missing, approver=essex.people["essex-di-07"])
    federation.carry()
    answers = [essex.desk.cases.get_case(case_id).refusal for case_id in (protected, missing.request_id)]
    assert answers[0] == answers[1]
    assert read_reasons(answers[0] or b"").reasons == (NO_MATCH,)
    assert RuleId.P_08 in holder_rules(federation, protected)
    logged = [entry.policy_rule_ids for entry in federation.read_log()]
    assert logged == [("P-04",), ("P-04",)]


def test_a_match_with_another_member_does_not_exist_for_this_one(federation: Federation) -> None:
    federation.suffolk.hire("suffolk-dc-01", role="OIC", rank="constable")
    approver = federation.suffolk.hire("suffolk-di-01", role="INSPECTOR_PVP", rank="inspector")
    case = draft(federation)
    honest = parse_request(parse_json(case.request.statement)["body"])
    stolen = replace(honest, requesting_org="suffolk", requesting_officer_id="suffolk-dc-01")
    forge(
        federation.suffolk,
        case,
        approver=approver,
        officer=federation.suffolk.people["suffolk-dc-01"],
        request=stolen,
    )
    federation.carry()
    assert holder_rules(federation, case.request_id) == {RuleId.P_04}
    reasons = read_reasons(federation.kent.desk.cases.get_case(case.request_id).refusal or b"")
    assert reasons.reasons == (NO_MATCH,)


def test_the_holders_approver_may_refuse_and_the_requester_is_told(federation: Federation) -> None:
    request_id = ask(federation)
    assert decide(federation.kent, request_id, "kent-di-03", approves=False) is None
    federation.carry()
    assert told_rules(federation, request_id) == {RuleId.P_01}
    reason = read_reasons(federation.essex.desk.cases.get_case(request_id).refusal or b"").reasons[0].text
    assert reason.startswith("The disclosing side did not approve.")
    assert REASON not in reason


def test_the_requesting_sides_approver_may_refuse_and_nothing_is_sent(federation: Federation) -> None:
    request_id = draft(federation).request_id
    assert decide(federation.essex, request_id, "essex-di-07", approves=False) is None
    federation.carry()
    assert state_of(federation.essex, request_id) is CaseState.REFUSED
    assert federation.relay.seen == []


def test_an_investigator_does_not_approve_and_an_approver_does_not_ask(federation: Federation) -> None:
    case = draft(federation)
    with pytest.raises(PolicyError, match="essex-dc-11 holds OIC, which does not approve"):
        decide(federation.essex, case.request_id, "essex-dc-11")
    federation.essex.people["essex-dc-11"] = federation.essex.people["essex-di-07"]
    with pytest.raises(PolicyError, match="essex-di-07 holds INSPECTOR_PVP, which does not ask"):
        draft(federation)


def test_a_request_about_no_match_of_this_node_is_not_drafted(federation: Federation) -> None:
    with pytest.raises(StateError, match="no match of that reference"):
        draft(federation, match_ref="cd" * 16)
    assert federation.essex.desk.cases.load_cases(Side.REQUESTING) == ()


def test_a_decided_request_is_not_decided_again(federation: Federation) -> None:
    request_id = ask(federation)
    with pytest.raises(StateError, match="waits for a decision here, got one that is SENT"):
        decide(federation.essex, request_id, "essex-di-07")
