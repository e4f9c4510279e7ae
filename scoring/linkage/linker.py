"""Link the datasets of one round: candidate pairs, links, candidate probability and clusters.

Layer: scoring. Pure: encodings in, positions and numbers out. The coordinator's rounds and
``clew-lab link`` both call :func:`link_datasets`, so what is measured on files is what a federation does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.linkage.candidate import CandidateModel, fit_candidate_model
from scoring.linkage.matching import (
    CandidatePairs,
    Encodings,
    Position,
    compare_clustered,
    find_candidate_pairs,
    find_floor,
    is_clustered,
    solve_clusters,
)

COMPLETE = 1.0  # links for fitting: every pair of a cluster must itself be a candidate


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """What one round found.

    Attributes:
        candidates: Every pair at or above the floor, most similar first.
        model: The fitted mixture, with the floor and the program's own threshold.
        clusters: Records held to be one person at the own threshold, as (dataset, record) positions.
        matches: Every pair of records that share a cluster, most similar first. A cluster can imply a
            pair whose own similarity is under the threshold.
        probability: Candidate probability of each match, uncalibrated.
    """

    candidates: CandidatePairs
    model: CandidateModel
    clusters: list[tuple[Position, ...]]
    matches: CandidatePairs
    probability: NDArray[np.float64]


def link_datasets(datasets: Sequence[Encodings], *, within: bool = False) -> Linkage:
    """Compare all records of a round and decide which are one person.

    Args:
        datasets: Packed encodings of each member, shape (records, bytes), one width.
        within: Whether a dataset may hold a person several times. Then records are compared inside
            datasets too, and a cluster may hold several of one dataset.

    Raises:
        InputError: The encodings differ in width.
    """
    floor = find_floor(datasets, within=within)
    candidates = find_candidate_pairs(datasets, floor=floor, within=within)
    model = _fit(candidates, floor, within)
    clusters = solve_clusters(candidates, model.threshold, within=within)
    matches = compare_clustered(datasets, clusters)
    return Linkage(candidates, model, clusters, matches, model.probability(matches.similarity))


def _fit(candidates: CandidatePairs, floor: float, within: bool) -> CandidateModel:
    """Fit the mixture to the solver's links and, where persons are unique, to the runners-up."""
    if within:
        return fit_candidate_model(candidates.similarity, runners_up=None, floor=floor)
    linked = is_clustered(candidates, solve_clusters(candidates, floor, agreement=COMPLETE))
    rest = candidates.select(~linked)
    runners_up = rest.select(is_clustered(rest, solve_clusters(rest, floor, agreement=COMPLETE)))
    return fit_candidate_model(candidates.similarity[linked], runners_up=runners_up.similarity, floor=floor)
