"""What each kind of member may load: files, columns, and the form of every cell.

Layer: node.ingest, pure. The columns are those of `canonical_schema.csv` that this version reads; a
column that is not listed is refused, so that a diagnosis, a case note or free text cannot enter by
accident (DOMAIN 5.2, F53).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crypto.pki import Role
from node.ingest.cells import (
    CellParser,
    parse_birth,
    parse_choice,
    parse_day,
    parse_detail_code,
    parse_flag,
    parse_moment,
    parse_one_of,
    parse_optional_choice,
    parse_outcome,
    parse_text,
)
from node.records import (
    Crime,
    CrimeParty,
    DobQuality,
    GuardianRelease,
    Nominal,
    PartnerContact,
    Sensitivity,
    SubjectRole,
)
from scoring.policy.vocabulary import Gateway
from scoring.risk.event import CrimeStatus, NamedBy, PartyRole, VictimAgeBand

MAX_ID_CHARACTERS = 36
MAX_GIVEN_NAMES_CHARACTERS = 120
MAX_SURNAME_CHARACTERS = 80
MAX_TEXT_CHARACTERS = 64

POLICE_SYSTEMS = ("ATHENA", "NICHE", "CONNECT", "RMS_OTHER")
PARTNER_SYSTEMS = ("PARTNER",)
SEXES = ("M", "F", "X", "U")
LOCATION_TYPES = ("PRIVATE_DWELLING", "PUBLIC", "NTE_VENUE", "EDUCATION", "ONLINE", "WORKPLACE", "OTHER")
RELATIONSHIPS = (
    "INTIMATE_CURRENT",
    "INTIMATE_EX",
    "FAMILY",
    "ACQUAINTANCE",
    "STRANGER",
    "PROFESSIONAL",
    "UNKNOWN",
)
PARTNER_TYPES = (
    "HEALTH",
    "SOCIAL_CARE_CHILD",
    "SOCIAL_CARE_ADULT",
    "IDVA_ISVA",
    "HOUSING",
    "PROBATION",
    "EDUCATION",
    "FAMILY_COURT",
)
CONTACT_CLASSES = (
    "ED_ASSAULT",
    "DA_DISCLOSURE",
    "FGM_DATASET",
    "S47_ENQUIRY",
    "CP_PLAN",
    "S42_ENQUIRY",
    "IDVA_CASE",
    "LICENCE_RECALL",
    "NMO_GRANTED",
    "HOUSING_DA",
    "OTHER",
)
SEVERITIES = ("NONE", "MINOR", "MODERATE", "SERIOUS")
CONSENTS = ("EXPLICIT", "REFUSED", "NOT_SOUGHT_UNSAFE", "N_A")


@dataclass(frozen=True, slots=True)
class FileContract:
    """One file: its name, columns with the form of each, key and the object that a row becomes.

    Attributes:
        file: Name of the file.
        columns: Parser of each column; exactly these columns, in any order.
        key: Columns that identify a row; no two rows share their values.
        build: Makes the record of a row's parsed values.
        required: Whether the folder must hold the file.
    """

    file: str
    columns: Mapping[str, CellParser]
    key: tuple[str, ...]
    build: Callable[..., Any]
    required: bool = False


def list_contracts(role: Role, *, today: date, offence: CellParser) -> Sequence[FileContract]:
    """Return the files that a member of a role may load, in the order in which they refer back.

    Args:
        role: Force or partner agency.
        today: The latest day that an event can have.
        offence: Parser of an offence code of the agreed weights.
    """
    if role is Role.PARTNER:
        return (_nominals(PARTNER_SYSTEMS, today), _contacts(today))
    return (_nominals(POLICE_SYSTEMS, today), _crimes(today, offence), _parties())


def _nominals(systems: tuple[str, ...], today: date) -> FileContract:
    columns: dict[str, CellParser] = {
        "nominal_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "source_system": parse_one_of(systems, required=True),
        "given_names": parse_text(MAX_GIVEN_NAMES_CHARACTERS, required=False),
        "surname": parse_text(MAX_SURNAME_CHARACTERS, required=True),
        "dob": parse_birth(today),
        "dob_quality": parse_choice(DobQuality),
        "sex_recorded": parse_one_of(SEXES, required=True),
        "pncid": parse_text(12, required=False),
        "postcode": parse_text(8, required=False),
        "is_police_employee": parse_flag,
        "sensitivity": parse_choice(Sensitivity),
    }
    return FileContract("nominal.csv", columns, ("nominal_id",), Nominal, required=True)


def _crimes(today: date, offence: CellParser) -> FileContract:
    flags = ("flag_da", "flag_stalking", "flag_online")
    markers = ("marker_strangulation", "marker_weapon", "marker_child_present", "marker_order_breach")
    columns: dict[str, CellParser] = {
        "crime_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "ho_class": offence,
        "ho_detail_code": parse_detail_code,
        "committed_from": parse_moment(today),
        "recorded_at": parse_moment(today),
        "status": parse_choice(CrimeStatus),
        "outcome_code": parse_outcome,
        **dict.fromkeys((*flags, *markers), parse_flag),
        "investigating_team": parse_text(MAX_TEXT_CHARACTERS, required=False),
        "location_type": parse_one_of(LOCATION_TYPES, required=True),
    }
    return FileContract("crime.csv", columns, ("crime_id",), Crime)


def _parties() -> FileContract:
    columns: dict[str, CellParser] = {
        "crime_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "nominal_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "role": parse_choice(PartyRole),
        "named_by": parse_optional_choice(NamedBy),
        "relationship": parse_one_of(RELATIONSHIPS, required=False),
        "victim_age_band": parse_optional_choice(VictimAgeBand),
    }
    return FileContract("crime_party.csv", columns, ("crime_id", "nominal_id", "role"), CrimeParty)


def _contacts(today: date) -> FileContract:
    columns: dict[str, CellParser] = {
        "partner_record_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "subject_nominal_id": parse_text(MAX_ID_CHARACTERS, required=True),
        "subject_role": parse_choice(SubjectRole),
        "partner_type": parse_one_of(PARTNER_TYPES, required=True),
        "contact_class": parse_one_of(CONTACT_CLASSES, required=True),
        "contact_date": parse_day(today),
        "severity_bucket": parse_one_of(SEVERITIES, required=False),
        "lawful_gateway": parse_one_of([gateway.value for gateway in Gateway], required=False),
        "consent": parse_one_of(CONSENTS, required=True),
        "guardian_release": parse_choice(GuardianRelease),
    }
    return FileContract("partner_contact.csv", columns, ("partner_record_id",), PartnerContact)
