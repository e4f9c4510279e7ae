"""Graph matching finds everybody behind plain encodings and nobody behind noise."""

import numpy as np
import pytest

from lab.attacks.components import find_axes
from lab.attacks.graph_matching import CONVINCING, HOPELESS, match_graphs, measure_certainty
from lab.attacks.hits import count_hits
from lab.attacks.observation import NOBODY, Observation, View, get_bits
from lab.attacks.pairing import Pairing
from lab.attacks.people import draw_subjects
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import get_scheme

FEWEST_THAT_FALL = 1500  # plain records; at 1,000 there are too few to tell enough components apart
NOISE_ROWS = 400


@pytest.fixture(scope="module")
def plain() -> Scenario:
    people = [subject.listed for subject in draw_subjects(FEWEST_THAT_FALL, seed=5)]
    return draw_scenario(people, get_scheme("plain"), Setting(FEWEST_THAT_FALL, 1.0, 0, 5))


def _hide_in_noise(scenario: Scenario, blocks: bool) -> Observation:
    view = scenario.observation.views[0]
    assert view.encodings is not None
    noise = np.random.default_rng(8).integers(256, size=view.encodings[:NOISE_ROWS].shape, dtype=np.uint8)
    return Observation((View("noise", noise, np.arange(NOISE_ROWS) if blocks else None),), None)


def test_plain_encodings_are_re_identified_without_key_or_known_record(plain: Scenario) -> None:
    listed, _, _ = count_hits(match_graphs(plain.observation, plain.knowledge), plain.truth)
    assert listed.hits >= 0.95 * listed.trials


def test_rows_of_noise_are_named_at_chance(plain: Scenario) -> None:
    (guesses,) = match_graphs(_hide_in_noise(plain, blocks=False), plain.knowledge)
    assert guesses.shape == (NOISE_ROWS,)
    truth = plain.truth.listed[plain.truth.records[0][:NOISE_ROWS]]
    assert (guesses == truth).mean() < 0.02


def test_rows_of_blocks_with_keys_of_their_own_are_passed_over(plain: Scenario) -> None:
    (guesses,) = match_graphs(_hide_in_noise(plain, blocks=True), plain.knowledge)
    assert (guesses == NOBODY).all()


def test_certainty_tells_right_pairs_from_wrong_ones(plain: Scenario) -> None:
    (own, _), *_ = plain.knowledge.scheme.encode(plain.knowledge.people, b"shadow" * 6)
    held = find_axes(get_bits(plain.observation.views[0]), 250)
    listed = find_axes(get_bits(own), 250)
    rows = np.arange(FEWEST_THAT_FALL)
    people = plain.truth.listed[plain.truth.records[0]]
    right = Pairing(people, rows, people)
    wrong = Pairing(people, rows, np.roll(people, 1))
    assert measure_certainty(held, listed, right) > CONVINCING
    assert measure_certainty(held, listed, wrong) < HOPELESS
