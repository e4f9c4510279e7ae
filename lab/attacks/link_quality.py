"""Linkage quality of the schemes that are attacked: privacy without it is easily had.

Layer: lab. Pure. Two members each hold two thirds of the people, so half of each member's records are held by
the other too; one wrote them as a population list has them, the other as a member records them, with errors.
Rows of both are compared by Dice similarity, inside blocks where a scheme shows blocks and all with all where
it shows none; a pair found in several views is as similar as in its best view, and where a scheme has tokens
alone, as many as agree. Pairs are then taken from the most similar down, each record once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lab.attacks.observation import Ints, Scheme, View
from lab.attacks.people import Subject
from lab.attacks.results import SchemeQuality
from scoring.linkage.matching import CandidatePairs, find_candidate_pairs, find_floor, score_dice

HELD_SHARE = 2 / 3  # of the people, by each of the two members
MOST_PAIRS_OF_BLOCK = 250_000  # a block over it is of a value that divides nobody

Pair = tuple[int, int]
"""A person of the first member and one of the second, as numbers over all subjects."""


def measure_quality(
    subjects: Sequence[Subject], scheme: Scheme, *, secret: bytes, seed: int
) -> SchemeQuality:
    """Return the quality at the best threshold in hindsight.

    Args:
        subjects: People with listed and recorded values.
        scheme: How both members encode.
        secret: Their shared secret.
        seed: Of the order in which equally similar pairs are taken.
    """
    held = round(len(subjects) * HELD_SHARE)
    second_from = len(subjects) - held
    # Each member by itself, as in a round: what a scheme leaves out of full blocks it leaves out of each.
    ours = scheme.encode([subject.listed for subject in subjects[:held]], secret)
    theirs = scheme.encode([subject.recorded for subject in subjects[second_from:]], secret)
    scores: dict[Pair, float] = defaultdict(float)
    for (view, owner), (other_view, other_owner) in zip(ours, theirs, strict=True):
        for row, other, similarity in _compare(view, other_view):
            pair = int(owner[row]), int(other_owner[other]) + second_from
            agreed = scores[pair] + similarity if view.encodings is None else similarity
            scores[pair] = max(scores[pair], agreed)
    precision, recall, f1 = find_best(scores, true_pairs=held - second_from, seed=seed)
    return SchemeQuality(scheme.name, precision, recall, f1, held - second_from)


def find_best(scores: dict[Pair, float], *, true_pairs: int, seed: int) -> tuple[float, float, float]:
    """Return precision, recall and F1 at the score of greatest F1, by the greedy pass over pairs.

    Args:
        scores: Pairs of people; a pair of one and the same is true.
        true_pairs: How many there are.
        seed: Of the order of equal scores.
    """
    order = np.random.default_rng(seed).permutation(len(scores))
    listed = list(scores.items())
    ranked = sorted((listed[index] for index in order), key=lambda item: -item[1])
    used: tuple[set[int], set[int]] = set(), set()
    found = hits = 0
    best = 0.0, 0.0, 0.0
    for place, ((left, right), score) in enumerate(ranked, start=1):
        if left not in used[0] and right not in used[1]:
            used[0].add(left)
            used[1].add(right)
            found, hits = found + 1, hits + (left == right)
        is_last_of_score = place == len(ranked) or ranked[place][1] < score
        f1 = 2 * hits / (found + true_pairs)
        if is_last_of_score and f1 > best[2]:
            best = hits / found, hits / true_pairs, f1
    return best


def _compare(left: View, right: View) -> Iterable[tuple[int, int, float]]:
    """Return (row, other row, similarity) of the pairs that a coordinator would compare."""
    if left.blocks is None or right.blocks is None:
        datasets = [view.encodings for view in (left, right) if view.encodings is not None]
        return _read(find_candidate_pairs(datasets, floor=find_floor(datasets)))
    pairs = _list_pairs_in_blocks(left.blocks, right.blocks)
    if left.encodings is None or right.encodings is None:
        return ((row, other, 1.0) for row, other in pairs)
    rows, others = np.array(list(pairs), dtype=np.int64).reshape(-1, 2).T
    both = np.concatenate([left.encodings, right.encodings])
    similarity = score_dice(both, rows, others + len(left.encodings))
    return zip(rows.tolist(), others.tolist(), similarity.tolist(), strict=True)


def _read(found: CandidatePairs) -> Iterator[tuple[int, int, float]]:
    return zip(found.record_a.tolist(), found.record_b.tolist(), found.similarity.tolist(), strict=True)


def _list_pairs_in_blocks(left: Ints, right: Ints) -> Iterator[Pair]:
    ours, theirs = _group(left), _group(right)
    for block, rows in ours.items():
        others = theirs.get(block, [])
        if len(rows) * len(others) <= MOST_PAIRS_OF_BLOCK:
            yield from ((row, other) for row in rows for other in others)


def _group(blocks: Ints) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, block in enumerate(blocks.tolist()):
        rows[block].append(row)
    return rows
