"""The rules of DOMAIN 4.3 and 4.4, on every case of the tables beside this file."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.errors import InputError
from scoring.policy.authority import AUTHORITIES, LEAST_RANK, CaseKind, find_case_kind, find_rank
from scoring.policy.case_file import Stage, Thresholds
from scoring.policy.gateways import POWERS
from scoring.policy.match_rules import ROLES_IN_VIEW
from scoring.policy.rules import ELSEWHERE, RULES, decide_request
from scoring.policy.ruling import NO_MATCH, Granted, Refused, RuleId, parse_refusal, refuse_unknown_match
from scoring.policy.vocabulary import (
    ApproverRole,
    DataItem,
    Decision,
    Gateway,
    LePurpose,
    Rank,
    RoleView,
    Sensitivity,
    Side,
)
from scoring.risk.areas import AgencyType
from tests.unit.policy.builders import (
    ASKED,
    at_arrival,
    build_disclosure,
    build_file,
    build_request,
    with_approval,
    with_facts,
)
from tests.unit.policy.granted_cases import GRANTED
from tests.unit.policy.refused_cases import REFUSED
from tests.unit.policy.variants import threat


@pytest.mark.parametrize("name", GRANTED)
def test_a_case_that_breaks_no_rule_is_granted_with_every_rule_checked(name):
    _, file = GRANTED[name]
    ruling = decide_request(file)
    assert ruling == Granted(Stage.RELEASE, tuple(file.disclosure.items), tuple(RULES))


@pytest.mark.parametrize("name", REFUSED)
def test_a_case_that_breaks_a_rule_is_refused_by_it_and_says_why(name):
    rule, file, expected = REFUSED[name]
    ruling = decide_request(file)
    assert isinstance(ruling, Refused)
    texts = [reason.text for reason in ruling.reasons if reason.rule == rule]
    assert any(expected in text for text in texts), ruling.reasons


ALONE = sorted(name for name in REFUSED if REFUSED[name][0] in {
    RuleId.P_03, RuleId.P_04, RuleId.P_05, RuleId.P_06, RuleId.P_08, RuleId.P_10, RuleId.P_12, RuleId.P_18,
} and name not in {
    "the officer in the case approves",  # nor does that person hold the office claimed
    "a member that is not in the match",  # nor do its approver and the package belong to the two sides
    "link just under 0.80 after review",
})  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_one_broken_rule_fires_alone(name):
    rule, file, _ = REFUSED[name]
    assert decide_request(file).rules == (rule,)


def test_every_broken_rule_is_reported_at_once():
    file = replace(
        with_facts(already_disclosed=True, link_probability=0.5, closed_at=ASKED - timedelta(days=40)),
        approvals=(),
    )
    assert set(decide_request(file).rules) == {
        RuleId.P_01,
        RuleId.P_04,
        RuleId.P_05,
        RuleId.P_06,
        RuleId.P_10,
    }


def test_a_request_is_granted_on_arrival_with_the_requesting_side_only():
    ruling = decide_request(at_arrival(build_file()))
    assert ruling == Granted(Stage.ARRIVAL, build_request().data_items_requested, tuple(RULES))


def test_arrival_applies_the_rules_about_the_match_too():
    ruling = decide_request(at_arrival(with_facts(link_probability=0.6)))
    assert RuleId.P_05 in ruling.rules


def test_granted_items_are_those_that_both_sides_approved():
    file = replace(
        with_approval(
            Side.DISCLOSING,
            decision=Decision.APPROVE_REDUCED,
            data_items_approved=(DataItem.ORDERS, DataItem.IDENTITY_CORE),
        ),
        disclosure=build_disclosure(build_request(), items={DataItem.ORDERS: []}),
    )
    assert decide_request(file).items == (DataItem.IDENTITY_CORE, DataItem.ORDERS)


def test_every_rule_id_has_a_rule_a_granted_case_and_a_refused_case():
    assert set(RULES) == set(RuleId)
    assert {rule for rule, _ in GRANTED.values()} == set(RuleId)
    assert {rule for rule, _, _ in REFUSED.values()} == set(RuleId)


def test_every_rule_of_the_domain_is_enforced_here_or_accounted_for():
    domain = {f"P-{number:02d}" for number in range(1, 22)} | {"DOMAIN-4.3"}
    assert set(RULES) | set(ELSEWHERE) == domain
    assert not set(RULES) & set(ELSEWHERE)


def test_every_rule_has_its_own_function_and_one_line():
    assert len({rule.check for rule in RULES.values()}) == len(RULES)
    assert all("\n" not in rule.text and rule.text.endswith(".") for rule in RULES.values())


@pytest.mark.parametrize("name", REFUSED)
def test_every_reason_is_plain_says_what_to_do_and_names_nobody(name):
    for reason in decide_request(REFUSED[name][1]).reasons:
        assert re.match(r"[A-Z].*\. [A-Z].*\.$", reason.text)
        assert not re.search(r"essex|kent|nhs|care-|EX/|0\.97|72\.0", reason.text)


@pytest.mark.parametrize("name", ["a covert record", "a protected person", "handling code C on the record"])
def test_a_hidden_person_is_answered_exactly_as_a_match_that_does_not_exist(name):
    ruling = decide_request(REFUSED[name][1])
    assert ruling.to_public_body() == refuse_unknown_match().to_public_body()
    assert "P-08" not in str(ruling.to_public_body())


def test_a_hidden_person_hides_the_other_reasons_too():
    ruling = decide_request(with_facts(sensitivity=Sensitivity.COVERT, already_disclosed=True))
    assert ruling.rules == (RuleId.P_08, RuleId.P_10)
    assert ruling.public_reasons == (NO_MATCH,)


def test_a_refusal_survives_the_wire():
    ruling = decide_request(threat())
    assert parse_refusal(ruling.to_public_body()) == ruling


def test_the_agreement_sets_the_bars():
    file = build_file()
    strict = replace(file, thresholds=replace(file.thresholds, routine_probability=0.99))
    assert "must be at least 0.99" in decide_request(strict).reasons[0].text


def test_no_purpose_and_no_gateway_serves_immigration_enforcement():
    assert not [word for word in (*LePurpose, *Gateway) if "IMMIGRATION" in word]


def test_every_row_of_who_may_approve_is_reached_by_a_granted_case_or_a_refused_one():
    files = [file for _, file in GRANTED.values()] + [file for _, file, _ in REFUSED.values()]
    assert set(AUTHORITIES) == set(CaseKind)
    assert {find_case_kind(file) for file in files} == {*CaseKind, None}


@pytest.mark.parametrize("agency", AgencyType)
def test_a_kind_of_agency_without_powers_has_nobody_to_approve_either(agency):
    kind = find_case_kind(with_facts(holder_agency=agency))
    assert (agency in POWERS) == (kind is not None)


def test_every_police_office_in_the_table_has_a_least_rank():
    partner = {ApproverRole.CALDICOTT_GUARDIAN, ApproverRole.DCS_DASS_DELEGATE}
    used = {office for row in AUTHORITIES.values() for office in row.requesting | row.disclosing}
    assert used - partner == set(LEAST_RANK)


@pytest.mark.parametrize("view", RoleView)
def test_every_kind_of_round_says_who_may_be_asked_about(view):
    assert ROLES_IN_VIEW[view]


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("inspector", Rank.INSPECTOR),
        ("Detective Chief Superintendent", Rank.CHIEF_SUPERINTENDENT),
        ("chief-inspector", Rank.CHIEF_INSPECTOR),
        ("head of service", None),
        ("inspector of taxes", None),
    ],
)
def test_ranks_are_read_in_any_usual_spelling_and_nothing_else(text, rank):
    assert find_rank(text) == rank


def test_the_bar_for_a_reviewed_link_cannot_be_above_the_routine_one():
    with pytest.raises(InputError, match="review_probability: expected at most routine_probability"):
        Thresholds(routine_probability=0.9, review_probability=0.95, score_if_true=60)
