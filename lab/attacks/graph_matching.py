"""Graph matching without known records: recognise people by how similar they are to everybody else.

Layer: lab. Pure. The attacker encodes its list under a key of its own and compares the two similarity
graphs. Both are Gram matrices of nearly linear images of the same n-grams, so their axes correspond:
independent components are matched by their statistics (:mod:`lab.attacks.components`), which gives a rough
embedding; mutual nearest neighbours in it are pairs; a Procrustes rotation learnt from the surest pairs
gives a better embedding with more axes; and so on. Where noise keeps rotations from settling, the components
and the traits that shadow graphs teach (:mod:`lab.attacks.profiles`) name a few people rightly, and
:mod:`lab.attacks.prediction` finds out which. Nothing needs the key or a known record.

Source: after Vidanage et al. (2020), A graph matching attack on PPRL; Schäfer, Armknecht and Heng (2024),
R+R: Revisiting graph matching attacks on PPRL. The alignment by independent components is Clew's own.
"""

from collections.abc import Sequence

import numpy as np

from lab.attacks.assignment import describe_components, match_components
from lab.attacks.components import Axes, find_axes, find_independent
from lab.attacks.expected_similarity import expect_similarity
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
from lab.attacks.pairing import Pairing, compare, normalise, pair_rows, rotate
from lab.attacks.prediction import CONFIRMED, Pairs, predict_people
from lab.attacks.profiles import compare_profiles

COMPONENT_COUNTS = (80, 120)  # two resolutions, because either may find what the other mixes
MORE_COUNTS = (60, 70, 90, 100)  # tried too where these do not convince
ROWS_PER_COMPONENT = 25  # fewer rows cannot tell so many components apart
FEWEST_ROWS = 100  # under it there is nothing to learn from
ROUGH_LEVELS, FINE_LEVELS = (40, 60, 80, 100, 120, 150), (200, 300)  # axes that each level uses
GUIDED_LEVELS = 3  # the first levels lean on the components too
ROUNDS_PER_LEVEL = 4
SETTLED_SHARE = 0.9  # of rows that a round names as the one before did; then the next level can be tried
GUIDE_WEIGHT = 0.5
FIRST_SHARE, MORE_SHARE = 0.3, 0.15  # of mutual pairs, the surest first, that a level learns from
FEWEST_PAIRS = 300
TESTED_SHARE = 0.2  # of the rows: the surest pairs, which certainty is measured on
CONVINCING, HOPELESS = 10.0, 3.0  # certainty of attempts that are right, and of those to give up early
CHANCE_TRUST = 0.1  # in components that are not the same; the more there are, the less
FLATTENING = 0.5  # of the axes' deviations: between raw scores (0) and white ones (1)


def match_graphs(observation: Observation, knowledge: Knowledge) -> Guesses:
    """Name a person of the list for every row of every view that has encodings under one key.

    Views with blocks are passed over: encodings of different blocks have different keys, and whoever
    compares them compares noise. Where nothing convinces, the likeliest people are named all the same,
    because a wrong name costs this attacker nothing.
    """
    return tuple(
        _match_view(view, knowledge, index) if _is_matchable(view, knowledge) else nobody
        for index, (view, nobody) in enumerate(zip(observation.views, name_nobody(observation), strict=True))
    )


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
    first, second = (find_independent(axes.scores[:, :count], noise=axes.noise) for axes in (held, listed))
    found = match_components(describe_components(first), describe_components(second), rng=rng)
    weight = np.maximum(found.trust - CHANCE_TRUST, 0)
    return first * weight, second[:, found.order] * weight


def refine(
    held: Axes, listed: Axes, pairing: Pairing, *, levels: Sequence[int], guide: Floats | None = None
) -> Pairing:
    """Return a better pairing, learnt from a rough one in rounds of growing dimension.

    A guided search that is at chance when it loses its guide is given up.

    Args:
        held: Axes of the stolen encodings.
        listed: Axes of the attacker's own.
        pairing: What is believed so far.
        levels: How many axes each level uses.
        guide: Similarities that the first rounds add, shape (held, listed).
    """
    left, right = _flatten(held, listed)
    for level, axes in enumerate(levels):
        share = FIRST_SHARE + MORE_SHARE * level if guide is not None else 1.0
        if (
            guide is not None
            and level == GUIDED_LEVELS
            and measure_certainty(held, listed, pairing) < HOPELESS
        ):
            break
        for _ in range(ROUNDS_PER_LEVEL):
            before = pairing.nearest
            sure = max(FEWEST_PAIRS, int(len(pairing.held) * share))
            pairs = pairing.held[:sure], pairing.listed[:sure]
            similarity = compare(left[:, :axes], rotate(left[:, :axes], right[:, :axes], pairs=pairs))
            if guide is not None and level < GUIDED_LEVELS:
                similarity += GUIDE_WEIGHT * guide
            pairing = pair_rows(similarity)
            if float((pairing.nearest == before).mean()) >= SETTLED_SHARE:
                break
    return pairing


def measure_certainty(held: Axes, listed: Axes, pairing: Pairing) -> float:
    """Return how alike the surest pairs are along axes that had no part in finding them, in units of chance.

    Half of these pairs teach the rotation of those axes and the others are compared: a wrong alignment fits
    what it is learnt from and nothing else. No truth is needed.
    """
    left, right = (scores[:, ROUGH_LEVELS[-1] :] for scores in _flatten(held, listed))
    tested = max(FEWEST_PAIRS, int(len(left) * TESTED_SHARE))
    rows, people = pairing.held[:tested], pairing.listed[:tested]
    if left.shape[1] < 2 or len(rows) < 2:
        return 0.0
    turned = normalise(rotate(left, right, pairs=(rows[::2], people[::2])))
    alike = (normalise(left)[rows[1::2]] * turned[people[1::2]]).sum(axis=1)
    return float(alike.mean() * np.sqrt(len(alike) * left.shape[1]))


def _is_matchable(view: View, knowledge: Knowledge) -> bool:
    enough = min(view.rows, len(knowledge.people)) >= FEWEST_ROWS
    return view.encodings is not None and view.blocks is None and enough


def _align_all(
    held: Axes, listed: Axes, *, counts: Sequence[int], rng: np.random.Generator
) -> list[tuple[Floats, Floats]]:
    """Return embeddings at each resolution that the rows allow."""
    most = min(len(held.scores), len(listed.scores)) // ROWS_PER_COMPONENT
    allowed = sorted({min(count, most) for count in counts})
    return [align_components(held, listed, count=count, rng=rng) for count in allowed]


def _stack(found: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Return similarities in all embeddings together."""
    return compare(np.hstack([left for left, _ in found]), np.hstack([right for _, right in found]))


def _match_view(view: View, knowledge: Knowledge, index: int) -> Ints:
    """Return the people that rotation leads to, or if it does not convince, what traits and prediction do."""
    own, person = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))[index]
    bits = get_bits(view)
    held, listed = find_axes(bits, FINE_LEVELS[-1]), find_axes(get_bits(own), FINE_LEVELS[-1])
    rng = np.random.default_rng([knowledge.seed, index])
    found = _align_all(held, listed, counts=COMPONENT_COUNTS, rng=rng)
    guide = _stack(found)
    pairing = refine(held, listed, pair_rows(guide), levels=ROUGH_LEVELS, guide=guide)
    if measure_certainty(held, listed, pairing) >= CONVINCING:
        return person[refine(held, listed, pairing, levels=FINE_LEVELS).nearest]
    found += _align_all(held, listed, counts=MORE_COUNTS, rng=rng)
    guide = _scale(_stack(found)) + _scale(compare_profiles(bits, get_bits(own), knowledge, view=index))
    return person[_predict(bits, pair_rows(guide), knowledge, view=index, people=person)]


def _predict(bits: Floats, rough: Pairing, knowledge: Knowledge, *, view: int, people: Ints) -> Ints:
    """Return the people that prediction comes to from rough pairs, or the rough ones if it comes to none."""
    expected = expect_similarity(knowledge, view=view, people=people)
    if expected is None:
        return rough.nearest
    signs = 2 * bits - 1
    found = predict_people(signs - signs.mean(axis=0), expected, Pairs(rough.held, rough.listed, 0))
    return found.nearest if found.confirmed > CONFIRMED else rough.nearest


def _scale(similarity: Floats) -> Floats:
    scaled: Floats = (similarity - similarity.mean()) / max(float(similarity.std()), 1e-9)
    return scaled


def _flatten(held: Axes, listed: Axes) -> tuple[Floats, Floats]:
    """Return scores of as many axes, their deviations evened out in part."""
    width = min(held.scores.shape[1], listed.scores.shape[1])
    scale = np.maximum(held.scores[:, :width].std(axis=0), 1e-6) ** FLATTENING
    return held.scores[:, :width] / scale, listed.scores[:, :width] / scale
