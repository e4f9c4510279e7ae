"""Describe records by the sizes of their block tokens and of their neighbours' tokens, as numbers.

Layer: lab. Pure. Colours break when one neighbour is missing; averages and spreads of log sizes bend. Which
of them survive a list that misses people, the attacker learns from its own list: from two overlapping
halves of it, in which it knows who is who, it takes the directions in which a person's traits vary least
against how people vary, and measures them in units of that noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array

from lab.attacks.token_table import TokenTable

Traits = NDArray[np.float64]

ROUNDS = 2  # of neighbours: their sizes, and the sizes around theirs
MOST_VIEWS_FOR_ROUNDS = 4  # with more views, traits of a second round are thousands
KEPT = 10
RIDGE = 1e-3
ASSUMED_OVERLAP = 0.6  # of the two shadows; the share that a real list covers is not known
FEWEST_SHARED = 100  # people in both shadows, under which nothing can be learnt


@dataclass(frozen=True, slots=True, eq=False)
class _Measure:
    """What is taken off traits, and directions in which one is a deviation of the noise."""

    mean: Traits
    directions: Traits

    def project(self, traits: Traits) -> Traits:
        """Return traits in units of noise, the most telling first, shape (records, kept)."""
        return (traits - self.mean) @ self.directions


def describe_records(
    held: TokenTable, listed: TokenTable, *, rng: np.random.Generator
) -> tuple[Traits, Traits]:
    """Return comparable traits of both tables' records, shape (records, traits), in units of noise.

    Args:
        held: Tied records.
        listed: The list under another key, which teaches what the noise is.
        rng: For the shadows.
    """
    rounds = ROUNDS if listed.views <= MOST_VIEWS_FOR_ROUNDS else 1
    measure = _learn(listed, rounds, rng)
    first, second = (measure.project(find_traits(table, rounds)) for table in (held, listed))
    return first, second


def find_traits(table: TokenTable, rounds: int) -> Traits:
    """Return raw traits of each record: of its tokens, which average over records around them."""
    matrices = [table.get_incidence(view) for view in range(table.views)]
    logs = [np.log(np.maximum(size, 1))[:, None] for size in table.sizes]
    tokens = list(logs)
    for _ in range(rounds):
        records = [matrix @ traits for matrix, traits in zip(matrices, tokens, strict=True)]
        tokens = [
            np.hstack([logs[view], *_average(matrix, np.hstack(_leave_out(records, view)))])
            for view, matrix in enumerate(matrices)
        ]
    return np.hstack([matrix @ traits for matrix, traits in zip(matrices, tokens, strict=True)])


def _leave_out(records: list[Traits], view: int) -> list[Traits]:
    rest = [traits for other, traits in enumerate(records) if other != view]
    return rest or records


def _average(matrix: csr_array, traits: Traits) -> tuple[Traits, Traits]:
    """Return mean and deviation of the traits over the records of each token."""
    count = np.maximum(matrix.sum(axis=0), 1)[:, None]
    mean = (matrix.T @ traits) / count
    return mean, np.sqrt(np.maximum((matrix.T @ traits**2) / count - mean**2, 0))


def _learn(listed: TokenTable, rounds: int, rng: np.random.Generator) -> _Measure:
    shadow = int(listed.records / (2 - ASSUMED_OVERLAP))
    order = rng.permutation(listed.records)
    shared = order[listed.records - shadow : shadow]
    first, second = (_describe(listed, part, rounds) for part in (order[:shadow], order[-shadow:]))
    mean = find_traits(listed, rounds).mean(axis=0)
    if len(shared) < FEWEST_SHARED:
        return _Measure(mean, np.eye(len(mean))[:, :KEPT])
    gap = (first[shared] - first[order[:shadow]].mean(axis=0)) - (
        second[shared] - second[order[-shadow:]].mean(axis=0)
    )
    spread = np.atleast_2d(np.cov(first[order[:shadow]].T))
    noise = np.atleast_2d(np.cov(gap.T)) / 2
    noise += np.eye(len(noise)) * (RIDGE * np.diag(spread).mean() + 1e-9)
    _, directions = eigh(spread, noise)
    return _Measure(mean, directions[:, ::-1][:, :KEPT])


def _describe(listed: TokenTable, part: NDArray[np.int64], rounds: int) -> Traits:
    """Return traits within a part of the list, at the places that its records have in the whole."""
    traits = find_traits(listed.take(part), rounds)
    placed = np.zeros((listed.records, traits.shape[1]))
    placed[part] = traits
    return placed
