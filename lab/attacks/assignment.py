"""Which component of one set of encodings is which of another: a quadratic assignment.

Layer: lab. Pure numpy. Components are n-grams or mixtures of few. How one is distributed, and how it goes
with each other one (digits of a date exclude each other, a forename goes with a sex), is a property of the
population and not of the key; so the two graphs of components are nearly alike even where the two sets
hold different people. The best correspondence is searched with the Frank–Wolfe method and improved by
freeing its worst parts again and again. The objective alone decides: no truth is needed.

Source: Vogelstein et al. (2015), Fast approximate quadratic programming for graph matching; the iterated
local search around it is Clew's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lab.attacks.components import standardise
from lab.attacks.observation import Floats, Ints

Matrix = NDArray[np.float64]

QUANTILES = np.linspace(0.005, 0.995, 60)
SQUARE_CAP, RARE, LINEAR_RANGE = 9.0, 1.5, 1.5  # in deviations: moments of rare n-grams are huge and noisy
DISTRIBUTION_WEIGHT = 10.0  # of distributions against relations
PAIR_WEIGHT = 1.0  # of what believed pairs say against relations
STEPS = 40
POLISH_ROUNDS = 10
RESTARTS, KICKS = 20, 60
FREED_SHARES = (0.3, 0.5, 0.7)
SINKHORN_ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class ComponentGraph:
    """Statistics of one set's components: distribution of each, and relations of each with each."""

    profiles: Matrix
    relations: tuple[Matrix, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """The component of the second set for each of the first, and trust in it from 0 to 1."""

    order: Ints
    trust: Floats


def describe_components(sources: Floats) -> ComponentGraph:
    """Return the graph of components given by their standardised scores, shape (rows, components)."""
    shapes = (
        sources,
        np.minimum(sources**2, SQUARE_CAP),
        (sources > RARE).astype(np.float32),
        np.abs(np.clip(sources, -LINEAR_RANGE, LINEAR_RANGE)),
    )
    terms = [standardise(shape).astype(np.float64) for shape in shapes]
    # Sources are uncorrelated by construction, so the first with itself says nothing.
    pairs = [(a, b) for a in range(len(terms)) for b in range(a + 1) if a]
    profiles = np.quantile(sources, QUANTILES, axis=0).T / np.sqrt(len(QUANTILES))
    return ComponentGraph(profiles, tuple(_centre(terms[a].T @ terms[b] / len(sources)) for a, b in pairs))


def _centre(relation: Matrix) -> Matrix:
    """Return relations of different components less their mean: what all have in common tells none apart."""
    others = ~np.eye(len(relation), dtype=np.bool_)
    centred: Matrix = np.where(others, relation - relation[others].mean(), 0)
    return centred


def match_components(
    first: ComponentGraph, second: ComponentGraph, *, rng: np.random.Generator, believed: Matrix | None = None
) -> Correspondence:
    """Return the correspondence of two component graphs with the best objective found.

    Args:
        first: Components of the stolen encodings.
        second: As many components of the attacker's own.
        rng: For restarts.
        believed: Correlations of components over pairs of rows already believed, shape (first, second).
    """
    distance = ((first.profiles[:, None] - second.profiles[None]) ** 2).sum(axis=2)
    linear = -DISTRIBUTION_WEIGHT * distance
    if believed is not None:
        linear = linear + PAIR_WEIGHT * len(first.relations) * believed
    search = _Search(first.relations, second.relations, linear)
    order = search.improve(search.restart(rng), rng)
    return Correspondence(order, search.get_likeness(order).clip(min=0).astype(np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Maximises the likeness of two graphs over permutations."""

    first: Sequence[Matrix]
    second: Sequence[Matrix]
    linear: Matrix

    def restart(self, rng: np.random.Generator) -> Ints:
        """Return the best of several searches from the middle of all permutations."""
        size = len(self.linear)
        flat = np.full((size, size), 1 / size)
        starts = [flat, *((flat + _draw_doubly_stochastic(size, rng)) / 2 for _ in range(RESTARTS - 1))]
        return max((self.climb(start) for start in starts), key=self.score)

    def improve(self, order: Ints, rng: np.random.Generator) -> Ints:
        """Free the components that fit worst, again and again, and keep what is better."""
        best = self.score(order)
        for _ in range(KICKS):
            misfit = 1 - self.get_likeness(order)
            chance = float(rng.choice(FREED_SHARES)) * misfit / max(misfit.mean(), 1e-9)
            freed = np.flatnonzero(rng.random(len(order)) < chance)
            if len(freed) < 2:
                continue
            start = _write_permutation(order)
            start[np.ix_(freed, order[freed])] = 1 / len(freed)
            other = self.climb(start)
            if (score := self.score(other)) > best:
                order, best = other, score
        return order

    def climb(self, start: Matrix) -> Ints:
        """Return the permutation that Frank–Wolfe steps lead to, polished by reassignment."""
        current = start
        for _ in range(STEPS):
            slope = self._get_slope(current)
            step = _write_permutation(_assign(slope)) - current
            length = self._find_length(step, float((slope * step).sum()))
            if length < 1e-6:
                break
            current = current + length * step
        return self._polish(_assign(current))

    def score(self, order: Ints) -> float:
        """Return the objective of a permutation."""
        likeness = sum(
            float((one * other[np.ix_(order, order)]).sum())
            for one, other in zip(self.first, self.second, strict=True)
        )
        return likeness + float(self.linear[np.arange(len(order)), order].sum())

    def get_likeness(self, order: Ints) -> Matrix:
        """Return, for each component, how alike its relations are: 1 for equal, 0 for unrelated."""
        shared = np.zeros(len(order))
        size = np.zeros(len(order))
        for one, other in zip(self.first, self.second, strict=True):
            moved = other[np.ix_(order, order)]
            shared += (one * moved).sum(axis=1) + (one * moved).sum(axis=0)
            size += (one**2 + moved**2).sum(axis=1) + (one**2 + moved**2).sum(axis=0)
        return 2 * shared / np.maximum(size, 1e-9)

    def _polish(self, order: Ints) -> Ints:
        best = self.score(order)
        for _ in range(POLISH_ROUNDS):
            other = _assign(self._get_slope(_write_permutation(order)))
            if (score := self.score(other)) <= best:
                break
            order, best = other, score
        return order

    def _get_slope(self, current: Matrix) -> Matrix:
        slope = self.linear.copy()
        for one, other in zip(self.first, self.second, strict=True):
            slope += one @ current @ other.T + one.T @ current @ other
        return slope

    def _find_length(self, step: Matrix, gain: float) -> float:
        """Return how far to go along a step, 0 to 1: the objective is a parabola in it."""
        bend = sum(
            float(((one @ step @ other.T) * step).sum())
            for one, other in zip(self.first, self.second, strict=True)
        )
        if bend < 0:
            return min(1.0, max(0.0, -gain / (2 * bend)))
        return 1.0 if bend + gain > 0 else 0.0


def _assign(value: Matrix) -> Ints:
    return linear_sum_assignment(value, maximize=True)[1].astype(np.int64)


def _write_permutation(order: Ints) -> Matrix:
    matrix = np.zeros((len(order), len(order)))
    matrix[np.arange(len(order)), order] = 1
    return matrix


def _draw_doubly_stochastic(size: int, rng: np.random.Generator) -> Matrix:
    matrix = rng.random((size, size))
    for _ in range(SINKHORN_ROUNDS):
        matrix /= matrix.sum(axis=1, keepdims=True)
        matrix /= matrix.sum(axis=0)
    return matrix
