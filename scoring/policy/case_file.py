"""The case file: everything the rules look at, and nothing they would have to fetch.

Layer: scoring, pure. What the requester says (the request), what people decided (the approvals), who
they are (credentials verified by the caller against the signed agreement) and what the holder's node
knows for itself (:class:`MatchFacts`). The rules take probability and scores from the facts only.

Threat: a requester who overstates the link or the risk to obtain a disclosure.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crypto.canonical import format_time
from crypto.credential import Credential
from scoring.policy.approval import ReidApproval
from scoring.policy.body import body_field, body_object, freeze_fields, number, require
from scoring.policy.disclosure import Disclosure
from scoring.policy.request import MATCH_REF_BYTES, ReidRequest
from scoring.policy.vocabulary import (
    ClericalOutcome,
    HandlingCode,
    RoleView,
    Sensitivity,
    Side,
)
from scoring.risk.areas import AgencyType


@body_object
class Thresholds:
    """The figures of DOMAIN P-05, which the holder's node takes from the signed agreement.

    Args:
        routine_probability: Link probability from which no clerical review is needed.
        review_probability: Link probability from which a review that says "same" is enough.
        score_if_true: Least risk score, 0 to 100, without the X4 rule override.

    Raises:
        InputError: A figure is out of range, or review is above routine.
    """

    routine_probability: float = body_field(number(0.5, 1))
    review_probability: float = body_field(number(0.5, 1))
    score_if_true: float = body_field(number(0, 100))

    def __post_init__(self) -> None:
        freeze_fields(self)
        require(
            self.review_probability <= self.routine_probability,
            "Thresholds.review_probability",
            "at most routine_probability",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFacts:
    """What the holder's node knows about a match, from its own store and the round's signed results.

    Args:
        match_ref: Match handle, 16 bytes.
        run_id: UUID text of the linkage round.
        closed_at: When that round closed, aware UTC.
        requester_org: Member on the other side of the match.
        requester_agency: Its kind, from the agreement.
        holder_org: This member.
        holder_agency: Its kind, from the agreement.
        link_probability: Match probability 0 to 1; until confirmation exists, the uncalibrated
            candidate probability.
        clerical_outcome: What a person here concluded about the link.
        score_if_true: Combined risk score 0 to 100 if the link is true.
        score_interval: Lower and upper combined score.
        score_if_false: The requester's own score if the holder has been told it, else None; it is
            computed from records that only the requester has.
        has_rule_override: Whether X4 (first high harm, DOMAIN 2.5) holds.
        role_view: Kind of round that found the match.
        subject_juvenile: Whether the subject is under 18.
        subject_under_ten: Whether the subject is under 10.
        subject_is_police_employee: Whether the subject works for the police.
        sensitivity: How the subject's record is marked.
        handling_code: Strictest intelligence handling code on what would be disclosed.
        already_disclosed: Whether this match_ref has been answered with a disclosure before.
        spent_approval_ids: Approvals that a disclosure has already used.
    """

    match_ref: bytes
    run_id: str
    closed_at: datetime
    requester_org: str
    requester_agency: AgencyType
    holder_org: str
    holder_agency: AgencyType
    link_probability: float
    clerical_outcome: ClericalOutcome
    score_if_true: float
    score_interval: tuple[float, float]
    score_if_false: float | None
    has_rule_override: bool
    role_view: RoleView
    subject_juvenile: bool
    subject_under_ten: bool
    subject_is_police_employee: bool
    sensitivity: Sensitivity
    handling_code: HandlingCode
    already_disclosed: bool
    spent_approval_ids: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        lower, upper = self.score_interval
        format_time(self.closed_at)
        require(len(self.match_ref) == MATCH_REF_BYTES, "MatchFacts.match_ref", f"{MATCH_REF_BYTES} bytes")
        require(0 <= self.link_probability <= 1, "MatchFacts.link_probability", "0 to 1")
        require(0 <= self.score_if_true <= 100, "MatchFacts.score_if_true", "0 to 100")
        require(0 <= lower <= upper <= 100, "MatchFacts.score_interval", "0 <= lower <= upper <= 100")


class Stage(StrEnum):
    """When the rules are evaluated."""

    ARRIVAL = "ARRIVAL"
    RELEASE = "RELEASE"


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """An approval whose signature the caller has verified under this credential's key."""

    approval: ReidApproval
    approver: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One request as it stands at one moment.

    Args:
        stage: ARRIVAL needs the requesting side's approval; RELEASE needs both sides' and the
            disclosure about to be sent.
        request: The request, its signature verified under ``requester``'s key.
        requester: Credential of the person who signed it.
        approvals: Every approval received for it, signatures verified.
        disclosure: What is about to be released; None at ARRIVAL.
        facts: What the holder knows.
        thresholds: From the signed agreement.
        now: Aware UTC time of the decision.
    """

    stage: Stage
    request: ReidRequest
    requester: Credential
    approvals: tuple[SignedApproval, ...]
    facts: MatchFacts
    thresholds: Thresholds
    now: datetime
    disclosure: Disclosure | None = None

    def __post_init__(self) -> None:
        format_time(self.now)

    @property
    def sides_needed(self) -> tuple[Side, ...]:
        """Whose approval this stage needs."""
        return (Side.REQUESTING,) if self.stage == Stage.ARRIVAL else (Side.REQUESTING, Side.DISCLOSING)

    @property
    def is_juvenile(self) -> bool:
        """Whether either side knows the subject to be under 18; the careful answer wins."""
        return self.request.subject_juvenile or self.facts.subject_juvenile or self.facts.subject_under_ten

    def organisation_of(self, side: Side) -> str:
        """Return the member that a side's approver must belong to."""
        return self.facts.requester_org if side == Side.REQUESTING else self.facts.holder_org

    def approvals_of(self, side: Side) -> tuple[SignedApproval, ...]:
        """Return the approvals that speak for a side."""
        return tuple(signed for signed in self.approvals if signed.approval.side == side)
