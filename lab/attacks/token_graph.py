"""Match the graph of tied records and block tokens with the same graph of the attacker's list.

Layer: lab. Pure. Without a key a token says nothing, yet whose tokens meet whose is a shape, and near
unique. :mod:`lab.attacks.colour_refinement` reads it exactly; where the list misses people, records are
compared by soft traits (:mod:`lab.attacks.token_traits`) and then by voting: a pair of records is believed
the more, the more of the other records of their tokens are believed to be pairs, which percolates from
the surest. Untied records have no such graph.

Source: after Weisfeiler and Lehman (1968); Yartseva and Grossglauser (2013), On the performance of
percolation graph matching; Korula and Lattanzi (2014), An efficient reconciliation algorithm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix
from scipy.spatial import cKDTree

from lab.attacks.colour_refinement import name_by_colour
from lab.attacks.observation import NOBODY, Guesses, Ints, Knowledge, Observation, name_nobody
from lab.attacks.token_table import TokenTable, make_held_table, make_listed_table, spread_names
from lab.attacks.token_traits import Traits, describe_records

Weights = NDArray[np.float64]

SETTLED_SHARE = 0.5  # of records that colours name, over which the list covers (nearly) all
NEIGHBOURS = 24  # people of nearest traits that a record is compared with at first
MOST_ROUNDS = 8
CHANGED_SHARE = 0.02  # of records named anew by a round, under which it was the last
NEIGHBOUR_SLACK = 0.5  # how much farther than the nearest a neighbour may be: an exact search takes long
TRAIT_WEIGHT = 0.25  # of squared distances in units of noise; one half if noise were Gaussian
FAINTEST_VOTE = 0.05  # believed pairs that count as one step of evidence
LEADING_SHARE = 0.5  # of a token's strongest vote that another must have to be followed
LEAST_VOTE = 0.05
MOST_PROPOSED = 400  # pairs of one pair of tokens; larger tokens are compared by traits alone


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of held records and people that are compared, by falling belief within a record."""

    held: Ints
    listed: Ints
    score: Weights


def match_token_graph(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row that is tied; nobody when nothing is."""
    held = make_held_table(observation)
    if held is None:
        return name_nobody(observation)
    listed = make_listed_table(observation, knowledge)
    rng = np.random.default_rng(knowledge.seed)
    named = name_by_colour(held, listed, rng=rng)
    if (named != NOBODY).mean() < SETTLED_SHARE:
        named = match_softly(held, listed, rng=rng)
    return spread_names(observation, named)


def match_softly(held: TokenTable, listed: TokenTable, *, rng: np.random.Generator) -> Ints:
    """Return the likeliest person for each held record, in rounds of votes."""
    first, second = describe_records(held, listed, rng=rng)
    pairs = _compare_nearest(first, second)
    for _ in range(MOST_ROUNDS):
        believed = _weigh(pairs, held.records, listed.records)
        votes = [
            (held.get_incidence(view).T @ believed @ listed.get_incidence(view)).tocsr()
            for view in range(held.views)
        ]
        held_rows, people = _propose(pairs, votes, held, listed)
        score = _score_traits(first, second, held_rows, people)
        for view, vote in enumerate(votes):
            score += _count_votes(held.tokens[held_rows, view], listed.tokens[people, view], vote=vote,
                                  own=_look_up(believed, held_rows, people))  # fmt: skip
        before = _name_best(pairs, held.records)
        pairs = _keep_best(_Pairs(held_rows, people, score))
        if (_name_best(pairs, held.records) != before).mean() < CHANGED_SHARE:
            break
    return _name_best(pairs, held.records)


def _compare_nearest(first: Traits, second: Traits) -> _Pairs:
    count = min(NEIGHBOURS, len(second))
    _, nearest = cKDTree(second).query(first, k=[*range(1, count + 1)], eps=NEIGHBOUR_SLACK)
    held, listed = np.repeat(np.arange(len(first)), count), nearest.ravel().astype(np.int64)
    return _Pairs(held, listed, _score_traits(first, second, held, listed))


def _score_traits(first: Traits, second: Traits, held: Ints, listed: Ints) -> Weights:
    score: Weights = -TRAIT_WEIGHT * ((first[held] - second[listed]) ** 2).sum(axis=1)
    return score


def _weigh(pairs: _Pairs, records: int, people: int) -> csr_array:
    """Return how far each pair is believed: the share of it among its record's and its person's pairs."""
    belief = _share(pairs.score, pairs.held, records) * _share(pairs.score, pairs.listed, people)
    return csr_array((belief, (pairs.held, pairs.listed)), shape=(records, people))


def _share(score: Weights, group: Ints, groups: int) -> Weights:
    best = np.full(groups, -np.inf)
    np.maximum.at(best, group, score)
    odds = np.exp(score - best[group])
    share: Weights = odds / np.bincount(group, odds, groups)[group]
    return share


def _propose(
    pairs: _Pairs, votes: list[csr_array], held: TokenTable, listed: TokenTable
) -> tuple[Ints, Ints]:
    """Return the pairs compared so far and those that lie in leading pairs of small tokens."""
    keys = [pairs.held * listed.records + pairs.listed]
    for view, vote in enumerate(votes):
        leading = _find_leading(vote, held.sizes[view], listed.sizes[view])
        found = (held.get_incidence(view) @ leading @ listed.get_incidence(view).T).tocoo()
        keys.append(found.row.astype(np.int64) * listed.records + found.col)
    distinct = np.unique(np.concatenate(keys))
    return distinct // listed.records, distinct % listed.records


def _find_leading(vote: csr_array, held_sizes: Ints, listed_sizes: Ints) -> csr_array:
    entries = vote.tocoo()
    strongest = np.zeros(vote.shape[0])
    np.maximum.at(strongest, entries.row, entries.data)
    follows = entries.data >= np.maximum(LEADING_SHARE * strongest[entries.row], LEAST_VOTE)
    follows &= held_sizes[entries.row] * listed_sizes[entries.col] <= MOST_PROPOSED
    ones = np.ones(int(follows.sum()), dtype=np.float32)
    return csr_array((ones, (entries.row[follows], entries.col[follows])), shape=vote.shape)


def _count_votes(held: Ints, listed: Ints, *, vote: csr_array, own: Weights) -> Weights:
    """Return the evidence of the other records of a pair's tokens."""
    both = (held != NOBODY) & (listed != NOBODY)
    others = np.zeros(len(held))
    others[both] = _look_up(vote, held[both], listed[both]) - own[both]
    evidence: Weights = np.log1p(np.maximum(others, 0) / FAINTEST_VOTE)
    return evidence


def _look_up(matrix: csr_array, rows: Ints, columns: Ints) -> Weights:
    """Return entries of a sparse matrix, zero where it has none."""
    found: Weights = np.asarray(csr_matrix(matrix)[rows, columns], dtype=np.float64).ravel()
    return found


def _name_best(pairs: _Pairs, records: int) -> Ints:
    named = np.full(records, NOBODY, dtype=np.int64)
    # The last one written stays, and the best of a record comes first.
    named[pairs.held[::-1]] = pairs.listed[::-1]
    return named


def _keep_best(pairs: _Pairs) -> _Pairs:
    """Return the best pairs of each record, the best first."""
    order = np.lexsort((-pairs.score, pairs.held))
    held = pairs.held[order]
    rank = np.arange(len(order)) - np.searchsorted(held, held)
    kept = order[rank < 2 * NEIGHBOURS]
    return _Pairs(pairs.held[kept], pairs.listed[kept], pairs.score[kept])
