"""Compare the rows of one view: inside blocks only where it has blocks, all with all where it has none.

Layer: scoring. Pure. Positions come out, so nothing here knows tokens, members or people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.linkage.matching import CandidatePairs, Encodings, find_candidate_pairs, gather_pairs, score_dice

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ViewSide:
    """One member's rows of one view.

    Attributes:
        blocks: Block tokens, shape (rows, 16), or (rows, 0) where all rows compare.
        encodings: Packed bits, shape (rows, bytes).
    """

    blocks: NDArray[np.uint8]
    encodings: Encodings


def compare_view(sides: Sequence[ViewSide], *, bar: float, within: bool = False) -> CandidatePairs:
    """Return the pairs of rows of different members, in one block, that reach the bar.

    Args:
        sides: Every member's rows, all of one layout.
        bar: Least Dice similarity, above 0 and at most 1.
        within: Compare rows of the same member too, for duplicates.

    Raises:
        InputError: The bar is out of range or the encodings differ in width.
    """
    encodings = [side.encodings for side in sides]
    if not any(side.blocks.shape[1] for side in sides):
        return find_candidate_pairs(encodings, floor=bar, within=within)
    rows = np.concatenate(encodings)
    members = np.repeat(np.arange(len(sides)), [len(side.blocks) for side in sides])
    starts = np.cumsum([0, *(len(side.blocks) for side in sides)])
    found = []
    for left, right in _pair_blocks(np.concatenate([side.blocks for side in sides])):
        wanted = np.ones(len(left), dtype=bool) if within else members[left] != members[right]
        left, right = left[wanted], right[wanted]
        similarity = score_dice(rows, left, right)
        over = similarity >= bar
        found.append(_locate(similarity[over], left[over], right[over], members=members, starts=starts))
    return gather_pairs(found)


def _pair_blocks(blocks: NDArray[np.uint8]) -> Iterator[tuple[Indices, Indices]]:
    """Yield all pairs of rows, the lower first, that share a block: at once for all blocks of one size."""
    words = np.ascontiguousarray(blocks).view(np.uint64)
    order = np.lexsort((np.arange(len(words)), *words.T))
    changes = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1]) if len(words) else np.empty(0, dtype=np.int64)
    sizes = np.diff(np.append(starts, len(words)))
    for size in np.unique(sizes[sizes > 1]).tolist():
        first, second = np.triu_indices(size, 1)
        of_size = starts[sizes == size]
        yield order[of_size[:, None] + first].ravel(), order[of_size[:, None] + second].ravel()


def _locate(
    similarity: NDArray[np.float64], left: Indices, right: Indices, *, members: Indices, starts: Indices
) -> CandidatePairs:
    # Rows are numbered member after member, and the lower comes first.
    (member_a, record_a), (member_b, record_b) = (
        (members[rows].astype(np.uint32), (rows - starts[members[rows]]).astype(np.uint32))
        for rows in (left, right)
    )
    return CandidatePairs(similarity, member_a, record_a, member_b, record_b)
