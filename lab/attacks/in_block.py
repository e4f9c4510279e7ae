"""Align the rows of one block with the people of the block it was found to be.

Layer: lab. Pure numpy and scipy. The rows of a block share a key, so how similar they are to each other is
nearly what the same people's encodings under the attacker's key are: a quadratic assignment. Bit counts
stand on the diagonals, and known people are fixed.

Source: Vogelstein et al. (2015), Fast approximate quadratic programming for graph matching (as in scipy);
the kicks around it are as in :mod:`lab.attacks.assignment`.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, quadratic_assignment

from lab.attacks.observation import NOBODY, Flags, Floats, Ints

Matrix = NDArray[np.float64]

MOST_LISTED_ROWS = 4  # of which all permutations are tried
MOST_ROWS = 2_000  # larger blocks take minutes each
MIDDLE_SHARE = 0.3  # of all permutations' middle in the start; the rest is what similarity profiles say
BIT_COUNT_WEIGHT = 1.0
PROFILE_SHARES = np.linspace(0, 1, 21)
MOST_ITERATIONS = 40
MOST_KICKS, KICKED_CELLS = 30, 300_000  # kicks, and cells of the graphs that they may go over in all
FREED_SHARES = (0.3, 0.5, 0.7)
SETTLED_FIT = 0.62  # over which alignments were right whenever they were looked at


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Which listed row is which held row, and how well it fits.

    Attributes:
        listed: Listed row for each held row, NOBODY where the list's block is smaller.
        fit: Correlation of the two graphs after alignment, -1 to 1.
    """

    listed: Ints
    fit: float


def align_rows(
    held: Floats, listed: Floats, *, rng: np.random.Generator | None, known: Ints | None = None
) -> Alignment:
    """Return the best alignment found of two sets of rows.

    Args:
        held: Bits of one block's rows, shape (held, bits), at most :data:`MOST_ROWS`.
        listed: Bits of the people's rows under the attacker's key, shape (listed, bits).
        rng: For kicks out of local optima; None to look once and fast.
        known: Pairs (held row, listed row) that are known, shape (pairs, 2).
    """
    size = max(len(held), len(listed))
    seeds = np.empty((0, 2), dtype=np.int64) if known is None else known
    first, second = (_describe(bits, size) for bits in (held, listed))
    order = _solve(first, second, seeds, rng)
    moved = second[np.ix_(order, order)][: len(held), : len(held)]
    named = np.where(order < len(listed), order, NOBODY)[: len(held)]
    return Alignment(named.astype(np.int64), _correlate(first[: len(held), : len(held)], moved))


def measure_similarity(bits: Floats) -> Matrix:
    """Return Dice similarities of rows, shape (rows, rows)."""
    weights = bits.sum(axis=1)
    dice: Matrix = 2.0 * (bits @ bits.T) / np.maximum(weights[:, None] + weights[None], 1)
    return dice.astype(np.float64)


def _describe(bits: Floats, size: int) -> Matrix:
    """Return centred similarities with bit counts on the diagonal, padded with zeros to a size."""
    similarity, weights = measure_similarity(bits), bits.sum(axis=1)
    apart = ~np.eye(len(bits), dtype=np.bool_)
    middle, spread = (similarity[apart].mean(), similarity[apart].std()) if len(bits) > 1 else (0.0, 1.0)
    described = (similarity - middle) / max(float(spread), 1e-6)
    deviation = max(float(weights.std()), 1e-6)
    np.fill_diagonal(described, BIT_COUNT_WEIGHT * (weights - weights.mean()) / deviation)
    padded = np.zeros((size, size))
    padded[: len(bits), : len(bits)] = described
    return padded


def _solve(first: Matrix, second: Matrix, seeds: Ints, rng: np.random.Generator | None) -> Ints:
    """Return the permutation with the best objective: one search, then kicks that free what fits worst."""
    free, other_free = (np.setdiff1d(np.arange(len(first)), seeds[:, side]) for side in (0, 1))
    order = np.empty(len(first), dtype=np.int64)
    order[seeds[:, 0]] = seeds[:, 1]
    if len(free) <= MOST_LISTED_ROWS:
        return _try_all(first, second, order, free, other_free)
    order = _climb(first, second, seeds, _start(first[free], second[other_free], seeds))
    best = _score(first, second, order)
    for _ in range(min(MOST_KICKS, KICKED_CELLS // len(first) ** 2)):
        if rng is None or best >= SETTLED_FIT:
            break
        start = _write_permutation(np.searchsorted(other_free, order[free]))
        freed = _draw_misfits(first, second[np.ix_(order, order)], rng)[free]
        start[np.ix_(freed, start[freed].any(axis=0))] = 1 / max(int(freed.sum()), 1)
        other = _climb(first, second, seeds, start)
        if (score := _score(first, second, other)) > best:
            order, best = other, score
    return order


def _try_all(first: Matrix, second: Matrix, order: Ints, free: Ints, other_free: Ints) -> Ints:
    """Return the best of all permutations of the free rows."""
    places = np.array(list(permutations(range(len(free)))), dtype=np.int64)
    orders = np.tile(order, (len(places), 1))
    orders[:, free] = other_free[places]
    moved = second[orders[:, :, None], orders[:, None, :]]
    best: Ints = orders[(first * moved).sum(axis=(1, 2)).argmax()]
    return best


def _climb(first: Matrix, second: Matrix, seeds: Ints, start: Matrix) -> Ints:
    found = quadratic_assignment(
        first,
        second,
        method="faq",
        options={
            "maximize": True,
            "P0": start,
            "partial_match": seeds,
            "maxiter": MOST_ITERATIONS,
            "rng": np.random.default_rng(0),
        },
    )
    return np.asarray(found.col_ind, dtype=np.int64)


def _draw_misfits(first: Matrix, moved: Matrix, rng: np.random.Generator) -> Flags:
    """Return a random choice of rows, likelier the less their similarities agree."""
    agreement = (first * moved).sum(axis=1) / np.maximum(
        np.linalg.norm(first, axis=1) * np.linalg.norm(moved, axis=1), 1e-9
    )
    misfit = np.maximum(1 - agreement, 0)
    chosen: Flags = rng.random(len(first)) < rng.choice(FREED_SHARES) * misfit / max(misfit.mean(), 1e-9)
    return chosen


def _write_permutation(order: Ints) -> Matrix:
    matrix = np.zeros((len(order), len(order)))
    matrix[np.arange(len(order)), order] = 1
    return matrix


def _score(first: Matrix, second: Matrix, order: Ints) -> float:
    return _correlate(first, second[np.ix_(order, order)])


def _start(first: Matrix, second: Matrix, seeds: Ints) -> Matrix:
    """Return a doubly stochastic start of what sorted similarities, and those to known rows, say."""
    profiles = [np.quantile(rows, PROFILE_SHARES, axis=1).T for rows in (first, second)]
    if len(seeds):
        profiles = [
            np.hstack([profile, rows[:, seeds[:, side]]])
            for side, (profile, rows) in enumerate(zip(profiles, (first, second), strict=True))
        ]
    distance = ((profiles[0][:, None] - profiles[1][None]) ** 2).sum(axis=2)
    start = np.full(distance.shape, MIDDLE_SHARE / len(distance))
    start[linear_sum_assignment(distance)] += 1 - MIDDLE_SHARE
    return start


def _correlate(first: Matrix, second: Matrix) -> float:
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0
