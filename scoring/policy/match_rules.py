"""Rules about the match and the law: DOMAIN P-04, P-05, P-07, P-08, P-12, P-16 and P-18.

Layer: scoring, pure. Probability and scores come from the holder's facts; the figures in the request
are only compared with them, so that a request resting on other figures is caught. Absent part of P-04:
current versions of impact assessments and sharing agreements, which the agreement does not list yet.

Threat: a requester who overstates the link, cites a power that does not apply, or asks about someone
who must not be admitted to exist.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from scoring.policy.case_file import CaseFile
from scoring.policy.gateways import POWERS
from scoring.policy.vocabulary import (
    ClericalOutcome,
    HandlingCode,
    Regime,
    RoleView,
    Sensitivity,
    SubjectRole,
    Urgency,
)

MATCH_LIFETIME = timedelta(days=30)
"""How old a round's match may be when it is asked about (DOMAIN P-04)."""

PROBABILITY_TOLERANCE = 0.01
"""How far a stated link probability may be from the holder's: figures are shown to two decimals."""

SCORE_TOLERANCE = 1.5
"""How far a stated score may be: the largest error that quantised summaries cause (DOMAIN 2.3)."""

_ROUNDING = 1e-9
"""Slack for binary fractions, so that a difference of exactly the tolerance passes."""

HIDDEN_SENSITIVITIES = frozenset({Sensitivity.COVERT, Sensitivity.PROTECTED_PERSON})
"""Markings whose subjects never leave, and are never admitted to exist."""

ROLES_IN_VIEW: Mapping[RoleView, frozenset[SubjectRole]] = {
    RoleView.PERPETRATOR: frozenset({SubjectRole.PERPETRATOR}),
    RoleView.VICTIM: frozenset({SubjectRole.VICTIM, SubjectRole.CHILD}),
}
"""As whom a subject may be asked about, by the kind of round that found the match (DOMAIN P-16)."""


def check_match(file: CaseFile) -> Iterator[str]:
    """P-04: the request is about this match of this round, between these members, at most 30 days old."""
    request, facts = file.request, file.facts
    stated = (request.match_ref, request.run_id, request.requesting_org)
    if stated != (facts.match_ref, facts.run_id, facts.requester_org):
        yield "The request does not fit the match it refers to. Check the match reference and the round."
    if file.now > facts.closed_at + MATCH_LIFETIME:
        yield "The match is more than 30 days old. Wait for the next round and ask about its match."


def check_link_and_risk(file: CaseFile) -> Iterator[str]:
    """P-05: a strong link, and a high score or the X4 override, by the holder's own figures."""
    facts, thresholds = file.facts, file.thresholds
    reviewed = facts.clerical_outcome == ClericalOutcome.SAME
    least = thresholds.review_probability if reviewed else thresholds.routine_probability
    if facts.link_probability < least:
        yield (
            f"The link is not strong enough: it must be at least {thresholds.routine_probability:g}, or at "
            f"least {thresholds.review_probability:g} with a clerical review that says it is the same "
            "person. Ask the holder for a clerical review."
        )
    # A person who looked and did not say "same" outranks the number (P-01).
    if facts.clerical_outcome in {ClericalOutcome.DIFFERENT, ClericalOutcome.UNSURE}:
        yield "A clerical review did not find it to be the same person. Give the holder more to compare."
    if facts.score_if_true < thresholds.score_if_true and not facts.has_rule_override:
        yield (
            f"The risk score is below {thresholds.score_if_true:g} and there is no first high-harm event. "
            "Use your usual safeguarding procedure."
        )
    if not _has_same_figures(file):
        yield (
            "The figures in the request differ from those the holder has. "
            "Read the match again and make a new request with its figures."
        )


def _has_same_figures(file: CaseFile) -> bool:
    request, facts = file.request, file.facts
    scores = [
        (request.score_if_true, facts.score_if_true),
        *zip(request.score_interval, facts.score_interval, strict=True),
    ]
    if facts.score_if_false is not None:
        scores.append((request.score_if_false, facts.score_if_false))
    near = abs(request.link_probability - facts.link_probability) <= PROBABILITY_TOLERANCE + _ROUNDING
    return near and all(abs(stated - held) <= SCORE_TOLERANCE + _ROUNDING for stated, held in scores)


def check_gateway(file: CaseFile) -> Iterator[str]:
    """P-07: every power cited binds this kind of discloser, and it may give every item asked for."""
    agency = file.facts.holder_agency
    powers = POWERS.get(agency)
    if powers is None:
        yield f"No legal gateway lets an agency of type {agency} disclose here. Ask it directly."
        return
    cited = set(file.request.gateway)
    if wrong := sorted(cited - powers.gateways):
        yield (
            f"{', '.join(wrong)} does not let an agency of type {agency} disclose. "
            "Make a new request that cites a power that does."
        )
    if powers.one_of and not cited & powers.one_of:
        yield (
            f"An agency of type {agency} needs one of {', '.join(sorted(powers.one_of))}. "
            "Make a new request that cites it, if it applies."
        )
    if barred := sorted(set(file.request.data_items_requested) - powers.items):
        yield (f"An agency of type {agency} may not give {', '.join(barred)}. Make a new request without it.")


def check_concealment(file: CaseFile) -> Iterator[str]:
    """P-08: handling code C and covert or protected people never leave; rendered as no match."""
    codes = {file.facts.handling_code} | ({file.disclosure.handling_code} if file.disclosure else set())
    if file.facts.sensitivity in HIDDEN_SENSITIVITIES or HandlingCode.C in codes:
        yield "The record is protected and does not leave. The requester is told that there is no match."


def check_urgency(file: CaseFile) -> Iterator[str]:
    """P-12: there is no break-glass path yet, so a threat to life is not handled as if it were routine."""
    if file.request.urgency == Urgency.THREAT_TO_LIFE:
        yield (
            "There is no break-glass path yet for a threat to life. Do not wait for this service: "
            "phone the holder's control room now."
        )


def check_role_view(file: CaseFile) -> Iterator[str]:
    """P-16: a match is asked about only in the role in which it was found."""
    if file.request.subject_role not in ROLES_IN_VIEW[file.facts.role_view]:
        yield (
            "The match was not found in a round about that role. "
            "Make a new request with the role in which the person was matched."
        )


def check_purpose(file: CaseFile) -> Iterator[str]:
    """P-18: a police request states a purpose from the closed list, which has no immigration purpose."""
    if file.request.regime == Regime.DPA_PART3 and file.request.le_purpose is None:
        yield (
            "The request states no law enforcement purpose from the list; immigration enforcement is not "
            "one. Make a new request with its purpose."
        )
