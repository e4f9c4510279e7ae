"""The parts of a run as tasks that can be done in any order, here or in processes of their own.

Layer: lab. A task that breaks down says so in its result and takes no other with it.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from lab.attacks.controls import Control, run_control
from lab.attacks.held_round import HeldRound, draw_held_scenario
from lab.attacks.link_quality import measure_quality
from lab.attacks.observation import Person
from lab.attacks.people import Subject
from lab.attacks.results import AttackResult, ControlResult, Count, Part, TyingMeasure
from lab.attacks.run import Cell, Clock, attack_scenario, describe_failure, run_cell
from lab.attacks.scenario import Setting, draw_scenario
from lab.attacks.schemes import get_scheme
from lab.attacks.tying import measure_tying

# These stand for the attack in a result that says that something could not be measured.
DRAWING, QUALITY, TYING = "drawing and encoding", "linkage quality", "tying views"


@dataclass(frozen=True, slots=True)
class ControlTask:
    """Run a positive control on so many records."""

    control: Control
    records: int
    seed: int


@dataclass(frozen=True, slots=True)
class QualityTask:
    """Measure how well a scheme links."""

    scheme: str
    seed: int


@dataclass(frozen=True, slots=True)
class TyingTask:
    """Measure how well rows of a scheme's views can be tied, by an attacker whose list covers all."""

    scheme: str
    records: int
    seed: int


Task = ControlTask | QualityTask | TyingTask | Cell


@dataclass(frozen=True, slots=True)
class Pools:
    """Whom tasks are done on.

    Attributes:
        attacked: Held people and strangers, at the density that was asked for; strangers of a held round.
        recorded: Subjects whose records have errors; empty when none are at hand.
        held: A round to attack as it was held, in place of drawn ones.
    """

    attacked: Sequence[Person]
    recorded: Sequence[Subject]
    held: HeldRound | None = None


def describe_task(task: Task) -> str:
    """Return what a task does, for progress."""
    match task:
        case ControlTask():
            return f"positive control: {task.control.name}"
        case QualityTask():
            return f"{task.scheme}: linkage quality"
        case TyingTask():
            return f"{task.scheme}: tying views"
        case Cell():
            return f"{task.scheme}: list covers {task.setting.coverage:.0%}, {task.setting.anchors:,} known"


def perform_tasks(
    tasks: Sequence[Task], pools: Pools, *, jobs: int, progress: Callable[[int, str], None]
) -> Iterator[Part]:
    """Yield results as they come, those of one task together where there are several processes.

    Args:
        tasks: What to do, controls first.
        pools: Whom to do it on.
        jobs: How many processes; 1 does everything in this one.
        progress: Called with how many tasks are done and what is next.
    """
    if jobs == 1:
        for number, task in enumerate(tasks):
            progress(number, describe_task(task))
            yield from perform(task, pools, clock=time.perf_counter)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_keep, initargs=(pools,)) as executor:
        waiting = {executor.submit(_perform_all, task): task for task in tasks}
        for number, future in enumerate(as_completed(waiting)):
            progress(number, f"done: {describe_task(waiting[future])}")
            yield from future.result()


def perform(task: Task, pools: Pools, *, clock: Clock) -> Iterator[Part]:
    """Do a task and yield its results; a failure becomes one."""
    try:
        yield from _perform(task, pools, clock)
    except Exception as error:  # one part's fault must not lose hours of the others' results
        yield _fail(task, describe_failure(error))


def _perform(task: Task, pools: Pools, clock: Clock) -> Iterator[Part]:
    match task:
        case ControlTask():
            yield run_control(task.control, records=task.records, seed=task.seed, clock=clock)
        case QualityTask():
            secret = np.random.default_rng([task.seed, *b"quality"]).bytes(32)
            yield measure_quality(pools.recorded, get_scheme(task.scheme), secret=secret, seed=task.seed)
        case TyingTask():
            yield from _tie_views(task, pools, clock)
        case Cell() if pools.held is not None:
            scenario = draw_held_scenario(pools.held, pools.attacked, task.setting)
            yield from attack_scenario(task, scenario, clock=clock)
        case Cell():
            yield from run_cell(task, pools.attacked, clock=clock)


def _tie_views(task: TyingTask, pools: Pools, clock: Clock) -> Iterator[TyingMeasure]:
    started = clock()
    setting = Setting(task.records, coverage=1.0, anchors=0, seed=task.seed)
    if pools.held is None:
        scenario = draw_scenario(pools.attacked, get_scheme(task.scheme), setting)
    else:
        scenario = draw_held_scenario(pools.held, pools.attacked, setting)
    if scenario.knowledge.scheme.is_tied:
        return
    rng = np.random.default_rng([task.seed, *b"tying"])
    found = measure_tying(scenario.observation, scenario.knowledge, scenario.truth.records, rng=rng)
    for each in found:
        yield TyingMeasure(
            scheme=task.scheme,
            adversary=each.adversary,
            first=each.first,
            second=each.second,
            hits=each.hits,
            pairs=each.pairs,
            chance=each.chance,
            seconds=clock() - started,
        )


def _fail(task: Task, failure: str) -> Part:
    none = Count(0, 0)
    match task:
        case ControlTask():
            return ControlResult(task.control.name, task.control.goal, none, failure)
        case QualityTask():
            return AttackResult(task.scheme, QUALITY, 1.0, 0, none, none, none, 0.0, failure=failure)
        case TyingTask():
            return AttackResult(task.scheme, TYING, 1.0, 0, none, none, none, 0.0, failure=failure)
        case Cell():
            setting = task.setting
            return AttackResult(
                task.scheme,
                DRAWING,
                setting.coverage,
                setting.anchors,
                none,
                none,
                none,
                0.0,
                failure=failure,
            )


_pools: list[Pools] = []  # of a worker process, which has no other way to get them but with every task


def _keep(pools: Pools) -> None:
    _pools[:] = [pools]


def _perform_all(task: Task) -> list[Part]:
    return list(perform(task, _pools[0], clock=time.perf_counter))
