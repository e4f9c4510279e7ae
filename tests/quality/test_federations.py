"""A generated federation becomes the labelled set that nodes would submit."""

from dataclasses import replace

import pytest

from lab.synthetic.parameters import OriginRates
from scoring.linkage.evaluation import Pair
from tests.quality.federations import (
    SCENARIOS,
    URBAN_FORCES,
    Scenario,
    build_federation_set,
    choose_forces,
    make_parameters,
)
from tests.quality.labelled import LabelledSet


@pytest.fixture(scope="module")
def equal_parts() -> LabelledSet:
    scenario = Scenario(("metropolitan", "leicestershire"), 8_000, "medium", "a test", per_origin=5)
    return build_federation_set("made", scenario, seed=1)


def list_origins(labelled: LabelledSet, pairs: frozenset[Pair]) -> list[str]:
    return [labelled.groups["origin"][a] for a, _ in sorted(pairs)]


def test_true_pairs_join_two_members_and_agree_in_origin_and_sex(equal_parts: LabelledSet) -> None:
    for trait in ("origin", "sex"):
        group_of = equal_parts.groups[trait]
        assert all(group_of[a] == group_of[b] for a, b in equal_parts.truth)
    assert all(a[0] < b[0] for a, b in equal_parts.truth)


def test_a_sample_in_equal_parts_has_no_more_people_of_an_origin_than_asked(equal_parts: LabelledSet) -> None:
    origins = list_origins(equal_parts, equal_parts.truth)
    assert origins.count("british") == 5
    assert max(origins.count(origin) for origin in set(origins)) == 5


def test_members_submit_the_fields_of_a_federation(equal_parts: LabelledSet) -> None:
    assert equal_parts.schema.fields == ("forenames", "surname", "dob", "sex", "postcode")
    assert not equal_parts.within


def test_the_same_seed_gives_the_same_set(equal_parts: LabelledSet) -> None:
    scenario = Scenario(("metropolitan", "leicestershire"), 8_000, "medium", "a test", per_origin=5)
    again = build_federation_set("made", scenario, seed=1)
    assert [file.rows for file in again.files] == [file.rows for file in equal_parts.files]
    assert again.truth == equal_parts.truth


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_generated(name: str) -> None:
    forces = SCENARIOS[name].forces[:2] or ("essex", "kent")
    small = replace(SCENARIOS[name], forces=forces, records=1_000)
    assert build_federation_set(name, small, seed=1).truth


def test_scenarios_are_five_and_all_forces_at_three_levels_of_error_and_two_of_origin() -> None:
    sizes = {name: len(choose_forces(scenario.forces)) for name, scenario in SCENARIOS.items()}
    assert {sizes[f"fed5-{level}"] for level in ("low", "medium", "high")} == {len(URBAN_FORCES)} == {5}
    assert {sizes[f"fed43-{level}"] for level in ("low", "medium", "high")} == {43}
    doubled = make_parameters(SCENARIOS["origins-double"], seed=1).origins
    assert doubled.arabic_respelt == 2 * OriginRates().arabic_respelt
