"""The closed lists of words that governance objects may use (DOMAIN 4.2, governance_schema.csv).

Layer: scoring, pure. Every list is complete: a word that is not here cannot be parsed, so a purpose,
power, role or data item that nobody has ratified cannot be asked for. Two absences are deliberate.
There is no immigration purpose (DOMAIN P-18), and there is no data item for sexual-health, fertility
or gender-recognition records, whose disclosure statute bars (DOMAIN P-07).

Threat: a request that widens what may be shared by naming something new.
"""

from enum import StrEnum


class RequestingRole(StrEnum):
    """What the person who asks does; also the roles that investigate, so they never approve."""

    OIC = "OIC"
    MOSOVO = "MOSOVO"
    DA_COORDINATOR = "DA_COORDINATOR"
    HIGH_HARM_COORDINATOR = "HIGH_HARM_COORDINATOR"
    VAWG_OFFICER = "VAWG_OFFICER"
    MARAC_COORD = "MARAC_COORD"
    MASH_DS = "MASH_DS"
    CSE_TEAM = "CSE_TEAM"
    IDVA_POLICE_SPOC = "IDVA_POLICE_SPOC"


class Regime(StrEnum):
    """Which data-protection regime the requester processes under."""

    DPA_PART3 = "DPA_PART3"
    UKGDPR = "UKGDPR"


class LePurpose(StrEnum):
    """Law enforcement purpose (DPA 2018 s.31); immigration enforcement is not one of them here."""

    PREVENTION = "PREVENTION"
    INVESTIGATION = "INVESTIGATION"
    DETECTION = "DETECTION"
    PROSECUTION = "PROSECUTION"
    EXECUTION_OF_PENALTIES = "EXECUTION_OF_PENALTIES"
    SAFEGUARD_PUBLIC_SECURITY = "SAFEGUARD_PUBLIC_SECURITY"


class LawfulBasis(StrEnum):
    """Why the processing is lawful: s.35(2) DPA 2018 or article 6 UK GDPR."""

    TASK_NECESSARY_S35_2B = "TASK_NECESSARY_S35_2B"
    CONSENT_S35_2A = "CONSENT_S35_2A"
    ART6_1E = "ART6_1E"
    ART6_1D = "ART6_1D"
    ART6_1C = "ART6_1C"


class SensitiveCondition(StrEnum):
    """Condition for sensitive processing; NONE where nothing sensitive is processed."""

    SCH8_1_STATUTORY = "SCH8_1_STATUTORY"
    SCH8_3_VITAL = "SCH8_3_VITAL"
    SCH8_4_CHILDREN_AT_RISK = "SCH8_4_CHILDREN_AT_RISK"
    SCH8_OTHER = "SCH8_OTHER"
    ART9_2G_SCH1_10 = "ART9_2G_SCH1_10"
    ART9_2G_SCH1_18 = "ART9_2G_SCH1_18"
    ART9_2C = "ART9_2C"
    NONE = "NONE"


class Gateway(StrEnum):
    """Legal gateway: the power that lets the holder tell the requester."""

    COMMON_LAW_POLICING = "COMMON_LAW_POLICING"
    CDA98_S115 = "CDA98_S115"
    CA89_S47 = "CA89_S47"
    CA04_S10_S11 = "CA04_S10_S11"
    CARE14_S42_S45 = "CARE14_S42_S45"
    CJA03_S325 = "CJA03_S325"
    MSA15_S52 = "MSA15_S52"
    FGMA03_S5B = "FGMA03_S5B"
    DVDS_COMMON_LAW = "DVDS_COMMON_LAW"
    SPA19 = "SPA19"
    SOA03_SRO = "SOA03_SRO"
    DAA21_DAPO = "DAA21_DAPO"
    PCSC22_S16 = "PCSC22_S16"
    CONSENT = "CONSENT"


class LessIntrusiveStep(StrEnum):
    """What the requester tried before asking."""

    PND = "PND"
    PNC = "PNC"
    LOCAL_RMS = "LOCAL_RMS"
    ASK_PARTNER_DIRECT = "ASK_PARTNER_DIRECT"
    MARAC = "MARAC"
    NONE_URGENT = "NONE_URGENT"


class DataItem(StrEnum):
    """One kind of information that can be asked for, approved and disclosed on its own."""

    IDENTITY_CORE = "IDENTITY_CORE"
    ADDRESS_CURRENT = "ADDRESS_CURRENT"
    INCIDENT_LIST = "INCIDENT_LIST"
    OUTCOMES = "OUTCOMES"
    ORDERS = "ORDERS"
    RISK_GRADES = "RISK_GRADES"
    FREE_TEXT_SUMMARY = "FREE_TEXT_SUMMARY"
    PARTNER_CONTACT_LEVEL = "PARTNER_CONTACT_LEVEL"


class IntendedAction(StrEnum):
    """What the requester means to do with the answer."""

    DVDS_RTK = "DVDS_RTK"
    DVPN = "DVPN"
    DAPN = "DAPN"
    SPO = "SPO"
    SRO_SHPO = "SRO_SHPO"
    ARREST = "ARREST"
    MARAC = "MARAC"
    MAPPA_REFERRAL = "MAPPA_REFERRAL"
    DRIVE_REFERRAL = "DRIVE_REFERRAL"
    SAFEGUARD_VISIT = "SAFEGUARD_VISIT"
    INTEL_DEV = "INTEL_DEV"


class PhiaTerm(StrEnum):
    """Word of likelihood, in the order of the PHIA yardstick (``scoring.risk.phia.TERMS``)."""

    REMOTE_CHANCE = "REMOTE_CHANCE"
    HIGHLY_UNLIKELY = "HIGHLY_UNLIKELY"
    UNLIKELY = "UNLIKELY"
    REALISTIC_POSSIBILITY = "REALISTIC_POSSIBILITY"
    LIKELY = "LIKELY"
    HIGHLY_LIKELY = "HIGHLY_LIKELY"
    ALMOST_CERTAIN = "ALMOST_CERTAIN"


class SubjectRole(StrEnum):
    """Who the person asked about is in the case (DPA 2018 s.38(3))."""

    PERPETRATOR = "PERPETRATOR"
    VICTIM = "VICTIM"
    CHILD = "CHILD"


class VictimViews(StrEnum):
    """What the victim thinks of the request; weighed, never a veto."""

    SOUGHT_SUPPORTS = "SOUGHT_SUPPORTS"
    SOUGHT_OPPOSES = "SOUGHT_OPPOSES"
    NOT_SOUGHT_UNSAFE = "NOT_SOUGHT_UNSAFE"
    NOT_SOUGHT_UNKNOWN_IDENTITY = "NOT_SOUGHT_UNKNOWN_IDENTITY"


class Urgency(StrEnum):
    """How soon an answer is needed."""

    ROUTINE = "ROUTINE"
    PRIORITY_24H = "PRIORITY_24H"
    THREAT_TO_LIFE = "THREAT_TO_LIFE"


class Side(StrEnum):
    """Whose organisation an approver speaks for."""

    REQUESTING = "REQUESTING"
    DISCLOSING = "DISCLOSING"


class ApproverRole(StrEnum):
    """In which office a person approves."""

    INSPECTOR_PVP = "INSPECTOR_PVP"
    SUPERINTENDENT = "SUPERINTENDENT"
    DET_CH_SUPT = "DET_CH_SUPT"
    IAO_DELEGATE = "IAO_DELEGATE"
    CALDICOTT_GUARDIAN = "CALDICOTT_GUARDIAN"
    DCS_DASS_DELEGATE = "DCS_DASS_DELEGATE"
    SIRO = "SIRO"
    PSD_LEAD = "PSD_LEAD"
    PROBATION_HEAD_PDU = "PROBATION_HEAD_PDU"


class Decision(StrEnum):
    """What an approver decided."""

    APPROVE = "APPROVE"
    APPROVE_REDUCED = "APPROVE_REDUCED"
    REFUSE = "REFUSE"
    REFER_UP = "REFER_UP"


class DpoAdvice(StrEnum):
    """What the data protection officer advised."""

    NOT_SOUGHT = "NOT_SOUGHT"
    SUPPORT = "SUPPORT"
    CONCERNS = "CONCERNS"


class FactOpinion(StrEnum):
    """Whether disclosed information is fact, opinion or graded intelligence (DPA 2018 s.38(2))."""

    FACT = "FACT"
    OPINION = "OPINION"
    INTEL_A = "INTEL_A"
    INTEL_B = "INTEL_B"
    INTEL_C = "INTEL_C"
    INTEL_D = "INTEL_D"
    INTEL_E = "INTEL_E"


class SubjectCategory(StrEnum):
    """Category of data subject that a disclosure must keep apart (DPA 2018 s.38(3))."""

    SUSPECT = "SUSPECT"
    CONVICTED = "CONVICTED"
    VICTIM = "VICTIM"
    WITNESS_OTHER = "WITNESS_OTHER"


class HandlingCode(StrEnum):
    """Intelligence handling code: P may be shared lawfully, C never leaves the holder."""

    P = "P"
    C = "C"


class GscMarking(StrEnum):
    """Government security classification of a disclosure."""

    OFFICIAL = "OFFICIAL"
    OFFICIAL_SENSITIVE = "OFFICIAL-SENSITIVE"


class DisclosureOutcome(StrEnum):
    """What came of a disclosure at the recipient."""

    ACTION_TAKEN = "ACTION_TAKEN"
    NO_ACTION = "NO_ACTION"
    WRONG_PERSON = "WRONG_PERSON"
    ALREADY_KNOWN = "ALREADY_KNOWN"
    PENDING = "PENDING"


class Sensitivity(StrEnum):
    """How the holder marks the subject's record (canonical_schema.csv, nominal)."""

    NORMAL = "NORMAL"
    RESTRICTED = "RESTRICTED"
    COVERT = "COVERT"
    PROTECTED_PERSON = "PROTECTED_PERSON"


class Rank(StrEnum):
    """Police rank, lowest first; a partner's people have none of these."""

    CONSTABLE = "CONSTABLE"
    SERGEANT = "SERGEANT"
    INSPECTOR = "INSPECTOR"
    CHIEF_INSPECTOR = "CHIEF_INSPECTOR"
    SUPERINTENDENT = "SUPERINTENDENT"
    CHIEF_SUPERINTENDENT = "CHIEF_SUPERINTENDENT"
    ASSISTANT_CHIEF_CONSTABLE = "ASSISTANT_CHIEF_CONSTABLE"
    DEPUTY_CHIEF_CONSTABLE = "DEPUTY_CHIEF_CONSTABLE"
    CHIEF_CONSTABLE = "CHIEF_CONSTABLE"


class ClericalOutcome(StrEnum):
    """What a person at the data owner concluded about the link."""

    NOT_REVIEWED = "NOT_REVIEWED"
    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    UNSURE = "UNSURE"


class RoleView(StrEnum):
    """Which kind of linkage round found the match; the two are never joined."""

    PERPETRATOR = "PERPETRATOR"
    VICTIM = "VICTIM"
