"""Bit positions of tokens, drawn with keyed BLAKE2b exactly as clkhash draws them.

Layer: crypto. Pure. A token's positions are 16-bit words of one BLAKE2b-512 digest after another, each under
the field's key with the digest's number as salt (clkhash's blakeHash). How many a token gets depends on the
value that it stands in, and a smaller number is always a prefix of a greater one, so a token is hashed once,
for the greatest number asked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.bits import PackedRows, combine_rows, set_bits
from crypto.encoding.text import Numbers, expand_ranges
from crypto.encoding.tokens import TokenTable, renumber

DRAWS_PER_DIGEST = 32  # 16-bit words in a BLAKE2b-512 digest
TABLE_BYTES = 1 << 25  # most memory for rows of distinct prefixes; more than real columns need

Shares = Callable[[int], Sequence[int]]
"""How many positions each token of a value gets, by the value's number of tokens (clkhash's strategies)."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The position sequences of distinct tokens, one after another.

    Attributes:
        words: 16-bit positions before they are reduced to a filter's length.
        starts: Where each token's sequence starts in ``words``.
    """

    words: NDArray[np.uint16]
    starts: Numbers


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring values with equally many tokens, as unions of distinct prefixes.

    Attributes:
        first: Index of the run's first value.
        chosen: Index of the prefix of each token of each value, shape (values, tokens).
        tokens: Each prefix's token, and
        lengths: how many of its positions are set.
    """

    first: int
    chosen: Numbers
    tokens: Numbers
    lengths: Numbers


def draw_positions(tokens: Sequence[bytes], lengths: Numbers, *, key: bytes) -> Draws:
    """Return at least ``lengths`` positions for each token.

    Source: clkhash 0.18.3, ``bloomfilter.blake_hash_token``.
    """
    digests = -(-lengths // DRAWS_PER_DIGEST)
    salts = [str(number).encode() for number in range(int(digests.max(initial=0)))]
    drawn = b"".join(
        blake2b(token, key=key, salt=salt).digest()
        for token, wanted in zip(tokens, digests.tolist(), strict=True)
        for salt in salts[:wanted]
    )
    return Draws(np.frombuffer(drawn, dtype=np.uint16), (np.cumsum(digests) - digests) * DRAWS_PER_DIGEST)


def encode_tokens(
    table: TokenTable, shares: Shares, *, key: bytes, width_bits: int, encoding: str
) -> PackedRows:
    """Return one row per value of the table with the bits of all its tokens.

    Args:
        table: The values' tokens; the fewer changes of count from value to value, the faster.
        shares: How many positions each token of a value sets.
        key: The field's key.
        width_bits: Length of a row, a power of two.
        encoding: Character encoding of tokens before they are hashed.

    Raises:
        UnicodeEncodeError: A token cannot be written in ``encoding``.
    """
    runs = list(_find_runs(table, shares, TABLE_BYTES * 8 // width_bits))
    longest = np.zeros(len(table.tokens), dtype=np.intp)
    for run in runs:
        np.maximum.at(longest, run.tokens, run.lengths)
    drawn = draw_positions([token.encode(encoding) for token in table.tokens], longest, key=key)
    rows = np.zeros((len(table.counts), width_bits // 64), dtype=np.uint64)
    for run in runs:
        words = drawn.words[expand_ranges(drawn.starts[run.tokens], run.lengths)] & np.uint16(width_bits - 1)
        prefixes = set_bits(words, run.lengths, width_bits=width_bits)
        combine_rows(prefixes, run.chosen, out=rows[run.first : run.first + len(run.chosen)])
    return rows


def _find_runs(table: TokenTable, shares: Shares, most_tokens: int) -> Iterator[_Run]:
    """Yield runs of at most so many tokens, or one value; values without tokens are in none."""
    edges = np.flatnonzero(np.diff(table.counts, prepend=-1, append=-1)).tolist()
    done = 0
    for start, stop in pairwise(edges):
        tokens = int(table.counts[start])
        if not tokens:
            continue
        share = np.array(shares(tokens), dtype=np.intp)
        size = max(1, most_tokens // tokens)
        for first in range(start, stop, size):
            values = min(size, stop - first)
            ids = table.ids[done : done + values * tokens].reshape(values, tokens)
            yield _find_prefixes(first, ids, share, len(table.tokens))
            done += values * tokens


def _find_prefixes(first: int, ids: Numbers, share: Numbers, tokens: int) -> _Run:
    sizes, which = np.unique(share, return_inverse=True)
    pairs = (ids * len(sizes) + which).ravel()
    chosen, standing = renumber(pairs, tokens * len(sizes))
    token, size = np.divmod(pairs[standing], len(sizes))
    return _Run(first, chosen.reshape(ids.shape), token, sizes[size])
