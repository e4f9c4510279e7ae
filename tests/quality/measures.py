"""What is measured of decided pairs, with its uncertainty.

Every rate is stated with a standard error that treats people, not pairs, as the sampling unit: a person
held by five members has ten true pairs, which are found or missed together. Confidence intervals are
Wilson's at the sample size that gives that standard error (Korn and Graubard 1998), so they stay inside 0
to 1 and are not empty when nothing or everything was found. The uncertainty of F1 is a Poisson bootstrap
over people (Chamandy et al. 2012): it says what another sample of such people would have given, not what
another key would have.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scoring.linkage.evaluation import Pair
from scoring.linkage.matching import Position

Z_95 = 1.959964  # two-sided 95%
BOOTSTRAP_REPLICATES = 400
BOOTSTRAP_CHUNK = 50  # replicates whose weights are in memory at once

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its uncertainty.

    Attributes:
        hits, total: Numerator and denominator, in pairs or records.
        people: Whose they are, the sampling units.
        rate: hits / total; 0 when there is nothing.
        standard_error: By the linearised ratio over people.
        low, high: Wilson's 95% interval at the effective sample size.
    """

    hits: int
    total: int
    people: int
    rate: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Linkage quality for one group of people.

    Attributes:
        trait: origin or sex.
        group: Its name.
        recall: Share of the group's true pairs that were decided.
        false_links: Share of the group's records that were linked to a record of somebody else.
    """

    trait: str
    group: str
    recall: Rate
    false_links: Rate


@dataclass(frozen=True, slots=True)
class Spread:
    """A bootstrapped uncertainty: standard error and the 2.5th and 97.5th percentile."""

    standard_error: float
    low: float
    high: float


class People:
    """Who is who among the records of one set, as numbers: what truth says, as arrays.

    A record is numbered over all files; a person is a connected component of the true pairs, so a
    record of which truth knows no other is a person too.
    """

    def __init__(self, sizes: Sequence[int], truth: Set[Pair]) -> None:
        self._starts: Integers = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.records = int(self._starts[-1])
        self.true_pairs = self.number(truth)
        ends = self.true_pairs.T if len(self.true_pairs) else np.empty((2, 0), dtype=np.int64)
        graph = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(self.records, self.records))
        self.count, labels = connected_components(graph, directed=False)
        self.person_of: Integers = labels.astype(np.int64)

    def number(self, pairs: Set[Pair]) -> Integers:
        """Return pairs as record numbers, shape (pairs, 2), in a fixed order."""
        flat = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 4)
        return np.stack(
            [self._starts[flat[:, 0]] + flat[:, 1], self._starts[flat[:, 2]] + flat[:, 3]], axis=1
        )

    def is_same(self, pairs: Integers) -> NDArray[np.bool_]:
        """Return for each pair of record numbers whether they are one person."""
        same: NDArray[np.bool_] = self.person_of[pairs[:, 0]] == self.person_of[pairs[:, 1]]
        return same

    def spread_groups(self, group_of: Mapping[Position, str]) -> dict[str, NDArray[np.bool_]]:
        """Return for each group which records are of it.

        A person is of one group: that of its first record which has one. Truth of the lab gives all
        records of a person the same; guesses from misspelt names do not.
        """
        names = sorted(set(group_of.values()))
        code_of = {name: code for code, name in enumerate(names)}
        of_person = np.full(self.count, -1, dtype=np.int64)
        for dataset, record in sorted(group_of, reverse=True):
            number = self._starts[dataset] + record
            of_person[self.person_of[number]] = code_of[group_of[dataset, record]]
        of_record = of_person[self.person_of]
        return {name: of_record == code for name, code in code_of.items()}


def measure_groups(
    people: People, decided: Set[Pair], truth: Set[Pair], groups: Mapping[str, Mapping[Position, str]]
) -> list[GroupRates]:
    """Return recall and false links of every group of every trait.

    Args:
        people: The set's people.
        decided: Pairs decided at one threshold.
        truth: The true pairs.
        groups: Trait to the group of each record.
    """
    found = people.number(decided)
    was_found = np.fromiter((pair in decided for pair in sorted(truth)), dtype=bool, count=len(truth))
    is_false = np.zeros(people.records, dtype=bool)
    is_false[found[~people.is_same(found)].ravel()] = True
    rates = []
    for trait, group_of in groups.items():
        for name, is_of in people.spread_groups(group_of).items():
            own = is_of[people.true_pairs[:, 0]]
            pair_people = people.person_of[people.true_pairs[own, 0]]
            recall = measure_rate(was_found[own], pair_people)
            rates.append(
                GroupRates(trait, name, recall, measure_rate(is_false[is_of], people.person_of[is_of]))
            )
    return rates


def measure_rate(outcomes: NDArray[np.bool_], persons: Integers) -> Rate:
    """Return the share of true outcomes, with people as the sampling unit.

    Args:
        outcomes: One for each pair or record, shape (n,).
        persons: The person each belongs to, shape (n,).
    """
    total, hits = len(outcomes), int(outcomes.sum())
    if not total:
        return Rate(0, 0, 0, 0.0, 0.0, 0.0, 1.0)
    rate = hits / total
    _, member = np.unique(persons, return_inverse=True)
    sizes, sums = np.bincount(member), np.bincount(member, weights=outcomes)
    count = len(sizes)
    residuals = sums - rate * sizes
    variance = float(residuals @ residuals) / total**2 * (count / (count - 1) if count > 1 else 1.0)
    # With no variance (all or nothing found) people are the sample, whatever their number of pairs.
    effective = rate * (1 - rate) / variance if variance > 0 else float(count)
    low, high = get_wilson_interval(rate, min(effective, total))
    return Rate(hits, total, count, rate, variance**0.5, low, high)


def get_wilson_interval(rate: float, size: float) -> tuple[float, float]:
    """Return the 95% confidence interval of a share.

    Source: Wilson (1927), equation of the score interval, without continuity correction.
    """
    squared = Z_95**2
    centre = (rate + squared / (2 * size)) / (1 + squared / size)
    half = Z_95 / (1 + squared / size) * (rate * (1 - rate) / size + squared / (4 * size**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap_f1(people: People, decided: Set[Pair], truth: Set[Pair], *, seed: int) -> Spread:
    """Return the uncertainty of F1 over samples of people.

    A false pair counts half for each of the two people it confuses.
    """
    found = people.number(decided)
    same = people.is_same(found)
    hits = _count(people, found[same, 0])
    false = (_count(people, found[~same, 0]) + _count(people, found[~same, 1])) / 2
    true = _count(people, people.true_pairs[:, 0])
    contributions = np.stack([2 * hits, hits + false + true], axis=1)
    contributions = contributions[contributions[:, 1] > 0]
    rng = np.random.default_rng(seed)
    values = np.concatenate(
        [
            _draw_f1(rng, contributions, min(BOOTSTRAP_CHUNK, BOOTSTRAP_REPLICATES - start))
            for start in range(0, BOOTSTRAP_REPLICATES, BOOTSTRAP_CHUNK)
        ]
    )
    low, high = np.quantile(values, [0.025, 0.975])
    return Spread(float(values.std(ddof=1)), float(low), float(high))


def find_recall_ceiling(people: People, scored: Set[Pair], truth: Set[Pair]) -> float:
    """Return the recall that perfect decisions over the scored pairs would reach.

    Records joined through a third count, because clusters join them. With a schema of views the
    scored pairs are those that share a block, so this is what blocking leaves possible.
    """
    reached = People([people.records], {((0, a), (0, b)) for a, b in people.number(scored & truth).tolist()})
    return float(reached.is_same(people.true_pairs).mean()) if len(truth) else 0.0


def _count(people: People, records: Integers) -> Floats:
    return np.bincount(people.person_of[records], minlength=people.count).astype(np.float64)


def _draw_f1(rng: np.random.Generator, contributions: Floats, replicates: int) -> Floats:
    weights = rng.poisson(1.0, (replicates, len(contributions))).astype(np.float64)
    sums = weights @ contributions
    f1: Floats = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(replicates), where=sums[:, 1] > 0)
    return f1
