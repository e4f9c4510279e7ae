"""Likelihood in words: the PHIA probability yardstick.

Layer: scoring. Pure. A bare number is read as more certain than it is, a bare word as anything; so every
likelihood carries number, term and analytical confidence (F31). The yardstick has gaps on purpose: a
number in a gap takes the nearest term and says so.
Source: DOMAIN section 3; edges of the first four terms E24, the others general knowledge to be confirmed.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from crypto.errors import InputError

LEAST_SHOWN, GREATEST_SHOWN = 0.01, 0.99  # beyond, more digits would claim what no model here knows


class AnalyticalConfidence(StrEnum):
    """How good the evidence behind a likelihood is; separate from the likelihood itself."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


TERMS = (
    ("remote chance", 0.0, 0.05),
    ("highly unlikely", 0.10, 0.20),
    ("unlikely", 0.25, 0.35),
    ("realistic possibility", 0.40, 0.50),
    ("likely or probable", 0.55, 0.75),
    ("highly likely", 0.80, 0.90),
    ("almost certain", 0.95, 1.0),
)
"""Term with its least and greatest probability."""

MIDPOINTS = (0.075, 0.225, 0.375, 0.525, 0.775, 0.925)
"""Where one term gives way to the next in the middle of a gap."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A probability with its term; ``text`` is how it is printed."""

    probability: float
    term: str
    in_gap: bool
    confidence: AnalyticalConfidence

    @property
    def text(self) -> str:
        """The term, marked as nearest when the number lies between two terms."""
        return f"{self.term} (nearest band)" if self.in_gap else self.term


def show_probability(probability: float) -> str:
    """Return a probability to two decimals, never as a certainty: an estimate is not 0.00 or 1.00."""
    if probability > GREATEST_SHOWN:
        return f">{GREATEST_SHOWN}"
    return f"<{LEAST_SHOWN}" if probability < LEAST_SHOWN else f"{probability:.2f}"


def describe_likelihood(probability: float, *, confidence: AnalyticalConfidence) -> Likelihood:
    """Return a probability in the words of the yardstick.

    Args:
        probability: 0 to 1.
        confidence: The analyst's rating of the evidence.

    Raises:
        InputError: The probability is outside 0 to 1 or not a number.
    """
    if not 0 <= probability <= 1:
        raise InputError("expected a probability from 0 to 1, got a number outside it")
    term, least, greatest = TERMS[bisect_right(MIDPOINTS, probability)]
    # "Realistic possibility" ends below 50%: evens belongs to neither neighbour.
    in_gap = not least <= probability <= greatest or probability == 0.5
    return Likelihood(probability, term, in_gap, confidence)
