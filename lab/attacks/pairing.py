"""Pair rows of two embeddings: hubness-corrected neighbours, mutual pairs, and rotations learnt from them.

Layer: lab. Pure numpy.
"""

from dataclasses import dataclass

import numpy as np

from lab.attacks.observation import Floats, Ints

HUB_NEIGHBOURS = 10  # neighbours whose mean similarity is taken off, so that no row is everyone's nearest


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
    corrected = 2 * similarity
    corrected -= _get_density(similarity)[:, None]
    corrected -= _get_density(np.ascontiguousarray(similarity.T))
    nearest, back = corrected.argmax(axis=1), corrected.argmax(axis=0)
    held = np.flatnonzero(back[nearest] == np.arange(len(nearest)))
    listed = nearest[held]
    best = corrected[held, listed]
    # With the best of every row taken out, the greatest that is left is the runner-up.
    corrected[np.arange(len(nearest)), nearest] = -np.inf
    margin = best - np.maximum(corrected.max(axis=1)[held], corrected.max(axis=0)[listed])
    order = np.argsort(-margin, kind="stable")
    return Pairing(nearest, held[order], listed[order])


def rotate(held: Floats, listed: Floats, *, pairs: tuple[Ints, Ints]) -> Floats:
    """Return listed scores rotated onto held ones as the pairs (held rows, listed rows) ask.

    Source: Schönemann (1966), A generalized solution of the orthogonal Procrustes problem.
    """
    left, _, right = np.linalg.svd(listed[pairs[1]].T @ held[pairs[0]])
    rotated: Floats = listed @ (left @ right)
    return rotated


def _get_density(similarity: Floats) -> Floats:
    count = min(HUB_NEIGHBOURS, similarity.shape[1])
    density: Floats = np.partition(similarity, -count, axis=1)[:, -count:].mean(axis=1)
    return density
