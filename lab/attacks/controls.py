"""Positive controls: attacks that are known to succeed, run where they must.

Layer: lab. Pure but for the clock. An attack that finds nobody proves nothing unless the same program finds
nearly everybody in encodings that are known to be weak. A run whose controls fail is void.

Threat answered: a lab that calls an encoding safe because the lab is broken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.attacks.catalogue import ATTACKS, Need
from lab.attacks.observation import Person
from lab.attacks.results import AttackResult, ControlResult, Count
from lab.attacks.run import Cell, Clock, run_cell
from lab.attacks.scenario import Setting


@dataclass(frozen=True, slots=True)
class Control:
    """A scheme that must fall, to at least one of some attacks.

    Attributes:
        name: What is attacked, in words.
        scheme: The weak scheme.
        attacks: Any of which must succeed.
        goal: Least share of people re-identified when the list covers all and nobody is known.
        proves: The kind of attack it stands for: those that need this.
    """

    name: str
    scheme: str
    attacks: tuple[str, ...]
    goal: float
    proves: Need


CONTROLS = (
    Control("plain encodings", "plain", ("graph-matching",), 0.95, Need.ENCODINGS),
    Control(
        "three coarse block tokens tied to one record",
        "tokens-coarse-tied",
        tuple(name for name, attack in ATTACKS.items() if {Need.BLOCKS, Need.TIES} <= attack.needs),
        0.85,
        Need.BLOCKS,
    ),
)
"""Goals are of the design: both fell further when they were first measured."""


def choose_controls(attacks: Iterable[str]) -> tuple[Control, ...]:
    """Return the controls of these attacks: one for each kind among them."""
    used = {need for name in attacks for need in ATTACKS[name].needs}
    return tuple(control for control in CONTROLS if control.proves in used)


def run_control(
    control: Control, pool: Sequence[Person], *, records: int, seed: int, clock: Clock
) -> ControlResult:
    """Attack what must fall and return whether it did.

    Args:
        control: What to attack.
        pool: People, their births at national density.
        records: Held, as many as in the run that the control stands for.
        seed: Of everything drawn.
        clock: Seconds.
    """
    setting = Setting(records=records, coverage=1.0, anchors=0, seed=seed)
    return judge_control(
        control, list(run_cell(Cell(control.scheme, setting, control.attacks), pool, clock=clock))
    )


def judge_control(control: Control, results: Sequence[AttackResult]) -> ControlResult:
    """Return what a control reached by the best of its attacks."""
    failures = ", ".join(f"{result.attack}: {result.failure}" for result in results if result.failure)
    done = [result for result in results if not result.failure]
    if not done:
        return ControlResult(control.name, control.goal, Count(0, 0), failures or "no attack of its kind")
    best = max(done, key=lambda result: result.listed.share)
    return ControlResult(control.name, control.goal, best.listed)
