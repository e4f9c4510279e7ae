import pytest

from lab.attacks.catalogue import ATTACKS, Need
from lab.attacks.controls import CONTROLS, Control, choose_controls, judge_control
from lab.attacks.results import Count
from lab.attacks.schemes import SCHEMES
from tests.unit.lab.attacks.samples import make_result

CONTROL = Control("plain encodings", "plain", ("graph-matching",), 0.95, Need.ENCODINGS)


@pytest.mark.parametrize(("hits", "is_met"), [(949, False), (950, True), (1000, True)])
def test_a_control_is_met_at_its_goal(hits: int, is_met: bool) -> None:
    assert judge_control(CONTROL, [make_result("plain", hits)]).is_met == is_met


def test_the_best_attack_speaks_for_a_control() -> None:
    results = [
        make_result("plain", 10),
        make_result("plain", 990),
        make_result("plain", 0, failure="OSError"),
    ]
    judged = judge_control(CONTROL, results)
    assert (judged.reached, judged.failure) == (Count(990, 1000), "")


@pytest.mark.parametrize(
    ("failures", "failure"), [((), "no attack of its kind"), (("OSError",), "graph-matching: OSError")]
)
def test_a_control_without_a_result_is_not_met(failures: tuple[str, ...], failure: str) -> None:
    judged = judge_control(CONTROL, [make_result("plain", 0, failure=each) for each in failures])
    assert (judged.is_met, judged.failure) == (False, failure)


def test_every_control_attacks_a_scheme_and_in_ways_that_exist() -> None:
    assert {control.scheme for control in CONTROLS} <= set(SCHEMES)
    assert all(set(control.attacks) <= set(ATTACKS) for control in CONTROLS)
    assert [control.goal for control in CONTROLS] == [0.95, 0.85]


def test_encodings_are_stood_for_by_plain_ones() -> None:
    assert choose_controls(["graph-matching"]) == (CONTROLS[0],)
