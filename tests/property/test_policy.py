"""Properties of the policy decision that no table of cases can show."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crypto.errors import InputError
from scoring.policy.approval import APPROVAL_LIFETIME
from scoring.policy.case_file import CaseFile, SignedApproval
from scoring.policy.request import REQUEST_LIFETIME, parse_request
from scoring.policy.rules import decide_request
from scoring.policy.ruling import NO_MATCH, Granted, Refused, RuleId
from scoring.policy.vocabulary import ClericalOutcome, DataItem, Gateway, IntendedAction, Sensitivity, Side
from tests.unit.policy.builders import (
    DECIDED,
    DELEGATE,
    FACTS,
    INSPECTOR,
    MILLISECOND,
    NOW,
    REQUESTER,
    build_approval,
    build_disclosure,
    build_file,
    build_request,
    uuid_text,
)
from tests.unit.policy.granted_cases import GRANTED
from tests.unit.policy.refused_cases import REFUSED

FILES = [file for _, file in GRANTED.values()] + [file for _, file, _ in REFUSED.values()]
KNOWN_PEOPLE = {
    "requester": replace(REQUESTER, role="INSPECTOR_PVP", rank="inspector"),
    "requesting approver": INSPECTOR,
    "disclosing approver": DELEGATE,
}
PEOPLE = st.sampled_from(sorted(KNOWN_PEOPLE))

facts = st.builds(
    replace,
    st.just(FACTS),
    link_probability=st.floats(0, 1),
    score_if_true=st.floats(0, 100),
    clerical_outcome=st.sampled_from(ClericalOutcome),
    has_rule_override=st.booleans(),
    subject_juvenile=st.booleans(),
    already_disclosed=st.booleans(),
    sensitivity=st.sampled_from(Sensitivity),
)
requests = st.builds(
    build_request,
    link_probability=st.floats(0, 1),
    score_if_true=st.floats(0, 100),
    gateway=st.lists(st.sampled_from(Gateway), min_size=1, unique=True).map(tuple),
    data_items_requested=st.lists(st.sampled_from(DataItem), min_size=1, unique=True).map(tuple),
    intended_action=st.lists(st.sampled_from(IntendedAction), min_size=1, unique=True).map(tuple),
)
files = st.sampled_from(FILES) | st.builds(
    lambda request, facts, after: build_file(request, facts=facts, now=NOW + after),
    requests,
    facts,
    st.timedeltas(timedelta(), timedelta(days=40)),
)


@given(files)
def test_the_same_case_file_always_gets_the_same_ruling(file: CaseFile):
    assert decide_request(file) == decide_request(replace(file))


@given(files, st.permutations(range(2)))
def test_the_order_of_approvals_does_not_matter(file: CaseFile, order):
    assume(len(file.approvals) == 2)
    shuffled = replace(file, approvals=tuple(file.approvals[i] for i in order))
    assert isinstance(decide_request(shuffled), Granted) == isinstance(decide_request(file), Granted)


@given(files, PEOPLE, st.sampled_from(Side))
def test_one_more_approval_by_somebody_already_involved_never_grants(file: CaseFile, person, side):
    known = KNOWN_PEOPLE[person]
    involved = {file.requester.public_key, *(s.approver.public_key for s in file.approvals)}
    assume(known.public_key in involved)
    extra = build_approval(file.request, side, known, approval_id=uuid_text(500))
    more = replace(file, approvals=(*file.approvals, SignedApproval(extra, known)))
    assert isinstance(decide_request(more), Refused)


@given(st.sampled_from(Side), PEOPLE)
def test_an_approval_by_somebody_already_involved_cannot_stand_in_for_a_missing_side(side, person):
    file = build_file()
    others = tuple(s for s in file.approvals if s.approval.side != side)
    known = KNOWN_PEOPLE[person]
    assume(known.public_key in {REQUESTER.public_key, *(s.approver.public_key for s in others)})
    stand_in = SignedApproval(build_approval(file.request, side, known), known)
    assert RuleId.P_02 in decide_request(replace(file, approvals=(*others, stand_in))).rules


@given(st.data())
def test_any_edit_of_a_request_changes_its_digest_and_voids_its_approvals(data):
    file = build_file()
    body, other = file.request.to_body(), data.draw(requests).to_body()
    field = data.draw(st.sampled_from(sorted(body)))
    by_hand = {
        "case_ref": "42EX/99999/26",
        "subject_juvenile": True,
        "supervisor_id": "essex-ds-09",
        "le_purpose": None,
        "risk_statement": body["risk_statement"] + " ",
    }
    body[field] = by_hand.get(field, other[field])
    assume(body != file.request.to_body())
    try:
        edited = parse_request(body)
    except InputError:
        return  # an edit that no longer parses reaches no rule at all
    assert edited.digest != file.request.digest
    assert RuleId.P_01 in decide_request(replace(file, request=edited)).rules


@given(st.sampled_from(FILES), st.sampled_from([Sensitivity.COVERT, Sensitivity.PROTECTED_PERSON]))
def test_nothing_about_a_hidden_person_shows_in_public_whatever_else_is_wrong(file: CaseFile, marking):
    hidden = replace(file, facts=replace(file.facts, sensitivity=marking))
    assert decide_request(hidden).public_reasons == (NO_MATCH,)


@given(st.timedeltas(-timedelta(hours=70), timedelta(hours=70)))
def test_approvals_are_alive_up_to_exactly_72_hours(offset):
    offset = timedelta(milliseconds=offset // MILLISECOND)
    file = build_file(now=DECIDED + APPROVAL_LIFETIME + offset)
    expired = any("lasts 72 hours" in r.text for r in getattr(decide_request(file), "reasons", ()))
    assert expired == (offset > timedelta())


@given(st.floats(0, 1), st.floats(0, 100), st.sampled_from(ClericalOutcome), st.booleans())
def test_eligibility_follows_the_holders_figures_whatever_the_request_states(link, score, outcome, override):
    held = replace(
        FACTS,
        link_probability=link,
        score_if_true=score,
        clerical_outcome=outcome,
        has_rule_override=override,
    )
    eligible = (
        outcome in {ClericalOutcome.SAME, ClericalOutcome.NOT_REVIEWED}
        and link >= (0.80 if outcome == ClericalOutcome.SAME else 0.95)
        and (score >= 60 or override)
    )
    honest = build_file(build_request(link_probability=link, score_if_true=score), facts=held)
    boasting = build_file(build_request(link_probability=1.0, score_if_true=100.0), facts=held)
    assert (RuleId.P_05 not in rules_against(honest)) == eligible
    if not eligible:
        assert RuleId.P_05 in rules_against(boasting)


@given(st.sets(st.sampled_from(DataItem), min_size=1), st.sets(st.sampled_from(DataItem), min_size=1))
def test_only_items_that_both_sides_approved_are_ever_disclosed(approved, disclosed):
    request = build_request(data_items_requested=tuple(DataItem), intended_action=(IntendedAction.ARREST,))
    file = build_file(request)
    narrowed = tuple(
        replace(s, approval=replace(s.approval, data_items_approved=tuple(sorted(approved))))
        if s.approval.side == Side.DISCLOSING
        else s
        for s in file.approvals
    )
    package = build_disclosure(request, items=dict.fromkeys(disclosed, "invented"))
    ruling = decide_request(replace(file, approvals=narrowed, disclosure=package))
    assert isinstance(ruling, Granted) == (disclosed <= approved)


@pytest.mark.parametrize(("late", "alive"), [(timedelta(), True), (MILLISECOND, False)])
def test_a_request_dies_after_exactly_14_days(late, alive):
    file = build_file(now=build_request().requested_at + REQUEST_LIFETIME + late)
    texts = [reason.text for reason in decide_request(file).reasons]
    assert any("The request has expired" in text for text in texts) != alive


def rules_against(file: CaseFile) -> tuple[RuleId, ...]:
    ruling = decide_request(file)
    return ruling.rules if isinstance(ruling, Refused) else ()
