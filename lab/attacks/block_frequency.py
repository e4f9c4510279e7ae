"""Align block tokens with the list's salt values by how many rows they have, and name the people in them.

Layer: lab. Pure numpy. This needs nothing tied and no encoding, so it works on any view that shows blocks.
Aligning sorted sizes is optimal for sizes alone; among equal sizes, and inside a block, what else is there
is the bit counts of encodings, which keys change little.

Source: after Christen et al. (2017), Efficient cryptanalysis of Bloom filters for privacy-preserving
record linkage (frequency alignment).
"""

import numpy as np

from lab.attacks.observation import NOBODY, Floats, Guesses, Ints, Knowledge, Observation, View, get_blocks
from lab.attacks.token_table import count_bits


def align_block_sizes(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row of every view that shows blocks."""
    listed = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))
    rng = np.random.default_rng(knowledge.seed)
    return tuple(
        np.full(view.rows, NOBODY, dtype=np.int64)
        if view.blocks is None
        else name_by_size(view, own, person, rng)
        for view, (own, person) in zip(observation.views, listed, strict=True)
    )


def name_by_size(held: View, listed: View, person: Ints, rng: np.random.Generator) -> Ints:
    """Return a person for each row of a view with blocks: ranked rows of a block get its ranked people.

    Args:
        held: What the coordinator has.
        listed: The list's own view.
        person: Person of each of its rows.
        rng: Orders what nothing else does.
    """
    first, second = _rank(held, rng), _rank(listed, rng)
    named = np.full(held.rows, NOBODY, dtype=np.int64)
    for rows, others in zip(first, second, strict=False):
        both = min(len(rows), len(others))
        named[rows[:both]] = person[others[:both]]
    return named


def _rank(view: View, rng: np.random.Generator) -> list[Ints]:
    """Return the rows of each block by bit count, blocks by falling size and then by mean bit count."""
    blocks, bits = get_blocks(view), count_bits(view)
    _, numbers, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
    means: Floats = (np.bincount(numbers, bits) / np.maximum(sizes, 1)).astype(np.float32)
    order = np.lexsort((rng.random(len(sizes)), -means, -sizes))
    rows = np.lexsort((rng.random(len(numbers)), -bits, numbers))
    starts = np.cumsum(sizes) - sizes
    return [rows[starts[block] : starts[block] + sizes[block]] for block in order]
