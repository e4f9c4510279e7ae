"""Confidence intervals for shares of people.

Layer: lab. Pure. A share of zero out of thousands still has an upper end, and that end is what a privacy
officer needs; the normal approximation would say that nothing can happen.
"""

from math import sqrt

from crypto.errors import InputError

Z_95 = 1.959963984540054  # two-sided 95% quantile of the normal distribution


def get_wilson_interval(hits: int, trials: int, *, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 0 to 1; without trials nothing is known: (0, 1).

    Args:
        hits: People re-identified.
        trials: People who could have been.
        z: Normal quantile; 95% two-sided unless given.

    Raises:
        InputError: Hits are negative or more than trials.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if not 0 <= hits <= trials:
        raise InputError(f"expected 0 to {trials} hits, got {hits}")
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # Rounding may leave a bound a hair outside at 0 and at 1, where it is exact.
    low = 0.0 if hits == 0 else (centre - spread) / scale
    high = 1.0 if hits == trials else (centre + spread) / scale
    return low, high
