"""The records that a member holds, in canonical form, once they have passed ingest.

Layer: node, pure. Field names are the columns of `canonical_schema.csv` that this version reads, so that
files, tables and objects correspond by name. Personal values stay out of ``repr``, because reprs reach
logs and error reports.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from scoring.risk.event import CrimeStatus, NamedBy, PartyRole, VictimAgeBand


class DobQuality(StrEnum):
    """How far a date of birth can be trusted; only EXACT is used to compare people."""

    EXACT = "EXACT"
    YEAR_MONTH = "YEAR_MONTH"
    YEAR = "YEAR"
    DEFAULTED = "DEFAULTED"
    UNKNOWN = "UNKNOWN"


class Sensitivity(StrEnum):
    """Who may know of a record at all; COVERT and PROTECTED_PERSON never leave (P-08)."""

    NORMAL = "NORMAL"
    RESTRICTED = "RESTRICTED"
    COVERT = "COVERT"
    PROTECTED_PERSON = "PROTECTED_PERSON"

    @property
    def never_leaves(self) -> bool:
        """Whether nothing of the record may leave the node in any form."""
        return self in (Sensitivity.COVERT, Sensitivity.PROTECTED_PERSON)


class SubjectRole(StrEnum):
    """How a partner agency's contact concerns the person."""

    VICTIM = "VICTIM"
    PERPETRATOR = "PERPETRATOR"
    CHILD = "CHILD"


class GuardianRelease(StrEnum):
    """The Guardian's decision on one contact (P-19)."""

    NOT_REQUESTED = "NOT_REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Nominal:
    """One local person entry."""

    nominal_id: str
    source_system: str
    given_names: str = field(repr=False)
    surname: str = field(repr=False)
    dob: date | None = field(repr=False)
    dob_quality: DobQuality
    sex_recorded: str = field(repr=False)
    pncid: str = field(repr=False)
    postcode: str = field(repr=False)
    is_police_employee: bool
    sensitivity: Sensitivity

    @property
    def exact_dob(self) -> date | None:
        """The date of birth where it is known to the day; a default date is as good as none."""
        return self.dob if self.dob_quality is DobQuality.EXACT else None


@dataclass(frozen=True, slots=True)
class Crime:
    """One crime or non-crime incident of a force."""

    crime_id: str
    ho_class: str
    ho_detail_code: str
    committed_from: datetime
    recorded_at: datetime
    status: CrimeStatus
    outcome_code: int | None
    flag_da: bool
    flag_stalking: bool
    flag_online: bool
    marker_strangulation: bool
    marker_weapon: bool
    marker_child_present: bool
    marker_order_breach: bool
    investigating_team: str
    location_type: str


@dataclass(frozen=True, slots=True)
class CrimeParty:
    """How one nominal is linked to one crime."""

    crime_id: str
    nominal_id: str
    role: PartyRole
    named_by: NamedBy | None
    relationship: str
    victim_age_band: VictimAgeBand | None


@dataclass(frozen=True, slots=True)
class PartnerContact:
    """One contact of a partner agency with one person."""

    partner_record_id: str
    subject_nominal_id: str
    subject_role: SubjectRole
    partner_type: str
    contact_class: str
    contact_date: date
    severity_bucket: str
    lawful_gateway: str
    consent: str
    guardian_release: GuardianRelease


@dataclass(frozen=True, slots=True)
class Records:
    """Everything a member holds, or one batch of it."""

    nominals: tuple[Nominal, ...] = ()
    crimes: tuple[Crime, ...] = ()
    parties: tuple[CrimeParty, ...] = ()
    contacts: tuple[PartnerContact, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCounts:
    """What a load did to one table."""

    added: int
    changed: int
    unchanged: int
