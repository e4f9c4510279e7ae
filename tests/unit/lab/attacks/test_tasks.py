import time

import pytest

from lab.attacks.people import draw_subjects
from lab.attacks.results import AttackResult, ControlResult, SchemeQuality, TyingMeasure
from lab.attacks.run import Cell
from lab.attacks.scenario import Setting
from lab.attacks.tasks import (
    ControlTask,
    Pools,
    QualityTask,
    Task,
    TyingTask,
    describe_task,
    perform,
    perform_tasks,
)
from tests.unit.lab.attacks.test_controls import CONTROL

SUBJECTS = draw_subjects(120, seed=2)
POOLS = Pools([subject.listed for subject in SUBJECTS], SUBJECTS)
CELL = Cell("tokens-coarse-tied", Setting(60, 0.5, 0, 1), ("token-graph", "block-frequency"))


def test_results_do_not_depend_on_how_many_processes_work() -> None:
    tasks: list[Task] = [QualityTask("tokens-near-unique", 1), CELL]
    said: list[str] = []
    alone = list(perform_tasks(tasks, POOLS, jobs=1, progress=lambda _, what: said.append(what)))
    together = list(perform_tasks(tasks, POOLS, jobs=2, progress=lambda _, what: said.append(what)))

    def describe(parts: list[object]) -> set[str]:
        return {
            f"{part.attack} {part.listed}" if isinstance(part, AttackResult) else str(part) for part in parts
        }

    assert describe([*alone]) == describe([*together])
    assert len(alone) == 3
    assert "tokens-coarse-tied: list covers 50%, 0 known" in said


@pytest.mark.parametrize(
    "task", [QualityTask("none", 1), TyingTask("none", 60, 1), Cell("none", CELL.setting, ())]
)
def test_what_cannot_be_done_is_a_result_that_says_why(task: Task) -> None:
    (failed,) = perform(task, POOLS, clock=time.perf_counter)
    assert isinstance(failed, AttackResult)
    assert failed.failure.startswith("SCHEME: expected one of")


def test_a_control_that_cannot_be_done_is_not_met() -> None:
    (failed,) = perform(ControlTask(CONTROL, 1, 1), POOLS, clock=time.perf_counter)
    assert isinstance(failed, ControlResult)
    assert not failed.is_met


def test_untied_views_are_measured_for_tying_and_tied_ones_are_not() -> None:
    found = list(perform(TyingTask("tokens-coarse-untied", 60, 1), POOLS, clock=time.perf_counter))
    assert found
    assert all(isinstance(each, TyingMeasure) for each in found)
    assert list(perform(TyingTask("tokens-coarse-tied", 60, 1), POOLS, clock=time.perf_counter)) == []


def test_quality_of_a_task_is_that_of_its_scheme() -> None:
    (found,) = perform(QualityTask("tokens-near-unique", 1), POOLS, clock=time.perf_counter)
    assert isinstance(found, SchemeQuality)
    assert found.f1 > 0.9


def test_every_kind_of_task_says_what_it_does() -> None:
    tasks: list[Task] = [ControlTask(CONTROL, 60, 1), QualityTask("plain", 1), TyingTask("plain", 60, 1)]
    assert [describe_task(task) for task in tasks] == [
        "positive control: plain encodings",
        "plain: linkage quality",
        "plain: tying views",
    ]
