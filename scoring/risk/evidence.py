"""How much an event counts: evidential quality q, marker multiplier m, and what never counts.

Layer: scoring. Pure tables. DOMAIN 2.2 names three levels of quality; every outcome of the Home Office
framework, every role and every way of being named is listed here, so that nothing is weighed by default.
Sources: DOMAIN 2.2 (q, m), P-15, P-17, S5 and E22 on outcomes 20 and 22.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from scoring.risk.event import (
    CrimeStatus,
    DashGrade,
    Event,
    IntelAssessment,
    IntelGrading,
    Marker,
    NamedBy,
    PartyRole,
)
from scoring.risk.gravity import GravityRow

FULL, FINALISED_WITHOUT_CHARGE, INFERRED, NONE = 1.0, 0.8, 0.5, 0.0
RAPE_INCIDENT_PREFIX = "N100"  # a report of rape not recorded as a crime
MAX_MULTIPLIER = 2.0
UNDER_16_MULTIPLIER = 1.25
HIGH_DASH_MULTIPLIER = 1.1
UNRELIABLE_SOURCE = 3

OUTCOME_QUALITY: Mapping[int, float] = MappingProxyType(
    # Charge, cautions and offences taken into consideration are admitted or sent to court. Outcomes
    # 14, 15, 16, 20 and 22 are DOMAIN's; the other ends with a known suspect rank with them, because
    # the end of a case says little about risk (F33). 18 and 19 identify no suspect.
    dict.fromkeys((1, 2, 3, 4), FULL)
    | dict.fromkeys((5, 6, 7, 8, 9, 10, 11, 12, 13), FINALISED_WITHOUT_CHARGE)
    | dict.fromkeys((14, 15, 16, 17, 20, 21, 22), FINALISED_WITHOUT_CHARGE)
    | dict.fromkeys((18, 19), INFERRED)
)

NAMED_QUALITY: Mapping[NamedBy | None, float] = MappingProxyType(
    {
        NamedBy.VICTIM: FULL,
        NamedBy.WITNESS: FULL,
        NamedBy.FORENSIC: FULL,
        NamedBy.ANPR_CCTV: FINALISED_WITHOUT_CHARGE,
        NamedBy.PARTNER: FINALISED_WITHOUT_CHARGE,
        NamedBy.POLICE: INFERRED,
        None: INFERRED,
    }
)
"""Quality of a live suspect. An unrecorded source counts as inference: nothing shows better."""

ROLE_QUALITY: Mapping[PartyRole, float | None] = MappingProxyType(
    {
        PartyRole.SUSPECT: None,
        PartyRole.OFFENDER_CHARGED: FULL,
        PartyRole.OFFENDER_CONVICTED: FULL,
        PartyRole.VICTIM: NONE,
        PartyRole.WITNESS: NONE,
        PartyRole.REPORTING_PERSON: NONE,
        PartyRole.ELIMINATED: NONE,
        PartyRole.EXPLOITED_CHILD: NONE,
        PartyRole.EXPLOITED_ADULT: NONE,
    }
)
"""Quality that a role alone decides; None where naming and outcome decide."""

INTEL_QUALITY: Mapping[IntelAssessment, float] = MappingProxyType(
    {
        IntelAssessment.A: 0.6,
        IntelAssessment.B: 0.5,
        IntelAssessment.C: 0.4,
        IntelAssessment.D: 0.2,
        IntelAssessment.E: 0.0,
    }
)

MARKER_MULTIPLIER: Mapping[Marker, float] = MappingProxyType(
    {
        Marker.STRANGULATION: 1.5,
        Marker.ORDER_BREACH: 1.25,
        Marker.VICTIM_PREGNANT: 1.25,
        Marker.WEAPON: 1.1,
        Marker.CHILD_PRESENT: 1.1,
        Marker.COERCION: 1.0,
    }
)

STRANGULATION_CODES = frozenset({"008/77", "X-SUFFOC"})
"""Codes whose weight is the strangulation or suffocation itself."""

AGE_DEFINED_CODES = frozenset(
    {"11A", "13", "17B", "19D", "19E", "19G", "19H", "20B", "21", "22B", "71", "73", "86", "88A"}
)
"""Codes that a child victim defines: the weight already holds the age, as fixture F01's 22B shows."""

CHILD_ON_CHILD_CODES = frozenset({"22B", "86"})
"""Codes that P-15 leaves out when both are under 16 and no coercion is recorded."""


def find_exclusion(event: Event, row: GravityRow) -> str | None:
    """Return why an event can never raise a perpetrator score, or None.

    Source: DOMAIN P-15, P-17 and the notes of the gravity table.
    """
    if row.excluded is not None:
        return row.excluded
    both_under_16 = event.subject_under_16 and event.victim_age_band.is_under_16
    if row.code in CHILD_ON_CHILD_CODES and both_under_16 and Marker.COERCION not in event.markers:
        return "both under 16 and no coercion recorded (P-15)"
    return None


def is_rape_incident(event: Event) -> bool:
    """Whether the event is a rape report not recorded as a crime (class N100): quality 0."""
    return event.ho_class.startswith(RAPE_INCIDENT_PREFIX)


def evidential_quality(event: Event) -> float:
    """Return q in 0 to 1: how firmly the record ties the scored person to the event.

    A suspect takes the lesser of how they were named and how the case ended, so that a case that ended
    without charge never counts as more than its naming. Victim withdrawal (outcomes 14 and 16) costs a
    fifth and no more: an unsupported case is not a safe one.

    Source: DOMAIN 2.2, q_i.
    """
    if event.status is CrimeStatus.NO_CRIME or is_rape_incident(event):
        return NONE
    decided = ROLE_QUALITY[event.role]
    if decided == NONE:
        return NONE
    if event.intel is not None:
        return _intel_quality(event.intel)
    if decided is not None:
        return decided
    ended = FULL if event.outcome_code is None else OUTCOME_QUALITY[event.outcome_code]
    # Outcomes 1 to 4 prove the link in court or by admission, however the suspect was first named.
    return (
        FULL
        if ended == FULL and event.outcome_code is not None
        else min(ended, NAMED_QUALITY[event.named_by])
    )


def marker_multiplier(event: Event, code: str) -> float:
    """Return m in 1 to 2: the product of an event's markers, capped.

    Args:
        event: The event.
        code: The code that weighs it: a circumstance that defines the code is not counted twice.

    Source: DOMAIN 2.2, m_i.
    """
    markers = event.markers - ({Marker.STRANGULATION} if code in STRANGULATION_CODES else set())
    # Sorted, so that the product does not depend on the set's order in this process.
    product = math.prod(MARKER_MULTIPLIER[marker] for marker in sorted(markers))
    if event.victim_age_band.is_under_16 and code not in AGE_DEFINED_CODES:
        product *= UNDER_16_MULTIPLIER
    if event.dash_grade is DashGrade.HIGH:
        product *= HIGH_DASH_MULTIPLIER
    return min(MAX_MULTIPLIER, product)


def _intel_quality(grading: IntelGrading) -> float:
    quality = INTEL_QUALITY[grading.assessment]
    return quality / 2 if grading.source == UNRELIABLE_SOURCE else quality
