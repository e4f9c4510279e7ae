"""From pairs of rows and people to more of them: predict everybody's bits and take who fits.

Layer: lab. Pure numpy. Every bit of the stolen encodings is an unknown function of a person, and how alike
it is for two people is known on average (:mod:`lab.attacks.expected_similarity`). So pairs predict the bits
of everybody on the list, each with its uncertainty, by Gaussian process regression, and a row is whoever
most likely has its bits. The surest new pairs are believed and teach the next round. No believed pair may
confirm itself: rows of one half of them are judged by the other half, and how many are found again says
whether the attack is on the right way without any truth.

Source: Rasmussen and Williams (2006), Gaussian processes for machine learning, section 2.2. The rounds are
Clew's own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from lab.attacks.observation import Floats, Ints
from lab.attacks.pairing import pair_rows

MOST_PAIRS = 3000  # that a round learns from; more cost minutes and teach little
MOST_ROUNDS = 25
KNOWN_NOISE, BELIEVED_NOISE = 0.02, 0.1  # variance added to what pairs say
LEAST_VARIANCE = 0.02
GROWTH = ((0.5, 2.0), (0.3, 1.15))  # share of believed pairs found again over which more are believed
SHRINKING = 0.9
CONFIRMED = 0.4  # share found again over which the way was right
HOPELESS, GRACE = 0.15, 5  # share under which it ends, after so many rounds
FULL, LEAST_GAIN, PATIENCE = (
    0.9,
    0.01,
    3,
)  # nearly all are believed, and so many rounds gained so little: it ends


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Rows and their people: those known for sure first, then those believed, the surest first."""

    rows: Ints
    people: Ints
    known: int

    def leave_out(self, half: int) -> "Pairs":
        """Return the known pairs and the believed ones that are not of this half, 0 or 1."""
        believed = np.arange(self.known, len(self.rows))
        kept = np.concatenate([np.arange(self.known), believed[1 - half :: 2]])
        return Pairs(self.rows[kept], self.people[kept], self.known)

    def add(self, rows: Ints, people: Ints) -> "Pairs":
        """Return the known pairs with other believed ones."""
        known_rows, known_people = self.rows[: self.known], self.people[: self.known]
        return Pairs(np.concatenate([known_rows, rows]), np.concatenate([known_people, people]), self.known)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Person named for each row, and the share of believed pairs that the others confirmed, 0 to 1."""

    nearest: Ints
    confirmed: float


def predict_people(signs: Floats, expected: Floats, pairs: Pairs) -> Prediction:
    """Return who is behind every row.

    Args:
        signs: Centred signs of the stolen bits, shape (rows, bits).
        expected: Expected products of signs of two people, shape (people, people).
        pairs: Known and believed pairs to start from.

    Returns:
        The last round's people where it was confirmed; else those of the first, which was least misled.
    """
    rows = np.setdiff1d(np.arange(len(signs)), pairs.rows[: pairs.known])
    people = np.setdiff1d(np.arange(len(expected)), pairs.people[: pairs.known])
    count = len(pairs.rows) / 2
    nearest = np.empty(len(signs), dtype=np.int64)
    nearest[pairs.rows[: pairs.known]] = pairs.people[: pairs.known]
    first, confirmed, best, stale = nearest, 0.0, 0.0, 0
    for number in range(MOST_ROUNDS if len(rows) and len(people) else 0):
        pairing = pair_rows(_compare_rows(signs, expected, pairs, free=(rows, people)))
        nearest = nearest.copy()
        nearest[rows] = people[pairing.nearest]
        first = nearest if number == 0 else first
        again = (nearest[pairs.rows] == pairs.people)[pairs.known :]
        confirmed = float(again.mean()) if len(again) else 1.0
        most = min(len(pairing.held), max(MOST_PAIRS - pairs.known, 0))
        stale = stale + 1 if len(again) >= FULL * most and confirmed < best + LEAST_GAIN else 0
        best = max(best, confirmed) if len(again) else 0.0
        if stale == PATIENCE or (number >= GRACE and confirmed < HOPELESS):
            break
        count = min(count * _get_growth(confirmed), most)
        believed = int(count)
        pairs = pairs.add(rows[pairing.held[:believed]], people[pairing.listed[:believed]])
    return Prediction(nearest if confirmed > CONFIRMED else first, confirmed)


def _get_growth(confirmed: float) -> float:
    """Return how many times as many pairs are believed next: more than can be confirmed mislead."""
    return next((growth for least, growth in GROWTH if confirmed > least), SHRINKING)


def _compare_rows(signs: Floats, expected: Floats, pairs: Pairs, *, free: tuple[Ints, Ints]) -> Floats:
    """Return the likelihood of free rows for free people; no row is judged by a pair that it is part of."""
    rows, people = free
    held, across = signs[rows], expected[people]
    likelihood = _find_likelihood(held, *_predict(across, expected, signs, pairs))
    for half in (0, 1):
        judged = np.isin(rows, pairs.rows[pairs.known :][half::2])
        if judged.any():
            predicted = _predict(across, expected, signs, pairs.leave_out(half))
            likelihood[judged] = _find_likelihood(held[judged], *predicted)
    return likelihood


def _predict(across: Floats, expected: Floats, signs: Floats, pairs: Pairs) -> tuple[Floats, Floats]:
    """Return the mean of people's bits, shape (people, bits), and their variance, shape (people,)."""
    if not len(pairs.rows):
        return np.zeros((len(across), signs.shape[1]), np.float32), np.ones(len(across), np.float32)
    covariance = expected[np.ix_(pairs.people, pairs.people)]
    noise = np.full(len(pairs.people), BELIEVED_NOISE, dtype=np.float32)
    noise[: pairs.known] = KNOWN_NOISE
    covariance[np.diag_indices(len(noise))] += noise
    lower = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    whitened = solve_triangular(lower, across[:, pairs.people].T, lower=True, check_finite=False)
    mean = whitened.T @ solve_triangular(lower, signs[pairs.rows], lower=True, check_finite=False)
    variance = 1 - (whitened**2).sum(axis=0) + KNOWN_NOISE
    return mean, np.maximum(variance, LEAST_VARIANCE)


def _find_likelihood(signs: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return the log-likelihood per bit of each row for each person, shape (rows, people)."""
    likelihood: Floats = signs @ (mean / variance[:, None]).T
    likelihood -= ((mean**2).sum(axis=1) / variance + signs.shape[1] * np.log(variance)) / 2
    likelihood -= (signs**2).sum(axis=1)[:, None] / (2 * variance)
    likelihood /= signs.shape[1]
    return likelihood
