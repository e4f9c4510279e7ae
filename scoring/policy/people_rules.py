"""Rules about people: who asked, who decided, and whether they may (DOMAIN P-01, P-02, P-03, P-14, 4.3).

Layer: scoring, pure. Each rule yields one plain sentence or two for everything that is wrong, and
nothing where it is satisfied. Absent parts of P-03, because no object here carries them: shared shift
team, and a household shared with a staff register entry.

Threat: one person who asks and approves under two names, or a decision that nobody took.
"""

from collections.abc import Iterator

from scoring.policy.authority import AUTHORITIES, LEAST_RANK, Authority, find_case_kind, has_rank
from scoring.policy.case_file import CaseFile, SignedApproval, Stage
from scoring.policy.vocabulary import (
    DpoAdvice,
    IntendedAction,
    Rank,
    RequestingRole,
    Side,
)
from scoring.risk.areas import AgencyType

ADULT_ONLY_ACTIONS = frozenset({IntendedAction.INTEL_DEV, IntendedAction.DRIVE_REFERRAL})
"""Actions that are never taken against a subject under 18 (DOMAIN 4.3)."""


def check_human_decision(file: CaseFile) -> Iterator[str]:
    """P-01: every side needed has decided, once, in favour, on this exact request."""
    for side in file.sides_needed:
        yield from _check_one_decision(side, file.approvals_of(side))
    for signed in file.approvals:
        approval = signed.approval
        if (approval.request_id, approval.request_digest) != (file.request.request_id, file.request.digest):
            yield (
                f"The approval by the {_words(approval.side)} is not for this request as it now reads. "
                "Ask for a new approval of the present text."
            )


def _check_one_decision(side: Side, given: tuple[SignedApproval, ...]) -> Iterator[str]:
    if not given:
        yield f"Nobody on the {_words(side)} has decided yet. Ask an approver there to decide."
    if len(given) > 1:
        yield f"There is more than one decision by the {_words(side)}. Send the one that stands."
    if any(not signed.approval.is_approving for signed in given):
        yield f"The {_words(side)} did not approve. Speak to the approver, then make a new request."


def check_different_people(file: CaseFile) -> Iterator[str]:
    """P-02: requester, supervisor and approvers are different people; the sides are different members."""
    request, approvers = file.request, [signed.approver for signed in file.approvals]
    ids = [request.requesting_officer_id, request.supervisor_id, *(a.person_id for a in approvers)]
    keys = [file.requester.public_key, *(approver.public_key for approver in approvers)]
    if _has_repeat(ids) or _has_repeat(keys):
        yield (
            "The requester, the supervisor and each approver must be different people. "
            "Ask someone who has no other part in this request."
        )
    if file.facts.requester_org == file.facts.holder_org:
        yield "Both sides are the same organisation. Use your own records procedure instead."
    yield from _check_signers(file)
    if file.disclosure and file.disclosure.discloser_person_id in ids[:2]:
        yield "The person who releases took part in asking. Have someone else at the holder release it."


def _check_signers(file: CaseFile) -> Iterator[str]:
    named = (file.request.requesting_officer_id, file.request.requesting_org)
    if (file.requester.person_id, file.requester.organisation) != named:
        yield "The request is signed by someone other than the requester it names. Sign it again."
    for signed in file.approvals:
        approval, approver = signed.approval, signed.approver
        if approver.person_id != approval.approver_id:
            yield "An approval is signed by someone other than the approver it names. Sign it again."
        if approver.organisation != file.organisation_of(approval.side):
            yield (
                f"The approver for the {_words(approval.side)} belongs to another organisation. "
                "Ask an approver of that side's own organisation."
            )


def check_no_conflict(file: CaseFile) -> Iterator[str]:
    """P-03: nobody with a connection to the case asks or approves, and no investigator approves."""
    if file.request.conflict_declaration.has_conflict:
        yield "The requester declares a connection to the case. Have a colleague without one ask."
    for signed in file.approvals:
        if signed.approval.conflict_declaration:
            yield "An approver declares a connection to the case. Ask an approver without one."
        if signed.approver.role in set(RequestingRole):
            yield "An approver holds an investigating role. Ask an approver who is not investigating."


def check_children(file: CaseFile) -> Iterator[str]:
    """P-14: under 10 never; under 18 Superintendents on both sides, and no adult-only action.

    A partner has no Superintendents: its side is held to the office that DOMAIN 4.3 gives it, its
    Caldicott Guardian or director's delegate.
    """
    if file.facts.subject_under_ten:
        yield "Records of children under 10 are never shared this way. Use your safeguarding procedure."
    if not file.is_juvenile:
        return
    if ADULT_ONLY_ACTIONS & set(file.request.intended_action):
        yield (
            "INTEL_DEV and DRIVE_REFERRAL are not open for a subject under 18. "
            "Make a new request with a youth pathway."
        )
    for signed in file.approvals:
        if _is_police(file, signed.approval.side) and not has_rank(signed.approver.rank, Rank.SUPERINTENDENT):
            yield (
                f"The subject is under 18, so the {_words(signed.approval.side)} needs an approver who is "
                "a Superintendent or above. Ask one to decide."
            )


def _is_police(file: CaseFile, side: Side) -> bool:
    facts = file.facts
    agency = facts.requester_agency if side == Side.REQUESTING else facts.holder_agency
    return agency == AgencyType.POLICE


def check_authority(file: CaseFile) -> Iterator[str]:
    """DOMAIN 4.3: each approver holds an office that may approve this kind of case on this side."""
    if file.requester.role != file.request.requesting_role:
        yield "The requester does not hold the role that the request states. Correct it and sign again."
    kind = find_case_kind(file)
    if kind is None:
        yield (
            "Nobody has the authority to approve a request between these organisations about this "
            "subject. Ask your governance board."
        )
        return
    for signed in file.approvals:
        if signed.approval.approver_role not in AUTHORITIES[kind].offices(signed.approval.side):
            yield _name_offices(signed.approval.side, AUTHORITIES[kind], kind)
        yield from _check_office(signed)
    if AUTHORITIES[kind].dpo_needed and file.stage == Stage.RELEASE:
        yield from _check_dpo(file)


def _check_office(signed: SignedApproval) -> Iterator[str]:
    office, approver = signed.approval.approver_role, signed.approver
    least = LEAST_RANK.get(office)
    if approver.role != office or (least is not None and not has_rank(approver.rank, least)):
        yield (
            f"An approver does not hold the office of {office} or its rank. "
            "Ask someone who does, or have the credential corrected."
        )


def _check_dpo(file: CaseFile) -> Iterator[str]:
    for signed in file.approvals_of(Side.DISCLOSING):
        if signed.approval.dpo_advice == DpoAdvice.NOT_SOUGHT:
            yield "The data protection officer of the disclosing side was not asked. Ask, then decide again."


def _name_offices(side: Side, authority: Authority, kind: str) -> str:
    offices = " or ".join(sorted(authority.offices(side)))
    return f"For {kind}, the {_words(side)} needs approval by {offices}. Ask one to decide."


def _words(side: Side) -> str:
    return "requesting side" if side == Side.REQUESTING else "disclosing side"


def _has_repeat(values: list[str]) -> bool:
    return len(set(values)) != len(values)
