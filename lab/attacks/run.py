"""Run attacks over settings: each scheme, coverage and number of known records is drawn and attacked.

Layer: lab. Pure but for the clock, which is an argument. Every cell is independent of the others, so that
they can run in any order, in several processes, and a failure loses one result.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crypto.errors import ClewError
from lab.attacks.catalogue import Attack, choose_attacks, get_attack
from lab.attacks.hits import count_hits, find_chance
from lab.attacks.observation import Person
from lab.attacks.results import AttackResult, Count
from lab.attacks.scenario import Scenario, Setting, draw_scenario
from lab.attacks.schemes import get_scheme

Clock = Callable[[], float]
"""Seconds from any fixed moment."""

NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting for one scheme, to be attacked in every way that applies.

    Attributes:
        scheme: Name.
        setting: What is drawn.
        attacks: Names of the attacks wanted; those that do not apply are left out.
        leak_secret: Whether the attacker has the members' secret too.
    """

    scheme: str
    setting: Setting
    attacks: tuple[str, ...]
    leak_secret: bool = False


def describe_failure(error: Exception) -> str:
    """Return what may be shown of an error: a text not meant to be shown could quote a person."""
    return error.public_message if isinstance(error, ClewError) else type(error).__name__


def plan_cells(
    schemes: Iterable[str], settings: Sequence[Setting], attacks: tuple[str, ...], *, leak_secret: bool
) -> tuple[list[Cell], list[Setting]]:
    """Return the cells to run, and the settings that cannot be: no listed record would be unknown."""
    fitting = [setting for setting in settings if setting.anchors < round(setting.records * setting.coverage)]
    cells = [Cell(scheme, setting, attacks, leak_secret) for scheme in schemes for setting in fitting]
    return cells, [setting for setting in settings if setting not in fitting]


def run_cell(cell: Cell, pool: Sequence[Person], *, clock: Clock) -> Iterator[AttackResult]:
    """Draw a cell and yield the result of each attack that applies."""
    scenario = draw_scenario(pool, get_scheme(cell.scheme), cell.setting, leak_secret=cell.leak_secret)
    yield from attack_scenario(cell, scenario, clock=clock)


def attack_scenario(cell: Cell, scenario: Scenario, *, clock: Clock) -> Iterator[AttackResult]:
    """Yield the result of each of a cell's attacks that applies to a scenario."""
    wanted = [get_attack(name) for name in cell.attacks]
    for attack in choose_attacks(wanted, scenario.observation, scenario.knowledge):
        yield run_attack(attack, scenario, scheme=cell.scheme, clock=clock)


def run_attack(attack: Attack, scenario: Scenario, *, scheme: str, clock: Clock) -> AttackResult:
    """Return what an attack reached on a scenario; one that breaks down gives a result that says so."""
    started, failure = clock(), ""
    try:
        counts = count_hits(attack.run(scenario.observation, scenario.knowledge), scenario.truth)
    except Exception as error:  # one attack's fault must not lose hours of the others' results
        counts, failure = (NOTHING, NOTHING, NOTHING), describe_failure(error)
    return AttackResult(
        scheme=scheme,
        attack=attack.name,
        coverage=scenario.setting.coverage,
        anchors=scenario.setting.anchors,
        listed=counts[0],
        resolved=counts[1],
        named=counts[2],
        seconds=clock() - started,
        chance=find_chance(scenario.truth, len(scenario.knowledge.people)),
        failure=failure,
    )
