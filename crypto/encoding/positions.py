"""Bit positions of tokens, drawn with keyed BLAKE2b exactly as clkhash draws them.

Layer: crypto. Pure. A token's positions are 16-bit words of one BLAKE2b-512 digest after another, each under
the field's key with the digest's number as salt (clkhash's blakeHash). How many a token gets depends on the
value that it stands in, and a smaller number is always a prefix of a greater one, so a token is hashed once,
for the greatest number asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

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
class _Group:
    """Values with equally many tokens: which they are, their token ids (a row each), what each token gets."""

    members: Numbers
    ids: Numbers
    share: Numbers


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
        table: The values' tokens.
        shares: How many positions each token of a value sets.
        key: The field's key.
        width_bits: Length of a row, a power of two.
        encoding: Character encoding of tokens before they are hashed.

    Raises:
        UnicodeEncodeError: A token cannot be written in ``encoding``.
    """
    groups = _group_by_count(table, shares)
    longest = np.zeros(len(table.tokens), dtype=np.intp)
    for group in sorted(groups, key=lambda group: int(group.share.max())):
        longest[group.ids] = group.share.max()  # the greatest comes last and stays
    drawn = draw_positions([token.encode(encoding) for token in table.tokens], longest, key=key)
    rows = np.zeros((len(table.counts), width_bits // 64), dtype=np.uint64)
    for group in groups:
        size = max(1, TABLE_BYTES * 8 // (width_bits * len(group.share)))
        for first in range(0, len(group.ids), size):
            part = slice(first, first + size)
            prefixes, chosen = _set_prefixes(drawn, group.ids[part], group.share, width_bits)
            rows[group.members[part]] = combine_rows(prefixes, chosen)
    return rows


def _group_by_count(table: TokenTable, shares: Shares) -> list[_Group]:
    starts = np.cumsum(table.counts) - table.counts
    groups = []
    for tokens in np.flatnonzero(np.bincount(table.counts)).tolist():
        if tokens:
            members = np.flatnonzero(table.counts == tokens)
            ids = table.ids[starts[members, np.newaxis] + np.arange(tokens)]
            groups.append(_Group(members, ids, np.array(shares(tokens), dtype=np.intp)))
    return groups


def _set_prefixes(drawn: Draws, ids: Numbers, share: Numbers, width_bits: int) -> tuple[PackedRows, Numbers]:
    """Return a row for each distinct pair of token and number of positions, and each pair's row."""
    sizes, which = np.unique(share, return_inverse=True)
    pairs = (ids * len(sizes) + which).ravel()
    chosen, standing = renumber(pairs, len(drawn.starts) * len(sizes))
    token, size = np.divmod(pairs[standing], len(sizes))
    words = drawn.words[expand_ranges(drawn.starts[token], sizes[size])] & np.uint16(width_bits - 1)
    return set_bits(words, sizes[size], width_bits=width_bits), chosen.reshape(ids.shape)
