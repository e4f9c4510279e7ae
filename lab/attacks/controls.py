"""Positive controls: attacks that are known to succeed, run where they must.

Layer: lab. Pure but for the clock. An attack that finds nobody proves nothing unless the same program finds
nearly everybody in encodings that are known to be weak. A run whose controls fail is void.

Threat answered: a lab that calls an encoding safe because the lab is broken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.attacks.catalogue import ATTACKS, Need
from lab.attacks.density import NATIONAL, NATIONAL_RECORDS, set_density
from lab.attacks.people import draw_subjects
from lab.attacks.results import AttackResult, ControlResult, Count
from lab.attacks.run import Cell, Clock, run_cell
from lab.attacks.scenario import Setting

MOST_COMPARED = 5_000  # records whose similarities are all compared: the size of the published attacks


@dataclass(frozen=True, slots=True)
class Control:
    """A scheme that must fall, to at least one of some attacks.

    Attributes:
        name: What is attacked, in words.
        scheme: The weak scheme.
        attacks: Any of which must succeed.
        goal: Least share of people re-identified when the list covers all and nobody is known.
        proves: The kind of attack it stands for: those that need this.
        least_records: Under which the attack cannot be expected to succeed; a run of fewer has its
            control at this size.
        most_records: Over which it takes hours and is no easier; a run of more has its control at this size.
    """

    name: str
    scheme: str
    attacks: tuple[str, ...]
    goal: float
    proves: Need
    least_records: int = 0
    most_records: int = NATIONAL_RECORDS


CONTROLS = (
    Control(
        "plain encodings", "plain", ("graph-matching",), 0.95, Need.ENCODINGS, most_records=MOST_COMPARED
    ),
    Control(
        "three coarse block tokens tied to one record",
        "tokens-coarse-tied",
        tuple(name for name, attack in ATTACKS.items() if {Need.BLOCKS, Need.TIES} <= attack.needs),
        0.85,
        Need.BLOCKS,
        least_records=NATIONAL_RECORDS,
    ),
)
"""Goals are of the design: both fell further when they were first measured."""


def choose_controls(attacks: Iterable[str]) -> tuple[Control, ...]:
    """Return the controls of these attacks: one for each kind among them."""
    used = {need for name in attacks for need in ATTACKS[name].needs}
    return tuple(control for control in CONTROLS if control.proves in used)


def run_control(control: Control, *, records: int, seed: int, clock: Clock) -> ControlResult:
    """Attack synthetic people in a scheme that must fall, and return whether it did.

    Args:
        control: What to attack.
        records: Held in the run that the control stands for.
        seed: Of everything drawn.
        clock: Seconds.
    """
    count = max(control.least_records, min(records, control.most_records))
    subjects = set_density(draw_subjects(count, seed=seed), NATIONAL, records=count)
    cell = Cell(control.scheme, Setting(count, coverage=1.0, anchors=0, seed=seed), control.attacks)
    return judge_control(control, list(run_cell(cell, [one.listed for one in subjects], clock=clock)))


def judge_control(control: Control, results: Sequence[AttackResult]) -> ControlResult:
    """Return what a control reached by the best of its attacks."""
    failures = ", ".join(f"{result.attack}: {result.failure}" for result in results if result.failure)
    done = [result for result in results if not result.failure]
    if not done:
        return ControlResult(control.name, control.goal, Count(0, 0), failures or "no attack of its kind")
    best = max(done, key=lambda result: result.listed.share)
    return ControlResult(control.name, control.goal, best.listed)
