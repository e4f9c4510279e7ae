"""Pair rows of two embeddings: hubness-corrected neighbours, mutual pairs, and rotations learnt from them.

Layer: lab. Pure numpy.
"""

from dataclasses import dataclass

import numpy as np

from lab.attacks.observation import Floats, Ints

HUB_NEIGHBOURS = 10  # neighbours whose mean similarity is taken off, so that no row is everyone's nearest
HUB_PARTS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Who is nearest to whom.

    Attributes:
        nearest: Listed person nearest to each held row, shape (held,).
        held: Held rows whose nearest person has them as nearest too, the surest first.
        listed: The person of each of those rows.
    """

    nearest: Ints
    held: Ints
    listed: Ints


def normalise(rows: Floats) -> Floats:
    """Return rows of length 1; zero rows stay zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    return scaled


def compare(held: Floats, listed: Floats) -> Floats:
    """Return cosine similarities, shape (held, listed)."""
    similarity: Floats = normalise(held) @ normalise(listed).T
    return similarity


def pair_rows(similarity: Floats) -> Pairing:
    """Return nearest and mutual pairs of a similarity matrix, corrected for hubs.

    Source: Conneau et al. (2018), Word translation without parallel data, section 2.3 (CSLS).
    """
    by_row, by_column = _get_density(similarity, axis=1), _get_density(similarity, axis=0)
    corrected = 2 * similarity
    corrected -= by_row[:, None]
    corrected -= by_column
    rows, nearest = np.arange(len(similarity)), corrected.argmax(axis=1)
    best = corrected[rows, nearest]
    held = np.flatnonzero(best == corrected.max(axis=0)[nearest])
    # With the best of every row taken out, the greatest that is left is the runner-up.
    corrected[rows, nearest] = -np.inf
    second = np.maximum(corrected.max(axis=1)[held], corrected.max(axis=0)[nearest[held]])
    held = held[np.argsort(second - best[held], kind="stable")]
    return Pairing(nearest, held, nearest[held])


def rotate(held: Floats, listed: Floats, *, pairs: tuple[Ints, Ints]) -> Floats:
    """Return listed scores rotated onto held ones as the pairs (held rows, listed rows) ask.

    Source: Schönemann (1966), A generalized solution of the orthogonal Procrustes problem.
    """
    left, _, right = np.linalg.svd(listed[pairs[1]].T @ held[pairs[0]])
    rotated: Floats = listed @ (left @ right)
    return rotated


def _get_density(similarity: Floats, *, axis: int) -> Floats:
    """Return the mean of the greatest similarities along an axis, each the greatest of its own part.

    Parts make this many times faster than ordering all similarities, and as good a correction.
    """
    parts = np.array_split(similarity, min(HUB_PARTS, similarity.shape[axis]), axis=axis)
    greatest = np.stack([part.max(axis=axis) for part in parts], axis=1)
    count = min(HUB_NEIGHBOURS, greatest.shape[1])
    density: Floats = np.partition(greatest, -count, axis=1)[:, -count:].mean(axis=1)
    return density
