"""Try to tell which rows of two untied views are one person, and measure how far that gets.

Layer: lab. Pure. Views are submitted on their own so that nothing ties a person's rows; whatever ties them
after all would build the graph that :mod:`lab.attacks.token_graph` breaks. Each adversary ranks all rows of
a second view for a row of the first, by what the coordinator holds and what the attacker knows; only
:func:`measure_tying` sees the truth, and only to say where true partners stand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np

from lab.attacks.intervals import get_wilson_interval
from lab.attacks.observation import Ints, Knowledge, Observation, get_bits, get_blocks
from lab.attacks.pairing import compare
from lab.attacks.tying_traits import Matrix, find_row_traits, learn_partners, pair_partners

TOP_SHARE = 0.01  # of the second view's rows
MOST_ROWS, LEAST_ROWS = 30_000, 400  # ranked for over all pairs of views, and for each pair
EVERY_VIEW = "*"
ROWS_AT_ONCE = 200  # bounds the scores in memory

Scorer = Callable[[Ints], Matrix]
"""From rows of the first view to scores of all rows of the second, the highest for the likeliest partner."""
Shadows = tuple[tuple[Matrix, Ints], ...]
"""For each view, traits of the rows of the attacker's list under its own keys, and the person of each."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewPair:
    """Two views of an observation, and what the attacker makes of its list to learn about them."""

    observation: Observation
    first: int
    second: int
    shadows: Shadows


@dataclass(frozen=True, slots=True)
class TyingResult:
    """How well one adversary ties two views.

    Attributes:
        adversary: What it goes by.
        first: Name of the view that rows are taken from.
        second: Name of the view in which their partners are sought.
        hits: True partners ranked in the top hundredth.
        pairs: True partners sought.
        chance: Share that a blind ranking would have there.
        percentile: Mean place of the true partner, 1 for the top and 0.5 by chance.
    """

    adversary: str
    first: str
    second: str
    hits: int
    pairs: int
    chance: float
    percentile: float

    @property
    def ratio(self) -> float:
        """Share of true partners in the top hundredth against chance; 1 means that nothing is learnt."""
        return self.hits / max(self.pairs, 1) / self.chance

    @property
    def interval(self) -> tuple[float, float]:
        """95% confidence interval of the ratio."""
        low, high = get_wilson_interval(self.hits, self.pairs)
        return low / self.chance, high / self.chance


def measure_tying(
    observation: Observation, knowledge: Knowledge, records: tuple[Ints, ...], *, rng: np.random.Generator
) -> list[TyingResult]:
    """Return what each adversary reaches on each pair of views.

    Args:
        observation: What the coordinator holds; its ties, if any, are not used.
        knowledge: What the attacker knows.
        records: The truth: for each view the record of each row. No adversary gets it.
        rng: Chooses rows and breaks ties of scores.
    """
    shadows = make_shadows(knowledge)
    pairs = list(combinations(range(len(observation.views)), 2))
    most = max(LEAST_ROWS, MOST_ROWS // max(len(pairs), 1))
    results = []
    for first, second in pairs:
        rows, partners = pair_partners(records[first], records[second])
        if not len(rows):
            continue
        chosen = rng.permutation(len(rows))[:most]
        pair = ViewPair(observation, first, second, shadows)
        for name, adversary in ADVERSARIES.items():
            scorer = adversary(pair)
            if scorer is not None:
                places = _find_places(scorer, rows[chosen], partners[chosen], rng)
                results.append(_summarise(name, pair, places))
    return results


def pool_pairs(results: Iterable[TyingResult]) -> list[TyingResult]:
    """Return one result for each adversary over all pairs of views.

    With dozens of pairs the worst of them is far from chance by chance; the pool is what a goal can be
    set for, and one pair's interval must exclude it by a margin that allows for their number.
    """
    grouped: dict[str, list[TyingResult]] = {}
    for result in results:
        grouped.setdefault(result.adversary, []).append(result)
    return [_pool(name, group) for name, group in grouped.items()]


def make_shadows(knowledge: Knowledge) -> Shadows:
    """Return traits of the list's own rows in every view, under a key of the attacker's own."""
    encoded = knowledge.scheme.encode(knowledge.people, knowledge.draw_secret("shadow"))
    return tuple((find_row_traits(view), person) for view, person in encoded)


def rank_by_traits(pair: ViewPair) -> Scorer | None:
    """Rank by how rows' own traits go together for one person, learnt from the attacker's list."""
    (first, people), (second, others) = pair.shadows[pair.first], pair.shadows[pair.second]
    rows, partners = pair_partners(people, others)
    model = learn_partners(first[rows], second[partners])
    if model is None:
        return None
    views = pair.observation.views
    left = model.sort_into_bins(find_row_traits(views[pair.first]), 0)
    right = model.sort_into_bins(find_row_traits(views[pair.second]), 1)
    return lambda rows: model.score(left[rows], right)


def rank_by_order(pair: ViewPair) -> Scorer:
    """Rank by place in the submission: members who do not shuffle send people in one order."""
    views = pair.observation.views
    left, right = (
        np.arange(views[side].rows) / max(views[side].rows, 1) for side in (pair.first, pair.second)
    )
    return lambda rows: -np.abs(left[rows][:, None] - right)


def rank_by_bits(pair: ViewPair) -> Scorer | None:
    """Rank by similarity of the encodings themselves: views under one key would show it."""
    left, right = (get_bits(pair.observation.views[side]) for side in (pair.first, pair.second))
    if left.shape[1] != right.shape[1] or not left.shape[1]:
        return None
    return lambda rows: compare(left[rows], right).astype(np.float64)


def rank_by_tokens(pair: ViewPair) -> Scorer | None:
    """Rank by equality of block tokens: views whose tokens are not separated would share them."""
    left, right = (get_blocks(pair.observation.views[side]) for side in (pair.first, pair.second))
    if not len(left) or not len(right):
        return None
    return lambda rows: (left[rows][:, None] == right).astype(np.float64)


ADVERSARIES: Mapping[str, Callable[[ViewPair], Scorer | None]] = {
    "traits": rank_by_traits,
    "order": rank_by_order,
    "bits": rank_by_bits,
    "tokens": rank_by_tokens,
}
"""Name to adversary. One returns None where it has nothing to go by."""


def _pool(adversary: str, results: list[TyingResult]) -> TyingResult:
    pairs = sum(result.pairs for result in results)
    return TyingResult(
        adversary=adversary,
        first=EVERY_VIEW,
        second=EVERY_VIEW,
        hits=sum(result.hits for result in results),
        pairs=pairs,
        chance=sum(result.chance * result.pairs for result in results) / pairs,
        percentile=sum(result.percentile * result.pairs for result in results) / pairs,
    )


def _find_places(scorer: Scorer, rows: Ints, partners: Ints, rng: np.random.Generator) -> Matrix:
    """Return the share of the second view ranked before each true partner, ties broken at random."""
    return np.concatenate([_place(scorer(rows[part]), partners[part], rng) for part in _split(len(rows))])


def _place(scores: Matrix, partners: Ints, rng: np.random.Generator) -> Matrix:
    own = scores[np.arange(len(partners)), partners][:, None]
    before = (scores > own).sum(axis=1)
    equal = (scores == own).sum(axis=1) - 1
    places: Matrix = (before + rng.integers(0, equal + 1)) / scores.shape[1]
    return places


def _split(count: int) -> Iterator[slice]:
    for start in range(0, count, ROWS_AT_ONCE):
        yield slice(start, start + ROWS_AT_ONCE)


def _summarise(adversary: str, pair: ViewPair, places: Matrix) -> TyingResult:
    first, second = (pair.observation.views[side] for side in (pair.first, pair.second))
    top = ceil(TOP_SHARE * second.rows)
    return TyingResult(
        adversary=adversary,
        first=first.name,
        second=second.name,
        hits=int((places * second.rows < top - 0.5).sum()),
        pairs=len(places),
        chance=top / second.rows,
        percentile=float(1 - places.mean()),
    )
