"""Recognise rows by how often they occur: equal rows of a view stand for equal values, whatever the key.

Layer: lab. Pure numpy. Encoding is deterministic, so records with equal values give equal rows, and several
equal rows form a class. Its multiplicity, with the size of its block and its bit count, survives any key;
the list has the same classes. Only classes of two and more rows are named: single rows carry no such mark.

Source: after the frequency attacks on Bloom filters of Kuzu et al. (2011), A constraint satisfaction
cryptanalysis of Bloom filters in private record linkage.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from lab.attacks.observation import Guesses, Ints, Knowledge, Observation, View, name_nobody
from lab.attacks.token_table import count_bits
from lab.attacks.token_traits import Traits

MULTIPLICITY_WEIGHT, BLOCK_WEIGHT = 20.0, 10.0  # of logarithms, against bits of a bit count
FEWEST_ROWS = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Classes:
    """Classes of equal rows: the rows of each, and traits that keys leave nearly alone."""

    rows: list[Ints]
    traits: Traits


def match_duplicates(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person for the rows that have equals in their view; nobody for all others."""
    guesses = name_nobody(observation)
    if all(view.encodings is None for view in observation.views):
        return guesses
    listed = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))
    for view, (own, person), named in zip(observation.views, listed, guesses, strict=True):
        first, second = _find_classes(view), _find_classes(own)
        if not first.rows or not second.rows:
            continue
        nearest = np.asarray(cKDTree(second.traits).query(first.traits)[1])
        for rows, found in zip(first.rows, nearest, strict=True):
            # In turn, as people with equal values are told apart by nothing in this view.
            named[rows] = person[np.resize(second.rows[found], len(rows))]
    return guesses


def _find_classes(view: View) -> _Classes:
    if view.encodings is None:
        return _Classes([], np.empty((0, 3)))
    whole = view.encodings
    if view.blocks is not None:
        # Equal rows of different blocks would be chance.
        whole = np.hstack([whole, view.blocks.astype(">i8")[:, None].view(np.uint8)])
    classes = np.unique(whole, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(classes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(classes[order])) + 1)
    rows = [group for group in groups if len(group) >= FEWEST_ROWS]
    return _Classes(rows, _describe(view, rows))


def _describe(view: View, classes: list[Ints]) -> Traits:
    if not classes:
        return np.empty((0, 3))
    first = np.array([rows[0] for rows in classes])
    multiplicity = np.log([len(rows) for rows in classes])
    sizes = np.ones(view.rows)
    if view.blocks is not None:
        _, numbers, counts = np.unique(view.blocks, return_inverse=True, return_counts=True)
        sizes = counts[numbers].astype(np.float64)
    columns = [
        MULTIPLICITY_WEIGHT * multiplicity,
        BLOCK_WEIGHT * np.log(sizes[first]),
        count_bits(view)[first],
    ]
    return np.column_stack(columns)


def count_duplicates(view: View) -> Ints:
    """Return how many rows of the view equal each row in encoding and block, itself included."""
    equal = np.ones(view.rows, dtype=np.int64)
    for rows in _find_classes(view).rows:
        equal[rows] = len(rows)
    return equal
