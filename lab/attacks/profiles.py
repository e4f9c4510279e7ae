"""Learn which traits of a record in a similarity graph survive another key and another population.

Layer: lab. Pure numpy. A record's traits are its weight, the quantiles of its similarities to all others,
the same averaged over its neighbours, and its place on the leading axes. The attacker makes pairs of
shadow graphs of its own list, under different keys and over overlapping halves, in which it knows who is
who; canonical correlation on them weighs the traits. This needs no clear-cut n-grams, so it still works
where noise hides components.

Source: after Vidanage et al. (2020), A graph matching attack on PPRL; Schäfer, Armknecht and Heng (2024).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from lab.attacks.components import find_axes, standardise
from lab.attacks.observation import Floats, Ints, Knowledge, get_bits
from lab.attacks.pairing import compare

RANK_SHARES = np.array([
    0, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9,
    0.95, 0.98, 0.99,
])  # fmt: skip
LEADING_AXES = 12
ROWS_AT_ONCE = 500  # of similarities, so that memory stays small
SHADOW_SHARE = 0.65  # of the list in each shadow, so that two share about a third
SHADOW_PAIRS = 2
RIDGE = 0.02
KEPT = 40


@dataclass(frozen=True, slots=True, eq=False)
class _Canonical:
    """Directions in the space of traits and how well each survives, 0 to 1."""

    directions: Floats
    correlations: Floats


def compare_profiles(bits: Floats, own: Floats, knowledge: Knowledge, *, view: int) -> Floats:
    """Return how alike rows and people of the list are in what the shadows taught, shape (rows, own rows).

    Args:
        bits: The stolen encodings.
        own: The attacker's own encodings of the list.
        knowledge: With the list that shadows are made of.
        view: Position of the encodings' view in the scheme.
    """
    learnt = _learn(knowledge, view)
    weight = (learnt.correlations / np.sqrt(1 - learnt.correlations**2)).astype(np.float32)
    return compare(_project(find_traits(bits), learnt, weight), _project(find_traits(own), learnt, weight))


def find_traits(bits: Floats) -> Floats:
    """Return traits of every row, Gaussian by rank, shape (rows, traits)."""
    weights = bits.sum(axis=1)
    similarity = bits @ bits.T
    similarity *= 2 / np.maximum(weights[:, None] + weights[None], 1)
    np.fill_diagonal(similarity, 0)
    starts = range(0, len(bits), ROWS_AT_ONCE)
    rows = [_describe_rows(similarity[start : start + ROWS_AT_ONCE]) for start in starts]
    own = standardise(np.column_stack([weights, np.vstack(rows)]).astype(np.float32))
    scores = standardise(find_axes(bits, LEADING_AXES).scores)
    middle = float(np.median(similarity[:ROWS_AT_ONCE]))
    averaged = np.hstack([own, own**2, scores**2])
    around = [_average_near(similarity[start : start + ROWS_AT_ONCE], averaged, middle) for start in starts]
    return _make_gaussian(np.hstack([own, scores, scores**2, np.vstack(around)]))


def _describe_rows(similarity: Floats) -> Floats:
    """Return moments and upper quantiles of each row's similarities to the others."""
    ranked = np.sort(similarity, axis=1)[:, ::-1][:, :-1]  # the last is the row's own, set to 0
    mean, deviation = ranked.mean(axis=1), ranked.std(axis=1)
    scaled = (ranked - mean[:, None]) / np.maximum(deviation, 1e-6)[:, None]
    squared = scaled * scaled
    places = (RANK_SHARES * (ranked.shape[1] - 1)).astype(int)
    moments = [mean, deviation, (squared * scaled).mean(axis=1), (squared * squared).mean(axis=1)]
    return np.column_stack([*moments, ranked[:, places]]).astype(np.float32)


def _average_near(similarity: Floats, values: Floats, middle: float) -> Floats:
    """Return the mean of others' values, weighed by similarity over the middle and by a high power of it."""
    above = np.clip(similarity - middle, 0, None)
    power = ((similarity**2) ** 2) ** 2
    return np.hstack([_weigh(each) @ values for each in (above, power)])


def _weigh(similarity: Floats) -> Floats:
    weighed: Floats = similarity / np.maximum(similarity.sum(axis=1, keepdims=True), 1e-9)
    return weighed


def _make_gaussian(values: Floats) -> Floats:
    ranks = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable")
    gaussian: Floats = ndtri((ranks + 0.5) / len(values)).astype(np.float32)
    return gaussian


def _encode(knowledge: Knowledge, people: Ints, *, view: int, label: str) -> Floats:
    chosen = [knowledge.people[index] for index in people.tolist()]
    encoded, _ = knowledge.scheme.encode(chosen, knowledge.draw_secret(label))[view]
    return find_traits(get_bits(encoded))


def _learn(knowledge: Knowledge, view: int) -> _Canonical:
    rng = np.random.default_rng([knowledge.seed, view])
    size = len(knowledge.people)
    part = round(SHADOW_SHARE * size)
    left, right = [], []
    for number in range(SHADOW_PAIRS):
        order = rng.permutation(size)
        halves = np.sort(order[:part]), np.sort(order[-part:])
        both = np.intersect1d(*halves)
        first, second = (
            _encode(knowledge, half, view=view, label=f"shadow-{number}-{side}")[np.searchsorted(half, both)]
            for side, half in enumerate(halves)
        )
        # Either may be the stolen one, so both orders teach.
        left += [first, second]
        right += [second, first]
    return _find_canonical(np.vstack(left), np.vstack(right))


def _find_canonical(left: Floats, right: Floats) -> _Canonical:
    """Return the directions in which both sides agree; the sides are exchangeable, so one set serves both.

    Source: Hotelling (1936), Relations between two sets of variates; ridge as usual.
    """
    size = len(left)
    spread = (left.T @ left + right.T @ right) / (2 * size) + RIDGE * np.eye(left.shape[1])
    shared = (left.T @ right + right.T @ left) / (2 * size)
    whiten = np.linalg.inv(np.linalg.cholesky(spread))
    correlations, directions = np.linalg.eigh(whiten @ shared @ whiten.T)
    kept = np.argsort(-correlations)[:KEPT]
    return _Canonical(
        (whiten.T @ directions[:, kept]).astype(np.float32),
        correlations[kept].clip(0, 0.98).astype(np.float32),
    )


def _project(traits: Floats, learnt: _Canonical, weight: Floats) -> Floats:
    return standardise(traits @ learnt.directions) * weight
