"""What an attacker holds and knows, and the truth that only the lab has.

Layer: lab. Pure. The attacker is the coordinator, or whoever breaks into it: it holds rows by view (an
encoding, a block token, or both), sees which rows are tied to one record where a scheme ties them, knows
the scheme but not the key, and has a population list. It may know who is behind some records. New
encodings plug in as a :class:`Scheme`; attacks see only an :class:`Observation` and :class:`Knowledge`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.encoder import Encodings

Person = Mapping[str, str]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

NOBODY = -1
"""Stands for no row or no person of the list."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One way in which records are encoded: a row for each record that takes part in it.

    Attributes:
        name: Of the view, for reports.
        encodings: Packed bits, shape (rows, bytes), or None when the view is block tokens alone.
        blocks: Number of the block of each row, shape (rows,), or None without blocks. Numbers stand for
            keyed tokens: only their equality means anything.
    """

    name: str
    encodings: Encodings | None
    blocks: Ints | None

    @property
    def rows(self) -> int:
        """How many rows the view has."""
        return len(self.encodings) if self.encodings is not None else len(get_blocks(self))

    def take(self, order: Ints) -> "View":
        """Return the view with only these rows, in this order."""
        return View(
            self.name,
            None if self.encodings is None else self.encodings[order],
            None if self.blocks is None else self.blocks[order],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What the coordinator holds.

    Attributes:
        views: Each in an order of its own unless tied.
        ties: Row of each record in each view, shape (records, views), NOBODY where it has none; None
            when nothing ties rows of different views.
    """

    views: tuple[View, ...]
    ties: Ints | None


class Scheme(Protocol):
    """A way of turning people into rows, known to the attacker except for its secret."""

    @property
    def name(self) -> str:
        """Short name, as on the command line."""

    @property
    def is_tied(self) -> bool:
        """Whether the coordinator sees which rows of different views are one record."""

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        """Return each view with, for every row, the index of its person."""


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What the attacker brings.

    Attributes:
        scheme: How the rows were made.
        people: The population list, standing in for registers and leaked lists.
        anchors: For each view, (row, person of the list) of records it knows already, shape (known, 2).
        seed: Of the attacker's own choices.
        leaked_secret: The members' secret, for the one attack that shows the limit of keyed encodings.
    """

    scheme: Scheme
    people: Sequence[Person]
    anchors: tuple[Ints, ...]
    seed: int
    leaked_secret: bytes | None = None

    def draw_secret(self, label: str) -> bytes:
        """Return a key of the attacker's own for shadow encodings."""
        return np.random.default_rng([self.seed, *label.encode()]).bytes(32)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Who is behind the rows; never given to an attack.

    Attributes:
        records: For each view, the record of each row.
        listed: Person of the list behind each record, NOBODY when the list lacks it.
        known: Whether the attacker knew the record beforehand.
        resolved: Whether members resolved the record in the round, so that its rows are tied.
    """

    records: tuple[Ints, ...]
    listed: Ints
    known: Flags
    resolved: Flags


Guesses = tuple[Ints, ...]
"""For each view, the person of the list named for each row, or NOBODY."""


def get_blocks(view: View) -> Ints:
    """Return the view's block numbers; an empty array stands for none."""
    return np.empty(0, dtype=np.int64) if view.blocks is None else view.blocks


def get_bits(view: View) -> Floats:
    """Return the view's encodings as 0.0 and 1.0, shape (rows, bits); empty without encodings."""
    if view.encodings is None:
        return np.empty((view.rows, 0), dtype=np.float32)
    return np.unpackbits(view.encodings, axis=1).astype(np.float32)


def name_nobody(observation: Observation) -> Guesses:
    """Return guesses that name no one."""
    return tuple(np.full(view.rows, NOBODY, dtype=np.int64) for view in observation.views)
