"""Who may approve what: the closed table of DOMAIN 4.3.

Layer: scoring, pure. The kind of case decides which offices may approve on each side; a case without a
row cannot be approved by anyone. An office that is held by police rank is checked against the rank in
the credential, not against what the approval claims.

Rows of DOMAIN 4.3 that are absent, hence denied: IDVA, ISVA and charity disclosers (the schema has no
office for a service manager), requests by partners to police, probation, and bulk requests (a request
names one match). Ranks await ratification by the governance board.

Threat: a decision taken at too low a level, or in an office that the person does not hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from scoring.policy.case_file import CaseFile
from scoring.policy.vocabulary import ApproverRole, Rank, Side, SubjectRole
from scoring.risk.areas import AgencyType

_RANK_ORDER = tuple(Rank)

_SENIOR = frozenset({ApproverRole.SUPERINTENDENT, ApproverRole.DET_CH_SUPT})
_INSPECTOR_OR_ABOVE = _SENIOR | {ApproverRole.INSPECTOR_PVP}
_DELEGATE = frozenset({ApproverRole.IAO_DELEGATE})
_PSD = frozenset({ApproverRole.PSD_LEAD})

LEAST_RANK: Mapping[ApproverRole, Rank] = {
    ApproverRole.INSPECTOR_PVP: Rank.INSPECTOR,
    ApproverRole.IAO_DELEGATE: Rank.INSPECTOR,
    ApproverRole.SUPERINTENDENT: Rank.SUPERINTENDENT,
    ApproverRole.DET_CH_SUPT: Rank.CHIEF_SUPERINTENDENT,
    ApproverRole.PSD_LEAD: Rank.SUPERINTENDENT,
}
"""Least police rank of each police office; partner offices have none and are absent."""


class CaseKind(StrEnum):
    """A row of DOMAIN 4.3."""

    POLICE_ROUTINE = "an adult perpetrator, police to police"
    POLICE_REVIEWED = "a link that rests on clerical review"
    JUVENILE = "a subject under 18"
    VICTIM = "the identity of a victim or child"
    INTELLIGENCE_ONLY = "intelligence development only"
    POLICE_EMPLOYEE = "a subject who works for the police"
    HEALTH_DISCLOSES = "a health partner discloses"
    SOCIAL_CARE_DISCLOSES = "social care discloses"


@dataclass(frozen=True, slots=True)
class Authority:
    """Which offices may approve on each side, and whether the discloser's DPO must have been asked."""

    requesting: frozenset[ApproverRole]
    disclosing: frozenset[ApproverRole]
    dpo_needed: bool = False

    def offices(self, side: Side) -> frozenset[ApproverRole]:
        """Return the offices that may approve on a side."""
        return self.requesting if side == Side.REQUESTING else self.disclosing


AUTHORITIES: Mapping[CaseKind, Authority] = {
    CaseKind.POLICE_ROUTINE: Authority(_INSPECTOR_OR_ABOVE, _DELEGATE),
    CaseKind.POLICE_REVIEWED: Authority(_SENIOR, _DELEGATE),
    CaseKind.JUVENILE: Authority(_SENIOR, _SENIOR),
    CaseKind.VICTIM: Authority(_SENIOR, _SENIOR),
    CaseKind.INTELLIGENCE_ONLY: Authority(_SENIOR, _SENIOR),
    CaseKind.POLICE_EMPLOYEE: Authority(_PSD, _PSD),
    CaseKind.HEALTH_DISCLOSES: Authority(
        _SENIOR, frozenset({ApproverRole.CALDICOTT_GUARDIAN}), dpo_needed=True
    ),
    CaseKind.SOCIAL_CARE_DISCLOSES: Authority(_SENIOR, frozenset({ApproverRole.DCS_DASS_DELEGATE})),
}


def find_case_kind(file: CaseFile) -> CaseKind | None:
    """Return the row of DOMAIN 4.3 that governs a case, or None where no row does.

    Where several rows fit, the one that names the discloser's own guardian or a closed queue comes
    first; every other overlap is between rows that ask for the same offices or for stricter ones.
    """
    facts = file.facts
    if facts.requester_agency != AgencyType.POLICE:
        return None
    if facts.subject_is_police_employee:
        return CaseKind.POLICE_EMPLOYEE if facts.holder_agency == AgencyType.POLICE else None
    if facts.holder_agency == AgencyType.HEALTH:
        return CaseKind.HEALTH_DISCLOSES
    if facts.holder_agency == AgencyType.SOCIAL_CARE:
        return CaseKind.SOCIAL_CARE_DISCLOSES
    return _find_police_case_kind(file) if facts.holder_agency == AgencyType.POLICE else None


def _find_police_case_kind(file: CaseFile) -> CaseKind:
    if file.is_juvenile:
        return CaseKind.JUVENILE
    if file.request.subject_role != SubjectRole.PERPETRATOR:
        return CaseKind.VICTIM
    if file.request.is_intelligence_only:
        return CaseKind.INTELLIGENCE_ONLY
    if file.facts.link_probability < file.thresholds.routine_probability:
        return CaseKind.POLICE_REVIEWED
    return CaseKind.POLICE_ROUTINE


def find_rank(text: str) -> Rank | None:
    """Return the police rank that a credential states, in any case and with or without "detective"."""
    words = text.upper().replace("-", "_").replace(" ", "_").removeprefix("DETECTIVE_")
    return Rank(words) if words in set(Rank) else None


def has_rank(text: str, least: Rank) -> bool:
    """Return whether a credential's rank is at least ``least``; an unknown rank is below every rank."""
    rank = find_rank(text)
    return rank is not None and _RANK_ORDER.index(rank) >= _RANK_ORDER.index(least)
