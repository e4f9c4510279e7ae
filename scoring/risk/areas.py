"""Closed vocabularies of the risk score: threat areas, civil orders and kinds of agency.

Layer: scoring. Pure. Threat areas and orders leave a member as bits (DOMAIN, canonical schema
``score_summary``), so the order of the names below is part of the wire format: append, never reorder.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from crypto.errors import InputError


class ThreatArea(StrEnum):
    """The threat areas of DOMAIN F29, one bit each, multi-label.

    ``SPACE`` (public, night-time or education space) is a dimension rather than an area; it has a bit
    because the eleven areas of the national assessment list it.
    """

    DOMESTIC_ABUSE = "DA"
    RASSO = "RASSO"
    CHILD_SEXUAL_ABUSE = "CSAE"
    MODERN_SLAVERY = "MSHT"
    HONOUR_BASED_ABUSE = "HBA"
    STALKING_HARASSMENT = "S&H"
    ADULT_SEXUAL_EXPLOITATION = "ASE"
    TECH_ENABLED = "TECH"
    SPACE = "SPACE"
    SPIKING = "SPIKING"
    INCELS = "INCELS"


class OrderType(StrEnum):
    """Civil orders and conditions of ``protective_order.order_type``, one bit each."""

    DVPN = "DVPN"
    DVPO = "DVPO"
    DAPN = "DAPN"
    DAPO = "DAPO"
    SPO = "SPO"
    ISPO = "ISPO"
    NMO = "NMO"
    OCC = "OCC"
    RO = "RO"
    SHPO = "SHPO"
    ISHPO = "ISHPO"
    SRO = "SRO"
    ISRO = "ISRO"
    FMPO = "FMPO"
    FGMPO = "FGMPO"
    STPO = "STPO"
    STRO = "STRO"
    CBO = "CBO"
    BAIL = "BAIL"
    SPC = "SPC"


class AgencyType(StrEnum):
    """Kinds of agency counted for breadth (DOMAIN F12)."""

    POLICE = "POLICE"
    HEALTH = "HEALTH"
    SOCIAL_CARE = "SOCIAL_CARE"
    IDVA_ISVA = "IDVA_ISVA"
    HOUSING = "HOUSING"
    PROBATION = "PROBATION"
    EDUCATION = "EDUCATION"
    FAMILY_COURT = "FAMILY_COURT"


TABLE_AREAS: Mapping[str, ThreatArea] = MappingProxyType(
    {
        "domestic_abuse": ThreatArea.DOMESTIC_ABUSE,
        "rasso": ThreatArea.RASSO,
        "csae": ThreatArea.CHILD_SEXUAL_ABUSE,
        "msht": ThreatArea.MODERN_SLAVERY,
        "hba": ThreatArea.HONOUR_BASED_ABUSE,
        "stalking_harassment": ThreatArea.STALKING_HARASSMENT,
        "ase_sex_work": ThreatArea.ADULT_SEXUAL_EXPLOITATION,
        "tech_enabled": ThreatArea.TECH_ENABLED,
        "spiking": ThreatArea.SPIKING,
        "incels": ThreatArea.INCELS,
    }
)
"""Threat area of each value of ``vawg_threat_area`` in the gravity table."""

FLAG_AREAS: Mapping[str, ThreatArea] = MappingProxyType(
    {
        "flag_da": ThreatArea.DOMESTIC_ABUSE,
        "flag_hba": ThreatArea.HONOUR_BASED_ABUSE,
        "flag_stalking": ThreatArea.STALKING_HARASSMENT,
        "flag_cse": ThreatArea.CHILD_SEXUAL_ABUSE,
        "flag_online": ThreatArea.TECH_ENABLED,
        "flag_modern_slavery": ThreatArea.MODERN_SLAVERY,
        "flag_spiking": ThreatArea.SPIKING,
        "flag_fgm": ThreatArea.HONOUR_BASED_ABUSE,
        "flag_incel": ThreatArea.INCELS,
    }
)
"""Threat area of each flag column of the canonical ``crime`` table."""

SPACE_LOCATIONS = frozenset({"PUBLIC", "NTE_VENUE", "EDUCATION"})
"""Values of ``crime.location_type`` that set :attr:`ThreatArea.SPACE`."""

Flag = TypeVar("Flag", ThreatArea, OrderType)


def pack_bits(flags: Iterable[Flag], kind: type[Flag]) -> int:
    """Return an integer with bit ``i`` set for the ``i``-th name of ``kind`` in ``flags``."""
    positions = {flag: position for position, flag in enumerate(kind)}
    return sum(1 << positions[flag] for flag in set(flags))


def parse_bits(bits: int, kind: type[Flag]) -> frozenset[Flag]:
    """Return the names whose bits are set; the inverse of :func:`pack_bits`.

    Raises:
        InputError: A bit is set that has no name in ``kind``, so sender and receiver differ in version.
    """
    names = list(kind)
    if not 0 <= bits < 1 << len(names):
        raise InputError(f"expected bits of the {len(names)} names of {kind.__name__}, got other bits")
    return frozenset(name for position, name in enumerate(names) if bits >> position & 1)
