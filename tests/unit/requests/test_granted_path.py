"""A request that every rule grants, from form to opened package."""

import pytest

from crypto.errors import PolicyError, StateError
from crypto.log.receipt import parse_receipt, verify_receipt
from node.requests.case import CaseState
from node.requests.opening import open_disclosure
from node.requests.package import NOT_HELD
from scoring.policy.ruling import Granted
from scoring.policy.vocabulary import DataItem, Side, SubjectCategory
from tests.unit.requests.federation import BIRTH, FORENAME, SURNAME, Federation
from tests.unit.requests.steps import ask, decide, disclose, draft, release, state_of


def test_the_officer_who_asked_reads_exactly_the_approved_items(federation: Federation) -> None:
    request_id = disclose(federation)
    essex = federation.essex
    opened = open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    assert set(opened.items) == {DataItem.IDENTITY_CORE, DataItem.INCIDENT_LIST, DataItem.ORDERS}
    (identity,) = opened.items[DataItem.IDENTITY_CORE]
    assert (identity["given_names"], identity["surname"]) == (FORENAME, SURNAME)
    assert identity["date_of_birth"] == BIRTH.isoformat()
    assert [incident["offence_code"] for incident in opened.items[DataItem.INCIDENT_LIST]] == ["105A"]
    assert opened.items[DataItem.ORDERS] == NOT_HELD
    assert opened.subject_category is SubjectCategory.SUSPECT
    assert opened.recipient_person_ids == ("essex-dc-11",)


def test_both_sides_go_through_the_same_states(federation: Federation) -> None:
    essex, kent = federation.essex, federation.kent
    request_id = draft(federation).request_id
    assert state_of(essex, request_id) is CaseState.DRAFTED
    decide(essex, request_id, "essex-di-07")
    assert state_of(essex, request_id) is CaseState.SENT
    federation.carry()
    assert state_of(kent, request_id) is CaseState.AWAITING_APPROVAL
    decide(kent, request_id, "kent-di-03")
    assert state_of(kent, request_id) is CaseState.APPROVED
    release(kent, request_id, "kent-di-03")
    federation.carry()
    assert (state_of(kent, request_id), state_of(essex, request_id)) == (
        CaseState.DISCLOSED,
        CaseState.DISCLOSED,
    )


def test_every_step_is_in_the_log_under_the_member_that_took_it(federation: Federation) -> None:
    request_id = disclose(federation)
    essex = federation.essex
    open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    assert federation.list_events() == [
        ("essex", "APPROVAL"),
        ("kent", "APPROVAL"),
        ("kent", "DISCLOSURE"),
        ("essex", "CONSULTATION"),
    ]
    disclosure = federation.read_log()[2]
    assert disclosure.recipient_ids == ("essex", "essex-dc-11")
    assert disclosure.request_ref == request_id


def test_the_discloser_keeps_a_receipt_that_verifies_offline(federation: Federation) -> None:
    disclose(federation)
    receipts = [parse_receipt(data) for data in federation.kent.context.store.evidence.load_receipts()]
    assert len(receipts) == 2
    for receipt in receipts:
        verify_receipt(
            receipt,
            origin=federation.agreement.log_origin,
            log_public_key=federation.agreement.log_public_key,
        )


def test_the_disclosing_side_may_approve_less_and_only_that_is_disclosed(federation: Federation) -> None:
    request_id = ask(federation)
    decide(federation.kent, request_id, "kent-di-03", items=("INCIDENT_LIST",))
    release(federation.kent, request_id, "kent-di-03")
    federation.carry()
    essex = federation.essex
    opened = open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    assert list(opened.items) == [DataItem.INCIDENT_LIST]


def test_conditions_of_both_approvers_travel_with_the_package(federation: Federation) -> None:
    request_id = ask(federation)
    decide(federation.kent, request_id, "kent-di-03", conditions="No onward sharing.")
    release(federation.kent, request_id, "kent-di-03")
    federation.carry()
    essex = federation.essex
    opened = open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)
    assert "No onward sharing." in opened.purpose_limit
    assert "42EX/10234/26" in opened.purpose_limit


def test_nobody_but_the_officer_who_asked_opens_the_package(federation: Federation) -> None:
    request_id = disclose(federation)
    essex = federation.essex
    with pytest.raises(PolicyError, match="not for essex-di-07"):
        open_disclosure(essex.desk, request_id, reader=essex.people["essex-di-07"], now=essex.now)
    assert federation.list_events()[-1] == ("essex", "POLICY_DENY")


def test_nothing_is_opened_before_it_was_disclosed(federation: Federation) -> None:
    request_id = ask(federation)
    essex = federation.essex
    with pytest.raises(StateError, match="expected a request that was disclosed"):
        open_disclosure(essex.desk, request_id, reader=essex.people["essex-dc-11"], now=essex.now)


def test_an_approval_alone_releases_nothing(federation: Federation) -> None:
    request_id = ask(federation)
    assert isinstance(decide(federation.kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    assert state_of(federation.essex, request_id) is CaseState.SENT
    assert [m.kind.value for m in federation.relay.seen] == ["REQUEST"]


def test_a_request_is_not_released_before_the_disclosing_side_approved(federation: Federation) -> None:
    request_id = ask(federation)
    with pytest.raises(StateError, match="approved here, got one that is AWAITING_APPROVAL"):
        release(federation.kent, request_id, "kent-di-03")


def test_the_node_fills_in_its_own_figures(federation: Federation) -> None:
    case = draft(federation)
    (loaded,) = federation.essex.desk.cases.load_cases(Side.REQUESTING)
    assert loaded == case
    assert (case.counterpart, case.match_ref) == ("kent", "00112233445566778899aabbccddeeff")
