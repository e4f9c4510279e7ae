"""Link the members of one round: candidate pairs, links, candidate probability and clusters.

Layer: scoring. Pure: rows in, positions and numbers out. A coordinator compares views first, asks members
which rows are one record, and then links; ``clew-lab link`` does both at once. Both call what is here, so
what is measured on files is what a federation does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.schema import LinkageSchema
from scoring.linkage.blocks import ViewSide, compare_view
from scoring.linkage.candidate import CandidateModel, fit_candidate_model
from scoring.linkage.evidence import Holders, estimate_undiffused, get_least_evidence, merge_evidence
from scoring.linkage.matching import (
    CandidatePairs,
    Position,
    contradicts,
    find_floor,
    gather_pairs,
    is_clustered,
    iterate_positions,
    solve_clusters,
)

COMPLETE = 1.0  # links for fitting: every pair of a cluster must itself be a candidate


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """What one round found.

    Attributes:
        candidates: Every pair of records at or above the floor, most similar first.
        model: The fitted mixture, with the floor and the program's own threshold.
        clusters: Records held to be one person at the own threshold, as (member, record) positions.
        matches: Every pair of records that share a cluster, most similar first. A pair that no view compared
            and only the cluster implies has the least similarity of the cluster's compared pairs.
        probability: Candidate probability of each match, uncalibrated.
    """

    candidates: CandidatePairs
    model: CandidateModel
    clusters: list[tuple[Position, ...]]
    matches: CandidatePairs
    probability: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ViewPairs:
    """Pairs of rows of one view, and the bar that they reach."""

    pairs: CandidatePairs
    bar: float


def compare_views(
    schema: LinkageSchema, views: Sequence[Sequence[ViewSide]], *, within: bool = False
) -> tuple[ViewPairs, ...]:
    """Return the pairs of rows of each view that reach its bar.

    Args:
        schema: The agreed linkage schema.
        views: Every member's rows of each view, in the order of the schema's layout.
        within: Compare the rows of one member too, for duplicates.

    Raises:
        InputError: The encodings differ in width.
    """
    found = []
    for layout, sides in zip(schema.layout, views, strict=True):
        bar = layout.bar or find_floor([side.encodings for side in sides], within=within)
        found.append(ViewPairs(compare_view(sides, bar=bar, within=within), bar))
    return tuple(found)


def link_views(
    schema: LinkageSchema, found: Sequence[ViewPairs], holders: Holders, *, within: bool = False
) -> Linkage:
    """Decide which records are one person.

    Args:
        schema: The agreed linkage schema.
        found: What :func:`compare_views` found.
        holders: For each view and member, the record of each row, or -1 where it is not known.
        within: Whether one member may hold a person several times. Then a cluster may hold several records of
            one member.
    """
    candidates, floor = merge_views(schema, found, holders)
    model = _fit(candidates, floor, within=within, in_blocks=schema.views is not None)
    clusters = solve_clusters(candidates, model.threshold, within=within)
    matches = list_matches(candidates, clusters)
    return Linkage(candidates, model, clusters, matches, model.probability(matches.similarity))


def merge_views(
    schema: LinkageSchema, found: Sequence[ViewPairs], holders: Holders
) -> tuple[CandidatePairs, float]:
    """Return pairs of records with the evidence of all views, and the least similarity they could have."""
    pairs = [view.pairs for view in found]
    if schema.views is None:
        return merge_evidence(pairs, holders, salted=0), found[0].bar
    salted = len(schema.views.salted)
    if schema.views.wide is not None:
        pairs[salted] = estimate_undiffused(pairs[salted], schema)
    return merge_evidence(pairs, holders, salted=salted), get_least_evidence(
        schema.views.resolution.bar, salted
    )


def list_matches(candidates: CandidatePairs, clusters: Sequence[Sequence[Position]]) -> CandidatePairs:
    """Return every pair of records that share a cluster, most similar first; see :class:`Linkage`."""
    inside = candidates.select(is_clustered(candidates, clusters))
    known = dict(zip(iterate_positions(inside), inside.similarity.tolist(), strict=True))
    rows = [
        (similarity, *left, *right)
        for cluster in clusters
        for left, right, similarity in _list_cluster(sorted(cluster), known)
    ]
    similarity, *positions = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return gather_pairs([CandidatePairs(similarity, *(column.astype(np.uint32) for column in positions))])


def _list_cluster(
    cluster: Sequence[Position], known: Mapping[tuple[Position, Position], float]
) -> list[tuple[Position, Position, float]]:
    pairs = list(combinations(cluster, 2))
    least = min((known[pair] for pair in pairs if pair in known), default=0.0)
    return [(*pair, known.get(pair, least)) for pair in pairs]


def _fit(candidates: CandidatePairs, floor: float, *, within: bool, in_blocks: bool) -> CandidateModel:
    """Fit the mixture to the solver's links and, where persons are unique, to the runners-up."""
    if within:
        return fit_candidate_model(candidates.similarity, runners_up=None, floor=floor, in_blocks=in_blocks)
    clusters = solve_clusters(candidates, floor, agreement=COMPLETE)
    linked = is_clustered(candidates, clusters)
    rest = candidates.select(~linked)
    if in_blocks:
        rest = rest.select(contradicts(rest, clusters))
    runners_up = rest.select(is_clustered(rest, solve_clusters(rest, floor, agreement=COMPLETE)))
    return fit_candidate_model(
        candidates.similarity[linked], runners_up=runners_up.similarity, floor=floor, in_blocks=in_blocks
    )
