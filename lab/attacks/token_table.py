"""Which record has which block token in each view: the graph of records and tokens as one table.

Layer: lab. Pure. The same table is made of what a coordinator holds tied together and of the attacker's
own list under a key of its own; token numbers of the two tables have nothing in common but how they join
records. A record that has several rows in a view is in the table with the last of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from lab.attacks.observation import (
    NOBODY,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_blocks,
    name_nobody,
)


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """The tokens of records.

    Attributes:
        tokens: Token of each record in each view, numbered from 0 within the view, shape (records,
            views); NOBODY where the record takes no part.
        sizes: For each view, how many rows of the whole view have each token: more than the records of
            the table when only some records are tied.
    """

    tokens: Ints
    sizes: tuple[Ints, ...]

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self.tokens)

    @property
    def views(self) -> int:
        """How many views there are."""
        return len(self.sizes)

    def get_incidence(self, view: int) -> csr_array:
        """Return the view's matrix of records and tokens with a one where they meet."""
        present = np.flatnonzero(self.tokens[:, view] != NOBODY)
        ones = np.ones(len(present), dtype=np.float32)
        shape = (self.records, len(self.sizes[view]))
        return csr_array((ones, (present, self.tokens[present, view])), shape=shape)

    def take(self, records: Ints) -> "TokenTable":
        """Return the table of these records alone, with sizes as if there were no others."""
        columns = [_number(column) for column in self.tokens[records].T]
        return TokenTable(np.stack([one for one, _ in columns], axis=1), tuple(sizes for _, sizes in columns))


def find_block_views(observation: Observation) -> list[int]:
    """Return the positions of the views that show blocks."""
    return [index for index, view in enumerate(observation.views) if view.blocks is not None]


def make_held_table(observation: Observation) -> TokenTable | None:
    """Return the table of tied records over the views that show blocks; None when nothing is tied."""
    shown = find_block_views(observation)
    if observation.ties is None or not shown or not len(observation.ties):
        return None
    columns = [_follow(observation.views[index], observation.ties[:, index]) for index in shown]
    return TokenTable(np.stack([one for one, _ in columns], axis=1), tuple(sizes for _, sizes in columns))


def make_listed_table(observation: Observation, knowledge: Knowledge) -> TokenTable:
    """Return the table of the attacker's list under a key of its own, over the same views."""
    encoded = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))
    columns = []
    for index in find_block_views(observation):
        view, person = encoded[index]
        rows = np.full(len(knowledge.people), NOBODY, dtype=np.int64)
        rows[person] = np.arange(view.rows)
        columns.append(_follow(view, rows))
    return TokenTable(np.stack([one for one, _ in columns], axis=1), tuple(sizes for _, sizes in columns))


def spread_names(observation: Observation, named: Ints) -> Guesses:
    """Return guesses that give every tied row the person named for its record."""
    guesses = name_nobody(observation)
    if observation.ties is None:
        return guesses
    for view, guess in enumerate(guesses):
        rows = observation.ties[:, view]
        guess[rows[rows != NOBODY]] = named[rows != NOBODY]
    return guesses


def count_bits(view: View) -> NDArray[np.float64]:
    """Return how many bits each row's encoding has, shape (rows,); zeros without encodings."""
    if view.encodings is None:
        return np.zeros(view.rows)
    counts: NDArray[np.float64] = np.bitwise_count(view.encodings).sum(axis=1).astype(np.float64)
    return counts


def _follow(view: View, rows: Ints) -> tuple[Ints, Ints]:
    numbers, sizes = _number(get_blocks(view))
    return np.where(rows == NOBODY, NOBODY, numbers[rows] if len(numbers) else NOBODY), sizes


def _number(tokens: Ints) -> tuple[Ints, Ints]:
    """Return tokens numbered from 0 with NOBODY left as it is, and how often each occurs."""
    present = tokens != NOBODY
    distinct, inverse = np.unique(tokens[present], return_inverse=True)
    numbers = np.full(len(tokens), NOBODY, dtype=np.int64)
    numbers[present] = inverse
    return numbers, np.bincount(inverse, minlength=len(distinct)).astype(np.int64)
