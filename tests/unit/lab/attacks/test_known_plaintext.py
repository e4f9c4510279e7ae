"""A few known records give everybody away where bits are plain or mixed by few, and nobody where by many."""

from collections.abc import Sequence

import numpy as np
import pytest

from lab.attacks.expected_similarity import expect_plain, expect_similarity
from lab.attacks.hits import count_hits
from lab.attacks.known_plaintext import match_known
from lab.attacks.observation import NOBODY, Ints, Knowledge, Observation, Person, View
from lab.attacks.people import draw_subjects
from lab.attacks.prediction import Pairs
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import HardenedScheme, get_scheme

PEOPLE = 800


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [subject.listed for subject in draw_subjects(PEOPLE, seed=6)]


def _draw(people: Sequence[Person], scheme: str, anchors: int) -> Scenario:
    return draw_scenario(people, get_scheme(scheme), Setting(PEOPLE, 1.0, anchors, 6))


def _get_share(scenario: Scenario) -> float:
    listed, _, _ = count_hits(match_known(scenario.observation, scenario.knowledge), scenario.truth)
    return listed.hits / listed.trials


@pytest.mark.parametrize(
    ("scheme", "anchors", "least"),
    [("plain", 40, 0.95), ("rule-90", 200, 0.3), ("resampled", 200, 0.8), ("xor-fold", 300, 0.5)],
)
def test_weakly_mixed_bits_fall_to_few_known_records(
    people: list[Person], scheme: str, anchors: int, least: float
) -> None:
    assert _get_share(_draw(people, scheme, anchors)) >= least


def test_bits_mixed_by_many_positions_resist(people: list[Person]) -> None:
    assert _get_share(_draw(people, "diffusion-5", 100)) < 0.05


def test_rows_of_noise_are_named_at_chance(people: list[Person]) -> None:
    scenario = _draw(people, "plain", 100)
    encodings = scenario.observation.views[0].encodings
    assert encodings is not None
    noise = np.random.default_rng(8).integers(256, size=encodings.shape, dtype=np.uint8)
    observation = Observation((View("noise", noise, None),), None)
    listed, _, _ = count_hits(match_known(observation, scenario.knowledge), scenario.truth)
    assert listed.hits < 0.02 * listed.trials


def test_nobody_is_named_without_known_records_or_in_blocks_with_keys_of_their_own(
    people: list[Person],
) -> None:
    unknown = _draw(people, "plain", 0)
    assert (match_known(unknown.observation, unknown.knowledge)[0] == NOBODY).all()
    known = _draw(people, "plain", 40)
    view = known.observation.views[0]
    blocks = Observation((View(view.name, view.encodings, np.arange(view.rows)),), None)
    assert (match_known(blocks, known.knowledge)[0] == NOBODY).all()


def test_schemes_that_do_not_say_what_they_encode_are_passed_over(people: list[Person]) -> None:
    class Secretive:
        name, is_tied = "secretive", True

        def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
            return get_scheme("plain").encode(people, secret)

    scenario = draw_scenario(people, Secretive(), Setting(PEOPLE, 1.0, 40, 6))
    assert (match_known(scenario.observation, scenario.knowledge)[0] == NOBODY).all()


def test_expected_agreement_is_the_mean_of_shadow_encodings(people: list[Person]) -> None:
    scheme = get_scheme("plain")
    assert isinstance(scheme, HardenedScheme)
    few = people[:60]
    signs = []
    for number in range(30):
        (view, _), *_ = scheme.encode(few, bytes([number]) * 32)
        assert view.encodings is not None
        signs.append(2.0 * np.unpackbits(view.encodings, axis=1) - 1)
    mean = np.mean([each @ each.T / each.shape[1] for each in signs], axis=0)
    off_diagonal = ~np.eye(len(few), dtype=bool)
    assert np.abs(mean - expect_plain(few, scheme.schema))[off_diagonal].max() < 0.05


def test_expected_similarity_of_two_mixed_positions_is_the_square_of_plain(people: list[Person]) -> None:
    knowledge = Knowledge(get_scheme("xor-fold"), people, (), 3)
    expected = expect_similarity(knowledge, view=0, people=np.arange(PEOPLE))
    assert expected is not None
    plain = expect_plain(people, get_scheme("plain").schema)  # type: ignore[attr-defined]
    np.fill_diagonal(plain, 1)
    square = plain**2
    square -= square.mean(axis=0)
    square -= square.mean(axis=1)[:, None]
    assert np.corrcoef(expected.ravel(), square.ravel())[0, 1] > 0.99


def test_leaving_a_half_out_keeps_known_pairs() -> None:
    pairs = Pairs(np.arange(7), np.arange(10, 17), 2)
    assert pairs.leave_out(0).rows.tolist() == [0, 1, 3, 5]
    assert pairs.leave_out(1).people.tolist() == [10, 11, 12, 14, 16]
