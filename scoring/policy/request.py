"""A re-identification request: who asks the holder of a match whom it is about, and why.

Layer: scoring, pure. The fields of ``reid_request`` in ``governance_schema.csv`` except the signature,
which the envelope around the body carries. Approvals bind to :attr:`ReidRequest.digest`, so any edit
voids them. Forms, lengths and fields that contradict each other are refused here; whether a
well-formed request may be granted is for ``scoring.policy.rules``.

Threat: a request that says too little to be judged, or that changes after it was approved.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from crypto.canonical import canonical_digest
from scoring.policy.body import (
    FLAG,
    IDENTIFIER,
    PERSON_ID,
    TIME,
    UUID_TEXT,
    body_field,
    body_object,
    choice,
    freeze_fields,
    interval,
    nested,
    number,
    octets,
    optional,
    parse_fields,
    require,
    several,
    text,
    write_fields,
)
from scoring.policy.vocabulary import (
    DataItem,
    Gateway,
    IntendedAction,
    LawfulBasis,
    LePurpose,
    LessIntrusiveStep,
    PhiaTerm,
    Regime,
    RequestingRole,
    SensitiveCondition,
    SubjectRole,
    Urgency,
    VictimViews,
)
from scoring.risk.phia import TERMS, AnalyticalConfidence, describe_likelihood

REQUEST_LIFETIME = timedelta(days=14)
"""How long a request may wait (DOMAIN P-09)."""

INTEL_DEV_LIFETIME = timedelta(days=7)
"""The same where developing intelligence is the only intended action (DOMAIN 4.3)."""

THREAT_TO_LIFE_LIFETIME = timedelta(hours=24)
"""The same for a threat to life (DOMAIN P-12)."""

MATCH_REF_BYTES = 16
"""Length of the coordinator's match handle."""

STATEMENT = text(200, 2000)
"""Long enough to hold reasons, short enough to be read by an approver (HRA article 8(2))."""

_PHIA_TERMS = {words: term for (words, _, _), term in zip(TERMS, PhiaTerm, strict=True)}

_PART3_BASES = frozenset({LawfulBasis.TASK_NECESSARY_S35_2B, LawfulBasis.CONSENT_S35_2A})


@body_object
class ConflictDeclaration:
    """Whether the requester has a personal or professional connection to anyone in the case.

    Args:
        has_conflict: True where there is one; DOMAIN P-03 then refuses.
        statement: The declaration in the requester's words, 10 to 500 characters.
    """

    has_conflict: bool = body_field(FLAG)
    statement: str = body_field(text(10, 500), private=True)

    def __post_init__(self) -> None:
        freeze_fields(self)


@body_object
class ReidRequest:
    """One question about one match, complete enough for two people to judge.

    Args:
        request_id: UUID text.
        case_ref: Force URN, crime or MARAC reference.
        match_ref: The coordinator's match handle, 16 bytes, good for one disclosure.
        run_id: UUID text of the linkage round that found the match.
        requesting_org: Member name of the requester.
        requesting_officer_id: Opaque id of the person who asks and signs.
        requesting_role: What that person does.
        supervisor_id: Opaque id of the sponsor, sergeant or above. The rank is for the requesting
            organisation to hold to: the supervisor does not sign, so nothing here could prove it.
        regime: Data-protection regime; must fit ``lawful_basis``.
        le_purpose: Law enforcement purpose, or None outside Part 3 (DOMAIN P-18).
        lawful_basis: s.35(2) basis or article 6 basis.
        sensitive_condition: Condition for sensitive processing, or NONE.
        gateway: Legal powers relied on, at least one.
        risk_statement: Who is at risk, of what, how soon; 200 to 2000 characters, like the next two.
        necessity_statement: Why the match alone is not enough.
        proportionality_statement: Which less intrusive options were considered.
        less_intrusive_tried: What was tried.
        data_items_requested: What is asked for, at least one.
        intended_action: What the answer is for, at least one.
        link_probability: 0 to 1, as the requester sees it; the holder judges on its own figure.
        phia_term: The same in words.
        score_if_true: Combined risk score if the link is true, 0 to 100.
        score_if_false: The requester's own risk score if it is not, 0 to 100.
        score_interval: Lower and upper combined score, from de-duplication.
        subject_role: Who the person is in the case.
        subject_juvenile: Whether the person is under 18, as far as the requester knows.
        victim_views: What the victim thinks of the request.
        conflict_declaration: The requester's declaration.
        protected_characteristics_used: Always False (Equality Act 2010 s.149).
        dpia_ref: Identifier of the current data protection impact assessment.
        isa_ref: Identifier of the information sharing agreement.
        urgency: How soon.
        requested_at: Aware UTC time in whole milliseconds.
        expires_at: After ``requested_at``, at most 14 days later, 24 hours for a threat to life.

    Raises:
        InputError: A field is not of its form, or two fields contradict each other.
    """

    request_id: str = body_field(UUID_TEXT)
    case_ref: str = body_field(IDENTIFIER)
    match_ref: bytes = body_field(octets(MATCH_REF_BYTES))
    run_id: str = body_field(UUID_TEXT)
    requesting_org: str = body_field(IDENTIFIER)
    requesting_officer_id: str = body_field(PERSON_ID)
    requesting_role: RequestingRole = body_field(choice(RequestingRole))
    supervisor_id: str = body_field(PERSON_ID)
    regime: Regime = body_field(choice(Regime))
    le_purpose: LePurpose | None = body_field(optional(choice(LePurpose)))
    lawful_basis: LawfulBasis = body_field(choice(LawfulBasis))
    sensitive_condition: SensitiveCondition = body_field(choice(SensitiveCondition))
    gateway: tuple[Gateway, ...] = body_field(several(choice(Gateway)))
    risk_statement: str = body_field(STATEMENT, private=True)
    necessity_statement: str = body_field(STATEMENT, private=True)
    proportionality_statement: str = body_field(STATEMENT, private=True)
    less_intrusive_tried: tuple[LessIntrusiveStep, ...] = body_field(several(choice(LessIntrusiveStep)))
    data_items_requested: tuple[DataItem, ...] = body_field(several(choice(DataItem)))
    intended_action: tuple[IntendedAction, ...] = body_field(several(choice(IntendedAction)))
    link_probability: float = body_field(number(0, 1))
    phia_term: PhiaTerm = body_field(choice(PhiaTerm))
    score_if_true: float = body_field(number(0, 100))
    score_if_false: float = body_field(number(0, 100))
    score_interval: tuple[float, float] = body_field(interval(0, 100))
    subject_role: SubjectRole = body_field(choice(SubjectRole))
    subject_juvenile: bool = body_field(FLAG)
    victim_views: VictimViews = body_field(choice(VictimViews))
    conflict_declaration: ConflictDeclaration = body_field(nested(ConflictDeclaration))
    protected_characteristics_used: bool = body_field(FLAG)
    dpia_ref: str = body_field(IDENTIFIER)
    isa_ref: str = body_field(IDENTIFIER)
    urgency: Urgency = body_field(choice(Urgency))
    requested_at: datetime = body_field(TIME)
    expires_at: datetime = body_field(TIME)

    def __post_init__(self) -> None:
        freeze_fields(self)
        part3 = self.regime == Regime.DPA_PART3
        require(
            (self.lawful_basis in _PART3_BASES) == part3,
            "ReidRequest.lawful_basis",
            "an S35 basis with regime DPA_PART3, an ART6 basis with UKGDPR",
        )
        require(
            not self.protected_characteristics_used,
            "ReidRequest.protected_characteristics_used",
            "false, because no request may rest on a protected characteristic",
        )
        require(
            self.phia_term == phia_term_of(self.link_probability),
            "ReidRequest.phia_term",
            "the word of the PHIA yardstick for link_probability",
        )
        self._check_expiry()

    def _check_expiry(self) -> None:
        threat = self.urgency == Urgency.THREAT_TO_LIFE
        longest = THREAT_TO_LIFE_LIFETIME if threat else REQUEST_LIFETIME
        require(
            self.requested_at < self.expires_at <= self.requested_at + longest,
            "ReidRequest.expires_at",
            f"a time after requested_at and at most {longest // timedelta(hours=1)} hours later",
        )

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the canonical body: what an approval approves."""
        return canonical_digest(self.to_body())

    @property
    def is_intelligence_only(self) -> bool:
        """Whether developing intelligence is the only intended action."""
        return self.intended_action == (IntendedAction.INTEL_DEV,)

    def to_body(self) -> dict[str, Any]:
        """Return the JSON that is signed under SigningDomain.REQUEST."""
        return write_fields(self)


def phia_term_of(probability: float) -> PhiaTerm:
    """Return the yardstick's nearest word for a link probability of 0 to 1."""
    term = describe_likelihood(probability, confidence=AnalyticalConfidence.LOW).term
    return _PHIA_TERMS[term]


def parse_request(body: Mapping[str, Any]) -> ReidRequest:
    """Parse the untrusted body of a request.

    Raises:
        InputError: As :class:`ReidRequest`; the message names the field, never its value.
    """
    return parse_fields(ReidRequest, body)
