"""Find which rows share a key although no block token shows it.

Layer: lab. Pure. Rows under different keys agree in bits no more than chance; rows under one key share at
least the bits of the values that salt them. So hiding block tokens does not hide blocks.
"""

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from lab.attacks.observation import Floats, Ints

ROWS_AT_ONCE = 1_000  # bounds the similarities in memory
SAMPLED_ROWS = 1_000
CHANCE_DEVIATIONS = 6.0  # over the similarity of unrelated rows, at which two share a key
LINKED_SHARE = 0.5  # of the others in its block that a row is linked to, or the block is none


def recover_blocks(bits: Floats, *, rng: np.random.Generator) -> Ints:
    """Return a block number for each row: rows that agree more than chance are of one block.

    Args:
        bits: Encodings of one view, shape (rows, bits).
        rng: For a sample that says what chance is.
    """
    threshold = _find_threshold(bits, rng)
    parts = [_link(bits, start, threshold) for start in range(0, len(bits), ROWS_AT_ONCE)]
    rows, columns = (np.concatenate(side) for side in zip(*parts, strict=True))
    links: csr_array = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(bits), len(bits))).tocsr()
    return connected_components(links, directed=False)[1].astype(np.int64)


def _find_threshold(bits: Floats, rng: np.random.Generator) -> float:
    """Return the similarity over which rows are hardly under different keys.

    Most pairs of a sample are of different blocks when there are many blocks; their middle is chance.
    """
    chosen = bits[rng.permutation(len(bits))[:SAMPLED_ROWS]]
    agreement = _agree(chosen, chosen)[np.triu_indices(len(chosen), 1)]
    low, middle = np.quantile(agreement, (0.1587, 0.5))
    return float(middle + CHANCE_DEVIATIONS * (middle - low))


def _link(bits: Floats, start: int, threshold: float) -> tuple[Ints, Ints]:
    rows, columns = np.nonzero(_agree(bits[start : start + ROWS_AT_ONCE], bits) > threshold)
    return rows + start, columns


def _agree(first: Floats, second: Floats) -> Floats:
    """Return correlations of rows, so that heavy rows do not look alike by their weight."""
    left, right = (bits - bits.mean(axis=1, keepdims=True) for bits in (first, second))
    left, right = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6) for rows in (left, right)
    )
    agreement: Floats = left @ right.T
    return agreement
