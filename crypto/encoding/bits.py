"""Packed rows of bits: set, combine, fold.

Layer: crypto. Pure. A row is a whole number of 64-bit words whose bytes hold the bits in clkhash's order,
most significant first. All work goes in blocks that fit the processor's caches, so that memory beyond the
result stays within a few MiB whatever the number of rows.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.text import Numbers

PackedRows = NDArray[np.uint64]
"""Shape (rows, bits / 64); words are opaque: only their bytes, in memory order, have a meaning."""

WORD_BITS = 64
BLOCK_BYTES = 1 << 19  # half of what a core's second-level cache commonly holds


def set_bits(positions: NDArray[np.integer], counts: Numbers, *, width_bits: int) -> PackedRows:
    """Return rows in which exactly the given bits are set.

    Args:
        positions: Bit positions below ``width_bits``, row after row; repeats do no harm.
        counts: How many positions each row has; ``positions`` is as long as their sum.
        width_bits: Length of a row, a multiple of 64.
    """
    rows = np.empty((len(counts), width_bits // WORD_BITS), dtype=np.uint64)
    ends = np.cumsum(counts)
    for block in _split(len(counts), width_bits):
        taken = counts[block]
        first = ends[block.start] - counts[block.start]
        unpacked = np.zeros(len(taken) * width_bits, dtype=np.uint8)
        offsets = np.repeat(np.arange(len(taken)) * width_bits, taken)
        unpacked[offsets + positions[first : first + len(offsets)]] = 1
        rows[block] = np.packbits(unpacked).view(np.uint64).reshape(len(taken), -1)
    return rows


def combine_rows(table: PackedRows, ids: Numbers, *, out: PackedRows) -> None:
    """Write rows that are each the union of some rows of a table.

    Args:
        table: The rows to combine.
        ids: Indices into ``table``, shape (rows, rows to combine for each, at least one).
        out: Where the rows go, one for each row of ``ids``.
    """
    for block in _split(len(ids), table.shape[1] * 8):
        union, columns = out[block], np.ascontiguousarray(ids[block].T)
        np.take(table, columns[0], axis=0, out=union, mode="clip")
        taken = np.empty_like(union)
        for column in columns[1:]:
            np.take(table, column, axis=0, out=taken, mode="clip")
            np.bitwise_or(union, taken, out=union)


def add_rows(rows: PackedRows, table: PackedRows, places: Numbers) -> None:
    """Set in each row, in place, the bits of its own row of a table."""
    for block in _split(len(rows), table.shape[1] * 8):
        rows[block] |= np.take(table, places[block], axis=0, mode="clip")


def fold_rows(rows: PackedRows, width_bits: int) -> PackedRows:
    """Return rows folded by exclusive or to a width that divides theirs."""
    words = width_bits // WORD_BITS
    if rows.shape[1] == words:
        return rows
    folded: PackedRows = np.bitwise_xor.reduce(rows.reshape(len(rows), -1, words), axis=1)
    return folded


def _split(rows: int, row_bytes: int) -> Iterator[slice]:
    size = max(1, BLOCK_BYTES // row_bytes)
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
