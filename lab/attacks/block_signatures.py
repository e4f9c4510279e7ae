"""Recognise blocks of encodings by what keys leave alike in them, and name the people inside.

Layer: lab. Pure. A block's signature is its size, its bit counts and its inner similarities, sorted so that
neither key nor order matters. The attacker makes the blocks of its list under two keys of its own, which
teaches it how far a key moves each part of a signature, and compares in that measure. The likeliest list
blocks of each held block are aligned row by row (:mod:`lab.attacks.in_block`); the best fit gives names.
Blocks that an already known record identifies need no signature. Where views show no tokens the blocks are
recovered first (:mod:`lab.attacks.block_recovery`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lab.attacks.block_frequency import name_by_size
from lab.attacks.block_recovery import recover_blocks
from lab.attacks.in_block import MOST_ROWS, align_rows, measure_similarity
from lab.attacks.observation import (
    NOBODY,
    Floats,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_bits,
    get_blocks,
    name_nobody,
)

Signature = NDArray[np.float64]
Signatures = NDArray[np.float64]
_Encoded = tuple[View, Ints]

COUNT_SHARES, NEAREST_SHARES = np.linspace(0, 1, 9), np.linspace(0, 1, 7)
SIMILARITY_SHARES = np.array([0, 0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1])
LEAST_TRIED, MOST_TRIED, TRIED_IN_ALL = 3, 12, 300  # list blocks that held blocks are aligned with
SIZE_NOISE = 0.05  # of a log size, so that a list which misses a few people still has its block
RIDGE = 0.05  # of the deviation between blocks, under which no part's noise is taken to lie
CERTAIN = 0.62  # fit over which no other block is tried
LEAST_BLOCK = 2  # rows; a single one has no signature beyond its bit count


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One view's bits and the rows of each block that can be compared inside."""

    bits: Floats
    blocks: Sequence[Ints]

    def sign(self) -> Signatures:
        """Return the signature of each block."""
        return np.array([sign_block(self.bits[rows]) for rows in self.blocks])


def match_block_signatures(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person for the rows of every view with encodings; nobody where there are no blocks."""
    if all(view.encodings is None for view in observation.views):
        return name_nobody(observation)
    shadows = [knowledge.scheme.encode(knowledge.people, knowledge.draw_secret(label)) for label in "AB"]
    rng = np.random.default_rng(knowledge.seed)
    return tuple(
        nobody
        if view.encodings is None
        else _match_view(view, (shadows[0][index], shadows[1][index]), anchors=known, rng=rng)
        for index, (view, known, nobody) in enumerate(
            zip(observation.views, knowledge.anchors, name_nobody(observation), strict=True)
        )
    )


def sign_block(bits: Floats) -> Signature:
    """Return what a block of rows shows under any key: size, sorted bit counts, sorted similarities."""
    similarity = measure_similarity(bits)
    pairs = similarity[np.triu_indices(len(bits), 1)]
    np.fill_diagonal(similarity, 0)
    counts = np.quantile(bits.sum(axis=1), COUNT_SHARES)
    nearest = np.quantile(similarity.max(axis=1), NEAREST_SHARES)
    return np.concatenate([[np.log(len(bits))], counts, np.quantile(pairs, SIMILARITY_SHARES), nearest])


def _match_view(
    held: View, shadows: tuple[_Encoded, _Encoded], *, anchors: Ints, rng: np.random.Generator
) -> Ints:
    (own, person), again = shadows
    shown, listed = _show_blocks(held, rng), _show_blocks(own, rng)
    named = name_by_size(shown, listed, person, rng)
    first, second = _list_blocks(shown), _list_blocks(listed)
    if not first.blocks or not second.blocks:
        return named
    rows = np.full(int(person.max()) + 1, NOBODY, dtype=np.int64)
    rows[person] = np.arange(own.rows)
    known = np.stack([anchors[:, 0], rows[anchors[:, 1]]], axis=1)
    likely = _find_likely(first, second, _follow_people(second, person, again))
    for block, candidates in zip(first.blocks, likely, strict=True):
        tried = _prefer_known(block, candidates, known=known, side=second)
        fitted = _align((first, second), block, tried, known=known, rng=rng)
        named[block] = np.where(fitted == NOBODY, NOBODY, person[fitted])
    return named


def _show_blocks(view: View, rng: np.random.Generator) -> View:
    """Return the view with its blocks, recovered if it hides them."""
    if view.blocks is not None:
        return view
    return View(view.name, view.encodings, recover_blocks(get_bits(view), rng=rng))


def _list_blocks(view: View) -> _Side:
    blocks = get_blocks(view)
    order = np.argsort(blocks, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(blocks[order])) + 1)
    return _Side(get_bits(view), [rows for rows in groups if LEAST_BLOCK <= len(rows) <= MOST_ROWS])


def _follow_people(side: _Side, person: Ints, again: _Encoded) -> _Side:
    """Return the same people's blocks under the second key."""
    view, people = again
    rows = np.full(int(people.max()) + 1, NOBODY, dtype=np.int64)
    rows[people] = np.arange(view.rows)
    return _Side(get_bits(view), [rows[person[block]] for block in side.blocks])


def _find_likely(held: _Side, listed: _Side, again: _Side) -> Ints:
    """Return for each held block the list blocks of nearest signature, shape (blocks, tried)."""
    signatures, others = listed.sign(), again.sign()
    spread = np.maximum(signatures.std(axis=0), 1e-9)
    # A key shifts all counts and all similarities of a block together, hence whole covariances.
    gap = (signatures - others) / spread
    noise = gap.T @ gap / (2 * len(gap)) + RIDGE * np.eye(gap.shape[1])
    noise[0, 0] += (SIZE_NOISE / spread[0]) ** 2
    whiten = np.linalg.inv(np.linalg.cholesky(noise)).T / spread[:, None]
    tried = np.clip(TRIED_IN_ALL // len(held.blocks), LEAST_TRIED, MOST_TRIED)
    count = min(int(tried), len(signatures))
    _, nearest = cKDTree(signatures @ whiten).query(held.sign() @ whiten, k=[*range(1, count + 1)])
    return np.asarray(nearest, dtype=np.int64)


def _prefer_known(block: Ints, candidates: Ints, *, known: Ints, side: _Side) -> list[Ints]:
    """Return the list blocks to try: the one of a known row if there is any, or the likely ones."""
    inside = known[np.isin(known[:, 0], block), 1]
    certain = [rows for rows in side.blocks if np.isin(inside, rows).any()] if len(inside) else []
    return certain or [side.blocks[candidate] for candidate in candidates]


def _align(
    sides: tuple[_Side, _Side],
    block: Ints,
    candidates: Sequence[Ints],
    *,
    known: Ints,
    rng: np.random.Generator,
) -> Ints:
    """Return the list's row for each row of a block: each candidate is looked at, the best one searched."""
    held, listed = sides
    looked = []
    for rows in candidates:
        seeds = known[np.isin(known[:, 0], block) & np.isin(known[:, 1], rows)]
        places = np.stack([_find_places(block, seeds[:, 0]), _find_places(rows, seeds[:, 1])], axis=1)
        found = align_rows(held.bits[block], listed.bits[rows], rng=None, known=places)
        looked.append((found, rows, places))
        if found.fit >= CERTAIN:
            break
    found, rows, places = max(looked, key=lambda one: one[0].fit)
    if found.fit < CERTAIN:
        found = align_rows(held.bits[block], listed.bits[rows], rng=rng, known=places)
    return np.where(found.listed == NOBODY, NOBODY, rows[found.listed])


def _find_places(rows: Ints, wanted: Ints) -> Ints:
    order = np.argsort(rows)
    places: Ints = order[np.searchsorted(rows[order], wanted)]
    return places
