"""Candidate pairs and clusters over encodings, computed by anonlink.

Layer: scoring. Pure. Encodings of one round go in; positions come out, as (dataset, record) indices,
so nothing here knows tokens, members or people. anonlink's kernel compares chunk by chunk, so that
memory follows the number of candidate pairs and not the number of comparisons.
"""

import warnings
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from crypto.errors import InputError

with warnings.catch_warnings():
    # anonlink imports pkg_resources, which warns about its own future.
    warnings.simplefilter("ignore", UserWarning)
    from anonlink.similarities import dice_coefficient
    from anonlink.solving import probabilistic_greedy_solve

Encodings = NDArray[np.uint8]
Position = tuple[int, int]
"""Index of the dataset, index of the record in it."""

CHUNK_RECORDS = 1_000  # records of the first dataset a kernel call compares with the whole second
FLOOR_SAMPLE_RECORDS = 500  # records of each dataset that the floor is estimated from
CANDIDATES_PER_RECORD = 10  # what a floor lets through on average; a person has few true records elsewhere
AGREEMENT = 0.5  # anonlink's own default; measured better than complete agreement on five-party data
COMPARE_CHUNK_PAIRS = 100_000  # pairs whose bits are in memory at once, 25 MB at 1,024 bits
MAX_CANDIDATES_PER_RECORD = 200  # bounds memory when thousands of records look the same, such as blank ones
MAX_FLOOR = 0.8  # above it, matches with an error or two would be lost where strangers look alike
MIN_FLOOR = 0.5  # under it, less than half of two records' bits are shared: never evidence


@dataclass(frozen=True, slots=True, eq=False)
class CandidatePairs:
    """Pairs of records at or above a floor of similarity, most similar first.

    All arrays have one entry per pair. For pairs across datasets ``dataset_a < dataset_b``; inside one
    dataset ``record_a < record_b``.
    """

    similarity: NDArray[np.float64]
    dataset_a: NDArray[np.uint32]
    record_a: NDArray[np.uint32]
    dataset_b: NDArray[np.uint32]
    record_b: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.similarity)

    def select(self, chosen: NDArray[np.bool_]) -> "CandidatePairs":
        """Return the pairs where ``chosen`` is true, in the same order."""
        return CandidatePairs(
            self.similarity[chosen],
            self.dataset_a[chosen],
            self.record_a[chosen],
            self.dataset_b[chosen],
            self.record_b[chosen],
        )


def find_candidate_pairs(
    datasets: Sequence[Encodings], *, floor: float, within: bool = False
) -> CandidatePairs:
    """Find the pairs of records whose Dice similarity reaches a floor.

    A record of the first dataset of a pair keeps its :data:`MAX_CANDIDATES_PER_RECORD` most similar.

    Args:
        datasets: Packed encodings, shape (records, bytes), all of one width.
        floor: Least similarity, above 0 and at most 1.
        within: Compare records inside each dataset too, for duplicates.

    Raises:
        InputError: The floor is out of range or the encodings differ in width.
    """
    if not 0.0 < floor <= 1.0:
        raise InputError(f"expected a similarity floor above 0 and at most 1, got {floor}")
    if len({data.shape[1] for data in datasets}) > 1:
        raise InputError("expected encodings of one length, got several")
    found = [
        chunk for a, b in _dataset_pairs(len(datasets), within) for chunk in _compare(datasets, a, b, floor)
    ]
    return gather_pairs(found)


def find_floor(datasets: Sequence[Encodings], *, within: bool = False) -> float:
    """Return the similarity over which a record has about :data:`CANDIDATES_PER_RECORD` candidates.

    Estimated per pair of datasets from evenly spaced records, and the lowest is taken; it follows the
    schema, whose fill decides how similar two strangers look, and the size of the data.
    """
    floors = [_estimate_floor(datasets[a], datasets[b]) for a, b in _dataset_pairs(len(datasets), within)]
    return min(MAX_FLOOR, max(MIN_FLOOR, min(floors, default=MIN_FLOOR)))


def solve_clusters(
    pairs: CandidatePairs, threshold: float, *, agreement: float = AGREEMENT, within: bool = False
) -> list[tuple[Position, ...]]:
    """Return clusters of records held to be one person, sorted.

    anonlink's greedy solver takes pairs from the most similar down and joins two clusters when enough
    of the record pairs across them are candidates at or above the threshold.

    Args:
        pairs: Candidate pairs, most similar first.
        threshold: Least similarity of a pair that counts.
        agreement: Share of pairs across two clusters that must count, above 0 and at most 1; with 1 no
            pair in a cluster is under the threshold.
        within: Whether one dataset may hold a person several times. If not, a cluster has at most one
            record of each dataset.
    """
    chosen = pairs.select(pairs.similarity >= threshold)
    groups = probabilistic_greedy_solve(
        _to_anonlink(chosen), merge_threshold=agreement, deduplicated=not within
    )
    return sorted(tuple(sorted((int(a), int(b)) for a, b in group)) for group in groups)


def iterate_positions(pairs: CandidatePairs) -> Iterator[tuple[Position, Position]]:
    """Yield both positions of every pair, in order, as plain integers."""
    left = zip(pairs.dataset_a.tolist(), pairs.record_a.tolist(), strict=True)
    right = zip(pairs.dataset_b.tolist(), pairs.record_b.tolist(), strict=True)
    return zip(left, right, strict=True)


def is_clustered(pairs: CandidatePairs, clusters: Sequence[Sequence[Position]]) -> NDArray[np.bool_]:
    """Return for every pair whether its two records share a cluster."""
    members = [
        (dataset, record, number) for number, cluster in enumerate(clusters) for dataset, record in cluster
    ]
    dataset, record, number = np.array(members, dtype=np.int64).reshape(-1, 3).T
    stride = 1 + max(int(column.max(initial=0)) for column in (record, pairs.record_a, pairs.record_b))
    datasets = 1 + max(int(column.max(initial=0)) for column in (dataset, pairs.dataset_a, pairs.dataset_b))
    cluster_of = np.full(datasets * stride, -1, dtype=np.int64)
    cluster_of[dataset * stride + record] = number
    left = cluster_of[pairs.dataset_a.astype(np.int64) * stride + pairs.record_a]
    right = cluster_of[pairs.dataset_b.astype(np.int64) * stride + pairs.record_b]
    clustered: NDArray[np.bool_] = (left == right) & (left >= 0)
    return clustered


def contradicts(pairs: CandidatePairs, clusters: Sequence[Sequence[Position]]) -> NDArray[np.bool_]:
    """Return for every pair whether a cluster has one of its records with another of the other's dataset.

    Where a person is in a dataset once, such a pair is two strangers if the cluster is right.
    """
    taken: dict[Position, set[int]] = {}
    for cluster in clusters:
        datasets = {dataset for dataset, _ in cluster}
        taken.update(dict.fromkeys(cluster, datasets))
    none: set[int] = set()
    found = [
        right[0] in taken.get(left, none) or left[0] in taken.get(right, none)
        for left, right in iterate_positions(pairs)
    ]
    return np.array(found, dtype=np.bool_)


def _dataset_pairs(count: int, within: bool) -> list[tuple[int, int]]:
    across = list(combinations(range(count), 2))
    return sorted(across + [(index, index) for index in range(count)]) if within else across


def _compare(datasets: Sequence[Encodings], a: int, b: int, floor: float) -> Iterator[CandidatePairs]:
    right = [row.tobytes() for row in datasets[b]]
    for start in range(0, len(datasets[a]), CHUNK_RECORDS):
        left = [row.tobytes() for row in datasets[a][start : start + CHUNK_RECORDS]]
        if not left or not right:
            continue
        similarity, (record_a, record_b) = dice_coefficient((left, right), floor, k=MAX_CANDIDATES_PER_RECORD)
        first = np.asarray(record_a, dtype=np.uint32) + np.uint32(start)
        second = np.asarray(record_b, dtype=np.uint32)
        found = CandidatePairs(
            np.asarray(similarity, dtype=np.float64),
            np.full(len(first), a, dtype=np.uint32),
            first,
            np.full(len(first), b, dtype=np.uint32),
            second,
        )
        yield found if a != b else found.select(first < second)


def score_dice(rows: Encodings, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the Dice similarity of pairs of rows, from 0 to 1."""
    sizes = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
    shared = np.empty(len(left), dtype=np.int64)
    for start in range(0, len(left), COMPARE_CHUNK_PAIRS):
        part = slice(start, start + COMPARE_CHUNK_PAIRS)
        shared[part] = np.bitwise_count(rows[left[part]] & rows[right[part]]).sum(axis=1, dtype=np.int64)
    similarity: NDArray[np.float64] = 2.0 * shared / np.maximum(sizes[left] + sizes[right], 1)
    return similarity


def gather_pairs(chunks: Iterable[CandidatePairs]) -> CandidatePairs:
    """Return all pairs of some chunks as one, most similar first, then by position."""
    chunks = list(chunks)
    empty = np.empty(0, dtype=np.uint32)
    columns = [
        np.concatenate([np.empty(0), *(chunk.similarity for chunk in chunks)]),
        np.concatenate([empty, *(chunk.dataset_a for chunk in chunks)]),
        np.concatenate([empty, *(chunk.record_a for chunk in chunks)]),
        np.concatenate([empty, *(chunk.dataset_b for chunk in chunks)]),
        np.concatenate([empty, *(chunk.record_b for chunk in chunks)]),
    ]
    similarity, dataset_a, record_a, dataset_b, record_b = columns
    order = np.lexsort((record_b, record_a, dataset_b, dataset_a, -similarity))
    return CandidatePairs(
        similarity[order], dataset_a[order], record_a[order], dataset_b[order], record_b[order]
    )


def _estimate_floor(left: Encodings, right: Encodings) -> float:
    first, second = _spaced(left), _spaced(right)
    if not len(first) or not len(second):
        return MAX_FLOOR
    shared = _unpack(first) @ _unpack(second).T
    sizes = np.bitwise_count(first).sum(axis=1)[:, None] + np.bitwise_count(second).sum(axis=1)[None, :]
    similarity = 2.0 * shared / np.maximum(sizes, 1)
    share = min(1.0, CANDIDATES_PER_RECORD / max(len(left), len(right)))
    return float(np.quantile(similarity, 1.0 - share))


def _spaced(data: Encodings) -> Encodings:
    step = max(1, len(data) // FLOOR_SAMPLE_RECORDS)
    return data[::step][:FLOOR_SAMPLE_RECORDS]


def _unpack(data: Encodings) -> NDArray[np.float32]:
    return np.unpackbits(data, axis=1).astype(np.float32)


def _to_anonlink(pairs: CandidatePairs) -> tuple[object, ...]:
    return (
        array("d", pairs.similarity.tolist()),
        (array("I", pairs.dataset_a.tolist()), array("I", pairs.dataset_b.tolist())),
        (array("I", pairs.record_a.tolist()), array("I", pairs.record_b.tolist())),
    )
