"""Attacks on block tokens find people where tokens are tied and coarse, and hardly anybody where not."""

from collections.abc import Callable

import numpy as np
import pytest

from lab.attacks.block_frequency import align_block_sizes
from lab.attacks.colour_refinement import name_by_colour
from lab.attacks.dictionary import look_up_rows
from lab.attacks.hits import count_hits
from lab.attacks.observation import NOBODY, Guesses, Knowledge, Observation, Person, View
from lab.attacks.people import concentrate_births, draw_subjects
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import get_scheme
from lab.attacks.token_graph import match_softly, match_token_graph
from lab.attacks.token_table import TokenTable, make_held_table, make_listed_table, spread_names
from lab.attacks.token_traits import describe_records

RECORDS = 3000
FALLEN = 0.75  # at full density, with 50,000 people, it is 0.85 and more
DATES = 16  # so that blocks of every coarse salt hold several people


@pytest.fixture(scope="module")
def people() -> list[Person]:
    subjects = draw_subjects(2 * RECORDS, seed=4)
    return [subject.listed for subject in concentrate_births(subjects, dates=DATES)]


def _draw(people: list[Person], scheme: str, coverage: float = 1.0, *, leak: bool = False) -> Scenario:
    return draw_scenario(people, get_scheme(scheme), Setting(RECORDS, coverage, 0, 4), leak_secret=leak)


def _share(scenario: Scenario, attack: Callable[[Observation, Knowledge], Guesses]) -> float:
    listed, _, _ = count_hits(attack(scenario.observation, scenario.knowledge), scenario.truth)
    return listed.share


def _tables(scenario: Scenario) -> tuple[TokenTable, TokenTable]:
    held = make_held_table(scenario.observation)
    assert held is not None
    return held, make_listed_table(scenario.observation, scenario.knowledge)


def test_tied_coarse_tokens_give_nearly_everybody_away_to_a_full_list(people: list[Person]) -> None:
    assert _share(_draw(people, "tokens-coarse-tied"), match_token_graph) >= FALLEN


def test_votes_find_as_many_as_exact_colours_do(people: list[Person]) -> None:
    scenario = _draw(people, "tokens-coarse-tied")
    named = match_softly(*_tables(scenario), rng=np.random.default_rng(1))
    listed, _, _ = count_hits(spread_names(scenario.observation, named), scenario.truth)
    assert listed.share >= FALLEN


def test_votes_still_find_people_when_the_list_misses_some_and_colours_break(people: list[Person]) -> None:
    scenario = _draw(people, "tokens-coarse-tied", coverage=0.9)
    exact = name_by_colour(*_tables(scenario), rng=np.random.default_rng(1))
    listed, _, _ = count_hits(spread_names(scenario.observation, exact), scenario.truth)
    assert listed.share < 0.01
    assert _share(scenario, match_token_graph) >= 0.4


@pytest.mark.parametrize("attack", [align_block_sizes, match_token_graph])
def test_untied_tokens_give_hardly_anybody_away(
    people: list[Person], attack: Callable[[Observation, Knowledge], Guesses]
) -> None:
    assert _share(_draw(people, "token-coarse-one"), match_token_graph) < 0.03
    assert _share(_draw(people, "tokens-near-unique"), attack) < 0.03


def test_block_sizes_name_people_of_blocks_that_differ_in_size() -> None:
    class Sized:
        name, is_tied = "sized", False

        def encode(self, people: list[Person], secret: bytes) -> tuple[tuple[View, np.ndarray], ...]:
            order = np.random.default_rng(list(secret)).permutation(len(people))
            blocks = np.array([int(person["block"]) for person in people])[order]
            return ((View("sized", None, blocks), order),)

    listed = [{"block": str(block)} for block in range(9) for _ in range(block + 1)]
    held = View("held", None, np.array([5, 5, 6, 7, 7, 7]))
    knowledge = Knowledge(Sized(), listed[:6], (np.empty((0, 2), dtype=np.int64),), seed=1)
    (named,) = align_block_sizes(Observation((held,), None), knowledge)
    assert [listed[person]["block"] for person in named] == ["1", "1", "0", "2", "2", "2"]


def test_colours_pair_records_that_nothing_tells_apart_each_with_another_person() -> None:
    twins = TokenTable(np.array([[0, 0], [0, 0], [1, 1]]), (np.array([2, 1]), np.array([2, 1])))
    named = name_by_colour(twins, twins, rng=np.random.default_rng(1))
    assert sorted(named) == [0, 1, 2]
    assert named[2] == 2


def test_colours_name_nobody_for_a_record_unlike_all_of_the_list() -> None:
    held = TokenTable(np.array([[0], [0], [0], [1]]), (np.array([3, 1]),))
    listed = TokenTable(np.array([[0], [0], [1]]), (np.array([2, 1]),))
    assert name_by_colour(held, listed, rng=np.random.default_rng(1)).tolist() == [NOBODY, NOBODY, NOBODY, 2]


def test_sizes_of_tokens_count_rows_that_are_not_tied() -> None:
    views = (View("one", None, np.array([7, 7, 9])), View("two", None, np.array([3, 4])))
    table = make_held_table(Observation(views, np.array([[1, 0], [2, NOBODY]])))
    assert table is not None
    assert table.tokens.tolist() == [[0, 0], [1, NOBODY]]
    assert [sizes.tolist() for sizes in table.sizes] == [[2, 1], [1, 1]]


def test_untied_rows_make_no_table() -> None:
    assert make_held_table(Observation((View("one", None, np.array([1])),), None)) is None


def test_traits_of_one_person_are_nearer_than_those_of_others(people: list[Person]) -> None:
    scenario = _draw(people, "tokens-coarse-tied", coverage=0.9)
    first, second = describe_records(*_tables(scenario), rng=np.random.default_rng(1))
    ties = scenario.observation.ties
    assert ties is not None
    person = scenario.truth.listed[scenario.truth.records[0][ties[:, 0]]]
    known = person != NOBODY
    true_gap = np.median(((first[known] - second[person[known]]) ** 2).sum(axis=1))
    other_gap = np.median(((first[known] - second[np.roll(person[known], 1)]) ** 2).sum(axis=1))
    assert true_gap < 0.2 * other_gap


@pytest.mark.parametrize("scheme", ["tokens-coarse-tied", "tokens-near-unique-tied"])
def test_a_leaked_secret_opens_tied_tokens(people: list[Person], scheme: str) -> None:
    assert _share(_draw(people, scheme, 0.5, leak=True), look_up_rows) >= 0.97


def test_a_leaked_secret_opens_encodings(people: list[Person]) -> None:
    scenario = draw_scenario(people, get_scheme("plain"), Setting(300, 0.5, 0, 4), leak_secret=True)
    assert _share(scenario, look_up_rows) >= 0.97


def test_the_dictionary_names_nobody_without_the_secret(people: list[Person]) -> None:
    scenario = _draw(people, "tokens-coarse-tied")
    guesses = look_up_rows(scenario.observation, scenario.knowledge)
    assert all((guess == NOBODY).all() for guess in guesses)
