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
LEAST_SIGNAL = 0.1  # of an axis' variance


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Principal axes.

    Attributes:
        scores: By falling variance, shape (rows, axes); every axis has positive skew.
        noise: Variance that noise has along every axis, whether the key's collisions or a hardening's.
    """

    scores: Floats
    noise: float


def find_axes(bits: Floats, count: int) -> Axes:
    """Return the scores of rows along at most `count` principal axes."""
    centred = bits - bits.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(bits))
    scores = centred @ directions[:, ::-1][:, : min(count, *bits.shape)]
    # What the data have to say is in few axes, so the axis in the middle shows the noise.
    return Axes(_sign(scores), float(np.median(variances)))


def standardise(values: Floats) -> Floats:
    """Return columns with mean 0 and deviation 1; constant columns become 0."""
    deviation = values.std(axis=0)
    centred = values - values.mean(axis=0)
    scaled: Floats = (centred / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    return scaled


def find_independent(scores: Floats, *, noise: float) -> Floats:
    """Return independent components by symmetric FastICA with skewness as contrast.

    Skewness finds rare n-grams, of which there are many, and gives every component its sign. It is blind to
    noise that has none, so axes are scaled by what they have beyond the noise: only thus are n-grams at
    right angles again in noisy encodings.

    Args:
        scores: Principal scores, shape (rows, axes).
        noise: Their noise variance.

    Source: Hyvärinen (1999), Fast and robust fixed-point algorithms for independent component analysis.
    """
    variances = scores.var(axis=0)
    signal = np.maximum(variances - noise, LEAST_SIGNAL * variances)
    white = ((scores - scores.mean(axis=0)) / np.sqrt(np.maximum(signal, 1e-12))).astype(np.float32)
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
    return _sign(standardise(white @ rotation))


def _sign(scores: Floats) -> Floats:
    """Return the columns with the sign that makes their skew positive."""
    signed: Floats = (scores * np.where((scores**3).sum(axis=0) < 0, -1, 1)).astype(np.float32)
    return signed
