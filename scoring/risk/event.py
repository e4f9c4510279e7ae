"""One record of a person in a crime, non-crime incident or intelligence report, as scoring sees it.

Layer: scoring. Pure. An :class:`Event` holds what DOMAIN 2.2 weighs and nothing that identifies anyone:
no name, no sex, no ethnicity, so these cannot become inputs (F26). Incident references and victim
tokens are local to the member and stay out of ``repr``, because reprs reach logs.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crypto.errors import InputError
from scoring.risk.areas import ThreatArea

INTEL_CODE = "NC-INT"
"""Code of an intelligence report in the gravity table."""

NON_CRIME_PREFIX = "NC-"
MAX_OUTCOME_CODE = 22
_DETAIL_CODE = re.compile(r"[0-9]{3}/[0-9]{2}")


class PartyRole(StrEnum):
    """How the scored person is linked to the event.

    The roles of ``crime_party.role`` and the two exploited roles of ``county_line_link.role``, which
    never raise a perpetrator score (P-17).
    """

    SUSPECT = "SUSPECT"
    OFFENDER_CHARGED = "OFFENDER_CHARGED"
    OFFENDER_CONVICTED = "OFFENDER_CONVICTED"
    VICTIM = "VICTIM"
    WITNESS = "WITNESS"
    REPORTING_PERSON = "REPORTING_PERSON"
    ELIMINATED = "ELIMINATED"
    EXPLOITED_CHILD = "EXPLOITED_CHILD"
    EXPLOITED_ADULT = "EXPLOITED_ADULT"


class NamedBy(StrEnum):
    """Who or what named the suspect (``crime_party.named_by``)."""

    VICTIM = "VICTIM"
    WITNESS = "WITNESS"
    FORENSIC = "FORENSIC"
    ANPR_CCTV = "ANPR_CCTV"
    PARTNER = "PARTNER"
    POLICE = "POLICE"


class CrimeStatus(StrEnum):
    """State of the crime record (``crime.status``)."""

    OPEN = "OPEN"
    FINALISED = "FINALISED"
    NO_CRIME = "NO_CRIME"
    TRANSFERRED = "TRANSFERRED"


class VictimAgeBand(StrEnum):
    """Age band of the victim (``crime_party.victim_age_band``)."""

    FROM_0_TO_9 = "0-9"
    FROM_10_TO_15 = "10-15"
    FROM_16_TO_17 = "16-17"
    FROM_18_TO_25 = "18-25"
    FROM_26_TO_59 = "26-59"
    FROM_60 = "60+"
    UNKNOWN = "U"

    @property
    def is_under_16(self) -> bool:
        """Whether every age of the band is under 16."""
        return self in (VictimAgeBand.FROM_0_TO_9, VictimAgeBand.FROM_10_TO_15)


class Marker(StrEnum):
    """Aggravating circumstances that DOMAIN 2.2 multiplies, and coercion, which P-15 asks about.

    That the victim is under 16 is read from the age band and is not a marker to set.
    """

    STRANGULATION = "STRANGULATION"
    ORDER_BREACH = "ORDER_BREACH"
    VICTIM_PREGNANT = "VICTIM_PREGNANT"
    WEAPON = "WEAPON"
    CHILD_PRESENT = "CHILD_PRESENT"
    COERCION = "COERCION"


class DashGrade(StrEnum):
    """Officer's DASH grade; weighs little because it predicts little (DOMAIN E9)."""

    STANDARD = "STANDARD"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class IntelAssessment(StrEnum):
    """3x5x2 assessment of the intelligence, A known directly to E suspected false."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"


@dataclass(frozen=True, slots=True)
class IntelGrading:
    """3x5x2 grading of an intelligence report.

    Args:
        source: 1 reliable, 2 untested, 3 not reliable.
        assessment: Letter of the intelligence itself.
    """

    source: int
    assessment: IntelAssessment

    def __post_init__(self) -> None:
        if self.source not in (1, 2, 3):
            raise InputError("intelligence source grade: expected 1, 2 or 3, got another value")


@dataclass(frozen=True, slots=True)
class Event:
    """One class of one incident in which the scored person plays a role.

    Several events may share an ``incident_id``: one crime number is one event to the score (DOMAIN 2.2).

    Args:
        incident_id: The originating force and its crime number, or any reference unique in the
            federation's events that are scored together.
        ho_class: A ``home_office_code`` of the gravity table, or a rape incident class ``N100``.
        occurred_on: Day it was committed from.
        role: How the scored person is linked.
        named_by: What named the suspect; None when not recorded.
        ho_detail_code: Detailed code such as ``008/06`` when known.
        transfer_ref: The other force's ``incident_id`` when this record was transferred from it.
        status: State of the crime record.
        outcome_code: Home Office outcome 1 to 22; None while undecided.
        victim_tokens: Local tokens of the victims, one each.
        victim_age_band: Age band of the youngest victim.
        subject_under_16: Whether the scored person was under 16 on the day.
        markers: Aggravating circumstances recorded.
        dash_grade: Officer's grade; None when not graded.
        flags: Threat areas from manual flags and location, beside the class's own.
        intel: Grading; present exactly when ``ho_class`` is ``NC-INT``.

    Raises:
        InputError: A field is outside its range or the grading does not fit the class.
    """

    incident_id: str = field(repr=False)
    ho_class: str
    occurred_on: date
    role: PartyRole = PartyRole.SUSPECT
    named_by: NamedBy | None = None
    ho_detail_code: str | None = None
    transfer_ref: str | None = field(default=None, repr=False)
    status: CrimeStatus = CrimeStatus.OPEN
    outcome_code: int | None = None
    victim_tokens: frozenset[str] = field(default=frozenset(), repr=False)
    victim_age_band: VictimAgeBand = VictimAgeBand.UNKNOWN
    subject_under_16: bool = False
    markers: frozenset[Marker] = frozenset()
    dash_grade: DashGrade | None = None
    flags: frozenset[ThreatArea] = frozenset()
    intel: IntelGrading | None = None

    def __post_init__(self) -> None:
        if not self.incident_id:
            raise InputError("incident_id: expected a reference, got an empty one")
        if self.outcome_code is not None and not 1 <= self.outcome_code <= MAX_OUTCOME_CODE:
            raise InputError(f"outcome_code: expected 1 to {MAX_OUTCOME_CODE} or none, got another number")
        if self.ho_detail_code is not None and not _DETAIL_CODE.fullmatch(self.ho_detail_code):
            raise InputError("ho_detail_code: expected the form NNN/NN, got another form")
        if (self.intel is not None) != self.is_intel:
            raise InputError(f"intel: expected a 3x5x2 grading exactly when ho_class is {INTEL_CODE}")

    @property
    def is_intel(self) -> bool:
        """Whether this is an intelligence report."""
        return self.ho_class == INTEL_CODE

    @property
    def is_non_crime(self) -> bool:
        """Whether this is a non-crime incident or report, the only kind a partner agency scores."""
        return self.ho_class.startswith(NON_CRIME_PREFIX)

    @property
    def incident_key(self) -> str:
        """The reference under which a transferred record and its original are one incident."""
        return self.transfer_ref or self.incident_id
