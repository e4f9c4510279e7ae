"""A disclosure: the approved items that the holder gives, with how they may be used and for how long.

Layer: scoring, pure. The fields of ``disclosure`` in ``governance_schema.csv``. The content is personal
data: it is left out of ``repr`` and of every message, and travels HPKE-sealed only.

Threat: more disclosed than approved; facts and opinion mixed up; a package that is kept for ever.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from scoring.policy.body import (
    DAY,
    IDENTIFIER,
    PERSON_ID,
    TIME,
    UUID_TEXT,
    body_field,
    body_object,
    choice,
    content,
    freeze_fields,
    optional,
    parse_fields,
    require,
    several,
    text,
    write_fields,
)
from scoring.policy.vocabulary import (
    DataItem,
    DisclosureOutcome,
    FactOpinion,
    GscMarking,
    HandlingCode,
    SubjectCategory,
)

PACKAGE_LIFETIME = timedelta(days=28)
"""How long a package may be opened and kept outside the recipient's own records (DOMAIN P-09)."""

VERIFICATION_LIFETIME = timedelta(hours=24)
"""How fresh a person's check of the record must be when it is sent (DPA 2018 s.38(4)-(5))."""


@body_object
class Disclosure:
    """What one holder tells one requester after two approvals.

    Args:
        disclosure_id: UUID text.
        request_id: UUID text of the request.
        approval_ids: UUIDs of the requesting and the disclosing approval, in this order.
        discloser_org: Member name of the holder.
        discloser_person_id: Opaque id of the person who releases.
        recipient_org: Member name of the requester.
        recipient_person_ids: Opaque ids of those who may read it.
        recipient_key_id: Which HPKE key it is sealed to.
        items: The content, keyed by data item.
        fact_opinion_label: Fact, opinion or graded intelligence.
        subject_category: Suspect, convicted, victim or witness.
        verified_at: When a person checked the record, at most 24 hours before ``disclosed_at``.
        handling_code: P; C never leaves (DOMAIN P-08).
        gsc_marking: Security classification.
        purpose_limit: What it may be used for; anything else is a new request.
        retain_until: Last day it may be kept, at most 28 days after ``disclosed_at``.
        disclosed_at: Aware UTC time in whole milliseconds.
        acknowledged_at: When the recipient confirmed it, or None.
        outcome: What came of it; PENDING when it is sent.

    Raises:
        InputError: A field is not of its form, or two fields contradict each other.
    """

    disclosure_id: str = body_field(UUID_TEXT)
    request_id: str = body_field(UUID_TEXT)
    approval_ids: tuple[str, ...] = body_field(several(UUID_TEXT, least=2))
    discloser_org: str = body_field(IDENTIFIER)
    discloser_person_id: str = body_field(PERSON_ID)
    recipient_org: str = body_field(IDENTIFIER)
    recipient_person_ids: tuple[str, ...] = body_field(several(PERSON_ID))
    recipient_key_id: str = body_field(text(1, 100))
    items: Mapping[DataItem, Any] = body_field(content(DataItem), private=True)
    fact_opinion_label: FactOpinion = body_field(choice(FactOpinion))
    subject_category: SubjectCategory = body_field(choice(SubjectCategory))
    verified_at: datetime = body_field(TIME)
    handling_code: HandlingCode = body_field(choice(HandlingCode))
    gsc_marking: GscMarking = body_field(choice(GscMarking))
    purpose_limit: str = body_field(text(1, 2000), private=True)
    retain_until: date = body_field(DAY)
    disclosed_at: datetime = body_field(TIME)
    acknowledged_at: datetime | None = body_field(optional(TIME))
    outcome: DisclosureOutcome = body_field(choice(DisclosureOutcome))

    def __post_init__(self) -> None:
        freeze_fields(self)
        require(len(self.approval_ids) == 2, "Disclosure.approval_ids", "exactly two, one per side")
        require(
            timedelta() <= self.disclosed_at - self.verified_at <= VERIFICATION_LIFETIME,
            "Disclosure.verified_at",
            "a time at most 24 hours before disclosed_at; have a person check the record again",
        )
        sent_on = self.disclosed_at.date()
        require(
            sent_on <= self.retain_until <= sent_on + PACKAGE_LIFETIME,
            "Disclosure.retain_until",
            "a day from that of disclosed_at to 28 days later",
        )
        require(
            self.acknowledged_at is None or self.acknowledged_at >= self.disclosed_at,
            "Disclosure.acknowledged_at",
            "null or a time not before disclosed_at",
        )

    @property
    def opens_until(self) -> datetime:
        """Last moment at which the package may be opened (DOMAIN P-09)."""
        return self.disclosed_at + PACKAGE_LIFETIME

    def to_body(self) -> dict[str, Any]:
        """Return the JSON that is signed under SigningDomain.DISCLOSURE."""
        return write_fields(self)


def parse_disclosure(body: Mapping[str, Any]) -> Disclosure:
    """Parse the untrusted body of a disclosure.

    Raises:
        InputError: As :class:`Disclosure`; the message names the field, never its value.
    """
    return parse_fields(Disclosure, body)
