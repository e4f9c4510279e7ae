"""The candidate-probability mixture on samples whose make-up is known."""

import numpy as np
import pytest

from crypto.errors import InputError
from scoring.linkage.candidate import LABEL, CandidateModel, fit_candidate_model

FLOOR = 0.65


def draw(a: float, b: float, count: int, seed: int = 1) -> np.ndarray:
    return FLOOR + (1 - FLOOR) * np.random.default_rng(seed).beta(a, b, count)


def fit(
    matches: int, strangers: int, runners_up: int = 2_000
) -> tuple[CandidateModel, np.ndarray, np.ndarray]:
    good, bad = draw(5, 1.5, matches, 1), draw(2, 14, strangers, 2)
    model = fit_candidate_model(
        np.concatenate([good, bad]), runners_up=draw(2, 14, runners_up, 3), floor=FLOOR
    )
    return model, good, bad


@pytest.mark.parametrize(("matches", "strangers"), [(2_000, 20), (2_000, 2_000), (200, 2_000), (50, 10)])
def test_the_threshold_parts_matches_from_strangers_whatever_their_share(matches, strangers) -> None:
    model, good, bad = fit(matches, strangers)
    assert (good >= model.threshold).mean() > 0.93
    assert (bad >= model.threshold).sum() < 0.05 * matches
    assert model.match_share == pytest.approx(matches / (matches + strangers), abs=0.06)


def test_strangers_alone_give_no_links() -> None:
    model, _, bad = fit(0, 1_000)
    assert model.threshold > bad.max()


def test_without_runners_up_duplicates_are_still_told_apart() -> None:
    links = np.concatenate([draw(5, 1.5, 500, 1), draw(1, 14, 2_000, 2)])
    model = fit_candidate_model(links, runners_up=None, floor=FLOOR)
    assert FLOOR + 0.05 < model.threshold < 0.9
    assert model.match_share == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("links", [[], [1.0], [FLOOR], [1.0] * 500, [FLOOR] * 500, [0.9, 0.7]])
@pytest.mark.parametrize("runners_up", [None, [], [0.7], [1.0] * 500])
def test_degenerate_rounds_still_give_usable_probabilities(links, runners_up) -> None:
    second = None if runners_up is None else np.array(runners_up)
    model = fit_candidate_model(np.array(links), runners_up=second, floor=FLOOR)
    probability = model.probability(np.linspace(0, 1, 101))
    assert np.isfinite(probability).all()
    assert (np.diff(probability) >= 0).all()
    assert ((probability >= 0) & (probability <= 1)).all()


def test_one_identical_pair_is_a_match_and_one_at_the_floor_is_not() -> None:
    same = fit_candidate_model(np.array([1.0]), runners_up=np.empty(0), floor=FLOOR)
    assert same.probability(np.array([1.0]))[0] > 0.9
    stranger = fit_candidate_model(np.array([FLOOR]), runners_up=np.empty(0), floor=FLOOR)
    assert stranger.probability(np.array([FLOOR]))[0] < 0.1
    assert stranger.threshold > 1.0


def test_the_threshold_is_the_similarity_of_a_link_no_less_likely_than_one_in_three() -> None:
    model, good, bad = fit(300, 300)
    links = np.concatenate([good, bad])
    assert model.threshold in links
    assert model.probability(np.array([model.threshold]))[0] >= 1 / 3


@pytest.mark.parametrize("floor", [-0.1, 1.0])
def test_a_floor_out_of_range_is_refused(floor: float) -> None:
    with pytest.raises(InputError, match="expected a similarity floor of at least 0 and below 1, got"):
        fit_candidate_model(np.empty(0), runners_up=None, floor=floor)


def test_the_label_says_uncalibrated() -> None:
    assert LABEL == "candidate probability, uncalibrated"
