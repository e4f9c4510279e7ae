"""Look rows up in the list encoded under the members' own secret: the limit of keyed encodings.

Layer: lab. Pure numpy. A member who colludes with the coordinator, or whose secret leaks, opens everything
that is under it; no keyed scheme can do better, and a report should show so. Without the secret the attack
names no one.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from lab.attacks.observation import (
    NOBODY,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_bits,
    get_blocks,
    name_nobody,
)
from lab.attacks.pairing import compare
from lab.attacks.token_table import spread_names

ROWS_AT_ONCE, RECORDS_AT_ONCE = 2_000, 500  # bound the comparisons in memory


def look_up_rows(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name the person whose own row is equal, or most similar, for every row; nobody without the secret.

    A row of a view with both a token and an encoding is compared with the people of its block, who are the
    only ones under its key; a row whose block the list lacks is left out.
    """
    if knowledge.leaked_secret is None:
        return name_nobody(observation)
    listed = knowledge.scheme.encode(knowledge.people, knowledge.leaked_secret)
    if observation.ties is not None and all(view.encodings is None for view in observation.views):
        return spread_names(observation, _look_up_records(observation, listed, len(knowledge.people)))
    return tuple(
        _look_up(view, own, person) for view, (own, person) in zip(observation.views, listed, strict=True)
    )


def _look_up_records(observation: Observation, listed: Sequence[tuple[View, Ints]], people: int) -> Ints:
    """Return for each tied record the person with most of its tokens."""
    named = np.full(len(observation.ties if observation.ties is not None else ()), NOBODY, dtype=np.int64)
    sides = [_join(observation, index, encoded, people) for index, encoded in enumerate(listed)]
    for start in range(0, len(named), RECORDS_AT_ONCE):
        part = slice(start, start + RECORDS_AT_ONCE)
        shared = sum((held[part] @ own.T).toarray() for held, own in sides)
        named[part] = np.asarray(shared).argmax(axis=1)
    return named


def _look_up(held: View, listed: View, person: Ints) -> Ints:
    if held.encodings is None:
        return _look_up_tokens(held, listed, person)
    named = np.full(held.rows, NOBODY, dtype=np.int64)
    for rows, own in _group_rows(held, listed):
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            similarity = compare(get_bits(held.take(part)), get_bits(listed.take(own)))
            named[part] = person[own[similarity.argmax(axis=1)]]
    return named


def _look_up_tokens(held: View, listed: View, person: Ints) -> Ints:
    """Return people for rows: the rows of a block get its people in turn, as nothing else is there."""
    named = np.full(held.rows, NOBODY, dtype=np.int64)
    for rows, own in _group_rows(held, listed):
        named[rows] = person[np.resize(own, len(rows))]
    return named


def _join(
    observation: Observation, index: int, listed: tuple[View, Ints], people: int
) -> tuple[csr_array, csr_array]:
    """Return one view's matrices of held records and tokens and of people and the same tokens."""
    own, person = listed
    rows = observation.ties[:, index] if observation.ties is not None else np.empty(0, dtype=np.int64)
    blocks, own_blocks = get_blocks(observation.views[index]), get_blocks(own)
    distinct, numbers = np.unique(np.concatenate([blocks, own_blocks]), return_inverse=True)
    present = np.flatnonzero(rows != NOBODY)
    return (
        _make_incidence(present, numbers[rows[present]], shape=(len(rows), len(distinct))),
        _make_incidence(person, numbers[len(blocks) :], shape=(people, len(distinct))),
    )


def _make_incidence(rows: Ints, columns: Ints, *, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def _group_rows(held: View, listed: View) -> Iterator[tuple[Ints, Ints]]:
    """Yield the rows of both sides in each block that both have; all of them for a view without blocks."""
    if held.blocks is None or listed.blocks is None:
        yield np.arange(held.rows), np.arange(listed.rows)
        return
    order, own_order = (np.argsort(get_blocks(view), kind="stable") for view in (held, listed))
    ranked, own_ranked = held.blocks[order], listed.blocks[own_order]
    for block in np.intersect1d(ranked, own_ranked):
        rows = order[np.searchsorted(ranked, block) : np.searchsorted(ranked, block, side="right")]
        first, last = (np.searchsorted(own_ranked, block, side=side) for side in ("left", "right"))
        yield rows, own_order[first:last]
