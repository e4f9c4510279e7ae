"""Matching one round: segments in, clusters with candidate probabilities out.

Layer: coordinator. Runs in a process of its own that ends with the round. The linkage itself is
:func:`scoring.linkage.linker.link_datasets`, the same code that ``clew-lab link`` measures.
"""

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coordinator.segments import Segment
from crypto.agreement import Thresholds

Position = tuple[int, int]  # segment, record


@dataclass(frozen=True, slots=True)
class Cluster:
    """Records held to be one person, at most one of each member.

    Attributes:
        positions: (segment, record) of each.
        probabilities: Candidate probability, uncalibrated, of each pair of segments ``(a, b)``, a < b.
    """

    positions: tuple[Position, ...]
    probabilities: Mapping[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class MatchOutcome:
    """What matching found."""

    clusters: tuple[Cluster, ...]
    candidate_pairs: int


def end_with_parent() -> None:
    """Make this worker end when the server that started it is gone, however it went.

    A worker that outlives a killed server would keep the round's encodings mapped after their erasure.
    """
    threading.Thread(target=_await_parent, daemon=True).start()


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def match_segments(segments: Sequence[Segment], thresholds: Thresholds) -> MatchOutcome:
    """Return the clusters whose pairs reach the agreement's bars for asking score summaries."""
    # Imported by the worker alone: the server that sends work here need not carry scipy and anonlink.
    from scoring.linkage.linker import COMPLETE, link_datasets
    from scoring.linkage.matching import compare_clustered, iterate_positions, solve_clusters

    encodings = [segment.map_encodings() for segment in segments]
    linkage = link_datasets(encodings)
    candidates, model = linkage.candidates, linkage.model
    confident = candidates.select(
        (candidates.similarity >= thresholds.candidate_similarity_floor)
        & (model.probability(candidates.similarity) >= thresholds.summary_probability)
    )
    # A wrong link harms a person: every pair of a cluster, not most of them, must reach the bars.
    groups = solve_clusters(confident, model.floor, agreement=COMPLETE)
    cluster_of = {position: number for number, group in enumerate(groups) for position in group}
    probabilities: list[dict[tuple[int, int], float]] = [{} for _ in groups]
    pairs = compare_clustered(encodings, groups)
    for (left, right), chance in zip(
        iterate_positions(pairs), model.probability(pairs.similarity).tolist(), strict=True
    ):
        probabilities[cluster_of[left]][left[0], right[0]] = chance
    clusters = tuple(Cluster(*pair) for pair in zip(groups, probabilities, strict=True))
    return MatchOutcome(clusters, len(candidates))
