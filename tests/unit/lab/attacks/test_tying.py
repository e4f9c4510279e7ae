"""The tying adversaries see planted ties and nothing where views are untied."""

from dataclasses import dataclass

import numpy as np
import pytest

from lab.attacks.observation import NOBODY, Ints, Knowledge, Observation, Person, View
from lab.attacks.scenario import observe
from lab.attacks.tying import ADVERSARIES, TyingResult, measure_tying, pool_pairs
from lab.attacks.tying_traits import pair_partners

PEOPLE = 1500
BITS = 256


@dataclass(frozen=True, slots=True)
class TwoViews:
    """Two views of random rows, with one thing in common if any."""

    shared: str
    name: str = "two views"
    is_tied: bool = False

    def encode(self, people: list[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        rng = np.random.default_rng(list(secret))
        length = np.array([int(person["length"]) for person in people])
        counts = (length, length if self.shared == "counts" else rng.permutation(length))
        bits = [np.argsort(rng.random((len(people), BITS)), axis=1) < count[:, None] for count in counts]
        if self.shared == "bits":
            bits[1] = bits[0] ^ (rng.random(bits[0].shape) < 0.1)
        tokens = [rng.permutation(len(people)) for _ in range(2)]
        if self.shared == "tokens":
            tokens[1] = tokens[0]
        person = np.arange(len(people))
        rows = [np.packbits(view, axis=1) for view in bits]
        return tuple((View(f"view {side}", rows[side], tokens[side]), person) for side in range(2))


def _measure(shared: str, *, shuffled: bool = True) -> dict[str, TyingResult]:
    rng = np.random.default_rng(9)
    people = [{"length": str(length)} for length in rng.integers(40, 140, PEOPLE)]
    scheme = TwoViews(shared)
    knowledge = Knowledge(scheme, people, (np.empty((0, 2), dtype=np.int64),) * 2, seed=2)
    secret = b"members' secret of this test...."
    if shuffled:
        observation, records = observe(scheme, people, secret=secret, rng=rng)
    else:
        views = scheme.encode(people, secret)
        observation, records = Observation(tuple(view for view, _ in views), None), tuple(r for _, r in views)
    results = measure_tying(observation, knowledge, records, rng=rng)
    return {result.adversary: result for result in results}


@pytest.mark.parametrize(
    ("shared", "adversary"), [("counts", "traits"), ("bits", "bits"), ("tokens", "tokens")]
)
def test_what_two_views_have_in_common_ties_their_rows(shared: str, adversary: str) -> None:
    result = _measure(shared)[adversary]
    assert result.interval[0] > 3
    assert result.percentile > 0.9


def test_rows_sent_in_one_order_tie() -> None:
    assert _measure("nothing", shuffled=False)["order"].interval[0] > 50


def test_independent_shuffled_views_tie_at_chance() -> None:
    results = _measure("nothing")
    assert set(results) == set(ADVERSARIES)
    for result in results.values():
        assert result.interval[0] <= 1 <= result.interval[1] * 1.2
        assert result.percentile == pytest.approx(0.5, abs=0.05)


def test_partners_are_rows_of_one_record_and_dummies_have_none() -> None:
    first, second = np.array([4, NOBODY, 2, 0]), np.array([NOBODY, 0, 1, 4])
    rows, partners = pair_partners(first, second)
    assert rows.tolist() == [0, 3]
    assert partners.tolist() == [3, 1]


def test_pairs_of_views_pool_to_one_result_for_each_adversary() -> None:
    one = TyingResult("order", "a", "b", hits=2, pairs=100, chance=0.01, percentile=0.6)
    other = TyingResult("order", "a", "c", hits=1, pairs=300, chance=0.01, percentile=0.5)
    (pooled,) = pool_pairs([one, other])
    assert pooled.ratio == pytest.approx(0.75)
    assert pooled.percentile == pytest.approx(0.525)
    assert pooled.interval[0] < 0.75 < pooled.interval[1]
