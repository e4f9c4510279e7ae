"""Risk bands: the named intervals of the score that people act on.

Layer: scoring. Pure. A band orders attention; it is not a probability of anything (DOMAIN 2.4).
"""

from enum import StrEnum


class RiskBand(StrEnum):
    """Bands of DOMAIN section 1, most serious first."""

    VERY_HIGH = "VERY_HIGH"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    STANDARD = "STANDARD"


BAND_FLOORS = ((80.0, RiskBand.VERY_HIGH), (60.0, RiskBand.HIGH), (45.0, RiskBand.MEDIUM))
"""Least score of each band; below the last, STANDARD."""


def decide_band(score: float, *, rule_override: bool = False) -> RiskBand:
    """Return the band of a score.

    The score is rounded to the one decimal that people are shown, so that a score and its band never
    disagree on paper.

    Args:
        score: 0 to 100.
        rule_override: Whether X4 holds: a first high-harm event means at least HIGH, because most of the
            highest-harm cases have no history (DOMAIN 2.2, E8).
    """
    shown = round(score, 1)
    band = next((band for floor, band in BAND_FLOORS if shown >= floor), RiskBand.STANDARD)
    return RiskBand.HIGH if rule_override and band in (RiskBand.MEDIUM, RiskBand.STANDARD) else band
