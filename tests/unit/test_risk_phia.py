"""The PHIA yardstick: terms, gaps and refusals (DOMAIN F31)."""

import pytest

from crypto.errors import InputError
from scoring.risk.phia import AnalyticalConfidence, describe_likelihood


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "remote chance"),
        (0.05, "remote chance"),
        (0.07, "remote chance (nearest band)"),
        (0.08, "highly unlikely (nearest band)"),
        (0.15, "highly unlikely"),
        (0.30, "unlikely"),
        (0.45, "realistic possibility"),
        (0.50, "realistic possibility (nearest band)"),
        (0.52, "realistic possibility (nearest band)"),
        (0.53, "likely or probable (nearest band)"),
        (0.60, "likely or probable"),
        (0.78, "highly likely (nearest band)"),
        (0.86, "highly likely"),
        (0.92, "highly likely (nearest band)"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_number_is_put_in_the_yardsticks_words(probability: float, text: str) -> None:
    likelihood = describe_likelihood(probability, confidence=AnalyticalConfidence.LOW)

    assert likelihood.text == text
    assert likelihood.probability == probability
    assert likelihood.in_gap is text.endswith("(nearest band)")
    assert likelihood.confidence is AnalyticalConfidence.LOW


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_a_number_that_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(InputError, match="expected a probability from 0 to 1"):
        describe_likelihood(probability, confidence=AnalyticalConfidence.HIGH)
