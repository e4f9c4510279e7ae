"""Which legal gateway lets which kind of discloser give which data: the closed table of DOMAIN P-07.

Layer: scoring, pure. A kind of agency without a row discloses nothing. The Serious Violence Duty
gateway (PCSC 2022 s.16) never stands for health or social care, which the Act itself excludes.
Assignments follow DOMAIN 4.1 and 5.2; counsel has yet to confirm them (DOMAIN section 6).

Threat: a power cited by someone whom it does not bind, or stretched over data it does not reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.policy.vocabulary import DataItem, Gateway
from scoring.risk.areas import AgencyType

_CARE_ITEMS = frozenset(
    {
        DataItem.IDENTITY_CORE,
        DataItem.ADDRESS_CURRENT,
        DataItem.RISK_GRADES,
        DataItem.PARTNER_CONTACT_LEVEL,
    }
)


@dataclass(frozen=True, slots=True)
class DisclosurePowers:
    """What one kind of discloser may give, and under which powers.

    Args:
        gateways: Powers it may rely on.
        items: Data it may give.
        one_of: Powers of which at least one must be cited; empty where any of ``gateways`` will do.
    """

    gateways: frozenset[Gateway]
    items: frozenset[DataItem]
    one_of: frozenset[Gateway] = frozenset()


POWERS: Mapping[AgencyType, DisclosurePowers] = {
    AgencyType.POLICE: DisclosurePowers(frozenset(Gateway) - {Gateway.CONSENT}, frozenset(DataItem)),
    AgencyType.HEALTH: DisclosurePowers(
        frozenset(
            {
                Gateway.CDA98_S115,
                Gateway.CA89_S47,
                Gateway.CA04_S10_S11,
                Gateway.CARE14_S42_S45,
                Gateway.CJA03_S325,
                Gateway.FGMA03_S5B,
                Gateway.CONSENT,
            }
        ),
        _CARE_ITEMS,
    ),
    AgencyType.SOCIAL_CARE: DisclosurePowers(
        frozenset(
            {
                Gateway.CDA98_S115,
                Gateway.CA89_S47,
                Gateway.CA04_S10_S11,
                Gateway.CARE14_S42_S45,
                Gateway.CJA03_S325,
                Gateway.MSA15_S52,
                Gateway.FGMA03_S5B,
                Gateway.CONSENT,
            }
        ),
        _CARE_ITEMS,
        one_of=frozenset({Gateway.CA89_S47, Gateway.CARE14_S42_S45}),
    ),
}
"""Case notes, diagnoses and police-style incident data of partners have no item here (DOMAIN 5.2)."""
