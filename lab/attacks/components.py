"""Axes of a set of encodings that do not depend on the key: principal and independent components.

Layer: lab. Pure numpy. Encodings under two keys share no bit position, but both are (nearly) linear images
of the same n-grams, so their axes correspond. Principal axes are found up to order, sign and, where
variances are close, rotation; independent components resolve the rotation, because n-grams are far from
Gaussian. :mod:`lab.attacks.assignment` says which component of one set is which of another.
"""

from dataclasses import dataclass

import numpy as np

from lab.attacks.observation import Floats

FIXED_POINT_ROUNDS = 150
FIXED_POINT_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Scores along principal axes, by falling variance, shape (rows, axes); every axis has positive skew."""

    scores: Floats


def find_axes(bits: Floats, count: int) -> Axes:
    """Return the scores of rows along at most `count` principal axes."""
    centred = bits - bits.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred / len(bits))
    scores = centred @ directions[:, ::-1][:, : min(count, *bits.shape)]
    return Axes(_sign(scores))


def standardise(values: Floats) -> Floats:
    """Return columns with mean 0 and deviation 1; constant columns become 0."""
    deviation = values.std(axis=0)
    centred = values - values.mean(axis=0)
    scaled: Floats = (centred / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    return scaled


def find_independent(scores: Floats) -> Floats:
    """Return independent components by symmetric FastICA with skewness as contrast.

    Skewness finds rare n-grams, of which there are many, and gives every component its sign.

    Args:
        scores: Principal scores, shape (rows, axes).

    Source: Hyvärinen (1999), Fast and robust fixed-point algorithms for independent component analysis.
    """
    white = standardise(scores)
    rotation = np.eye(white.shape[1], dtype=np.float32)
    for _ in range(FIXED_POINT_ROUNDS):
        sources = white @ rotation
        gradient = white.T @ sources**2 / len(white) - rotation * (2 * sources.mean(axis=0))
        left, _, right = np.linalg.svd(gradient)
        turned = left @ right
        moved = 1 - float(np.abs((turned * rotation).sum(axis=0)).min())
        rotation = turned
        if moved < FIXED_POINT_TOLERANCE:
            break
    return _sign(white @ rotation)


def _sign(scores: Floats) -> Floats:
    """Return the columns with the sign that makes their skew positive."""
    signed: Floats = (scores * np.where((scores**3).sum(axis=0) < 0, -1, 1)).astype(np.float32)
    return signed
