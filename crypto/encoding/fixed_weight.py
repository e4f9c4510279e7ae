"""Fixed-weight encodings under a key for each block: the bits of view rows.

Layer: crypto. Every row sets exactly as many bits as every other, spread over one segment for each
comparison, so that weights tell nothing and tie nothing. Which bits a token sets follows from the token,
the block and the view's key; rows of different blocks, views or rounds have nothing in common.

Construction: a token's digest and a block's secret are outputs of keyed BLAKE2b, 16 bytes each; their
exclusive or is the input of AES-128 under the view's key, which expands it to eight 16-bit draws. This is
hash-then-encrypt: two inputs are equal only when both token and block are (or with chance 2^-128), and AES
on distinct inputs cannot be told from random. So all rows of a view are one bulk call, and nothing is
memoised over blocks. docs/adr tells why.

Source: RFC 7693 (BLAKE2b); FIPS 197 (AES); Carter and Wegman (1981) for hashing before a keyed permutation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numba import njit
from numpy.typing import NDArray

WORD_BITS = 64
DIGEST_BYTES = 16  # one AES block
DRAWS_PER_CALL = 8  # of 16 bits each in an AES block
DRAWS_PER_BIT = 1.75  # at a quarter filled, 1.16 draws set a bit; the rest makes running out a rarity
ROWS_AT_ONCE = 16_384  # about 10 MB of AES input, whatever the number of rows
MOST_CALLS = 255  # for one token: numbered in one byte

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenLists:
    """The distinct tokens of one comparison, and which of them each record has.

    Attributes:
        digests: Keyed digest of each distinct token in rising order, shape (tokens, 16).
        ids: Indices into ``digests``, list after list, rising inside a list.
        starts: Where each list starts in ``ids``, and the end of the last, shape (lists + 1,).
        of_record: The list of each record, shape (records,); lists are never empty.
    """

    digests: Bytes
    ids: Numbers
    starts: Numbers
    of_record: Numbers


@dataclass(frozen=True, slots=True)
class Segment:
    """Where one comparison's bits lie in a row: `ones` of `bits` are set, from `offset` on."""

    offset: int
    bits: int
    ones: int


def encode_rows(
    lists: Sequence[TokenLists], segments: Sequence[Segment], *, records: Numbers, secrets: Bytes, key: bytes
) -> Bytes:
    """Return the rows of some records, each under the secret of its block.

    Args:
        lists: Tokens of each comparison.
        segments: Place and weight of each comparison.
        records: Which record each row is of, shape (rows,).
        secrets: Block secret of each row, shape (rows, 16).
        key: AES key of the view, 16 bytes.

    Returns:
        Packed rows of whole words, most significant bit first, shape (rows, bytes).
    """
    width = max(segment.offset + segment.bits for segment in segments)
    rows = np.zeros((len(records), -(-width // WORD_BITS) * WORD_BITS // 8), dtype=np.uint8)
    cipher = Cipher(algorithms.AES128(key), modes.ECB())  # noqa: S305 - a permutation of distinct inputs, not a mode
    for start in range(0, len(records), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        for tokens, segment in zip(lists, segments, strict=True):
            chosen = tokens.of_record[records[part]]
            firsts, counts = tokens.starts[chosen], tokens.starts[chosen + 1] - tokens.starts[chosen]
            calls = count_calls(counts, segment.ones)
            blocks = _make_inputs(tokens.digests, tokens.ids, firsts, counts, calls, secrets[part])
            draws = np.frombuffer(cipher.encryptor().update(blocks), dtype=">u2").astype(np.uint16)
            _set_segment(rows[part], draws, counts, calls, segment.offset, segment.bits, segment.ones)
    return rows


def count_calls(counts: Numbers, ones: int) -> Numbers:
    """Return how many AES calls each token of a list gets, from the lists' lengths and the bits to set."""
    wanted = np.ceil(ones * DRAWS_PER_BIT / (np.maximum(counts, 1) * DRAWS_PER_CALL))
    return np.clip(wanted, 1, MOST_CALLS).astype(np.int64)


@njit(cache=True)
def _make_inputs(digests, ids, firsts, counts, calls, secrets):  # type: ignore[no-untyped-def]
    total = 0
    for row in range(len(counts)):
        total += counts[row] * calls[row]
    blocks = np.empty((total, DIGEST_BYTES), dtype=np.uint8)
    place = 0
    for row in range(len(counts)):
        for token in range(counts[row]):
            digest = digests[ids[firsts[row] + token]]
            for call in range(calls[row]):
                for byte in range(DIGEST_BYTES):
                    blocks[place, byte] = digest[byte] ^ secrets[row, byte]
                blocks[place, 0] ^= call
                place += 1
    return blocks


@njit(cache=True)
def _set_segment(rows, draws, counts, calls, offset, bits, ones):  # type: ignore[no-untyped-def]
    place = 0
    for row in range(len(counts)):
        each = calls[row] * DRAWS_PER_CALL
        left, last = ones, 0
        # Tokens take turns, so that each has its share of the bits whatever the number of tokens.
        for turn in range(each):
            for token in range(counts[row]):
                if left == 0:
                    break
                last = (np.int64(draws[place + token * each + turn]) * bits) >> 16
                left -= _set_bit(rows, row, offset + last)
        while left > 0:  # ran out of draws: the neighbours of the last one
            last = (last + 1) % bits
            left -= _set_bit(rows, row, offset + last)
        place += counts[row] * each


@njit(cache=True)
def _set_bit(rows, row, position):  # type: ignore[no-untyped-def]
    mask = np.uint8(128 >> (position & 7))
    before = rows[row, position >> 3]
    rows[row, position >> 3] = before | mask
    return 0 if before & mask else 1
