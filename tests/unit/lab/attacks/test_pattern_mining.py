"""Pattern mining finds n-grams in bits that are set together, and who has them; in noise it finds nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from lab.attacks.hits import count_hits
from lab.attacks.ngrams import find_ngrams, find_schema
from lab.attacks.observation import NOBODY, Ints, Observation, Person, View
from lab.attacks.pattern_mining import find_patterns, mine_patterns
from lab.attacks.people import draw_subjects
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import get_scheme

FEWEST_THAT_FALL = 2500  # plain records; fewer hold too few of each n-gram to tell their frequencies apart
FEW = 300


@pytest.fixture(scope="module")
def plain() -> Scenario:
    people = [subject.listed for subject in draw_subjects(FEWEST_THAT_FALL, seed=7)]
    return draw_scenario(people, get_scheme("plain"), Setting(FEWEST_THAT_FALL, 1.0, 0, 7))


def test_plain_encodings_are_re_identified_by_their_patterns(plain: Scenario) -> None:
    listed, _, _ = count_hits(mine_patterns(plain.observation, plain.knowledge), plain.truth)
    assert listed.hits >= 0.9 * listed.trials


def test_patterns_are_the_rows_of_planted_ngrams() -> None:
    rng = np.random.default_rng(4)
    present = rng.random((1500, 6)) < np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.08])
    bits = (rng.random((1500, 128)) < 0.2).astype(np.float32)
    for number in range(6):
        bits[np.ix_(present[:, number], np.arange(10 * number, 10 * number + 10))] = 1
    found = find_patterns(bits)
    for number in range(6):
        overlap = (found & present[:, [number]]).sum(axis=0) / (found | present[:, [number]]).sum(axis=0)
        assert overlap.max() > 0.95


def test_noise_has_no_patterns_and_nobody_is_named(plain: Scenario) -> None:
    noise = np.random.default_rng(8).integers(256, size=(FEW, 128), dtype=np.uint8)
    observation = Observation((View("noise", noise, None),), None)
    assert (mine_patterns(observation, plain.knowledge)[0] == NOBODY).all()


def test_blocks_with_keys_of_their_own_are_passed_over(plain: Scenario) -> None:
    view = plain.observation.views[0].take(np.arange(FEW))
    observation = Observation((View(view.name, view.encodings, np.arange(FEW)),), None)
    assert (mine_patterns(observation, plain.knowledge)[0] == NOBODY).all()


def test_schemes_that_do_not_say_what_they_encode_are_passed_over(plain: Scenario) -> None:
    class Secretive:
        name, is_tied = "secretive", True

        def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
            return get_scheme("plain").encode(people, secret)

    few = list(plain.knowledge.people[:FEW])
    scenario = draw_scenario(few, Secretive(), Setting(FEW, 1.0, 0, 7))
    assert (mine_patterns(scenario.observation, scenario.knowledge)[0] == NOBODY).all()


def test_ngrams_of_a_value_are_counted_as_the_schema_cuts_them() -> None:
    schema = find_schema(get_scheme("plain"))
    assert schema is not None
    people = [{"surname": "ANAN"}, {"surname": "AN"}, {}]
    surname = find_ngrams(people, schema)[1]
    # ANAN has " A", "AN" twice, "NA" and "N "; AN has three of these.
    assert surname.present.sum(axis=1).tolist() == [4, 3, 0]
    assert surname.draws[0] == pytest.approx(160 / 5)
    assert surname.draws[2] == 0
