"""Graph matching without known records: recognise people by how similar they are to everybody else.

Layer: lab. Pure. The attacker encodes its list under a key of its own and compares the two similarity
graphs. Both are Gram matrices of nearly linear images of the same n-grams, so their axes correspond:
independent components are matched by their statistics (:mod:`lab.attacks.components`), which gives a rough
embedding; mutual nearest neighbours in it are pairs; a Procrustes rotation learnt from the surest pairs
gives a better embedding with more axes; and so on. Nothing needs the key or a known record.

Source: after Vidanage et al. (2020), A graph matching attack on PPRL; Schäfer, Armknecht and Heng (2024),
R+R: Revisiting graph matching attacks on PPRL. The alignment by independent components is Clew's own.
"""

import numpy as np

from lab.attacks.assignment import describe_components, match_components
from lab.attacks.components import Axes, find_axes, find_independent
from lab.attacks.observation import (
    Floats,
    Guesses,
    Ints,
    Knowledge,
    Observation,
    View,
    get_bits,
    name_nobody,
)
from lab.attacks.pairing import Pairing, compare, pair_rows, rotate

COMPONENT_COUNTS = (80, 120)  # two resolutions, because either may find what the other mixes
ROWS_PER_COMPONENT = 25  # fewer rows cannot tell so many components apart
AXES_BY_LEVEL = (40, 60, 80, 100, 120, 150, 200, 300)
GUIDED_LEVELS = 3  # the first levels lean on the components too
MOST_ROUNDS = 20
ROUNDS_PER_LEVEL = 4
SETTLED_SHARE = 0.9  # of rows that a round names as the one before did; then the next level can be tried
GUIDE_WEIGHT = 0.5
FIRST_SHARE, MORE_SHARE = 0.3, 0.15  # of mutual pairs, the surest first, that a level learns from
FEWEST_PAIRS = 300
FLATTENING = 0.5  # of the axes' deviations: between raw scores (0) and white ones (1)


def match_graphs(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row of every view that has encodings."""
    shadow = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))
    rng = np.random.default_rng(knowledge.seed)
    guesses = []
    for view, (own, person), nobody in zip(observation.views, shadow, name_nobody(observation), strict=True):
        if view.encodings is None or not _count_components(view, own):
            guesses.append(nobody)
            continue
        guesses.append(person[_match_view(view, own, rng)])
    return tuple(guesses)


def align_components(
    held: Axes, listed: Axes, *, count: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return an embedding of both sets along components that were found to be the same ones.

    Args:
        held: Axes of the stolen encodings.
        listed: Axes of the attacker's own.
        count: How many principal axes are rotated into components.
        rng: For the search.

    Returns:
        Scores of both sets, comparable column by column and weighted by how alike the columns are.
    """
    first, second = (find_independent(axes.scores[:, :count]) for axes in (held, listed))
    found = match_components(describe_components(first), describe_components(second), rng=rng)
    misfit = np.maximum(1 - found.trust, 1e-6)
    weight = (misfit.min() / misfit) ** 2
    return first * weight, second[:, found.order] * weight


def refine(held: Axes, listed: Axes, pairing: Pairing, *, guide: Floats | None) -> Pairing:
    """Return a better pairing, learnt from a rough one in rounds of growing dimension.

    Args:
        held: Axes of the stolen encodings.
        listed: Axes of the attacker's own.
        pairing: What is believed so far.
        guide: Similarities that the first rounds add, shape (held, listed).
    """
    scale = np.maximum(held.scores.std(axis=0), 1e-6) ** FLATTENING
    width = min(held.scores.shape[1], listed.scores.shape[1])
    left, right = held.scores[:, :width] / scale[:width], listed.scores[:, :width] / scale[:width]
    level = tries = 0
    for _ in range(MOST_ROUNDS):
        axes, before = AXES_BY_LEVEL[level], pairing.nearest
        sure = max(FEWEST_PAIRS, int(len(pairing.held) * (FIRST_SHARE + MORE_SHARE * level)))
        pairs = pairing.held[:sure], pairing.listed[:sure]
        similarity = compare(left[:, :axes], rotate(left[:, :axes], right[:, :axes], pairs=pairs))
        if guide is not None and level < GUIDED_LEVELS:
            similarity += GUIDE_WEIGHT * guide
        pairing = pair_rows(similarity)
        tries += 1
        settled = float((pairing.nearest == before).mean()) >= SETTLED_SHARE
        if settled or tries == ROUNDS_PER_LEVEL:
            level, tries = level + 1, 0
        if level == len(AXES_BY_LEVEL):
            break
    return pairing


def _count_components(view: View, own: View) -> tuple[int, ...]:
    """Return how many components to look for, at each resolution that the rows allow."""
    most = min(view.rows, own.rows) // ROWS_PER_COMPONENT
    return tuple(sorted({min(count, most) for count in COMPONENT_COUNTS if most > 1}))


def _match_view(view: View, own: View, rng: np.random.Generator) -> Ints:
    held, listed = (find_axes(get_bits(each), max(AXES_BY_LEVEL)) for each in (view, own))
    found = [align_components(held, listed, count=count, rng=rng) for count in _count_components(view, own)]
    guide = compare(np.hstack([left for left, _ in found]), np.hstack([right for _, right in found]))
    return refine(held, listed, pair_rows(guide), guide=guide).nearest
