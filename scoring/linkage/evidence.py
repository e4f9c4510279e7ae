"""Merge what the views say of a pair of records into one similarity.

Layer: scoring. Pure. Two records of one person agree in several views; each tells their similarity under
another key, and how many agree is evidence of its own, because strangers who share one salt seldom share
another.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.schema import LinkageSchema
from crypto.encoding.wide import count_sparse_bits, get_wide
from scoring.linkage.matching import CandidatePairs, gather_pairs

BREADTH_WEIGHT = (
    0.2  # of the share of views that agree, against their mean similarity: docs/adr has the comparison
)
UNRESOLVED = -1

Holders = Sequence[Sequence[NDArray[np.int64]]]
"""For each view and each member, the record of each row, UNRESOLVED where it is not known."""


def merge_evidence(pairs: Sequence[CandidatePairs], holders: Holders, *, salted: int) -> CandidatePairs:
    """Return pairs of records with the evidence of all views.

    Args:
        pairs: Pairs of rows of each view, salted views first. Similarities of a wide view are estimates of
            the undiffused ones.
        holders: The record of each row.
        salted: How many of the views are salted; without any the similarity of the one view is kept. A wide
            view speaks only for pairs that no salted view has.

    Returns:
        Each pair once, its similarity from 0 to 1. Pairs with a row that is not resolved are left out, and so
        are rows of one record.
    """
    if not salted:
        return _name_records(pairs[0], holders[0])
    in_views = [_name_records(found, of_rows) for found, of_rows in zip(pairs, holders, strict=True)]
    # A person with aliases may have several rows in a view; the most similar one speaks for it.
    found = gather_pairs(_keep_best(view) for view in in_views[:salted])
    keys, numbers, counts = np.unique(_key(found), axis=0, return_inverse=True, return_counts=True)
    mean = np.bincount(numbers, weights=found.similarity, minlength=len(keys)) / np.maximum(counts, 1)
    similarity = (1 - BREADTH_WEIGHT) * mean + BREADTH_WEIGHT * counts / salted
    merged = CandidatePairs(similarity, *keys.T.astype(np.uint32))
    rest = [_leave_out(_keep_best(view), keys) for view in in_views[salted:]]
    return gather_pairs([merged, *(_weigh_alone(view) for view in rest)])


def get_least_evidence(bar: float, salted: int) -> float:
    """Return the similarity of a pair that just reaches the bar in one of the salted views."""
    return (1 - BREADTH_WEIGHT) * bar + BREADTH_WEIGHT / salted


def estimate_undiffused(found: CandidatePairs, schema: LinkageSchema) -> CandidatePairs:
    """Return pairs of wide rows with the similarity that their rows had before diffusion, estimated.

    A diffused bit is the exclusive or of t bits, so a share d of differing bits becomes (1 - (1 - 2d)^t) / 2;
    this is turned round. All rows are taken to set as many bits as one with every field.
    """
    wide, bits = get_wide(schema), schema.clk_length_bits
    fill = 1 - (1 - 1 / bits) ** count_sparse_bits(schema)
    diffused_fill = (1 - (1 - 2 * fill) ** wide.diffusion) / 2
    differing = np.clip(2 * diffused_fill * (1 - found.similarity), 0, 0.5)
    before = (1 - (1 - 2 * differing) ** (1 / wide.diffusion)) / 2
    similarity = np.clip(1 - before / (2 * fill), 0, 1)
    return CandidatePairs(similarity, found.dataset_a, found.record_a, found.dataset_b, found.record_b)


def _name_records(found: CandidatePairs, holders: Sequence[NDArray[np.int64]]) -> CandidatePairs:
    record_a = _look_up(holders, found.dataset_a, found.record_a)
    record_b = _look_up(holders, found.dataset_b, found.record_b)
    same = (found.dataset_a == found.dataset_b) & (record_a == record_b)
    named = (record_a != UNRESOLVED) & (record_b != UNRESOLVED) & ~same
    swapped = (found.dataset_a == found.dataset_b) & (record_a > record_b)
    first, second = np.where(swapped, record_b, record_a), np.where(swapped, record_a, record_b)
    return CandidatePairs(
        found.similarity[named],
        found.dataset_a[named],
        first[named].astype(np.uint32),
        found.dataset_b[named],
        second[named].astype(np.uint32),
    )


def _look_up(
    holders: Sequence[NDArray[np.int64]], datasets: NDArray[np.uint32], rows: NDArray[np.uint32]
) -> NDArray[np.int64]:
    starts = np.cumsum([0, *(len(of_rows) for of_rows in holders)])
    flat = np.concatenate([*holders, np.empty(0, dtype=np.int64)])
    named: NDArray[np.int64] = flat[starts[datasets] + rows]
    return named


def _key(found: CandidatePairs) -> NDArray[np.int64]:
    columns = (found.dataset_a, found.record_a, found.dataset_b, found.record_b)
    return np.stack(columns, axis=1).astype(np.int64)


def _keep_best(found: CandidatePairs) -> CandidatePairs:
    # Pairs come most similar first, so the first of equal ones is the best.
    return found.select(_mark(np.unique(_key(found), axis=0, return_index=True)[1], len(found)))


def _leave_out(found: CandidatePairs, keys: NDArray[np.int64]) -> CandidatePairs:
    numbers = np.unique(np.concatenate([keys, _key(found)]), axis=0, return_inverse=True)[1]
    return found.select(~np.isin(numbers[len(keys) :], numbers[: len(keys)]))


def _weigh_alone(found: CandidatePairs) -> CandidatePairs:
    return CandidatePairs(
        (1 - BREADTH_WEIGHT) * found.similarity,
        found.dataset_a,
        found.record_a,
        found.dataset_b,
        found.record_b,
    )


def _mark(chosen: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    marked = np.zeros(size, dtype=np.bool_)
    marked[chosen] = True
    return marked
