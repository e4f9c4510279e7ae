"""Which n-gram of the list a mined pattern stands for: by how frequent it is alone and with others.

Layer: lab. Pure numpy. The most frequent patterns are aligned by search over permutations; the surest of
these then tell which n-gram every other pattern is, by what it occurs together with, and so outwards; at last
rows and people that have the same n-grams are paired, and the pairs say it for all patterns at once.

Source: alignment by frequency as in Christen, Vidanage, Ranbaduge and Schnell (2018), Pattern-mining based
cryptanalysis of Bloom filters; growth from seeds as in Narayanan and Shmatikov (2009), De-anonymizing social
networks.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import logit

from lab.attacks.assignment import ComponentGraph, Matrix, match_components
from lab.attacks.components import standardise
from lab.attacks.observation import NOBODY, Flags, Floats, Ints
from lab.attacks.pairing import Pairing, compare, pair_rows

SEED_PATTERNS = (30, 20, 40, 25, 35, 50)  # one start may fail where another does not
SEEDS = 8
CONVINCING = 0.5  # mean trust at which no other start is tried: right ones have 0.7, wrong ones 0.4
FREQUENCY_SCALE = 2.0  # of logarithms of odds, against relations, in the search
FREQUENCY_WEIGHT, MOST_DIFFERENCE = 0.5, 4.0  # of squared differences of such logarithms, in the growth
GROWTH, GROWTH_ROUNDS = 1.5, 12
LEAST_TRUST = 0.2
PAIRING_ROUNDS = 4
LEARNT_SHARE, FEWEST_PAIRS = 1 / 3, 300  # of the pairs, the surest, that an alignment is learnt from
SMOOTHING = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """N-gram of each pattern, NOBODY where none, and trust in it: at most 1, nothing under 0.2."""

    ngrams: Ints
    trust: Floats

    def find_trusted(self) -> Ints:
        """Return the patterns that can be used."""
        return np.flatnonzero((self.trust >= LEAST_TRUST) & (self.ngrams != NOBODY))


def pair_by_patterns(patterns: Flags, ngrams: Flags, *, rng: np.random.Generator) -> Pairing | None:
    """Return who has the n-grams that a row's patterns stand for.

    Args:
        patterns: Whether rows have patterns, shape (rows, patterns), the most frequent first.
        ngrams: Whether people have n-grams, shape (people, n-grams), the most frequent first.
        rng: For the search.

    Returns:
        The pairing, or None where too few patterns could be aligned.
    """
    best, best_trust = None, 0.0
    for count in SEED_PATTERNS:
        alignment = _grow(_align_seeds(patterns, ngrams, count, rng), patterns, ngrams)
        pairing, trust = _pair(alignment, patterns, ngrams)
        if trust > best_trust:
            best, best_trust = pairing, trust
        if trust >= CONVINCING:
            break
    return best


def _pair(alignment: Alignment, patterns: Flags, ngrams: Flags) -> tuple[Pairing | None, float]:
    """Return the pairing that an alignment leads to in a few rounds, and the mean trust in the patterns."""
    left, right = standardise(patterns.astype(np.float32)), standardise(ngrams.astype(np.float32))
    pairing, trust = None, 0.0
    for _ in range(PAIRING_ROUNDS):
        used = alignment.find_trusted()
        if len(used) < SEEDS:
            return None, 0.0
        weight = alignment.trust[used]
        pairing = pair_rows(compare(left[:, used] * weight, right[:, alignment.ngrams[used]] * weight))
        count = max(FEWEST_PAIRS, int(len(pairing.held) * LEARNT_SHARE))
        rows, people = pairing.held[:count], pairing.listed[:count]
        shared = standardise(left[rows]).T @ standardise(right[people]) / max(len(rows), 1)
        alignment = _assign(shared.astype(np.float64))
        trust = float(alignment.trust.mean())
    return pairing, trust


def _align_seeds(patterns: Flags, ngrams: Flags, most: int, rng: np.random.Generator) -> Alignment:
    count = min(most, patterns.shape[1], ngrams.shape[1])
    first, second = (
        ComponentGraph(FREQUENCY_SCALE * _get_odds(part)[:, None], (_relate(part),))
        for part in (patterns[:, :count], ngrams[:, :count])
    )
    found = match_components(first, second, rng=rng)
    every = np.full(patterns.shape[1], NOBODY, dtype=np.int64)
    trust = np.zeros(patterns.shape[1], dtype=np.float32)
    every[:count], trust[:count] = found.order, found.trust
    return Alignment(every, trust)


def _grow(seeds: Alignment, patterns: Flags, ngrams: Flags) -> Alignment:
    """Return an alignment of all patterns, learnt from ever more of the surest ones."""
    relations = _relate(patterns), _relate(ngrams)
    difference = (_get_odds(patterns)[:, None] - _get_odds(ngrams)) ** 2
    penalty = FREQUENCY_WEIGHT * np.minimum(difference, MOST_DIFFERENCE)
    alignment, count = seeds, float(SEEDS)
    for _ in range(GROWTH_ROUNDS):
        sure = np.argsort(-alignment.trust, kind="stable")[: int(count)]
        sure = sure[alignment.ngrams[sure] != NOBODY]
        weight = alignment.trust[sure].astype(np.float64) ** 2
        first, second = relations[0][:, sure], relations[1][:, alignment.ngrams[sure]]
        energy = (first**2 @ weight)[:, None] + second**2 @ weight + SMOOTHING * weight.sum()
        likeness = 2 * (first * weight) @ second.T / np.maximum(energy, 1e-9)
        alignment = _assign(likeness - penalty)
        count *= GROWTH
        if count >= len(alignment.find_trusted()):
            break
    return alignment


def _assign(value: Matrix) -> Alignment:
    rows, columns = linear_sum_assignment(value, maximize=True)
    ngrams = np.full(len(value), NOBODY, dtype=np.int64)
    trust = np.zeros(len(value), dtype=np.float32)
    ngrams[rows], trust[rows] = columns, value[rows, columns].clip(min=0)
    return Alignment(ngrams, trust)


def _get_odds(present: Flags) -> Matrix:
    odds: Matrix = logit(present.mean(axis=0).clip(1e-6, 1 - 1e-6))
    return odds


def _relate(present: Flags) -> Matrix:
    scores = standardise(present.astype(np.float32))
    relations: Matrix = (scores.T @ scores / len(present)).astype(np.float64)
    np.fill_diagonal(relations, 0)
    return relations
