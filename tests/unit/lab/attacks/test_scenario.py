from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from crypto.errors import InputError
from lab.attacks.density import NATIONAL, PEOPLE_PER_BIRTH_DATE, set_density
from lab.attacks.observation import NOBODY, Ints, Person, View
from lab.attacks.people import draw_subjects
from lab.attacks.scenario import Setting, draw_scenario
from lab.attacks.schemes import get_scheme

SETTING = Setting(records=60, coverage=0.5, anchors=10, seed=4)
POOL = [{"surname": f"person-{number}"} for number in range(90)]


@dataclass(frozen=True)
class TwoTiedViews:
    """Two views that say who a row is, so that tests can follow it; the second lacks every third person."""

    name: str = "two-tied-views"
    is_tied: bool = True

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        numbers = np.array([int(person["surname"].split("-")[1]) for person in people])
        some = np.flatnonzero(np.arange(len(people)) % 3)
        return (View("all", None, numbers), np.arange(len(people))), (View("some", None, numbers[some]), some)


def test_half_of_the_held_people_are_listed_among_strangers() -> None:
    scenario = draw_scenario(POOL, TwoTiedViews(), SETTING)
    assert len(scenario.knowledge.people) == SETTING.records
    assert int((scenario.truth.listed != NOBODY).sum()) == 30
    rows, records = scenario.observation.views[0].blocks, scenario.truth.records[0]
    assert rows is not None
    for number, record in zip(rows, records, strict=True):
        place = scenario.truth.listed[record]
        is_listed = POOL[number] in scenario.knowledge.people
        assert is_listed == (place != NOBODY)
        assert not is_listed or scenario.knowledge.people[place] == POOL[number]


def test_known_records_are_listed_ones_and_point_to_their_people() -> None:
    scenario = draw_scenario(POOL, TwoTiedViews(), SETTING)
    assert int(scenario.truth.known.sum()) == SETTING.anchors
    for view, records, anchors in zip(
        scenario.observation.views, scenario.truth.records, scenario.knowledge.anchors, strict=True
    ):
        assert view.blocks is not None
        assert set(records[anchors[:, 0]]) == set(records) & set(np.flatnonzero(scenario.truth.known))
        assert all(POOL[view.blocks[row]] == scenario.knowledge.people[place] for row, place in anchors)


def test_ties_join_the_rows_of_one_person_and_of_nobody_else() -> None:
    observation = draw_scenario(POOL, TwoTiedViews(), SETTING).observation
    first, second = observation.views
    assert observation.ties is not None
    assert first.blocks is not None
    assert second.blocks is not None
    assert len(observation.ties) == SETTING.records
    both = observation.ties[observation.ties[:, 1] != NOBODY]
    assert len(both) == second.rows
    assert (first.blocks[both[:, 0]] == second.blocks[both[:, 1]]).all()


def test_the_secret_is_known_only_where_it_leaked() -> None:
    assert draw_scenario(POOL, TwoTiedViews(), SETTING).knowledge.leaked_secret is None
    leaked = draw_scenario(POOL, TwoTiedViews(), SETTING, leak_secret=True).knowledge
    assert leaked.leaked_secret not in (None, leaked.draw_secret("shadow"))


def test_the_same_setting_draws_the_same_scenario() -> None:
    first, second = (draw_scenario(POOL, get_scheme("plain"), SETTING) for _ in range(2))
    assert (first.observation.views[0].encodings == second.observation.views[0].encodings).all()
    assert (first.truth.listed == second.truth.listed).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"coverage": 0.0}, "coverage: expected a share above 0 and at most 1, got 0.0"),
        ({"records": 20}, "records: expected at least 50, got 20"),
        ({"coverage": 0.2}, "expected at least 108 people .* got 90; lower --records"),
        ({"anchors": 31}, "anchors: expected 0 to the 30 listed records, got 31"),
        ({"anchors": -1}, "anchors: expected 0 to the 30 listed records, got -1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_scenario(POOL, TwoTiedViews(), replace(SETTING, **changes))  # type: ignore[arg-type]


def test_national_density_puts_as_many_people_on_a_birth_date_as_a_country_has() -> None:
    subjects = draw_subjects(1000, seed=5)
    dense = set_density(subjects, NATIONAL, records=1000)
    births = Counter(subject.listed["dob"] for subject in dense)
    assert len(births) == 4
    assert all(abs(count - PEOPLE_PER_BIRTH_DATE) < 40 for count in births.values())
    assert len({birth[:4] for birth in births}) == len({birth[5:] for birth in births}) == 2
    assert [subject.listed["surname"] for subject in dense] == [one.listed["surname"] for one in subjects]


def test_errors_of_recorded_births_move_with_them() -> None:
    subjects = draw_subjects(300, seed=5)
    dense = set_density(subjects, NATIONAL, records=300)
    for before, after in zip(subjects, dense, strict=True):
        assert (before.listed["dob"] == before.recorded["dob"]) == (
            after.listed["dob"] == after.recorded["dob"]
        )
