"""Name records by Weisfeiler–Lehman colour refinement of the graph of records and block tokens.

Layer: lab. Pure numpy. Colours start alike, and each round a token's colour is the multiset of its records'
and a record's is the tuple of its tokens'; records of the two graphs with one final colour look alike from
everywhere. This is exact: where the list covers all it leaves only records that nothing tells apart, and
where one record is missing its neighbours' colours break, so :mod:`lab.attacks.token_graph` goes on softly.

Source: Weisfeiler and Lehman (1968), The reduction of a graph to canonical form.
"""

import numpy as np
from numpy.typing import NDArray

from lab.attacks.observation import NOBODY, Guesses, Ints
from lab.attacks.token_table import TokenTable

MOST_ROUNDS = 12
MULTIPLIER, SHIFT = np.uint64(0xBF58476D1CE4E5B9), np.uint64(31)  # of the SplitMix64 mixing function

Hashes = NDArray[np.uint64]


def name_by_colour(held: TokenTable, listed: TokenTable, *, rng: np.random.Generator) -> Ints:
    """Return a person for each record that has its colour in both tables, NOBODY for the others.

    Records that share a colour get different people of that colour as far as there are any.

    Args:
        held: Tied records.
        listed: The list under another key.
        rng: For hash functions.
    """
    colours = refine_colours(held, listed, rng=rng)
    return _pair_classes(*colours)


def refine_colours(held: TokenTable, listed: TokenTable, *, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return stable colours of the records of both tables, numbered alike."""
    tokens, sizes = _join(held, listed)
    colours, before = np.zeros(len(tokens), dtype=np.int64), 0
    for _ in range(MOST_ROUNDS):
        salt = rng.integers(2**63, size=colours.max() + 1, dtype=np.int64).astype(np.uint64)
        state = _mix(colours.astype(np.uint64))
        for column, size in zip(tokens.T, sizes, strict=True):
            state = _mix(state + _gather(column, salt[colours], size))
        distinct, colours = np.unique(state, return_inverse=True)
        if len(distinct) == before:
            break
        before = len(distinct)
    return colours[: held.records], colours[held.records :]


def _gather(column: Ints, hashes: Hashes, size: Ints) -> Hashes:
    """Return for each record the hash of its token: of the multiset of colours of the token's records."""
    present = column != NOBODY
    # A sum modulo 2^64 of random hashes is a hash of the multiset.
    total = size.astype(np.uint64)
    np.add.at(total, column[present], hashes[present])
    result = np.zeros(len(column), dtype=np.uint64)
    result[present] = _mix(total[column[present]])
    return result


def _join(held: TokenTable, listed: TokenTable) -> tuple[Ints, Guesses]:
    """Return both tables as one, with tokens of the list numbered after held ones, and sizes."""
    first = np.array([len(size) for size in held.sizes])
    shifted = np.where(listed.tokens == NOBODY, NOBODY, listed.tokens + first)
    sizes = tuple(np.concatenate(pair) for pair in zip(held.sizes, listed.sizes, strict=True))
    return np.concatenate([held.tokens, shifted]), sizes


def _pair_classes(held: Ints, listed: Ints) -> Ints:
    order = np.argsort(listed, kind="stable")
    ranked = listed[order]
    by_colour = np.argsort(held, kind="stable")
    colour = held[by_colour]
    place = np.arange(len(held)) - np.searchsorted(colour, colour)  # among held records of its colour
    start, end = np.searchsorted(ranked, colour), np.searchsorted(ranked, colour, side="right")
    named = np.full(len(held), NOBODY, dtype=np.int64)
    found = end > start
    position = start[found] + place[found] % (end - start)[found]
    named[by_colour[found]] = order[position]
    return named


def _mix(values: Hashes) -> Hashes:
    mixed: Hashes = (values ^ (values >> SHIFT)) * MULTIPLIER
    return mixed ^ (mixed >> SHIFT)
