"""Rates, uncertainty and groups on examples whose answers can be worked out by hand."""

import numpy as np
import pytest

from scoring.linkage.evaluation import Pair
from tests.quality.fairness import find_gap
from tests.quality.measures import (
    GroupRates,
    People,
    Rate,
    bootstrap_f1,
    find_recall_ceiling,
    get_wilson_interval,
    measure_groups,
    measure_rate,
)

PEOPLE = 200  # records 0 to 199 of two members are the same people in the same order


def make_truth() -> set[Pair]:
    return {((0, number), (1, number)) for number in range(PEOPLE)}


@pytest.mark.parametrize(
    ("rate", "size", "low", "high"),
    [
        (0.5, 10, 0.2366, 0.7634),
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (0.9, 100, 0.8256, 0.9448),
    ],
)
def test_wilson_interval_is_the_published_one(rate: float, size: float, low: float, high: float) -> None:
    assert get_wilson_interval(rate, size) == pytest.approx((low, high), abs=5e-5)


def test_standard_error_of_single_pairs_is_the_binomial_one() -> None:
    outcomes = np.arange(100) < 80
    rate = measure_rate(outcomes, np.arange(100))
    assert (rate.hits, rate.total, rate.people, rate.rate) == (80, 100, 100, 0.8)
    assert rate.standard_error == pytest.approx((0.8 * 0.2 / 99) ** 0.5)


def test_pairs_of_one_person_count_as_one_observation() -> None:
    ten_each = np.repeat(np.arange(10), 10)
    all_or_nothing = ten_each < 8
    rate = measure_rate(all_or_nothing, ten_each)
    assert rate.standard_error == pytest.approx((0.8 * 0.2 / 9) ** 0.5)
    assert rate.high - rate.low > 0.4


def test_a_rate_over_nothing_claims_nothing() -> None:
    empty = measure_rate(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    assert (empty.total, empty.low, empty.high) == (0, 0.0, 1.0)


def test_group_rates_tell_the_planted_groups_apart() -> None:
    truth = make_truth()
    # Group one is found but for 10 of 100, group two but for 40; two records of group two are confused.
    missed = set(range(10)) | set(range(100, 140))
    decided = {pair for pair in truth if pair[0][1] not in missed} | {((0, 100), (1, 101))}
    group_of = {(0, n): "one" if n < 100 else "two" for n in range(PEOPLE)}
    rates = {
        item.group: item
        for item in measure_groups(People((PEOPLE, PEOPLE), truth), decided, truth, {"origin": group_of})
    }
    assert rates["one"].recall.rate == pytest.approx(0.9)
    assert rates["one"].recall.standard_error == pytest.approx((0.9 * 0.1 / 99) ** 0.5)
    assert rates["two"].recall.rate == pytest.approx(0.6)
    assert rates["one"].false_links.hits == 0
    assert (rates["two"].false_links.hits, rates["two"].false_links.total) == (2, 200)


def test_the_group_of_a_person_covers_records_without_one() -> None:
    people = People((2, 2), {((0, 0), (1, 1))})
    spread = people.spread_groups({(0, 0): "one"})
    assert spread["one"].tolist() == [True, False, False, True]


def test_gap_names_the_worst_group_and_leaves_small_ones_out() -> None:
    groups = [make_group("one", 90, 100), make_group("two", 60, 100), make_group("small", 0, 10)]
    gap = find_gap(groups, "origin")
    assert gap is not None
    assert (gap.best.group, gap.worst.group) == ("one", "two")
    assert gap.recall_gap == pytest.approx(0.3)
    assert not gap.is_within_goal
    assert not gap.is_within_chance
    assert find_gap(groups[1:], "origin") is None


def make_group(name: str, hits: int, total: int) -> GroupRates:
    recall = measure_rate(np.arange(total) < hits, np.arange(total))
    return GroupRates("origin", name, recall, Rate(1, total, total, 1 / total, 0.01, 0.0, 0.05))


def test_bootstrap_of_f1_is_centred_and_as_wide_as_theory_says() -> None:
    truth = make_truth()
    decided = {pair for pair in truth if pair[0][1] >= 40}
    spread = bootstrap_f1(People((PEOPLE, PEOPLE), truth), decided, truth, seed=1)
    # With no false pair F1 = 2r / (1 + r), r the recall 0.8: dF1 = 2 / (1 + r)^2 dr.
    expected = 2 / 1.8**2 * (0.8 * 0.2 / PEOPLE) ** 0.5
    assert spread.standard_error == pytest.approx(expected, rel=0.15)
    assert spread.low < 2 * 0.8 / 1.8 < spread.high


def test_bootstrap_is_the_same_for_the_same_seed() -> None:
    truth = make_truth()
    people, decided = People((PEOPLE, PEOPLE), truth), {pair for pair in truth if pair[0][1] >= 40}
    spreads = [bootstrap_f1(people, decided, truth, seed=seed) for seed in (1, 1, 2)]
    assert spreads[0] == spreads[1] != spreads[2]


def test_recall_ceiling_counts_what_scored_pairs_reach_through_a_third() -> None:
    truth = {((0, 0), (1, 0)), ((0, 0), (2, 0)), ((1, 0), (2, 0)), ((0, 1), (1, 1))}
    people = People((2, 2, 1), truth)
    scored = {((0, 0), (1, 0)), ((1, 0), (2, 0)), ((0, 1), (1, 0))}
    assert find_recall_ceiling(people, scored, truth) == pytest.approx(3 / 4)
