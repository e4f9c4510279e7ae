"""Linkage quality against known truth: precision, recall and F1 over pairs.

Layer: scoring. Pure. Quality is stated at the program's own threshold, which is what a user gets, and at
the best threshold in hindsight, which only truth can name; the gap between them is the model's fault, the
rest is the encoding's.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scoring.linkage.matching import CandidatePairs, Position, solve_clusters

Pair = tuple[Position, Position]
"""Two record positions, the lesser first."""

SWEEP_STEPS = 50  # thresholds that are tried in hindsight; more changes F1 in the third decimal


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of the matches at one threshold; ratios from 0 to 1."""

    threshold: float
    precision: float
    recall: float
    f1: float


def score_quality(found: Set[Pair], truth: Set[Pair], *, threshold: float) -> Quality:
    """Return the quality of the pairs found at a threshold.

    An empty denominator gives 0: nothing was shown to be right.
    """
    hits = len(found & truth)
    return Quality(
        threshold,
        precision=hits / len(found) if found else 0.0,
        recall=hits / len(truth) if truth else 0.0,
        f1=2 * hits / (len(found) + len(truth)) if found or truth else 0.0,
    )


def find_best_quality(
    candidates: CandidatePairs, truth: Set[Pair], *, also: float, within: bool = False
) -> Quality:
    """Return the quality at the threshold of greatest F1 in hindsight.

    Clusters are solved again at thresholds spaced evenly over the similarities of the round, so
    the result is what the program would have reached had it chosen that threshold.

    Args:
        candidates: Every pair at or above the floor.
        truth: The true pairs.
        also: A threshold to try besides, normally the program's own.
        within: Whether one dataset may hold a person several times.
    """
    floor, top = _range_of(candidates)
    thresholds = [*np.linspace(floor, top, SWEEP_STEPS).tolist(), also]
    scored = [
        score_quality(
            get_cluster_pairs(solve_clusters(candidates, threshold, within=within)),
            truth,
            threshold=threshold,
        )
        for threshold in thresholds
    ]
    return max(scored, key=lambda quality: (quality.f1, quality.threshold))


def get_cluster_pairs(clusters: Sequence[Sequence[Position]]) -> set[Pair]:
    """Return every pair of records that share a cluster."""
    return {(a, b) for cluster in clusters for a, b in combinations(sorted(cluster), 2)}


def _range_of(candidates: CandidatePairs) -> tuple[float, float]:
    if not len(candidates):
        return 1.0, 1.0
    return float(candidates.similarity[-1]), float(candidates.similarity[0])
