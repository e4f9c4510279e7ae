"""Pattern mining finds n-grams in bits that are set together, and who has them; in noise it finds nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from lab.attacks.ngrams import find_ngrams, find_schema
from lab.attacks.observation import NOBODY, Flags, Ints, Observation, Person, View, get_bits
from lab.attacks.pattern_alignment import pair_by_patterns
from lab.attacks.pattern_mining import find_patterns, keep_distinct, mine_patterns
from lab.attacks.people import draw_subjects
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import get_scheme

PEOPLE = 1500
FEW = 300
FREQUENT = 40


@pytest.fixture(scope="module")
def plain() -> Scenario:
    people = [subject.listed for subject in draw_subjects(PEOPLE, seed=7)]
    return draw_scenario(people, get_scheme("plain"), Setting(PEOPLE, 1.0, 0, 7))


def _find_held_ngrams(scenario: Scenario) -> Flags:
    """Return which n-grams the people behind the rows have, the most frequent first."""
    schema = find_schema(scenario.knowledge.scheme)
    assert schema is not None
    people = [scenario.knowledge.people[index] for index in scenario.truth.listed[scenario.truth.records[0]]]
    return keep_distinct(np.hstack([field.present for field in find_ngrams(people, schema)]))


def test_frequent_ngrams_of_plain_encodings_are_found_as_patterns(plain: Scenario) -> None:
    present = _find_held_ngrams(plain)[:, :FREQUENT].astype(np.float32)
    patterns = find_patterns(get_bits(plain.observation.views[0])).astype(np.float32)
    both = patterns.T @ present
    overlap = both / (patterns.sum(axis=0)[:, None] + present.sum(axis=0) - both)
    assert (overlap.max(axis=0) > 0.8).mean() > 0.6


def test_people_are_found_by_the_patterns_of_their_ngrams(plain: Scenario) -> None:
    people = plain.truth.listed[plain.truth.records[0]]
    held = _find_held_ngrams(plain)
    listed = held[np.argsort(people)]
    pairing = pair_by_patterns(held, listed, rng=np.random.default_rng(3))
    assert pairing is not None
    assert (pairing.nearest == people).mean() > 0.9


def test_every_row_gets_a_name_where_patterns_are_aligned(plain: Scenario) -> None:
    (guesses,) = mine_patterns(plain.observation, plain.knowledge)
    assert guesses.shape == (PEOPLE,)
    assert ((guesses >= 0) & (guesses < PEOPLE)).all()


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
