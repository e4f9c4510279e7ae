"""Greedy clustering of scored pairs at every threshold in one pass.

Pairs are taken from the highest score down; two clusters join unless that would put two records of one
member together. What stands when the scores fall under a threshold is the decision at that threshold, so
one pass finds the best one. For two members this is greedy one-to-one matching, and what Splink's single
best links come to; inside one file there is no constraint and clusters are connected components.
"""

from collections.abc import Sequence, Set

from scoring.linkage.evaluation import Pair, Quality
from scoring.linkage.matching import Position


def find_best_greedy(
    scored: Sequence[tuple[float, Pair]], truth: Set[Pair], *, within: bool = False
) -> Quality:
    """Return the quality at the score of greatest F1 in hindsight.

    Args:
        scored: (score, pair), in any order.
        truth: The true pairs.
        within: Whether one dataset may hold a person several times.
    """
    clusters: dict[Position, set[Position]] = {}
    found = hits = 0
    best = Quality(threshold=float("inf"), precision=0.0, recall=0.0, f1=0.0)
    ordered = sorted(scored, key=lambda item: (-item[0], item[1]))
    for number, (score, (left, right)) in enumerate(ordered):
        first, second = clusters.get(left, {left}), clusters.get(right, {right})
        if first is not second and (within or _can_join(first, second)):
            pairs = {(min(a, b), max(a, b)) for a in first for b in second}
            found, hits = found + len(pairs), hits + len(pairs & truth)
            joined = first | second
            clusters.update(dict.fromkeys(joined, joined))
        is_last_of_its_score = number + 1 == len(ordered) or ordered[number + 1][0] < score
        f1 = 2 * hits / (found + len(truth))
        if is_last_of_its_score and f1 > best.f1:
            best = Quality(score, precision=hits / found, recall=hits / len(truth), f1=f1)
    return best


def decide_greedy(
    scored: Sequence[tuple[float, Pair]], *, threshold: float, within: bool = False
) -> frozenset[Pair]:
    """Return the decided pairs at a threshold."""
    clusters: dict[Position, set[Position]] = {}
    found: set[Pair] = set()
    for _, (left, right) in sorted(
        (item for item in scored if item[0] >= threshold), key=lambda item: (-item[0], item[1])
    ):
        first, second = clusters.get(left, {left}), clusters.get(right, {right})
        if first is not second and (within or _can_join(first, second)):
            found |= {(min(a, b), max(a, b)) for a in first for b in second}
            joined = first | second
            clusters.update(dict.fromkeys(joined, joined))
    return frozenset(found)


def _can_join(first: Set[Position], second: Set[Position]) -> bool:
    return not {dataset for dataset, _ in first} & {dataset for dataset, _ in second}
