from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coordinator.config import CoordinatorHome
from coordinator.store import tables
from crypto.errors import InputError, StorageError
from lab.attacks.held_round import HeldRound, draw_held_scenario, load_held_round
from lab.attacks.observation import NOBODY, Observation, View
from lab.attacks.scenario import Setting
from lab.attacks.schemes import get_scheme
from protos.hosting.database import open_database

# Two members hold person 0; the last row stands for no one.
RECORDS = np.array([0, 1, 2, 3, NOBODY])
PEOPLE = [{"surname": f"held-{number}"} for number in range(3)]
STRANGERS = [{"surname": f"stranger-{number}"} for number in range(3)]
HELD = HeldRound(
    scheme=get_scheme("plain"),
    observation=Observation((View("plain", np.zeros((5, 4), dtype=np.uint8), None),), None),
    records=(RECORDS,),
    person=np.array([0, 0, 1, 2]),
    resolved=np.array([True, True, False, False]),
    people=PEOPLE,
    members=2,
)
SETTING = Setting(records=4, coverage=1.0, anchors=0, seed=1)


def test_every_record_points_to_its_person_on_the_list() -> None:
    scenario = draw_held_scenario(HELD, STRANGERS, SETTING)
    named = [scenario.knowledge.people[place] for place in scenario.truth.listed]
    assert named == [PEOPLE[0], PEOPLE[0], PEOPLE[1], PEOPLE[2]]
    assert scenario.truth.resolved.tolist() == [True, True, False, False]
    assert scenario.observation is HELD.observation


def test_strangers_fill_a_list_that_lacks_people() -> None:
    scenario = draw_held_scenario(HELD, STRANGERS, replace(SETTING, coverage=1 / 3))
    people = scenario.knowledge.people
    assert sum(person in STRANGERS for person in people) == 2
    for record, place in enumerate(scenario.truth.listed):
        held = PEOPLE[HELD.person[record]]
        assert (held in people) == (place != NOBODY)
        assert place == NOBODY or people[place] == held


def test_known_records_are_rows_with_their_people_and_never_padding() -> None:
    scenario = draw_held_scenario(HELD, STRANGERS, replace(SETTING, anchors=3))
    (anchors,) = scenario.knowledge.anchors
    assert len(anchors) == int(scenario.truth.known.sum()) == 3
    for row, place in anchors:
        assert scenario.knowledge.people[place] == PEOPLE[HELD.person[RECORDS[row]]]


@pytest.mark.parametrize(
    ("strangers", "setting", "message"),
    [
        (STRANGERS[:1], replace(SETTING, coverage=1 / 3), "expected 2 strangers, got 1"),
        (STRANGERS, replace(SETTING, anchors=5), "anchors: expected at most 4 listed, got 5"),
    ],
)
def test_what_a_round_cannot_give_is_refused(
    strangers: list[dict[str, str]], setting: Setting, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        draw_held_scenario(HELD, strangers, setting)


def test_a_coordinator_without_an_open_round_is_refused(tmp_path: Path) -> None:
    home = CoordinatorHome(tmp_path / "coordinator")
    home.root.mkdir()
    with pytest.raises(StorageError, match="is missing"):
        load_held_round(tmp_path)
    open_database(home.database, tables.metadata).dispose()
    with pytest.raises(InputError, match="expected a round that is open, from clew-lab hold-round"):
        load_held_round(tmp_path)
