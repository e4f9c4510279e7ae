"""The case file of a request, from what this node holds itself.

Layer: node. Probability, scores and markings come from this node's own match and record, never from the
request. On the requesting side the same rules run on the requester's own figures, so that a request that
the holder would refuse is stopped at home; the holder decides again on its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crypto.credential import Credential
from crypto.errors import StateError
from node.requests.case import Case, StoredApproval
from node.requests.desk import Desk
from node.requests.ports import KnownMatch, OwnRecord
from node.requests.verification import verify_approval, verify_request
from scoring.policy.case_file import CaseFile, MatchFacts, SignedApproval, Stage
from scoring.policy.request import ReidRequest
from scoring.policy.vocabulary import HandlingCode, RoleView, Sensitivity, Side


def get_match(desk: Desk, case: Case) -> KnownMatch:
    """Return the match of a request; raise StateError when it is no longer held."""
    match = desk.records.find_match(bytes.fromhex(case.match_ref))
    if match is None:
        raise StateError("this node no longer holds the match; wait for the next round's match")
    return match


def verify_case(desk: Desk, case: Case) -> tuple[ReidRequest, Credential]:
    """Return a stored request and its requester, verified again."""
    return verify_request(case.request, desk.agreement.get_member(member_of(desk, case, Side.REQUESTING)))


def verify_stored_approval(desk: Desk, case: Case, stored: StoredApproval) -> SignedApproval:
    """Return a stored approval, verified again."""
    return verify_approval(stored.approval, desk.agreement.get_member(member_of(desk, case, stored.side)))


def member_of(desk: Desk, case: Case, side: Side) -> str:
    """Return the member on a side of a request."""
    return desk.member if side == case.side else case.counterpart


def get_record(desk: Desk, match: KnownMatch, *, now: datetime) -> OwnRecord:
    """Return this member's own record behind a match; raise StateError when it is no longer held."""
    record = desk.records.find_record(match, now=now)
    if record is None:
        raise StateError("this node no longer holds the record behind the match; nothing can be released")
    return record


def open_case_file(desk: Desk, case: Case, *, approvals: Sequence[StoredApproval], now: datetime) -> CaseFile:
    """Return the case file at ARRIVAL with these approvals.

    Raises:
        StateError: The match or the record behind it is no longer held.
        VerificationError: The request or an approval does not verify.
    """
    request, requester = verify_case(desk, case)
    match = get_match(desk, case)
    record = get_record(desk, match, now=now) if case.side == Side.DISCLOSING else None
    return CaseFile(
        stage=Stage.ARRIVAL,
        request=request,
        requester=requester,
        approvals=tuple(verify_stored_approval(desk, case, stored) for stored in approvals),
        facts=_make_facts(desk, case, match=match, record=record),
        thresholds=desk.thresholds,
        now=now,
    )


def with_approval(file: CaseFile, signed: SignedApproval) -> CaseFile:
    """Return the case file as it would be with this decision in place of an earlier one of its side."""
    others = tuple(known for known in file.approvals if known.approval.side != signed.approval.side)
    return replace(file, approvals=(*others, signed))


def _make_facts(desk: Desk, case: Case, *, match: KnownMatch, record: OwnRecord | None) -> MatchFacts:
    requester, holder = (member_of(desk, case, side) for side in (Side.REQUESTING, Side.DISCLOSING))
    return MatchFacts(
        match_ref=match.match_ref,
        run_id=match.round_id,
        closed_at=match.published_at,
        requester_org=requester,
        requester_agency=desk.agency_of(requester),
        holder_org=holder,
        holder_agency=desk.agency_of(holder),
        link_probability=match.candidate_probability,
        clerical_outcome=match.clerical_outcome,
        score_if_true=match.score_if_true,
        score_interval=match.score_interval,
        score_if_false=None if record else match.score_if_false,
        has_rule_override=match.rule_override,
        role_view=RoleView.PERPETRATOR,
        subject_juvenile=match.juvenile or (record is not None and record.is_juvenile),
        subject_under_ten=record is not None and record.is_under_ten,
        subject_is_police_employee=record is not None and record.is_police_employee,
        # How the holder marks its record is not for the requester to know.
        sensitivity=record.sensitivity if record else Sensitivity.NORMAL,
        handling_code=record.handling_code if record else HandlingCode.P,
        already_disclosed=desk.cases.is_disclosed(case.match_ref),
        spent_approval_ids=desk.cases.load_spent_approvals(),
    )
