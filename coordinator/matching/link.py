"""The second stage of matching: pairs of rows and what members resolved in, clusters of records out.

Layer: coordinator. Runs in a process of its own. The linkage is that of :mod:`scoring.linkage`, the same
code that ``clew-lab link`` measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coordinator.matching.compare import load_pairs
from crypto.agreement import Thresholds
from crypto.encoding.schema import LinkageSchema

Position = tuple[int, int]  # member, record
RecordsByView = tuple[tuple[NDArray[np.int64], ...], ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Records held to be one person, at most one of each member.

    Attributes:
        positions: (member, record) of each.
        probabilities: Candidate probability, uncalibrated, of each pair of members ``(a, b)``, a < b.
    """

    positions: tuple[Position, ...]
    probabilities: Mapping[tuple[int, int], float]


@dataclass(frozen=True, slots=True)
class MatchOutcome:
    """What matching found."""

    clusters: tuple[Cluster, ...]
    candidate_pairs: int


@dataclass(frozen=True, slots=True, eq=False)
class LinkTask:
    """One round to be linked.

    Attributes:
        folder: Where the pairs of its views are.
        schema: The agreed linkage schema.
        records: For each view and member the record of each row, or -1 where it was not resolved.
        thresholds: The agreement's bars.
    """

    folder: Path
    schema: LinkageSchema
    records: RecordsByView
    thresholds: Thresholds


def link_round(task: LinkTask) -> MatchOutcome:
    """Return the clusters whose pairs reach the agreement's bars for asking score summaries."""
    from scoring.linkage.linker import COMPLETE, link_views
    from scoring.linkage.matching import is_clustered, iterate_positions, solve_clusters

    found = [load_pairs(task.folder, view) for view in range(len(task.schema.layout))]
    linkage = link_views(task.schema, found, task.records)
    candidates, model = linkage.candidates, linkage.model
    confident = candidates.select(
        (candidates.similarity >= task.thresholds.candidate_similarity_floor)
        & (model.probability(candidates.similarity) >= task.thresholds.summary_probability)
    )
    # A wrong link harms a person: every pair of a cluster, not most of them, must reach the bars.
    groups = solve_clusters(confident, model.floor, agreement=COMPLETE)
    cluster_of = {position: number for number, group in enumerate(groups) for position in group}
    probabilities: list[dict[tuple[int, int], float]] = [{} for _ in groups]
    inside = confident.select(is_clustered(confident, groups))
    for (left, right), chance in zip(
        iterate_positions(inside), model.probability(inside.similarity).tolist(), strict=True
    ):
        probabilities[cluster_of[left]][left[0], right[0]] = chance
    clusters = tuple(Cluster(*pair) for pair in zip(groups, probabilities, strict=True))
    return MatchOutcome(clusters, len(candidates))
